"""Every page stands on the one token file and under the strict content policy."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.template.loader import get_template

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted(
    path.relative_to(ROOT / "templates") for path in (ROOT / "templates").rglob("*") if path.is_file()
)
HTML = [path for path in TEMPLATES if path.suffix == ".html"]
STYLES = sorted((ROOT / "static").rglob("*.css"))
SCRIPTS = sorted((ROOT / "static").rglob("*.js"))

COLOUR = re.compile(
    r"#[0-9a-fA-F]{3,8}\b|\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color|light-dark)\("
    r"|(?<![\w-])(?:white|black|red|green|blue|orange|yellow|purple|gr[ae]y|silver|gold|Canvas|CanvasText|LinkText"
    r"|Highlight)(?![\w-])"
)
PIXELS = re.compile(r"\b\d*\.?\d+px\b")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
LOADED = {
    ("script", "src"),
    ("link", "href"),
    ("img", "src"),
    ("iframe", "src"),
    ("source", "src"),
    ("use", "href"),
}


class _Page(HTMLParser):
    """Collects what a strict content policy refuses."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.open_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name: value or "" for name, value in attrs}
        self.faults += [f"<{tag} {name}>" for name in names if name == "style" or name.startswith("on")]
        self.faults += [f"<{tag} {name}>" for name in names if name.startswith("hx-on")]
        self.faults += ["<style>"] if tag == "style" else []
        self.faults += [
            f"{tag} from {names[name]}" for one, name in LOADED if one == tag and "//" in names.get(name, "")
        ]
        self.faults += [f"javascript: in {tag}"] if names.get("href", "").startswith("javascript:") else []
        self.open_script = tag == "script" and "src" not in names

    def handle_data(self, data: str) -> None:
        if self.open_script and data.strip():
            self.faults.append("an inline script")


@pytest.mark.parametrize("path", TEMPLATES, ids=str)
def test_template_parses(path):
    get_template(str(path))


# a mail has no stylesheet beside it
@pytest.mark.parametrize("path", [one for one in HTML if "email" not in one.parts], ids=str)
def test_template_holds_nothing_that_the_content_policy_refuses(path):
    page = _Page()
    page.feed((ROOT / "templates" / path).read_text())
    assert page.faults == []


def test_the_content_policy_reader_sees_each_fault():
    page = _Page()
    page.feed(
        '<p style="x" onclick="y" hx-on:click="z"></p><style>a</style><script>b</script>'
        '<script src="https://example.org/x.js"></script><a href="javascript:c">d</a>'
    )
    assert page.faults == [
        "<p style>",
        "<p onclick>",
        "<p hx-on:click>",
        "<style>",
        "an inline script",
        "script from https://example.org/x.js",
        "javascript: in a",
    ]


@pytest.mark.parametrize("path", [*STYLES, *SCRIPTS], ids=lambda path: path.name)
def test_static_file_loads_nothing_from_elsewhere(path):
    assert (
        re.findall(
            r"(?:https?:)?//[a-z0-9-]+\.[a-z]+|@import|\beval\(|new Function|setAttribute\(\"style\"",
            path.read_text(),
        )
        == []
    )


@pytest.mark.parametrize(
    "path", [path for path in STYLES if path.name != "tokens.css"], ids=lambda path: path.name
)
def test_only_the_tokens_name_colours_and_pixels(path):
    text = COMMENT.sub("", path.read_text())
    assert COLOUR.findall(text) == []
    assert PIXELS.findall(text) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_name_no_colour_and_no_pixel(path):
    text = path.read_text()
    assert re.findall(r"[\"'`]#[0-9a-fA-F]{3,8}[\"'`]|rgba?\(|hsla?\(", text) == []
    assert PIXELS.findall(text) == []


@pytest.mark.parametrize(
    "path", [path for path in STYLES if path.name != "tokens.css"], ids=lambda path: path.name
)
def test_every_token_that_is_used_exists(path):
    tokens = set(re.findall(r"(--[\w-]+)\s*:", (ROOT / "static/css/tokens.css").read_text()))
    own = set(re.findall(r"(--[\w-]+)\s*:", path.read_text()))
    assert set(re.findall(r"var\((--[\w-]+)", path.read_text())) - tokens - own == set()
