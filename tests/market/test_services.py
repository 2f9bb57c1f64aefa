"""Writes of the market: who may, what is refused, what is counted and noted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from core.actor import Actor
from core.errors import Conflict, Forbidden, NotFound, TooLarge, ValidationFailed
from core.models import LIVE_WORLD, AuditEvent
from core.ports import instrument_in_use
from market import locks
from market.domain.actions import Dividend, Split
from market.domain.bars import BarRow
from market.errors import InstrumentInUse
from market.models import Coin, CorporateAction, DailyBar, FxRate, Instrument
from market.selectors import actions, instruments, revisions
from market.selectors.quotes import state
from market.services import actions as action_services
from market.services import bars, rates
from market.services import instruments as services
from market.services.actions import ActionData
from market.services.coins import instrument_for_coin
from market.services.instruments import InstrumentData
from market.services.rates import RateRow
from tests.market.builders import STAFF, bar, closes

pytestmark = pytest.mark.django_db
DATA = InstrumentData(symbol="own", name="Own plc", currency="gbp", quote_unit=Decimal("0.01"))
DAY = date(2024, 1, 2)


def revision(instrument):
    return state(LIVE_WORLD, [instrument.id]).revisions[instrument.id]


def test_a_user_creates_an_instrument_of_their_own(ida):
    made = services.create_instrument(actor=Actor.user(ida), data=DATA)
    assert (made.symbol, made.currency, made.quote_unit, made.owner) == ("OWN", "GBP", Decimal("0.01"), ida)
    event = AuditEvent.objects.get(verb="instrument.created")
    assert (event.object_id, event.actor_id) == (str(made.uuid), ida.pk)


def test_only_staff_creates_public_instruments(ida):
    with pytest.raises(Forbidden):
        services.create_instrument(actor=Actor.user(ida), data=DATA, public=True)
    assert services.create_instrument(actor=STAFF, data=DATA, public=True).owner is None


def test_the_same_symbol_twice_is_a_conflict(ida, sven):
    services.create_instrument(actor=Actor.user(ida), data=DATA)
    with pytest.raises(Conflict):
        services.create_instrument(actor=Actor.user(ida), data=DATA)
    services.create_instrument(actor=Actor.user(sven), data=DATA)
    assert Instrument.objects.filter(symbol="OWN").count() == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"isin": "123"}, "isin"),
        ({"exchange": "NOPE"}, "exchange"),
        ({"quote_unit": Decimal(0)}, "quote_unit"),
    ],
)
def test_a_wrong_value_names_its_field(ida, changes, field):
    made = services.create_instrument(actor=Actor.user(ida), data=DATA)
    with pytest.raises(ValidationFailed) as refused:
        services.update_instrument(actor=Actor.user(ida), uuid=made.uuid, changes=changes)
    assert [error.field for error in refused.value.errors] == [field]


def test_nobody_writes_what_is_not_theirs(instrument, ida, sven):
    public, own = instrument("PUB"), instrument("OWN", owner=sven)
    row = [BarRow(DAY, Decimal(1))]
    split = ActionData(kind="split", ex_date=DAY, numerator=Decimal(2), denominator=Decimal(1))
    actor = Actor.user(ida)
    for target, error in ((public, Forbidden), (own, NotFound)):
        for write in (
            lambda uuid: services.update_instrument(actor=actor, uuid=uuid, changes={"name": "x"}),
            lambda uuid: services.delete_instrument(actor=actor, uuid=uuid),
            lambda uuid: bars.set_bars(actor=actor, uuid=uuid, rows=row),
            lambda uuid: bars.delete_bars(actor=actor, uuid=uuid, start=None, end=None),
            lambda uuid: action_services.record_corporate_action(
                actor=actor, instrument_uuid=uuid, data=split
            ),
        ):
            with pytest.raises(error):
                write(target.uuid)
    assert DailyBar.objects.count() == CorporateAction.objects.count() == 0


def test_a_renaming_keeps_the_old_symbol_for_its_days(ida):
    actor = Actor.user(ida)
    made = services.create_instrument(actor=actor, data=DATA)
    services.update_instrument(
        actor=actor, uuid=made.uuid, changes={"symbol": "new"}, symbol_since=date(2022, 6, 9)
    )
    assert instruments.by_symbol(ida, "OWN", date(2022, 6, 8)) == made
    assert instruments.by_symbol(ida, "NEW", date(2022, 6, 9)) == made
    assert instruments.by_symbol(ida, "OWN") is None
    with pytest.raises(ValidationFailed):
        services.update_instrument(
            actor=actor, uuid=made.uuid, changes={"symbol": "newer"}, symbol_since=date(2022, 6, 9)
        )


def test_a_corrected_symbol_is_found_after_an_earlier_renaming(ida):
    actor = Actor.user(ida)
    made = services.create_instrument(actor=actor, data=DATA)
    since = date(2022, 6, 9)
    services.update_instrument(actor=actor, uuid=made.uuid, changes={"symbol": "nwe"}, symbol_since=since)
    services.update_instrument(actor=actor, uuid=made.uuid, changes={"symbol": "new"})
    assert instruments.by_symbol(ida, "NEW") == instruments.by_symbol(ida, "NEW", since) == made
    assert instruments.by_symbol(ida, "NWE") is None
    assert instruments.by_symbol(ida, "OWN", date(2022, 6, 8)) == made


def test_the_audit_log_keeps_no_words_of_a_persons_own_instrument(ida):
    actor = Actor.user(ida)
    made = services.create_instrument(actor=actor, data=DATA)
    changes = {"name": "Own Holding plc", "sector": "Energy", "currency": "GBP"}
    services.update_instrument(actor=actor, uuid=made.uuid, changes=changes)
    paid = ActionData(kind="dividend", ex_date=DAY, amount=Decimal("0.25"))
    action = action_services.record_corporate_action(actor=actor, instrument_uuid=made.uuid, data=paid)
    action_services.delete_corporate_action(actor=actor, uuid=action.uuid)
    services.delete_instrument(actor=actor, uuid=made.uuid)
    rates.set_rates(actor=actor, rows=[RateRow("MYCOIN", "USD", DAY, Decimal(2))])
    rates.delete_rates(actor=actor, base="MYCOIN", quote="USD")
    events = AuditEvent.objects.filter(actor_id=ida.pk).order_by("id")
    assert [(event.verb, event.before, event.after) for event in events] == [
        ("instrument.created", None, None),
        ("instrument.updated", None, {"fields": ["name", "sector"]}),
        ("corporate-action.recorded", None, {"kind": "dividend"}),
        ("corporate-action.deleted", {"kind": "dividend"}, None),
        ("instrument.deleted", None, None),
        ("rates.stored", None, {"stored": 1}),
        ("rates.deleted", {"deleted": 1}, None),
    ]


def test_the_audit_log_keeps_what_changed_of_a_public_instrument():
    made = services.create_instrument(actor=STAFF, data=DATA, public=True)
    services.update_instrument(actor=STAFF, uuid=made.uuid, changes={"name": "Renamed plc"})
    event = AuditEvent.objects.get(verb="instrument.updated")
    assert (event.before["name"], event.after["name"]) == ("Own plc", "Renamed plc")


def test_an_instrument_handed_over_is_the_others_with_its_prices(ida, sven):
    made = services.create_instrument(actor=Actor.user(ida), data=DATA)
    bars.set_bars(actor=Actor.user(ida), uuid=made.uuid, rows=[BarRow(DAY, Decimal(1))])
    services.hand_over(actor=Actor.user(ida), from_user_id=ida.pk, instrument_id=made.id, to_user_id=sven.pk)
    assert instruments.by_symbol(sven, "OWN") == made
    assert instruments.by_symbol(ida, "OWN") is None
    assert (closes(made), revision(made)) == ({DAY: Decimal(1)}, 2)
    event = AuditEvent.objects.get(verb="instrument.handed_over")
    assert (event.object_id, event.after) == (str(made.uuid), {"owner": str(sven.pk)})


@pytest.mark.parametrize(
    ("taken", "expected"),
    [(["OWN"], "OWN-2"), (["OWN", "OWN-2"], "OWN-3"), (["X" * 40], "X" * 38 + "-2")],
)
def test_an_instrument_handed_over_makes_way_for_its_namesakes(instrument, ida, sven, taken, expected):
    made = instrument(taken[0], owner=ida)
    for one in taken:
        instrument(one, owner=sven)
    actor = Actor.system("tests")
    services.hand_over(actor=actor, from_user_id=ida.pk, instrument_id=made.id, to_user_id=sven.pk)
    assert instruments.by_symbol(sven, expected) == made


def test_nobody_hands_over_what_is_not_theirs(instrument, ida, sven):
    of_ida, public = instrument("OWN", owner=ida), instrument("PUB")
    for target, actor, error in (
        (of_ida, Actor.user(sven), Forbidden),
        (public, Actor.user(ida), NotFound),
    ):
        with pytest.raises(error):
            services.hand_over(actor=actor, from_user_id=ida.pk, instrument_id=target.id, to_user_id=sven.pk)
    assert list(Instrument.objects.order_by("id").values_list("owner_id", flat=True)) == [ida.pk, None]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("changes", "waits"), [({"currency": "EUR"}, True), ({"name": "New"}, False)])
def test_a_new_currency_waits_for_whoever_is_about_to_use_the_instrument(
    transactional_db, ida, changes, waits
):
    made = services.create_instrument(actor=Actor.user(ida), data=DATA)

    def update() -> bool:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '300ms'")
                services.update_instrument(actor=Actor.user(ida), uuid=made.uuid, changes=changes)
        except OperationalError:
            return True
        finally:
            connection.close()
        return False

    with transaction.atomic(), ThreadPoolExecutor(1) as pool:
        assert locks.keep_instruments([made.id]) == {made.id}
        assert pool.submit(update).result(timeout=30) is waits


def test_deleting_takes_prices_along_unless_it_is_in_use(ida, monkeypatch):
    actor = Actor.user(ida)
    made = services.create_instrument(actor=actor, data=DATA)
    bars.set_bars(actor=actor, uuid=made.uuid, rows=[BarRow(DAY, Decimal(1))])
    with monkeypatch.context() as patched:
        patched.setitem(instrument_in_use._providers, "tests", lambda _id: True)
        with pytest.raises(InstrumentInUse):
            services.delete_instrument(actor=actor, uuid=made.uuid)
        with pytest.raises(InstrumentInUse):
            services.update_instrument(actor=actor, uuid=made.uuid, changes={"currency": "EUR"})
    services.delete_instrument(actor=actor, uuid=made.uuid)
    assert Instrument.objects.count() == DailyBar.objects.count() == 0


def test_bars_are_stored_replaced_and_counted(ida):
    actor = Actor.user(ida)
    made = services.create_instrument(actor=actor, data=DATA)
    first = [
        BarRow(DAY, Decimal("10.5"), low=Decimal(9), high=Decimal(11)),
        BarRow(date(2024, 1, 3), Decimal(11)),
    ]
    assert bars.set_bars(actor=actor, uuid=made.uuid, rows=first) == bars.BarsStored(2, 0)
    again = [first[0], BarRow(date(2024, 1, 3), Decimal(12))]
    assert bars.set_bars(actor=actor, uuid=made.uuid, rows=again) == bars.BarsStored(1, 1)
    assert closes(made) == {DAY: Decimal("10.5"), date(2024, 1, 3): Decimal(12)}
    assert revision(made) == 2
    assert bars.set_bars(actor=actor, uuid=made.uuid, rows=again) == bars.BarsStored(0, 2)
    assert revision(made) == 2
    assert bars.delete_bars(actor=actor, uuid=made.uuid, start=date(2024, 1, 3), end=None) == 1
    assert (closes(made), revision(made)) == ({DAY: Decimal("10.5")}, 3)


def test_one_bad_bar_refuses_all_and_every_bad_one_is_named(ida):
    made = services.create_instrument(actor=Actor.user(ida), data=DATA)
    rows = [
        BarRow(DAY, Decimal(10)),
        BarRow(date(2024, 1, 3), Decimal(0)),
        BarRow(date(2024, 1, 4), Decimal(10), low=Decimal(11), high=Decimal(9)),
        BarRow(date(2124, 1, 4), Decimal(10)),
        BarRow(DAY, Decimal(10)),
        BarRow(date(2024, 1, 5), Decimal("1e-19")),
    ]
    with pytest.raises(ValidationFailed) as refused:
        bars.set_bars(actor=Actor.user(ida), uuid=made.uuid, rows=rows)
    assert [(error.field, error.code) for error in refused.value.errors] == [
        ("[1].close", "not-positive"),
        ("[2].high", "high-below-low"),
        ("[3].date", "future-date"),
        ("[4].date", "twice"),
        ("[5].close", "out-of-range"),
    ]
    assert closes(made) == {}


def test_too_many_bars_at_once_are_refused(ida):
    made = services.create_instrument(actor=Actor.user(ida), data=DATA)
    with pytest.raises(TooLarge):
        bars.set_bars(actor=Actor.user(ida), uuid=made.uuid, rows=[BarRow(DAY, Decimal(1))] * 20_001)


@pytest.mark.parametrize(
    "values",
    [
        {"close": Decimal(0)},
        {"close": Decimal(5), "low": Decimal(6), "high": Decimal(7)},
        {"close": Decimal(5), "low": Decimal(0), "high": Decimal(7)},
        {"close": Decimal(5), "low": Decimal(5), "high": Decimal(4)},
        {"close": Decimal(5), "volume": Decimal(-1)},
    ],
)
def test_the_database_refuses_impossible_bars_too(instrument, values):
    one = instrument("ONE")
    with pytest.raises(IntegrityError), transaction.atomic():
        DailyBar.objects.create(instrument=one, date=DAY, source="x", **values)


def test_own_rates_are_stored_and_counted_apart_from_public_ones(ida):
    rows = [RateRow("EUR", "USD", DAY, Decimal("1.1"))]
    assert rates.set_rates(actor=Actor.user(ida), rows=rows) == 1
    assert rates.set_rates(actor=Actor.user(ida), rows=rows) == 0
    assert revisions.rate_revision(ida.pk) == (0, 1)
    with pytest.raises(Forbidden):
        rates.set_rates(actor=Actor.user(ida), rows=rows, public=True)
    assert rates.set_rates(actor=STAFF, rows=rows, public=True) == 1
    assert revisions.rate_revision(ida.pk) == (1, 1)
    assert rates.delete_rates(actor=Actor.user(ida), base="EUR", quote="USD") == 1
    assert revisions.rate_revision(ida.pk) == (1, 2)
    assert list(FxRate.objects.values_list("owner", flat=True)) == [None]


def test_bad_rates_are_all_named(ida):
    rows = [
        RateRow("EUR", "EUR", DAY, Decimal(1)),
        RateRow("EUR", "USD", DAY, Decimal(0)),
        RateRow("eur", "USD", date(2124, 1, 1), Decimal(1)),
        RateRow("EUR", "USD", DAY, Decimal("1e-19")),
    ]
    with pytest.raises(ValidationFailed) as refused:
        rates.set_rates(actor=Actor.user(ida), rows=rows)
    assert [(error.field, error.code) for error in refused.value.errors] == [
        ("[0].quote", "same-currency"),
        ("[1].rate", "not-positive"),
        ("[2].base", "currency"),
        ("[2].date", "future-date"),
        ("[3].rate", "digits"),
        ("[3].date", "twice"),
    ]
    assert FxRate.objects.count() == 0


def test_corporate_actions_are_kept_in_whole_ratios_and_counted(ida):
    actor = Actor.user(ida)
    made = services.create_instrument(actor=actor, data=DATA)
    split = ActionData(kind="split", ex_date=DAY, numerator=Decimal("1.5"), denominator=Decimal(1))
    paid = ActionData(kind="dividend", ex_date=DAY, amount=Decimal("0.25"))
    recorded = action_services.record_corporate_action(actor=actor, instrument_uuid=made.uuid, data=split)
    action_services.record_corporate_action(actor=actor, instrument_uuid=made.uuid, data=paid)
    assert actions.splits([made.id]) == [Split(made.id, DAY, 3, 2)]
    assert actions.dividends([made.id]) == [Dividend(made.id, DAY, Decimal("0.25"), "GBP")]
    assert revision(made) == 2
    with pytest.raises(Conflict):
        action_services.record_corporate_action(actor=actor, instrument_uuid=made.uuid, data=split)
    action_services.delete_corporate_action(actor=actor, uuid=recorded.uuid)
    assert (actions.splits([made.id]), revision(made)) == ([], 3)
    with pytest.raises(NotFound):
        action_services.delete_corporate_action(actor=actor, uuid=uuid4())


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": "split", "numerator": Decimal(2)}, "denominator"),
        ({"kind": "split", "numerator": Decimal(2), "denominator": Decimal(2)}, "numerator"),
        ({"kind": "dividend"}, "amount"),
        ({"kind": "dividend", "amount": Decimal(1), "pay_date": date(2023, 1, 1)}, "pay_date"),
        ({"kind": "merger"}, "target"),
        ({"kind": "rights"}, "kind"),
    ],
)
def test_an_incomplete_corporate_action_names_what_is_missing(ida, values, field):
    made = services.create_instrument(actor=Actor.user(ida), data=DATA)
    with pytest.raises(ValidationFailed) as refused:
        action_services.record_corporate_action(
            actor=Actor.user(ida), instrument_uuid=made.uuid, data=ActionData(ex_date=DAY, **values)
        )
    assert [error.field for error in refused.value.errors] == [field]


def test_a_coins_instrument_is_made_once_and_shared():
    Coin.objects.create(coin_id="bitcoin", symbol="BTC", name="Bitcoin")
    Coin.objects.create(coin_id="other-btc", symbol="BTC", name="Other")
    made = instrument_for_coin(coin_id="bitcoin")
    assert (made.symbol, made.kind, made.currency, made.owner) == ("BTC", "crypto", "USD", None)
    assert instrument_for_coin(coin_id="bitcoin") == made
    assert instrument_for_coin(coin_id="other-btc").symbol == "OTHER-BTC"
    for unknown in ("nope", ""):
        with pytest.raises(ValidationFailed) as refused:
            instrument_for_coin(coin_id=unknown)
        assert refused.value.errors[0].field == "coin_id"


@pytest.mark.django_db(transaction=True)
def test_a_coin_first_needed_twice_at_once_gets_one_instrument(transactional_db, two_at_once):
    Coin.objects.create(coin_id="bitcoin", symbol="BTC", name="Bitcoin")
    first, second = two_at_once(lambda: instrument_for_coin(coin_id="bitcoin"))
    assert first == second
    assert Instrument.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_bars_written_twice_at_once_are_there_once(transactional_db, ida, two_at_once):
    made = services.create_instrument(actor=Actor.user(ida), data=DATA)
    rows = [BarRow(date(2024, 1, day), Decimal(day)) for day in range(1, 29)]
    stored = two_at_once(lambda: bars.set_bars(actor=Actor.user(ida), uuid=made.uuid, rows=rows))
    assert sorted(one.stored for one in stored) == [0, 28]
    assert (len(closes(made)), revision(made)) == (28, 1)


def test_other_worlds_are_left_alone_when_bars_are_deleted(ida):
    from core.models import World

    other = World.objects.create(kind="replay", name="2008")
    made = services.create_instrument(actor=Actor.user(ida), data=DATA)
    bar(made, "2024-01-02", "1", world=other)
    assert bars.delete_bars(actor=Actor.user(ida), uuid=made.uuid, start=None, end=None) == 0
    assert DailyBar.objects.exclude(world=LIVE_WORLD).count() == 1
