"""Reference data as rows of a file, read and stored by the services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from import_export import fields

from core import cells
from core.adminsite.transfer import CHANGED, MADE, SAME, RowReader, RowsRefused, ServiceResource
from core.adminsite.transfer.resource import Items
from core.errors import DomainError, FieldError, ValidationFailed
from core.models import LIVE_WORLD
from market.domain.bars import BarRow
from market.domain.basis import AdjustmentBasis
from market.models import CorporateAction, DailyBar, Exchange, FxRate, Instrument
from market.services.actions import ActionData, record_corporate_action
from market.services.bars import set_bars
from market.services.instruments import InstrumentData, create_instrument, update_instrument
from market.services.rates import RateRow, set_rates
from market.services.reference import ExchangeData, save_exchange

SOURCE = "staff"
NUMBERS = ("numerator", "denominator", "amount", "cost_share", "cash_in_lieu")
BAR_FIELDS = ("open", "high", "low", "close", "volume")
TEXTS = ("symbol", "exchange", "name", "kind", "currency", "isin", "sector", "country", "coin_id")


def _column(name: str, attribute: str = "") -> Any:
    return fields.Field(column_name=name, attribute=attribute or name)


def public(reader: RowReader, name: str = "symbol", venue: str = "exchange") -> Instrument | None:
    """Find the public instrument that a row names by symbol and, where several have it, exchange."""
    symbol, mic = reader.text(name, needed=True).upper(), reader.text(venue).upper()
    found = Instrument.objects.filter(owner=None, symbol=symbol)
    rows = list((found.filter(exchange=mic) if mic else found)[:2])
    if symbol and not rows:
        reader.refuse(name, _("No public instrument has this symbol."), "unknown-symbol")
    if len(rows) > 1:
        reader.refuse(venue, _("Several have this symbol; name the exchange."), "ambiguous-symbol")
    return rows[0] if len(rows) == 1 else None


class InstrumentSheet(ServiceResource):
    """Public instruments, known by symbol and exchange."""

    object_type = "market.instrument"
    needed = ("symbol", "name", "currency")
    symbol = _column("symbol")
    exchange = _column("exchange", "exchange_id")
    name = _column("name")
    kind = _column("kind")
    currency = _column("currency")
    quote_unit = _column("quote_unit")
    isin = _column("isin")
    sector = _column("sector")
    country = _column("country")
    coin_id = _column("coin_id")
    is_fictional = _column("is_fictional")

    def read(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Read what is said of an instrument; a column that the file lacks is left as it is."""
        reader = RowReader(row)
        given: dict[str, Any] = {
            name: reader.text(name, needed=name in self.needed) for name in TEXTS if name in row
        }
        if "quote_unit" in row and (unit := reader.decimal("quote_unit")) is not None:
            given["quote_unit"] = unit
        if "is_fictional" in row:
            given["is_fictional"] = reader.truth("is_fictional")
        if given.get("kind") == "":
            del given["kind"]
        if given.get("kind", Instrument.Kind.STOCK) not in Instrument.Kind.values:
            reader.refuse("kind", _("Use %(kinds)s.") % {"kinds": ", ".join(Instrument.Kind.values)})
        reader.done()
        return given

    def store(self, item: dict[str, Any]) -> str:
        """Make the instrument, or change what differs."""
        there = Instrument.objects.filter(
            owner=None, symbol=item["symbol"].upper(), exchange=item.get("exchange", "").upper() or None
        ).first()
        if there is None:
            create_instrument(actor=self.actor, data=InstrumentData(**item), public=True)
            return MADE
        before = {name: getattr(there, "exchange_id" if name == "exchange" else name) for name in item}
        changes = {name: value for name, value in item.items() if not _same(before[name], value)}
        if not changes:
            return SAME
        update_instrument(actor=self.actor, uuid=there.uuid, changes=changes)
        return CHANGED


def _same(before: Any, value: Any) -> bool:
    if isinstance(value, str):
        return (before or "") in {value, value.upper()}
    return bool(before == value)


class ExchangeSheet(ServiceResource):
    """Venues by their ISO 10383 code."""

    object_type = "market.exchange"
    needed = ("mic", "name", "time_zone")
    mic = _column("mic")
    name = _column("name")
    time_zone = _column("time_zone")
    country = _column("country")

    def read(self, row: Mapping[str, Any]) -> ExchangeData:
        """Read a venue."""
        reader = RowReader(row)
        data = ExchangeData(
            mic=reader.text("mic", needed=True).upper(),
            name=reader.text("name", needed=True),
            time_zone=reader.text("time_zone", needed=True),
            country=reader.text("country").upper(),
        )
        reader.done()
        return data

    def store(self, item: ExchangeData) -> str:
        """Make the venue, or change it."""
        before = Exchange.objects.filter(pk=item.mic).values("mic", "name", "time_zone", "country").first()
        after = save_exchange(actor=self.actor, data=item)
        if before is None:
            return MADE
        return SAME if all(getattr(after, name) == value for name, value in before.items()) else CHANGED


class ActionSheet(ServiceResource):
    """Corporate actions of public instruments: recorded, never changed; one that differs is refused."""

    object_type = "market.corporateaction"
    needed = ("symbol", "kind", "ex_date")
    symbol = _column("symbol", "instrument__symbol")
    exchange = _column("exchange", "instrument__exchange_id")
    kind = _column("kind")
    ex_date = _column("ex_date")
    pay_date = _column("pay_date")
    numerator = _column("numerator")
    denominator = _column("denominator")
    amount = _column("amount")
    currency = _column("currency")
    target = _column("target", "target__symbol")
    target_exchange = _column("target_exchange", "target__exchange_id")
    cost_share = _column("cost_share")
    cash_in_lieu = _column("cash_in_lieu")
    pays_out = _column("pays_out")
    new_symbol = _column("new_symbol")

    def read(self, row: Mapping[str, Any]) -> tuple[UUID, ActionData]:
        """Read a corporate action; columns that a kind has not may be missing."""
        reader = RowReader(row)
        instrument, day = public(reader), reader.day("ex_date", needed=True)
        given: dict[str, Any] = {
            "kind": reader.text("kind", needed=True),
            "pay_date": reader.day("pay_date"),
            "currency": reader.text("currency"),
            "new_symbol": reader.text("new_symbol"),
            "pays_out": bool(row.get("pays_out")) and reader.truth("pays_out"),
            **{name: reader.decimal(name) for name in NUMBERS},
        }
        if reader.text("target"):
            target = public(reader, "target", "target_exchange")
            given["target"] = target.uuid if target else None
        reader.done()
        assert instrument is not None
        assert day is not None
        return instrument.uuid, ActionData(ex_date=day, **given)

    def store(self, item: tuple[UUID, ActionData]) -> str:
        """Record it, unless it is there already."""
        uuid, data = item
        there = CorporateAction.objects.filter(instrument__uuid=uuid, kind=data.kind, ex_date=data.ex_date)
        other = {"target__uuid": data.target} if data.target else {"target": None}
        known = there.filter(**other).first()
        if known is not None and _is_same_action(known, data):
            return SAME
        record_corporate_action(actor=self.actor, instrument_uuid=uuid, data=data, source=SOURCE)
        return MADE


def _is_same_action(known: CorporateAction, data: ActionData) -> bool:
    """Tell whether a file says what is known; what it leaves open may be anything."""
    if known.numerator and known.denominator:
        same = (data.numerator or 0) * known.denominator == known.numerator * (data.denominator or 0)
        if not same:
            return False
    given = (data.amount, data.cash_in_lieu, data.pays_out, data.pay_date, data.new_symbol.upper())
    there = (known.amount, known.cash_in_lieu, known.pays_out, known.pay_date, known.new_symbol)
    open_ones = (not data.currency or data.currency.upper() == known.currency) and (
        data.cost_share is None or data.cost_share == known.cost_share
    )
    return given == there and open_ones


class BarSheet(ServiceResource):
    """Daily bars of public instruments, in quote units, as their source gave them.

    Raw where `adjusted_as_of` is empty; else adjusted for the splits up to that day.
    """

    object_type = "market.dailybar"
    needed = ("symbol", "date", "close")
    most_rows: ClassVar[int] = 20_000
    symbol = _column("symbol", "instrument__symbol")
    exchange = _column("exchange", "instrument__exchange_id")
    date = _column("date")
    open = _column("open")
    high = _column("high")
    low = _column("low")
    close = _column("close")
    volume = _column("volume")
    adjusted_as_of = _column("adjusted_as_of")

    def __init__(self, actor: Any) -> None:
        super().__init__(actor)
        self._known: dict[tuple[str, str], Instrument | None] = {}

    def read(self, row: Mapping[str, Any]) -> _Given:
        """Read one day's prices."""
        reader = RowReader(row)
        key = (reader.text("symbol").upper(), reader.text("exchange").upper())
        if self._known.get(key) is None:
            self._known[key] = public(reader)
        instrument, day = self._known[key], reader.day("date", needed=True)
        close, as_of = reader.decimal("close", needed=True), reader.day("adjusted_as_of")
        others = {name: reader.decimal(name) for name in ("open", "high", "low", "volume")}
        reader.done()
        assert instrument is not None
        assert day is not None
        assert close is not None
        return _Given(instrument, AdjustmentBasis(as_of), BarRow(day=day, close=close, **others))

    def store_all(self, items: Items) -> dict[int, str]:
        """Store the bars of each instrument and basis at once, in the order in which all locks are taken."""
        groups: dict[tuple[int, date], dict[int, _Given]] = {}
        for number, one in items.items():
            key = (one.instrument.id, one.basis.as_of or date.min)
            groups.setdefault(key, {})[number] = one
        done: dict[int, str] = {}
        refused: dict[int, DomainError] = {}
        for key in sorted(groups):
            given = groups[key]
            first = next(iter(given.values()))
            bars = {number: one.bar for number, one in given.items()}
            done |= self._kinds(first, bars)
            try:
                set_bars(
                    actor=self.actor,
                    uuid=first.instrument.uuid,
                    rows=list(bars.values()),
                    source=SOURCE,
                    basis=first.basis,
                )
            except DomainError as error:
                refused |= by_row(error, list(bars))
        if refused:
            raise RowsRefused(refused)
        return done

    def _kinds(self, first: _Given, bars: Mapping[int, BarRow]) -> dict[int, str]:
        days = [bar.day for bar in bars.values()]
        rows = DailyBar.objects.filter(instrument=first.instrument, world=LIVE_WORLD, date__in=days)
        there = {row.date: row for row in rows}
        kinds: dict[int, str] = {}
        for number, bar in bars.items():
            known = there.get(bar.day)
            kinds[number] = MADE if known is None else SAME if _stays(known, first.basis, bar) else CHANGED
        return kinds

    def export_field(self, field: Any, instance: Any, **kwargs: Any) -> str:
        """Write a number as the source gave it, so that the file brings the same in again."""
        if instance.adjusted_as_of is not None and field.attribute in BAR_FIELDS:
            return cells.csv_cell(getattr(instance, f"given_{field.attribute}"))
        return super().export_field(field, instance, **kwargs)


@dataclass(frozen=True, slots=True)
class _Given:
    """A bar of a file, as it was given."""

    instrument: Instrument
    basis: AdjustmentBasis
    bar: BarRow


def _stays(known: DailyBar, basis: AdjustmentBasis, bar: BarRow) -> bool:
    """Tell whether a stored bar stays as it is when this one comes (or is refused)."""
    if known.adjusted_as_of is None and not basis.is_raw:
        return True
    prefix = "" if basis.is_raw else "given_"
    return known.adjusted_as_of == basis.as_of and all(
        getattr(known, f"{prefix}{name}") == getattr(bar, name) for name in BAR_FIELDS
    )


class RateSheet(ServiceResource):
    """Public exchange rates: how many units of `quote` one unit of `base` was worth."""

    object_type = "market.fxrate"
    needed = ("base", "quote", "date", "rate")
    most_rows: ClassVar[int] = 20_000
    base = _column("base")
    quote = _column("quote")
    date = _column("date")
    rate = _column("rate")

    def read(self, row: Mapping[str, Any]) -> RateRow:
        """Read a rate."""
        reader = RowReader(row)
        base, quote = (reader.text(name, needed=True).upper() for name in ("base", "quote"))
        day, rate = reader.day("date", needed=True), reader.decimal("rate", needed=True)
        reader.done()
        assert day is not None
        assert rate is not None
        return RateRow(base, quote, day, rate)

    def store_all(self, items: Items) -> dict[int, str]:
        """Store the rates at once."""
        kinds = self._kinds(items)
        try:
            set_rates(actor=self.actor, rows=list(items.values()), public=True, source=SOURCE)
        except DomainError as error:
            raise RowsRefused(by_row(error, list(items))) from error
        return kinds

    def _kinds(self, items: Items) -> dict[int, str]:
        rows: QuerySet[FxRate] = FxRate.objects.filter(
            owner=None, world=LIVE_WORLD, date__in={one.day for one in items.values()}
        )
        there = {(row.base, row.quote, row.date): row.rate for row in rows}
        kinds: dict[int, str] = {}
        for number, one in items.items():
            known = there.get((one.base, one.quote, one.day))
            kinds[number] = MADE if known is None else SAME if known == one.rate else CHANGED
        return kinds


def by_row(error: DomainError, numbers: list[int]) -> dict[int, DomainError]:
    """Give each row of a file its own of a service's errors, whose fields begin with ``[place].``."""
    if not isinstance(error, ValidationFailed) or not error.errors:
        return {numbers[0]: error}
    found: dict[int, list[FieldError]] = {}
    for one in error.errors:
        place, _point, field = one.field.partition("].")
        number = numbers[int(place[1:])] if field else numbers[0]
        found.setdefault(number, []).append(FieldError(field or one.field, one.message, one.code))
    return {number: ValidationFailed(errors=tuple(many)) for number, many in found.items()}
