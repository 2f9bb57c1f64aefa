"""The page on which a person says how they want to be told."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import selectors as people
from alerts.models import Channel, Notification
from alerts.selectors import channels as selectors
from alerts.services.channels import KINDS as TOPICS
from alerts.services.channels import NOT_FOR_ACCOUNT, choose_topics
from alerts.services.settings import change_settings
from alerts.views.channel_forms import ABOUT, KINDS, TimesForm
from core.pages import actor_of, attempted


@login_required
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show a person's channels, what goes where, and when."""
    return _page(request, _times(request))


@login_required
@require_POST
def topics(request: HttpRequest) -> HttpResponse:
    """Take the whole table of what goes where."""
    chosen: dict[UUID, list[str]] = {one: [] for one in map(_uuid, request.POST.getlist("channel")) if one}
    for value in request.POST.getlist("topic"):
        name, _dot, topic = value.partition(":")
        uuid = _uuid(name)
        if uuid in chosen and topic in TOPICS:
            chosen[uuid].append(topic)
    choose_topics(actor=actor_of(request), user=request.user, topics=chosen)
    messages.success(request, _("Saved what goes where."))
    return redirect("settings-notifications")


@login_required
@require_POST
def times(request: HttpRequest) -> HttpResponse:
    """Take the quiet hours and the cap of an hour."""
    form = TimesForm(request.POST)
    actor = actor_of(request)
    if form.is_valid() and attempted(
        form, lambda: change_settings(actor=actor, user=request.user, changes=form.cleaned_data)
    ):
        messages.success(request, _("Your settings are saved."))
        return redirect("settings-notifications")
    return _page(request, form)


def _page(request: HttpRequest, form: TimesForm) -> HttpResponse:
    user: Any = request.user
    rows = list(selectors.channels_of(user))
    context = {
        "channels": [{"row": one, "leads_to": selectors.leads_to(one)} for one in rows],
        "topics": [_topic(kind, rows) for kind in Notification.Kind],
        "kinds": [(one, Channel.Kind(one).label, ABOUT[one]) for one in KINDS],
        "form": form,
        "time_zone": user.time_zone.replace("_", " "),
        "unproven": not people.is_email_verified(user),
        "settings_page": "settings-notifications",
    }
    status = 400 if form.errors else 200
    return render(request, "alerts/channels/overview.html", context, status=status)


def _topic(kind: Notification.Kind, channels: list[Channel]) -> dict[str, Any]:
    cells = [
        {
            "channel": one,
            "on": kind.value in one.topics,
            "always": one.is_account and kind.value in NOT_FOR_ACCOUNT,
        }
        for one in channels
    ]
    return {"value": kind.value, "label": kind.label, "cells": cells}


def _times(request: HttpRequest) -> TimesForm:
    found = selectors.settings_of(request.user)
    initial = {name: getattr(found, name) for name in ("quiet_from", "quiet_until", "hourly_cap")}
    return TimesForm(initial=initial)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
