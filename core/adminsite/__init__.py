"""The staff's side: our admin site, and what every app's admin is made of.

Django loads this package before any model, so nothing here imports one at the top.
"""

from __future__ import annotations

from core.adminsite.lists import FastList, ReadOnlyAdmin, ReadOnlyInline
from core.adminsite.site import FlorinAdminConfig, FlorinAdminSite

__all__ = ["FastList", "FlorinAdminConfig", "FlorinAdminSite", "ReadOnlyAdmin", "ReadOnlyInline"]
