"""What people wait for, the levels that are watched for it, and each time that it came."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from alerts.domain.clauses import WINDOWS
from alerts.domain.conditions import Condition
from core.fields import NumericField
from core.ids import uuid7
from core.models import LIVE_WORLD, TimeStamped, World
from market.models import Instrument
from portfolios.models import Portfolio


class Alert(TimeStamped):
    """A person waits for something to happen: a price to reach a level, or a rule of several clauses.

    A plain alert (`joined` is "one") has an instrument, a condition and a level in quote units, and no
    clause. Any other has clauses, of which all or any one must hold. Armed, its levels are rows of `Level`,
    and only then. One that rests is armed again by the first batch of the log after `rearm_at`: it repeats
    and fired, or it was told to wait (snoozed). Instants are of its world.
    """

    class State(models.TextChoices):
        ARMED = "armed", _("armed")
        RESTING = "resting", _("resting")
        PAUSED = "paused", _("paused")
        FIRED = "fired", _("fired")
        EXPIRED = "expired", _("ran out")

    class Joined(models.TextChoices):
        ONE = "one", _("one price")
        ALL = "all", _("all of")
        ANY = "any", _("any of")

    class Rearm(models.TextChoices):
        RETURN = "return", _("once it was no longer so")
        HOLDS = "holds", _("as long as it is so")

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
    joined = models.CharField(_("holds when"), max_length=3, choices=Joined.choices, default=Joined.ONE)
    instrument = models.ForeignKey(Instrument, null=True, on_delete=models.CASCADE, related_name="+")
    condition = models.CharField(_("condition"), max_length=16, choices=CONDITIONS, blank=True)
    level = NumericField(_("level"), null=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    repeats = models.BooleanField(_("repeats"), default=False)
    cooldown_minutes = models.PositiveIntegerField(_("rest in minutes"), default=15)
    rearm = models.CharField(_("fires again"), max_length=6, choices=Rearm.choices, default=Rearm.RETURN)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.ARMED)
    expires_at = models.DateTimeField(_("ends"), null=True, blank=True)
    rearm_at = models.DateTimeField(null=True)
    fired = models.PositiveIntegerField(_("times fired"), default=0)
    # how often it had when it began anew: only what fired since has to stop being so first
    fired_before = models.PositiveIntegerField(default=0)
    fired_at = models.DateTimeField(_("last fired"), null=True)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(level=None) | Q(level__gt=0), name="alert_level_positive"),
            models.CheckConstraint(
                condition=Q(joined="one", instrument__isnull=False, level__isnull=False) & ~Q(condition="")
                | Q(joined__in=["all", "any"], instrument=None, level=None, condition=""),
                name="alert_is_plain_or_a_rule",
            ),
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
        return str(self.uuid)

    @property
    def watched(self) -> Instrument:
        """The instrument of a plain alert.

        Raises:
            LookupError: it is a rule, whose clauses have theirs.
        """
        if self.instrument is None:
            raise LookupError(self.uuid)
        return self.instrument


class Clause(models.Model):
    """One thing of a rule that can be so or not; `alerts.domain` tells what each kind asks and needs.

    It is about an instrument (levels in quote units) or a portfolio (levels in its base currency).
    `percent` 5 is 5 %. `holds` is whether it was so when it was last looked at, `memory` what its kind has to
    remember, decimals as texts; `seen` is the batch that last changed what is known of it. `is_lost`: its
    portfolio was deleted, or is no longer its person's to see, so that it names none; its rule ended, and is
    not armed with what is left.
    """

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="clauses", db_index=False)
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(_("kind"), max_length=24)
    instrument = models.ForeignKey(Instrument, null=True, on_delete=models.CASCADE, related_name="+")
    portfolio = models.ForeignKey(Portfolio, null=True, on_delete=models.CASCADE, related_name="+")
    direction = models.CharField(_("direction"), max_length=6, blank=True)
    level = NumericField(_("level"), null=True)
    upper = NumericField(_("upper level"), null=True)
    percent = NumericField(_("per cent"), null=True)
    minutes = models.PositiveIntegerField(_("minutes"), null=True)
    days = models.PositiveIntegerField(_("days"), null=True)
    slow_days = models.PositiveIntegerField(_("days of the slow average"), null=True)
    holds = models.BooleanField(default=False)
    seen = models.BigIntegerField(default=0)
    memory = models.JSONField(default=dict)
    is_lost = models.BooleanField(_("lost its portfolio"), default=False)

    class Meta:
        verbose_name = _("clause")
        verbose_name_plural = _("clauses")
        ordering = ["alert_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["alert", "number"], name="clause_once"),
            models.CheckConstraint(
                condition=Q(instrument__isnull=False) | Q(portfolio__isnull=False) | Q(is_lost=True),
                name="clause_is_about_something",
            ),
        ]
        indexes = [
            models.Index(fields=["kind", "id"], name="clause_kind"),
            models.Index(
                fields=["instrument"],
                name="clause_window",
                condition=Q(kind__in=sorted(one.value for one in WINDOWS)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.alert_id} {self.number} {self.kind}"


class Level(models.Model):
    """A price that is watched for an alert that is armed. `side`: see `alerts.domain.conditions`.

    A plain alert fires where its level is reached; a rule has its `clause` looked at there, or with the
    first move from a moment on. It is held against the batches of the log after the number `after`.
    """

    # One index serves the evaluation, of rules apart, so that the plain ones, of which there may be a
    # million, are found by exactly what they need. One of all finds what an alert that fires leaves behind:
    # those of the constraints know only a part.
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="levels", db_index=False)
    clause = models.ForeignKey(
        Clause, null=True, on_delete=models.CASCADE, related_name="levels", db_index=False
    )
    world = models.ForeignKey(World, on_delete=models.PROTECT, related_name="+", db_index=False)
    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="+", db_index=False)
    side = models.CharField(max_length=1)
    level = NumericField()
    after = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["alert", "side"], name="alert_level_once", condition=Q(clause=None)
            ),
            models.UniqueConstraint(
                fields=["clause", "side"], name="clause_level_once", condition=Q(clause__isnull=False)
            ),
        ]
        indexes = [
            models.Index(
                fields=["instrument", "world", "side", "level"],
                name="alert_level_watched",
                condition=Q(clause=None),
            ),
            models.Index(
                fields=["instrument", "world", "side", "level"],
                name="clause_level_watched",
                condition=Q(clause__isnull=False),
            ),
            models.Index(fields=["alert"], name="alert_level_alert"),
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.level}"


class Trigger(models.Model):
    """One time that an alert fired: `number` counts them, `seq` is the batch of the log that did it.

    Prices in quote units; `at` is when what fired it was, `recorded_at` when it was recorded. `previous`
    null: it was the first price. A rule has no level; `price` is then of the instrument of the clause that
    came last, or null where that is about a portfolio, and `facts` tells of each clause what it saw.
    `source` is where the instrument's newest quote came from when it fired: the log keeps no source of each
    move, so that of a batch that is read late it may be a later one.
    """

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="triggers", db_index=False)
    number = models.PositiveIntegerField()
    seq = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    level = NumericField(null=True)
    previous = NumericField(null=True)
    price = NumericField(null=True)
    low = NumericField(null=True)
    high = NumericField(null=True)
    source = models.CharField(max_length=40, blank=True)
    facts = models.JSONField(default=list)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["alert", "number"], name="trigger_once"),
            models.UniqueConstraint(fields=["alert", "seq"], name="trigger_once_a_batch"),
        ]

    def __str__(self) -> str:
        return f"{self.alert_id} {self.number}"
