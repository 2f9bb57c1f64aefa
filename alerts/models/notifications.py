"""What people were told."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.fields.json import KT
from django.utils.translation import gettext_lazy as _

from alerts.models.alerts import Trigger


class Notification(models.Model):
    """One thing that a person was told, written with its cause; the words are made when it is shown.

    `event` says what happened, within its kind, and `data` what it was about: ids, names and numbers as
    texts. With a `key`, the same thing is told to a person once.
    """

    class Kind(models.TextChoices):
        """What is sent where is decided by these."""

        ALERT = "alert", _("Alerts")
        PORTFOLIO = "portfolio", _("Portfolios and members")
        IMPORT = "import", _("Imports")
        SECURITY = "security", _("Security of the account")
        CHANNEL = "channel", _("Where notifications go")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    event = models.CharField(_("event"), max_length=40)
    trigger = models.OneToOneField(Trigger, null=True, on_delete=models.CASCADE, related_name="+")
    data = models.JSONField(default=dict)
    key = models.CharField(max_length=100, null=True)  # null: there is none, and nothing to compare
    created_at = models.DateTimeField(_("told"))
    read_at = models.DateTimeField(_("read"), null=True)

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(event="fired") | Q(kind="alert", trigger__isnull=False),
                name="notification_has_its_cause",
            ),
            models.UniqueConstraint(fields=["user", "key"], name="notification_once"),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="notification_user"),
            models.Index(fields=["user"], name="notification_unread", condition=Q(read_at=None)),
            # what is told about somebody or something goes with it
            models.Index(KT("data__person"), name="notification_person", condition=Q(data__has_key="person")),
            models.Index(
                KT("data__portfolio"),
                name="notification_portfolio",
                condition=Q(data__has_key="portfolio"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.event} {self.pk}"


class NotificationSettings(models.Model):
    """How a person wants to be told; without a row, as the defaults say.

    In the quiet hours, in the person's own time zone, nothing leaves but what is about the security of the
    account. Over `hourly_cap` messages an hour on one channel, the rest of the hour comes as one summary.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    hourly_cap = models.PositiveSmallIntegerField(_("messages an hour"), default=20)

    class Meta:
        verbose_name = _("notification settings")
        verbose_name_plural = _("notification settings")
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="quiet_has_two_ends",
            )
        ]

    def __str__(self) -> str:
        return str(self.user_id)
