"""The portfolios of an archive with what stands beside their ledgers: settings, benchmark, targets, lots."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from core import audit
from core.errors import ValidationFailed
from core.models import Role
from core.records import Record
from portfolios.domain.exact import ONE, ZERO, exact
from portfolios.models import AllocationTarget, BenchmarkPart, LotSize, Portfolio, PortfolioMember
from portfolios.selectors.archive import SETTINGS
from portfolios.selectors.rebalancing import GROUPINGS, group_of
from portfolios.services.archive.context import Restoration
from portfolios.services.bulk import store_as_told
from portfolios.services.portfolios import refuse_wrong, told_settings

MOST_PORTFOLIOS = 1000
_MOST_PARTS, _MOST_TARGETS, _MOST_LOTS = 100, 1000, 10_000
_COLUMNS = (
    "id", *SETTINGS, "world_id", "kind", "managed_by", "benchmark_id", "default_for_id", "revision",
)  # fmt: skip


def note_portfolios(work: Restoration) -> None:
    """Read which portfolios there are, and tell those that the owner has here already.

    Raises:
        BrokenArchive: it has none, too many, or one twice.
    """
    keys = []
    for row in work.rows("portfolios"):
        keys.append(row.key("id"))
        if len(set(keys)) < len(keys) or len(keys) > MOST_PORTFOLIOS:
            row.refuse("id", _("This is there twice, or too many are."))
    taken = set(Portfolio.objects.filter(pk__in=keys).values_list("pk", flat=True))
    here = {key: key for key in _owned(work.owner_id, keys)}
    work.is_copy = work.is_copy or bool(taken - here.keys())
    if work.is_copy:
        copies = _owned(work.owner_id, [work.key(key) for key in keys])
        here = {key: work.key(key) for key in keys if work.key(key) in copies} | here
    work.there = set(here)
    work.result["portfolios"] = [
        {"id": str(here.get(key, work.key(key))), "there": key in here} for key in keys
    ]


def _owned(owner_id: UUID, keys: list[UUID]) -> set[UUID]:
    rows = Portfolio.objects.filter(pk__in=keys, members__user=owner_id, members__role=Role.OWNER)
    return set(rows.values_list("pk", flat=True))


def restore_portfolios(work: Restoration) -> None:
    """Make the portfolios that the owner does not have; they own them, and nobody else is a member.

    Raises:
        BrokenArchive: a line says what no portfolio can be.
    """
    for row in work.rows("portfolios"):
        key = row.key("id")
        if key in work.there:
            continue
        portfolio = _read(work, row, key)
        parts, targets, lots = _parts(work, row), _targets(work, row), _lots(work, row)
        row.done()
        with work.storing("portfolios"):
            values = [getattr(portfolio, name) for name in _COLUMNS]
            store_as_told(Portfolio, _COLUMNS, [values])
            PortfolioMember.objects.create(portfolio=portfolio, user_id=work.owner_id, role=Role.OWNER)
            for one in (*parts, *targets, *lots):
                one.portfolio = portfolio
                one.save(force_insert=True)
        work.portfolios[key] = portfolio
        audit.record(
            actor=work.actor,
            verb="portfolio.restored",
            object_type="portfolio",
            object_id=portfolio.pk,
            after=told_settings(portfolio),
        )


def _read(work: Restoration, row: Record, key: UUID) -> Portfolio:
    portfolio = Portfolio(
        id=work.key(key),
        name=row.text("name", 100, needed=True),
        currency=row.currency("currency"),
        time_zone=row.text("time_zone", 64, needed=True),
        cost_method=row.choice("cost_method", Portfolio.CostMethod.values),
        fees_in_basis=row.flag("fees_in_basis"),
        allow_short=row.flag("allow_short"),
        tax_year_start=row.choice("tax_year_start", Portfolio.TaxYear.values),
        long_after_days=row.whole_or_none("long_after_days"),
        tracks_cash=row.flag("tracks_cash"),
        note=row.text("note", 400),
        is_sample=row.flag("is_sample"),
        created_at=row.instant("created_at"),
        updated_at=row.instant("updated_at"),
        benchmark=work.instrument(row, "benchmark"),
    )
    if row.flag("default"):
        has_one = Portfolio.objects.filter(default_for=work.owner_id).exists()
        portfolio.default_for_id = None if has_one else work.owner_id
    try:
        refuse_wrong(portfolio)
    except ValidationFailed as error:
        row.refuse(error.errors[0].field, error.detail)
    except ValidationError as error:
        row.refuse(min(error.message_dict, default="name"), "; ".join(error.messages))
    return portfolio


def _parts(work: Restoration, row: Record) -> list[Any]:
    found = []
    for one in row.items("benchmark_parts", _MOST_PARTS):
        found.append(BenchmarkPart(instrument=_needed(work, one), weight=one.number("weight")))
        one.done()
    return found


def _targets(work: Restoration, row: Record) -> list[Any]:
    found, sums = [], defaultdict[str, Decimal](lambda: ZERO)
    for one in row.items("targets", _MOST_TARGETS):
        target = AllocationTarget(
            id=work.key(one.key("id")),
            grouping=one.choice("grouping", GROUPINGS),
            key=one.text("key", AllocationTarget.KEY_LENGTH, needed=True),
            weight=one.number("weight"),
            instrument=work.instrument(one),
        )
        one.done()
        if target.grouping == AllocationTarget.Grouping.TAG:
            target.user_id = work.owner_id
        if target.grouping == AllocationTarget.Grouping.INSTRUMENT and target.instrument:
            target.key = group_of(target.grouping, target.instrument)
        with exact():
            sums[target.grouping] += target.weight
        found.append(target)
    if any(total != ONE for total in sums.values()):
        row.refuse("targets", _("The targets must add up to 1."))
    return found


def _lots(work: Restoration, row: Record) -> list[Any]:
    found = []
    for one in row.items("lot_sizes", _MOST_LOTS):
        found.append(LotSize(instrument=_needed(work, one), size=one.number("size")))
        one.done()
    return found


def _needed(work: Restoration, row: Record) -> Any:
    found = work.instrument(row)
    if found is None:
        row.refuse("instrument")
    return found
