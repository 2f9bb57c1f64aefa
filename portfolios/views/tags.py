"""A person's own tags on an instrument, where they look at their position in it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from core.pages import actor_of, attempted, is_htmx
from market.models import Instrument
from portfolios.selectors import tags as selectors
from portfolios.selectors.portfolios import get
from portfolios.services import tags as services
from portfolios.views.common import frame

BAD = 400


class TagsForm(forms.Form):
    """The tags of one instrument, with commas between them."""

    tags = forms.CharField(
        label=_("Your tags"),
        required=False,
        max_length=900,
        help_text=_("Words of your own, with commas between them. Nobody else sees them."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_tags(self) -> list[str]:
        """Split the words; what is empty is no tag."""
        return [one for one in str(self.cleaned_data["tags"]).split(",") if one.strip()]


def tags_context(user: Any, instrument: Instrument) -> dict[str, Any]:
    """Tell the tags of an instrument and make the form that changes them."""
    names = selectors.names_on(user, instrument)
    form = TagsForm(initial={"tags": ", ".join(names)}, auto_id=f"id_{instrument.uuid}_%s")
    return {"tags": names, "tags_form": form}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def tags(request: HttpRequest, portfolio_id: UUID, instrument: UUID) -> HttpResponse:
    """Show the tags of an instrument, or set them: all of them, as the field says."""
    portfolio = get(request.user, portfolio_id)
    found = selectors.get_instrument(request.user, instrument)
    context = frame(portfolio, "portfolio", instrument=found, **tags_context(request.user, found))
    if request.method == "POST":
        form = TagsForm(request.POST, auto_id=f"id_{instrument}_%s")
        if form.is_valid() and attempted(
            form,
            lambda: services.set_tags(
                actor=actor_of(request),
                user=request.user,
                instrument=instrument,
                names=form.cleaned_data["tags"],
            ),
        ):
            if not is_htmx(request):
                return redirect("portfolio-position", portfolio_id, instrument)
            context |= tags_context(request.user, found)
        else:
            context["tags_form"] = form
    template = "portfolios/_tags.html" if is_htmx(request) else "portfolios/tags.html"
    return render(request, template, context, status=BAD if context["tags_form"].errors else 200)
