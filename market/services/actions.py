"""Record splits and dividends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import audit
from core.actor import Actor
from core.errors import Conflict, FieldError, ValidationFailed
from core.fields import CURRENCY_CODE
from core.models import LIVE_WORLD
from market import locks
from market.domain.actions import ratio
from market.domain.bars import fits
from market.domain.prices import MANUAL
from market.models import CorporateAction, Instrument
from market.selectors import actions as selected
from market.services.revisions import prices_changed

_MOST = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionData:
    """A split (`numerator` new for `denominator` old) or a gross dividend per unit in `currency`."""

    kind: str
    ex_date: date
    pay_date: date | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    amount: Decimal | None = None
    currency: str = ""


@transaction.atomic
def record_corporate_action(
    *, actor: Actor, instrument_uuid: UUID, data: ActionData, source: str = MANUAL
) -> CorporateAction:
    """Record a split or dividend of the actor's own instrument (staff: of a public one).

    A split's ratio is kept in whole numbers: 1.5 for 1 becomes 3 for 2.

    Raises:
        NotFound: there is no such instrument, or it is somebody else's.
        Forbidden: it is public and the actor is not staff.
        ValidationFailed: a value is missing or wrong; names the field.
        Conflict: there is one of that kind on that date.
    """
    instrument = locks.instrument(actor, instrument_uuid)
    action = _action(instrument, data, source)
    try:
        with transaction.atomic():
            action.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(
            _("There is a %(kind)s on %(day)s already.")
            % {"kind": action.get_kind_display(), "day": data.ex_date},
            code="action-exists",
        ) from error
    prices_changed(LIVE_WORLD, [instrument.id])
    audit.record(
        actor=actor,
        verb="corporate-action.recorded",
        object_type="instrument",
        object_id=instrument.uuid,
        after=_shown(instrument, action),
    )
    return action


@transaction.atomic
def delete_corporate_action(*, actor: Actor, uuid: UUID, reason: str = "") -> None:
    """Delete a split or dividend.

    Raises:
        NotFound: there is none, or its instrument is somebody else's.
        Forbidden: the instrument is public and the actor is not staff.
    """
    action = CorporateAction.objects.select_related("instrument").filter(uuid=uuid).first()
    instrument = locks.instrument(actor, action.instrument.uuid if action else uuid)
    rows, _per_model = selected.for_instrument(instrument).filter(uuid=uuid).delete()
    if rows and action:
        prices_changed(LIVE_WORLD, [instrument.id])
        audit.record(
            actor=actor,
            verb="corporate-action.deleted",
            object_type="instrument",
            object_id=instrument.uuid,
            before=_shown(instrument, action),
            reason=reason,
        )


def _action(instrument: Instrument, data: ActionData, source: str) -> CorporateAction:
    action = CorporateAction(
        instrument=instrument, kind=data.kind, ex_date=data.ex_date, pay_date=data.pay_date, source=source
    )
    if data.kind == CorporateAction.Kind.SPLIT:
        action.numerator, action.denominator = _split_ratio(data)
    elif data.kind == CorporateAction.Kind.DIVIDEND:
        action.amount = _positive("amount", data.amount)
        action.currency = (data.currency or instrument.currency).upper()
        CURRENCY_CODE(action.currency)
    else:
        raise ValidationFailed.of("kind", _("Use split or dividend."))
    if data.pay_date and data.pay_date < data.ex_date:
        raise ValidationFailed.of("pay_date", _("The payment cannot be before the ex-date."))
    return action


def _split_ratio(data: ActionData) -> tuple[int, int]:
    numerator, denominator = ratio(
        _positive("numerator", data.numerator), _positive("denominator", data.denominator)
    )
    if max(numerator, denominator) > _MOST or numerator == denominator:
        raise ValidationFailed.of("numerator", _("This is not the ratio of a split."))
    return numerator, denominator


def _positive(field: str, value: Decimal | None) -> Decimal:
    if value is None or value <= 0 or not fits(value):
        raise ValidationFailed(errors=(FieldError(field, _("Enter a number greater than 0.")),))
    return value


def _shown(instrument: Instrument, action: CorporateAction) -> dict[str, str]:
    """Tell what the audit log may keep for ever: of a person's own instrument only the kind."""
    if instrument.owner_id is not None:
        return {"kind": action.kind}
    return {
        "kind": action.kind,
        "ex_date": str(action.ex_date),
        "ratio": f"{action.numerator}:{action.denominator}" if action.numerator else "",
        "amount": f"{action.amount} {action.currency}" if action.amount else "",
    }
