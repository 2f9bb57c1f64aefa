"""Reads about people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.domain import device_of
from accounts.models import BrowserSession, PersonalAccessToken, RefreshToken, StoredMail, TokenFamily, User
from core import clock
from core.errors import NotFound

# Under this key a session of the pages names its `BrowserSession`.
SESSION_MARK = "florin_session"
# Under this key a page leaves its path that somebody comes back to once they have proven their address.
AFTER_PROOF = "after_proof"


@dataclass(frozen=True, slots=True)
class SignIn:
    """One place where a user is signed in: a browser, or a program with tokens."""

    id: UUID
    kind: str
    device: str
    address: str
    first_seen_at: datetime
    last_seen_at: datetime
    is_current: bool


@dataclass(frozen=True, slots=True)
class Factors:
    """A user's second factors: the app, how many passkeys, and how many recovery codes are left."""

    app: bool
    passkeys: int
    codes_left: int

    @property
    def is_on(self) -> bool:
        """Whether the password alone does not sign in."""
        return self.app or self.passkeys > 0


def user_by_email(email: str) -> User | None:
    """Find the account of an address, in any case; None when there is none."""
    return User.objects.filter(email__iexact=email.strip()).first()


def is_email_taken(email: str, *, besides: UUID | None = None) -> bool:
    """Tell whether another account than `besides` uses the address, or has proven that it is theirs."""
    users = User.objects.filter(email__iexact=email.strip())
    proven = EmailAddress.objects.filter(email=email.strip().lower(), verified=True)
    if besides is not None:
        users, proven = users.exclude(pk=besides), proven.exclude(user_id=besides)
    return users.exists() or proven.exists()


def is_email_claimed(email: str) -> bool:
    """Tell whether an account uses the address, or waits to prove it."""
    return is_email_taken(email) or EmailAddress.objects.filter(email=email.strip().lower()).exists()


def is_email_verified(user: User) -> bool:
    """Tell whether the user has proven that the address is theirs."""
    return is_address_proven(user, user.email)


def is_address_proven(user: User, address: str) -> bool:
    """Tell whether a user has proven that this address is theirs."""
    rows = EmailAddress.objects.filter(user_id=user.pk, email=address.lower(), verified=True)
    return bool(rows.exists())


def proven_address(user: User) -> str | None:
    """Tell the address that a user has proven; None where there is none."""
    rows = EmailAddress.objects.filter(user_id=user.pk, verified=True).order_by("-primary")
    found: str | None = rows.values_list("email", flat=True).first()
    return found


def proven_addresses(user_id: UUID) -> list[str]:
    """List the addresses that a user has proven, in lower case."""
    return list(EmailAddress.objects.filter(user_id=user_id, verified=True).values_list("email", flat=True))


def all_addresses(user_id: UUID) -> set[str]:
    """List the addresses that a user has or wants, proven or not, in lower case."""
    rows = EmailAddress.objects.filter(user_id=user_id).values_list("email", flat=True)
    own = User.objects.filter(pk=user_id).values_list("email", flat=True)
    return {address.lower() for address in (*rows, *own)}


def language_at(address: str) -> str | None:
    """Tell the language of whoever has proven an address; None where nobody has."""
    rows = EmailAddress.objects.filter(email=address.lower(), verified=True).select_related("user")
    found = rows.first()
    return found.user.language if found is not None else None


def user_at(address: str) -> UUID | None:
    """Tell who has proven an address; None where nobody has."""
    rows = EmailAddress.objects.filter(email=address.lower(), verified=True)
    found: UUID | None = rows.values_list("user_id", flat=True).first()
    return found


def address_being_proven(user: User) -> str | None:
    """Tell the new address that a user has yet to prove; None where there is none."""
    rows = EmailAddress.objects.filter(user_id=user.pk, verified=False).exclude(email=user.email.lower())
    found: str | None = rows.values_list("email", flat=True).first()
    return found


def second_factors(user: User) -> list[Authenticator]:
    """List what the user can prove a sign-in with besides the password: authenticator app, recovery codes."""
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)
    return list(Authenticator.objects.filter(user_id=user.pk, type__in=kinds).order_by("-type"))


def has_second_factor(user: User) -> bool:
    """Tell whether the password alone does not sign in; recovery codes alone do not count."""
    return bool(factor_kinds(user) & {Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN})


def lacks_staff_factor(user: User) -> bool:
    """Tell whether a member of staff has yet to set up the second factor that staff need here."""
    return settings.STAFF_REQUIRE_MFA and user.is_staff and not has_second_factor(user)


def factor_kinds(user: User) -> set[str]:
    """Tell which second factors a user has: ``totp``, ``webauthn``, ``recovery_codes``."""
    return set(Authenticator.objects.filter(user_id=user.pk).values_list("type", flat=True))


def open_family(family_id: UUID) -> TokenFamily | None:
    """Find an API sign-in whose tokens still count, with its user: one indexed read."""
    family = TokenFamily.objects.select_related("user").filter(pk=family_id).first()
    return family if family is not None and family.is_open else None


def personal_tokens(user_id: UUID) -> QuerySet[PersonalAccessToken]:
    """List a user's own tokens that they have not revoked, newest first; those that expired too."""
    own = PersonalAccessToken.objects.filter(user_id=user_id, revoked_at__isnull=True)
    return own.order_by("-created_at", "-id")


def personal_token(user_id: UUID, token_id: UUID) -> PersonalAccessToken:
    """Find one of a user's own tokens.

    Raises:
        NotFound: there is none, it is revoked, or it is somebody else's.
    """
    token = personal_tokens(user_id).filter(pk=token_id).first()
    if token is None:
        raise NotFound
    return token


def open_personal_token(token_hash: str) -> PersonalAccessToken | None:
    """Find a token that counts by its SHA-256, with its user: one indexed read."""
    token = PersonalAccessToken.objects.select_related("user").filter(token_hash=token_hash).first()
    return token if token is not None and token.is_open else None


def stored_mails(search: str = "") -> QuerySet[StoredMail]:
    """List kept mail, newest first; `search` looks at subject and recipients."""
    mails = StoredMail.objects.order_by("-sent_at", "-id")
    if search:
        mails = mails.filter(Q(subject__icontains=search) | Q(recipients__icontains=search))
    return mails


def erasures_due() -> list[UUID]:
    """List the accounts whose erasure was asked for and not cancelled in time, the oldest first."""
    rows = User.objects.filter(erase_after__lte=clock.now()).order_by("erase_after", "pk")
    return list(rows.values_list("pk", flat=True))


def sign_ups_within(period: timedelta) -> int:
    """Count the accounts made in the last `period`."""
    return User.objects.filter(date_joined__gte=clock.now() - period).count()


def sign_ins(user: User, *, current: UUID | None) -> list[SignIn]:
    """List where a user is signed in, the one that asks first, then by last use."""
    stamp, now = user.get_session_auth_hash(), clock.now()
    stored = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=now)
    browsers = BrowserSession.objects.filter(Exists(stored), user=user, password_stamp=stamp)
    usable = RefreshToken.objects.filter(family=OuterRef("pk"), used_at__isnull=True, expires_at__gt=now)
    families = TokenFamily.objects.filter(
        Exists(usable), user=user, password_stamp=stamp, revoked_at__isnull=True
    )
    rows = [_sign_in("browser", one, one.last_seen_at, current) for one in browsers]
    rows += [_sign_in("api", one, one.last_used_at, current) for one in families]
    return sorted(rows, key=lambda row: (row.is_current, row.last_seen_at), reverse=True)


def _sign_in(
    kind: str, row: BrowserSession | TokenFamily, last_seen_at: datetime, current: UUID | None
) -> SignIn:
    return SignIn(
        id=row.pk,
        kind=kind,
        device=device_words(row.agent),
        address=row.address or "",
        first_seen_at=row.created_at,
        last_seen_at=last_seen_at,
        is_current=row.pk == current,
    )


def device_words(agent: str) -> str:
    """Tell the device of a user agent in words: “Firefox on Windows”."""
    device = device_of(agent)
    if device.program and device.system:
        return _("%(program)s on %(system)s") % {"program": device.program, "system": device.system}
    return device.program or device.system or _("Unknown device")


def connected_accounts(user: User) -> list[SocialAccount]:
    """List the accounts elsewhere that a user may sign in with."""
    return list(SocialAccount.objects.filter(user_id=user.pk).order_by("date_joined"))


def account_words(account: SocialAccount) -> str:
    """Tell an account elsewhere by what its person knows it by: its address, else its number there."""
    claims = {**account.extra_data.get("id_token", {}), **account.extra_data.get("userinfo", {})}
    return str(claims.get("email") or claims.get("preferred_username") or account.uid)


def factors(user: User) -> Factors:
    """Tell a user's second factors."""
    rows = list(Authenticator.objects.filter(user_id=user.pk))
    codes = [row for row in rows if row.type == Authenticator.Type.RECOVERY_CODES]
    return Factors(
        app=any(row.type == Authenticator.Type.TOTP for row in rows),
        passkeys=sum(row.type == Authenticator.Type.WEBAUTHN for row in rows),
        codes_left=sum(len(row.wrap().get_unused_codes()) for row in codes),
    )
