"""Corporate actions."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from core.errors import NotFound
from market.domain.actions import Dividend, Split
from market.models import CorporateAction, Instrument
from market.selectors import instruments


def splits(instrument_ids: Iterable[int]) -> list[Split]:
    """List the splits of the instruments, in order of ex-date."""
    rows = CorporateAction.objects.filter(
        instrument_id__in=set(instrument_ids), kind=CorporateAction.Kind.SPLIT
    ).order_by("ex_date", "instrument_id")
    return [
        Split(instrument, ex_date, int(numerator), int(denominator))
        for instrument, ex_date, numerator, denominator in rows.values_list(
            "instrument_id", "ex_date", "numerator", "denominator"
        )
        if numerator and denominator
    ]


def dividends(instrument_ids: Iterable[int]) -> list[Dividend]:
    """List the dividends per unit of the instruments, in order of ex-date."""
    rows = CorporateAction.objects.filter(
        instrument_id__in=set(instrument_ids), kind=CorporateAction.Kind.DIVIDEND
    ).order_by("ex_date", "instrument_id")
    return [
        Dividend(instrument, ex_date, amount, currency)
        for instrument, ex_date, amount, currency in rows.values_list(
            "instrument_id", "ex_date", "amount", "currency"
        )
        if amount
    ]


def for_instrument(instrument: Instrument) -> QuerySet[CorporateAction]:
    """List an instrument's corporate actions, newest first."""
    return CorporateAction.objects.filter(instrument=instrument).select_related("instrument")


def visible_to(user: object) -> QuerySet[CorporateAction]:
    """List the corporate actions of the instruments that the user may see, newest first."""
    return CorporateAction.objects.filter(instrument__in=instruments.visible_to(user)).select_related(
        "instrument"
    )


def get(user: object, uuid: UUID) -> CorporateAction:
    """Return a corporate action.

    Raises:
        NotFound: there is none, or its instrument is somebody else's.
    """
    found = visible_to(user).filter(uuid=uuid).first()
    if found is None:
        raise NotFound
    return found
