"""What we change in allauth's flows: they write through our services and our guard."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.models import EmailAddress
from allauth.core import context as allauth_context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from requests import RequestException

from accounts import selectors, services
from accounts.domain import canonical_locale, primary_language
from accounts.errors import EmailTaken, ProviderUnavailable
from accounts.models import User
from accounts.providers.openid import OpenIDProvider
from accounts.selectors import AFTER_PROOF, SESSION_MARK
from accounts.services import NewUser, factors, guard
from core import context
from core.actor import Actor
from core.errors import Overloaded, RateLimited

EMAIL_CHANGED = "account/email/email_changed"
# What allauth tells a user by mail, and what the audit log is told with it.
AUDITED = {
    "mfa/email/totp_activated": ("user.factor_added", "totp"),
    "mfa/email/totp_deactivated": ("user.factor_removed", "totp"),
    "mfa/email/webauthn_added": ("user.factor_added", "passkey"),
    "mfa/email/webauthn_removed": ("user.factor_removed", "passkey"),
    "mfa/email/recovery_codes_generated": ("user.factor_added", "recovery_codes"),
    "socialaccount/email/account_connected": ("user.account_connected", ""),
    "socialaccount/email/account_disconnected": ("user.account_disconnected", ""),
    EMAIL_CHANGED: ("user.email_changed", ""),
}
OWN_PASSWORD_PAGES = {"account_change_password", "account_set_password"}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """Sign-up, sign-in and passwords of the pages."""

    _attempt: guard.Attempt | None = None

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
        """Check the password; the guard forgets the failures when it is right.

        Raises:
            Overloaded: too many sign in at this moment; it counts as no guess.
        """
        try:
            user: User | None = super().authenticate(request, **credentials)
        except Overloaded:
            if self._attempt is not None:
                self._attempt.withdrawn()
            raise
        if self._attempt is not None:
            if user is None:
                self._attempt.failed()
            else:
                self._attempt.succeeded()
        return user

    def set_password(self, user: User, password: str) -> None:
        """Give the user a new password; their other sessions and API sign-ins end, and perhaps tokens."""
        services.set_password(
            actor=Actor.user(user),
            user=user,
            password=password,
            revoke_tokens=_ends_tokens(allauth_context.request),
        )

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Take the address as proven, unless another account has come to use it since."""
        if selectors.is_email_taken(email_address.email, besides=email_address.user_id):
            messages.error(request, self.error_messages["email_taken"])
            return False
        former = selectors.proven_address(email_address.user)
        confirmed = bool(super().confirm_email(request, email_address))
        if confirmed and former and former != email_address.email:
            # its row is gone by now, so that it does not count as proven any more
            details = {"from_email": former, "to_email": email_address.email}
            super().send_notification_mail(EMAIL_CHANGED, email_address.user, details, former)
        return confirmed

    def login(self, request: HttpRequest, user: User) -> None:
        """Open the session and record it."""
        super().login(request, user)
        key = request.session.session_key or ""
        request.session[SESSION_MARK] = str(services.session_started(user=user, session_key=key))

    def logout(self, request: HttpRequest) -> None:
        """Close the session and record it."""
        user, mark = request.user, request.session.get(SESSION_MARK)
        super().logout(request)
        if isinstance(user, User):
            services.session_ended(user=user, session_id=UUID(mark) if mark else None)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """List the ways to prove oneself again, in our words."""
        words = {
            "reauthenticate": _("Use your password"),
            "mfa_reauthenticate": _("Use a code of your authenticator app, or a recovery code"),
            "mfa_reauthenticate:webauthn": _("Use a passkey"),
        }
        methods = super().get_reauthentication_methods(user)
        return [{**one, "description": words.get(one["id"], one["description"])} for one in methods]

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Go back to where the change began."""
        return reverse("settings-security")

    def get_email_verification_redirect_url(self, email_address: EmailAddress) -> str:
        """Go on to the page that says whether the address is proven."""
        if self.request.user.is_authenticated:
            return str(self.request.session.pop(AFTER_PROOF, "") or reverse("settings-security"))
        return str(super().get_email_verification_redirect_url(email_address))

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Audit what happened, and tell the user; an address that is not proven gets no mail."""
        if template_prefix in AUDITED:
            verb, kind = AUDITED[template_prefix]
            services.security_changed(user=user, verb=verb, kind=kind)
        address = email or EmailAddress.objects.get_primary_email(user)
        if address and selectors.is_address_proven(user, address):
            super().send_notification_mail(template_prefix, user, context, address)


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth is untyped
    """Second factors and passkeys; what is secret of them is encrypted at rest."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("That did not prove that it is you. Try again."),
        "unverified_email": gettext_lazy("Prove your e-mail address first: open the link that we sent you."),
    }

    def _get_site_name(self) -> str:
        return "Florin"

    def generate_authenticator_name(self, user: User, type: str) -> str:  # noqa: A002  # allauth's name
        """Suggest a name: the device that asks, as the list of sessions calls it."""
        name = selectors.device_words(context.current().agent)
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return f"{name} ({count + 1})" if count else name

    def encrypt(self, text: str) -> str:
        """Encrypt a secret before it is stored."""
        return factors.encrypted(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Read a stored secret; one that no key opens stops the sign-in with a sentence."""
        return factors.decrypted(encrypted_text)


class EmailBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth is untyped
    """Check an address and a password with one read and one hash, whether or not there is an account."""

    def _authenticate_by_email(self, email: str, password: str) -> User | None:
        # allauth looks in two tables, and in the second only where the first knows nobody
        found: User | None = self._check_password(selectors.user_by_email(email), password)
        return found


def _ends_tokens(request: HttpRequest | None) -> bool:
    """Tell whether personal access tokens end with the old password.

    They do where it was reset by mail, for then somebody else may have been in the account; who knows
    the old one chooses.
    """
    match = request.resolver_match if request is not None else None
    if request is None or match is None or match.url_name not in OWN_PASSWORD_PAGES:
        return True
    return request.POST.get("revoke_tokens") == "on"


def _locale(request: HttpRequest) -> str:
    """Tell the browser's own tag of the language that the page is shown in, so that its region counts."""
    language = primary_language(get_language() or "en")
    wanted = request.headers.get("Accept-Language", "").split(",")
    tags = (canonical_locale(one.split(";")[0].strip()) for one in wanted)
    return next((tag for tag in tags if tag and primary_language(tag) == language), language)


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """Sign-in by an account elsewhere: it never takes over an account here by an address alone."""

    error_messages = {
        **DefaultSocialAccountAdapter.error_messages,
        "no_password": gettext_lazy("Set a password first: without it you could not sign in any more."),
    }

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> Any:
        """Find the provider; OpenID Connect in our stricter kind."""
        found = super().get_provider(request, provider, client_id)
        return OpenIDProvider(request, app=found.app) if found.id == OpenIDProvider.id else found

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Refuse an answer to another question than ours, and an address that has an account here."""
        if not sociallogin.provider.is_answer(sociallogin):
            raise ImmediateHttpResponse(self._page(request, sociallogin, "authentication_error", 401))
        if sociallogin.is_existing or sociallogin.state.get("process") == "connect":
            return
        for address in sociallogin.email_addresses:
            if address.verified:
                services.release_address(email=address.email)
        if any(selectors.is_email_claimed(one.email) for one in sociallogin.email_addresses):
            raise ImmediateHttpResponse(self._page(request, sociallogin, "address_taken", 409))

    def authenticate_by_email(self, sociallogin: Any) -> tuple[User, str] | None:
        """Find the account of an address that is proven there and here, where the provider is trusted so far.

        Here too, because somebody else may have signed up with an address that is not theirs.
        """
        if not settings.OIDC_TRUST_EMAIL:
            return None
        for address in sociallogin.email_addresses:
            user = selectors.user_by_email(address.email) if address.verified else None
            if user is not None and selectors.is_email_verified(user):
                return user, address.email
        return None

    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> User:
        """Make the account of somebody who signs in by their account elsewhere for the first time."""
        asked = form.cleaned_data if form else {}
        known = {"name": _text(sociallogin.account.extra_data, "name"), "locale": _locale(request)}
        profile = NewUser(
            **known, **{one: asked[one] for one in ("base_currency", "time_zone") if one in asked}
        )
        email = asked.get("email") or sociallogin.email_addresses[0].email
        try:
            user = services.create_user(email=email, password=None, profile=profile)
        except EmailTaken as error:  # somebody was faster between the check and now
            raise ImmediateHttpResponse(self._page(request, sociallogin, "address_taken", 409)) from error
        sociallogin.user = user
        sociallogin.save(request)
        return user

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> User:
        """Suggest the address; the rest is taken when the account is made."""
        user: User = sociallogin.user
        user.email = str(data.get("email") or "")
        return user

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """Say it where the provider is what failed.

        Raises:
            ProviderUnavailable: it does not answer, or with an error of its own.
        """
        super().on_authentication_error(request, provider, error, exception, extra_context)
        if isinstance(exception, RequestException):
            raise ProviderUnavailable.of(provider.name) from exception

    def _page(self, request: HttpRequest, sociallogin: Any, name: str, status: int) -> Any:
        context = {"provider": sociallogin.provider}
        return render(request, f"socialaccount/{name}.html", context, status=status)


def _text(data: dict[str, Any], claim: str) -> str:
    """Read a claim of an identity, of the length that we keep; what is no text counts as nothing."""
    value = {**data.get("id_token", {}), **data.get("userinfo", {})}.get(claim)
    return value.strip()[:100] if isinstance(value, str) else ""
