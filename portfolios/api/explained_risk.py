"""JSON shape of what a risk figure is made of; docs/algorithms/explain.md has the rules."""

from __future__ import annotations

from typing import Any

from core.api.pagination import Window
from portfolios.api.explained import NOTHING
from portfolios.payloads import ratio
from portfolios.selectors.figures import Period
from portfolios.selectors.risk_explain import RiskExplanation, RiskPart


def of_risk(found: RiskExplanation, period: Period, cut: Window) -> dict[str, Any]:
    """Write a risk figure and some of the returns, levels or means that made it."""
    return {
        "start": period.start,
        "end": period.end,
        "value": ratio(found.value.value),
        "reason": found.value.reason.value if found.value.reason else None,
        "rule": found.rule,
        "items": [_part(one) for one in cut.of(found.parts)],
        "total": len(found.parts),
        "skip": cut.skip,
        "limit": cut.limit,
    }


def _part(one: RiskPart) -> dict[str, Any]:
    return {
        **NOTHING,
        "kind": one.kind,
        "amount": ratio(one.amount),
        "since": one.since,
        "date": one.day,
        "value": ratio(one.value),
        "counted_from": ratio(one.counted_from),
        "weight": ratio(one.weight),
    }
