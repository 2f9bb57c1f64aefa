"""Links under which anybody may look at a portfolio."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7
from core.models import TimeStamped


class PublicLink(TimeStamped):
    """An address under which a portfolio is shown to whoever has it, without sign-in and read-only.

    The address holds a random token, of which only the SHA-256 is kept; `beginning` is what its owner
    knows it by. `label` stands as the page's title instead of the portfolio's name. One past
    `expires_at`, or with `revoked_at`, opens nothing. `views` counts pages, not people.
    """

    class Shows(models.TextChoices):
        PERCENTAGES = "percentages", _("Percentages only")
        VALUES = "values", _("Values too")

    class Names(models.TextChoices):
        LISTED = "listed", _("All but those of my own instruments")
        ALL = "all", _("All")
        NONE = "none", _("None: only how it is spread")

    BEGINNING_LENGTH = 4
    LABEL_LENGTH = 100

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    portfolio = models.ForeignKey(
        "portfolios.Portfolio", on_delete=models.CASCADE, related_name="public_links"
    )
    label = models.CharField(_("title"), max_length=LABEL_LENGTH, blank=True)
    shows = models.CharField(max_length=11, choices=Shows.choices, default=Shows.PERCENTAGES)
    names = models.CharField(max_length=6, choices=Names.choices, default=Names.LISTED)
    token_hash = models.CharField(max_length=64, unique=True)
    beginning = models.CharField(max_length=BEGINNING_LENGTH)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_viewed_at = models.DateTimeField(null=True, blank=True)
    views = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(shows__in=["percentages", "values"]), name="public_link_shows"
            ),
            models.CheckConstraint(
                condition=Q(names__in=["listed", "all", "none"]), name="public_link_names"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.beginning}… {self.shows}"
