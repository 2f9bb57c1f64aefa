"""What the pages of figures are asked: which part of which portfolios, over which period, how counted.

The address carries all of it, so that the page, its chart and its explanations answer one question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from core import ranges
from core.errors import ValidationFailed
from market.models import Instrument
from portfolios.domain.exact import exact
from portfolios.forms.asking import DATES, AskForm, Choices, Offered
from portfolios.models import Portfolio
from portfolios.selectors import periods, risk
from portfolios.selectors.ledger import Ledger, load_all
from portfolios.selectors.periods import SEPARATOR, Window
from portfolios.selectors.reports import Report
from portfolios.selectors.scopes import Filters, View, of_ledgers
from portfolios.selectors.tags import tags_of
from portfolios.views.words import range_text

CASH: Final = "cash"
# Fees and taxes, as `View` has them.
COUNTED: Final[dict[str, tuple[bool | None, bool | None]]] = {
    "after": (True, True),
    "before-taxes": (True, False),
    "before": (False, False),
}


@dataclass(frozen=True, slots=True)
class Asking:
    """A question about `portfolios` and its answer's base; `query` carries it, the period aside.

    `portfolio` None: it is of several, or of all of one's own.
    """

    portfolio: Portfolio | None
    portfolios: list[Portfolio]
    form: AskForm
    found: Report
    window: Window
    last_day: date
    terms: risk.Terms
    scope: str
    query: dict[str, str]

    @property
    def has_period(self) -> bool:
        """Tell whether a period was chosen, and rightly."""
        return bool(self.form.cleaned_data.get("range")) and not self.form.errors

    @property
    def status(self) -> int:
        """What the page answers with: 400 where something was typed wrongly."""
        return 400 if self.form.errors else 200

    def address(self, what: str, *args: str, **more: str) -> str:
        """Tell where `what` answers the same question: ``performance``, ``risk``, ``chart``, ``explain``."""
        path = (
            reverse(f"portfolio-{what}", args=[self.portfolio.pk, *args])
            if self.portfolio
            else reverse(f"group-{what}", args=args)
        )
        query = urlencode({**self.query, **more})
        return f"{path}?{query}" if query else path

    def explain(self, figure: str) -> str:
        """Tell where a figure of the period is explained."""
        return self.address("explain", figure, range=self.window.name)


def ask(
    request: HttpRequest,
    portfolios: list[Portfolio],
    *,
    of_one: bool = True,
    scopes: bool = True,
    rates: bool = False,
    default: str = ranges.DEFAULT,
    unless: str = "",
) -> Asking:
    """Read the question of a page; what is wrong in it is said in its form, and the default answered.

    `unless`: what is shown where no period is chosen, in words; without it that is the default.

    Raises:
        ValidationFailed: no rate leads to the currency of several portfolios.
    """
    user, ledgers = request.user, load_all(portfolios)
    plain = periods.window_of(ledgers, default)
    values = _values(request, plain, optional=bool(unless))
    choices = _scopes(user, ledgers) if scopes else []
    spans = spans_offered(plain)
    form = AskForm(values, Offered(choices, [("", unless), *spans] if unless else spans, rates))
    form.is_valid()
    given = form.cleaned_data
    window = _window(form, ledgers, default)
    text, charges = str(given.get("scope") or ""), str(given.get("charges") or "")
    found = of_ledgers(user, ledgers, filters_of(text), view_of(charges))
    query = {"scope": text, "charges": charges}
    if not of_one:
        query["portfolios"] = ",".join(str(one.pk) for one in portfolios)
    for name in ("risk_free", "target"):
        query[name] = values.get(name, "") if given.get(name) is not None else ""
    return Asking(
        portfolio=portfolios[0] if of_one else None,
        portfolios=portfolios,
        form=form,
        found=found,
        window=window,
        last_day=plain.period.end,
        terms=risk.Terms(risk_free=_rate(given.get("risk_free")), target=_rate(given.get("target"))),
        scope=_named(choices, text) if text else "",
        query={name: value for name, value in query.items() if value},
    )


def _values(request: HttpRequest, plain: Window, *, optional: bool) -> dict[str, str]:
    """Take the address apart: a period by its days is two fields; an unknown name is the default."""
    values = {name: str(value) for name, value in request.GET.items()}
    asked = values.get("range", "")
    if SEPARATOR in asked:
        first, _dots, last = asked.partition(SEPARATOR)
        values |= {"range": DATES, "from": first, "to": last}
    elif asked != DATES and not asked.isdecimal() and asked not in plain.usable:
        default = "" if optional else plain.name
        values["range"] = ranges.ALL if asked in ranges.RANGES else default
    return values


def spans_offered(plain: Window) -> Choices:
    """List the periods to choose from: those of the charts, calendar years, days of one's own."""
    named = [(name, _sentence(range_text(name))) for name in plain.usable]
    years = [(str(year), str(year)) for year in plain.years]
    return [*named, (_("Years"), years), (DATES, _("Days of your own"))]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _window(form: AskForm, ledgers: Sequence[Ledger], default: str) -> Window:
    """Answer the period that was chosen; what is wrong with its days is added to the form."""
    given = form.cleaned_data
    asked = str(given.get("range") or default)
    if asked == DATES:
        first, last = given.get("from"), given.get("to")
        asked = f"{first}{SEPARATOR}{last}" if first and last else default
    try:
        return periods.window_of(ledgers, asked)
    except ValidationFailed as error:
        for one in error.errors:
            form.add_error(one.field, one.message)
        return periods.window_of(ledgers, default)


def _rate(percent: Decimal | None) -> float:
    with exact():
        return 0.0 if percent is None else float(percent / 100)


def view_of(charges: str) -> View:
    """Read how charges count; nothing said is the convention."""
    return View("", *COUNTED.get(charges, (None, None)))


def filters_of(text: str) -> Filters:
    """Read a part of portfolios: ``sector:Energy``, ``instrument:UUID``, ``cash``; nothing is all."""
    kind, _colon, value = text.partition(":")
    if kind == CASH:
        return Filters(cash=True)
    if kind == "instrument":
        return Filters(instrument=UUID(value))
    chosen = {kind: value}
    return Filters(
        sector=chosen.get("sector", ""),
        asset_class=chosen.get("class", ""),
        country=chosen.get("country", ""),
        quote_currency=chosen.get("currency", ""),
        tag=chosen.get("tag", ""),
    )


def _scopes(user: Any, ledgers: Sequence[Ledger]) -> Choices:
    """List the parts to choose from, of what these portfolios ever held."""
    held = {key: one for ledger in ledgers for key, one in ledger.instruments.items()}
    whole = [("", _("The whole portfolio") if len(ledgers) == 1 else _("All of them together"))]
    if any(one.tracks_cash for one in ledgers):
        whole.append((CASH, _("The cash")))
    tags = [tag.name for tag in tags_of(user) if any(one.pk in held for one in tag.instruments)]
    groups = [
        (_("Class"), _values_of("class", held.values(), lambda one: one.kind, _class_name)),
        (_("Sector"), _values_of("sector", held.values(), lambda one: one.sector)),
        (_("Country"), _values_of("country", held.values(), lambda one: one.country)),
        (_("Currency"), _values_of("currency", held.values(), lambda one: one.currency)),
        (_("Tag"), [(f"tag:{name}", name) for name in tags]),
        (_("Instrument"), _instruments(held.values())),
    ]
    return [*whole, *((label, rows) for label, rows in groups if rows)]


def _instruments(held: Iterable[Instrument]) -> list[tuple[str, str]]:
    ordered = sorted(held, key=lambda one: (one.symbol, one.pk))
    return [(f"instrument:{one.uuid}", f"{one.symbol} · {one.name}") for one in ordered]


def _values_of(
    kind: str,
    held: Iterable[Instrument],
    read: Callable[[Instrument], str],
    name: Callable[[str], str] = str,
) -> list[tuple[str, str]]:
    values = {read(one) for one in held} - {""}
    return sorted(((f"{kind}:{one}", name(one)) for one in values), key=lambda row: row[1])


def _class_name(kind: str) -> str:
    return str(Instrument.Kind(kind).label)


def _named(choices: Choices, text: str) -> str:
    for value, label in choices:
        if value == text:
            return str(label)
        if isinstance(label, list):
            for inner, name in label:
                if inner == text:
                    return str(name)
    return text


def asking_context(asking: Asking) -> dict[str, Any]:
    """Make the context that every page of a question has."""
    return {
        "asking": asking,
        "currency": asking.found.base,
        "has_entries": any(one.entries for one in asking.found.wholes),
    }
