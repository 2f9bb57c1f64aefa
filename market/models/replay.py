"""Worlds that play stored history again."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.fields import NumericField
from core.models import TimeStamped, World


class Replay(TimeStamped):
    """What a replay world plays: the live world's history from `starts_at` to `ends_at` (null: to now).

    Prices before `played_to` are in the world already. `speed` is how many seconds of it pass
    in one; the world's own clock stands while it is paused, and for good once it `ended_at`. `instruments`
    are ids; none: all public ones.
    """

    world = models.OneToOneField(
        World, primary_key=True, on_delete=models.CASCADE, related_name="+", verbose_name=_("world")
    )
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    played_to = models.DateTimeField(_("played to"))
    speed = NumericField(
        _("speed"),
        validators=[MinValueValidator(0), MaxValueValidator(10_000_000)],
        help_text=_("How many seconds of the past pass in one: 1 as it was, 86400 a day in a second."),
    )
    instruments = ArrayField(models.IntegerField(), default=list, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("replay")
        verbose_name_plural = _("replays")
        ordering = ["world"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at=None) | models.Q(ends_at__gt=models.F("starts_at")),
                name="replay_forward",
            ),
            models.CheckConstraint(condition=models.Q(speed__gt=0), name="replay_speed_positive"),
        ]

    def __str__(self) -> str:
        return str(self.world)
