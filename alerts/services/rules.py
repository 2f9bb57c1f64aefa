"""Make rules of several clauses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from alerts.domain.clauses import WINDOWS
from alerts.domain.rules import AMOUNTS, MOST_CLAUSES, NEEDS, PARAMETERS, Fault, Kind, Subject, faults
from alerts.errors import TooManyAlerts
from alerts.models import Alert, Clause
from alerts.services.alerts import lock_maker, record, refuse_faults, refuse_too_many
from alerts.services.arming import arm
from alerts.services.evaluation import CONSUMER
from alerts.services.expiry import WAITING
from core.actor import Actor
from core.errors import ValidationFailed
from core.models import LIVE_WORLD
from core.money import round_amount
from market.domain.bars import PLACES
from market.models import Instrument
from market.selectors import instruments
from market.services.quotes.log import hold_cursor
from portfolios.models import Portfolio
from portfolios.selectors import portfolios

SAYS: Final = ("kind", "instrument", "portfolio", "direction", *PARAMETERS)
MOST_WINDOWS: Final = 100
_KEPT: Final = "SELECT FROM portfolios_portfolio WHERE id = ANY(%s::uuid[]) ORDER BY id FOR KEY SHARE"


@dataclass(frozen=True, slots=True)
class ClauseData:
    """What a clause says: `level` and `upper` for one unit, in the instrument's or portfolio's currency."""

    kind: Kind
    instrument: UUID | None = None
    portfolio: UUID | None = None
    direction: str = ""
    level: Decimal | None = None
    upper: Decimal | None = None
    percent: Decimal | None = None
    minutes: int | None = None
    days: int | None = None
    slow_days: int | None = None


@dataclass(frozen=True, slots=True)
class RuleData:
    """What a rule waits for; `expires_at` None: no end."""

    joined: str
    clauses: Sequence[ClauseData]
    note: str = ""
    repeats: bool = False
    cooldown_minutes: int = 15
    expires_at: datetime | None = None
    rearm: str = Alert.Rearm.RETURN


@transaction.atomic
def make_rule(*, actor: Actor, user: Any, data: RuleData) -> Alert:
    """Arm a rule of the user's: what is so already counts from the next move on.

    Raises:
        NotFound: the user sees no such instrument or portfolio.
        ValidationFailed: a value does not fit; it names the field, of a clause as ``clauses.0.level``.
        TooManyAlerts: the user has 500 that are not done, or 100 clauses about minutes.
    """
    refuse_faults(note=data.note, cooldown_minutes=data.cooldown_minutes, expires_at=data.expires_at)
    keep_portfolios(one.portfolio for one in data.clauses)
    clauses = clauses_of(user, data)
    lock_maker(user)
    refuse_too_many(user)
    after = hold_cursor(CONSUMER, LIVE_WORLD)
    alert = Alert.objects.create(
        owner=user,
        world_id=LIVE_WORLD,
        joined=data.joined,
        note=data.note.strip(),
        repeats=data.repeats,
        cooldown_minutes=data.cooldown_minutes,
        rearm=data.rearm,
        expires_at=data.expires_at,
    )
    put_clauses(alert, clauses)
    arm(alert=alert, after=after, anew=True)
    record(actor, "alert.created", alert)
    return alert


def put_clauses(alert: Alert, clauses: Sequence[Clause]) -> None:
    """Give an alert these clauses instead of those that it has; its maker is locked.

    Raises:
        TooManyAlerts: its person has more clauses about minutes than may be looked at each minute.
    """
    Clause.objects.filter(alert=alert).delete()
    _refuse_too_many_windows(alert, clauses)
    for clause in clauses:
        clause.alert = alert
    Clause.objects.bulk_create(clauses)


def _refuse_too_many_windows(alert: Alert, clauses: Sequence[Clause]) -> None:
    new = sum(one.kind in WINDOWS for one in clauses)
    if not new:
        return
    waiting = Clause.objects.filter(alert__owner=alert.owner_id, alert__state__in=WAITING, kind__in=WINDOWS)
    if waiting.count() + new > MOST_WINDOWS:
        raise TooManyAlerts(_("Your alerts have 100 conditions about minutes. Delete some first."))


def keep_portfolios(ids: Iterable[UUID | None]) -> None:
    """Let nobody delete portfolios, nor take them from a member, until the end; before all other locks.

    What a person may see is looked up after it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_KEPT, [sorted({one for one in ids if one is not None})])


def copies_of(clauses: Iterable[Clause]) -> list[Clause]:
    """Make clauses that say the same, and remember nothing."""
    return [Clause(number=one.number, **{name: getattr(one, name) for name in SAYS}) for one in clauses]


def refuse_unseen(user: Any, clauses: Iterable[Clause]) -> None:
    """Refuse to arm clauses of which one is about what its person sees no more; after `keep_portfolios`.

    Raises:
        NotFound: an instrument or a portfolio is no longer theirs to see.
        ValidationFailed: a clause lost its portfolio; it names ``clauses``.
    """
    rows = list(clauses)
    if any(one.is_lost for one in rows):
        raise ValidationFailed.of(
            "clauses", _("It was about a portfolio that you see no more. Choose other clauses."), "lost"
        )
    for instrument in {one.instrument.uuid for one in rows if one.instrument is not None}:
        instruments.get(user, instrument)
    for portfolio in {one.portfolio_id for one in rows if one.portfolio_id is not None}:
        portfolios.get(user, portfolio)


def clauses_of(user: Any, data: RuleData) -> list[Clause]:
    """Make the clauses of a rule, not stored yet.

    Raises:
        NotFound: the user sees no such instrument or portfolio.
        ValidationFailed: a value does not fit; it names the field.
    """
    if data.joined not in {Alert.Joined.ALL, Alert.Joined.ANY}:
        raise ValidationFailed.of("joined", _("All of them, or any of them."), "invalid")
    if not 1 <= len(data.clauses) <= MOST_CLAUSES:
        raise ValidationFailed.of("clauses", _("A rule has one to eight clauses."), "invalid")
    return [_clause(user, number, one) for number, one in enumerate(data.clauses)]


def _clause(user: Any, number: int, data: ClauseData) -> Clause:
    place = f"clauses.{number}"
    need = NEEDS[data.kind]
    instrument = _instrument(user, place, data, wanted=need.subject is not Subject.PORTFOLIO)
    portfolio = _portfolio(user, place, data, wanted=need.subject is not Subject.INSTRUMENT)
    if data.kind is Kind.CASH_BELOW and portfolio is not None and not portfolio.tracks_cash:
        raise ValidationFailed.of(f"{place}.kind", _("This portfolio keeps no cash."), "invalid")
    values: dict[str, Any] = {name: getattr(data, name) for name in PARAMETERS}
    if instrument is not None:
        values |= {name: _quoted(values[name], instrument) for name in AMOUNTS}
    for field, fault in faults(data.kind, values, data.direction):
        raise ValidationFailed.of(f"{place}.{field}", _words(fault), fault.value)
    return Clause(
        number=number,
        kind=data.kind.value,
        instrument=instrument,
        portfolio=portfolio,
        direction=data.direction,
        **{name: _rounded(value) for name, value in values.items()},
    )


def _instrument(user: Any, place: str, data: ClauseData, *, wanted: bool) -> Instrument | None:
    if wanted and data.instrument is None:
        raise ValidationFailed.of(f"{place}.instrument", _("Which instrument?"), "missing")
    if not wanted and data.instrument is not None:
        raise ValidationFailed.of(f"{place}.instrument", _("This is about a whole portfolio."), "unwanted")
    return None if data.instrument is None else instruments.get(user, data.instrument)


def _portfolio(user: Any, place: str, data: ClauseData, *, wanted: bool) -> Portfolio | None:
    if wanted and data.portfolio is None:
        raise ValidationFailed.of(f"{place}.portfolio", _("Which portfolio?"), "missing")
    if not wanted and data.portfolio is not None:
        raise ValidationFailed.of(f"{place}.portfolio", _("This is about an instrument alone."), "unwanted")
    found = None if data.portfolio is None else portfolios.get(user, data.portfolio)
    if found is not None and found.kind != Portfolio.Kind.REAL:
        raise ValidationFailed.of(f"{place}.portfolio", _("This portfolio is a simulation."), "simulated")
    return found


def _quoted(value: Decimal | None, instrument: Instrument) -> Decimal | None:
    return value if value is None or not value.is_finite() else value / instrument.quote_unit


def _rounded(value: Decimal | int | None) -> Decimal | int | None:
    return round_amount(value, PLACES) if isinstance(value, Decimal) else value


def _words(fault: Fault) -> str:
    return {
        Fault.MISSING: _("This is missing."),
        Fault.UNWANTED: _("This kind of clause has no such value."),
        Fault.OUT_OF_RANGE: _("This is too little or too much."),
        Fault.NOT_ABOVE: _("This has to be more than the other."),
    }[fault]
