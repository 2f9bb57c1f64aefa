"""Files of transactions, and how somebody's files are to be read."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7
from core.models import TimeStamped
from portfolios.models.portfolio import Portfolio


class TransactionImport(TimeStamped):
    """A file of transactions: previewed first, then applied as a whole, and undone as a whole.

    `source` is the file while it can still be read anew with another `mapping`, and empty once it
    is applied. `rows` is every row with its verdict, `summary` the layout, counts and result. A large
    file is read, applied and undone by a task: `claimed_at` is when one took it up, `attempts` how often.
    """

    class Status(models.TextChoices):
        PREVIEWED = "previewed", _("Previewed")
        APPLIED = "applied", _("Applied")
        UNDONE = "undone", _("Undone")
        READING = "reading", _("Being read")
        APPLYING = "applying", _("Being imported")
        FAILED = "failed", _("Cannot be read")
        UNDOING = "undoing", _("Being undone")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    portfolio = models.ForeignKey(Portfolio, on_delete=models.CASCADE, related_name="imports")
    user_id = models.UUIDField(null=True)
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PREVIEWED)
    source = models.BinaryField(default=bytes)
    rows = models.JSONField(default=list)
    summary = models.JSONField(default=dict)
    applied_at = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["claimed_at"],
                condition=Q(status__in=["reading", "applying", "undoing"]),
                name="import_at_work",
            )
        ]

    def __str__(self) -> str:
        return self.file_name


class ImportPreset(TimeStamped):
    """How somebody's files are to be read: a mapping under a name, theirs alone."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(_("name"), max_length=80)
    mapping = models.JSONField(default=dict)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="import_preset_once")]

    def __str__(self) -> str:
        return self.name
