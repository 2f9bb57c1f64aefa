"""What the risk page calls each figure, and the word of explanation beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Word:
    """A figure's label, what it means, and how it is shown: ``signed_percent``, ``percent`` or ``ratio``."""

    label: Any
    meaning: Any
    kind: str = "percent"


MOVING = {
    "volatility": Word(_("Volatility, a year"), _("How much the daily returns spread around their mean.")),
    "downside_deviation": Word(
        _("Downside deviation, a year"), _("The same, of what lies below the target alone.")
    ),
    "best": Word(_("Best day"), _("The largest return of one trading day."), "signed_percent"),
    "worst": Word(_("Worst day"), _("The smallest return of one trading day."), "signed_percent"),
    "positive_share": Word(_("Days with a gain"), _("How many of the trading days ended higher.")),
}
FALLING = {
    "max_drawdown": Word(
        _("Deepest drawdown"), _("The largest fall from a high to a low after it."), "signed_percent"
    ),
    "drawdown": Word(_("Drawdown now"), _("How far it stands below its highest."), "signed_percent"),
    "value_at_risk": Word(
        _("Value at risk, 95 %"),
        _("On one trading day in twenty the return was this or worse."),
        "signed_percent",
    ),
    "conditional_value_at_risk": Word(
        _("Expected shortfall, 95 %"), _("The mean of those worst days."), "signed_percent"
    ),
    "tail_ratio": Word(
        _("Tail ratio"), _("Good days against bad ones: above 1 the good ones were larger."), "ratio"
    ),
}
REWARDING = {
    "sharpe": Word(
        _("Sharpe ratio"), _("Return above the risk-free rate for each unit of volatility."), "ratio"
    ),
    "sortino": Word(
        _("Sortino ratio"), _("Return above the target for each unit of downside deviation."), "ratio"
    ),
    "calmar": Word(_("Calmar ratio"), _("Return a year for each unit of the deepest drawdown."), "ratio"),
    "omega": Word(_("Omega ratio"), _("All gains above the target over all losses below it."), "ratio"),
    "stability": Word(_("Stability"), _("How straight the growth was: 1 is a line, 0 none."), "ratio"),
}
BESIDE = {
    "beta": Word(_("Beta"), _("How far it moved when the benchmark moved by one."), "ratio"),
    "alpha": Word(_("Alpha, a year"), _("What it earned beyond what its beta explains."), "signed_percent"),
    "correlation": Word(_("Correlation"), _("How closely both moved together: 1 is in step."), "ratio"),
    "active_return": Word(
        _("Ahead of the benchmark"), _("Its return less the benchmark's."), "signed_percent"
    ),
    "tracking_error": Word(
        _("Tracking error, a year"), _("How much the difference between both returns spread.")
    ),
    "information_ratio_annualised": Word(
        _("Information ratio"),
        _("The lead over the benchmark for each unit of tracking error, a year."),
        "ratio",
    ),
    "up_capture": Word(_("Up capture"), _("How much of the benchmark's gain it made on the days it rose.")),
    "down_capture": Word(
        _("Down capture"), _("How much of the benchmark's loss it made on the days it fell.")
    ),
}
