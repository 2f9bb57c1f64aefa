"""Text and marks stand out from what is under them (WCAG 2.2 AA), by day and by night."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOKENS = (Path(__file__).resolve().parents[2] / "static/css/tokens.css").read_text()
TEXT, MARK = 4.5, 3.0
SURFACES = ("bg", "surface", "surface-sunken", "surface-raised", "surface-hover", "surface-selected")
PAIRS = [
    *((name, under, TEXT) for name in ("text", "text-quiet", "brand", "gain", "loss") for under in SURFACES),
    *((name, f"{name}-soft", TEXT) for name in ("good", "warn", "bad", "gain", "loss")),
    *((name, "surface", TEXT) for name in ("good", "warn", "bad")),
    ("brand", "brand-soft", TEXT),
    ("on-brand", "brand", TEXT),
    ("on-brand", "brand-hover", TEXT),
    ("on-bad", "bad-strong", TEXT),
    ("bg", "text", TEXT),
    *(("line-strong", under, MARK) for under in ("bg", "surface", "surface-raised")),
    *(("focus", under, MARK) for under in SURFACES),
    *((f"series-{number}", "surface", MARK) for number in range(1, 9)),
]


def _block(selector: str) -> str:
    return TOKENS.split(selector + " {", 1)[1].split("\n}", 1)[0]


def _tokens(block: str) -> dict[str, tuple[str, str]]:
    found = {}
    for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", block):
        found[name] = (light, dark)
    for name, both in re.findall(r"--([\w-]+): (#\w{6});", block):
        found[name] = (both, both)
    return found


PLAIN = _tokens(_block(":root"))
BLUE = {**PLAIN, **_tokens(_block(':root[data-gain="blue-orange"]'))}


def _luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_black_on_white_is_21():
    assert round(_contrast("#000000", "#ffffff"), 2) == 21.0


@pytest.mark.parametrize(
    ("palette", "name"), [(PLAIN, "green-red"), (BLUE, "blue-orange")], ids=["green-red", "blue-orange"]
)
@pytest.mark.parametrize("night", [False, True], ids=["light", "dark"])
def test_every_pair_of_colours_reaches_its_contrast(palette, name, night):
    poor = {
        f"{over} on {under}": round(_contrast(palette[over][night], palette[under][night]), 2)
        for over, under, least in PAIRS
        if _contrast(palette[over][night], palette[under][night]) < least
    }
    assert poor == {}, name
