"""The client of the sources: what is repeated, counted, kept and hidden."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

import pytest

from market.errors import (
    ProviderFailed,
    ProviderLimited,
    ProviderRefused,
    ProviderUnavailable,
    ProviderUnknown,
    ProviderUnreadable,
)
from market.providers.client import Client
from tests.market.providers.conftest import KEY
from tests.support.sources import Reply, Source, dripping, endless, packed, says, truncated

HTML = "<!DOCTYPE html><html><body>Just a moment…</body></html>"


@pytest.fixture
def client(source: Source) -> Iterator[Callable[..., Client]]:
    def make(**fields: Any) -> Client:
        named = {"base_url": source.url, "timeout": 1.0, "params": {"apikey": KEY}, "secrets": (KEY,)}
        return Client(**{**named, **fields})

    return make


def test_numbers_are_decimals_and_no_number_is_none(source, client):
    body = b'{"a": 0.1, "b": 12345678901234567890, "c": 1e-9, "d": NaN, "e": Infinity, "f": -Infinity}'
    source.on("/q", says(body))
    assert client().get_json("/q") == {
        "a": Decimal("0.1"),
        "b": Decimal(12345678901234567890),
        "c": Decimal("1e-9"),
        "d": None,
        "e": None,
        "f": None,
    }


def test_parameters_headers_and_the_key_go_with_a_request(source, client):
    source.on("/q", says({}))
    client(headers={"X-Token": "t"}).get_json("/q", {"symbol": "A B&C", "from": 1, "none": None})
    (asked,) = source.asked
    assert asked.params == {"symbol": "A B&C", "from": "1", "apikey": KEY}
    assert (asked.headers["x-token"], asked.headers["user-agent"]) == ("t", "florin")


def test_address_with_parameters_keeps_them(source, client):
    source.on("/q", says({}))
    client().get_json(f"{source.url}/q?f=x&g=1", {"s": "y"})
    assert source.asked[0].params == {"f": "x", "g": "1", "s": "y", "apikey": KEY}


def test_failing_source_is_asked_again_and_each_request_is_counted(source, client):
    spent: list[int] = []
    source.on("/q", says("", 500), truncated(b"{", 10), says({"a": 1}))
    assert client(spend=spent.append).get_json("/q", cost=3) == {"a": 1}
    assert (len(source.asked), spent) == (3, [3, 3, 3])


def test_source_that_keeps_failing_is_given_up_after_three_requests(source, client):
    source.on("/q", says({"message": "down for the night"}, 503))
    with pytest.raises(ProviderUnavailable, match=r"It answers 503\. down for the night"):
        client().get_json("/q")
    assert len(source.asked) == 3


def test_all_repetitions_together_end_at_the_deadline(source, client):
    source.on("/q", dripping())
    begun = time.monotonic()
    with pytest.raises(ProviderUnavailable):
        client(timeout=0.3).get_json("/q")
    assert time.monotonic() - begun < 0.7


def test_source_that_says_when_to_come_back_is_not_asked_before(source, client):
    source.on("/q", says("", 503, Retry_After="7"))
    with pytest.raises(ProviderUnavailable) as raised:
        client().get_json("/q")
    assert (raised.value.retry_after, len(source.asked)) == (7, 1)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("120", 120), ("0", 0), ("", None), ("soon", None), ("-5", None), ("1.5", None), ("9" * 40, 86400)],
)
def test_limit_tells_the_seconds_it_is_told(source, client, header, seconds):
    source.on("/q", says({"error": "API limit reached."}, 429, **({"Retry_After": header} if header else {})))
    with pytest.raises(ProviderLimited, match="API limit reached") as raised:
        client().get_json("/q")
    assert (raised.value.retry_after, len(source.asked)) == (seconds, 1)


@pytest.mark.parametrize(("offset", "expected"), [(90, range(85, 91)), (-90, range(1))])
def test_limit_until_a_date_is_told_in_seconds(source, client, offset, expected):
    at = datetime.now(UTC) + timedelta(seconds=offset)
    source.on("/q", says("", 429, Retry_After=format_datetime(at, usegmt=True)))
    with pytest.raises(ProviderLimited) as raised:
        client().get_json("/q")
    assert raised.value.retry_after in expected


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, ProviderFailed),
        (401, ProviderRefused),
        (402, ProviderRefused),
        (403, ProviderRefused),
        (404, ProviderUnknown),
        (410, ProviderUnknown),
        (418, ProviderFailed),
        (204, ProviderUnreadable),
    ],
)
def test_status_decides_the_error_and_is_not_asked_again(source, client, status, error):
    source.on("/q", says("" if status == 204 else {"detail": "so"}, status))
    with pytest.raises(ProviderFailed) as raised:
        client().get_json("/q")
    assert (raised.type, len(source.asked)) == (error, 1)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (HTML, "a page of HTML"),
        ("\ufeff  <HTML>", "a page of HTML"),
        ("", "empty"),
        ("  \n", "empty"),
        ('{"a": 1', "not JSON"),
        ("Exceeded the limit", "not JSON: “Exceeded the limit”"),
        (b"\xff\xfe\x00", "not JSON"),
        ("[" * 200_000, "not JSON"),
        ('{"a": 1e99999999999999999999}', "not JSON"),
    ],
)
def test_what_is_no_json_is_unreadable_and_shown_in_short(source, client, body, words):
    source.on("/q", says(body))
    with pytest.raises(ProviderUnreadable, match=words) as raised:
        client().get_json("/q")
    assert len(raised.value.detail) < 300
    assert len(source.asked) == 1


@pytest.mark.parametrize("body", [HTML, "", b"\xff\xfe\x00x"])
def test_what_is_no_text_is_unreadable(source, client, body):
    source.on("/q", says(body))
    with pytest.raises(ProviderUnreadable):
        client().get_text("/q")


def test_text_loses_its_mark_and_its_packing(source, client):
    source.on("/q", packed("\ufeffa,b\n1,2".encode()))
    assert client().get_text("/q") == "a,b\n1,2"


def test_huge_answer_is_unreadable(source, client):
    source.on("/q", endless())
    with pytest.raises(ProviderUnreadable, match="larger than 1000 bytes"):
        client(most_bytes=1000).get_json("/q")


def test_redirect_into_a_private_network_is_refused(source, client):
    source.on("/q", says("", 302, Location="http://169.254.169.254/latest"))
    with pytest.raises(ProviderRefused, match="not public"):
        client(elsewhere=True).get_json("/q")
    assert len(source.asked) == 1


def test_redirect_to_another_server_is_unreadable(source, client):
    source.on("/q", says("", 301, Location="https://login.example.org/"))
    with pytest.raises(ProviderUnreadable, match="another server"):
        client().get_json("/q")


def test_private_address_is_refused(source, client, settings):
    settings.OUTBOUND_ALLOWED_HOSTS = []
    with pytest.raises(ProviderRefused, match="not public"):
        client().get_json("/q")
    assert source.asked == []


def test_budget_that_is_spent_asks_nothing(source, client):
    def spend(_cost: int) -> None:
        raise ProviderLimited(retry_after=30)

    source.on("/q", says({}))
    with pytest.raises(ProviderLimited):
        client(spend=spend).get_json("/q")
    assert source.asked == []


def test_unchanged_answer_is_not_sent_twice(source, client):
    source.on("/q", Reply(b'{"a": 1}', headers={"ETag": '"v1"'}))
    assert client().get_json("/q") == client().get_json("/q") == {"a": 1}
    assert [one.headers.get("if-none-match") for one in source.asked] == [None, '"v1"']
    source.on("/q", Reply(b'{"a": 2}', headers={"ETag": '"v2"'}))
    assert client().get_json("/q") == {"a": 2}


def test_date_of_the_last_change_is_asked_with_too(source, client):
    changed = "Fri, 01 Nov 2024 15:00:00 GMT"
    source.on("/q", says("a", Last_Modified=changed))
    client().get_text("/q")
    client().get_text("/q")
    assert source.asked[1].headers["if-modified-since"] == changed


def test_what_one_key_was_answered_is_not_shown_to_another(source, client):
    source.on("/q", Reply(b'{"a": 1}', headers={"ETag": '"v1"'}))
    client().get_json("/q")
    client(params={"apikey": "other"}, secrets=("other",)).get_json("/q")
    client().get_json("/q", {"symbol": "X"})
    assert [one.headers.get("if-none-match") for one in source.asked] == [None] * 3


def test_unasked_not_modified_is_unreadable(source, client):
    source.on("/q", says("", 304))
    with pytest.raises(ProviderUnreadable):
        client().get_json("/q")


@pytest.mark.parametrize(
    "reply",
    [
        says({"message": f"We have detected your API key as {KEY}"}, 429),
        says({"error": {"status": {"error_message": f"bad {KEY}"}}}, 401),
        says(f"no key {KEY}"),
        says("", 500),
        truncated(b"x", 10),
    ],
)
def test_key_shows_in_no_error_and_no_log(source, client, reply, caplog):
    caplog.set_level(logging.DEBUG, logger="stamina")
    caplog.set_level(logging.DEBUG, logger="market")
    source.on("/q", reply)
    with pytest.raises(ProviderFailed) as raised:
        client().get_json("/q")
    shown = "".join(traceback.format_exception(raised.value)) + caplog.text
    assert KEY not in shown
    assert "apikey" not in shown


def test_message_is_one_short_printable_line(client):
    assert client().clean(f"a\nb\x00\x1b[31m {KEY}") == "a b[31m …"
    assert client().clean("x" * 500) == "x" * 200 + "…"
