"""The page of the design system names every component, and every icon that is named is drawn."""

from __future__ import annotations

import re
from pathlib import Path

from core.templatetags.pieces import ICONS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/design-system.md").read_text()


def test_every_component_is_on_the_page():
    components = {path.stem for path in (ROOT / "templates/components").glob("*.html")}
    assert components - set(re.findall(r"`(\w+)`", PAGE)) == set()


def test_every_icon_that_a_template_names_is_drawn():
    named = {
        name
        for path in (ROOT / "templates").rglob("*.html")
        for name in re.findall(r'\{% icon "([\w-]+)"|icon_name="([\w-]+)"', path.read_text())
        for name in name
        if name
    }
    assert named - set(ICONS) == set()
