"""Figures that change while a page is open look as the templates show them, in every language."""

from __future__ import annotations

import random
import re
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from core.templatetags import figures

SCRIPT = Path(settings.BASE_DIR, "static/js/figures.js").read_text(encoding="utf-8")
UNITS = ("EUR", "JPY", "BHD", "BTC", "")
ODD = (
    "0",
    "-0",
    "1",
    "-1",
    "0.005",
    "-0.005",
    "0.004999999999999999",
    "0.995",
    "9.995",
    "0.00994999",
    "999.99999",
    "1000",
    "1234567.891",
    "-1234.565",
    "12345678901234567890.123456789012345678",
    "0.000000004",
    "0.000000005",
    "0.00012345678",
    "0.9999",
    "0.99995",
    "1.00005",
    "-0.1",
    "0.1",
    "-0.12345",
)


def values() -> list[Decimal]:
    """List odd numbers, and some of every size."""
    chance = random.Random(7)
    sizes = [Decimal(chance.randint(-(10**9), 10**9)).scaleb(-chance.randint(0, 14)) for _ in range(60)]
    return [Decimal(one) for one in ODD] + sizes


def cases() -> list[tuple[Decimal | None, str, str, int]]:
    amounts = [
        (value, kind, unit, 2)
        for value in values()
        for unit in UNITS
        for kind in ("money", "signed_money", "price")
    ]
    ratios = [
        (value, kind, "", places) for value in values() for places in (1, 2) for kind in ("signed_percent",)
    ]
    others = [(value, kind, "", 2) for value in values() for kind in ("percent", "quantity")]
    return [*amounts, *ratios, *others, (None, "money", "EUR", 2)]


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_script_writes_what_the_template_writes(page, language):
    page.set_content(
        f'<html lang="{language}"><body data-percent="{{number}}%" data-missing="Not known"></body></html>'
    )
    page.add_script_tag(type="module", content=f"{SCRIPT}\nwindow.figure = figure;")
    page.wait_for_function("() => Boolean(window.figure)")
    with translation.override(language):
        shown = [str(figures.live("at", *one)) for one in cases()]
    asked = [
        _asked(html) | {"value": figures.raw(one[0]) or None}
        for html, one in zip(shown, cases(), strict=True)
    ]
    drawn = page.evaluate(
        "(all) => all.map(({value, ...style}) => window.figure(value, style).outerHTML)", asked
    )
    said = [re.fullmatch(r"<span data-live[^>]*>(.*)</span>", html).group(1) for html in shown]
    assert list(zip(drawn, cases(), strict=True)) == [
        (_ordered(html), one) for html, one in zip(said, cases(), strict=True)
    ]


def _asked(html: str) -> dict[str, object]:
    told = dict(re.findall(r'data-(as|unit|least|most)="([^"]*)"', html))
    return told | {"least": int(told["least"]), "most": int(told["most"])}


def _ordered(html: str) -> str:
    """Write what the template wrote as a browser writes it back."""
    return html.replace("\N{NO-BREAK SPACE}", "&nbsp;")
