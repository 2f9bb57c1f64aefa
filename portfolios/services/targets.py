"""Write what a portfolio is to consist of, and in which lots it trades."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.actor import Actor
from core.errors import ValidationFailed
from core.money import plain
from market.models import Instrument
from portfolios.domain.exact import ONE, ZERO, exact
from portfolios.domain.rebalancing import CASH, NONE
from portfolios.locks import lock_portfolio
from portfolios.models import AllocationTarget, LotSize, Portfolio
from portfolios.selectors.rebalancing import GROUPINGS, group_of
from portfolios.selectors.tags import TAG_BREAK, labels
from portfolios.selectors.valuation import Tags
from portfolios.services.transactions import refuse_foreign

MOST_TARGETS, LONGEST_KEY = 200, 80
TAGGED = AllocationTarget.Grouping.TAG
_FORMS = {"currency": re.compile(r"[A-Z0-9]{2,12}"), "country": re.compile(r"[A-Z]{2}")}


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetInput:
    """A target as somebody enters it: `weight` is a fraction, `instrument` what to buy for the group."""

    key: str
    weight: Decimal
    instrument: Instrument | None = None


@transaction.atomic
def set_targets(
    *, actor: Actor, portfolio_id: UUID, grouping: str, targets: Sequence[TargetInput]
) -> list[AllocationTarget]:
    """Replace the targets of one grouping; an empty list takes them away.

    Those by tag are the actor's own, as the tags are; the audit log tells how many, not their words.

    Raises:
        NotFound: no such portfolio.
        Forbidden: the actor may only look.
        ValidationFailed: they do not add up to 1, or one is wrong.
    """
    portfolio = lock_portfolio(actor=actor, portfolio_id=portfolio_id)
    if grouping not in GROUPINGS:
        raise ValidationFailed.of("by", _("There is no such grouping."), "choice")
    whose = actor.user_id if grouping == TAGGED else None
    tags = labels(whose, grouping)
    if grouping == TAGGED:
        targets = [replace(one, key=_spelled(one.key, tags)) for one in targets]
    _refuse_faults(grouping, targets, tags)
    refuse_foreign(actor, portfolio, [one.instrument for one in targets if one.instrument])
    known = AllocationTarget.objects.filter(portfolio=portfolio, grouping=grouping)
    known = known.filter(user_id=whose) if whose else known.filter(user=None)
    before = _shown(grouping, known)
    known.delete()
    rows = [
        AllocationTarget(
            portfolio=portfolio,
            grouping=grouping,
            key=one.key,
            weight=one.weight,
            instrument=one.instrument,
            user_id=whose,
        )
        for one in targets
    ]
    AllocationTarget.objects.bulk_create(rows)
    _note(actor, "portfolio.targets_set", portfolio, {grouping: before}, {grouping: _shown(grouping, rows)})
    return sorted(rows, key=lambda one: (-one.weight, one.key))


@transaction.atomic
def set_lot_size(
    *, actor: Actor, portfolio_id: UUID, instrument: Instrument, size: Decimal | None
) -> LotSize | None:
    """Set the step in which a portfolio trades an instrument; None: the usual one of its class.

    Raises:
        NotFound: no such portfolio.
        Forbidden: the actor may only look.
        ValidationFailed: it is not more than 0, or the instrument is somebody else's.
    """
    portfolio = lock_portfolio(actor=actor, portfolio_id=portfolio_id)
    refuse_foreign(actor, portfolio, [instrument])
    if size is not None and size <= 0:
        raise ValidationFailed.of("size", _("Must be greater than 0."), "positive")
    known = LotSize.objects.filter(portfolio=portfolio, instrument=instrument).first()
    row: LotSize | None = None
    if size is None:
        LotSize.objects.filter(portfolio=portfolio, instrument=instrument).delete()
    else:
        row, _made = LotSize.objects.update_or_create(
            portfolio=portfolio, instrument=instrument, defaults={"size": size}
        )
    name = str(instrument.uuid)
    before = None if known is None else plain(known.size)
    _note(actor, "portfolio.lot_size_set", portfolio, {name: before}, {name: size and plain(size)})
    return row


def _names(tags: Tags) -> dict[str, str]:
    """List a person's tags as they spell them, by what does not depend on case."""
    return {name.casefold(): name for label in tags.values() for name in label.split(TAG_BREAK)}


def _spelled(key: str, tags: Tags) -> str:
    """Write the tags of a group as its label has them: as they are spelled, by name."""
    known = _names(tags)
    names = {known.get(name.strip().casefold(), name.strip()) for name in key.split(",")}
    return TAG_BREAK.join(sorted(names, key=str.casefold))


def _refuse_faults(grouping: str, targets: Sequence[TargetInput], tags: Tags) -> None:
    if len(targets) > MOST_TARGETS:
        raise ValidationFailed.of(
            "targets", _("At most %(most)s targets.") % {"most": MOST_TARGETS}, "too-many"
        )
    if len({one.key for one in targets}) < len(targets):
        raise ValidationFailed.of("targets", _("A group may have one target."), "twice")
    for one in targets:
        _refuse_fault(grouping, one, tags)
    with exact():
        total = sum((one.weight for one in targets), ZERO)
    if targets and total != ONE:
        message = _("The targets must add up to 100 %%; they add up to %(sum)s %%.")
        raise ValidationFailed.of("targets", message % {"sum": plain(total * 100)}, "sum")


def _refuse_fault(grouping: str, one: TargetInput, tags: Tags) -> None:
    if not ZERO <= one.weight <= ONE:
        raise ValidationFailed.of("targets", _("A target lies between 0 and 100 %."), "range")
    if not _is_key(grouping, one, tags):
        message = _("There is no group “%(key)s”.") % {"key": one.key}
        raise ValidationFailed.of("targets", message, "key")
    if one.instrument is not None and group_of(grouping, one.instrument, tags) != one.key:
        message = _("%(symbol)s does not belong to the group that it is to be bought for.")
        raise ValidationFailed.of("targets", message % {"symbol": one.instrument.symbol}, "group")


def _is_key(grouping: str, one: TargetInput, tags: Tags) -> bool:
    if one.key == CASH:
        return True
    if grouping == "instrument":
        return one.instrument is not None
    if grouping == "class":
        return one.key in Instrument.Kind.values
    if one.key == NONE:
        return grouping != "currency"
    if grouping == TAGGED:
        return {name.casefold() for name in one.key.split(TAG_BREAK)} <= _names(tags).keys()
    form = _FORMS.get(grouping)
    return form.fullmatch(one.key) is not None if form else 0 < len(one.key) <= LONGEST_KEY


def _shown(grouping: str, rows: Iterable[AllocationTarget]) -> dict[str, str] | int:
    if grouping == TAGGED:
        return len(list(rows))
    return {one.key: plain(one.weight) for one in rows}


def _note(
    actor: Actor, verb: str, portfolio: Portfolio, before: dict[str, object], after: dict[str, object]
) -> None:
    audit.record(
        actor=actor, verb=verb, object_type="portfolio", object_id=portfolio.pk, before=before, after=after
    )
