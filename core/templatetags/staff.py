"""Pieces of the staff's pages."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from core.adminsite import charts
from core.ports import Columns

register = template.Library()


@register.simple_tag
def columns(chart: Columns) -> SafeString:
    """Draw a chart of counts."""
    return charts.columns(chart)
