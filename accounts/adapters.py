"""What we change in allauth's flows: they write through our services and our guard."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.translation import get_language

from accounts import selectors, services
from accounts.domain import canonical_locale, primary_language
from accounts.errors import EmailTaken
from accounts.models import User
from accounts.services import NewUser, factors, guard
from core import context
from core.actor import Actor
from core.errors import RateLimited


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """Sign-up, sign-in and passwords of the pages."""

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Make the account from the sign-up form."""
        data = form.cleaned_data
        profile = NewUser(
            base_currency=data["base_currency"],
            time_zone=data["time_zone"],
            locale=_locale(request),
        )
        try:
            return services.create_user(email=data["email"], password=data["password1"], profile=profile)
        except EmailTaken as error:  # somebody was faster between the form's check and now
            messages.error(request, self.error_messages["email_taken"])
            raise ImmediateHttpResponse(redirect("account_signup")) from error

    def get_client_ip(self, request: HttpRequest) -> str:
        """Tell the caller's address as the rest of the platform sees it."""
        return context.current().address or str(super().get_client_ip(request))

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt with our guard, the same as the API does."""
        try:
            self._attempt = guard.admit(str(credentials.get("email", "")))
        except RateLimited as error:
            raise self.validation_error("too_many_login_attempts") from error

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Check the password; the guard forgets the failures when it is right."""
        user: User | None = super().authenticate(request, **credentials)
        if user is not None:
            self._attempt.succeeded()
        return user

    def set_password(self, user: User, password: str) -> None:
        """Give the user a new password; their other sessions and API sign-ins end."""
        services.set_password(actor=Actor.user(user), user=user, password=password)

    def confirm_email(self, request: HttpRequest, email_address: Any) -> bool:
        """Take the address as proven, unless another account has come to use it since."""
        if selectors.is_email_taken(email_address.email, besides=email_address.user_id):
            messages.error(request, self.error_messages["email_taken"])
            return False
        return bool(super().confirm_email(request, email_address))

    def login(self, request: HttpRequest, user: User) -> None:
        """Open the session and record it."""
        super().login(request, user)
        services.session_started(user=user)

    def logout(self, request: HttpRequest) -> None:
        """Close the session and record it."""
        user = request.user
        super().logout(request)
        if isinstance(user, User):
            services.session_ended(user=user)


def _locale(request: HttpRequest) -> str:
    """Tell the browser's own tag of the language that the page is shown in, so that its region counts."""
    language = primary_language(get_language() or "en")
    wanted = request.headers.get("Accept-Language", "").split(",")
    tags = (canonical_locale(one.split(";")[0].strip()) for one in wanted)
    return next((tag for tag in tags if tag and primary_language(tag) == language), language)


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth is untyped
    """Secrets of authenticator apps and recovery codes, encrypted at rest."""

    def encrypt(self, text: str) -> str:
        """Encrypt a secret before it is stored."""
        return factors.encrypted(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Read a stored secret; one that no key opens stops the sign-in with a sentence."""
        return factors.decrypted(encrypted_text)
