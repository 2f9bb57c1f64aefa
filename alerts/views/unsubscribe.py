"""Stop mails by a link in one of them, without signing in."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from alerts.models import Channel
from alerts.selectors.unsubscribing import channel_of_token
from alerts.services.unsubscribing import unsubscribe as stop
from core.actor import Actor


# a mail program posts here by itself (RFC 8058); the signed address is all that it needs to have
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether the mails are to stop, and stop them."""
    if request.method == "POST":
        channel = stop(actor=Actor.system("unsubscribe"), token=token)
    else:
        channel = channel_of_token(token)
    # one that waits for its proof gets the mails of that
    gets_mails = channel.state in {Channel.State.ACTIVE, Channel.State.UNVERIFIED}
    context = {"stopped": not gets_mails, "refused": channel.state == Channel.State.DISABLED}
    return render(request, "alerts/unsubscribe.html", context)
