"""People: users, their sign-ins by API, tokens of their programs, and the mail of the embedded mode."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models.functions import Lower, Upper
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from core import clock
from core.fields import CurrencyField
from core.ids import uuid7


class UserManager(BaseUserManager["User"]):
    """Make users by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make a user; the address is kept in lower case, the password hashed."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make a user who may do everything in the admin."""
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})

    def get_by_natural_key(self, username: str | None) -> User:
        """Find a user by address, in any case."""
        return self.get(email__iexact=(username or "").strip())


class User(AbstractBaseUser, PermissionsMixin):
    """A person, known by their e-mail address."""

    class Appearance(models.TextChoices):
        SYSTEM = "system", _("As the device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class GainColours(models.TextChoices):
        GREEN_RED = "green-red", _("Green and red")
        BLUE_ORANGE = "blue-orange", _("Blue and orange")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(_("e-mail address"), max_length=254)
    name = models.CharField(_("name"), max_length=100, blank=True)
    base_currency = CurrencyField(_("base currency"), default="EUR")
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    locale = models.CharField(_("locale"), max_length=12, default="en")
    appearance = models.CharField(max_length=8, choices=Appearance.choices, default=Appearance.SYSTEM)
    gain_colours = models.CharField(max_length=12, choices=GainColours.choices, default=GainColours.GREEN_RED)
    is_staff = models.BooleanField(_("staff"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    # until when the person lets support look at their pages; see SupportAccess
    support_allowed_until = models.DateTimeField(null=True, blank=True, editable=False)
    date_joined = models.DateTimeField(default=timezone.now)
    # the person asked for erasure: from this instant on a task does it, and until then they may cancel
    erase_after = models.DateTimeField(_("erased after"), null=True, blank=True, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]
        permissions = [
            ("grant_role", "Can grant and revoke roles of staff"),
            ("close_user", "Can close accounts and open them again"),
            ("send_reset_link", "Can send a person the link for a new password"),
            ("end_sign_ins", "Can sign a person out everywhere"),
            ("remove_factors", "Can remove the second factors of a person who lost them"),
            ("look_at_pages", "Can look at a person's pages who allows it"),
        ]
        # what ``email__iexact`` asks, here and in allauth; and the sign-ups of a period
        indexes = [
            models.Index(Upper("email"), name="user_email_any_case"),
            models.Index(fields=["-date_joined"], name="user_joined"),
            # the beginning of an address or a name, as staff type it
            models.Index(OpClass(Upper("email"), name="varchar_pattern_ops"), name="user_email_begins"),
            models.Index(OpClass(Upper("name"), name="varchar_pattern_ops"), name="user_name_begins"),
            models.Index(
                fields=["erase_after"], condition=models.Q(erase_after__isnull=False), name="user_erase_after"
            ),
        ]

    def __str__(self) -> str:
        return self.email

    # set for the length of a request that staff make without the second factor that they need
    powers_withheld = False

    def get_all_permissions(self, obj: Any = None) -> set[str]:
        """Tell the powers of staff; none while they are withheld."""
        return set() if self.powers_withheld else super().get_all_permissions(obj)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Tell whether staff have a power, a superuser any; none while they are withheld."""
        return not self.powers_withheld and super().has_perm(perm, obj)

    def has_module_perms(self, app_label: str) -> bool:
        """Tell whether staff have any power in an app; none while they are withheld."""
        return not self.powers_withheld and super().has_module_perms(app_label)

    @property
    def language(self) -> str:
        """What Django calls the locale; the platform's own language where Django does not speak it."""
        tag = self.locale.lower()
        return tag if translation.check_for_language(tag) else settings.LANGUAGE_CODE

    def clean(self) -> None:
        """Keep the address in lower case."""
        super().clean()
        self.email = self.email.strip().lower()


class TokenFamily(models.Model):
    """One sign-in over the API, and all tokens that descend from it.

    Revoking the family refuses its access tokens and its refresh tokens at once.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="token_families")
    # Django's HMAC of the password hash: any change of the password, by whatever way, ends the family
    password_stamp = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True)
    revoked_reason = models.CharField(max_length=40, blank=True)
    address = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=300, blank=True)
    last_used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["-created_at"], name="token_family_made")]
        verbose_name = _("API sign-in")
        verbose_name_plural = _("API sign-ins")

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_open(self) -> bool:
        """Whether its tokens count: not revoked, the user active, the password still the same."""
        return (
            self.revoked_at is None
            and self.user.is_active
            and constant_time_compare(self.password_stamp, self.user.get_session_auth_hash())
        )


class RefreshToken(models.Model):
    """A refresh token, by its SHA-256. It is used once; a second use betrays a copy."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    family = models.ForeignKey(TokenFamily, on_delete=models.CASCADE, related_name="refresh_tokens")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("refresh token")
        verbose_name_plural = _("refresh tokens")

    def __str__(self) -> str:
        return str(self.id)


class ExternalIdentity(models.Model):
    """Who a user of another service is here: known by that service's id, and never by an e-mail address."""

    issuer = models.CharField(max_length=500)
    subject = models.CharField(max_length=255)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="external_identities")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="external_identity_once")]
        verbose_name = _("identity at another service")
        verbose_name_plural = _("identities at other services")

    def __str__(self) -> str:
        return str(self.user_id)


class BrowserSession(models.Model):
    """One sign-in on the pages. The session names this row; without the row it is signed out."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="browser_sessions")
    session_key = models.CharField(max_length=40, db_index=True, blank=True)
    # as in TokenFamily: a session with an older stamp ended with the password it was made with
    password_stamp = models.CharField(max_length=64)
    address = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("browser session")
        verbose_name_plural = _("browser sessions")

    def __str__(self) -> str:
        return str(self.id)


class RefusedSignIns(models.Model):
    """How many sign-ins were refused on a day (UTC), and why; it names nobody."""

    class Kind(models.TextChoices):
        WRONG = "wrong", _("Wrong password or code")
        BLOCKED = "blocked", _("Too many attempts")

    day = models.DateField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    count = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "kind"], name="refused_sign_ins_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.kind}"


class KnownOrigin(models.Model):
    """A device and a network that an account signed in from; it goes when unused for long."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="known_origins")
    device = models.CharField(max_length=80)
    network = models.CharField(max_length=45)
    last_seen_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "device", "network"], name="known_origin_once"),
        ]

    def __str__(self) -> str:
        return f"{self.device}, {self.network}"


class Scope(models.TextChoices):
    """What a personal access token may do. The part before the colon is an area of the API."""

    PROFILE_READ = "profile:read", _("See your name, e-mail address and settings")
    PROFILE_WRITE = "profile:write", _("Change your name and settings")
    PORTFOLIOS_READ = "portfolios:read", _("See your portfolios, transactions, values and performance")
    PORTFOLIOS_WRITE = "portfolios:write", _("Create, change and delete portfolios and transactions; import")
    MARKET_READ = "market:read", _("See instruments, prices and exchange rates, yours and the public ones")
    MARKET_WRITE = "market:write", _("Change your own instruments, their prices and your exchange rates")
    ALERTS_READ = "alerts:read", _("See your alerts and what you were told")
    ALERTS_WRITE = "alerts:write", _("Make, pause and delete alerts; mark what you were told as read")


class PersonalAccessToken(models.Model):
    """A token that a person made for a program of theirs, by its SHA-256. It was shown once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="personal_access_tokens")
    name = models.CharField(_("name"), max_length=100)
    # its first characters, by which a person recognises it; too few to guess the rest by
    beginning = models.CharField(_("begins with"), max_length=20)
    token_hash = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=40), verbose_name=_("scopes"))
    created_at = models.DateTimeField(default=timezone.now)
    # none: it ends when it is revoked
    expires_at = models.DateTimeField(null=True)
    # to the minute: not every request writes it
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("personal access token")
        verbose_name_plural = _("personal access tokens")
        constraints = [
            models.CheckConstraint(condition=~models.Q(scopes=[]), name="personal_token_has_a_scope")
        ]
        indexes = [models.Index(fields=["user", "-created_at"], name="personal_token_of_user")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= clock.now()

    @property
    def is_open(self) -> bool:
        """Whether it counts: neither revoked nor expired, the user active."""
        return self.revoked_at is None and not self.is_expired and self.user.is_active


SUPPORT_LONGEST = timedelta(minutes=30)


class SupportAccess(models.Model):
    """A member of staff looks at the pages of a person who lets them, for at most half an hour."""

    class End(models.TextChoices):
        DONE = "done", _("Ended by staff")
        EXPIRED = "expired", _("Time was up")
        WITHDRAWN = "withdrawn", _("Ended by you")
        REFUSED = "refused", _("No longer allowed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # the row is the person's and goes with them; who looked may be gone before
    staff = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="support_accesses")
    reason = models.CharField(_("reason"), max_length=400)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    ends_at = models.DateTimeField(_("ends at the latest"))
    ended_at = models.DateTimeField(_("ended"), null=True)
    end = models.CharField(_("how it ended"), max_length=10, choices=End.choices, blank=True)
    pages = models.PositiveIntegerField(_("pages"), default=0)

    class Meta:
        verbose_name = _("look of support")
        verbose_name_plural = _("looks of support")
        constraints = [
            models.UniqueConstraint(
                fields=["staff"], condition=models.Q(ended_at=None), name="support_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=models.Q(ends_at__lte=models.F("started_at") + SUPPORT_LONGEST),
                name="support_half_an_hour",
            ),
        ]
        indexes = [models.Index(fields=["person", "-started_at"], name="support_of_person")]

    def __str__(self) -> str:
        return str(self.id)


class StoredMail(models.Model):
    """A mail that the embedded mode kept instead of sending it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    sent_at = models.DateTimeField(default=timezone.now, db_index=True)
    sender = models.CharField(_("from"), max_length=320)
    recipients = models.JSONField(_("to"))
    subject = models.CharField(_("subject"), max_length=998, blank=True)
    text = models.TextField(_("text"), blank=True)
    html = models.TextField(_("HTML"), blank=True)

    class Meta:
        verbose_name = _("stored mail")
        verbose_name_plural = _("stored mail")

    def __str__(self) -> str:
        return self.subject
