"""What people wait for, the levels that are watched for it, and each time that it came."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from alerts.domain.conditions import Condition
from core.fields import NumericField
from core.ids import uuid7
from core.models import LIVE_WORLD, TimeStamped, World
from market.models import Instrument


class Alert(TimeStamped):
    """A person waits for the price of an instrument to do something; `level` is in its quote units.

    Armed, its levels are rows of `Level`, and only then. One that repeats rests after it fired until
    `rearm_at`, and is armed again by the first batch of the log after that. Instants are of its world.
    """

    class State(models.TextChoices):
        ARMED = "armed", _("armed")
        RESTING = "resting", _("resting")
        PAUSED = "paused", _("paused")
        FIRED = "fired", _("fired")
        EXPIRED = "expired", _("ran out")

    CONDITIONS = (
        (Condition.ABOVE.value, _("is at or above")),
        (Condition.BELOW.value, _("is at or below")),
        (Condition.CROSSES_UP.value, _("rises through")),
        (Condition.CROSSES_DOWN.value, _("falls through")),
        (Condition.CROSSES.value, _("crosses")),
    )

    uuid = models.UUIDField(unique=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    world = models.ForeignKey(World, on_delete=models.PROTECT, default=LIVE_WORLD, related_name="+")
    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="+")
    condition = models.CharField(_("condition"), max_length=16, choices=CONDITIONS)
    level = NumericField(_("level"))
    note = models.CharField(_("note"), max_length=200, blank=True)
    repeats = models.BooleanField(_("repeats"), default=False)
    cooldown_minutes = models.PositiveIntegerField(_("rest in minutes"), default=15)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.ARMED)
    expires_at = models.DateTimeField(_("ends"), null=True, blank=True)
    rearm_at = models.DateTimeField(null=True)
    fired = models.PositiveIntegerField(_("times fired"), default=0)
    fired_at = models.DateTimeField(_("last fired"), null=True)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(level__gt=0), name="alert_level_positive"),
            models.CheckConstraint(
                condition=Q(state="resting", rearm_at__isnull=False)
                | (~Q(state="resting") & Q(rearm_at=None)),
                name="alert_rests_until",
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "-id"], name="alert_owner"),
            models.Index(fields=["world", "rearm_at"], name="alert_rearm", condition=Q(state="resting")),
            models.Index(
                fields=["world", "expires_at"],
                name="alert_expiry",
                condition=Q(state__in=["armed", "resting", "paused"], expires_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.condition} {self.level}"


class Level(models.Model):
    """A price that is watched for an alert that is armed. `side`: see `alerts.domain.conditions.Side`.

    It is held against the batches of the log after the number `after`.
    """

    # One index serves the evaluation, and one finds the levels of an alert.
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="levels", db_index=False)
    world = models.ForeignKey(World, on_delete=models.PROTECT, related_name="+", db_index=False)
    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="+", db_index=False)
    side = models.CharField(max_length=1)
    level = NumericField()
    after = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["alert", "side"], name="alert_level_once")]
        indexes = [models.Index(fields=["instrument", "world", "side", "level"], name="alert_level_watched")]

    def __str__(self) -> str:
        return f"{self.side} {self.level}"


class Trigger(models.Model):
    """One time that an alert fired: `number` counts them, `seq` is the batch of the log that did it.

    Prices in quote units; `at` is the batch's time. `previous` null: it was the first price.
    """

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="triggers", db_index=False)
    number = models.PositiveIntegerField()
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    level = NumericField()
    previous = NumericField(null=True)
    price = NumericField()
    low = NumericField()
    high = NumericField()
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["alert", "number"], name="trigger_once"),
            models.UniqueConstraint(fields=["alert", "seq"], name="trigger_once_a_batch"),
        ]

    def __str__(self) -> str:
        return f"{self.alert_id} {self.number}"
