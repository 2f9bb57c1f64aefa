"""A program that knows nothing of this house but its REST API: it speaks JSON and remembers ids."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

PASSWORD = "correct horse battery"
# method, path, query, body as bytes, headers → status, content type, body
Send = Callable[[str, str, dict[str, str], bytes | None, dict[str, str]], tuple[int, str, bytes]]


@dataclass(frozen=True)
class Answer:
    """What came back: numbers are decimals, whether they were written as JSON numbers or as strings."""

    status: int
    content_type: str
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw, parse_float=Decimal) if self.raw else None

    def problem(self) -> tuple[int, str, list[str]]:
        """Tell a refusal's status, its type and the fields it names; hold it to RFC 9457."""
        assert self.content_type == "application/problem+json", (self.status, self.raw[:400])
        body = self.json
        assert body["status"] == self.status
        assert all(body[name] for name in ("type", "title", "detail")), body
        assert all(one["message"] and one["code"] for one in body.get("errors", [])), body
        return self.status, body["type"], [one["field"] for one in body.get("errors", [])]

    def fields(self) -> list[str]:
        """Tell which fields a 400 names."""
        status, _, fields = self.problem()
        assert status == 400, self.raw
        return fields


def text(number: object) -> str:
    """Write a number of a case as a program would: plainly, from its shortest form."""
    return format(Decimal(str(number)), "f")


@dataclass
class Program:
    """One user's program."""

    send: Send
    token: str = ""
    symbols: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str, body: Any = None, **query: str) -> Answer:
        """Send a request, whatever comes of it. A body of bytes is sent as it is."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        raw = body if isinstance(body, bytes | None) else json.dumps(body, default=str).encode()
        return Answer(*self.send(method, path, query, raw, headers))

    def done(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """Send a request that must succeed; its JSON."""
        answer = self.call(method, path, body, **query)
        assert answer.status in {200, 201, 204}, (method, path, body, answer.status, answer.raw)
        return answer.json

    def get(self, path: str, **query: str) -> Any:
        return self.done("GET", path, **query)

    def sign_up(self, email: str, **preferences: str) -> Program:
        credentials = {"email": email, "password": PASSWORD, **preferences}
        self.token = self.done("POST", "/api/v1/users/signup", credentials)["access_token"]
        return self

    def instrument(self, symbol: str, currency: str = "EUR", closes: Any = None, **more: Any) -> str:
        """Create a private instrument, with its closes by day; its id."""
        body = {"symbol": symbol, "name": symbol, "currency": currency, **more}
        self.symbols[symbol] = self.done("POST", "/api/v1/instruments", body)["id"]
        if closes:
            self.closes(self.symbols[symbol], closes)
        return self.symbols[symbol]

    def closes(self, instrument: str, closes: dict[str, Any]) -> None:
        rows = [{"date": day, "close": text(close)} for day, close in closes.items()]
        self.done("PUT", f"/api/v1/instruments/{instrument}/bars", rows)

    def rates(self, base: str, quote: str, by_day: dict[str, Any]) -> None:
        """Store what one unit of `base` is in `quote`, by day."""
        rows = [
            {"base": base, "quote": quote, "date": day, "rate": text(rate)} for day, rate in by_day.items()
        ]
        self.done("POST", "/api/v1/rates", rows)

    def split(self, instrument: str, day: str, numerator: object, denominator: object) -> None:
        body = {"kind": "split", "ex_date": day, "numerator": numerator, "denominator": denominator}
        self.done("POST", f"/api/v1/instruments/{instrument}/corporate-actions", body)

    def portfolio(self, currency: str = "EUR", **settings: Any) -> Portfolio:
        made = self.done("POST", "/api/v1/portfolios", {"name": "Case", "currency": currency, **settings})
        return Portfolio(self, f"/api/v1/portfolios/{made['id']}")


@dataclass
class Portfolio:
    """One portfolio behind the API."""

    program: Program
    path: str

    def try_add(self, day: str, kind: str, **fields: Any) -> Answer:
        """Try to add a transaction of a day (or, with a T in it, an instant)."""
        when = {"time" if "T" in day else "date": day}
        return self.program.call("POST", f"{self.path}/transactions", {"kind": kind, **when, **fields})

    def add(self, day: str, kind: str, **fields: Any) -> Any:
        """Add a transaction."""
        answer = self.try_add(day, kind, **fields)
        assert answer.status == 201, (day, kind, fields, answer.raw)
        return answer.json

    def batch(self, rows: list[dict[str, Any]]) -> None:
        """Add many transactions, all or none."""
        self.program.done("POST", f"{self.path}/transactions/batch", rows)

    def money(self, day: str, kind: str, amount: object, **fields: Any) -> Any:
        """Add a movement of money."""
        return self.add(day, kind, amount=text(amount), **fields)

    def trade(
        self, day: str, kind: str, instrument: str, quantity: object, price: object, **fields: Any
    ) -> Any:
        """Add what has units and, unless it is None, a price."""
        priced = {} if price is None else {"price": text(price)}
        return self.add(day, kind, instrument=instrument, quantity=text(quantity), **priced, **fields)

    def read(self, what: str, **query: str) -> Any:
        return self.program.get(f"{self.path}/{what}", **query)

    def rows(self, what: str, **query: str) -> list[Any]:
        """Read the items of a list."""
        return list(self.read(what, **query)["items"])

    def position(self, **query: str) -> Any:
        """Read the only position."""
        (found,) = self.rows("positions", **query)
        return found


def numbers(row: dict[str, Any], names: Iterable[str]) -> dict[str, Decimal | None]:
    """Read decimals out of an answer; null stays None."""
    return {name: None if row[name] is None else Decimal(row[name]) for name in names}


def lines(portfolio: Portfolio, start: str, end: str) -> dict[str, Any]:
    """Read a statement, and hold it to its identity."""
    found = portfolio.read("statement", start=start, end=end)
    shown = {
        name: Decimal(value)
        for name, value in found.items()
        if name not in {"start", "end", "currency", "parts", "left_out"}
    }
    gain = shown["unrealised"] + shown["realised"] + shown["income"] - shown["fees"] - shown["taxes"]
    assert shown["gain"] == gain + shown["currency_effect"]
    assert shown["opening_value"] + shown["gain"] + shown["net_flows"] == shown["closing_value"]
    return shown | {"left_out": found["left_out"]}
