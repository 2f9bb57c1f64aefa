"""Record, change and delete corporate actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import audit, clock
from core.actor import Actor
from core.bus import bus
from core.errors import Conflict, Forbidden, NotFound, ValidationFailed
from core.models import LIVE_WORLD
from core.money import plain
from market import locks
from market.domain.prices import MANUAL
from market.events import DividendAnnounced
from market.models import CorporateAction, Instrument
from market.selectors import actions as selected
from market.selectors import instruments
from market.services.actions.checks import NAMES, ActionData, fill
from market.services.adjusted import restate
from market.services.instruments import take_symbol_back, update_instrument
from market.services.revisions import prices_changed

_KIND = CorporateAction.Kind


@transaction.atomic
def record_corporate_action(
    *, actor: Actor, instrument_uuid: UUID, data: ActionData, source: str = MANUAL
) -> CorporateAction:
    """Record a corporate action of the actor's own instrument (staff: of a public one).

    A ratio is kept in whole numbers: 1.5 for 1 becomes 3 for 2. A symbol change renames the instrument
    from its ex-date on.

    Raises:
        NotFound: there is no such instrument, or it is somebody else's.
        Forbidden: it is public and the actor is not staff.
        ValidationFailed: a value is missing or wrong; names the field.
        Conflict: there is one of that kind on that date.
    """
    instrument, target = _locked(actor, instrument_uuid, data.target)
    action = CorporateAction(instrument=instrument, source=source)
    fill(action, data, target)
    if action.kind == _KIND.SYMBOL_CHANGE:
        action.old_symbol = instrument.symbol
        _rename(actor, instrument, action)
    _save(action)
    _restate(action)
    _announce(action)
    _announce_dividend(action)
    audit.record(
        actor=actor,
        verb="corporate-action.recorded",
        object_type="instrument",
        object_id=instrument.uuid,
        after=_shown(instrument, action),
    )
    return action


@transaction.atomic
def update_corporate_action(*, actor: Actor, uuid: UUID, changes: Mapping[str, Any]) -> CorporateAction:
    """Change some of what a corporate action says, but not its kind; a symbol change is made anew instead.

    Raises:
        NotFound: there is none, or its instrument is somebody else's.
        Forbidden: the instrument is public and the actor is not staff.
        ValidationFailed: a value is missing or wrong; names the field.
        Conflict: there is another of that kind on that date.
    """
    found = _found(actor, uuid)
    data = ActionData(**({name: _said(found, name) for name in NAMES} | dict(changes)))
    if data.kind != found.kind:
        raise ValidationFailed.of("kind", _("Delete it and record one of the other kind."))
    if found.kind == _KIND.SYMBOL_CHANGE:
        raise ValidationFailed.of("kind", _("Delete the symbol change and record it anew."))
    instrument, target = _locked(actor, found.instrument.uuid, data.target, found.target_id)
    action = CorporateAction.objects.select_for_update().filter(pk=found.pk).first()
    if action is None:
        raise NotFound(_("There is no such corporate action."))
    action.instrument = instrument
    before = _shown(instrument, action)
    touched = _touched(action)
    fill(action, data, target)
    _save(action)
    _restate(action)
    _announce(action, *touched)
    audit.record(
        actor=actor,
        verb="corporate-action.updated",
        object_type="instrument",
        object_id=instrument.uuid,
        before=before,
        after=_shown(instrument, action),
    )
    return action


@transaction.atomic
def delete_corporate_action(*, actor: Actor, uuid: UUID, reason: str = "") -> None:
    """Delete a corporate action; a symbol change gives the old symbol back.

    Raises:
        NotFound: there is none, or its instrument is somebody else's.
        Forbidden: the instrument is public and the actor is not staff.
        Conflict: the symbol has changed again since, or the old one is taken.
    """
    found = _found(actor, uuid)
    instrument, _target = _locked(actor, found.instrument.uuid, None, found.target_id)
    action = selected.for_instrument(instrument).filter(uuid=uuid).first()
    if action is None:
        raise NotFound(_("There is no such corporate action."))
    if action.kind == _KIND.SYMBOL_CHANGE:
        take_symbol_back(instrument, action.old_symbol, action.new_symbol, action.ex_date)
    touched = _touched(action)
    before = _shown(instrument, action)
    action.delete()
    _restate(action)
    prices_changed(LIVE_WORLD, touched)
    audit.record(
        actor=actor,
        verb="corporate-action.deleted",
        object_type="instrument",
        object_id=instrument.uuid,
        before=before,
        reason=reason,
    )


def _found(actor: Actor, uuid: UUID) -> CorporateAction:
    """Return an action of a public instrument or the actor's own; another's is as if there were none."""
    found = CorporateAction.objects.select_related("instrument", "target").filter(uuid=uuid).first()
    if found is None or found.instrument.owner_id not in {None, actor.user_id}:
        raise NotFound(_("There is no such corporate action."))
    return found


def _locked(
    actor: Actor, uuid: UUID, target_uuid: UUID | None, *more: int | None
) -> tuple[Instrument, Instrument | None]:
    """Lock the instrument, its target and `more` in the order of their ids, once the actor may see them.

    A private instrument may turn into a public one or another of its owner's, a public one only into
    a public one: so nobody's action ever shows somebody else's instrument.
    """
    seen = Instrument.objects.filter(uuid=uuid).first()
    if seen is None or seen.owner_id not in {None, actor.user_id}:
        raise NotFound(_("There is no such instrument."))
    if seen.owner_id is None and not actor.may("market.change_instrument"):
        raise Forbidden(_("This instrument is public; only staff may change it."))
    usable = instruments.owned_or_public(seen.owner_id)
    wanted = usable.filter(uuid=target_uuid).first() if target_uuid else None
    ids = (seen.id, wanted.id if wanted else None, *more)
    locks.instruments(one for one in ids if one is not None)
    instrument = locks.instrument(actor, uuid)
    if target_uuid is None:
        return instrument, None
    target = instruments.owned_or_public(instrument.owner_id).filter(uuid=target_uuid).first()
    if target is None:
        raise ValidationFailed.of("target", _("There is no such instrument."), "unknown")
    return instrument, target


def _save(action: CorporateAction) -> None:
    try:
        with transaction.atomic():
            action.save()
    except IntegrityError as error:
        raise Conflict(
            _("There is a %(kind)s on %(day)s already.")
            % {"kind": action.get_kind_display(), "day": action.ex_date},
            code="action-exists",
        ) from error


def _rename(actor: Actor, instrument: Instrument, action: CorporateAction) -> None:
    try:
        update_instrument(
            actor=actor,
            uuid=instrument.uuid,
            changes={"symbol": action.new_symbol},
            symbol_since=action.ex_date,
        )
    except ValidationFailed as error:
        message = error.errors[0].message if error.errors else str(error.detail)
        raise ValidationFailed.of("ex_date", message) from error


def _touched(action: CorporateAction) -> list[int]:
    """List the instruments whose readers must look again.

    A user's action must not age what everybody knows of a public target; who holds the user's own
    instrument learns of it by that one's counter.
    """
    target = action.target
    shared = target is not None and target.owner_id == action.instrument.owner_id
    return [action.instrument_id, target.id] if target is not None and shared else [action.instrument_id]


def _restate(action: CorporateAction) -> None:
    if action.kind in selected.SPLITS:
        restate(action.instrument_id)


def _announce(action: CorporateAction, *before: int) -> None:
    prices_changed(LIVE_WORLD, {*before, *_touched(action)})


def _announce_dividend(action: CorporateAction) -> None:
    if action.kind != _KIND.DIVIDEND or action.amount is None or action.ex_date < clock.today("UTC"):
        return
    bus.publish(
        DividendAnnounced(action.instrument_id, action.uuid, action.ex_date, action.amount, action.currency)
    )


def _said(action: CorporateAction, name: str) -> Any:
    if name == "target":
        return action.target.uuid if action.target else None
    return getattr(action, name)


def _shown(instrument: Instrument, action: CorporateAction) -> dict[str, str]:
    """Tell what the audit log may keep for ever: of a person's own instrument only the kind."""
    if instrument.owner_id is not None:
        return {"kind": action.kind}
    return {
        "kind": action.kind,
        "ex_date": str(action.ex_date),
        "ratio": f"{action.numerator}:{action.denominator}" if action.numerator else "",
        "amount": f"{action.amount} {action.currency}" if action.amount is not None else "",
        **{name: value for name, value in _more(action).items() if value},
    }


def _more(action: CorporateAction) -> dict[str, str]:
    def number(value: Any) -> str:
        return "" if value is None else plain(value)

    return {
        "target": str(action.target.uuid) if action.target else "",
        "cost_share": number(action.cost_share),
        "cash_in_lieu": number(action.cash_in_lieu),
        "pays_out": "yes" if action.pays_out else "",
        "symbol": f"{action.old_symbol} to {action.new_symbol}" if action.new_symbol else "",
    }
