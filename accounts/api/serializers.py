"""JSON shapes of people."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts import selectors
from accounts.models import User
from accounts.selectors import SignIn
from accounts.services import TokenPair

MAX_PASSWORD = 1024


class PasswordField(serializers.CharField):
    """A password as it was typed: nothing is cut off its ends."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, write_only=True, max_length=MAX_PASSWORD, **kwargs)


class SignUpSerializer(serializers.Serializer[Any]):
    """The body of a sign-up; the preferences may be left out."""

    email = serializers.CharField(max_length=254)
    password = PasswordField()
    name = serializers.CharField(max_length=100, required=False, allow_blank=True)
    base_currency = serializers.CharField(max_length=12, required=False)
    time_zone = serializers.CharField(max_length=64, required=False)
    locale = serializers.CharField(max_length=12, required=False)


class SignInSerializer(serializers.Serializer[Any]):
    """The body of a sign-in; `code` only where the user has a second factor."""

    email = serializers.CharField(max_length=254)
    password = PasswordField()
    code = serializers.CharField(
        max_length=32,
        required=False,
        allow_blank=True,
        help_text="Code of the authenticator app, or a recovery code; asked for by the error mfa-required.",
    )


class RefreshSerializer(serializers.Serializer[Any]):
    """A refresh token to exchange."""

    refresh_token = serializers.CharField(max_length=4096)


class SignOutSerializer(serializers.Serializer[Any]):
    """Which sign-in to end; without a refresh token, that of the access token."""

    refresh_token = serializers.CharField(max_length=4096, required=False)


class TokenSerializer(serializers.Serializer[TokenPair]):
    """A pair of tokens."""

    access_token = serializers.CharField(source="access")
    token_type = serializers.ChoiceField(choices=["bearer"], default="bearer")
    refresh_token = serializers.CharField(source="refresh")
    expires_in = serializers.IntegerField(help_text="Seconds for which the access token is valid.")


class ErasureSerializer(serializers.Serializer[Any]):
    """The password that confirms what cannot be undone."""

    password = PasswordField()


class SignInRowSerializer(serializers.Serializer[SignIn]):
    """One place where a user is signed in."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(
        choices=["browser", "api"], help_text="A session of the pages, or a sign-in with tokens."
    )
    device = serializers.CharField(help_text="In words, out of the user agent.")
    address = serializers.CharField(help_text="The network address it was last seen at; empty if unknown.")
    first_seen_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField(help_text="Exact to five minutes.")
    is_current = serializers.BooleanField(help_text="Whether this call is made with it.")


class ProfileSerializer(serializers.ModelSerializer[User]):
    """A user, as they see themselves."""

    email_verified = serializers.SerializerMethodField()
    mfa_enabled = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = [
            "id",
            "email",
            "email_verified",
            "name",
            "base_currency",
            "time_zone",
            "locale",
            "appearance",
            "gain_colours",
            "mfa_enabled",
            "is_staff",
            "date_joined",
        ]
        read_only_fields = fields

    def get_email_verified(self, user: User) -> bool:
        """Tell whether the address is proven."""
        return selectors.is_email_verified(user)

    def get_mfa_enabled(self, user: User) -> bool:
        """Tell whether the password alone does not sign in."""
        return selectors.has_second_factor(user)


class ProfileChangeSerializer(serializers.Serializer[Any]):
    """Preferences to change; what is left out stays."""

    default_error_messages = {"read_only": _("This cannot be changed here.")}

    name = serializers.CharField(max_length=100, required=False, allow_blank=True)
    base_currency = serializers.CharField(max_length=12, required=False, help_text="ISO 4217, such as EUR.")
    time_zone = serializers.CharField(max_length=64, required=False, help_text="IANA, such as Europe/Berlin.")
    locale = serializers.CharField(max_length=12, required=False, help_text="BCP 47, such as de-DE.")
    appearance = serializers.ChoiceField(choices=User.Appearance.choices, required=False)
    gain_colours = serializers.ChoiceField(choices=User.GainColours.choices, required=False)

    def to_internal_value(self, data: Any) -> Any:
        """Read the body; a field that nobody can change is named, not passed over."""
        strangers = sorted(set(data) - set(self.fields)) if isinstance(data, dict) else []
        if strangers:
            message = self.error_messages["read_only"]
            raise serializers.ValidationError({one: [message] for one in strangers}, code="read_only")
        return super().to_internal_value(data)
