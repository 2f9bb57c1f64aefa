"""Words for what people are told, made when they are shown, in the language of who reads."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from alerts.domain.conditions import Condition
from alerts.models import Alert, Notification, Trigger
from alerts.selectors.alert_words import happened
from core.templatetags.figures import price_text


def told(notification: Notification) -> str:
    """Say in one line what happened."""
    if notification.trigger is not None:
        return _fired(notification.trigger)
    if notification.kind == Notification.Kind.ALERT:
        return happened(notification.event, notification.data) or str(notification.get_kind_display())
    return str(notification.get_kind_display())


def _fired(trigger: Trigger) -> str:
    alert = trigger.alert
    if alert.joined != Alert.Joined.ONE:
        return (
            _("Your alert came true: %(what)s") % {"what": alert.note}
            if alert.note
            else _("Your alert came true")
        )
    words = {
        Condition.ABOVE: _("%(symbol)s reached %(level)s: it is at %(price)s"),
        Condition.BELOW: _("%(symbol)s fell to %(level)s: it is at %(price)s"),
        Condition.CROSSES_UP: _("%(symbol)s rose through %(level)s: it is at %(price)s"),
        Condition.CROSSES_DOWN: _("%(symbol)s fell through %(level)s: it is at %(price)s"),
        Condition.CROSSES: _("%(symbol)s crossed %(level)s: it is at %(price)s"),
    }
    level, price = (_amount(alert, one) for one in (trigger.level, trigger.price))
    said = words[Condition(alert.condition)]
    return said % {"symbol": alert.watched.symbol, "level": level, "price": price}


def _amount(alert: Alert, price: Decimal) -> str:
    return f"{price_text(price * alert.watched.quote_unit)}\N{NO-BREAK SPACE}{alert.watched.currency}"
