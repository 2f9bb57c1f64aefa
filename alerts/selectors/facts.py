"""What clauses asked when their rule fired, of what was kept then: the rule may say something else by now."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from alerts.domain.rules import WHOLE
from alerts.models import Alert, Clause, Trigger
from alerts.selectors.waits import sentence
from market.models import Instrument
from portfolios.models import Portfolio

_NUMBERS: Final = ("level", "upper", "percent")


def asked(alert: Alert, trigger: Trigger) -> list[tuple[Mapping[str, Any], Clause]]:
    """List what was kept of each clause with the clause of then, not stored.

    A portfolio is called what it is called now, if the alert still names it.
    """
    facts: list[Mapping[str, Any]] = trigger.facts
    named: dict[str, str] = {}
    if any("portfolio" in one for one in facts):
        portfolios = (one.portfolio for one in alert.clauses.all())
        named = {str(one.pk): one.name for one in portfolios if one is not None}
    return [(one, clause_of(one, named)) for one in facts]


def what_was_so(trigger: Trigger) -> list[str]:
    """Say the clauses that were so when a rule fired."""
    return [sentence(clause) for fact, clause in asked(trigger.alert, trigger) if fact.get("so")]


def clause_of(fact: Mapping[str, Any], named: Mapping[str, str]) -> Clause:
    """Make the clause of what was kept of it, not to be stored; portfolios have the names of `named`."""
    values: dict[str, Any] = {name: fact[name] for name in WHOLE if name in fact}
    values |= {name: Decimal(fact[name]) for name in _NUMBERS if name in fact}
    currency = fact.get("currency", "")
    if "symbol" in fact:
        unit = Decimal(fact.get("unit", "1"))
        values["instrument"] = Instrument(symbol=fact["symbol"], currency=currency, quote_unit=unit)
    if "portfolio" in fact:
        values["portfolio"] = Portfolio(
            name=named.get(fact["portfolio"], _("a portfolio")), currency=currency
        )
    return Clause(kind=fact["kind"], direction=fact.get("direction", ""), **values)
