"""Calls elsewhere: to checked addresses only, in a time and of a size that are bounded."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest

from core import outbound
from core.errors import AddressRefused
from core.outbound import Caller, NotReached, NotTaken
from tests.support.sources import Reply, dripping, endless, packed, says, silent, truncated


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.0.0.1", "[::1]"],
)
def test_loopback_is_refused_however_it_is_written(server, settings, caller, host):
    settings.OUTBOUND_ALLOWED_HOSTS = []
    server.forget()
    with pytest.raises(AddressRefused):
        caller.get(f"http://{host}:{server.server.server_port}/")
    assert server.asked == []


def test_operator_allows_a_host_or_one_of_its_ports(source, settings, caller):
    source.on("/", says("here"))
    port = source.server.server_port
    settings.OUTBOUND_ALLOWED_HOSTS = [f"127.0.0.1:{port}"]
    assert caller.get(f"{source.url}/").body == b"here"
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1:1"]
    with pytest.raises(AddressRefused):
        Caller().get(f"{source.url}/")


def test_name_with_one_private_address_among_public_ones_is_refused(source, caller, names):
    names["both.example.org"] = ["93.184.216.34", "127.0.0.1"]
    with pytest.raises(AddressRefused):
        caller.get(f"http://both.example.org:{source.server.server_port}/")
    assert source.asked == []


def test_connection_goes_to_the_address_that_was_checked(source, settings, caller, names, monkeypatch):
    """A name that means another address a moment later leads nowhere else."""
    source.on("/", says("here"))
    settings.OUTBOUND_ALLOWED_HOSTS = ["quotes.example.org"]
    names["quotes.example.org"] = ["127.0.0.1"]
    asked: list[str] = []
    real = socket.create_connection

    def connect(address: Any, *rest: Any, **more: Any) -> Any:
        asked.append(address[0])
        return real(address, *rest, **more)

    monkeypatch.setattr(socket, "create_connection", connect)
    assert caller.get(f"http://quotes.example.org:{source.server.server_port}/").body == b"here"
    assert asked == ["127.0.0.1"]
    assert source.asked[0].headers["host"] == f"quotes.example.org:{source.server.server_port}"


def test_of_two_addresses_the_one_that_lives_answers(source, settings, caller, names):
    source.on("/", says("here"))
    settings.OUTBOUND_ALLOWED_HOSTS = ["quotes.example.org"]
    names["quotes.example.org"] = ["127.0.0.2", "127.0.0.1"]  # nobody listens on the first
    assert caller.get(f"http://quotes.example.org:{source.server.server_port}/").body == b"here"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_followed_on_its_host(source, caller, status):
    source.on("/old", says("", status, Location="/new?a=1")).on("/new", says("moved here"))
    assert caller.get(f"{source.url}/old", params={"key": "k"}, headers={"X-Key": "k"}).body == b"moved here"
    assert (source.asked[1].params, source.asked[1].headers["x-key"]) == ({"a": "1"}, "k")


def test_redirect_to_a_private_address_is_refused(source, caller):
    elsewhere = Caller(seconds=2.0, elsewhere=True)
    for place in (
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/",
        "//[::1]/",
        "file:///etc/passwd",
    ):
        source.on("/", says("", 302, Location=place))
        with pytest.raises(AddressRefused):
            elsewhere.get(f"{source.url}/")


def test_redirect_to_another_host_is_taken_only_where_that_is_allowed(source, settings, names, caller):
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1", "other.example.org"]
    names["other.example.org"] = ["127.0.0.1"]
    there = f"http://other.example.org:{source.server.server_port}/there"
    source.on("/", says("", 302, Location=there)).on("/there", says("elsewhere"))
    with pytest.raises(NotTaken, match="another server"):
        caller.get(f"{source.url}/")
    assert Caller(elsewhere=True).get(f"{source.url}/", headers={"X-Key": "secret"}).body == b"elsewhere"
    assert "x-key" not in source.asked[-1].headers


def test_redirects_in_a_circle_end(source, caller):
    source.on("/", says("", 302, Location="/"))
    with pytest.raises(NotTaken, match="from one address to the next"):
        caller.get(f"{source.url}/")
    assert len(source.asked) == outbound.MOST_REDIRECTS + 1


@pytest.mark.parametrize(
    "reply",
    [dripping(), dripping(b"x", heads=True), silent()],
    ids=["a body that drips", "headers that drip", "nothing at all"],
)
def test_slow_answer_is_cut_off_at_the_deadline(source, caller, reply):
    source.on("/", reply)
    begun = time.monotonic()
    with pytest.raises(NotReached, match="in time"):
        caller.get(f"{source.url}/", seconds=0.2)
    assert 0.15 < time.monotonic() - begun < 0.6


def test_lookup_that_hangs_is_cut_off(caller, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_rest, **_more: time.sleep(1.0))
    begun = time.monotonic()
    with pytest.raises(NotReached, match="looked up in time"):
        caller.get("https://slow.example.org/", seconds=0.1)
    assert time.monotonic() - begun < 0.5


def test_body_without_end_is_cut_off_at_its_size(source, caller):
    source.on("/", endless())
    with pytest.raises(NotTaken, match="larger than 100000 bytes"):
        caller.get(f"{source.url}/")


def test_packed_body_is_unpacked_to_so_many_bytes_only(source, caller):
    source.on("/", packed(b"a" * 90_000)).on("/bomb", packed(b"\0" * 50_000_000))
    assert caller.get(f"{source.url}/").body == b"a" * 90_000
    with pytest.raises(NotTaken, match="larger than"):
        caller.get(f"{source.url}/bomb")


def test_what_follows_a_packed_body_is_not_kept(source, caller):
    whole = packed(b"abc")
    source.on("/", Reply(whole.body + b"x" * 90_000, headers=whole.headers))
    with pytest.raises(NotTaken, match="not packed as it says"):
        caller.get(f"{source.url}/")


def test_packed_body_that_breaks_off_is_no_answer(source, caller):
    whole = packed(b"abc" * 1000)
    source.on("/", Reply(whole.body[:-20], headers=whole.headers))
    with pytest.raises(NotReached, match="broke off"):
        caller.get(f"{source.url}/")


@pytest.mark.parametrize(
    ("encoding", "words"), [("br", "not asked for"), ("zstd", "not asked for"), ("gzip", "not packed as")]
)
def test_body_packed_otherwise_is_not_taken(source, caller, encoding, words):
    source.on("/", says("plain text", Content_Encoding=encoding))
    with pytest.raises(NotTaken, match=words):
        caller.get(f"{source.url}/")


def test_body_that_breaks_off_is_no_answer(source, caller):
    source.on("/", truncated(b'{"a":', 100))
    with pytest.raises(NotReached, match="broke off"):
        caller.get(f"{source.url}/")


def test_nobody_listening_and_unknown_name_are_told_apart_from_refusal(source, caller, names):
    with pytest.raises(NotReached, match="cannot be reached"):
        caller.get("http://127.0.0.1:1/")
    names["gone.example.org"] = []
    with pytest.raises(NotReached, match="not known"):
        caller.get("https://gone.example.org/")


def test_error_shows_neither_address_nor_key(source, caller):
    for place in ("http://127.0.0.1:1/path", f"{source.url}/broken"):
        source.on("/broken", truncated(b"x", 10))
        with pytest.raises(NotReached) as raised:
            caller.get(place, params={"apikey": "s3cr3t"}, headers={"X-Key": "s3cr3t"})
        error = raised.value
        assert error.__suppress_context__
        assert "s3cr3t" not in f"{error} {error!r}"
        assert "127.0.0.1" not in str(error)


def test_proxies_of_the_environment_are_not_asked(source, caller, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    source.on("/", says("here"))
    assert Caller().get(f"{source.url}/").body == b"here"
