"""Small charts of the dashboard, drawn by the server: SVG without styles, read aloud as a sentence."""

from __future__ import annotations

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.ports import Columns

WIDTH, HEIGHT, GAP = 280, 56, 3
LEAST = 2  # so that a count of one is seen beside one of a thousand


def columns(chart: Columns) -> SafeString:
    """Draw counts as columns on one scale from zero; nothing where there is none."""
    if not chart.values:
        return SafeString("")
    most = max(count for _name, count in chart.values)
    step = WIDTH / len(chart.values)
    bars = []
    for place, (name, count) in enumerate(chart.values):
        height = max(LEAST, round(count / most * HEIGHT)) if count else 0
        text = f"{name}: {count}"
        left, top = f"{place * step + GAP / 2:.1f}", HEIGHT - height
        bars.append((left, top, f"{step - GAP:.1f}", height, f"{place * step:.1f}", f"{step:.1f}", text))
    return format_html(
        '<svg class="columns" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}'
        '<line class="columns-floor" x1="0" x2="{}" y1="{}" y2="{}" vector-effect="non-scaling-stroke"/>'
        "</svg>",
        WIDTH,
        HEIGHT + 1,
        words(chart),
        format_html_join(
            "",
            '<g><rect class="column" x="{}" y="{}" width="{}" height="{}" rx="1"/>'
            '<rect class="column-room" x="{}" y="0" width="{}" height="56"/><title>{}</title></g>',
            bars,
        ),
        WIDTH,
        HEIGHT + 0.5,
        HEIGHT + 0.5,
    )


def words(chart: Columns) -> str:
    """Say what the chart shows: the sum, the most, and the last."""
    total = sum(count for _name, count in chart.values)
    if not total:
        return _("%(what)s: none from %(first)s to %(last)s") % {
            "what": chart.label,
            "first": chart.values[0][0],
            "last": chart.values[-1][0],
        }
    most = max(chart.values, key=lambda one: one[1])
    return _("%(what)s: %(total)s, most on %(day)s (%(most)s); on %(last)s %(count)s") % {
        "what": chart.label,
        "total": total,
        "day": most[0],
        "most": most[1],
        "last": chart.values[-1][0],
        "count": chart.values[-1][1],
    }
