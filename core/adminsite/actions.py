"""Actions of staff that are confirmed on a page of their own, with a reason that goes into the audit log.

An admin lists `ReasonedAction`s; each calls a service for one row at a time, so that a row which a
service refuses is named and the others are done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.actor import Actor
from core.errors import DomainError

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Model]
else:
    _Base = object

MOST_ROWS = 200
MOST_NAMES = 20
REASON_LENGTH = 400
CONFIRMED = "confirmed"

Words = str | Promise


@dataclass(frozen=True, slots=True)
class ReasonedAction:
    """What staff may do to rows: `run(actor, row, reason)` calls the service for one of them.

    `question` says on the confirmation page what will happen; `power` is the permission asked for.
    """

    name: str
    label: Words
    question: Words
    power: str
    run: Callable[[Actor, Any, str], Any]
    is_destructive: bool = False


class ReasonForm(forms.Form):
    """Ask why."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text=gettext_lazy("Why you do this; it stays in the audit log. Name no personal data."),
    )

    def clean_reason(self) -> str:
        """Take it as one line."""
        return " ".join(self.cleaned_data["reason"].split())


class ReasonedActions(_Base):
    """Give an admin actions that are confirmed with a reason, on its list and on each row's page."""

    reasoned: Sequence[ReasonedAction] = ()

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer the actions whose power the member of staff has."""
        offered: dict[str, Any] = super().get_actions(request) if self.actions is not None else {}
        for action in self._allowed(request):
            offered[action.name] = (_entry(action), action.name, action.label)
        return offered

    def _allowed(self, request: HttpRequest) -> list[ReasonedAction]:
        return [action for action in self.reasoned if request.user.has_perm(action.power)]

    def offered_for(self, request: HttpRequest, _row: Any) -> list[ReasonedAction]:
        """List the actions that a row's own page offers; an admin leaves out what would change nothing."""
        return self._allowed(request)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        """Show the actions on the row's own page too."""
        row = context.get("original")
        context["reasoned_actions"] = self.offered_for(request, row) if row is not None else []
        return super().render_change_form(request, context, *args, **kwargs)

    def confirm(
        self, request: HttpRequest, action: ReasonedAction, rows: QuerySet[Any]
    ) -> HttpResponse | None:
        """Ask for the reason, and once it is given do it.

        Raises:
            PermissionDenied: the member of staff lacks the power.
        """
        if not request.user.has_perm(action.power):
            raise PermissionDenied
        found = list(rows[: MOST_ROWS + 1])
        if len(found) > MOST_ROWS:
            self.message_user(
                request, _("At most %(most)s rows at once.") % {"most": MOST_ROWS}, messages.ERROR
            )
            return None
        form = ReasonForm(request.POST if CONFIRMED in request.POST else None)
        if form.is_bound and form.is_valid():
            self._carry_out(request, action, found, form.cleaned_data["reason"])
            return None
        return self._page(request, action, found, form)

    def _page(
        self, request: HttpRequest, action: ReasonedAction, rows: list[Any], form: ReasonForm
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": action.label,
            "opts": self.opts,
            "action": action,
            "form": form,
            "rows": rows,
            "named": rows[:MOST_NAMES],
            "unnamed": max(0, len(rows) - MOST_NAMES),
            "checkbox": ACTION_CHECKBOX_NAME,
            "confirmed": CONFIRMED,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/reasoned_action.html", context)

    def _carry_out(self, request: HttpRequest, action: ReasonedAction, rows: list[Any], reason: str) -> None:
        actor, done = Actor.user(request.user), 0
        for row in rows:
            name = str(row)
            try:
                with transaction.atomic():
                    action.run(actor, row, reason)
            except DomainError as error:
                self.message_user(request, f"{name}: {error.detail or error.title}", messages.ERROR)
            else:
                done += 1
        if done:
            words = ngettext("%(what)s: done for %(count)s.", "%(what)s: done for %(count)s.", done)
            self.message_user(
                request, words % {"what": str(action.label).rstrip("… "), "count": done}, messages.SUCCESS
            )


def _entry(action: ReasonedAction) -> Callable[..., HttpResponse | None]:
    def enter(model_admin: ReasonedActions, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        return model_admin.confirm(request, action, rows)

    return enter
