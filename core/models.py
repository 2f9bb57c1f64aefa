"""Tables that every app stands on."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.fields import NumericField
from core.ids import uuid7

LIVE_WORLD = 1


class TimeStamped(models.Model):
    """Rows that know when they were made and last changed (UTC)."""

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class World(models.Model):
    """A market with a clock of its own: the live one, or a simulated or replayed one.

    Prices belong to (world, instrument) and a portfolio lives in one world, so that what
    happens in one never moves another. The clock showed `clock_at` at the instant `clock_since` and
    goes on from there by `clock_speed` seconds a second (0: it stands); without both it is the wall clock.
    """

    class Kind(models.TextChoices):
        LIVE = "live", _("Live")
        SIMULATED = "simulated", _("Simulated")
        REPLAY = "replay", _("Replay")

    id = models.SmallAutoField(primary_key=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    name = models.CharField(max_length=80, unique=True)
    clock_at = models.DateTimeField(null=True)
    clock_since = models.DateTimeField(null=True)
    clock_speed = NumericField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint("kind", condition=models.Q(kind="live"), name="world_one_live"),
            models.CheckConstraint(
                condition=models.Q(clock_at=None, clock_since=None)
                | (models.Q(clock_at__isnull=False, clock_since__isnull=False) & ~models.Q(kind="live")),
                name="world_clock_whole",
            ),
            models.CheckConstraint(condition=models.Q(clock_speed__gte=0), name="world_clock_forward"),
        ]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a member may do with the object: the owner everything, an editor write, a viewer read."""

    OWNER = "owner", _("Owner")
    EDITOR = "editor", _("Editor")
    VIEWER = "viewer", _("Viewer")


WRITERS = (Role.OWNER, Role.EDITOR)


class Membership(TimeStamped):
    """Who may reach an object, and how; apps subclass it with the key to their object."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=8, choices=Role.choices)

    class Meta:
        abstract = True


class AuditEvent(models.Model):
    """One thing that somebody did. The database refuses to change or delete it.

    It names people by opaque ids only and has no key to the user, so that erasing a person
    leaves the record whole.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(auto_now_add=True)
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=80)
    verb = models.CharField(max_length=60)
    object_type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=40)
    request_id = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=400, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["object_type", "object_id", "-at"], name="audit_object"),
            models.Index(fields=["actor_id", "-at"], name="audit_actor"),
            models.Index(fields=["-at"], name="audit_at"),
            models.Index(fields=["verb", "-at"], name="audit_verb"),
            models.Index(fields=["request_id"], name="audit_request", condition=~models.Q(request_id="")),
            models.Index(
                fields=["actor_label", "-at"], name="audit_system", condition=models.Q(actor_id=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.object_type} {self.object_id}"


class AuditOrigin(models.Model):
    """Where an audited act came from. Apart from the event, because it is personal and erasable."""

    event = models.OneToOneField(
        AuditEvent, primary_key=True, on_delete=models.DO_NOTHING, related_name="origin"
    )
    address = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["address"], name="audit_origin_address")]

    def __str__(self) -> str:
        return str(self.address)


class IdempotencyKey(models.Model):
    """The answer to a request that carried an ``Idempotency-Key``, so that a repeat gets the same."""

    user_id = models.UUIDField()
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user_id", "key"], name="idempotency_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_age")]

    def __str__(self) -> str:
        return self.key


class DataKey(models.Model):
    """A key that encrypts secrets, itself encrypted by a key of AWS KMS; the highest number encrypts."""

    kms_key_id = models.CharField(max_length=300)
    number = models.PositiveIntegerField()
    sealed = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kms_key_id", "number"], name="data_key_number_once")]

    def __str__(self) -> str:
        return f"{self.number} of {self.kms_key_id}"


class JobRun(models.Model):
    """How a background task last ran, one row a name; written by the worker beside the task."""

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        RETRIED = "retried", _("To be tried again")

    name = models.CharField(_("name"), primary_key=True, max_length=200)
    state = models.CharField(_("state"), max_length=8, choices=State.choices)
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True)
    milliseconds = models.PositiveBigIntegerField(_("took, in milliseconds"), null=True)
    error = models.CharField(_("error"), max_length=400, blank=True)
    succeeded_at = models.DateTimeField(_("last done"), null=True)
    failed_at = models.DateTimeField(_("last failed"), null=True)
    runs = models.PositiveBigIntegerField(_("runs"), default=0)
    failures = models.PositiveBigIntegerField(_("failures"), default=0)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
