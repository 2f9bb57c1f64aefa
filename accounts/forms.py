"""Forms of the pages about people."""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.models import Scope, User
from accounts.services.personal_tokens import MAX_NAME
from accounts.services.support import LONGEST_MINUTES
from core import clock
from core.clock import time_zones
from core.money import MINOR_UNITS

if TYPE_CHECKING:  # Django's model forms are generic to mypy only
    _UserForm = forms.ModelForm[User]
else:
    _UserForm = forms.ModelForm


LOCALES = [
    ("en", _("English")),
    ("en-GB", _("English (United Kingdom)")),
    ("en-US", _("English (United States)")),
    ("de-DE", _("German (Germany)")),
    ("de-AT", _("German (Austria)")),
    ("de-CH", _("German (Switzerland)")),
]
CURRENCIES = [(code, code) for code in sorted(MINOR_UNITS)]


class SignupForm(forms.Form):
    """What our sign-up page asks beyond allauth's fields; the browser fills in the time zone."""

    field_order = ["email", "password1", "base_currency", "time_zone"]

    base_currency = forms.ChoiceField(
        label=_("Base currency"),
        help_text=_("Your net worth is shown in it."),
        choices=CURRENCIES,
        initial="EUR",
    )
    time_zone = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def clean_time_zone(self) -> str:
        """Take UTC where the browser told nothing that we know."""
        value: str = self.cleaned_data["time_zone"]
        return value if value in time_zones() else "UTC"

    def signup(self, request: HttpRequest, user: User) -> None:
        """Do nothing more: allauth calls this after the account is made."""


class ProfileForm(_UserForm):
    """A person's preferences."""

    class Meta:
        model = User
        fields = ["name", "base_currency", "time_zone", "locale", "appearance", "gain_colours"]
        labels = {
            "appearance": _("Appearance"),
            "gain_colours": _("Gain and loss"),
            "locale": _("Language and formats"),
        }
        help_texts = {
            "name": _("How we address you; you may leave it out."),
            "base_currency": _("Your net worth is shown in it. ISO 4217, such as EUR."),
            "time_zone": _("When your day begins and ends, such as Europe/Berlin."),
            "locale": _("How numbers and dates are written."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["base_currency"] = forms.ChoiceField(
            label=_("Base currency"),
            help_text=self.fields["base_currency"].help_text,
            choices=CURRENCIES,
        )
        self.fields["locale"] = forms.ChoiceField(
            label=self.fields["locale"].label,
            help_text=self.fields["locale"].help_text,
            choices=_with(self.instance.locale, LOCALES),
        )
        self.fields["time_zone"] = forms.ChoiceField(
            label=_("Time zone"),
            help_text=self.fields["time_zone"].help_text,
            choices=[(name, name.replace("_", " ")) for name in sorted(time_zones())],
        )
        self.fields["name"].widget.attrs["autocomplete"] = "name"

    @property
    def changes(self) -> dict[str, str]:
        """The fields that differ from what they were."""
        return {name: self.cleaned_data[name] for name in self.changed_data}


def _with(value: str, choices: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Keep a value that was chosen over the API among the choices of the page."""
    known = {code for code, _label in choices}
    return choices if value in known else [(value, value), *choices]


class ProofForm(forms.Form):
    """The password once more, for who has one; everybody else signed in minutes ago."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        if user.has_usable_password():
            self.fields["password"] = forms.CharField(
                label=_("Your password"),
                max_length=1024,
                strip=False,
                widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
            )


class EraseForm(ProofForm):
    """The address, typed, and the password that confirm an erasure."""

    email = forms.CharField(
        label=_("Your e-mail address"), max_length=254, help_text=_("Type it to confirm.")
    )

    def clean_email(self) -> str:
        """Make sure that this is the account that is meant."""
        value: str = self.cleaned_data["email"].strip().lower()
        if value != self.user.email.lower():
            raise forms.ValidationError(_("This is not the address of this account."))
        return value


class LookForm(forms.Form):
    """Why a member of staff looks at a person's pages, and for how long."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text=_("The person reads it, and it stays in the audit log. Name no personal data."),
    )
    minutes = forms.IntegerField(
        label=_("Minutes"),
        initial=LONGEST_MINUTES,
        min_value=1,
        max_value=LONGEST_MINUTES,
        help_text=_("At most 30; end it yourself when you are done."),
    )


class MailSearchForm(forms.Form):
    """The search box above the kept mail."""

    q = forms.CharField(label=_("Subject or recipient"), required=False, max_length=200)


PASSKEY_NAME_LENGTH = 60
# What the libraries raise over an answer that no browser gives.
UNREADABLE = (AssertionError, AttributeError, LookupError, TypeError, ValueError, struct.error)


def _read(work: Callable[[], Any]) -> Any:
    """Refuse a passkey's answer that cannot be read, as one that is wrong."""
    try:
        return work()
    except UNREADABLE as error:
        raise get_adapter().validation_error("incorrect_code") from error


class LoginPasskeyForm(LoginWebAuthnForm):  # type: ignore[misc]  # allauth is untyped
    """Sign in with a passkey alone."""

    def clean_credential(self) -> Authenticator:
        """Find the passkey that answered."""
        return _read(super().clean_credential)


class AuthenticatePasskeyForm(AuthenticateWebAuthnForm):  # type: ignore[misc]  # allauth is untyped
    """Sign in with a passkey after the password."""

    def clean_credential(self) -> Authenticator:
        """Find the passkey that answered."""
        return _read(super().clean_credential)


class ReauthenticatePasskeyForm(ReauthenticateWebAuthnForm):  # type: ignore[misc]  # allauth is untyped
    """Prove oneself once more with a passkey."""

    def clean_credential(self) -> Authenticator:
        """Find the passkey that answered."""
        return _read(super().clean_credential)


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]  # allauth is untyped
    """Add a passkey: its name, and whether it signs in alone. The browser's answer comes from the script."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = forms.CharField(
            label=_("Name"),
            max_length=PASSKEY_NAME_LENGTH,
            required=False,
            help_text=_("So that you tell it from others, such as the device that keeps it."),
            widget=forms.TextInput(attrs={"autocomplete": "off"}),
        )
        alone = self.fields["passwordless"]
        alone.label = _("Sign in with it alone, without the password")
        alone.help_text = _("It then asks for your PIN, fingerprint or face each time.")
        alone.initial = True

    def clean(self) -> Any:
        """Take the new passkey, if it answers what was asked."""
        return _read(super().clean)


class EditPasskeyForm(EditWebAuthnForm):  # type: ignore[misc]  # allauth is untyped
    """Give a passkey another name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = forms.CharField(label=_("Name"), max_length=PASSKEY_NAME_LENGTH)


LIFETIMES = [
    ("7", _("7 days")),
    ("30", _("30 days")),
    ("90", _("90 days")),
    ("180", _("180 days")),
    ("365", _("A year")),
    ("never", _("Never; I will revoke it myself")),
]


class PersonalTokenForm(forms.Form):
    """A new token for a program: what it is for, what it may do, when it ends."""

    name = forms.CharField(
        label=_("Name"),
        max_length=MAX_NAME,
        help_text=_("What it is for, such as “Spreadsheet at home”."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        help_text=_("As little as the program needs. A token never gets at your password or other tokens."),
        widget=forms.CheckboxSelectMultiple,
    )
    lifetime = forms.ChoiceField(label=_("It ends after"), choices=LIFETIMES, initial="90")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scopes = self.fields["scopes"]
        assert isinstance(scopes, forms.MultipleChoiceField)
        scopes.choices = [
            (one.value, format_html("<span>{} <code>{}</code></span>", one.label, one.value)) for one in Scope
        ]

    @property
    def expires_at(self) -> datetime | None:
        """When the token ends; None for never."""
        chosen: str = self.cleaned_data["lifetime"]
        return None if chosen == "never" else clock.now() + timedelta(days=int(chosen))
