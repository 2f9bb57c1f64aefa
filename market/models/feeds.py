"""Sources of prices as staff configured them, how they fare, and what they were asked."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.fields import EncryptedTextField
from core.models import TimeStamped

SOURCE_LENGTH = 24
# as `market.providers.Ability` has them
_ABILITIES = [
    ("quotes", _("quotes")),
    ("history", _("history")),
    ("profile", _("profiles")),
    ("search", _("search")),
    ("rates", _("exchange rates")),
    ("actions", _("splits and dividends")),
]


class Fare(models.Model):
    """How asking for something fares.

    `failures` counts those in a row. From `open_until` on one attempt decides whether it is asked for again;
    null: it is. `limited_until`: there is no request left before.
    """

    last_ok_at = models.DateTimeField(_("last answer"), null=True)
    last_error = models.CharField(_("last error"), max_length=400, blank=True)
    last_error_at = models.DateTimeField(_("last failed"), null=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    open_until = models.DateTimeField(_("left alone until"), null=True)
    limited_until = models.DateTimeField(_("no requests until"), null=True)

    class Meta:
        abstract = True


class PriceSource(Fare, TimeStamped):
    """A source elsewhere that prices come from: what it is, what it may be asked, and how it fares.

    `kind` names the adapter. `name` marks its prices. The key is `key`, or where `key_setting` names a
    setting, that one's value. Sources are asked in order of `priority` (smaller first). `interval` is in
    seconds; the limits are requests, 0 where there is none.

    How it fares is told of the first thing that it offers (of most: quotes); a `SourceAbility` tells it of
    each other. `claimed_until`: a worker is asking it for quotes, at most until then.
    """

    name = models.CharField(_("name"), max_length=SOURCE_LENGTH, unique=True)
    kind = models.CharField(_("kind"), max_length=24)
    enabled = models.BooleanField(_("enabled"), default=True)
    priority = models.PositiveSmallIntegerField(_("priority"), default=100)
    key = EncryptedTextField(_("key"), null=True)  # type: ignore[misc]  # of both kinds, with and without
    key_setting = models.CharField(_("key from the setting"), max_length=40, blank=True)
    base_url = models.CharField(_("address"), max_length=300, blank=True)
    options = models.JSONField(_("options"), default=dict, blank=True)
    interval = models.PositiveIntegerField(_("seconds between two quotes of an instrument"), default=60)
    per_minute = models.PositiveIntegerField(_("requests a minute"), default=0)
    per_hour = models.PositiveIntegerField(_("requests an hour"), default=0)
    per_day = models.PositiveIntegerField(_("requests a day"), default=0)
    # of keys that are the same it is one
    budget = models.CharField(max_length=64, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    asked_at = models.DateTimeField(_("last asked"), null=True)
    claimed_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("source of prices")
        verbose_name_plural = _("sources of prices")
        ordering = ["priority", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(interval__gte=5), name="price_source_not_too_often"),
            models.UniqueConstraint(
                fields=["key_setting"], condition=~Q(key_setting=""), name="price_source_of_setting"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SourceAbility(Fare):
    """How asking a source for something besides the first thing that it offers fares.

    A plan that lacks history, or a history that is down, does not keep quotes from coming.
    """

    source = models.ForeignKey(
        PriceSource, on_delete=models.CASCADE, related_name="abilities", db_index=False
    )
    ability = models.CharField(max_length=16, choices=_ABILITIES)

    class Meta:
        ordering = ["source", "ability"]
        constraints = [models.UniqueConstraint(fields=["source", "ability"], name="source_ability_once")]

    def __str__(self) -> str:
        return f"{self.get_ability_display()}: {self.last_error}"


class SourceSymbol(TimeStamped):
    """What staff say of an instrument at a source: its symbol there, its place in the order, or never.

    `symbol` "" is the one that follows from the instrument; `priority` null is the source's.
    """

    source = models.ForeignKey(
        PriceSource, on_delete=models.CASCADE, related_name="+", verbose_name=_("source")
    )
    instrument = models.ForeignKey(
        "market.Instrument", on_delete=models.CASCADE, related_name="+", verbose_name=_("instrument")
    )
    symbol = models.CharField(_("symbol there"), max_length=80, blank=True)
    priority = models.PositiveSmallIntegerField(_("priority"), null=True, blank=True)
    is_excluded = models.BooleanField(_("never ask"), default=False)

    class Meta:
        verbose_name = _("instrument at a source")
        verbose_name_plural = _("instruments at sources")
        ordering = ["source", "instrument"]
        constraints = [models.UniqueConstraint(fields=["source", "instrument"], name="source_symbol_once")]

    def __str__(self) -> str:
        return f"{self.source_id} {self.instrument_id}"


class SourceAsk(models.Model):
    """When a source was last asked for an instrument's quote.

    Until `lacking_until` it is not asked again: it did not have it, or what it said was not believed.
    """

    source = models.ForeignKey(PriceSource, on_delete=models.CASCADE, related_name="+", db_index=False)
    instrument = models.ForeignKey("market.Instrument", on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()
    lacking_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "instrument"], name="source_ask_once")]

    def __str__(self) -> str:
        return f"{self.source_id} {self.instrument_id}"


class SourceBudget(models.Model):
    """The requests that were made with a key, for all workers: whoever adds to them holds the row.

    `id` is the kind and a digest of the key. `recent` are the instants of those in the last minute; the
    other counts are of the hour and the day (UTC) that begin at `hour` and `day`. `besides` are those of
    them that were not for quotes.
    """

    id = models.CharField(primary_key=True, max_length=64)
    recent = ArrayField(models.DateTimeField(), default=list)
    hour = models.DateTimeField(null=True)
    hour_used = models.PositiveIntegerField(default=0)
    day = models.DateField(null=True)
    day_used = models.PositiveIntegerField(default=0)
    recent_besides = ArrayField(models.DateTimeField(), default=list)
    hour_besides = models.PositiveIntegerField(default=0)
    day_besides = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.id


class HistoryCheck(models.Model):
    """What the last look at an instrument's daily bars found, against the sessions of its exchange.

    `missing` days of those that it traded on up to `through` have no bar still, `mended` came this time,
    from `source`. `jumps` are moves that look like a split which nobody recorded, and `trouble` says what
    was refused of what a source told.
    """

    instrument = models.OneToOneField(
        "market.Instrument", primary_key=True, on_delete=models.CASCADE, related_name="+",
        verbose_name=_("instrument"),
    )  # fmt: skip
    checked_at = models.DateTimeField(_("checked"))
    through = models.DateField(_("up to"), null=True)
    missing = models.PositiveIntegerField(_("days without a price"), default=0)
    mended = models.PositiveIntegerField(_("days that came"), default=0)
    source = models.CharField(_("source"), max_length=SOURCE_LENGTH, blank=True)
    jumps = models.JSONField(_("jumps as by a split"), default=list)
    trouble = models.CharField(_("refused"), max_length=400, blank=True)

    class Meta:
        verbose_name = _("check of history")
        verbose_name_plural = _("checks of history")
        ordering = ["-checked_at"]
        indexes = [
            models.Index(fields=["checked_at"], name="history_check_age"),
        ]

    def __str__(self) -> str:
        return str(self.instrument_id)
