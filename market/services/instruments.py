"""Create, change and delete instruments."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, RestrictedError
from django.utils.translation import gettext as _

from core import audit, clock
from core.actor import Actor
from core.bus import bus
from core.errors import Conflict, Forbidden, NotFound, ValidationFailed
from core.models import LIVE_WORLD
from core.money import SUBUNITS
from core.ports import instrument_in_use
from market import locks
from market.errors import InstrumentInUse
from market.events import InstrumentChanged
from market.models import SYMBOL_LENGTH, CorporateAction, Exchange, Instrument, SymbolSpan
from market.selectors.instruments import ISIN
from market.services.revisions import prices_changed


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentData:
    """What is said of an instrument. `quote_unit` × price is in `currency`; `exchange` is a MIC."""

    symbol: str
    name: str
    currency: str
    kind: str = Instrument.Kind.STOCK
    quote_unit: Decimal = Decimal(1)
    isin: str = ""
    exchange: str = ""
    sector: str = ""
    country: str = ""
    coin_id: str = ""
    is_fictional: bool = False


_NAMES = tuple(one.name for one in fields(InstrumentData))
_SHOWN = (*_NAMES[:5], "isin", "sector", "country", "coin_id")


@transaction.atomic
def create_instrument(*, actor: Actor, data: InstrumentData, public: bool = False) -> Instrument:
    """Create the actor's own instrument, or a public one.

    Raises:
        Forbidden: public, and the actor may not as staff.
        ValidationFailed: a value is wrong; names the field.
        Conflict: the owner has that symbol on that exchange already.
    """
    if public and not actor.may("market.add_instrument"):
        raise Forbidden(_("Only staff may create public instruments."))
    if not public and actor.user_id is None:
        raise Forbidden(_("An instrument of one's own needs a user."))
    instrument = Instrument(owner_id=None if public else actor.user_id)
    _assign(instrument, {name: getattr(data, name) for name in _NAMES})
    _save(instrument)
    audit.record(
        actor=actor,
        verb="instrument.created",
        object_type="instrument",
        object_id=instrument.uuid,
        after=_shown(instrument),
    )
    bus.publish(InstrumentChanged(instrument.id, instrument.uuid))
    return instrument


@transaction.atomic
def update_instrument(
    *, actor: Actor, uuid: UUID, changes: dict[str, Any], symbol_since: date | None = None
) -> Instrument:
    """Change some of an instrument's fields.

    `symbol_since`: the new symbol is valid from that date on and the old one until then;
    without it the symbol is corrected, as if it had always been so.

    Raises:
        NotFound: there is none, or it is somebody else's.
        Forbidden: it is public and the actor is not staff.
        ValidationFailed: a value is wrong; names the field.
        Conflict: the symbol is taken, or the currency changes under transactions.
    """
    instrument = locks.instrument(actor, uuid, unused="currency" in changes)
    before, old_symbol = _values(instrument), instrument.symbol
    if changes.get("currency", instrument.currency) != instrument.currency and _in_use(instrument):
        raise InstrumentInUse(_("Transactions use this instrument; its currency cannot change."))
    _assign(instrument, changes)
    _save(instrument)
    if instrument.symbol != old_symbol:
        _rename(instrument, old_symbol, symbol_since)
    prices_changed(LIVE_WORLD, [instrument.id])  # readers keep its name, sector and unit with its prices
    audit.record(
        actor=actor,
        verb="instrument.updated",
        object_type="instrument",
        object_id=instrument.uuid,
        before=before if instrument.owner_id is None else None,
        after=_shown(instrument) or {"fields": _differing(before, _values(instrument))},
    )
    bus.publish(InstrumentChanged(instrument.id, instrument.uuid))
    return instrument


@transaction.atomic
def hand_over(*, actor: Actor, from_user_id: UUID, instrument_id: int, to_user_id: UUID) -> Instrument:
    """Give a person's own instrument to another, with its prices; for when the first is erased.

    Where the other has that symbol on that exchange already, it gets a number: ``ACME-2``.
    Whoever hands over several does so in the order of their ids, as all locks are taken.

    Raises:
        NotFound: it is not `from_user_id`'s.
        Forbidden: the actor is neither that person nor the platform.
    """
    if actor.user_id not in {None, from_user_id}:
        raise Forbidden(_("Only its owner may hand over an instrument."))
    owned = Instrument.objects.select_for_update().filter(owner_id__in={from_user_id, to_user_id})
    instrument = owned.filter(id=instrument_id).first()
    if instrument is None:
        raise NotFound(_("There is no such instrument."))
    if instrument.owner_id == to_user_id:
        return instrument  # it went along with what turns into it
    instrument.owner_id = to_user_id
    _save_under_free_symbol(instrument)
    _hand_over_targets(actor, instrument, from_user_id, to_user_id)
    prices_changed(LIVE_WORLD, [instrument.id])
    audit.record(
        actor=actor,
        verb="instrument.handed_over",
        object_type="instrument",
        object_id=instrument.uuid,
        after={"owner": str(to_user_id)},
    )
    bus.publish(InstrumentChanged(instrument.id, instrument.uuid))
    return instrument


@transaction.atomic
def delete_instrument(*, actor: Actor, uuid: UUID, reason: str = "") -> None:
    """Delete an instrument with its prices and corporate actions.

    Raises:
        NotFound: there is none, or it is somebody else's.
        Forbidden: it is public and the actor is not staff.
        InstrumentInUse: transactions, orders or alerts point at it.
    """
    instrument = locks.instrument(actor, uuid, unused=True)
    if _in_use(instrument):
        raise InstrumentInUse(_("%(symbol)s is in use.") % {"symbol": instrument.symbol})
    changed = InstrumentChanged(instrument.id, instrument.uuid)
    audit.record(
        actor=actor,
        verb="instrument.deleted",
        object_type="instrument",
        object_id=instrument.uuid,
        before=_shown(instrument),
        reason=reason,
    )
    try:
        instrument.delete()
    except (ProtectedError, RestrictedError) as error:
        raise InstrumentInUse(_("%(symbol)s is in use.") % {"symbol": instrument.symbol}) from error
    bus.publish(changed)


def _hand_over_targets(actor: Actor, instrument: Instrument, from_user_id: UUID, to_user_id: UUID) -> None:
    """Let what an instrument turns into go along with it."""
    targets = CorporateAction.objects.filter(instrument=instrument, target__owner_id=from_user_id)
    for target in sorted(set(targets.values_list("target__id", flat=True))):
        hand_over(actor=actor, from_user_id=from_user_id, instrument_id=target, to_user_id=to_user_id)


def _assign(instrument: Instrument, values: dict[str, Any]) -> None:
    for name, value in values.items():
        if name == "exchange":
            instrument.exchange = _exchange(value)
        elif name in {"symbol", "currency", "isin", "country"}:
            setattr(instrument, name, value.strip().upper())
        else:
            setattr(instrument, name, value)
    _fold_subunit(instrument)
    if instrument.isin and not ISIN.match(instrument.isin):
        raise ValidationFailed.of("isin", _("An ISIN has 12 characters, such as US0378331005."))


def _fold_subunit(instrument: Instrument) -> None:
    """Keep what is quoted in pence in pounds: GBX is GBP with a quote unit of 0.01."""
    if instrument.currency not in SUBUNITS:
        return
    instrument.currency, unit = SUBUNITS[instrument.currency]
    if instrument.quote_unit not in {1, unit}:
        raise ValidationFailed.of("quote_unit", _("The currency says the quote unit already."))
    instrument.quote_unit = unit


def _exchange(mic: str | None) -> Exchange | None:
    if not mic:
        return None
    found = Exchange.objects.filter(mic=mic.upper()).first()
    if found is None:
        raise ValidationFailed.of("exchange", _("%(mic)s is not a known exchange (MIC).") % {"mic": mic})
    return found


def _save(instrument: Instrument) -> None:
    instrument.full_clean(validate_unique=False, validate_constraints=False)
    if instrument.quote_unit <= 0:
        raise ValidationFailed.of("quote_unit", _("The quote unit must be greater than 0."))
    try:
        with transaction.atomic():
            instrument.save()
    except IntegrityError as error:
        raise Conflict(
            _("There is an instrument %(symbol)s already.") % {"symbol": instrument.symbol},
            code="instrument-exists",
        ) from error


def _save_under_free_symbol(instrument: Instrument) -> None:
    symbol, number = instrument.symbol, 1
    namesakes = Instrument.objects.filter(owner_id=instrument.owner_id, exchange_id=instrument.exchange_id)
    while namesakes.filter(symbol=instrument.symbol).exists():
        number += 1
        suffix = f"-{number}"
        instrument.symbol = symbol[: SYMBOL_LENGTH - len(suffix)] + suffix
    _save(instrument)
    if number > 1:
        _correct_symbol(instrument)


def _correct_symbol(instrument: Instrument) -> None:
    """Take the symbol as the one it has had since the last renaming."""
    instrument.symbol_spans.filter(valid_to=None).update(symbol=instrument.symbol)


def _rename(instrument: Instrument, old_symbol: str, since: date | None) -> None:
    """Close the old symbol's span and open the new one's; without a date, correct the open one."""
    if since is None:
        _correct_symbol(instrument)
        return
    if since > clock.today("UTC"):
        raise ValidationFailed.of("symbol_since", _("The date is in the future."))
    last = instrument.symbol_spans.order_by("-valid_from").first()
    if last is None:
        last = SymbolSpan(instrument=instrument, symbol=old_symbol, valid_from=date(1700, 1, 1))
    if since <= last.valid_from:
        raise ValidationFailed.of(
            "symbol_since",
            _("The date must be after %(day)s.") % {"day": last.valid_from},
        )
    last.valid_to = since
    last.save()
    SymbolSpan.objects.create(instrument=instrument, symbol=instrument.symbol, valid_from=since)


def take_symbol_back(instrument: Instrument, old_symbol: str, new_symbol: str, since: date) -> None:
    """Undo a renaming, whose instrument is locked, as if the old symbol had stayed.

    Raises:
        Conflict: the symbol has changed since, or the old one is taken meanwhile.
    """
    spans = list(instrument.symbol_spans.order_by("-valid_from")[:2])
    last = spans[0] if spans else None
    if instrument.symbol != new_symbol or (last is not None and last.valid_from != since):
        raise Conflict(_("The symbol has changed since; take the later change back first."))
    instrument.symbol = old_symbol
    _save(instrument)
    if last is not None:
        last.delete()
    if len(spans) > 1:
        spans[1].valid_to = None
        spans[1].save()
    prices_changed(LIVE_WORLD, [instrument.id])
    bus.publish(InstrumentChanged(instrument.id, instrument.uuid))


def _in_use(instrument: Instrument) -> bool:
    return any(instrument_in_use.collect(instrument.id).values())


def _shown(instrument: Instrument) -> dict[str, Any] | None:
    """Tell what the audit log may keep for ever: nothing of what a person called their own."""
    return _values(instrument) if instrument.owner_id is None else None


def _differing(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return sorted(name for name in after if after[name] != before[name])


def _values(instrument: Instrument) -> dict[str, Any]:
    return {name: str(getattr(instrument, name)) for name in _SHOWN} | {"exchange": instrument.exchange_id}
