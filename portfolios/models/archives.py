"""Archives that people bring in."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7
from core.models import TimeStamped


class ArchiveImport(TimeStamped):
    """An archive that somebody brought in, or that waits for a task to do it.

    `source` is the file until it is in, or has failed; `summary` what came of it. A task claims it as it
    claims a large file of transactions: `claimed_at` is when, `attempts` how often.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("Being brought in")
        DONE = "done", _("Brought in")
        FAILED = "failed", _("Refused")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.WAITING)
    source = models.BinaryField(default=bytes)
    summary = models.JSONField(default=dict)
    claimed_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="archive_import_user"),
            models.Index(fields=["claimed_at"], condition=Q(status="waiting"), name="archive_import_at_work"),
        ]

    def __str__(self) -> str:
        return self.file_name
