"""Saving how a file was read under a name, and deleting such a preset."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.errors import Conflict, ValidationFailed
from core.pages import actor_of
from portfolios.selectors.portfolios import get_writable
from portfolios.services import imports as services


@require_POST
@login_required
def preset_save(request: HttpRequest, portfolio_id: UUID, import_id: UUID) -> HttpResponse:
    """Save how the file was read as one of the person's presets."""
    try:
        preset = services.save_import_as_preset(
            actor=actor_of(request), user=request.user, portfolio_id=portfolio_id, import_id=import_id,
            name=request.POST.get("name", ""),
        )  # fmt: skip
    except (Conflict, ValidationFailed) as refusal:
        told = refusal.errors[0].message if isinstance(refusal, ValidationFailed) else refusal.detail
        messages.error(request, str(told))
    else:
        messages.success(request, _("“%(name)s” is saved for your next file.") % {"name": preset.name})
    return redirect("import-preview", portfolio_id, import_id)


@require_POST
@login_required
def preset_delete(request: HttpRequest, portfolio_id: UUID, preset_id: UUID) -> HttpResponse:
    """Delete one of the person's presets."""
    get_writable(request.user, portfolio_id)
    services.delete_preset(actor=actor_of(request), user=request.user, preset_id=preset_id)
    messages.success(request, _("The preset is gone. Files that were read by it stay as they are."))
    return redirect("import-start", portfolio_id)


urlpatterns = [
    path("<uuid:import_id>/preset/", preset_save, name="import-preset-save"),
    path("presets/<uuid:preset_id>/delete/", preset_delete, name="import-preset-delete"),
]
