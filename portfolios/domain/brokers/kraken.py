"""Kraken: ledgers.csv (History, Export, Ledgers).

Each row moves one asset; the rows of a trade share a ``refid``. The balance changes by amount less
fee, both in the row's asset. Rows without ``txid`` announce what another row books. Moves between
spot, staking and earn stay inside the account. Newer files print values in US dollars. Times are UTC.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from portfolios.domain.brokers.coins import MONEY, Worth, read_together, swap, with_coin_fee
from portfolios.domain.brokers.preset import (
    INTERNAL,
    PART_OF_OTHER,
    UTC_ZONE,
    Parsed,
    Preset,
    Setting,
    book_in_kind,
    book_money,
    book_units,
    exchange,
    place,
    reward,
    unknown,
)
from portfolios.domain.brokers.source import Source
from portfolios.domain.brokers.table import Record, Table, name_security
from portfolios.domain.csv_import.draft import Draft
from portfolios.domain.csv_import.findings import error, warning
from portfolios.domain.csv_import.words import simplify
from portfolios.domain.entries import EntryKind
from portfolios.domain.exact import EXACT, ZERO

_HEADER: Final = ("txid", "refid", "time", "type", "aclass", "asset", "amount", "fee", "balance")
_TRADES: Final = frozenset({"trade", "spend", "receive", "conversion", "sale"})
_REWARDS: Final = frozenset({"staking", "dividend", "reward", "invite bonus", "airdrop", "credit"})
_INSIDE: Final = frozenset(
    {
        "spottostaking", "stakingfromspot", "stakingtospot", "spotfromstaking", "allocation",
        "deallocation", "autoallocation", "migration", "autoallocate",
    }
)  # fmt: skip
_OLD_NAMES: Final = {
    "XBT": "BTC", "XXBT": "BTC", "XDG": "DOGE", "XXDG": "DOGE", "ETH2": "ETH", "ZEUR": "EUR", "ZUSD": "USD",
    "ZGBP": "GBP", "ZCAD": "CAD", "ZJPY": "JPY", "ZAUD": "AUD", "ZCHF": "CHF", "XETH": "ETH", "XETC": "ETC",
    "XLTC": "LTC", "XMLN": "MLN", "XREP": "REP", "XXLM": "XLM", "XXMR": "XMR", "XXRP": "XRP", "XZEC": "ZEC",
    "XICN": "ICN", "XXVN": "XVN", "XNMC": "NMC", "XDAO": "DAO",
}  # fmt: skip
# What is staked, locked, on hold or earning is the same coin: DOT28.S, XBT.M, EUR.HOLD.
_PLACE: Final = re.compile(r"(?<=[A-Z0-9])\d{0,2}\.(S|M|F|B|P|T|HOLD)$")
_VALUE_CURRENCY: Final = "USD"
_FEE_CREDITS: Final = "KFEE"


@dataclass(frozen=True, slots=True)
class _Move:
    """One row: what it does to the balance, as `amount` and `fee` (0 or more) of `asset`."""

    record: Record
    asset: str
    amount: Decimal
    fee: Decimal
    usd: Decimal | None

    @property
    def draft(self) -> Draft:
        return self.record.draft

    @property
    def is_money(self) -> bool:
        return self.asset in MONEY

    @property
    def is_in(self) -> bool:
        return self.amount > 0

    def units(self) -> Decimal:
        """Answer the units that moved, the fee in them, and say so."""
        return with_coin_fee(self.draft, self.amount, self.fee, self.asset)

    def worth(self) -> Worth | None:
        return Worth(abs(self.usd), _VALUE_CURRENCY) if self.usd else None


def _recognises(source: Source) -> bool:
    return source.has_header(*_HEADER)


def _read(source: Source, setting: Setting) -> Parsed:
    return read_together(
        Table(source.sheet, *_HEADER),
        lambda record: _move(record, setting),
        _trade_key,
        _single,
        lambda moves, refid: _traded(moves, f"kraken|{refid}", setting),
    )


def _trade_key(move: _Move) -> str | None:
    return move.record.text("refid") if simplify(move.record.text("type")) in _TRADES else None


def _move(record: Record, setting: Setting) -> _Move | None:
    """Read a row; None where it books nothing or has errors."""
    draft = record.draft
    place(draft, record.text("time"), setting, zone=UTC_ZONE)
    draft.external_id = record.text("txid")
    amount, fee = record.number("amount"), record.number("fee") or ZERO
    asset = coin(record.text("asset"))
    if not draft.external_id:
        draft.skipped = PART_OF_OTHER
    elif asset == _FEE_CREDITS or (amount == 0 and not fee):
        draft.skipped = INTERNAL
    elif amount is None and not draft.findings:
        draft.findings.append(error("no-amount", "amount", column="amount"))
    if draft.skipped or draft.findings or amount is None:
        return None
    if asset not in MONEY:
        name_security(draft, symbol=asset)
    return _Move(record, asset, amount, fee, record.number("amountusd"))


def coin(code: str) -> str:
    """Answer the usual code of an asset: XXBT and XBT.M are BTC, DOT28.S is DOT, ZEUR is EUR."""
    bare = _PLACE.sub("", code.upper())
    return _OLD_NAMES.get(bare, bare)


def _single(move: _Move) -> list[Draft]:
    """Book a row that stands alone."""
    kind, subtype = (simplify(move.record.text(name)) for name in ("type", "subtype"))
    draft, word = move.draft, move.record.text("subtype") or move.record.text("type")
    if kind in {"transfer", "earn", "staking"} and subtype in _INSIDE:
        draft.skipped = INTERNAL
    elif kind in _REWARDS or (kind == "earn" and "reward" in subtype):
        return _rewarded(move)
    elif kind in {"deposit", "withdrawal", "transfer", "adjustment", "nft rebate"}:
        _moved(move)
    elif kind in {"margin", "rollover", "settled"} and move.is_money:
        _margin(move, kind)
    else:
        unknown(draft, word)
    return [draft]


def _moved(move: _Move) -> None:
    """Book what comes from or goes to outside the account."""
    draft = move.draft
    if not move.is_money:
        kind = EntryKind.TRANSFER_IN if move.is_in else EntryKind.TRANSFER_OUT
        book_in_kind(draft, kind, move.units())
        return
    kind = EntryKind.DEPOSIT if move.is_in else EntryKind.WITHDRAWAL
    book_money(draft, kind, abs(move.amount), move.asset)
    draft.fee = move.fee


def _rewarded(move: _Move) -> list[Draft]:
    draft = move.draft
    if move.is_money:
        book_money(draft, EntryKind.INTEREST, move.amount, move.asset)
        draft.fee = move.fee
        return [draft]
    if not move.is_in:
        unknown(draft, move.record.text("type"))
        return [draft]
    value = None
    if move.usd:
        value = EXACT.subtract(abs(move.usd), abs(move.record.number("feeusd") or ZERO))
    return reward(draft, quantity=move.units(), value=value, currency=_VALUE_CURRENCY if value else "")


def _margin(move: _Move, kind: str) -> None:
    """Book the result of a position on margin as income (signed), and what holding it costs as a fee."""
    draft = move.draft
    draft.note = kind
    if move.amount:
        book_money(draft, EntryKind.INTEREST, move.amount, move.asset)
        draft.fee = move.fee
    else:
        book_money(draft, EntryKind.FEE, move.fee, move.asset)


def _traded(moves: Sequence[_Move], group: str, setting: Setting) -> dict[int, list[Draft]]:
    """Book the rows of one trade."""
    outs = [one for one in moves if not one.is_in]
    ins = [one for one in moves if one.is_in]
    if len(outs) != 1 or len(ins) != 1:
        return _many(outs, ins, group)
    out, into = outs[0], ins[0]
    if out.is_money and into.is_money:
        return _changed(out, into, group, setting)
    if out.is_money or into.is_money:
        _bought_or_sold(into if out.is_money else out, out if out.is_money else into)
        return {}
    out.draft.group = into.draft.group = group
    units = out.units(), into.units()
    swap(out.draft, into.draft, units=units, worth=out.worth() or into.worth(), fee=ZERO)
    return {}


def _bought_or_sold(coins: _Move, money: _Move) -> None:
    kind = EntryKind.BUY if coins.is_in else EntryKind.SELL
    book_units(
        coins.draft,
        kind,
        quantity=coins.units(),
        gross=abs(money.amount),
        currency=money.asset,
        fee=money.fee,
    )
    money.draft.skipped = PART_OF_OTHER


def _changed(out: _Move, into: _Move, group: str, setting: Setting) -> dict[int, list[Draft]]:
    """Book money for money; each side's fee is its own."""
    sold, bought = (abs(out.amount), out.asset), (into.amount, into.asset)
    legs = exchange(out.draft, sold=sold, bought=bought, setting=setting, group=group)
    for leg, move in zip(legs, (out, into), strict=True):
        leg.external_id, leg.fee = move.draft.external_id, move.fee
    into.draft.skipped = PART_OF_OTHER
    return {id(out.draft): legs}


def _many(outs: Sequence[_Move], ins: Sequence[_Move], group: str) -> dict[int, list[Draft]]:
    """Book several assets for one: sales and a purchase for the sum of their values, else transfers."""
    for move in (*outs, *ins):
        move.draft.group = group
        if not outs or not ins:
            move.draft.findings.append(error("other-half-missing", "type", column="refid"))
    if not outs or not ins:
        return {}
    worths = [one.usd for one in outs]
    if len(ins) > 1 or not all(worths) or any(one.is_money for one in (*outs, *ins)):
        for move in (*outs, *ins):
            _moved(move)
            move.draft.findings.append(warning("coins-without-value", "price"))
        return {}
    total = ZERO
    for move in outs:
        value = abs(move.usd or ZERO)
        total = EXACT.add(total, value)
        book_units(move.draft, EntryKind.SELL, quantity=move.units(), gross=value, currency=_VALUE_CURRENCY)
    book_units(ins[0].draft, EntryKind.BUY, quantity=ins[0].units(), gross=total, currency=_VALUE_CURRENCY)
    return {}


PRESET: Final = Preset("kraken", "Kraken", "ledgers.csv", _recognises, _read)
