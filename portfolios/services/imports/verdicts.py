"""What becomes of each row: found faulty, already there, doubtful or new. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from uuid import UUID

from core.money import plain
from market.domain.rates import RateTable
from market.models import Instrument
from market.selectors import actions
from portfolios.domain.brokers.preset import CANCELLED
from portfolios.domain.csv_import import columns
from portfolios.domain.csv_import.draft import Draft
from portfolios.domain.csv_import.findings import Finding, Level, error, note, warning
from portfolios.domain.csv_import.identity import Likeness, fingerprints, matches
from portfolios.domain.entries import EntryKind
from portfolios.domain.exact import EXACT, ONE, PLACES
from portfolios.domain.shortfall import INCOMING, OUTGOING, shortfalls
from portfolios.models import Portfolio
from portfolios.selectors.imports.present import Present, entry, present, rates_for
from portfolios.selectors.imports.resolve import Resolver
from portfolios.services.imports.lots import lot_findings, note_lost_lots
from portfolios.services.imports.stored_rows import Row, Verdict, facts_of_row
from portfolios.services.inputs import TransactionInput, faults, is_doubt

_MONEY = frozenset({EntryKind.DEPOSIT, EntryKind.WITHDRAWAL})
_LINK_IF_KNOWN = frozenset({EntryKind.FEE, EntryKind.TAX, EntryKind.INTEREST})
_THERE = {Likeness.SAME: note("already-there"), Likeness.DIFFERS: note("already-there-differs")}
_NEAR, _FAR = Decimal("0.8"), Decimal("1.25")


def judged(
    portfolio: Portfolio, drafts: Sequence[Draft], resolver: Resolver, *, own: bool
) -> tuple[list[Row], list[Finding]]:
    """Give every draft its verdict; answer the rows and what concerns the file as a whole.

    `own` rows come from an export of ours: their rates are taken as they are.
    """
    rows = [Row(draft) for draft in drafts]
    for row in rows:
        if not row.draft.skipped and row.draft.kind is not None:
            _link(portfolio, row, resolver)
    _check_rates(portfolio, _sound(rows), own=own)
    for row in _sound(rows):
        row.draft.findings += _faults(portfolio, row)
    for row in _sound(rows):
        row.draft.findings += lot_findings(row.draft)
    there = present(portfolio)
    _mark_duplicates(_sound(rows), there)
    _mark_cancelled(portfolio, rows, there, resolver)
    new = [row for row in _sound(rows) if row.verdict is Verdict.NEW]
    later = _mark_missing(new, there, allow_short=portfolio.allow_short)
    note_lost_lots([row.draft for row in _sound(rows)])
    for row in rows:
        row.verdict = _verdict(row)
    return rows, later


def _sound(rows: Iterable[Row]) -> list[Row]:
    """List the rows that can become transactions."""
    return [
        row for row in rows if not row.draft.skipped and row.draft.kind is not None and not _has_error(row)
    ]


def _has_error(row: Row) -> bool:
    return any(one.level is Level.ERROR for one in row.draft.findings)


def _verdict(row: Row) -> Verdict:
    if row.draft.skipped:
        return Verdict.SKIPPED
    if _has_error(row):
        return Verdict.ERROR
    if row.verdict is Verdict.DUPLICATE:
        return Verdict.DUPLICATE
    doubtful = any(one.level is Level.WARNING for one in row.draft.findings)
    return Verdict.WARNING if doubtful else Verdict.NEW


def _link(portfolio: Portfolio, row: Row, resolver: Resolver) -> None:
    """Find the row's instrument, and the currency where the file names none."""
    draft, currency = row.draft, portfolio.currency
    if draft.label and draft.kind not in _MONEY and not _is_money(draft):
        found = resolver.resolve(draft)
        row.instrument, row.creates, row.choices = found.instrument, found.creates, found.choices
        if found.leaves_out:
            draft.skipped = "left-out"
        if found.finding is not None:
            draft.findings.append(_softened(draft, found.finding))
        currency = found.instrument.currency if found.instrument else found.currency or currency
    if not draft.currency:
        draft.currency = currency
        draft.findings.append(note("currency-assumed", "currency", currency=draft.currency))
    draft.fee_currency = draft.fee_currency or draft.currency
    draft.tax_currency = draft.tax_currency or draft.currency
    if draft.currency == portfolio.currency:
        draft.fx_rate = None


def _is_money(draft: Draft) -> bool:
    """Tell whether the only name of a row about money is a currency's."""
    return draft.kind in _LINK_IF_KNOWN and columns.is_currency(draft.label.upper())


def _softened(draft: Draft, finding: Finding) -> Finding:
    """Let fees, taxes and interest in without their instrument when nobody knows it."""
    if draft.kind in _LINK_IF_KNOWN and finding.code == "unknown-symbol":
        return warning("not-linked", finding.field, text=draft.label)
    return finding


def _faults(portfolio: Portfolio, row: Row) -> list[Finding]:
    """Ask the ledger's own rules."""
    draft = row.draft
    if draft.kind is None or draft.time is None or draft.quantity is None:
        return [error("no-amount", "quantity", column="quantity")]
    item = TransactionInput(
        kind=draft.kind, time=draft.time, quantity=draft.quantity, price=draft.price, currency=draft.currency,
        instrument=Instrument(currency=draft.currency) if row.creates else row.instrument,
        fee=draft.fee, fee_currency=draft.fee_currency, tax=draft.tax, tax_currency=draft.tax_currency,
        fx_rate=draft.fx_rate,
    )  # fmt: skip
    return [
        warning(f"doubtful-{one.field}", one.field)
        if is_doubt(one)
        else error("refused", one.field, column=one.field, message=one.message)
        for one in faults(portfolio, item)
    ]


def _mark_duplicates(rows: Sequence[Row], there: Sequence[Present]) -> None:
    facts = [facts_of_row(row) for row in rows]
    found = matches(facts, fingerprints(facts), (one.known for one in there))
    for row, match in zip(rows, found, strict=True):
        if match is None:
            continue
        if match.likeness is Likeness.SIMILAR:
            row.draft.findings.append(warning("similar-there", "time"))
            continue
        row.verdict = Verdict.DUPLICATE
        row.draft.findings.append(_THERE[match.likeness])


def _mark_cancelled(
    portfolio: Portfolio, rows: Sequence[Row], there: Sequence[Present], resolver: Resolver
) -> None:
    """Say of rows that the broker took back when they came in by an earlier file."""
    cancelled = [row for row in rows if row.draft.skipped == CANCELLED and row.draft.quantity is not None]
    for row in cancelled:
        _link(portfolio, row, resolver)
    whole = [row for row in cancelled if row.draft.time is not None and not _has_error(row)]
    facts = [facts_of_row(row) for row in whole]
    found = matches(facts, fingerprints(facts), (one.known for one in there))
    for row, match in zip(whole, found, strict=True):
        if match is not None and match.likeness is not Likeness.SIMILAR:
            row.draft.skipped = ""
            row.draft.findings.append(error("cancelled-there", "quantity", column="quantity"))


def _check_rates(portfolio: Portfolio, rows: Sequence[Row], *, own: bool) -> None:
    """Turn rates that are upside down, and say where none is known."""
    foreign = [row.draft for row in rows if row.draft.currency != portfolio.currency]
    if not foreign:
        return
    table = rates_for(portfolio, {draft.currency for draft in foreign})
    for draft in foreign:
        if draft.fx_rate is None:
            _note_missing_rate(draft, table, portfolio.currency)
        elif not own:
            _check_rate(draft, draft.fx_rate, table)


def _note_missing_rate(draft: Draft, table: RateTable, base: str) -> None:
    if draft.day is not None and table.rate(draft.currency, draft.day) is None:
        draft.findings.append(
            warning("no-rate", "currency", currency=draft.currency, base=base, day=draft.day.isoformat())
        )


def _check_rate(draft: Draft, stated: Decimal, table: RateTable) -> None:
    """Hold a broker's rate against the day's: files state it either way round."""
    known = table.rate(draft.currency, draft.day) if draft.day is not None else None
    if known is None or stated <= 0 or _NEAR < stated / known.rate < _FAR:
        return
    turned = EXACT.divide(ONE, stated).quantize(PLACES, rounding=ROUND_HALF_EVEN, context=EXACT)
    if _NEAR < turned / known.rate < _FAR:
        draft.fx_rate = turned
        draft.findings.append(warning("rate-inverted", "fx_rate", rate=plain(turned)))
    else:
        draft.findings.append(warning("rate-differs", "fx_rate", rate=plain(known.rate)))


def _mark_missing(rows: Sequence[Row], there: Sequence[Present], *, allow_short: bool) -> list[Finding]:
    """Note the sales that lack units, in the file and, for the whole file, already in the portfolio."""
    moving = [place for place, row in enumerate(rows) if row.draft.kind in INCOMING | OUTGOING]
    if not any(rows[place].draft.kind in OUTGOING for place in moving):
        return []
    keys = _keys(rows, moving)
    known = actions.reshaping(actions.related(key for key in keys.values() if key > 0))
    before = [one.entry() for one in there if one.instrument in known.instruments]
    added = [entry(place, facts_of_row(rows[place]), keys[place], len(before) + place) for place in moving]
    missing = shortfalls([*before, *added], known.splits, known.actions, allow_short=allow_short)
    lacking = shortfalls(before, known.splits, known.actions, allow_short=allow_short)
    for place, lack in missing.items():
        if isinstance(place, int):
            rows[place].draft.findings.append(warning("missing-acquisition", "quantity", lack=plain(lack)))
    later = sum(1 for one, lack in missing.items() if isinstance(one, UUID) and lack > lacking.get(one, 0))
    return [warning("later-shortfall", "file", count=str(later))] if later else []


def _keys(rows: Sequence[Row], places: Iterable[int]) -> dict[int, int]:
    """Give each row the key of its instrument; those that are still to be made get numbers below 0."""
    fresh: dict[str, int] = {}
    return {
        place: instrument.pk
        if (instrument := rows[place].instrument) is not None
        else fresh.setdefault(rows[place].draft.label, -len(fresh) - 1)
        for place in places
    }
