"""What the admin's dashboard tells of prices."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.models import LIVE_WORLD
from core.ports import Panel, PanelRow, held_instruments
from market.domain.plausibility import Doubt
from market.domain.prices import STALE_AFTER_DAYS
from market.models import FxRate, HeldQuote, Instrument, PriceImport
from market.selectors import price_checks, prices

SHOWN = 5


def freshness() -> Panel:
    """Tell which held instruments lack a recent price, what is doubtful, and of rates and files."""
    rows = [*_stale(), _held_back(), *_contradicting(), _rates(), _last_import(), _refused()]
    return Panel(title=str(_("Prices")), rows=rows)


def _stale() -> list[PanelRow]:
    held = {instrument for ids in held_instruments.collect().values() for instrument in ids}
    latest = prices.latest(LIVE_WORLD, held)
    oldest = clock.today("UTC") - timedelta(days=STALE_AFTER_DAYS)
    old = [one for one in held if one not in latest or latest[one].as_of < oldest]
    rows = [
        PanelRow(
            _("Held instruments without a price of the last %(days)s days") % {"days": STALE_AFTER_DAYS},
            f"{len(old)} / {len(held)}",
            state="warn" if old else "good",
            url=reverse("admin:market_instrument_changelist") + "?prices=stale",
        )
    ]
    for instrument in Instrument.objects.filter(id__in=old, owner=None).order_by("symbol")[:SHOWN]:
        price = latest.get(instrument.pk)
        rows.append(
            PanelRow(
                instrument.symbol,
                _("last on %(day)s") % {"day": price.as_of.isoformat()} if price else _("no price at all"),
                state="warn" if price else "bad",
                url=reverse("admin:market_instrument_change", args=[instrument.pk]),
                is_part=True,
            )
        )
    return rows


def _held_back() -> PanelRow:
    state = HeldQuote.State.HELD
    count = HeldQuote.objects.filter(state=state, instrument__owner=None).exclude(reason=Doubt.SPLIT).count()
    return PanelRow(
        _("Quotes that were not believed and wait for a decision"),
        str(count),
        state="warn" if count else "good",
        url=reverse("admin:market_heldquote_changelist") + f"?state__exact={state.value}",
    )


def _contradicting() -> list[PanelRow]:
    found = {one.instrument for one in price_checks.public_contradictions(LIVE_WORLD)}
    rows = [
        PanelRow(
            _("Public instruments whose prices contradict a split"),
            str(len(found)),
            state="warn" if found else "good",
            url=reverse("admin:market_instrument_changelist"),
        )
    ]
    for instrument in Instrument.objects.filter(id__in=found).order_by("symbol")[:SHOWN]:
        url = reverse("admin:market_instrument_change", args=[instrument.pk])
        rows.append(PanelRow(instrument.symbol, _("look at it"), state="warn", url=url, is_part=True))
    return rows


def _rates() -> PanelRow:
    # one pair by its index: the ECB publishes all of a day's rates at once
    pair = FxRate.objects.filter(owner=None, world=LIVE_WORLD, base="EUR", quote="USD")
    last = pair.aggregate(last=Max("date"))["last"]
    fresh = last is not None and (clock.today("UTC") - last).days <= STALE_AFTER_DAYS
    return PanelRow(
        _("Last public rate of EUR/USD"),
        last.isoformat() if last else _("none"),
        state="good" if fresh else "warn",
        url=reverse("admin:market_fxrate_changelist"),
    )


def _refused() -> PanelRow:
    week = clock.now() - timedelta(days=7)
    files = PriceImport.objects.filter(created_at__gte=week, rows_rejected__gt=0).count()
    return PanelRow(
        _("Price files with refused rows in 7 days"),
        str(files),
        state="warn" if files else "good",
        url=reverse("admin:market_priceimport_changelist") + "?outcome=refused",
    )


def _last_import() -> PanelRow:
    last = PriceImport.objects.order_by("-id").first()
    return PanelRow(
        _("Last price file: %(name)s") % {"name": last.file_name} if last else _("Last price file"),
        f"{last.created_at:%Y-%m-%d %H:%M} UTC" if last else _("none"),
        url=reverse("admin:market_priceimport_changelist"),
    )
