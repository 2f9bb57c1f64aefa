"""What people were told."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from alerts.models.alerts import Trigger


class Notification(models.Model):
    """One thing that a person was told, written with its cause; the words are made when it is shown."""

    class Kind(models.TextChoices):
        ALERT = "alert", _("Price alert")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    trigger = models.OneToOneField(Trigger, null=True, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(_("told"))
    read_at = models.DateTimeField(_("read"), null=True)

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="alert", trigger__isnull=False), name="notification_has_its_cause"
            )
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="notification_user"),
            models.Index(fields=["user"], name="notification_unread", condition=Q(read_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
