"""Accounts elsewhere that a person may sign in with: OpenID Connect, stricter than allauth's."""

from __future__ import annotations

import secrets
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.providers.base import ProviderException
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare


class OpenIDProvider(OpenIDConnectProvider):  # type: ignore[misc]  # allauth is untyped
    """OpenID Connect with a nonce, one subject in all answers, and addresses proven only where it says so."""

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **kwargs: Any
    ) -> HttpResponse:
        """Send the browser there, with a nonce that must come back inside the identity token."""
        nonce = secrets.token_urlsafe(24)
        asked = {**(kwargs.pop("auth_params", None) or self.get_auth_params()), "nonce": nonce}
        answer: HttpResponse = super().redirect(
            request, process, next_url, data, auth_params=asked, nonce=nonce, **kwargs
        )
        return answer

    def is_answer(self, sociallogin: Any) -> bool:
        """Tell whether an identity answers the question that this browser asked."""
        asked = sociallogin.state.get("nonce") or ""
        told = sociallogin.account.extra_data.get("id_token", {}).get("nonce")
        return bool(asked) and isinstance(told, str) and constant_time_compare(asked, told)

    def sociallogin_from_response(self, request: HttpRequest, response: dict[str, Any]) -> Any:
        """Read the identity.

        Raises:
            ProviderException: there is no identity token, or the two answers speak of two people.
        """
        subjects = {str(part.get("sub") or "") for part in response.values()}
        if "id_token" not in response or len(subjects) != 1 or "" in subjects:
            raise ProviderException("The provider's answers do not name one subject.")
        return super().sociallogin_from_response(request, response)

    def extract_email_addresses(self, data: dict[str, Any]) -> list[EmailAddress]:
        """Read the address; it is proven only where the provider says exactly that."""
        claims = data.get("userinfo") or data["id_token"]
        email = claims.get("email")
        if not isinstance(email, str) or "@" not in email:
            return []
        verified = claims.get("email_verified") is True or claims.get("email_verified") == "true"
        return [EmailAddress(email=email.strip().lower(), verified=verified, primary=True)]
