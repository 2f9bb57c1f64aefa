"""JSON of what a public link shows: the same names with and without amounts, which are null without."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from core.money import plain
from portfolios.domain.portrait import Course, Held, HeldWorth, Level, Measured, Portrait, Worth
from portfolios.payloads import amount

# of requests by a network to pages and JSON of public links
BUDGET = "public-links"
# nobody keeps an answer, finds it by searching, or learns its address from where its reader goes next
HEADERS = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
RISK = ("volatility", "sharpe", "max_drawdown", "drawdown")
RETURNS = {
    "time_weighted": "time_weighted",
    "time_weighted_annualised": "annualised",
    "money_weighted": "money_weighted",
}
AMOUNTS = ("total", "cash", "day_change", "opening", "net_flows", "gain", "closing")


def portrait(
    found: Portrait,
    line: Sequence[tuple[date, Level]],
    worth: Worth | None,
    values: Sequence[tuple[date, Decimal]],
) -> dict[str, Any]:
    """Write a portrait; fractions have four decimals, and `worth` None leaves every amount null."""
    return {
        "title": found.title,
        "shows": "percentages" if worth is None else "values",
        "currency": found.currency,
        "date": found.day,
        "ended": found.ended,
        "as_of": found.as_of,
        "stale": found.stale,
        "incomplete": found.incomplete,
        "performance": _performance(found.course),
        "risk": _risk(found.course),
        "allocation": _allocation(found, worth),
        "holdings": _holdings(found, worth),
        "series": _series(line, values),
        "amounts": None if worth is None else {name: amount(getattr(worth, name)) for name in AMOUNTS},
    }


def _measured(found: dict[str, Measured]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        name: None if one.value is None else plain(one.value) for name, one in found.items()
    }
    shown["reasons"] = {name: one.reason.value for name, one in found.items() if one.reason}
    return shown


def _performance(course: Course) -> dict[str, Any]:
    return {
        "range": course.name,
        "ranges": list(course.usable),
        "start": course.start,
        "end": course.end,
        **_measured({name: getattr(course, field) for name, field in RETURNS.items()}),
    }


def _risk(course: Course) -> dict[str, Any]:
    return {
        **_measured({name: getattr(course, name) for name in RISK}),
        "fell_from": course.fell_from,
        "fell_to": course.fell_to,
        "recovered": course.recovered,
    }


def _allocation(found: Portrait, worth: Worth | None) -> list[dict[str, Any]]:
    return [
        {
            "by": spread.by,
            "items": [
                {
                    "key": part.name,
                    "share": None if part.share is None else plain(part.share),
                    "value": None if worth is None else amount(worth.spreads[at][place]),
                }
                for place, part in enumerate(spread.parts)
            ],
        }
        for at, spread in enumerate(found.spreads)
    ]


def _holdings(found: Portrait, worth: Worth | None) -> list[dict[str, Any]] | None:
    if found.holdings is None:
        return None
    amounts: Sequence[HeldWorth | None] = (worth and worth.holdings) or [None] * len(found.holdings)
    return [_holding(*pair) for pair in zip(found.holdings, amounts, strict=True)]


def _holding(one: Held, worth: HeldWorth | None) -> dict[str, Any]:
    return {
        "symbol": one.symbol,
        "name": one.name,
        "weight": None if one.weight is None else plain(one.weight),
        "gain_ratio": None if one.gain is None else plain(one.gain),
        "quality": one.quality,
        "price_as_of": one.as_of,
        "currency": None if worth is None else worth.currency,
        "quantity": None if worth is None else amount(worth.quantity),
        "price": None if worth is None else amount(worth.price),
        "value": None if worth is None else amount(worth.value),
        "unrealised": None if worth is None else amount(worth.unrealised),
    }


def _series(
    line: Sequence[tuple[date, Level]], values: Sequence[tuple[date, Decimal]]
) -> list[dict[str, Any]]:
    levels, worths = dict(line), dict(values)
    return [
        {
            "date": day,
            "index": plain(levels[day]) if day in levels else None,
            "value": amount(worths.get(day)),
        }
        for day in sorted(levels.keys() | worths.keys())
    ]
