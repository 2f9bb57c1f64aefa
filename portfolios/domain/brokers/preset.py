"""What every preset is, and what they share in making drafts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final
from zoneinfo import ZoneInfo

from portfolios.domain.brokers.source import Source
from portfolios.domain.csv_import import dates
from portfolios.domain.csv_import.amounts import by_share, per_unit
from portfolios.domain.csv_import.dates import DateOrder, DateProblem, DateStyle, Moment
from portfolios.domain.csv_import.draft import Draft
from portfolios.domain.csv_import.findings import Finding, error, shown, warning
from portfolios.domain.entries import EntryKind
from portfolios.domain.exact import EXACT, ONE, PLACES, ZERO

DAY_FIRST: Final = DateStyle(DateOrder.DAY_FIRST)
MONTH_FIRST: Final = DateStyle(DateOrder.MONTH_FIRST)
UTC_ZONE: Final = ZoneInfo("UTC")
NEW_YORK: Final = ZoneInfo("America/New_York")
# Why a row is none of its own: it went into another's, another row takes it back, another file has it.
PART_OF_OTHER: Final = "part-of-other"
CANCELLED: Final = "cancelled"
IN_OTHER_FILE: Final = "in-other-file"
INTERNAL: Final = "internal"


@dataclass(frozen=True, slots=True)
class Setting:
    """What a preset must know of the portfolio: its time zone and currency.

    `zone` is that of times which the broker writes without an offset, where it has none of its own.
    """

    home: ZoneInfo
    zone: ZoneInfo
    currency: str


@dataclass(slots=True)
class Parsed:
    """The drafts of a file in its order; one line may have made several."""

    drafts: list[Draft] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    header_line: int = 0


@dataclass(frozen=True, slots=True)
class Preset:
    """A file that some broker writes. `broker` and `file` are proper names, the same in every language."""

    key: str
    broker: str
    file: str
    recognises: Callable[[Source], bool]
    read: Callable[[Source, Setting], Parsed]

    @property
    def name(self) -> str:
        """Name broker and file."""
        return f"{self.broker}: {self.file}"


def place(
    draft: Draft,
    text: str,
    setting: Setting,
    *,
    clock: str = "",
    zone: ZoneInfo | None = None,
    style: DateStyle = DAY_FIRST,
) -> None:
    """Set a draft's time from the file's words, or say what is wrong with them.

    `zone` is that of times without an offset (default: the setting's).
    """
    moment: Moment | DateProblem = dates.parse(text, style)
    if isinstance(moment, Moment) and clock and moment.clock is None:
        moment = dates.joined(moment, dates.parse_clock(clock))
    if isinstance(moment, DateProblem):
        said = shown(f"{text} {clock}".strip())
        draft.findings.append(
            error(moment.value, "date", column="date", text=said)
            if said
            else error("no-date", "date", column="date")
        )
        return
    draft.day_only = moment.clock is None
    draft.time = dates.instant(moment, setting.home if draft.day_only else zone or setting.zone)
    draft.day = draft.time.astimezone(setting.home).date()


def twin_of(draft: Draft, **changes: object) -> Draft:
    """Make a further draft of the same line and moment."""
    made = Draft(draft.line, draft.cells, time=draft.time, day=draft.day, day_only=draft.day_only)
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def book_money(draft: Draft, kind: EntryKind, amount: Decimal, currency: str) -> None:
    """Make a draft a movement of money; only interest, fees and taxes may be negative."""
    draft.kind, draft.quantity, draft.price, draft.currency = kind, amount, ONE, currency
    if amount < 0 and kind in {EntryKind.DEPOSIT, EntryKind.WITHDRAWAL}:
        draft.findings.append(error("cancellation", "amount", column="amount"))
    draft.fee_currency = draft.tax_currency = currency


def book_units(  # what a trade is made of
    draft: Draft,
    kind: EntryKind,
    *,
    quantity: Decimal,
    gross: Decimal,
    currency: str,
    fee: Decimal = ZERO,
    fee_currency: str = "",
    tax: Decimal = ZERO,
) -> None:
    """Make a draft a purchase or sale of `quantity` for `gross`, both before costs and positive."""
    draft.kind, draft.quantity, draft.currency = kind, quantity, currency
    draft.price = per_unit(gross, quantity) if quantity else ZERO
    draft.fee, draft.fee_currency = fee, fee_currency or currency
    draft.tax, draft.tax_currency = tax, currency


def book_dividend(draft: Draft, *, gross: Decimal, currency: str, shares: Decimal | None = None) -> None:
    """Make a draft a dividend of `gross`, per share where that loses nothing; else of one unit."""
    draft.kind, draft.currency = EntryKind.DIVIDEND, currency
    draft.fee_currency = draft.tax_currency = currency
    draft.quantity, draft.price = by_share(shares, gross)
    if gross < 0:
        draft.findings.append(error("cancellation", "amount", column="amount"))


def book_in_kind(draft: Draft, kind: EntryKind, quantity: Decimal, currency: str = "") -> None:
    """Make a draft a transfer of units whose cost the file does not tell."""
    draft.kind, draft.quantity, draft.currency = kind, quantity, currency
    draft.fee_currency = draft.tax_currency = currency
    if kind is EntryKind.TRANSFER_IN:
        draft.findings.append(warning("unknown-cost", "price"))
    else:
        draft.price = ZERO


def reward(draft: Draft, *, quantity: Decimal, value: Decimal | None, currency: str) -> list[Draft]:
    """Make income in kind: its value as interest and, linked, the units bought for that value.

    Without a value (None or 0) the units come in at unknown cost, with a warning.
    """
    if not value or value < 0:
        book_in_kind(draft, EntryKind.TRANSFER_IN, quantity)
        return [draft]
    draft.group = draft.group or f"reward|{draft.external_id or draft.time}|{draft.label}|{quantity}"
    bought = twin_of(
        draft, symbol=draft.symbol, isin=draft.isin, name=draft.name, group=draft.group, note=draft.note
    )
    book_units(bought, EntryKind.BUY, quantity=quantity, gross=value, currency=currency)
    book_money(draft, EntryKind.INTEREST, value, currency)
    if draft.external_id:
        bought.external_id = f"{draft.external_id}:units"
    return [draft, bought]


def exchange(
    draft: Draft, *, sold: tuple[Decimal, str], bought: tuple[Decimal, str], setting: Setting, group: str
) -> list[Draft]:
    """Make two linked legs of a currency exchange; both amounts are positive.

    Where one side is the portfolio's currency the other carries the rate that was paid, so that
    the two legs cancel out in its flows.
    """
    legs = []
    for kind, (amount, currency), (other, code) in (
        (EntryKind.WITHDRAWAL, sold, bought),
        (EntryKind.DEPOSIT, bought, sold),
    ):
        leg = twin_of(draft, group=group, note=draft.note)
        book_money(leg, kind, amount, currency)
        if code == setting.currency and currency != code and amount:
            leg.fx_rate = EXACT.divide(other, amount).quantize(PLACES, ROUND_HALF_EVEN, context=EXACT)
        if draft.external_id:
            leg.external_id = f"{draft.external_id}:{'out' if kind is EntryKind.WITHDRAWAL else 'in'}"
        legs.append(leg)
    return legs


@dataclass(slots=True)
class Withholding:
    """Taxes that a file has on rows of their own, and the dividends that they were withheld from.

    The first tax of a dividend in its currency becomes the dividend's own; corrections that came
    later stay rows of their own, linked to it. With a dividend that was taken back go its tax and the
    refund of it, so that the dividend booked in its place has the tax that stayed. A key names the payment.
    """

    _dividends: dict[str, list[Draft]] = field(default_factory=dict)
    _taxes: dict[str, list[Draft]] = field(default_factory=dict)

    def dividend(self, key: str, draft: Draft) -> None:
        """Note a dividend; the first with a key that is not taken back is the one that taxes belong to."""
        draft.group = key
        self._dividends.setdefault(key, []).append(draft)

    def tax(self, key: str, draft: Draft) -> None:
        """Note a tax."""
        draft.group = key
        self._taxes.setdefault(key, []).append(draft)

    def settle(self) -> None:
        """Put each tax where it belongs."""
        for key, taxes in self._taxes.items():
            taxes.sort(key=lambda one: str(one.time))
            dividends = self._dividends.get(key, [])
            _take_back_taxes([one for one in dividends if one.skipped], taxes)
            dividend = next((one for one in dividends if not one.skipped), None)
            if dividend is not None:
                _withhold(dividend, taxes)


def _withhold(dividend: Draft, taxes: Sequence[Draft]) -> None:
    """Make the first tax in the dividend's currency its own."""
    for tax in taxes:
        usable = not tax.skipped and not tax.findings and tax.currency == dividend.currency
        if usable and tax.quantity is not None and tax.quantity > 0:
            dividend.tax, tax.skipped = tax.quantity, PART_OF_OTHER
            return


def _take_back_taxes(dividends: Sequence[Draft], taxes: Sequence[Draft]) -> None:
    """Leave out, for each dividend that was taken back, a tax that was refunded, and its refund.

    The dividend keeps the figure, by which one that came in before is found.
    """
    refunds: dict[tuple[Decimal, str], list[Draft]] = {}
    for tax in reversed(taxes):
        if tax.quantity is not None and tax.quantity < 0:
            refunds.setdefault((-tax.quantity, tax.currency), []).append(tax)
    waiting = iter(taxes)
    for dividend in dividends:
        for tax in waiting:
            back = refunds.get((tax.quantity or ZERO, tax.currency))
            if back and tax.currency == dividend.currency:
                dividend.tax = tax.quantity or ZERO
                tax.skipped = back.pop().skipped = CANCELLED
                break


def take_back(drafts: Sequence[Draft], reversals: Iterable[Draft]) -> None:
    """Leave out each row that another takes back, and that other one; a reversal alone is an error.

    Two rows are a pair when they agree in kind, instrument, units, price and currency; of several the
    one of the same moment.
    """
    reversing = list(reversals)
    ids = {id(one) for one in reversing}
    free: dict[tuple[object, ...], list[Draft]] = {}
    for draft in reversed(drafts):
        if id(draft) not in ids and not draft.skipped:
            for key in (_content(draft), (*_content(draft), draft.time)):
                free.setdefault(key, []).append(draft)
    for reversal in reversing:
        content = _content(reversal)
        found = _first(free.get((*content, reversal.time))) or _first(free.get(content))
        if found is None:
            reversal.findings.append(error("cancellation", "quantity", column="quantity"))
            continue
        found.skipped = reversal.skipped = CANCELLED


def _first(stack: list[Draft] | None) -> Draft | None:
    """Take the first that is still free off a stack, whose last is the first of the file."""
    while stack:
        draft = stack.pop()
        if not draft.skipped:
            return draft
    return None


def _content(draft: Draft) -> tuple[object, ...]:
    return draft.kind, draft.symbol, draft.isin, draft.quantity, draft.price, draft.currency


def unknown(draft: Draft, word: str) -> None:
    """Say that nobody knows what a row is."""
    draft.word = word
    draft.findings.append(error("unknown-kind", "type", column="type", text=shown(word)))


def corporate_action(draft: Draft, word: str) -> None:
    """Say that a row is to be entered as a corporate action of the instrument."""
    draft.word = word
    draft.findings.append(error("corporate-action", "type", column="type", text=shown(word)))


def in_utc(draft: Draft) -> str:
    """Write a draft's time, for keys."""
    return draft.time.astimezone(UTC).isoformat() if draft.time else ""
