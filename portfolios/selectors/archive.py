"""A person's portfolios as the tables of an archive; docs/portfolios/archive.md tells the format.

People are not in it: of who did something only whether it was the owner is kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from core.bundle import Lines
from core.errors import NotFound, ValidationFailed
from core.models import LIVE_WORLD, Role
from market.models import Instrument
from market.selectors import archive as market
from portfolios.models import (
    AllocationTarget,
    BenchmarkPart,
    CarriedLots,
    ImportPreset,
    InstrumentTag,
    LotSize,
    Portfolio,
    PortfolioMember,
    QualityDismissal,
    ReliefLink,
    Transaction,
    TransactionImport,
    TransactionRevision,
)

FORM: Final = "florin-portfolios"
VERSION: Final = 1
MEMBERS: Final = tuple(
    f"{name}.jsonl"
    for name in (
        "exchanges", "instruments", "prices", "rates", "corporate_actions", "portfolios", "imports",
        "import_rows", "transactions", "lots_chosen", "lots_carried", "revisions", "dismissals",
        "import_presets", "tags",
    )
)  # fmt: skip
# What an import is once its rows are in the ledger; a preview is nothing yet.
DONE: Final = (TransactionImport.Status.APPLIED, TransactionImport.Status.UNDONE)
CHUNK = 5000
SETTINGS: Final = (
    "name", "currency", "time_zone", "cost_method", "fees_in_basis", "allow_short", "tax_year_start",
    "long_after_days", "tracks_cash", "note", "is_sample", "created_at", "updated_at",
)  # fmt: skip
ENTRY: Final = (
    "id", "portfolio_id", "kind", "time", "instrument__uuid", "quantity", "price", "currency", "fee",
    "fee_currency", "tax", "tax_currency", "fx_rate", "note", "external_id", "group", "import_batch_id",
    "fingerprint", "sequence", "version", "created_at", "updated_at", "deleted_at",
)  # fmt: skip
_NAMES: Final = {
    "portfolio_id": "portfolio", "instrument__uuid": "instrument", "import_batch_id": "import",
    "sale_id": "sale", "acquisition_id": "acquisition", "transaction_id": "transaction",
}  # fmt: skip
_ROWS = """
SELECT row_to_json(line)::text FROM (
    SELECT batch.id AS import, told.row
    FROM portfolios_transactionimport batch, jsonb_array_elements(batch.rows) WITH ORDINALITY told(row, at)
    WHERE batch.id = ANY(%s) ORDER BY batch.id, told.at
) line
"""


def exportable(user: Any) -> QuerySet[Portfolio]:
    """List the portfolios that a person may take home: their own, and not those of the simulator."""
    rows = Portfolio.objects.filter(members__user=user, members__role=Role.OWNER)
    return (
        rows.filter(kind=Portfolio.Kind.REAL, managed_by=None, world=LIVE_WORLD)
        .select_related("benchmark")
        .order_by("pk")
    )


def chosen(user: Any, portfolio_ids: Iterable[UUID] | None) -> list[Portfolio]:
    """Answer those of a person's portfolios that are named, or all of them.

    Raises:
        NotFound: one of them is not theirs.
        ValidationFailed: they have none.
    """
    found = list(exportable(user))
    if portfolio_ids is not None:
        wanted = set(portfolio_ids)
        found = [one for one in found if one.pk in wanted]
        if len(found) < len(wanted):
            raise NotFound
    if not found:
        raise ValidationFailed.of("portfolio", _("There is no portfolio to export."), "none")
    return found


def tables(portfolios: list[Portfolio], owner_id: UUID) -> Iterator[tuple[str, Lines]]:
    """Tell every table of an archive, in order; rows are read as they are walked."""
    told = _Told(portfolios, owner_id)
    readers: dict[str, Any] = {
        "exchanges": partial(market.exchanges, told.instruments),
        "instruments": partial(market.instruments, told.instruments),
        "prices": partial(market.bars, told.instruments, LIVE_WORLD),
        "rates": partial(market.rates, owner_id, LIVE_WORLD, told.currencies),
        "corporate_actions": partial(market.actions, told.instruments),
        "portfolios": told.portfolios_told,
        "imports": told.imports,
        "import_rows": told.import_rows,
        "transactions": told.transactions,
        "lots_chosen": told.lots_chosen,
        "lots_carried": told.lots_carried,
        "revisions": told.revisions,
        "dismissals": told.dismissals,
        "import_presets": told.presets,
        "tags": told.tags,
    }
    for member in MEMBERS:
        yield member, readers[member.removesuffix(".jsonl")]()


@dataclass(frozen=True, slots=True)
class _Used:
    instruments: list[int]
    currencies: set[str]


class _Told:
    """Reads the rows of some portfolios of one owner."""

    def __init__(self, portfolios: list[Portfolio], owner_id: UUID) -> None:
        self._portfolios, self._owner_id = portfolios, owner_id
        self._ids = [one.pk for one in portfolios]
        used = _used(self._ids)
        self.instruments, self.currencies = used.instruments, used.currencies

    def portfolios_told(self) -> Iterator[dict[str, Any]]:
        parts = _by_portfolio(BenchmarkPart.objects.order_by("pk"), self._ids)
        # those by tag are in a person's own words: here only the owner's
        whose = AllocationTarget.objects.filter(Q(user=None) | Q(user_id=self._owner_id))
        targets = _by_portfolio(whose.order_by("pk"), self._ids)
        lots = _by_portfolio(LotSize.objects.order_by("instrument_id"), self._ids)
        for one in self._portfolios:
            yield {
                "id": one.pk,
                **{name: getattr(one, name) for name in SETTINGS},
                "default": one.default_for_id == self._owner_id or None,
                "benchmark": one.benchmark.uuid if one.benchmark else None,
                "benchmark_parts": [
                    {"instrument": part.instrument.uuid, "weight": part.weight} for part in parts[one.pk]
                ],
                "targets": [_target(row) for row in targets[one.pk]],
                "lot_sizes": [{"instrument": lot.instrument.uuid, "size": lot.size} for lot in lots[one.pk]],
            }

    def imports(self) -> Iterator[dict[str, Any]]:
        rows = self._batches().defer("rows", "source")
        for one in rows.iterator(chunk_size=100):
            leaving = one.status == TransactionImport.Status.UNDOING
            yield {
                "id": one.pk,
                "portfolio": one.portfolio_id,
                "by_owner": one.user_id == self._owner_id,
                "file_name": one.file_name,
                "sha256": one.sha256,
                "mapping": one.mapping,
                "status": TransactionImport.Status.APPLIED if leaving else one.status,
                "summary": {name: told for name, told in one.summary.items() if name != "job"},
                "applied_at": one.applied_at,
                "created_at": one.created_at,
                "updated_at": one.updated_at,
            }

    def import_rows(self) -> Iterator[bytes]:
        ids = list(self._batches().values_list("pk", flat=True))
        with connection.chunked_cursor() as cursor:
            cursor.execute(_ROWS, [ids])
            while rows := cursor.fetchmany(CHUNK):
                for (line,) in rows:
                    yield line.encode()

    def transactions(self) -> Iterator[dict[str, Any]]:
        rows = Transaction.objects.filter(portfolio__in=self._ids)
        return _read(rows.order_by("portfolio_id", "sequence", "pk"), ENTRY)

    def lots_chosen(self) -> Iterator[dict[str, Any]]:
        rows = ReliefLink.objects.filter(sale__portfolio__in=self._ids).order_by("sale_id", "pk")
        return _read(rows, ("sale_id", "acquisition_id", "quantity"))

    def lots_carried(self) -> Iterator[dict[str, Any]]:
        """Tell the lots that came along; where from, if that portfolio is told too."""
        rows = CarriedLots.objects.filter(transaction__portfolio__in=self._ids).order_by("transaction_id")
        for one in rows.select_related("source"):
            from_here = one.source is not None and one.source.portfolio_id in self._ids
            yield {
                "transaction": one.transaction_id,
                "source": one.source_id if from_here else None,
                "base": one.base,
                "lots": one.lots,
            }

    def revisions(self) -> Iterator[dict[str, Any]]:
        rows = TransactionRevision.objects.filter(transaction__portfolio__in=self._ids)
        columns = ("id", "transaction_id", "version", "changed_at", "changed_by", "state")
        return self._by_owner(rows.order_by("transaction_id", "version"), columns)

    def dismissals(self) -> Iterator[dict[str, Any]]:
        rows = QualityDismissal.objects.filter(portfolio__in=self._ids).order_by("pk")
        columns = ("id", "portfolio_id", "issue_id", "code", "dismissed_by", "dismissed_at")
        return self._by_owner(rows, columns)

    def presets(self) -> Iterator[dict[str, Any]]:
        rows = ImportPreset.objects.filter(user_id=self._owner_id).order_by("pk")
        return _read(rows, ("id", "name", "mapping", "created_at", "updated_at"))

    def tags(self) -> Iterator[dict[str, Any]]:
        rows = InstrumentTag.objects.filter(user_id=self._owner_id, instrument__in=self.instruments)
        return _read(rows.order_by("instrument_id", "name"), ("instrument__uuid", "name", "created_at"))

    def _batches(self) -> QuerySet[TransactionImport]:
        # What a task is yet to take out is in the ledger.
        there = (*DONE, TransactionImport.Status.UNDOING)
        return TransactionImport.objects.filter(portfolio__in=self._ids, status__in=there).order_by("pk")

    def _by_owner(self, rows: QuerySet[Any], columns: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        for row in _read(rows, columns):
            who = next(name for name in ("changed_by", "dismissed_by") if name in row)
            yield {**row, who: None, "by_owner": row[who] == self._owner_id}


def _used(portfolio_ids: list[UUID]) -> _Used:
    """Tell what portfolios name, deleted transactions too."""
    mine = {"portfolio__in": portfolio_ids}
    entries = Transaction.objects.filter(**mine).order_by()
    keys: set[int | None] = set(entries.values_list("instrument_id", flat=True).distinct())
    keys |= set(Portfolio.objects.filter(pk__in=portfolio_ids).values_list("benchmark_id", flat=True))
    for model in (BenchmarkPart, AllocationTarget, LotSize):
        keys |= set(model._default_manager.filter(**mine).values_list("instrument_id", flat=True))  # noqa: SLF001  # Django's documented way from a model
    instruments = market.with_what_they_become(one for one in keys if one is not None)
    currencies = set(Portfolio.objects.filter(pk__in=portfolio_ids).values_list("currency", flat=True))
    currencies |= set(Instrument.objects.filter(pk__in=instruments).values_list("currency", flat=True))
    for name in ("currency", "fee_currency", "tax_currency"):
        currencies |= set(entries.values_list(name, flat=True).distinct())
    carried = CarriedLots.objects.filter(transaction__portfolio__in=portfolio_ids)
    currencies |= set(carried.values_list("base", flat=True).distinct())
    currencies |= market.paid_in(instruments)
    return _Used(instruments, currencies)


def _by_portfolio(rows: QuerySet[Any], portfolio_ids: list[UUID]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    for one in rows.filter(portfolio__in=portfolio_ids).select_related("instrument"):
        found[one.portfolio_id].append(one)
    return found


def _target(row: AllocationTarget) -> dict[str, Any]:
    told = {
        "id": row.pk,
        "grouping": row.grouping,
        "key": row.key,
        "weight": row.weight,
        "instrument": row.instrument.uuid if row.instrument else None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _read(rows: QuerySet[Any], columns: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    names = [_NAMES.get(one, one) for one in columns]
    for values in rows.values_list(*columns).iterator(chunk_size=CHUNK):
        yield dict(zip(names, values, strict=True))


def owners() -> QuerySet[User]:
    """List the people who own portfolios that may be taken home."""
    real = Portfolio.objects.filter(kind=Portfolio.Kind.REAL, managed_by=None, world=LIVE_WORLD)
    owning = PortfolioMember.objects.filter(role=Role.OWNER, portfolio__in=real)
    return User.objects.filter(pk__in=owning.values("user_id")).order_by("pk")
