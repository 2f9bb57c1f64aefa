"""Sending to addresses that people give: to where they may lead, once, and for the status alone."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from core.errors import AddressRefused
from core.outbound import Caller, NotReached, checked_target
from tests.support.sources import dripping, endless, says, silent

REFUSED = (
    "http://example.org/",
    "https://example.org:22/",
    "https://example.org:8080/",
    "https://user@example.org/",
    "ftp://example.org/",
    "example.org",
)
# what each name means, or what stands in the address itself
INWARD = {
    "loopback": "https://127.0.0.1/",
    "loopback of v6": "https://[::1]/",
    "private": "https://10.0.0.1/",
    "link-local metadata": "https://169.254.169.254/latest/meta-data",
    "metadata of v6": "https://[fd00:ec2::254]/",
    "shared": "https://100.64.0.1/",
    "nothing": "https://0.0.0.0/",
    "translated": "https://[64:ff9b::7f00:1]/",
    "6to4": "https://[2002:7f00:1::]/",
    "mapped": "https://[::ffff:127.0.0.1]/",
    "compatible": "https://[::127.0.0.1]/",
    "decimal": "https://2130706433/",
    "octal": "https://0177.0.0.1/",
    "hexadecimal": "https://0x7f.0.0.1/",
    "short": "https://127.1/",
    "many": "https://224.0.0.1/",
    "a name of this machine": "https://localhost/",
}


@pytest.fixture
def nobody_connects(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_rest: Any, **_more: Any) -> Any:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "create_connection", refuse)


@pytest.mark.parametrize("url", REFUSED)
def test_address_that_is_no_target_is_refused(url):
    with pytest.raises(AddressRefused):
        checked_target(url)


@pytest.mark.parametrize("url", ["https://example.org/a?b=c", "https://example.org:8443/"])
def test_target_is_https_on_a_port_for_it(url):
    assert checked_target(url) == url


@pytest.mark.parametrize("url", INWARD.values(), ids=INWARD)
def test_nothing_is_sent_inward(caller, nobody_connects, url):
    with pytest.raises(AddressRefused):
        caller.post(url, content=b"{}")


def test_name_whose_answer_changes_is_looked_up_once_and_that_address_is_checked(
    caller, names, nobody_connects, monkeypatch
):
    """A second look-up would answer the loopback."""
    names["turns.example.org"] = ["127.0.0.1"]
    with pytest.raises(AddressRefused):
        caller.post("https://turns.example.org/", content=b"{}")
    asked: list[str] = []

    def answer(host: Any, port: Any, *_rest: Any, **_more: Any) -> Any:
        asked.append(host)
        address = "93.184.216.34" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    reached: list[Any] = []

    def connect(address: Any, *_rest: Any, **_more: Any) -> Any:
        reached.append(address[0])
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(NotReached):
        caller.post("https://turns.example.org/", content=b"{}")
    assert (asked, reached) == (["turns.example.org"], ["93.184.216.34"])


def test_body_and_headers_arrive_and_the_answer_comes_back(source, caller):
    source.on("/hook", says("taken", 202))
    answer = caller.post(f"{source.url}/hook", content=b'{"a":1}', headers={"X-Own": "1"})
    assert (answer.status, answer.body) == (202, b"taken")
    assert (source.asked[0].body, source.asked[0].headers["x-own"]) == (b'{"a":1}', "1")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_is_an_answer_and_not_followed(source, caller, status):
    source.on("/hook", says("", status, Location=f"{source.url}/inside"))
    assert caller.post(f"{source.url}/hook", content=b"{}").status == status
    assert source.paths == ["/hook"]


def test_body_without_end_is_cut_and_one_that_drips_is_left(source, settings):
    caller = Caller(seconds=0.3, most_bytes=1000)
    source.on("/endless", endless()).on("/drips", dripping(b"x"))
    assert caller.post(f"{source.url}/endless", content=b"{}").body == b"x" * 1000
    slow = caller.post(f"{source.url}/drips", content=b"{}")
    assert (slow.status, slow.body.strip(b"x")) == (200, b"")


def test_server_that_says_nothing_is_given_up(source, caller):
    source.on("/hook", silent())
    with pytest.raises(NotReached):
        caller.post(f"{source.url}/hook", content=b"{}", seconds=0.1)
