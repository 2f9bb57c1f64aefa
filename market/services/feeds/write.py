"""What staff do with sources: add and change them, switch them, try them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import audit, clock
from core.actor import Actor
from core.errors import Conflict, DomainError, Forbidden, NotFound, ValidationFailed
from market.domain.prices import MANUAL, SIMULATED
from market.domain.quotes import NewQuote
from market.errors import ProviderRefused
from market.models import Instrument, PriceSource, SourceAbility, SourceSymbol
from market.providers import ADAPTERS, CannotDo, Wanted, resolve_kind
from market.selectors import feeds
from market.services.feeds import health, sources
from market.services.feeds.reach import check_reach, reach_of

POWER: Final = "market.change_pricesource"
SHORTEST_INTERVAL: Final = 5
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,23}")
# What marks prices that come from no source.
_TAKEN: Final = frozenset({MANUAL, SIMULATED, "replay", "import", "ticks", "staff", "api"})
_SHOWN: Final = (
    "name", "kind", "enabled", "priority", "base_url", "options", "interval", "per_minute", "per_hour",
    "per_day",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceData:
    """A source as staff describe it.

    `key` "" leaves the one that is there, which is then sent to no other server than before; limits None
    are the kind's own.
    """

    name: str
    kind: str
    key: str = field(default="", repr=False)
    forget_key: bool = False
    base_url: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    priority: int = 100
    interval: int = 60
    per_minute: int | None = None
    per_hour: int | None = None
    per_day: int | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source said when staff tried it: a quote, or why there is none."""

    quote: NewQuote | None = None
    error: str = ""


@transaction.atomic
def save_source(*, actor: Actor, source_id: int | None, data: SourceData) -> PriceSource:
    """Add a source, or change one.

    Raises:
        Forbidden: the actor does not keep market data.
        NotFound: there is no such source.
        ValidationFailed: a value is wrong, or the key was given for another server; names the field.
        Conflict: another source has the name.
    """
    row = _locked(actor, source_id) if source_id is not None else PriceSource()
    _require(actor)
    before = _shown(row) if source_id is not None else None
    reached, was = (row.base_url, row.options), reach_of(row) if before else None
    kind, note = resolve_kind(data.kind)
    _fill(row, data, kind, note)
    _check(row)
    check_reach(row, was, is_key_new=bool(data.key))
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Conflict(_("Another source is called so.")) from error
    if before and (data.key or reached != (row.base_url, row.options)):
        _forget_failures(row)  # they were of another key or address
    _note(
        actor, "source.changed" if before else "source.added", row, before, more={"key_given": bool(data.key)}
    )
    return row


@transaction.atomic
def switch_source(*, actor: Actor, source_id: int, on: bool, reason: str) -> None:
    """Ask a source again, or no more.

    Raises:
        Forbidden: the actor does not keep market data.
        NotFound: there is no such source.
        Conflict: it is so already.
    """
    row = _locked(actor, source_id)
    if row.enabled == on:
        raise Conflict(_("It is on already.") if on else _("It is off already."))
    row.enabled = on
    row.save(update_fields=["enabled", "updated_at"])
    _note(actor, "source.switched_on" if on else "source.switched_off", row, reason=reason)


@transaction.atomic
def reset_source(*, actor: Actor, source_id: int, reason: str) -> None:
    """Forget the failures of a source, so that it is asked at once.

    Raises:
        Forbidden: the actor does not keep market data.
        NotFound: there is no such source.
    """
    row = _locked(actor, source_id)
    _forget_failures(row)
    _note(actor, "source.reset", row, reason=reason)


@transaction.atomic
def delete_source(*, actor: Actor, source_id: int, reason: str) -> None:
    """Delete a source; the prices that came from it stay.

    Raises:
        Forbidden: the actor does not keep market data.
        NotFound: there is no such source.
    """
    row = _locked(actor, source_id)
    _note(actor, "source.deleted", row, before=_shown(row), reason=reason)
    row.delete()


def ask_now(*, actor: Actor, source_id: int, symbol: str) -> Answer:
    """Ask a source for one quote, now, and store nothing: to see whether it works.

    Raises:
        Forbidden: the actor does not keep market data.
        NotFound: there is no such source.
        ValidationFailed: there is no public instrument of that symbol.
    """
    _require(actor)
    source = PriceSource.objects.filter(pk=source_id).first()
    if source is None:
        raise NotFound
    instrument = _public(symbol)
    audit.record(
        actor=actor, verb="source.tried", object_type="price_source", object_id=source.pk,
        after={"source": source.name, "symbol": instrument.symbol},
    )  # fmt: skip
    try:
        provider = sources.provider_of(source, [instrument.pk])
        found = provider.quotes([Wanted(instrument, None, None)], clock.now())
    except CannotDo:
        return Answer(error=_("It has no quotes."))
    except DomainError as error:
        return Answer(error=health.told(source, error))
    return Answer(quote=found[0]) if found else Answer(error=_("It has no quote of this."))


@transaction.atomic
def save_symbol(
    *,
    actor: Actor,
    source: PriceSource,
    instrument: Instrument,
    symbol: str = "",
    priority: int | None = None,
    is_excluded: bool = False,
) -> SourceSymbol:
    """Say what an instrument is called at a source, which place the source has for it, or never to ask it.

    Raises:
        Forbidden: the actor does not keep market data.
        ValidationFailed: the instrument is somebody's own.
    """
    _require(actor)
    if instrument.owner_id is not None:
        raise ValidationFailed.of("instrument", _("Only public instruments are asked for."))
    row, made = SourceSymbol.objects.select_for_update().update_or_create(
        source=source,
        instrument=instrument,
        defaults={"symbol": symbol.strip(), "priority": priority, "is_excluded": is_excluded},
    )
    audit.record(
        actor=actor, verb="source-symbol.added" if made else "source-symbol.changed",
        object_type="price_source", object_id=source.pk,
        after={
            "instrument": instrument.symbol, "symbol": row.symbol, "priority": priority, "never": is_excluded,
        },
    )  # fmt: skip
    return row


@transaction.atomic
def delete_symbol(*, actor: Actor, symbol_id: int, reason: str) -> None:
    """Let an instrument be asked for at a source as any other.

    Raises:
        Forbidden: the actor does not keep market data.
        NotFound: there is no such row.
    """
    _require(actor)
    row = SourceSymbol.objects.select_for_update().filter(pk=symbol_id).select_related("instrument").first()
    if row is None:
        raise NotFound
    audit.record(
        actor=actor, verb="source-symbol.deleted", object_type="price_source", object_id=row.source_id,
        before={"instrument": row.instrument.symbol, "symbol": row.symbol}, reason=reason,
    )  # fmt: skip
    row.delete()


def _forget_failures(row: PriceSource) -> None:
    row.failures, row.open_until, row.limited_until = 0, None, None
    row.save(update_fields=["failures", "open_until", "limited_until", "updated_at"])
    SourceAbility.objects.filter(source=row).delete()


def _fill(row: PriceSource, data: SourceData, kind: str, note: str) -> None:
    row.name, row.kind, row.note = data.name.strip(), kind, note
    row.base_url, row.options = data.base_url.strip(), dict(data.options)
    row.priority, row.interval, row.enabled = data.priority, data.interval, data.enabled
    for name, usual in sources.plan_of(ADAPTERS[kind]).items():
        given: int | None = getattr(data, name)
        setattr(row, name, usual if given is None else given)
    if data.key:
        row.key, row.key_setting = data.key.strip(), ""
    elif data.forget_key:
        row.key, row.key_setting = None, ""
    key = feeds.key_of(row)
    digest = hashlib.sha256(key.encode()).hexdigest()[:32] if key else row.name
    row.budget = f"{kind}:{digest}"


def _check(row: PriceSource) -> None:
    if not _NAME.fullmatch(row.name) or row.name in _TAKEN:
        raise ValidationFailed.of(
            "name", _("At most 24 small letters, digits, dots and dashes; and none that marks other prices.")
        )
    if row.interval < SHORTEST_INTERVAL:
        raise ValidationFailed.of("interval", _("Not more often than every 5 seconds."))
    try:
        sources.provider_of(row)
    except ProviderRefused as error:
        raise ValidationFailed.of("key", error.detail) from error


def _require(actor: Actor) -> None:
    if not actor.may(POWER):
        raise Forbidden(_("You may not keep sources of prices."))


def _locked(actor: Actor, source_id: int) -> PriceSource:
    _require(actor)
    row = PriceSource.objects.select_for_update().filter(pk=source_id).first()
    if row is None:
        raise NotFound(_("There is no such source."))
    return row


def _public(symbol: str) -> Instrument:
    name, _at, mic = symbol.strip().partition("@")
    rows = Instrument.objects.filter(owner=None, symbol__iexact=name).select_related("exchange")
    found = (rows.filter(exchange=mic.upper()) if mic else rows).order_by("pk").first()
    if found is None:
        raise ValidationFailed.of("symbol", _("There is no public instrument of this symbol."))
    return found


def _shown(row: PriceSource) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _SHOWN}


def _note(
    actor: Actor,
    verb: str,
    row: PriceSource,
    before: dict[str, Any] | None = None,
    *,
    more: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Write it down; never the key."""
    audit.record(
        actor=actor, verb=verb, object_type="price_source", object_id=row.pk, before=before,
        after={**_shown(row), **(more or {})} if verb != "source.deleted" else None, reason=reason,
    )  # fmt: skip
