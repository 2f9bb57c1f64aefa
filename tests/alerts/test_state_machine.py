"""The life of an alert, plain or a rule, against a model of a few lines, however late the log is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from alerts.models import Alert, Level, Notification, Trigger
from alerts.services.alerts import delete_alert, pause_alert, resume_alert
from alerts.services.evaluation import evaluate
from alerts.services.life import snooze_alert
from core.actor import Actor
from core.models import LIVE_WORLD
from market import locks
from market.domain.quotes import Move
from market.models import Quote
from market.services.quotes import store
from tests.alerts.ground import clause
from tests.market.quotes.told import NOON

pytestmark = pytest.mark.django_db
LEVEL = 10
REST = timedelta(minutes=2)
PRICES = st.integers(8, 12)


@dataclass
class Model:
    """It fires at or over ten, or when it gets there from below."""

    is_state: bool
    repeats: bool
    returns: bool
    after: int
    expires_at: datetime | None
    state: str = "armed"
    rearm_at: datetime | None = None
    again: bool = False
    fired: list[int] = field(default_factory=list)

    def arm(self, after: int) -> None:
        self.state, self.rearm_at, self.after = "armed", None, after
        self.again = bool(self.fired) and self.returns

    def see(self, seq: int, at: datetime, path: list[int]) -> None:
        waits = self.state in {"armed", "resting", "paused"}
        if waits and self.expires_at is not None and self.expires_at <= at:
            self.state, self.rearm_at = "expired", None
        if self.state == "resting" and self.rearm_at is not None and self.rearm_at <= at:
            self.arm(seq - 1)
        if self.state == "armed" and seq > self.after and self.comes(path):
            self.fired.append(seq)
            self.state = "resting" if self.repeats else "fired"
            self.rearm_at = at + REST if self.repeats else None

    def comes(self, path: list[int]) -> bool:
        if self.is_state and not self.again:
            return max(path) >= LEVEL
        return path[0] < LEVEL <= max(path) or min(path) < LEVEL <= path[-1]


class Life(RuleBasedStateMachine):
    """Ida's alert on a share that begins at nine. Every example is undone in the end."""

    ida: Any
    share: Any
    traveller: Any
    makers: Any

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.at, self.price, self.seq = NOON, 9, 0
        self.pending: list[tuple[int, datetime, list[int]]] = []
        self.traveller.move_to(self.at)
        self.model: Model | None = None

    @initialize(
        as_rule=st.booleans(),
        is_state=st.booleans(),
        repeats=st.booleans(),
        returns=st.booleans(),
        ends=st.sampled_from([None, None, 15]),
    )
    def create(self, as_rule: bool, is_state: bool, repeats: bool, returns: bool, ends: int | None) -> None:
        kind = "above" if is_state else "crosses_up"
        armed, ruled = self.makers
        more = {
            "repeats": repeats,
            "cooldown_minutes": 2,
            "rearm": "return" if returns else "holds",
            "expires_at": None if ends is None else self.at + timedelta(minutes=ends),
        }
        self.alert = (
            ruled("any", clause(kind, self.share, level="10"), **more)
            if as_rule
            else armed(self.share, kind, "10", **more)
        )
        self.model = Model(is_state, repeats, returns, self.seq, more["expires_at"])

    @rule(minutes=st.integers(0, 3), path=st.lists(PRICES, min_size=1, max_size=2))
    def move(self, minutes: int, path: list[int]) -> None:
        self.at += timedelta(minutes=minutes, seconds=1)
        self.traveller.move_to(self.at)
        whole = [self.price, *path]
        if len(set(whole)) == 1:
            return
        self.price = path[-1]
        Quote.objects.filter(instrument=self.share).update(price=self.price, as_of=self.at)
        prices = [Decimal(one) for one in (whole[0], whole[-1], min(whole), max(whole))]
        self.seq = store.append(LIVE_WORLD, self.at, [Move(self.share.pk, *prices)])
        self.pending.append((self.seq, self.at, whole))

    @rule()
    def read(self) -> None:
        evaluate(world_id=LIVE_WORLD)
        for seq, at, path in self.pending:
            if self.model is not None:
                self.model.see(seq, at, path)
        self.pending = []

    def lives(self) -> bool:
        return self.model is not None and self.model.state in {"armed", "resting", "paused"}

    @precondition(lives)
    @rule()
    def pause(self) -> None:
        pause_alert(actor=Actor.user(self.ida), user=self.ida, uuid=self.alert.uuid)
        self.model.state, self.model.rearm_at = "paused", None

    @precondition(lives)
    @rule()
    def resume(self) -> None:
        resume_alert(actor=Actor.user(self.ida), user=self.ida, uuid=self.alert.uuid)
        if self.model.state != "armed":
            self.model.arm(self.seq)

    @precondition(lives)
    @rule(minutes=st.integers(1, 4))
    def snooze(self, minutes: int) -> None:
        until = self.at + timedelta(minutes=minutes)
        snooze_alert(actor=Actor.user(self.ida), user=self.ida, uuid=self.alert.uuid, until=until)
        self.model.state, self.model.rearm_at = "resting", max(until, self.model.rearm_at or until)

    @precondition(lambda self: self.model is not None and len(self.model.fired) > 1)
    @rule()
    def delete(self) -> None:
        delete_alert(actor=Actor.user(self.ida), user=self.ida, uuid=self.alert.uuid)
        self.model = None

    def teardown(self) -> None:
        try:
            self.read()
            fired = list(Trigger.objects.order_by("number").values_list("seq", flat=True))
            assert fired == ([] if self.model is None else self.model.fired)
            assert Notification.objects.filter(event="fired").count() == len(fired)
            states = list(Alert.objects.values_list("state", flat=True))
            assert states == ([] if self.model is None else [self.model.state])
            assert Level.objects.exists() == ("armed" in states)
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)


def test_alert_lives_as_the_model_says(ida, share, traveller, armed, ruled):
    locks.price_log(LIVE_WORLD)
    store.make_partition(NOON.date())
    Quote.objects.create(
        instrument=share, world_id=LIVE_WORLD, price=9, high=99, low=1, as_of=NOON, day=NOON.date(),
        splits_through=NOON.date(), source="t", quality="live",
    )  # fmt: skip

    class Here(Life):
        pass

    Here.ida, Here.share, Here.traveller, Here.makers = ida, share, traveller, (armed, ruled)
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=20,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
