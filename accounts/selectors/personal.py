"""What the accounts keep of a person, told as tables: no password, no secret and no hash of one."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount

from accounts.models import (
    BrowserSession,
    ExternalIdentity,
    KnownOrigin,
    PersonalAccessToken,
    SupportAccess,
    TokenFamily,
    User,
)
from core.personal import table
from core.ports import Loss, PersonalTable, erasure_losses

_PROFILE = (
    "id", "email", "name", "base_currency", "time_zone", "locale", "appearance", "gain_colours",
    "is_staff", "is_superuser", "is_active", "date_joined", "last_login", "erase_after",
    "support_allowed_until",
)  # fmt: skip
_TOKEN = ("id", "name", "beginning", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")


def tables_of(user_id: UUID) -> Iterator[PersonalTable]:
    """Tell who a person is here, how and where they sign in, and what they may do."""
    yield table("profile", User.objects.filter(pk=user_id), _PROFILE)
    yield from _ways_in(user_id)
    yield from _sign_ins(user_id)
    yield from _rights(user_id)


def _ways_in(user_id: UUID) -> Iterator[PersonalTable]:
    addresses = EmailAddress.objects.filter(user_id=user_id).order_by("pk")
    yield table("email_addresses", addresses, ("email", "verified", "primary"))
    factors = Authenticator.objects.filter(user_id=user_id).order_by("pk")
    yield table("second_factors", factors, ("type", ("name", "data__name"), "created_at", "last_used_at"))
    connected = SocialAccount.objects.filter(user_id=user_id).order_by("pk")
    columns = ("provider", ("id_there", "uid"), "date_joined", "last_login", ("told", "extra_data"))
    yield table("connected_accounts", connected, columns)
    identities = ExternalIdentity.objects.filter(user_id=user_id).order_by("pk")
    yield table("identities_elsewhere", identities, ("issuer", "subject", "created_at"))


def _sign_ins(user_id: UUID) -> Iterator[PersonalTable]:
    browsers = BrowserSession.objects.filter(user_id=user_id).order_by("created_at", "pk")
    yield table("browser_sessions", browsers, ("id", "created_at", "last_seen_at", "address", "agent"))
    families = TokenFamily.objects.filter(user_id=user_id).order_by("created_at", "pk")
    columns = ("id", "created_at", "last_used_at", "revoked_at", "revoked_reason", "address", "agent")
    yield table("api_sign_ins", families, columns)
    tokens = PersonalAccessToken.objects.filter(user_id=user_id).order_by("created_at", "pk")
    yield table("personal_access_tokens", tokens, _TOKEN)
    origins = KnownOrigin.objects.filter(user_id=user_id).order_by("pk")
    yield table("known_origins", origins, ("device", "network", "last_seen_at"))


def _rights(user_id: UUID) -> Iterator[PersonalTable]:
    groups = User.groups.through.objects.filter(user_id=user_id).order_by("pk")
    yield table("roles", groups, (("role", "group__name"),))
    looks = SupportAccess.objects.filter(person_id=user_id).order_by("started_at", "pk")
    yield table(
        "looks_of_support", looks, ("id", "reason", "started_at", "ends_at", "ended_at", "end", "pages")
    )
    own = User.user_permissions.through.objects.filter(user_id=user_id).order_by("pk")
    yield table("permissions", own, (("permission", "permission__codename"),))


def losses_of(user_id: UUID) -> list[Loss]:
    """Tell what goes with a person's account, as every room says it."""
    return [loss for losses in erasure_losses.collect(user_id).values() for loss in losses]
