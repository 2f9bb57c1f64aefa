"""Words for what happened to an alert itself."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from alerts.models import Alert
from alerts.selectors.facts import clause_of
from alerts.selectors.waits import sentence, together
from core.templatetags.figures import price_text


def happened(event: str, data: Mapping[str, Any]) -> str:
    """Say in one line what happened to an alert; "" where the event is none of these."""
    words = {
        "portfolio_gone": _(
            "Your alert ended, for its portfolio is gone or no longer yours to see: %(what)s"
        ),
        "ran_out": _("Your alert ran out: %(what)s"),
        "runs_out_soon": _("Your alert runs out within a week: %(what)s"),
    }
    return words[event] % {"what": waited_for(data)} if event in words else ""


def waited_for(data: Mapping[str, Any]) -> str:
    """Name an alert by what a notification keeps of it: a rule's note, or what it waited for."""
    if "symbol" not in data:
        said = [sentence(clause_of(one, {})) for one in data.get("clauses", ())]
        return str(data["note"]) or together(data.get("joined", ""), said) or _("a rule")
    level = f"{price_text(Decimal(data['level']))}\N{NO-BREAK SPACE}{data['currency']}"
    condition = dict(Alert.CONDITIONS)[data["condition"]]
    return f"{data['symbol']} {condition} {level}"
