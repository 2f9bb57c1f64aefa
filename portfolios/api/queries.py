"""What the endpoints of figures are asked: period, currency, charges, and which part of portfolios."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter

from core.api.parameters import (
    END,
    choice_parameter,
    currency_parameter,
    day_parameter,
    flag_parameter,
    uuid_parameter,
)
from core.errors import ValidationFailed
from market.domain.bars import EARLIEST
from market.models import Instrument
from portfolios.domain import spans
from portfolios.selectors.figures import Period
from portfolios.selectors.scopes import Filters, View
from portfolios.selectors.valuation import GROUPINGS

_SIDES = ("in", "out")
CURRENCY = OpenApiParameter(
    "currency", str, description="Report in this currency: all is converted at each day's rate."
)
BY = OpenApiParameter(
    "by",
    str,
    enum=GROUPINGS,
    description="What to group by (default instrument); an account is a portfolio, a tag the caller's own: "
    "what has several stands in a group of just these.",
)
PERIOD = [
    OpenApiParameter("start", date, description="First day: its close is the opening value."),
    END,
    OpenApiParameter(
        "period",
        str,
        description=f"Instead of both: {', '.join(spans.NAMES)}, or a calendar year such as 2025.",
    ),
]
CHARGES = [
    OpenApiParameter("fees", str, enum=_SIDES, description="After fees (in, default) or before (out)."),
    OpenApiParameter(
        "taxes",
        str,
        enum=_SIDES,
        description="After taxes (in) or before (out); default in for portfolios, out for parts of them.",
    ),
]
SCOPE = [
    OpenApiParameter(
        "portfolios",
        str,
        description="Ids, separated by commas; all real portfolios of one's own unless given.",
    ),
    OpenApiParameter("instrument", UUID, description="Only this instrument."),
    OpenApiParameter("sector", str, description="Only instruments of this sector."),
    OpenApiParameter("class", str, enum=Instrument.Kind.values, description="Only this class."),
    OpenApiParameter("country", str, description="Only this country (ISO 3166)."),
    OpenApiParameter("quote_currency", str, description="Only instruments quoted in this currency."),
    OpenApiParameter("tag", str, description="Only what the caller gave this tag."),
    OpenApiParameter("cash", bool, description="Only the cash."),
]

ASKED = [*SCOPE, *PERIOD, CURRENCY, *CHARGES]


def period_parameters(params: Any, now: date, inception: Callable[[date], date]) -> Period:
    """Read ``start`` and ``end``, or ``period``; since inception until today (`now`) unless given.

    Raises:
        ValidationFailed: the period ends before it starts, has no such name, or is given twice.
    """
    name = str(params.get("period", "")).lower()
    if name:
        if params.get("start") or params.get("end"):
            message = _("Give either a period or its first and last day.")
            raise ValidationFailed.of("period", message, "period")
        return _named(name, now, inception)
    end = known_day(params, "end", now)
    start = day_parameter(params, "start") or inception(end)
    if start > end:
        raise ValidationFailed.of("start", _("The period must start before it ends."), "order")
    return Period(start, end)


def known_day(params: Any, name: str, now: date) -> date:
    """Read a day of which something can be known: from the first that an entry may have to today (`now`)."""
    return max(min(day_parameter(params, name) or now, now), EARLIEST)


def _named(name: str, now: date, inception: Callable[[date], date]) -> Period:
    if not spans.is_name(name):
        message = _("period must be one of %(names)s, or a year.") % {"names": ", ".join(spans.NAMES)}
        raise ValidationFailed.of("period", message, "choice")
    return Period(*spans.span(name, inception(now), now))


def grouping_parameter(params: Any) -> str:
    """Read ``by``, what to group by; by instrument unless given."""
    return choice_parameter(params, "by", GROUPINGS) or GROUPINGS[0]


def view_parameters(params: Any) -> View:
    """Read ``currency``, ``fees`` and ``taxes``."""
    return View(currency_parameter(params, "currency"), _side(params, "fees"), _side(params, "taxes"))


def _side(params: Any, name: str) -> bool | None:
    text = choice_parameter(params, name, _SIDES)
    return None if not text else text == "in"


def filter_parameters(params: Any) -> Filters:
    """Read which part of portfolios is meant."""
    return Filters(
        instrument=uuid_parameter(params, "instrument"),
        sector=str(params.get("sector", "")).strip(),
        asset_class=choice_parameter(params, "class", Instrument.Kind.values),
        country=str(params.get("country", "")).strip(),
        quote_currency=currency_parameter(params, "quote_currency"),
        tag=str(params.get("tag", "")).strip(),
        cash=bool(flag_parameter(params, "cash")),
    )


def portfolio_parameters(params: Any) -> list[UUID]:
    """Read ``portfolios``, ids separated by commas.

    Raises:
        ValidationFailed: one is no UUID.
    """
    texts = [text.strip() for text in str(params.get("portfolios", "")).split(",")]
    try:
        return [UUID(text) for text in texts if text]
    except ValueError as error:
        message = _("portfolios must be UUIDs, separated by commas.")
        raise ValidationFailed.of("portfolios", message, "uuid") from error
