"""Numbers as people read them: template filters that every template may use.

Every filter takes a `Decimal` (or int, or None) and answers a ``<span class="num">`` in the
active locale. Minus is "−". A value that is not known is "–", and its title says why.
Gains and losses carry a sign and an arrow, so that nothing rests on colour.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from django import template
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.money import MINOR_UNITS, minor_units, round_amount

register = template.Library()

MINUS = "\N{MINUS SIGN}"
NO_UNIT = SafeString("")
Number = Decimal | int | None


@register.filter
def money(value: Number, currency: str = "") -> SafeString:
    """Show an amount of `currency` (ISO 4217), in its minor unit: ``1,234.50 EUR``."""
    if value is None:
        return missing()
    return _span(decimal_text(value, _money_places(value, currency)), _unit(currency))


@register.filter
def signed_money(value: Number, currency: str = "") -> SafeString:
    """Show a gain or loss in `currency`, with sign, arrow and colour; zero stays neutral."""
    if value is None:
        return missing()
    places = _money_places(value, currency)
    return _signed(round_amount(Decimal(value), places), places, _unit(currency))


@register.filter
def flow_money(value: Number, currency: str = "") -> SafeString:
    """Show money paid in (+) or out (−), in `currency`: a sign, and no colour, for it is no gain."""
    if value is None:
        return missing()
    places = _money_places(value, currency)
    sign = "+" if round_amount(Decimal(value), places) > 0 else ""
    return _span(sign + decimal_text(value, places), _unit(currency))


@register.filter
def percent(value: Number, decimals: int = 2) -> SafeString:
    """Show a ratio (0.125 is 12.5 %) with `decimals` places; 1 place from 100 % on."""
    if value is None:
        return missing()
    number, places = _percentage(value, decimals)
    return _span(_percent_sign(decimal_text(number, places)))


@register.filter
def signed_percent(value: Number, decimals: int = 2) -> SafeString:
    """Show a ratio as a gain or loss: sign, arrow and colour."""
    if value is None:
        return missing()
    number, places = _percentage(value, decimals)
    return _signed(number, places, percentage=True)


@register.filter
def flow_percent(value: Number, decimals: int = 2) -> SafeString:
    """Show a ratio with its sign and without colour, for it is neither gain nor loss."""
    if value is None:
        return missing()
    number, places = _percentage(value, decimals)
    return _span(("+" if number > 0 else "") + _percent_sign(decimal_text(number, places)))


@register.filter
def bare_percent(value: Number) -> SafeString:
    """Show a ratio as a gain or loss with its sign and one place, for cells that are coloured."""
    if value is None:
        return missing()
    number = round_amount(Decimal(value) * 100, 1)
    return _span(("+" if number > 0 else "") + decimal_text(number, 1))


@register.filter
def ratio(value: Number) -> SafeString:
    """Show a number without a unit, such as a Sharpe ratio, with two places."""
    return missing() if value is None else _span(decimal_text(value, 2))


@register.filter
def quantity(value: Number) -> SafeString:
    """Show how much is held: exact to 8 places, without trailing zeros."""
    if value is None:
        return missing()
    return _span(quantity_text(value))


@register.filter
def price(value: Number, currency: str = "") -> SafeString:
    """Show a price per unit, with as many places as mean something at its size."""
    if value is None:
        return missing()
    return _span(price_text(value), _unit(currency))


@register.simple_tag
def number(value: Number, kind: str, unit: str = "", reason: str = "") -> SafeString:
    """Show a value by the filter named `kind`; where it is None, say the `reason`.

    Raises:
        KeyError: there is no such kind of number.
    """
    show = _KINDS[kind]
    return missing(reason) if value is None else show(value, unit)


@register.simple_tag
def live(path: str, value: Number, kind: str, unit: str = "", places: int = 2) -> SafeString:
    """Show a value as `number` does, in a place that static/js/figures.js keeps up to date.

    `path` names it in the messages of the page's stream. `places` is for percentages.
    """
    shown = signed_percent(value, places) if kind == "signed_percent" else number(value, kind, unit)
    least, most = (places, places) if kind.endswith("percent") or kind == "ratio" else _bounds(unit)
    return format_html(
        '<span data-live="{}" data-as="{}" data-unit="{}" data-least="{}" data-most="{}">{}</span>',
        path,
        kind,
        unit,
        least,
        most,
        shown,
    )


@register.simple_tag
def live_of(
    group: str, key: object, name: str, value: Number, kind: str, *, unit: str = "", places: int = 2
) -> SafeString:
    """Show a value of one row of a stream, as `live` does: its path is ``group/key/name``."""
    return live(f"{group}/{key}/{name}", value, kind, unit, places)


@register.simple_tag
def live_time(group: str, key: object, name: str, at: datetime) -> SafeString:
    """Show an instant in the reader's time zone, in a place that the page's stream keeps up to date."""
    return format_html(
        '<time datetime="{}" data-live-time="{}/{}/{}" data-zone="{}">{}</time>',
        at.isoformat(),
        group,
        key,
        name,
        timezone.get_current_timezone_name(),
        date_format(timezone.localtime(at), "DATETIME_FORMAT"),
    )


@register.filter
def plain_money(value: Number, currency: str = "") -> str:
    """Tell an amount as bare text in the locale, for attributes, titles and lists of values."""
    if value is None:
        return _("not known")
    unit = f"\N{NO-BREAK SPACE}{currency}" if currency else ""
    return decimal_text(value, _money_places(value, currency)) + unit


@register.filter
def plain_percent(value: Number, decimals: int = 2) -> str:
    """Tell a ratio as bare text in the locale."""
    if value is None:
        return _("not known")
    return _percent_sign(decimal_text(*_percentage(value, decimals)))


@register.filter
def raw(value: Number) -> str:
    """Write a number for scripts (``data-value``): a point, no groups; empty where it is not known."""
    return "" if value is None else format(Decimal(value), "f")


def missing(reason: str = "") -> SafeString:
    """Show that a value is not known: a dash to the eye, words to the ear, the reason on hover."""
    why = reason or _("Not known")
    return format_html(
        '<span class="num missing" title="{0}"><span aria-hidden="true">–</span>'
        '<span class="visually-hidden">{0}</span></span>',
        why,
    )


def decimal_text(value: Decimal | int, places: int) -> str:
    """Write a number in the active locale with `places` decimals, grouped, minus as "−"."""
    number = round_amount(Decimal(value), places)
    text = str(number_format(abs(number), decimal_pos=places, use_l10n=True, force_grouping=True))
    return MINUS + text if number < 0 else text


def quantity_text(value: Decimal | int) -> str:
    """Write how much there is of something: exact to 8 places, without trailing zeros."""
    return decimal_text(value, min(8, _places(round_amount(Decimal(value), 8))))


def price_text(value: Decimal | int) -> str:
    """Write a price: 2 to 4 decimals from 1 on, below it 4 digits that count (8 decimals at most)."""
    size = abs(Decimal(value))
    if size >= 1000 or size == 0:  # noqa: PLR2004 (a size of price, said in the docstring's rule)
        return decimal_text(value, 2)
    most = 4 if size >= 1 else min(8, 3 - size.adjusted())
    return decimal_text(value, max(2, _places(round_amount(Decimal(value), most))))


def _money_places(value: Decimal | int, currency: str) -> int:
    """Tell the minor unit; a coin shows at least 2 places and no trailing zeros after them."""
    if not currency or currency in MINOR_UNITS:
        return minor_units(currency) if currency else 2
    return max(2, _places(round_amount(Decimal(value), minor_units(currency))))


def _bounds(currency: str) -> tuple[int, int]:
    """Tell the fewest and the most decimals of an amount, by the rule of `_money_places`."""
    if not currency or currency in MINOR_UNITS:
        places = minor_units(currency) if currency else 2
        return places, places
    return 2, minor_units(currency)


def _places(value: Decimal) -> int:
    """Count the decimals that are left without trailing zeros."""
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _percentage(value: Decimal | int, decimals: int) -> tuple[Decimal, int]:
    number = Decimal(value) * 100
    places = min(decimals, 1) if abs(number) >= 100 else decimals  # noqa: PLR2004
    return round_amount(number, places), places


def _percent_sign(text: str) -> str:
    # Translators: how a percentage is written; many languages put a no-break space before the sign
    return _("{number}%").format(number=text)


def _unit(currency: str) -> SafeString:
    return format_html('<span class="cur">&nbsp;{}</span>', currency) if currency else NO_UNIT


def _span(text: str, unit: SafeString = NO_UNIT) -> SafeString:
    return format_html('<span class="num">{}{}</span>', text, unit)


def _signed(
    number: Decimal, places: int, unit: SafeString = NO_UNIT, *, percentage: bool = False
) -> SafeString:
    text = decimal_text(number, places)
    text = _percent_sign(text) if percentage else text
    if number == 0:
        return format_html('<span class="num flat">{}{}</span>', text, unit)
    name, arrow, sign = ("gain", "▲", "+") if number > 0 else ("loss", "▼", "")
    return format_html(
        '<span class="num {}"><span class="arrow" aria-hidden="true">{}</span>{}{}{}</span>',
        name,
        arrow,
        sign,
        text,
        unit,
    )


_KINDS: dict[str, Callable[[Number, str], SafeString]] = {
    "money": money,
    "signed_money": signed_money,
    "flow_money": flow_money,
    "price": price,
    "quantity": lambda value, _unit: quantity(value),
    "percent": lambda value, _unit: percent(value),
    "signed_percent": lambda value, _unit: signed_percent(value),
    "ratio": lambda value, _unit: ratio(value),
}
