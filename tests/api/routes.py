"""Every API route, walked from the URL resolver, and how each is called rightly.

A route without a row in `CALLS` fails `test_permissions.py`: whoever adds an endpoint says here
how it is called, and the tests try it as nobody, as a stranger, as a viewer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.urls import URLPattern, get_resolver, reverse

METHODS = ("get", "post", "put", "patch", "delete")
NONE: dict[str, Any] = {}


@dataclass(frozen=True)
class Call:
    """A method with a body (or, for GET and DELETE, a query) that its owner may send."""

    method: str
    body: Any = None
    query: dict[str, str] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True)
class Route:
    """One API pattern: its name, the names of its ids, the methods that its view has."""

    name: str
    ids: tuple[str, ...]
    methods: frozenset[str]


def routes() -> list[Route]:
    return [
        Route(pattern.name or text, tuple(ids), methods_of(pattern))
        for text, pattern, ids in _walk(get_resolver().url_patterns)
        if text.startswith("api/")
    ]


def views() -> dict[str, Any]:
    """Tell the view class of every API route."""
    return {
        pattern.name or text: pattern.callback.cls
        for text, pattern, _ids in _walk(get_resolver().url_patterns)
        if text.startswith("api/")
    }


def pages() -> list[Route]:
    """List the pages of ours: not the API, and not what Django and allauth bring."""
    return [
        Route(pattern.name or text, tuple(ids), frozenset({"get", "post"}))
        for text, pattern, ids in _walk(get_resolver().url_patterns)
        if not text.startswith(("api/", "admin/", "accounts/"))
    ]


def _walk(
    patterns: Any, prefix: str = "", ids: tuple[str, ...] = ()
) -> Iterator[tuple[str, URLPattern, Any]]:
    for pattern in patterns:
        text = prefix + str(pattern.pattern)
        known = (*ids, *pattern.pattern.converters)
        if isinstance(pattern, URLPattern):
            yield text, pattern, known
        else:
            yield from _walk(pattern.url_patterns, text, known)


def methods_of(pattern: URLPattern) -> frozenset[str]:
    view = pattern.callback.cls
    return frozenset(one for one in METHODS if one in view.http_method_names and hasattr(view, one))


BUY = {
    "kind": "buy", "date": "2024-01-05", "instrument": "INSTRUMENT", "quantity": "1", "price": "10",
    "currency": "EUR",
}  # fmt: skip
PRIVATE = {"symbol": "MINE", "name": "Mine", "currency": "EUR"}
BAR = {"date": "2024-01-08", "close": "11"}
SPLIT = {"kind": "split", "ex_date": "2024-02-01", "numerator": "2", "denominator": "1"}
RATE = {"base": "EUR", "quote": "USD", "date": "2024-01-02", "rate": "1.25"}
# of a day that nobody keeps from the owner of an instrument: ticks of long ago are for staff
RECENT = datetime.now(UTC).date() - timedelta(days=3)
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()
TICK = {"tick_id": "INSTRUMENT", "timestamp": f"{RECENT}T12:00:00Z", "ltp": 12}
PAIR = {"base": "EUR", "quote": "USD"}
ORDER = {"tick_id": "INSTRUMENT", "purchase_price": 10, "purchase_qty": 1}
TARGETS = {"by": "class", "targets": [{"key": "stock", "weight": "1"}]}
COIN = {"coin_id": "bitcoin", "amount": 1}

TOKEN = {"name": "Script", "scopes": ["portfolios:read"], "password": "correct horse battery"}
CHANNEL = {"kind": "webhook", "settings": {"url": "https://hooks.example.org/new"}}
LINK = {"label": "For all", "shows": "percentages"}
INVITE = {"email": "eve@example.org", "role": "viewer"}

FILE = "date,type,symbol,quantity,price,fee,currency\n2024-01-08,BUY,MINE,2,12,0,EUR\n"

GET = (Call("get"),)
CALLS: dict[str, tuple[Call, ...]] = {
    # people
    "api-users-signup": (
        Call("post", {"email": "new@example.org", "password": "correct horse battery"}, status=201),
    ),
    "api-users-login": (Call("post", {"email": "ada@example.org", "password": "correct horse battery"}),),
    "api-users-refresh": (Call("post", {"refresh_token": "REFRESH"}),),
    "api-users-logout": (Call("post", {"refresh_token": "REFRESH"}, status=204),),
    "api-users-me": (
        Call("get"),
        Call("patch", {"name": "Ada"}),
        Call("delete", {"password": "correct horse battery"}, status=204),
    ),
    "api-user-me": GET,
    "api-user-erasure": (
        Call("get"),
        Call("post", {"password": "correct horse battery"}, status=202),
        Call("delete", status=204),
    ),
    "api-user-export": (Call("get"), Call("post", {"password": "correct horse battery"})),
    "api-user-sessions": GET,
    "api-user-session": (Call("delete", status=204),),
    "api-users-tokens": (Call("get"), Call("post", TOKEN, status=201)),
    "api-users-token": (Call("get"), Call("delete", status=204)),
    # the market
    "api-instruments": (Call("get"), Call("post", {**PRIVATE, "symbol": "NEW"}, status=201)),
    "api-instrument": (Call("get"), Call("patch", {"name": "Renamed"}), Call("delete", status=409)),
    "api-bars": (
        Call("get"),
        Call("put", [BAR]),
        Call("post", [BAR], status=201),
        Call("delete", query={"start": "2024-01-08"}),
    ),
    "api-corporate-actions": (Call("get"), Call("post", SPLIT, status=201)),
    "api-corporate-action": (
        Call("get"),
        Call("patch", {"ex_date": "2024-01-09"}),
        Call("delete", status=204),
    ),
    "api-rates": (Call("get"), Call("post", [RATE], status=201), Call("delete", query=PAIR)),
    "api-ticks": (Call("post", [TICK], status=201),),
    "api-tickers": GET,
    "api-ticker-orders": GET,
    "api-ohlc": (Call("get", query={"ticker": "OPEN"}),),
    "api-coins": GET,
    "api-exchanges": GET,
    "api-watchlists": (
        Call("get"),
        Call("post", {"name": "Banks"}, status=201),
        Call("put", {"watchlists": []}, status=204),
    ),
    "api-watchlist": (Call("get"), Call("patch", {"name": "Renamed"}), Call("delete", status=204)),
    "api-watchlist-items": (
        Call("get"),
        Call("post", {"instrument": "INSTRUMENT"}),
        Call("put", {"instruments": ["INSTRUMENT"]}, status=204),
    ),
    "api-watchlist-item": (Call("delete", status=204),),
    # alerts
    "api-alerts": (
        Call("get"),
        Call("post", {"instrument": "INSTRUMENT", "condition": "above", "level": "1"}, status=201),
    ),
    "api-alert": (Call("get"), Call("patch", {"note": "sell"}), Call("delete", status=204)),
    "api-alerts-csv": (
        Call("get"),
        Call("post", {"content": "symbol,condition,level\n"}, status=201),
    ),
    "api-alerts-preview": (Call("post", {"instrument": "INSTRUMENT", "condition": "above", "level": "1"}),),
    "api-alert-duplicate": (Call("post", status=201),),
    "api-alert-snooze": (Call("post", {"until": TOMORROW}),),
    "api-alert-pause": (Call("post"),),
    "api-alert-resume": (Call("post"),),
    "api-alert-triggers": GET,
    "api-notifications": GET,
    "api-notifications-unread": GET,
    "api-notifications-read": (Call("post", {"up_to": 1}),),
    "api-channels": (Call("get"), Call("post", CHANNEL, status=201)),
    "api-channel": (Call("get"), Call("patch", {"name": "Renamed"}), Call("delete", status=204)),
    "api-channel-verify": (Call("post", {"code": "12345678"}),),
    "api-channel-proof": (Call("post"),),
    "api-channel-test": (Call("post", status=202),),
    "api-channel-pause": (Call("post"),),
    "api-channel-resume": (Call("post"),),
    "api-channel-rotate": (Call("post"),),
    "api-channel-deliveries": GET,
    "api-channel-resend": (Call("post", status=202),),
    "api-notification-settings": (Call("get"), Call("patch", {"hourly_cap": 5})),
    # portfolios
    "api-portfolios": (Call("get"), Call("post", {"name": "Second", "currency": "EUR"}, status=201)),
    "api-portfolio": (Call("get"), Call("patch", {"name": "Renamed"}), Call("delete", status=204)),
    "api-transactions": (Call("get"), Call("post", BUY, status=201)),
    "api-transaction-batch": (Call("post", [BUY, BUY], status=201),),
    "api-transaction": (Call("get"), Call("patch", {"note": "changed"}), Call("delete", status=204)),
    "api-transaction-restore": (Call("post", NONE),),
    "api-transaction-revisions": GET,
    "api-valuation": GET,
    "api-positions": GET,
    "api-lots": GET,
    "api-disposals": GET,
    "api-income": GET,
    "api-income-payments": GET,
    "api-series": GET,
    "api-performance": GET,
    "api-benchmark": (
        Call("get"),
        Call("put", {"parts": [{"instrument": "INSTRUMENT", "weight": "1"}]}),
    ),
    "api-benchmark-comparison": GET,
    "api-risk": GET,
    "api-rolling-risk": GET,
    "api-statement": GET,
    "api-allocation": GET,
    "api-cost-methods": GET,
    "api-transfers": (Call("post", NONE, status=400),),
    "api-realised": GET,
    "api-realised-export": GET,
    "api-net-worth": GET,
    "api-report-allocation": GET,
    "api-report-performance": GET,
    "api-report-statement": GET,
    "api-report-series": GET,
    "api-report-risk": GET,
    "api-report-rolling-risk": GET,
    "api-report-benchmark-comparison": GET,
    "api-targets": (Call("get"), Call("put", TARGETS)),
    "api-lot-sizes": (Call("get"), Call("put", {"instrument": "INSTRUMENT", "size": "10"})),
    "api-rebalancing": GET,
    "api-quality": GET,
    "api-quality-dismissals": (Call("post", {"issue_id": "ISSUE"}, status=201),),
    "api-quality-dismissal": (Call("delete", status=204),),
    "api-explain": GET,
    "api-rates-used": GET,
    "api-tags": GET,
    "api-instrument-tags": (Call("get"), Call("put", {"tags": ["core"]})),
    # who shares them
    "api-members": GET,
    "api-member": (Call("patch", {"role": "editor"}), Call("delete", status=204)),
    "api-owner": (Call("put", {"user_id": "MEMBER"}),),
    "api-invitations": (Call("get"), Call("post", INVITE, status=201)),
    "api-invitation": (Call("delete", status=204),),
    "api-invitation-resend": (Call("post", NONE),),
    "api-public-links": (Call("get"), Call("post", LINK, status=201)),
    "api-public-link": (Call("delete", status=204),),
    "api-public-portfolio": GET,
    "api-received": GET,
    "api-received-accept": (Call("post", NONE),),
    "api-received-decline": (Call("post", NONE, status=204),),
    "api-imports": (Call("get"), Call("post", {"file_name": "a.csv", "content": FILE}, status=201)),
    "api-import": (Call("get"), Call("patch", {"mapping": {}}), Call("delete", status=204)),
    "api-import-apply": (Call("post", NONE),),
    "api-import-undo": (Call("post", NONE),),
    "api-import-as-preset": (Call("post", {"name": "Mine"}, status=201),),
    "api-import-presets": (Call("get"), Call("post", {"name": "Mine", "mapping": {}}, status=201)),
    "api-import-preset": (Call("delete", status=204),),
    "transaction-export": GET,
    "transaction-json": GET,
    "api-archive": (Call("get"), Call("post", NONE, status=400)),
    "api-archive-imports": GET,
    "api-archive-import": GET,
    # the published contract
    "place-order": (Call("post", [ORDER], status=201),),
    "orders-purchased": GET,
    "portfolio-position": (Call("get"), Call("post", NONE)),
    "quality-checks": GET,
    "crypto-total": GET,
    "crypto-add": (Call("post", COIN),),
    "crypto-remove": (Call("post", {"coin_id": "bitcoin"}),),
    # the document
    "schema": GET,
    "api-docs": GET,
}
# What a member of any role may not do: only the owner.
OWNERS = {
    ("api-portfolio", "delete"),
    ("api-member", "patch"),
    ("api-member", "delete"),
    ("api-owner", "put"),
    ("api-invitations", "get"),
    ("api-invitations", "post"),
    ("api-invitation", "delete"),
    ("api-invitation-resend", "post"),
    ("api-public-links", "get"),
    ("api-public-links", "post"),
    ("api-public-link", "delete"),
}
# Needs no token. Signing out by its refresh token is proof enough.
PUBLIC = {
    "api-users-signup",
    "api-users-login",
    "api-users-refresh",
    "api-users-logout",
    "api-public-portfolio",
    "api-tickers",
    "api-ticker-orders",
    "api-ohlc",
    "schema",
    "api-docs",
}


@dataclass
class Scene:
    """The ids of one person's objects, by the names that routes use."""

    ids: dict[str, dict[str, Any]]
    names: dict[str, str]
    on_demand: dict[str, Callable[[], dict[str, Any]]] = field(default_factory=dict)

    def copy(self) -> Scene:
        """Copy it for a test that may use up what it makes on demand."""
        return Scene(
            {name: dict(ids) for name, ids in self.ids.items()}, dict(self.names), dict(self.on_demand)
        )

    def url(self, route: Route) -> str:
        """Write the route's address with this person's ids."""
        if route.name in self.on_demand:
            self.ids[route.name] = self.on_demand.pop(route.name)()
        known = {**self.ids.get("", {}), **self.ids.get(route.name, {})}
        return reverse(route.name, kwargs={one: known[one] for one in route.ids})

    def body(self, value: Any) -> Any:
        """Put the names of the scene into a body."""
        if isinstance(value, dict):
            return {key: self.body(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.body(one) for one in value]
        return self.names.get(value, value) if isinstance(value, str) else value
