"""Words for what people are told, made when they are shown, in the language of who reads."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from alerts.domain.conditions import Condition
from alerts.models import Alert, Notification, Trigger
from alerts.selectors import waits
from alerts.selectors.alert_words import happened
from alerts.selectors.facts import what_was_so
from alerts.selectors.sentences import SENTENCES, Leads, reworded
from core.templatetags.figures import price_text

# what would end a line of a mail's head, or draw over others
_UNSEEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_ALERT: Final = Leads("alert", ("alert",))


@dataclass(frozen=True, slots=True)
class Words:
    """A line, perhaps more words, and the path of a page of ours; bare text, to be escaped like any."""

    title: str
    text: str = ""
    path: str = ""


def told(notification: Notification) -> str:
    """Say in one line what happened."""
    return words(notification).title


def words(notification: Notification) -> Words:
    """Say what happened, and where there is more of it."""
    if notification.trigger is not None:
        return _fired(notification.trigger)
    if said := happened(notification.event, notification.data):
        return Words(_clean(said), "", _path(_ALERT, notification.data))
    sentence = SENTENCES.get(f"{notification.kind}.{notification.event}")
    if sentence is None:  # of a version that knew more
        return Words(str(notification.get_kind_display()))
    data = reworded(notification.data)
    return Words(_line(sentence.title, data), _line(sentence.text, data), _path(sentence.leads, data))


def _line(text: str | Promise, data: Mapping[str, Any]) -> str:
    return _clean(str(text) % defaultdict(str, data))


def _clean(text: str) -> str:
    return _UNSEEN.sub(" ", text).strip()


def _path(leads: Leads | None, data: Mapping[str, Any]) -> str:
    """Tell the path of a page; empty where there is none, or what it is about is not told."""
    if leads is None:
        return ""
    try:
        return reverse(leads.name, args=[data[one] for one in leads.args])
    except (NoReverseMatch, KeyError):
        return ""


def _fired(trigger: Trigger) -> Words:
    alert = trigger.alert
    is_plain = alert.joined == Alert.Joined.ONE
    title = _price(trigger) if is_plain else _("It is so: %(what)s") % {"what": _what(trigger)}
    return Words(_clean(title), _clean(alert.note), _path(_ALERT, {"alert": alert.uuid}))


def _what(trigger: Trigger) -> str:
    """Say what was so when a rule fired; it may ask for something else by now."""
    return waits.together(Alert.Joined.ALL, what_was_so(trigger)) or waits.title(trigger.alert)


def _price(trigger: Trigger) -> str:
    alert = trigger.alert
    # it may wait for something else by now
    asked = trigger.facts[0]["kind"] if trigger.facts else alert.condition
    said = {
        Condition.ABOVE: _("%(symbol)s reached %(level)s: it is at %(price)s"),
        Condition.BELOW: _("%(symbol)s fell to %(level)s: it is at %(price)s"),
        Condition.CROSSES_UP: _("%(symbol)s rose through %(level)s: it is at %(price)s"),
        Condition.CROSSES_DOWN: _("%(symbol)s fell through %(level)s: it is at %(price)s"),
        Condition.CROSSES: _("%(symbol)s crossed %(level)s: it is at %(price)s"),
    }[Condition(asked)]
    level, price = (_amount(alert, one) for one in (trigger.level, trigger.price))
    return said % {"symbol": alert.watched.symbol, "level": level, "price": price}


def _amount(alert: Alert, price: Decimal | None) -> str:
    if price is None:
        return _("not known")
    return f"{price_text(price * alert.watched.quote_unit)}\N{NO-BREAK SPACE}{alert.watched.currency}"
