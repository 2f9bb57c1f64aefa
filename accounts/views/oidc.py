"""Sign-in by an account elsewhere: allauth's views, without the ways in which they fail."""

from __future__ import annotations

from collections.abc import Callable

from allauth.socialaccount.providers.openid_connect import views
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from requests import RequestException

from accounts.errors import ProviderUnavailable


def login(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Lead to the provider by a page of ours: the content policy lets no form post to another site.

    Raises:
        ProviderUnavailable: it does not answer.
    """
    answer = _guarded(views.login, request, provider_id)
    if not isinstance(answer, HttpResponseRedirect) or not answer.url.startswith(("https://", "http://")):
        return answer
    return render(request, "socialaccount/leave.html", {"url": answer.url, "name": settings.OIDC_NAME})


def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Take what the provider answers.

    Raises:
        ProviderUnavailable: it does not answer when it is asked who this is.
    """
    return _guarded(views.callback, request, provider_id)


def _guarded(
    view: Callable[[HttpRequest, str], HttpResponse], request: HttpRequest, provider_id: str
) -> HttpResponse:
    try:
        return view(request, provider_id)
    except (RequestException, KeyError) as error:  # a KeyError: its configuration names no such endpoint
        raise ProviderUnavailable.of(settings.OIDC_NAME) from error
