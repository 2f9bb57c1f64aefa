"""Where notifications go besides the page: channels, and the outbox of what is on its way to them."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from alerts.models.notifications import Notification
from core.fields import EncryptedTextField
from core.ids import uuid7
from core.models import TimeStamped

# what a claim looks for
_WAITS = Q(state="pending", held=False)


class Channel(TimeStamped):
    """A way by which a person is told outside of the page.

    `config` is JSON of what its kind needs (an address, a token, the secret that signs), encrypted; `hint` is
    what of it is shown. Nothing but a proof and a test goes to it before it is verified. `topics` are the
    kinds of notifications that go there. The person's own address (`is_account`) is always where the account
    says, so that it has no config.
    """

    class Kind(models.TextChoices):
        EMAIL = "email", _("E-mail")
        WEBHOOK = "webhook", _("Webhook")
        PUSH = "push", _("This browser")
        TELEGRAM = "telegram", "Telegram"
        SLACK = "slack", "Slack"
        DISCORD = "discord", "Discord"
        NTFY = "ntfy", "ntfy"
        PUSHOVER = "pushover", "Pushover"

    class State(models.TextChoices):
        UNVERIFIED = "unverified", _("waits for its proof")
        ACTIVE = "active", _("active")
        PAUSED = "paused", _("paused")
        DISABLED = "disabled", _("stopped")

    class Digest(models.TextChoices):
        NONE = "none", _("at once")
        HOURLY = "hourly", _("once an hour")
        DAILY = "daily", _("once a day")

    class Lane(models.TextChoices):
        """What is sent side by side, so that slow servers elsewhere hold up no mail."""

        MAIL = "mail"
        WEB = "web"

    uuid = models.UUIDField(unique=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=60)
    is_account = models.BooleanField(_("address of the account"), default=False)
    config = EncryptedTextField(_("settings"), null=True)  # type: ignore[misc]  # the account's has none
    hint = models.CharField(_("leads to"), max_length=200, blank=True)
    topics = ArrayField(models.CharField(max_length=16), verbose_name=_("kinds"), default=list)
    digest = models.CharField(_("sends"), max_length=8, choices=Digest.choices, default=Digest.NONE)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.UNVERIFIED)
    reason = models.CharField(_("why it stopped"), max_length=200, blank=True)
    # what staff stopped only staff let go on
    stopped_by_staff_at = models.DateTimeField(_("stopped by staff"), null=True)
    verified_at = models.DateTimeField(_("verified"), null=True)
    # the code that proves it, hashed; tries are counted
    proof = models.CharField(max_length=128, blank=True)
    proof_until = models.DateTimeField(null=True)
    proof_tries = models.PositiveSmallIntegerField(default=0)
    # failures in a row, and the messages of the hour that began then
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    failing_since = models.DateTimeField(null=True)
    rests_until = models.DateTimeField(null=True)
    hour_began = models.DateTimeField(null=True)
    hour_sent = models.PositiveIntegerField(default=0)
    used_at = models.DateTimeField(_("last used"), null=True)

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner"], name="channel_of_account_once", condition=Q(is_account=True)
            ),
            models.CheckConstraint(
                condition=Q(is_account=True, kind="email") | Q(is_account=False, config__isnull=False),
                name="channel_leads_somewhere",
            ),
        ]
        indexes = [models.Index(fields=["id"], name="channel_stopped", condition=Q(state="disabled"))]

    def __str__(self) -> str:
        return f"{self.kind} {self.uuid}"

    @property
    def lane(self) -> str:
        """The `Lane` in which its deliveries leave."""
        return self.Lane.MAIL if self.kind == self.Kind.EMAIL else self.Lane.WEB


class RefusedPlace(models.Model):
    """A place whose reader wants no proofs that others have sent there: a keyed hash of it, and of nobody."""

    place = models.CharField(max_length=64, unique=True)
    refused_at = models.DateTimeField()

    class Meta:
        verbose_name = _("refused place")
        verbose_name_plural = _("refused places")

    def __str__(self) -> str:
        return self.place[:8]


class Delivery(models.Model):
    """A notification on its way to a channel, written in the transaction of its cause.

    `uuid` is the key by which whoever gets it twice can tell. It is due at `due_at`; whoever takes it moves
    that to where the lease ends, and finishes it only with the same `lease`. What a worker that died had
    taken is thereby due again. Without a notification it is a test or the proof of an address. What is `held`
    waits for its channel, which is paused.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("waits")
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("failed")
        DROPPED = "dropped", _("not sent")

    class Purpose(models.TextChoices):
        NOTICE = "notice", _("notification")
        TEST = "test", _("test")
        PROOF = "proof", _("proof of the address")

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    purpose = models.CharField(max_length=6, choices=Purpose.choices, default=Purpose.NOTICE)
    notification = models.ForeignKey(
        Notification, null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+", db_index=False)
    # what a proof carries, encrypted like any secret
    content = EncryptedTextField(null=True)  # type: ignore[misc]
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.PENDING)
    due_at = models.DateTimeField(_("due"))
    lease = models.UUIDField(null=True)
    lane = models.CharField(max_length=4, choices=Channel.Lane.choices, default=Channel.Lane.WEB)
    held = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    # those of them that failed on the other side
    failures = models.PositiveSmallIntegerField(default=0)
    # waits for the others of its channel: a digest, the end of quiet hours, or over the cap
    gathered = models.BooleanField(default=False)
    # which others it leaves with, for good: the key of the one message that they are
    bundle = models.UUIDField(null=True)
    error = models.CharField(_("last error"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("written"))
    done_at = models.DateTimeField(_("done"), null=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["notification", "channel"], name="delivery_once"),
            models.CheckConstraint(
                condition=Q(purpose="notice", notification__isnull=False)
                | (~Q(purpose="notice") & Q(notification=None)),
                name="delivery_has_its_notification",
            ),
        ]
        indexes = [
            models.Index(fields=["lane", "gathered", "due_at", "id"], name="delivery_due", condition=_WAITS),
            models.Index(
                fields=["lane", "gathered", "channel", "due_at", "id"],
                name="delivery_of_channel_due",
                condition=_WAITS,
            ),
            models.Index(
                fields=["channel"],
                name="delivery_leased",
                condition=Q(state="pending", lease__isnull=False),
            ),
            models.Index(fields=["channel"], name="delivery_held", condition=Q(state="pending", held=True)),
            models.Index(fields=["done_at"], name="delivery_failed", condition=Q(state="failed")),
            models.Index(fields=["done_at"], name="delivery_ended", condition=~Q(state="pending")),
            models.Index(fields=["channel", "-id"], name="delivery_channel"),
        ]

    def __str__(self) -> str:
        return f"{self.uuid} {self.state}"


class Attempt(models.Model):
    """One try to deliver: what came of it, how long it took, and the first of what the other side said."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tries", db_index=False)
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    took_ms = models.PositiveIntegerField(_("took, in ms"))
    outcome = models.CharField(_("outcome"), max_length=9)
    status = models.PositiveSmallIntegerField(_("status"), null=True)
    detail = models.CharField(_("answer"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["-id"]
        indexes = [models.Index(fields=["delivery", "number"], name="attempt_delivery")]

    def __str__(self) -> str:
        return f"{self.delivery_id} {self.number} {self.outcome}"


class Outbox(models.Model):
    """The switch of all deliveries; there is one row. Paused, what is written waits and nothing is lost."""

    paused_at = models.DateTimeField(_("paused"), null=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    # the pair of keys by which push services know us (VAPID); made when first needed
    push_public = models.CharField(max_length=100, blank=True)
    push_private = EncryptedTextField(null=True)  # type: ignore[misc]

    class Meta:
        verbose_name = _("outbox")
        verbose_name_plural = _("outbox")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="outbox_once")]

    def __str__(self) -> str:
        return "paused" if self.paused_at else "open"
