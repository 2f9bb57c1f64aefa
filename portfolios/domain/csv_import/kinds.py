"""What a row does, from the word that a file has for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from portfolios.domain.csv_import.words import simplify
from portfolios.domain.entries import EntryKind


class Special(StrEnum):
    """What a word can mean besides a kind of entry."""

    TRADE = "trade"  # bought or sold, by the sign
    TRANSFER = "transfer"  # money or units, in or out, by the sign
    SPLIT = "split"
    SKIP = "skip"


Meaning: TypeAlias = EntryKind | Special

_WORDS: Final[dict[Meaning, str]] = {
    EntryKind.BUY: (
        "buy|b|bought|bot|purchase|purchased|buy to open|market buy|limit buy|stop buy|stop limit buy|"
        "reinvest|reinvestment|reinvest shares|dividend reinvestment|savings plan|"
        "advanced trade buy|acquisition|"
        "kauf|k|kaufen|ankauf|sparplan|sparplankauf|wertpapierkauf|kauf sparplan|wiederanlage|"
        "achat|acheter|compra|comprar|acquisto|aankoop|koop|order buy|trade buy"
    ),
    EntryKind.SELL: (
        "sell|s|sold|sld|sale|sell to close|market sell|limit sell|stop sell|stop limit sell|"
        "advanced trade sell|"
        "disposal|verkauf|vk|verkaufen|wertpapierverkauf|vente|vendre|venta|vender|vendita|"
        "verkoop|redemption|"
        "order sell|trade sell"
    ),
    EntryKind.DIVIDEND: (
        "dividend|dividends|div|cash dividend|qualified dividend|ordinary dividend|"
        "non qualified div|cash div|"
        "dividend ordinary|dividend dividend|dividend payment|dividend received|distribution|"
        "special dividend|capital gains distribution|payment in lieu of dividends|dividend cash|"
        "qual div reinvest|"
        "dividende|dividenden|dividendengutschrift|ausschuttung|ertragnis|ertrag|"
        "ertragsausschuttung|dividendo|dividendi|"
        "cdiv|return of capital|long term cap gain|short term cap gain"
    ),
    EntryKind.INTEREST: (
        "interest|interest income|credit interest|bank interest|bond interest|interest on cash|"
        "interest earned|"
        "interest payment|margin interest|debit interest|interest paid|broker interest received|"
        "broker interest paid|"
        "zinsen|zins|habenzinsen|zinsgutschrift|sollzinsen|zinszahlung|interet|interets|intereses|"
        "interessi|rente|"
        "rewards income|staking income|staking|staking reward|inflation reward|learning reward|"
        "coupon|kupon|zinsbelastung"
    ),
    EntryKind.DEPOSIT: (
        "deposit|cash deposit|deposits|funding|contribution|ach deposit|ach in|wire in|"
        "wire received|cash in|credit|"
        "cash top up|top up|card deposit|bank deposit|moneylink deposit|payment received|money in|"
        "einlage|einzahlung|gutschrift|uberweisung eingang|zahlungseingang|"
        "depot|versement|deposito|ingreso|versamento|storting"
    ),
    EntryKind.WITHDRAWAL: (
        "withdrawal|withdraw|withdrawals|cash withdrawal|ach withdrawal|ach out|wire out|"
        "wire sent|cash out|removal|"
        "money out|bank withdrawal|debit|entnahme|auszahlung|lastschrift|uberweisung ausgang|zahlungsausgang|"
        "retrait|retirada|retiro|prelievo|opname"
    ),
    EntryKind.FEE: (
        "fee|fees|account fee|service fee|management fee|custody fee|custody fees|commission|"
        "adr mgmt fee|adr fee|"
        "foreign fee|broker fee|maintenance fee|platform fee|administration fee|charge|charges|"
        "gebuhr|gebuhren|"
        "gebuhrenbelastung|provision|kontofuhrung|depotgebuhr|frais|comision|commissione|kosten|"
        "inactivity fee|exchange fee|other fee|other fees|market data fee|custody charge|"
        "fee refund|gebuhrenerstattung"
    ),
    EntryKind.TAX: (
        "tax|taxes|withholding tax|tax withheld|foreign tax|foreign tax paid|dividend tax|"
        "dividend withholding tax|"
        "nra tax adj|nra withholding|tax payment|stamp duty|steuer|steuern|kapitalertragsteuer|"
        "quellensteuer|solidaritatszuschlag|kirchensteuer|steuerbelastung|steuerruckerstattung|"
        "steuererstattung|"
        "steuerausgleich|vorabpauschale|impot|impuesto|impuestos|imposta|belasting|tax refund"
    ),
    EntryKind.TRANSFER_IN: (
        "transfer in|transferin|delivery inbound|delivery in|security transfer in|securities in|"
        "receive|received|"
        "shares in|journaled shares in|acats in|einlieferung|depotubertrag eingang|"
        "ubertrag eingang|depoteingang|airdrop|"
        "transfer from|gift received|deposit in kind|add holding"
    ),
    EntryKind.TRANSFER_OUT: (
        "transfer out|transferout|delivery outbound|delivery out|security transfer out|"
        "securities out|send|sent|"
        "shares out|journaled shares out|acats out|auslieferung|depotubertrag ausgang|"
        "ubertrag ausgang|depotausgang|"
        "transfer to|gift|gift sent|remove holding"
    ),
    Special.TRADE: "trade|order|trades|handel|wertpapierabrechnung|wertpapier|execution",
    Special.TRANSFER: (
        "transfer|cash transfer|deposits withdrawals|deposit withdrawal|electronic fund transfer|ach|wire|"
        "internal transfer|journal|money transfer|umbuchung|uberweisung|ubertrag|virement|"
        "transferencia|moneylink transfer"
    ),
    Special.SPLIT: (
        "split|stock split|share split|forward split|reverse split|reverse stock split|splits|aktiensplit|"
        "split stock|stock split reverse|zusammenlegung|aktienzusammenlegung|ratio split|spinoff|spin off|"
        "stock spinoff|stock merger|merger|name change|stock dividend|fusion|kapitalmassnahme|"
        "corporate action"
    ),
    Special.SKIP: "balance|opening balance|closing balance|saldo|kontostand|total|summe|gesamt",
}
_BY_WORD: Final = {word: meaning for meaning, words in _WORDS.items() for word in words.split("|")}
_OWN_WORDS: Final = frozenset(kind.value for kind in EntryKind)
_TOTALS: Final = frozenset(
    {"total", "totals", "sum", "summe", "gesamt", "gesamtsumme", "subtotal", "zwischensumme",
     "saldo", "grand total", "transactions total", "totale", "totaal", "balance", "total general"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """What a word means; `sure` false when only its beginning was known."""

    meaning: Meaning
    sure: bool = True


def recognise(text: str, choices: Mapping[str, Meaning]) -> Reading | None:
    """Tell what a word means: by the user's choice, the words known here, or how it begins."""
    words = simplify(text)
    if words in choices:
        return Reading(choices[words])
    if words in _BY_WORD:
        return Reading(_BY_WORD[words])
    if words.replace(" ", "_") in _OWN_WORDS:
        return Reading(EntryKind(words.replace(" ", "_")))
    parts = words.split()
    for count in (3, 2, 1):
        beginning = " ".join(parts[:count])
        if len(parts) > count and len(beginning) > 2 and beginning in _BY_WORD:  # noqa: PLR2004
            return Reading(_BY_WORD[beginning], sure=False)
    return None


def is_total(text: str) -> bool:
    """Tell whether a line that begins so sums up others."""
    return simplify(text) in _TOTALS
