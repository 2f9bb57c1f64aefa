"""Make many alerts of a file: all of them, or none, unless bad lines may be left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from alerts.domain.alert_files import AlertLine, CellError, columns_of, read_line, styles_of
from alerts.models import Alert, Clause, Level
from alerts.selectors.alerts import alerts_of
from alerts.services.alerts import MOST_ALERTS, end_of, level_of, lock_maker, refuse_faults, refuse_too_many
from alerts.services.changing import plain_of
from alerts.services.evaluation import CONSUMER, levels_of
from alerts.services.rules import ClauseData, RuleData, clauses_of, keep_portfolios, refuse_unseen
from alerts.services.watching import arm_rules
from core import audit, clock
from core.actor import Actor
from core.errors import FieldError, ValidationFailed
from core.models import LIVE_WORLD, World
from market.errors import AmbiguousSymbol
from market.selectors import instruments
from market.selectors.instruments import SymbolBook
from market.services.quotes.log import hold_cursor
from portfolios.domain.csv_import.findings import UnreadableFile
from portfolios.domain.csv_import.text import Line, read_sheet
from portfolios.selectors import portfolios
from portfolios.selectors.imports import message

# what a service calls a field, as the file has it
_COLUMNS: Final = {"instrument": "symbol", "kind": "condition", "clauses": "condition"}


class Refused(NamedTuple):
    """What is wrong with a line of the file (numbers from 1), and in which column."""

    line: int
    column: str
    message: str


@dataclass(slots=True)
class Imported:
    """What came of a file: how many alerts were made, and what was left out."""

    made: int = 0
    refused: list[Refused] = field(default_factory=list)


@dataclass(slots=True)
class _Book:
    """What the names in a file mean to whose it is; portfolios by name and by id."""

    user: Any
    world: World
    symbols: SymbolBook
    portfolios: Mapping[str, list[UUID]]


def import_alerts(*, actor: Actor, user: Any, content: bytes, skip_bad: bool = False) -> Imported:
    """Make the alerts of a CSV file; with `skip_bad` those that can be, and answer what was left out.

    Raises:
        ValidationFailed: it is no such file, has more than 500 lines, or a line is wrong: names each as
            ``lines.3.level``.
        TooManyAlerts: the user would have more than 500 that are not done.
    """
    prepared, found = check_alerts(user=user, content=content)
    if found.refused and not skip_bad:
        errors = tuple(
            FieldError(f"lines.{one.line}.{one.column}", one.message, "line") for one in found.refused
        )
        raise ValidationFailed(_("Nothing was imported; some lines are wrong."), errors=errors)
    _made(actor, user, prepared)
    found.made = len(prepared)
    return found


def check_alerts(*, user: Any, content: bytes) -> tuple[list[tuple[Alert, list[Clause]]], Imported]:
    """Tell what a CSV file would make, each alert with its clauses, none stored; and what is wrong with it.

    Raises:
        ValidationFailed: it is no such file, or has more than 500 lines.
    """
    found = Imported()
    rules = _grouped(_lines(content, found))
    book = _book(user, [line for rule in rules for line in rule])
    prepared = [one for rule in rules if (one := _prepared(book, rule, found)) is not None]
    found.refused.sort()
    return prepared, found


def _lines(content: bytes, found: Imported) -> list[AlertLine]:
    try:
        sheet = read_sheet(content)
    except UnreadableFile as error:
        params = {"code": error.finding.code, "params": error.finding.params}
        raise ValidationFailed.of("file", message(params), error.finding.code) from error
    header, *rows = sheet.lines
    rows = [one for one in rows if any(cell.strip() for cell in one.cells)]
    if len(rows) > MOST_ALERTS:
        raise ValidationFailed.of("file", _("At most 500 lines at once."), "too-many")
    try:
        columns = columns_of(header.cells)
    except CellError as error:
        raise ValidationFailed.of("file", _said(error), error.code) from error
    styles = styles_of(columns, [one.cells for one in rows], sheet.delimiter)
    return [line for one in rows if (line := _line(one, columns, styles, found)) is not None]


def _line(
    row: Line, columns: Mapping[str, int], styles: Mapping[str, Any], found: Imported
) -> AlertLine | None:
    try:
        return read_line(row.number, row.cells, columns, styles)
    except CellError as error:
        found.refused.append(Refused(row.number, error.column, _said(error)))
        return None


def _said(error: CellError) -> str:
    words = {
        "no-column": _("There is no column “%(column)s”."),
        "twice": _("The column “%(column)s” is there twice."),
        "missing": _("The column “%(column)s” is missing."),
        "kind": _("There is no condition “%(text)s”."),
        "number": _("“%(text)s” is not a number, or could be two."),
        "whole": _("“%(text)s” is not a whole number."),
        "flag": _("“%(text)s” is neither yes nor no."),
        "time": _("“%(text)s” is not a date such as 2026-01-31, nor a time."),
        "offset": _("“%(text)s” does not say of which time zone: add an offset, such as Z."),
    }
    return words[error.code] % {"column": error.column, "text": error.text[:40]}


def _grouped(lines: Iterable[AlertLine]) -> list[list[AlertLine]]:
    """Put the lines of one rule together, where its first one stands."""
    groups: dict[Any, list[AlertLine]] = {}
    for line in lines:
        groups.setdefault(line.rule or line.number, []).append(line)
    return list(groups.values())


def _book(user: Any, lines: Sequence[AlertLine]) -> _Book:
    symbols = instruments.symbol_book(user, {line.symbol for line in lines if line.symbol})
    names: dict[str, list[UUID]] = {}
    if any(line.portfolio for line in lines):
        for one in portfolios.visible_to(user):
            names.setdefault(str(one.pk), []).append(one.pk)
            names.setdefault(one.name.casefold(), []).append(one.pk)
    return _Book(user, World.objects.get(pk=LIVE_WORLD), symbols, names)


def _prepared(book: _Book, lines: Sequence[AlertLine], found: Imported) -> tuple[Alert, list[Clause]] | None:
    """Make an alert of its lines, not stored yet; None where one of them is wrong."""
    try:
        return _alert(book, lines)
    except ValidationFailed as error:
        for one in error.errors:
            found.refused.append(_refused(lines, one))
        return None


def _refused(lines: Sequence[AlertLine], error: FieldError) -> Refused:
    """Say in which line and column a value is that a service refused."""
    line, name = lines[0], error.field
    if name.startswith("clauses."):
        _clauses, number, name = name.split(".", 2)
        line = lines[int(number)]
    return Refused(line.number, _COLUMNS.get(name, name), error.message)


def _alert(book: _Book, lines: Sequence[AlertLine]) -> tuple[Alert, list[Clause]]:
    first = lines[0]
    clauses = [_clause(book, number, line) for number, line in enumerate(lines)]
    rearm = first.rearm or Alert.Rearm.RETURN
    if rearm not in Alert.Rearm.values:
        raise ValidationFailed.of("rearm", _("Return, or holds."), "invalid")
    options: dict[str, Any] = {
        "note": first.note,
        "cooldown_minutes": 15 if first.cooldown_minutes is None else first.cooldown_minutes,
        "expires_at": _end(book.user, first.expires_at),
    }
    refuse_faults(**options)
    alert = Alert(owner=book.user, world=book.world, repeats=first.repeats, rearm=rearm, **options)
    only = plain_of(clauses)
    if only is not None and only.instrument is not None and only.level is not None:
        alert.instrument = book.symbols.find(first.symbol)
        alert.condition, alert.level = only.kind.value, level_of(only.level, alert.watched)
        return alert, []
    alert.joined = first.joined or Alert.Joined.ALL
    return alert, clauses_of(book.user, RuleData(alert.joined, clauses))


def _clause(book: _Book, number: int, line: AlertLine) -> ClauseData:
    place = f"clauses.{number}"
    instrument = portfolio = None
    if line.symbol:
        try:
            found = book.symbols.find(line.symbol)
        except AmbiguousSymbol as error:
            raise ValidationFailed.of(f"{place}.symbol", str(error.detail), "ambiguous") from error
        if found is None:
            message_ = _("There is no instrument “%(symbol)s”.") % {"symbol": line.symbol[:40]}
            raise ValidationFailed.of(f"{place}.symbol", message_, "unknown")
        instrument = found.uuid
    if line.portfolio:
        meant = book.portfolios.get(line.portfolio.casefold(), [])
        if len(meant) != 1:
            message_ = _("Several portfolios have this name.") if meant else _("There is no such portfolio.")
            raise ValidationFailed.of(f"{place}.portfolio", message_, "unknown")
        portfolio = meant[0]
    return ClauseData(line.kind, instrument, portfolio, direction=line.direction, **line.values)


def _end(user: Any, end: date | datetime | None) -> datetime | None:
    """Tell when an alert ends: a date is until its end, where its person is."""
    if end is None or isinstance(end, datetime):
        return end
    return end_of(end, ZoneInfo(user.time_zone))


@transaction.atomic
def _made(actor: Actor, user: Any, prepared: Sequence[tuple[Alert, list[Clause]]]) -> None:
    """Arm alerts all at once, so that the log stands still for as short as can be."""
    if not prepared:
        return
    rows = [one for _alert, clauses in prepared for one in clauses]
    keep_portfolios(one.portfolio_id for one in rows)
    lock_maker(user)
    refuse_too_many(user, len(prepared))
    refuse_unseen(user, rows)
    after = hold_cursor(CONSUMER, LIVE_WORLD)
    alerts = Alert.objects.bulk_create([alert for alert, _clauses in prepared])
    for alert, clauses in prepared:
        for one in clauses:
            one.alert = alert
    Clause.objects.bulk_create(rows)
    plain = [one for one in alerts if one.joined == Alert.Joined.ONE]
    Level.objects.bulk_create(level for one in plain for level in levels_of(one, after, again=False))
    rules = list(alerts_of(user).select_related("world").filter(pk__in=[one.pk for one in alerts]))
    arm_rules(
        [one for one in rules if one.joined != Alert.Joined.ONE], after=after, at=clock.now(), anew=True
    )
    audit.record(
        actor=actor,
        verb="alerts.imported",
        object_type="user",
        object_id=user.pk,
        after={"made": len(alerts)},
    )
