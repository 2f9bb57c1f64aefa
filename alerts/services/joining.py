"""Let what was seen of clauses count: a rule fires when its last one comes true, whoever saw it.

Clauses of prices are seen by whoever reads the log, all others by who watches portfolios and events. Both
take what the other saw from the clauses' `holds`, and neither works while the other writes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

from alerts.domain.clauses import WINDOWS, Decision, decide, stands
from alerts.domain.clauses import Seen as Told
from alerts.domain.regions import Verdict
from alerts.domain.rules import NEEDS, Kind, Looked
from alerts.models import Alert, Clause
from alerts.services.evaluation import CONSUMER
from alerts.services.expiry import WAITING
from alerts.services.firing import fire
from alerts.services.watching import know_where, watched, windows
from core.models import LIVE_WORLD
from market.models import Cursor
from market.services.quotes.log import hold_cursor

_AT_ONCE: Final = 50
UNPRICED: Final = tuple(
    sorted(kind.value for kind, need in NEEDS.items() if need.looked in {Looked.PORTFOLIO, Looked.EVENT})
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a clause was seen to be, and what was seen, with numbers as texts."""

    holds: bool
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule with what its clauses come to."""

    alert: Alert
    clauses: list[Clause]
    told: list[Told]
    decision: Decision

    @property
    def fires(self) -> bool:
        """Whether it comes true and is armed."""
        return self.decision.fires and self.alert.state == Alert.State.ARMED

    def changes(self) -> bool:
        """Tell whether anything is to be written."""
        rows = zip(self.clauses, self.told, self.decision.spent, strict=True)
        return self.fires or any(
            spent != told.spent or told.verdict.holds != one.holds for one, told, spent in rows
        )


def settle(*, seen: Mapping[int, Seen], at: datetime) -> int:
    """Keep what was seen of clauses, by their keys, and fire the rules that it completes; answer how many.

    A rule that rests or is paused knows what is so, and does not fire. Fifty rules are one transaction, as
    prices wait meanwhile; what fails for some is raised when all others are done.
    """
    keys = [one.alert.pk for one in _rules(_waiting(seen), seen, at) if one.changes()]
    fired, faults = 0, []
    for start in range(0, len(keys), _AT_ONCE):
        try:
            fired += _settle_some(keys[start : start + _AT_ONCE], seen, at)
        except Exception as fault:  # noqa: BLE001  # raised below
            faults.append(fault)
    if faults:
        raise faults[0]
    return fired


@transaction.atomic
def _settle_some(keys: Sequence[int], seen: Mapping[int, Seen], at: datetime) -> int:
    hold_cursor(CONSUMER, LIVE_WORLD)
    locked = _waiting(seen).filter(pk__in=keys).select_for_update(of=("self",))
    rules = _rules(locked, seen, at)
    came = [(one, _came(one, seen)) for one in rules]
    changed = [clause for one in rules for clause in _changed(one, seen)]
    if changed:
        Clause.objects.bulk_update(changed, ["holds", "memory"])
    fires = [(one.alert, facts) for one, facts in came if one.fires]
    return sum(fire(alert=alert, at=at, seq=None, facts=facts) for alert, facts in fires)


def _waiting(seen: Mapping[int, Seen]) -> QuerySet[Alert]:
    concerned = Clause.objects.filter(pk__in=list(seen)).values("alert")
    return Alert.objects.filter(pk__in=concerned, state__in=WAITING).order_by("pk")


def _rules(alerts: QuerySet[Alert], seen: Mapping[int, Seen], at: datetime) -> list[_Rule]:
    rows = list(alerts)
    clauses: dict[int, list[Clause]] = defaultdict(list)
    for clause in Clause.objects.filter(alert__in=rows).order_by("alert", "number"):
        clauses[clause.alert_id].append(clause)
    stood = _stood([one for found in clauses.values() for one in found], at)
    rules = []
    for alert in rows:
        told = [stood.get(one.pk) or _told(one, seen.get(one.pk)) for one in clauses[alert.pk]]
        rules.append(_Rule(alert, clauses[alert.pk], told, decide(alert.joined, told)))
    return rules


def _stood(clauses: Iterable[Clause], at: datetime) -> dict[int, Told]:
    """Look again at what held within some minutes, by the clause's key: these may have gone by since."""
    held = [watched(one, at) for one in clauses if one.holds and one.kind in WINDOWS]
    if not held:
        return {}
    read = Cursor.objects.filter(consumer=CONSUMER, world=LIVE_WORLD).values_list("seq", flat=True).first()
    know_where(LIVE_WORLD, read or 0, held)
    spans = windows(LIVE_WORLD, held)
    found = {}
    for one in held:
        look = stands(one.asked, one.memory, one.now._replace(window=spans.get(one.clause.pk)))
        found[one.clause.pk] = Told(one.asked.is_state, one.memory.spent, look.verdict)
    return found


def _told(clause: Clause, found: Seen | None) -> Told:
    """Take a clause as it was just seen, or as it has been since it was last looked at."""
    is_state = NEEDS[Kind(clause.kind)].is_state
    holds = clause.holds if found is None else found.holds
    happened = found is not None and holds
    # what happens in a moment was not so before, and is not so after
    verdict = Verdict(happened, holds, not holds) if is_state else Verdict(happened, False, True)
    return Told(is_state, bool(clause.memory.get("spent")), verdict)


def _came(rule: _Rule, seen: Mapping[int, Seen]) -> list[dict[str, Any]]:
    """Say what each clause of a rule saw; before that is kept."""
    came = [one for one, told in zip(rule.clauses, rule.told, strict=True) if told.verdict.happened]
    new = [one for one in came if not one.holds]
    last = next(iter(new or came), None)
    return [
        _fact(one, told, seen.get(one.pk), is_last=one is last)
        for one, told in zip(rule.clauses, rule.told, strict=True)
    ]


def _changed(rule: _Rule, seen: Mapping[int, Seen]) -> list[Clause]:
    """Let the clauses of a rule know what was seen; answer those that are others now."""
    armed = rule.alert.state == Alert.State.ARMED
    rows = zip(rule.clauses, rule.told, rule.decision.spent, strict=True)
    return [
        one
        for one, told, spent in rows
        if _learns(one, told, seen.get(one.pk), spent=spent if armed else told.spent)
    ]


def _learns(clause: Clause, told: Told, found: Seen | None, *, spent: bool) -> bool:
    memory = {name: value for name, value in clause.memory.items() if name != "spent"}
    if spent:
        memory["spent"] = True
    if found is not None:
        memory["saw"] = dict(found.facts)
    if (clause.holds, clause.memory) == (told.verdict.holds, memory):
        return False
    clause.holds, clause.memory = told.verdict.holds, memory
    return True


def _fact(clause: Clause, now: Told, found: Seen | None, *, is_last: bool) -> dict[str, Any]:
    """Say what a clause saw: now, or when it was last looked at."""
    so = now.verdict.holds if found is None else found.holds
    told = clause.memory.get("saw", {}) if found is None else found.facts
    return {"number": clause.number, "kind": clause.kind, "so": so, "last": is_last, **told}
