"""What staff do with sources: keys that never show, tries that store nothing, switches that are told."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from core.actor import Actor
from core.errors import Conflict, Forbidden, ValidationFailed
from core.models import AuditEvent
from market.errors import ProviderUnavailable
from market.models import PriceSource, Quote, SourceSymbol
from market.selectors import feeds
from market.services.feeds import write
from market.services.feeds.write import SourceData
from tests.market.builders import STAFF

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(django_user_model) -> Client:
    client = Client()
    client.force_login(django_user_model.objects.create_superuser("sam@example.org", "pw"))
    return client


def save(source_id: int | None = None, **fields):
    data = SourceData(**{"name": "mine", "kind": "keyed", **fields})
    return write.save_source(actor=STAFF, source_id=source_id, data=data)


def test_a_key_is_kept_encrypted_and_stays_until_another_is_given(told):
    one = save(key="s3cr3t-k3y")
    assert feeds.key_of(PriceSource.objects.get()) == "s3cr3t-k3y"
    save(one.pk, priority=5)
    assert feeds.key_of(PriceSource.objects.get()) == "s3cr3t-k3y"
    save(one.pk, key="other")
    assert feeds.key_of(PriceSource.objects.get()) == "other"
    with pytest.raises(ValidationFailed) as refused:
        save(one.pk, forget_key=True)
    assert refused.value.errors[0].field == "key"
    written = str(list(AuditEvent.objects.values_list("before", "after")))
    assert "s3cr3t-k3y" not in written
    assert AuditEvent.objects.filter(verb="source.changed").count() == 2


def test_the_free_plan_is_the_limit_unless_staff_say_another():
    one = write.save_source(
        actor=STAFF, source_id=None, data=SourceData(name="td", kind="twelvedata", key="k")
    )
    assert (one.per_minute, one.per_hour, one.per_day) == (8, 0, 800)
    data = SourceData(name="td", kind="twelvedata", per_minute=55, per_day=0)
    two = write.save_source(actor=STAFF, source_id=one.pk, data=data)
    assert (two.per_minute, two.per_day) == (55, 0)


def test_iex_becomes_what_took_its_place_and_says_so():
    one = write.save_source(actor=STAFF, source_id=None, data=SourceData(name="x", kind="iex", key="k"))
    assert one.kind == "tiingo"
    assert one.note.startswith("IEX Cloud closed in August 2024.")


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"name": "simulated"}, "name"),
        ({"name": "Has Spaces"}, "name"),
        ({"kind": "none"}, "kind"),
        ({"interval": 4}, "interval"),
        ({"key": ""}, "key"),
        ({"kind": "coingecko", "options": {"plan": "gold"}}, "options.plan"),
        ({"kind": "coingecko", "base_url": "ftp://x"}, "base_url"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(told, fields, place):
    with pytest.raises(ValidationFailed) as refused:
        save(**{"key": "k", **fields})
    assert [one.field for one in refused.value.errors] == [place]


def test_only_who_keeps_market_data_may(told, ida, source):
    one = source()
    nobody = Actor.user(ida)
    for attempt in (
        lambda: write.save_source(actor=nobody, source_id=None, data=SourceData(name="x", kind="hand")),
        lambda: write.switch_source(actor=nobody, source_id=one.pk, on=False, reason="r"),
        lambda: write.reset_source(actor=nobody, source_id=one.pk, reason="r"),
        lambda: write.delete_source(actor=nobody, source_id=one.pk, reason="r"),
        lambda: write.ask_now(actor=nobody, source_id=one.pk, symbol="AAA"),
    ):
        with pytest.raises(Forbidden):
            attempt()
    save(key="k", name="first2")
    with pytest.raises(Conflict):
        save(key="k", name="first2")


def test_a_try_shows_what_came_and_stores_nothing(told, source, instrument, staff):
    instrument("AAA")
    one = source(key="s3cr3t-k3y")
    told.quotes = {"first": {"AAA": "12.5"}}
    url = reverse("admin:market_pricesource_ask", args=[one.pk])
    assert "12.5" in staff.post(url, {"symbol": "aaa"}).content.decode()
    told.quotes = {"first": ProviderUnavailable("no way to s3cr3t-k3y")}
    page = staff.post(url, {"symbol": "AAA"}).content.decode()
    assert "no way to [removed]" in page
    assert "There is no public instrument" in staff.post(url, {"symbol": "ZZZ"}).content.decode()
    assert not Quote.objects.exists()
    one.refresh_from_db()
    assert (one.failures, one.last_error) == (0, "")
    assert AuditEvent.objects.filter(verb="source.tried").count() == 2


def test_the_admin_adds_a_source_and_shows_how_it_fares(told, staff):
    form = {"name": "mine", "kind": "keyed", "enabled": "on", "priority": 1, "interval": 60, "options": "{}"}
    answer = staff.post(reverse("admin:market_pricesource_add"), {**form, "key": "s3cr3t-k3y"})
    assert answer.status_code == 302, answer.context_data["errors"]
    one = PriceSource.objects.get()
    page = staff.get(reverse("admin:market_pricesource_change", args=[one.pk])).content.decode()
    assert "s3cr3t-k3y" not in page
    assert "stored" in page
    assert "no limit" in staff.get(reverse("admin:market_pricesource_changelist")).content.decode()
    without = staff.post(reverse("admin:market_pricesource_add"), {**form, "name": "other", "key": ""})
    assert "It needs a key, and has none." in without.content.decode()


def test_staff_pause_resume_reset_and_delete_with_a_reason(told, source):
    one = source(failures=4, open_until="2030-01-01T00:00:00Z")
    write.switch_source(actor=STAFF, source_id=one.pk, on=False, reason="costs")
    with pytest.raises(Conflict):
        write.switch_source(actor=STAFF, source_id=one.pk, on=False, reason="costs")
    write.switch_source(actor=STAFF, source_id=one.pk, on=True, reason="paid")
    write.reset_source(actor=STAFF, source_id=one.pk, reason="it is back")
    one.refresh_from_db()
    assert (one.enabled, one.failures, one.open_until) == (True, 0, None)
    write.delete_source(actor=STAFF, source_id=one.pk, reason="gone")
    assert list(AuditEvent.objects.order_by("at").values_list("verb", "reason")) == [
        ("source.switched_off", "costs"),
        ("source.switched_on", "paid"),
        ("source.reset", "it is back"),
        ("source.deleted", "gone"),
    ]


def test_what_an_instrument_is_called_is_for_public_ones(told, source, instrument, ida, staff):
    one, stock = source(), instrument("AAA")
    form = {"source": one.pk, "instrument": stock.pk, "symbol": " AAA.US ", "priority": ""}
    assert staff.post(reverse("admin:market_sourcesymbol_add"), form).status_code == 302
    row = SourceSymbol.objects.get()
    assert (row.symbol, row.priority, row.is_excluded) == ("AAA.US", None, False)
    own = instrument("OWN", owner=ida)
    with pytest.raises(ValidationFailed):
        write.save_symbol(actor=STAFF, source=one, instrument=own)
    write.delete_symbol(actor=STAFF, symbol_id=row.pk, reason="wrong")
    assert not SourceSymbol.objects.exists()


GENERIC = {"quotes": {"url": "https://own.example/{symbol}", "price": "p"}, "key_param": "token"}
ELSEWHERE = {**GENERIC, "profile": {"url": "https://other.example/{symbol}", "name": "n", "currency": "c"}}


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({"kind": "keyed"}, {"base_url": "https://other.example"}),
        ({"kind": "keyed", "base_url": "https://own.example"}, {"base_url": ""}),
        ({"kind": "keyed", "base_url": "https://own.example"}, {"base_url": "https://own.example:444"}),
        ({"kind": "finnhub"}, {"options": {"stream_url": "wss://other.example"}}),
        ({"kind": "finnhub"}, {"kind": "twelvedata"}),
        ({"kind": "generic", "options": GENERIC}, {"options": ELSEWHERE}),
    ],
)
def test_a_key_that_is_kept_is_sent_to_no_other_server(told, first, then):
    one = save(key="s3cr3t", **first)
    changed = {**first, **then}
    with pytest.raises(ValidationFailed) as refused:
        save(one.pk, **changed)
    assert [one.field for one in refused.value.errors] == ["key"]
    one.refresh_from_db()
    assert (one.kind, one.base_url) == (first["kind"], first.get("base_url", ""))
    save(one.pk, **changed, key="another")
    assert feeds.key_of(PriceSource.objects.get()) == "another"


def test_a_path_may_change_under_a_key_and_a_forgotten_one_goes_nowhere(told):
    one = save(kind="hand", key="s3cr3t", base_url="https://own.example/a")
    save(one.pk, kind="hand", base_url="https://OWN.example:443/b")
    assert feeds.key_of(PriceSource.objects.get()) == "s3cr3t"
    save(one.pk, kind="hand", base_url="https://other.example", forget_key=True)
    assert feeds.key_of(PriceSource.objects.get()) == ""


def test_the_key_of_a_setting_goes_to_the_official_server_only(source, settings):
    settings.FINNHUB_API_KEY = "s3cr3t"
    one = source("mine", kind="finnhub", key_setting="FINNHUB_API_KEY")
    save(one.pk, kind="finnhub", priority=3)
    for more in (
        {"base_url": "https://other.example"},
        {"options": {"stream_url": "wss://other.example"}},
        {"kind": "twelvedata"},
    ):
        with pytest.raises(ValidationFailed) as refused:
            save(one.pk, **{"kind": "finnhub", **more})
        assert [one.field for one in refused.value.errors] == ["key"]


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"base_url": "http://own.example"}, "base_url"),
        ({"options": {"stream_url": "ws://own.example"}}, "options.stream_url"),
    ],
)
def test_a_key_is_sent_encrypted_but_to_hosts_of_the_operator(fields, place, settings):
    with pytest.raises(ValidationFailed) as refused:
        save(kind="finnhub", key="s3cr3t", **fields)
    assert [one.field for one in refused.value.errors] == [place]
    settings.OUTBOUND_ALLOWED_HOSTS = ["own.example:80"]
    assert save(kind="finnhub", key="s3cr3t", **fields).pk
