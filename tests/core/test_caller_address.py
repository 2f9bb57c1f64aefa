"""Whose address counts behind proxies."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from core.middleware import caller_address


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "", "10.0.0.9"),
        (0, "203.0.113.5", "10.0.0.9"),
        (1, "", "10.0.0.9"),
        (1, "203.0.113.5", "203.0.113.5"),
        (1, "198.51.100.1, 203.0.113.5", "203.0.113.5"),
        (2, "198.51.100.1, 203.0.113.5, 10.0.0.2", "203.0.113.5"),
        (2, "203.0.113.5", "10.0.0.9"),
        (1, "203.0.113.5:4711", "203.0.113.5"),
        (1, "[2001:db8::7]:4711", "2001:db8::7"),
        (1, "[2001:db8::7]", "2001:db8::7"),
        (1, "2001:DB8:0::7", "2001:db8::7"),
        (1, "fe80::7%eth0", "fe80::7"),
        (1, "::ffff:203.0.113.5", "203.0.113.5"),
        (1, "unknown", "10.0.0.9"),
        (1, "198.51.100.1, ", "10.0.0.9"),
        (1, "203.0.113.5'; --", "10.0.0.9"),
    ],
)
def test_only_what_our_proxies_wrote_counts(settings, proxies: int, forwarded: str, expected: str) -> None:
    settings.TRUSTED_PROXIES = proxies
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.9", **headers)
    assert caller_address(request) == expected


def test_a_peer_without_an_address_has_none() -> None:
    assert caller_address(RequestFactory().get("/", REMOTE_ADDR="unix:")) == ""
