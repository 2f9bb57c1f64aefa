"""Small drawn pieces: icons, sparklines, donuts, links of the rail. Inline SVG without styles.

Colours come from CSS classes, sizes from SVG attributes, so the strict content policy holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import template
from django.http import HttpRequest
from django.template import Context
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.templatetags.figures import plain_money, plain_percent

register = template.Library()

THEMES = ("system", "light", "dark")
GAINS = ("green-red", "blue-orange")
MAX_SLICES = 8
BRIDGE_WIDTH = 200
COURSE_WIDTH, COURSE_HEIGHT = 320, 110


@dataclass(frozen=True, slots=True)
class BridgeBar:
    """One line of a bridge: its words, its amount, and where its bar lies (SVG units of 200).

    `explain` is the address of what explains it, if something does.
    """

    label: str
    amount: Decimal
    kind: str
    x: str
    width: str
    explain: str = ""


# Stroke paths on a 24 × 24 grid, drawn for this product.
ICONS: dict[str, tuple[str, ...]] = {
    "dashboard": ("M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-3H4zM14 7h6V4h-6z",),
    "portfolio": ("M12 4a8 8 0 1 0 8 8h-8z", "M15.5 3.8a8 8 0 0 1 4.7 4.7h-4.7z"),
    "market": ("M4 19.5h16", "M5 15l4.5-5 4 3.5L19 6.5", "M15 6.5h4v4"),
    "alert": ("M3.5 13h3M10.5 13h3M17.5 13h3", "M4 19c5.5 0 6-14 16-14", "M16.5 3.5 20 5l-2 3.2"),
    "bell": ("M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 2h-15z", "M10 20.8a2.2 2.2 0 0 0 4 0"),
    "search": ("M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13z", "M15.5 15.5 20 20"),
    "user": ("M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8z", "M4.5 20a7.5 7.5 0 0 1 15 0"),
    "settings": (
        "M4 7h9M17 7h3M4 17h3M11 17h9",
        "M15 9.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4z",
        "M9 19.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4z",
    ),
    "staff": ("M12 3.5 5 6v5.5c0 4.2 2.8 7.3 7 9 4.2-1.7 7-4.8 7-9V6z", "M9 12l2.2 2.2L15.2 10"),
    "sign-out": ("M10 4H5v16h5", "M14.5 8l4 4-4 4", "M9.5 12h9"),
    "plus": ("M12 5v14M5 12h14",),
    "edit": ("M5 19l1-4L16 5l3 3L9 18z", "M14 7l3 3"),
    "trash": ("M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7", "M10.5 11v5M13.5 11v5"),
    "download": ("M12 4v11M7.5 11 12 15.5 16.5 11", "M4.5 19.5h15"),
    "upload": ("M12 15.5v-11M7.5 9 12 4.5 16.5 9", "M4.5 19.5h15"),
    "close": ("M6 6l12 12M18 6 6 18",),
    "down": ("M6 9.5l6 6 6-6",),
    "up": ("M6 14.5l6-6 6 6",),
    "star": ("M12 4l2.5 5.2 5.5.8-4 4 .9 5.7-4.9-2.7-4.9 2.7.9-5.7-4-4 5.5-.8z",),
    "right": ("M9.5 6l6 6-6 6",),
    "left": ("M14.5 6l-6 6 6 6",),
    "check": ("M5 12.5l4.5 4.5L19 7.5",),
    "warning": ("M12 4 2.8 20h18.4z", "M12 10v4.5M12 17.2v.1"),
    "error": ("M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z", "M12 7.5v5.5M12 16.3v.1"),
    "info": ("M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z", "M12 11v5.5M12 7.7v.1"),
    "explain": (
        "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
        "M9.5 9.7a2.5 2.5 0 1 1 3.6 2.3c-.8.4-1.1.9-1.1 1.8M12 16.8v.1",
    ),
    "sun": (
        "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8z",
        "M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M18.4 5.6 17 7M7 17l-1.4 1.4",
    ),
    "moon": ("M19.5 14.2A8 8 0 0 1 9.8 4.5a8 8 0 1 0 9.7 9.7z",),
    "device": ("M4 5h16v11H4zM9 20h6M12 16v4",),
    "undo": ("M8 5 4 9l4 4", "M4 9h9.5a5.5 5.5 0 0 1 0 11H9"),
    "columns": ("M4 5h16v14H4zM9.3 5v14M14.7 5v14",),
    "table": ("M4 5h16v14H4zM4 10h16M4 14.5h16M10 10v9",),
    "image": ("M4 5h16v14H4z", "M4 16l4.5-4.5 4 4 3-3L20 17"),
    "calendar": ("M4.5 6h15v13.5h-15zM4.5 10.5h15M8.5 3.5V8M15.5 3.5V8",),
    "external": ("M13 5h6v6M19 5l-8 8", "M16 14v5H5V8h5"),
    "menu": ("M4 7h16M4 12h16M4 17h16",),
    "mail": ("M4 6h16v12H4z", "M4 7l8 6 8-6"),
    "copy": ("M8.5 8.5h11v11h-11z", "M15.5 8.5v-4h-11v11h4"),
    "key": ("M8 19a4 4 0 1 0 0-8 4 4 0 0 0 0 8z", "M11 12l8-8M16 7l2.5 2.5"),
    "history": ("M4 12a8 8 0 1 0 2.6-5.9L4 8.5", "M4 4v4.5h4.5", "M12 8v4.5l3 2"),
    "pause": ("M8.5 5.5v13M15.5 5.5v13",),
    "play": ("M8 5.5 18 12 8 18.5z",),
    "snooze": (
        "M12 20a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15z",
        "M12 8.5v4.2l2.8 1.7",
        "M4 5.5 6.5 3.5M20 5.5l-2.5-2",
    ),
    "more": ("M12 5v.6M12 11.7v.6M12 18.4v.6",),
    "offline": (
        "M4 4l16 16",
        "M8.5 15.5a5 5 0 0 1 5-1.3M5 12a10 10 0 0 1 4.5-2.6M14 9.1A10 10 0 0 1 19 12M12 19v.1",
    ),
}


@register.simple_tag
def icon(name: str, label: str = "", size: str = "") -> SafeString:
    """Draw an icon; hidden from screen readers unless it carries a `label`.

    Raises:
        KeyError: there is no icon of that name.
    """
    paths = format_html_join("", '<path d="{}"/>', ((path,) for path in ICONS[name]))
    extra = " icon--small" if size == "small" else ""
    heard = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    return format_html(
        '<svg class="icon{}" viewBox="0 0 24 24" width="18" height="18" {}>{}</svg>', extra, heard, paths
    )


@register.simple_tag
def sparkline(
    values: Iterable[Decimal | float | None], label: str = "", level: Decimal | None = None
) -> SafeString:
    """Draw the course of a series of numbers, oldest first; unknown ones are left out.

    A `level` is drawn across it, and lies within the picture.
    """
    known = [float(value) for value in values if value is not None]
    if len(known) < 2:  # noqa: PLR2004 (a line has two ends)
        return SafeString("")
    trend = "gain" if known[-1] > known[0] else "loss" if known[-1] < known[0] else "flat"
    words = {"gain": _("Rising"), "loss": _("Falling"), "flat": _("Level")}[trend]
    return format_html(
        '<svg class="spark {}" viewBox="0 0 88 26" preserveAspectRatio="none" role="img" aria-label="{}">'
        '{}<path d="{}" vector-effect="non-scaling-stroke"/></svg>',
        trend,
        label or words,
        *_paths(known, level),
    )


def _paths(values: Sequence[float], level: Decimal | None) -> tuple[SafeString, str]:
    """Draw the level across the picture, and the course in it."""
    width, height = 88, 26
    across = [float(level)] if level is not None else []
    low, high = min([*values, *across]), max([*values, *across])
    spread = high - low or 1.0

    def y(value: float) -> str:
        return f"{height - 2 - (value - low) / spread * (height - 4):.1f}"

    step = width / (len(values) - 1)
    course = "M" + "L".join(f"{index * step:.1f} {y(value)}" for index, value in enumerate(values))
    lines = format_html_join(
        "",
        '<path class="spark-level" d="M0 {0}L88 {0}" vector-effect="non-scaling-stroke"/>',
        ((y(one),) for one in across),
    )
    return lines, course


@register.simple_tag
def course(
    points: Iterable[tuple[date, Decimal]],
    marks: Iterable[tuple[date, Decimal]],
    label: str,
    level: Decimal | None = None,
) -> SafeString:
    """Draw prices by day, oldest first, with dots where something happened and a level across."""
    known = [(day, float(value)) for day, value in points]
    if len(known) < 2:  # noqa: PLR2004 (a line has two ends)
        return SafeString("")
    dots = [(day, float(value)) for day, value in marks]
    across = [float(level)] if level is not None else []
    values = [value for _day, value in known + dots] + across
    low, spread = min(values), max(values) - min(values) or 1.0
    first, days = known[0][0], (known[-1][0] - known[0][0]).days or 1

    def x(day: date) -> str:
        return f"{4 + (day - first).days / days * (COURSE_WIDTH - 8):.1f}"

    def y(value: float) -> str:
        return f"{COURSE_HEIGHT - 4 - (value - low) / spread * (COURSE_HEIGHT - 8):.1f}"

    line = "M" + "L".join(f"{x(day)} {y(value)}" for day, value in known)
    lines = format_html_join(
        "", '<path class="spark-level" d="M0 {0}L{1} {0}"/>', ((y(one), COURSE_WIDTH) for one in across)
    )
    drawn = format_html_join("", '<circle cx="{}" cy="{}" r="3"/>', ((x(day), y(one)) for day, one in dots))
    return format_html(
        '<svg class="spark course" viewBox="0 0 {} {}" role="img" aria-label="{}">{}<path d="{}"/>{}</svg>',
        COURSE_WIDTH,
        COURSE_HEIGHT,
        label,
        lines,
        line,
        drawn,
    )


@register.simple_tag
def bars(rows: Iterable[tuple[str, Decimal | None]], currency: str, label: str) -> SafeString:
    """Draw amounts of `currency` as bars from a common base; each says its name and amount on hover."""
    shown = list(rows)
    most = max((abs(value) for _name, value in shown if value is not None), default=Decimal(0))
    if not most:
        return SafeString("")
    drawn = format_html_join(
        "",
        '<rect class="{}" x="{}" y="{}" width="8" height="{}"><title>{}</title></rect>',
        (_bar(at, name, value, most, currency) for at, (name, value) in enumerate(shown)),
    )
    return format_html(
        '<svg class="bars" viewBox="0 0 {} 60" preserveAspectRatio="none" role="img" aria-label="{}">'
        "{}</svg>",
        len(shown) * 10,
        label,
        drawn,
    )


def _bar(
    at: int, name: str, value: Decimal | None, most: Decimal, currency: str
) -> tuple[str, int, str, str, str]:
    height = abs(value or Decimal(0)) / most * 58
    kind = "loss" if value is not None and value < 0 else "gain"
    return kind, at * 10 + 1, f"{60 - height:.2f}", f"{height:.2f}", f"{name}: {plain_money(value, currency)}"


@register.simple_tag
def donut(slices: Iterable[Any], label: str = "") -> SafeString:
    """Draw shares of a whole. A slice has `label` and `share` (a ratio); shares ≤ 0 have no arc."""
    shown = donut_slices(slices)
    parts, done = [], Decimal(0)
    for number, (_name, share) in enumerate(shown, start=1):
        length = max(share * 100 - Decimal("0.6"), Decimal("0.2")) if len(shown) > 1 else Decimal(100)
        parts.append((number, f"{length:.3f}", f"{100 - length:.3f}", f"{-done * 100:.3f}"))
        done += share
    arcs = format_html_join(
        "",
        '<circle class="series-{}" cx="21" cy="21" r="16" stroke-width="6" pathLength="100" '
        'stroke-dasharray="{} {}" stroke-dashoffset="{}" transform="rotate(-90 21 21)"/>',
        parts,
    )
    words = (
        label
        or ", ".join(f"{name} {plain_percent(share, 1)}" for name, share in shown)
        or _("Nothing to show")
    )
    return format_html(
        '<svg class="donut" viewBox="0 0 42 42" role="img" aria-label="{}">'
        '<circle class="donut-ring" cx="21" cy="21" r="16" stroke-width="{}"/>{}</svg>',
        words,
        "1" if parts else "6",
        arcs,
    )


def donut_slices(slices: Iterable[Any]) -> list[tuple[str, Decimal]]:
    """Tell label and share of each arc, in their order; what is past the eighth becomes "Other"."""
    known = [(str(_part(one, "label")), Decimal(_part(one, "share") or 0)) for one in slices]
    arcs = [one for one in known if one[1] > 0]
    if len(arcs) > MAX_SLICES:
        rest = sum((share for _name, share in arcs[MAX_SLICES - 1 :]), Decimal(0))
        arcs = [*arcs[: MAX_SLICES - 1], (_("Other"), rest)]
    return arcs


def _part(one: Any, name: str, *default: Any) -> Any:
    if isinstance(one, dict):
        return one.get(name, *default) if default else one[name]
    return getattr(one, name, *default)


@register.simple_tag
def bridge(steps: Iterable[Any]) -> list[BridgeBar]:
    """Place the steps from one value to another on one scale, for ``components/bridge.html``.

    A step has `label`, `amount`, `kind` and maybe `explain` (an address): a "level" is a value itself
    (the start, the end); a "result" or a "flow" (money paid in or out, no gain) is added to what stands
    before it. The scale runs over what is reached, not from zero, so a level is a mark and never a bar.
    """
    reached, spans = Decimal(0), []
    for step in steps:
        amount, kind = Decimal(_part(step, "amount")), str(_part(step, "kind"))
        before = amount if kind == "level" else reached
        reached = amount if kind == "level" else reached + amount
        words = (_part(step, "label"), str(_part(step, "explain", "")))
        spans.append((words, amount, kind, min(before, reached), max(before, reached)))
    low = min((span[3] for span in spans), default=Decimal(0))
    spread = max((span[4] for span in spans), default=Decimal(0)) - low or Decimal(1)
    return [
        BridgeBar(
            label=label,
            explain=explain,
            amount=amount,
            kind=kind,
            x=f"{(start - low) / spread * BRIDGE_WIDTH:.2f}",
            width=f"{(end - start) / spread * BRIDGE_WIDTH:.2f}",
        )
        for (label, explain), amount, kind, start, end in spans
    ]


@register.filter
def series_number(index: int) -> int:
    """Tell which colour of the series belongs to the row at `index` (from 1); rows past 8 share the last."""
    return min(int(index), MAX_SLICES)


@register.simple_tag(takes_context=True)
def theme_attributes(context: Context) -> SafeString:
    """Write ``data-theme`` and ``data-gain`` for the html element: the account's choice, else a cookie."""
    request = context.get("request")
    theme, gain = THEMES[0], GAINS[0]
    if isinstance(request, HttpRequest):
        user = getattr(request, "user", None)
        theme = getattr(user, "appearance", "") or request.COOKIES.get("theme", "")
        gain = getattr(user, "gain_colours", "")
    return format_html(
        'data-theme="{}" data-gain="{}"',
        theme if theme in THEMES else THEMES[0],
        gain if gain in GAINS else GAINS[0],
    )


@register.simple_tag(takes_context=True)
def nav_link(context: Context, name: str, label: str, icon_name: str) -> SafeString:
    """Link a page of the rail by its URL name; nothing when this platform has no such page."""
    try:
        url = reverse(name)
    except NoReverseMatch:
        return SafeString("")
    request = context.get("request")
    path = request.path if isinstance(request, HttpRequest) else ""
    current = SafeString("")
    if path.startswith(url):
        current = SafeString('aria-current="page"' if path == url else 'aria-current="true"')
    return format_html(
        '<li><a class="rail-link" href="{}" {}>{}<span class="rail-label">{}</span></a></li>',
        url,
        current,
        icon(icon_name),
        label,
    )


@register.simple_tag
def url_or_nothing(name: str, *args: object, **kwargs: object) -> str:
    """Tell the address of a page by its URL name, or an empty text when there is no such page."""
    try:
        return reverse(name, args=args or None, kwargs=kwargs or None)
    except NoReverseMatch:
        return ""
