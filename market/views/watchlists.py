"""A person's watchlists: looking at them, keeping them, and the star beside an instrument."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError, Forbidden, NotFound
from core.models import LIVE_WORLD
from core.pages import actor_of, attempted, is_htmx
from market.forms.watchlists import AddForm, MoveForm, NameForm
from market.models import Instrument
from market.selectors import instruments
from market.selectors import watchlists as selectors
from market.services import watchlists as services
from market.views.common import BAD, tabs

UNDO = "market.watchlist_undo"


@require_safe
@login_required
def watchlists(request: HttpRequest) -> HttpResponse:
    """Show the reader's watchlists."""
    lists = list(selectors.of_user(request.user))
    context = {
        "lists": selectors.shown(LIVE_WORLD, request.user, lists),
        "tabs": tabs("watchlists"),
        "name_form": NameForm(auto_id="id_new_%s"),
        "add_form": AddForm(),
        "full": len(lists) >= services.MOST_LISTS,
        "undo": request.session.pop(UNDO, None),
    }
    return render(request, "market/watchlists.html", context)


@require_POST
@login_required
def watchlist_create(request: HttpRequest) -> HttpResponse:
    """Make a list."""
    form = NameForm(request.POST, auto_id="id_new_%s")
    if form.is_valid() and attempted(
        form,
        lambda: services.create_watchlist(
            actor=actor_of(request), user=request.user, name=form.cleaned_data["name"]
        ),
    ):
        messages.success(request, _("“%(name)s” is made.") % {"name": form.cleaned_data["name"]})
        return redirect("watchlists")
    return _form_page(request, form, _("New watchlist"), reverse("watchlist-create"), _("Create"))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def watchlist_rename(request: HttpRequest, watchlist_id: UUID) -> HttpResponse:
    """Give a list another name."""
    found = selectors.get(request.user, watchlist_id)
    form = NameForm(request.POST if request.method == "POST" else None, initial={"name": found.name})
    if form.is_valid() and attempted(
        form,
        lambda: services.rename_watchlist(
            actor=actor_of(request), user=request.user, uuid=watchlist_id, name=form.cleaned_data["name"]
        ),
    ):
        messages.success(request, _("Saved."))
        return redirect("watchlists")
    title = _("Rename “%(name)s”") % {"name": found.name}
    return _form_page(request, form, title, reverse("watchlist-rename", args=[watchlist_id]), _("Save"))


@require_POST
@login_required
def watchlist_delete(request: HttpRequest, watchlist_id: UUID) -> HttpResponse:
    """Delete a list."""
    found = selectors.get(request.user, watchlist_id)
    if request.POST.get("confirm", "").strip() != found.name:
        messages.error(request, _("That is not the name. Nothing was deleted."))
    else:
        services.delete_watchlist(actor=actor_of(request), user=request.user, uuid=watchlist_id)
        messages.success(request, _("“%(name)s” is deleted.") % {"name": found.name})
    return redirect("watchlists")


@require_POST
@login_required
def watchlist_add(request: HttpRequest, watchlist_id: UUID) -> HttpResponse:
    """Put an instrument on a list: the one that was picked, or whose symbol or ISIN was typed."""
    found = selectors.get(request.user, watchlist_id)
    form = AddForm(request.POST)
    form.is_valid()
    try:
        row = form.chosen(request.user)
        services.add_to_watchlist(
            actor=actor_of(request),
            user=request.user,
            uuid=watchlist_id,
            instrument=row.uuid,
            at=form.cleaned_data.get("at"),
        )
    except (NotFound, Forbidden):
        raise
    except DomainError as error:
        messages.error(request, str(error.detail))
    return redirect(f"{reverse('watchlists')}#list-{found.uuid}")


@require_POST
@login_required
def watchlist_remove(request: HttpRequest, watchlist_id: UUID, uuid: UUID) -> HttpResponse:
    """Take an instrument off a list, and offer its way back."""
    found = selectors.get(request.user, watchlist_id)
    row = instruments.get(request.user, uuid)
    places = [one.uuid for one in selectors.instruments_on(request.user, [found]).get(found.pk, [])]
    services.remove_from_watchlist(
        actor=actor_of(request), user=request.user, uuid=watchlist_id, instrument=uuid
    )
    if uuid in places:
        request.session[UNDO] = {
            "text": _("%(symbol)s is off “%(name)s”.") % {"symbol": row.symbol, "name": found.name},
            "url": reverse("watchlist-add", args=[watchlist_id]),
            "fields": {"instrument": str(uuid), "at": places.index(uuid)},
        }
    return redirect(f"{reverse('watchlists')}#list-{watchlist_id}")


@require_POST
@login_required
def watchlist_move(request: HttpRequest, watchlist_id: UUID) -> HttpResponse:
    """Move an instrument to another place of its list."""
    found = selectors.get(request.user, watchlist_id)
    form = MoveForm(request.POST)
    if form.is_valid():
        services.move_in_watchlist(
            actor=actor_of(request), user=request.user, uuid=watchlist_id, **form.cleaned_data
        )
    if not is_htmx(request):
        return redirect(f"{reverse('watchlists')}#list-{watchlist_id}")
    [shown] = selectors.shown(LIVE_WORLD, request.user, [found])
    return render(request, "market/_watchlist.html", {"one": shown, "add_form": AddForm()})


@require_POST
@login_required
def instrument_star(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Watch an instrument: it goes onto the reader's first list."""
    row = instruments.get(request.user, uuid)
    try:
        kept = services.star(actor=actor_of(request), user=request.user, instrument=uuid)
    except (NotFound, Forbidden):
        raise
    except DomainError as error:
        return _star_answer(request, row, str(error.detail), on=False, level="error")
    return _star_answer(
        request, row, _("%(symbol)s is on “%(name)s”.") % {"symbol": row.symbol, "name": kept.name}, on=True
    )


@require_POST
@login_required
def instrument_unstar(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Watch an instrument no longer: it goes off every list."""
    row = instruments.get(request.user, uuid)
    services.unstar(actor=actor_of(request), user=request.user, instrument=uuid)
    return _star_answer(
        request, row, _("%(symbol)s is off your watchlists.") % {"symbol": row.symbol}, on=False
    )


def _star_answer(
    request: HttpRequest, row: Instrument, text: str, *, on: bool, level: str = "success"
) -> HttpResponse:
    """Answer the button as it stands now, or lead back to the page that it is on."""
    if is_htmx(request):
        context = {"instrument": row, "on": on, "worded": request.GET.get("worded") == "1"}
        answer = render(request, "market/_star.html", context)
        answer.headers["HX-Trigger"] = json.dumps({"toast": {"text": text, "level": level}})
        return answer
    messages.add_message(request, messages.SUCCESS if level == "success" else messages.ERROR, text)
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return redirect(wanted)
    return redirect("instrument", row.uuid)


def _form_page(request: HttpRequest, form: NameForm, title: str, action: str, submit: str) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "title": title, "action": action, "submit": submit}
    return render(request, "market/watchlist_form.html", context, status=BAD if form.errors else 200)
