"""Pages of one channel: making it, proving it, what went there, and its end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from alerts.domain.messages import Outcome
from alerts.models import Channel, Delivery
from alerts.selectors import channels as selectors
from alerts.selectors.reasons import worded
from alerts.selectors.words import told
from alerts.services import channels as services
from alerts.services.channels import ChannelData, MadeChannel
from alerts.services.proof import send_proof, verify_channel
from alerts.services.signing import reveal_secret, rotate_secret
from alerts.services.trials import resend_delivery, send_test
from alerts.views.channel_forms import ABOUT, KINDS, ChannelForm, CodeForm, NewChannelForm
from core import clock
from core.errors import Conflict, RateLimited
from core.pages import actor_of, attempted

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

SHOWN: Final = 20
# a page asks again while something is on its way; what waits for longer is not watched
WATCHED: Final = timedelta(minutes=2)
OUTCOMES: Final[dict[str, StrPromise]] = {
    Outcome.DELIVERED: gettext_lazy("delivered"),
    Outcome.RETRY: gettext_lazy("failed for now"),
    Outcome.REFUSED: gettext_lazy("refused"),
    Outcome.GONE: gettext_lazy("leads nowhere any more"),
}


@login_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def channel_new(request: HttpRequest, channel_kind: str) -> HttpResponse:
    """Make a channel of a kind; the secret of a webhook stands in the answer to the form itself."""
    if channel_kind not in KINDS:
        raise Http404
    form = NewChannelForm(request.POST or None, kind=channel_kind)
    made: list[MadeChannel] = []
    if request.method == "POST" and form.is_valid() and _made(request, form, channel_kind, made):
        if made[0].secret:
            return _page(request, made[0].channel, secret=made[0].secret)
        return redirect("settings-channel", made[0].channel.uuid)
    context = {
        "form": form,
        "kind": Channel.Kind(channel_kind),
        "about": ABOUT[channel_kind],
        "settings_page": "settings-notifications",
    }
    return render(request, "alerts/channels/new.html", context, status=400 if form.errors else 200)


def _made(request: HttpRequest, form: NewChannelForm, kind: str, made: list[MadeChannel]) -> bool:
    data = ChannelData(kind=kind, values=form.values, name=form.cleaned_data["name"])
    actor = actor_of(request)
    return attempted(
        form, lambda: made.append(services.create_channel(actor=actor, user=request.user, data=data))
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def channel(request: HttpRequest, channel_id: UUID) -> HttpResponse:
    """Show a channel and what went there; take another name, or how things are gathered."""
    found = selectors.get(request.user, channel_id)
    if request.method != "POST":
        return _page(request, found)
    form = ChannelForm(request.POST, channel=found)
    actor = actor_of(request)
    if form.is_valid() and attempted(
        form,
        lambda: services.change_channel(
            actor=actor, user=request.user, uuid=channel_id, changes=form.cleaned_data
        ),
    ):
        messages.success(request, _("The channel is saved."))
        return redirect("settings-channel", channel_id)
    return _page(request, found, form=form)


@login_required
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def channel_verify(request: HttpRequest, channel_id: UUID) -> HttpResponse:
    """Take the code of a channel; a link in a mail brings it along, and a button sends it."""
    found = selectors.get(request.user, channel_id)
    if not selectors.waits_for_code(found):
        return redirect("settings-channel", channel_id)
    form = CodeForm(request.POST or None, initial={"code": request.GET.get("code", "")[:20]})
    actor = actor_of(request)
    if request.method == "POST" and form.is_valid():
        code = form.cleaned_data["code"]
        if attempted(
            form, lambda: verify_channel(actor=actor, user=request.user, uuid=channel_id, code=code)
        ):
            messages.success(
                request, _("“%(name)s” is proven. From now on you are told there.") % {"name": found.name}
            )
            return redirect("settings-channel", channel_id)
    return _page(request, found, code_form=form)


@login_required
@require_safe
def channel_live(request: HttpRequest, channel_id: UUID) -> HttpResponse:
    """Answer the piece of the page that changes while something is on its way."""
    found = selectors.get(request.user, channel_id)
    context = {"channel": found, **_log(found), "is_update": True}
    return render(request, "alerts/channels/_live.html", context)


@login_required
@require_POST
def channel_proof(request: HttpRequest, channel_id: UUID) -> HttpResponse:
    """Send a proof once more."""
    return _done(request, channel_id, send_proof, _("It is on its way."))


@login_required
@require_POST
def channel_test(request: HttpRequest, channel_id: UUID) -> HttpResponse:
    """Send a test."""
    return _done(request, channel_id, send_test, _("The test is on its way."))


@login_required
@require_POST
def channel_pause(request: HttpRequest, channel_id: UUID) -> HttpResponse:
    """Let nothing new go to a channel."""
    return _done(
        request, channel_id, services.pause_channel, _("Paused. You are told on the site as before.")
    )


@login_required
@require_POST
def channel_resume(request: HttpRequest, channel_id: UUID) -> HttpResponse:
    """Let a channel be told again."""
    stopped = selectors.get(request.user, channel_id).state == Channel.State.DISABLED
    text = _("Show first that it is yours.") if stopped else _("You are told there again.")
    return _done(request, channel_id, services.resume_channel, text)


@login_required
@require_POST
def channel_resend(request: HttpRequest, channel_id: UUID, delivery_id: UUID) -> HttpResponse:
    """Send once more what failed."""

    def again(**who: Any) -> Any:
        return resend_delivery(**who, delivery_id=delivery_id)

    return _done(request, channel_id, again, _("It is on its way."))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def channel_delete(request: HttpRequest, channel_id: UUID) -> HttpResponse:
    """Ask whether a channel is to go, and delete it."""
    found = selectors.get(request.user, channel_id)
    if request.method == "POST":
        services.delete_channel(actor=actor_of(request), user=request.user, uuid=channel_id)
        messages.success(request, _("“%(name)s” is deleted.") % {"name": found.name})
        return redirect("settings-notifications")
    context = {"channel": found, "settings_page": "settings-notifications"}
    return render(request, "alerts/channels/delete.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def channel_secret(request: HttpRequest, channel_id: UUID) -> HttpResponse:
    """Show the secret of a webhook to who has just shown that it is them."""
    return _proven(request, channel_id, reveal_secret)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def channel_rotate(request: HttpRequest, channel_id: UUID) -> HttpResponse:
    """Give a webhook a new secret, and show it to who has just shown that it is them."""
    return _proven(request, channel_id, rotate_secret)


def _proven(request: HttpRequest, channel_id: UUID, work: Callable[..., str]) -> HttpResponse:
    found = selectors.get(request.user, channel_id)  # another's is hidden before a password is asked for
    if request.method != "POST":  # who proved themselves elsewhere comes back so
        return redirect("settings-channel", channel_id)
    return cast("HttpResponse", _secret_page(request, found, work))


@reauthentication_required  # type: ignore[untyped-decorator]  # allauth is untyped
def _secret_page(request: HttpRequest, found: Channel, work: Callable[..., str]) -> HttpResponse:
    secret = work(actor=actor_of(request), user=request.user, uuid=found.uuid)
    return _page(request, found, secret=secret)


def _done(request: HttpRequest, channel_id: UUID, work: Any, text: str) -> HttpResponse:
    """Do something to a channel, and say so or why not on its page."""
    try:
        work(actor=actor_of(request), user=request.user, uuid=channel_id)
    except (Conflict, RateLimited) as error:
        messages.error(request, str(error.detail))
    else:
        messages.success(request, text)
    return redirect("settings-channel", channel_id)


def _page(
    request: HttpRequest,
    found: Channel,
    *,
    form: ChannelForm | None = None,
    code_form: CodeForm | None = None,
    secret: str = "",
) -> HttpResponse:
    wants_code = selectors.waits_for_code(found)
    context = {
        "channel": found,
        "form": form or ChannelForm(channel=found),
        "code_form": (code_form or CodeForm()) if wants_code else None,
        "secret": secret,
        **_log(found),
        "settings_page": "settings-notifications",
    }
    wrong = (form is not None and form.errors) or (code_form is not None and code_form.errors)
    return render(request, "alerts/channels/channel.html", context, status=400 if wrong else 200)


def _log(found: Channel) -> dict[str, Any]:
    rows = list(selectors.deliveries_of(found)[:SHOWN])
    since = clock.now() - WATCHED
    waits = any(one.state == Delivery.State.PENDING and one.created_at > since for one in rows)
    told_rows = [_told(one) for one in rows]
    return {
        "leads_to": selectors.leads_to(found),
        "reason": worded(found.reason),
        "deliveries": told_rows,
        "waits": waits,
    }


def _told(row: Delivery) -> dict[str, Any]:
    again = row.state in {Delivery.State.FAILED, Delivery.State.DROPPED}
    return {
        "row": row,
        "what": told(row.notification) if row.notification else row.get_purpose_display(),
        "error": worded(row.error),
        "tries": [
            (one, OUTCOMES.get(one.outcome, one.outcome), worded(one.detail))
            for one in selectors.tries_of(row)
        ],
        "may_resend": again and row.purpose != Delivery.Purpose.PROOF,
    }
