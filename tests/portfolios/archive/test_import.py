"""What an import makes, leaves alone and never touches."""

from __future__ import annotations

import io
from decimal import Decimal
from types import SimpleNamespace
from uuid import UUID, uuid5

import pytest
from pytest_django import DjangoDbBlocker

from accounts.models import User
from core.actor import Actor
from core.errors import NotFound, ValidationFailed
from core.models import AuditEvent, Role
from market.models import DailyBar, Exchange, FxRate, Instrument
from portfolios.models import ImportPreset, InstrumentTag, Portfolio, PortfolioMember, Transaction
from portfolios.selectors.ledger import load, memory
from portfolios.selectors.quality.found import issues_of
from portfolios.services import imports
from portfolios.services.archive import export_archive, import_archive, opened
from portfolios.services.portfolios import delete_portfolio
from tests.support.archives import CSV, archived, bring, emptied, everything, packed, tables

EMPTIED = {
    f"{name}.jsonl"
    for name in ("imports", "import_rows", "lots_chosen", "lots_carried", "revisions", "dismissals")
}


@pytest.fixture(scope="module")
def made(standing: None, django_db_blocker: DjangoDbBlocker) -> SimpleNamespace:
    """Hold the scene, its archive and somebody else, for all tests of this module."""
    with django_db_blocker.unblock():
        world = everything()
        world.data = archived(world)
        world.guest = User.objects.create_user("guest@example.org", "x")
        return world


@pytest.fixture(autouse=True)
def _rows(db: None, made: SimpleNamespace) -> None: ...


def lots(portfolio: Portfolio) -> list[tuple[object, ...]]:
    """Tell the ledger without ids: what was done, which lots were chosen and which came along."""
    memory.clear()
    return [
        (
            one.day,
            one.time,
            one.kind,
            one.quantity,
            one.price,
            one.fx_rate,
            one.carried,
            one.picks and len(one.picks),
        )
        for one in load(portfolio).entries
    ]


def test_a_second_time_tells_what_is_there_and_changes_nothing(made: SimpleNamespace) -> None:
    Portfolio.objects.filter(pk=made.main.pk).update(name="Renamed")
    before = Transaction.objects.count(), Instrument.objects.count(), FxRate.objects.count()
    found = bring(made.data, made.user)
    assert found == {"portfolios": [{"id": str(one.pk), "there": True} for one in (made.main, made.side)]}
    assert (Transaction.objects.count(), Instrument.objects.count(), FxRate.objects.count()) == before
    assert Portfolio.objects.get(pk=made.main.pk).name == "Renamed"


def test_somebody_else_gets_copies_under_ids_of_their_own_once(made: SimpleNamespace) -> None:
    guest = Actor.user(made.guest)
    entries = Transaction.objects.filter(portfolio=made.main).count()
    found = bring(made.data, made.guest, guest)
    copy = Portfolio.objects.get(pk=uuid5(made.main.pk, made.guest.pk.hex))
    assert [one["there"] for one in found["portfolios"]] == [False, False]
    assert [(one.user_id, one.role) for one in copy.members.all()] == [(made.guest.pk, Role.OWNER)]
    assert lots(copy) == lots(made.main)
    assert Transaction.objects.filter(portfolio=made.main).count() == entries
    house = Instrument.objects.get(owner=made.guest)
    assert (house.symbol, house.uuid) == ("HOUSE", uuid5(made.market.house.uuid, made.guest.pk.hex))
    assert found["instruments"] == {"there": 5, "public": 0, "own": 1, "renamed": 0, "unlisted": []}
    assert DailyBar.objects.get(instrument=house).close == 1000
    assert not copy.transactions.filter(instrument=made.market.house).exists()
    assert found["dismissals_left_out"] == 1
    assert Portfolio.objects.get(pk=uuid5(made.side.pk, made.guest.pk.hex)).default_for == made.guest
    again = bring(made.data, made.guest, guest)
    assert [one["there"] for one in again["portfolios"]] == [True, True]
    assert Portfolio.objects.filter(members__user=made.guest).count() == 2


def test_nobody_brings_in_for_another_and_nobody_takes_what_is_not_theirs(made: SimpleNamespace) -> None:
    guest = Actor.user(made.guest)
    with pytest.raises(NotFound):
        import_archive(actor=guest, owner_id=made.user.pk, bundle=opened(io.BytesIO(made.data)))
    for person in (made.guest, made.other):
        with pytest.raises(NotFound):
            export_archive(actor=Actor.user(person), owner=person, portfolio_ids=[made.main.pk])
        with pytest.raises(ValidationFailed):
            export_archive(actor=Actor.user(person), owner=person)


def test_what_is_gone_is_restored_beside_what_is_there(made: SimpleNamespace) -> None:
    before = lots(made.main)
    PortfolioMember.objects.filter(portfolio=made.side).update(role=Role.OWNER)
    delete_portfolio(actor=made.actor, portfolio_id=made.main.pk)
    found = bring(made.data, made.user, made.actor)
    assert [one["there"] for one in found["portfolios"]] == [False, True]
    main = Portfolio.objects.get(pk=made.main.pk)
    assert (lots(main), main.revision) == (before, 1)
    assert {one.user_id for one in main.members.all()} == {made.user.pk}
    told = AuditEvent.objects.filter(verb__in=["portfolio.restored", "archive.imported"])
    assert sorted(told.values_list("verb", flat=True)) == ["archive.imported", "portfolio.restored"]


def test_a_file_is_known_again_and_can_still_be_undone(made: SimpleNamespace) -> None:
    delete_portfolio(actor=made.actor, portfolio_id=made.main.pk)
    delete_portfolio(actor=made.actor, portfolio_id=made.side.pk)
    bring(made.data, made.user, made.actor)
    batch = imports.preview_import(
        user=made.user, portfolio_id=made.main.pk, file_name="again.csv", content=CSV.encode()
    )
    assert batch.summary["counts"]["duplicate"] == 3
    assert batch.summary["counts"]["new"] == 0
    undone = imports.undo_import(actor=made.actor, portfolio_id=made.main.pk, import_id=made.batch.pk)
    assert undone.summary["undone"] == {"removed": 3, "edited": 0}


def test_without_the_market_a_person_gets_it_as_their_own(made: SimpleNamespace) -> None:
    findings = {one.id for one in issues_of(load(made.main))}
    before = lots(made.main)
    user = emptied(reference=False)
    found = bring(made.data, user, Actor.user(user))
    assert found["instruments"] == {"there": 0, "public": 0, "own": 6, "renamed": 0, "unlisted": ["XTST"]}
    assert set(Instrument.objects.values_list("owner_id", "exchange_id")) == {(user.pk, None)}
    assert (found["prices"], found["rates"], found["corporate_actions"]) == (10, 4, 6)
    assert set(FxRate.objects.values_list("owner_id", flat=True)) == {user.pk}
    assert not Exchange.objects.exists()
    main = Portfolio.objects.get(pk=made.main.pk)
    assert lots(main) == before
    assert {one.id for one in issues_of(load(main))} == findings
    assert ImportPreset.objects.get().user_id == user.pk
    assert sorted(InstrumentTag.objects.values_list("name", flat=True)) == ["Core", "steel"]


def test_what_is_here_stands(made: SimpleNamespace) -> None:
    user = emptied()
    other = Instrument.objects.create(
        symbol="ACME", name="Here", currency="EUR", isin="FR0000000017", exchange_id="XTST"
    )
    DailyBar.objects.create(instrument=other, date="2024-01-02", close=Decimal(99), source="here")
    Instrument.objects.create(symbol="HEIR", name="Another", currency="USD")
    FxRate.objects.create(base="USD", quote="EUR", date="2024-01-02", rate=Decimal("0.5"), source="here")
    staff = Actor(
        user.pk, "user", is_staff=True, powers=frozenset({"market.add_instrument", "market.change_fxrate"})
    )
    found = bring(made.data, user, staff)
    assert DailyBar.objects.get(instrument=other).close == 99
    assert Instrument.objects.get(pk=other.pk).name == "Here"
    assert found["instruments"] == {"there": 1, "public": 0, "own": 5, "renamed": 0, "unlisted": []}
    assert Instrument.objects.get(symbol="HEIR", currency="EUR").owner_id == user.pk
    assert Instrument.objects.get(symbol="CHLD").owner_id == user.pk  # a public one cannot turn into it
    assert FxRate.objects.get(base="USD", owner=None).rate == Decimal("0.5")
    assert FxRate.objects.get(base="CHF").owner_id is None
    assert FxRate.objects.get(base="USD", owner=user).rate == Decimal("0.95")
    main = Portfolio.objects.get(pk=made.main.pk)
    assert main.targets.get(grouping="instrument").key == str(other.uuid)
    assert ImportPreset.objects.get().mapping["symbols"] == {"A": str(other.uuid)}


def test_who_took_an_id_of_a_transaction_keeps_nobody_from_restoring(made: SimpleNamespace) -> None:
    before = lots(made.main)
    for one in (made.main, made.side):
        delete_portfolio(actor=made.actor, portfolio_id=one.pk)
    taken = tables(made.data)
    new = str(uuid5(made.main.pk, "squat"))
    taken = {name: [] if name in EMPTIED else rows for name, rows in taken.items()}
    taken["portfolios.jsonl"] = [{**taken["portfolios.jsonl"][0], "id": new, "targets": []}]
    entry = {name: value for name, value in taken["transactions.jsonl"][4].items() if name != "import"}
    taken["transactions.jsonl"] = [{**entry, "portfolio": new}]
    bring(packed(taken), made.guest, Actor.user(made.guest))
    assert Transaction.objects.get(pk=entry["id"]).portfolio_id == UUID(new)
    found = bring(made.data, made.user, made.actor)
    copy = Portfolio.objects.get(pk=uuid5(made.main.pk, made.user.pk.hex))
    assert (lots(copy), [one["there"] for one in found["portfolios"]]) == (before, [False, False])
    assert Transaction.objects.get(pk=entry["id"]).portfolio_id == UUID(new)
    again = bring(made.data, made.user, made.actor)
    assert [one["there"] for one in again["portfolios"]] == [True, True]
