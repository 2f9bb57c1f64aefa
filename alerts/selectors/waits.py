"""What an alert waits for, said in the language of who reads."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from alerts.domain.conditions import Condition
from alerts.models import Alert
from core.templatetags.figures import price_text
from market.models import Instrument


def title(alert: Alert) -> str:
    """Say what an alert waits for with what it is about: ``ACME rises through 110.00 USD``."""
    if alert.instrument is None:
        return waits(alert)
    return _("%(symbol)s %(waits)s") % {"symbol": alert.instrument.symbol, "waits": waits(alert)}


def waits(alert: Alert) -> str:
    """Say what an alert waits for, without its instrument: ``rises through 110.00 USD``."""
    if alert.instrument is None or alert.level is None:
        return str(alert.get_joined_display())
    level = amount(alert.instrument, alert.level)
    words = {
        Condition.ABOVE: _("at or above %(level)s"),
        Condition.BELOW: _("at or below %(level)s"),
        Condition.CROSSES_UP: _("rises through %(level)s"),
        Condition.CROSSES_DOWN: _("falls through %(level)s"),
        Condition.CROSSES: _("crosses %(level)s"),
    }
    return words[Condition(alert.condition)] % {"level": level}


def amount(instrument: Instrument, price: Decimal) -> str:
    """Write a price in quote units for one unit, in the instrument's currency."""
    return f"{price_text(price * instrument.quote_unit)}\N{NO-BREAK SPACE}{instrument.currency}"
