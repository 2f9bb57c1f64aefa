"""The event bus and the ports."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.db import transaction

from core.bus import Bus, Phase
from core.events import Event
from core.models import World
from core.ports import Port


@dataclass(frozen=True, slots=True)
class Rang(Event):
    """The bell rang, that many times."""

    times: int


@dataclass(frozen=True, slots=True)
class Broke(Event):
    """It broke."""


@pytest.fixture
def heard() -> list[str]:
    return []


@pytest.fixture
def bus(heard) -> Bus:
    bus = Bus()

    @bus.subscribe(Rang, Phase.AFTER_COMMIT)
    def later(event: Rang) -> None:
        heard.append(f"later {event.times}")

    @bus.subscribe(Rang, Phase.IN_TRANSACTION)
    def at_once(event: Rang) -> None:
        heard.append(f"at once {event.times}")

    @bus.subscribe(Rang, Phase.IN_TRANSACTION)
    def second(event: Rang) -> None:
        heard.append(f"second {event.times}")

    return bus


@pytest.mark.django_db(transaction=True)
def test_bus_runs_the_phases_in_their_time_and_in_order(bus, heard):
    with transaction.atomic():
        bus.publish(Rang(2))
        assert heard == ["at once 2", "second 2"]
    assert heard == ["at once 2", "second 2", "later 2"]


@pytest.mark.django_db(transaction=True)
def test_bus_forgets_the_hints_of_a_transaction_that_failed(bus, heard):
    with transaction.atomic():
        bus.publish(Rang(1))
        transaction.set_rollback(True)
    assert heard == ["at once 1", "second 1"]


@pytest.mark.django_db(transaction=True)
def test_bus_tells_nobody_of_another_event(bus, heard):
    bus.publish(Broke())
    assert heard == []


@pytest.mark.django_db(transaction=True)
def test_failing_in_transaction_handler_undoes_the_publishers_work():
    bus = Bus()

    @bus.subscribe(Broke, Phase.IN_TRANSACTION)
    def refuse(event: Broke) -> None:
        raise LookupError("no")

    @transaction.atomic
    def work() -> None:
        World.objects.create(kind="replay", name="Undone")
        bus.publish(Broke())

    with pytest.raises(LookupError):
        work()
    assert not World.objects.filter(name="Undone").exists()


@pytest.mark.django_db(transaction=True)
def test_failing_after_commit_handler_is_logged_and_stops_nobody(heard, caplog):
    bus = Bus()

    @bus.subscribe(Broke, Phase.AFTER_COMMIT)
    def fail(event: Broke) -> None:
        raise LookupError("no worker")

    @bus.subscribe(Broke, Phase.AFTER_COMMIT)
    def go_on(event: Broke) -> None:
        heard.append("went on")

    with transaction.atomic():
        World.objects.create(kind="replay", name="Kept")
        bus.publish(Broke())
    assert heard == ["went on"]
    assert World.objects.filter(name="Kept").exists()
    (record,) = [one for one in caplog.records if one.name == "core.bus"]
    assert record.levelname == "ERROR"
    assert "bus.handler_failed" in record.getMessage()
    assert "fail" in record.getMessage()


def test_bus_refuses_two_handlers_of_one_name():
    bus = Bus()

    def handler(event: Event) -> None:
        """Do nothing."""

    bus.subscribe(Broke, Phase.IN_TRANSACTION)(handler)
    bus.subscribe(Rang, Phase.IN_TRANSACTION)(handler)
    with pytest.raises(ValueError, match="already listens to Broke"):
        bus.subscribe(Broke, Phase.AFTER_COMMIT)(handler)
    assert [one.event for one in bus.subscriptions()] == [Broke, Rang]


def test_port_collects_the_answers_by_name_in_order():
    port: Port[[int], int] = Port("double")
    port.register("b", lambda number: 2 * number)
    port.register("a", lambda number: 20 * number)
    assert port.collect(3) == {"b": 6, "a": 60}
    assert list(port.collect(3)) == port.names() == ["b", "a"]


def test_port_refuses_a_name_that_is_taken():
    port: Port[[], int] = Port("one")
    port.register("a", lambda: 1)
    with pytest.raises(ValueError, match="a already answers one"):
        port.register("a", lambda: 2)
    assert port.collect() == {"a": 1}
