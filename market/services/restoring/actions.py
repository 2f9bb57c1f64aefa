"""Corporate actions of the instruments that an archive brought along."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID, uuid5

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from core.errors import DomainError
from core.records import Record
from market.models import SYMBOL_LENGTH, CorporateAction, Instrument
from market.services.actions.checks import ActionData, fill
from market.services.restoring.instruments import Found, instrument_of

_KIND = CorporateAction.Kind


def restore_actions(*, found: Found, rows: Iterable[Record]) -> int:
    """Store the actions of instruments that were made; say how many. Those that were here keep theirs.

    Raises:
        BrokenArchive: a line says what no action can be, or turns an instrument into another person's.
    """
    stored, seen = 0, set[tuple[object, ...]]()
    for row in rows:
        action = _read(row, found)
        if action.instrument_id not in found.made:
            continue
        key = (action.instrument_id, action.kind, action.ex_date, action.target_id)
        if key in seen:
            row.refuse("ex_date", _("This is there twice."))
        seen.add(key)
        action.save(force_insert=True)
        stored += 1
    return stored


def _read(row: Record, found: Found) -> CorporateAction:
    instrument: Instrument = instrument_of(found, row, "instrument")
    target_id = row.key_or_none("target")
    target = found.here.get(target_id) if target_id else None
    if target_id and target is None:
        row.refuse("target", _("The archive has no such instrument."))
    is_made = instrument.id in found.made
    if is_made and target is not None and target.owner_id not in {None, instrument.owner_id}:
        row.refuse("target", _("A public instrument turns into a public one only."))
    action = CorporateAction(instrument=instrument, uuid=_free_id(row.key("id"), instrument))
    data = ActionData(
        kind=row.choice("kind", _KIND.values),
        ex_date=row.day("ex_date"),
        pay_date=row.day_or_none("pay_date"),
        target=target.uuid if target else None,
        numerator=row.number_or_none("numerator"),
        denominator=row.number_or_none("denominator"),
        amount=row.number_or_none("amount"),
        currency=row.currency("currency", needed=False),
        cost_share=row.number_or_none("cost_share"),
        cash_in_lieu=row.number_or_none("cash_in_lieu"),
        pays_out=row.flag("pays_out"),
        new_symbol=row.text("new_symbol", SYMBOL_LENGTH),
    )
    old_symbol = row.text("old_symbol", SYMBOL_LENGTH)
    action.source = row.text("source", 24, needed=True)
    row.done()
    _fill(row, action, data, target, old_symbol)
    return action


def _fill(
    row: Record, action: CorporateAction, data: ActionData, target: Instrument | None, old_symbol: str
) -> None:
    if data.kind == _KIND.SYMBOL_CHANGE:
        # the listing has its new symbol, and its history of symbols, already
        if not (old_symbol and data.new_symbol):
            row.refuse("new_symbol")
        action.kind, action.ex_date, action.pay_date = data.kind, data.ex_date, data.pay_date
        action.old_symbol, action.new_symbol = old_symbol, data.new_symbol
        return
    if (
        data.kind == _KIND.MERGER
        and target is not None
        and data.amount is not None
        and data.cost_share is None
    ):
        row.refuse("cost_share")
    try:
        fill(action, data, target)
    except DomainError as error:
        row.refuse("kind", error.detail)
    except ValidationError as error:
        row.refuse("currency", "; ".join(error.messages))
    if old_symbol:
        row.refuse("old_symbol")


def _free_id(key: UUID, instrument: Instrument) -> UUID:
    taken = CorporateAction.objects.filter(uuid=key).exists()
    return uuid5(key, instrument.uuid.hex) if taken else key
