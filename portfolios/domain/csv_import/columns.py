"""Which column is what: our fields, and the names that files give them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final

from core.money import MINOR_UNITS, SUBUNITS
from portfolios.domain.csv_import.words import simplify


class Field(StrEnum):
    """What a column can hold. `NET` is the amount after fee and tax, `AMOUNT` before."""

    DATE = "date"
    TIME = "time"
    TYPE = "type"
    SYMBOL = "symbol"
    ISIN = "isin"
    NAME = "name"
    EXCHANGE = "exchange"
    QUANTITY = "quantity"
    PRICE = "price"
    CURRENCY = "currency"
    AMOUNT = "amount"
    NET = "net_amount"
    AMOUNT_CURRENCY = "amount_currency"
    FEE = "fee"
    FEE_CURRENCY = "fee_currency"
    TAX = "tax"
    TAX_CURRENCY = "tax_currency"
    FX_RATE = "fx_rate"
    NOTE = "note"
    ID = "id"
    GROUP = "group"
    INSTRUMENT = "instrument"
    ENTRY = "entry"
    LOTS = "lots"
    CARRIED = "carried"


# What only our own exports have; in other files such a column may be anything.
OWN_ONLY: Final = frozenset({Field.ENTRY, Field.LOTS, Field.CARRIED})


NUMBERS: Final = (Field.QUANTITY, Field.PRICE, Field.AMOUNT, Field.NET, Field.FEE, Field.TAX, Field.FX_RATE)
# The currency field that belongs to each number.
CURRENCY_OF: Final = {
    Field.PRICE: Field.CURRENCY,
    Field.AMOUNT: Field.AMOUNT_CURRENCY,
    Field.NET: Field.AMOUNT_CURRENCY,
    Field.FEE: Field.FEE_CURRENCY,
    Field.TAX: Field.TAX_CURRENCY,
}

# The first name that a file has wins, so the plainest stand first.
_NAMES: Final[dict[Field, str]] = {
    Field.DATE: (
        "date|trade date|transaction date|datetime|date time|date and time|timestamp|executed at|"
        "execution date|execution time|date execution|created at|started date|completed date|"
        "value date|settlement date|booking date|run date|activity date|datum|buchungstag|buchungsdatum|"
        "handelstag|handelsdatum|ausfuhrungsdatum|schlusstag|valuta|valutadatum|zeitpunkt|datum uhrzeit|"
        "date operation|date d operation|fecha|fecha valor|fecha de operacion|data|data operazione|utc time|"
        "timestamp utc|time utc|date utc|date utc time|transactiondate|tradedate|effective date"
    ),
    Field.TIME: "time|trade time|uhrzeit|zeit|heure|hora|ora|tijd|time of day|execution time of day",
    Field.TYPE: (
        "type|transaction type|action|activity type|activity|kind|trans code|transaction|side|buy sell|"
        "order type|operation|typ|art|transaktionstyp|transaktionsart|buchungsart|vorgang|"
        "umsatzart|geschaftsart|"
        "kauf verkauf|tipo|type operation|type d operation|tipo de operacion|operazione|soort|subtype|"
        "transactiontype|activitytype|direction"
    ),
    Field.SYMBOL: (
        "symbol|ticker|ticker symbol|tickersymbol|instrument symbol|security symbol|stock symbol|"
        "code|asset|coin|"
        "symbol cusip|kurzel|borsenkurzel|symbole|simbolo|stock|instrument code|"
        "base currency asset|market symbol|"
        "wkn|asset symbol|kurssymbol"
    ),
    Field.ISIN: "isin|isin code|isin symbol|isin cusip|code isin|isin wkn|security id isin|valoren isin",
    Field.NAME: (
        "name|security name|instrument name|security|product|produkt|asset name|company|company name|"
        "instrument description|bezeichnung|wertpapier|wertpapiername|wertpapierbezeichnung|titel|"
        "titre|libelle|valor|titolo|"
        "security description|stock name|fund name"
    ),
    Field.EXCHANGE: "mic|exchange mic|venue|execution venue|ausfuhrungsort",
    Field.QUANTITY: (
        "quantity|qty|shares|no of shares|number of shares|units|volume|filled|filled qty|executed|size|"
        "stuck|anzahl|menge|stuckzahl|anteile|nominale|nominal|quantite|nombre|cantidad|titulos|"
        "quantita|aantal|quantity transacted|shares quantity|stuck nominale|stk nominale"
    ),
    Field.PRICE: (
        "price|unit price|unitprice|price per share|price share|price per unit|price unit|"
        "share price|avg price|"
        "average price|execution price|trade price|tradeprice|t price|purchase price|fill price|"
        "rate per unit|kurs|preis|"
        "stuckpreis|ausfuhrungskurs|preis pro anteil|preis je anteil|kurs preis|cours|prix|"
        "prix unitaire|precio|prezzo|koers|spot price at transaction|price at transaction|quote"
    ),
    Field.CURRENCY: (
        "currency|price currency|currency price share|trade currency|transaction currency|ccy|cur|"
        "currency code|currencyprimary|currency primary|currencycode|spot price currency|"
        "price ccy|quote currency|"
        "wahrung|whrg|transaktionswahrung|handelswahrung|devise|divisa|valuta code|moneda|currency symbol"
    ),
    Field.AMOUNT: (
        "amount|gross amount|gross|subtotal|gross value|trade value|value|market value|"
        "consideration|principal|"
        "proceeds|betrag|bruttobetrag|brutto|kurswert|umsatz|montant|montant brut|importe|"
        "importo|bedrag|total price|transaction amount|cash amount|gross total"
    ),
    Field.NET: (
        "net amount|net|net value|net cash|netcash|total|total amount|net total|"
        "total inclusive of fees and or spread|"
        "total inclusive of fees|nettobetrag|netto|wert|gesamtpreis|endbetrag|gesamtbetrag|"
        "ausmachender betrag|gesamt|montant net|importe neto|"
        "importe total|total eur|net proceeds|total cost"
    ),
    Field.AMOUNT_CURRENCY: (
        "amount currency|currency amount|wahrung bruttobetrag|currency total|"
        "currency gross amount|total currency|net currency|value currency|"
        "settlement currency|account currency|buchungswahrung|kontowahrung|abrechnungswahrung"
    ),
    Field.FEE: (
        "fee|fees|commission|commissions|comm fee|comm|commission fees|transaction fee|"
        "transaction fees|transaction costs|"
        "transaction cost|fees commission|fees comm|brokerage|charges|currency conversion fee|"
        "transaction and or third|transaction and or third party fees|ib commission|ibcommission|"
        "fees and or spread|"
        "gebuhr|gebuhren|provision|kosten|spesen|ordergebuhr|transaktionskosten|commissione|"
        "commissioni|frais|courtage|comision|comisiones|kosten gebuhren"
    ),
    Field.FEE_CURRENCY: (
        "fee currency|commission currency|currency currency conversion fee|fees currency|"
        "currency fee|currency commission|fee ccy|fee coin|"
        "fee asset|gebuhrenwahrung|ib commission currency|ibcommissioncurrency"
    ),
    Field.TAX: (
        "tax|taxes|withholding tax|tax withheld|tax amount|stamp duty|stamp duty reserve tax|steuer|steuern|"
        "quellensteuer|kapitalertragsteuer|kest|taxe|taxes impots|impuesto|impuestos|retencion|"
        "imposta|imposte|"
        "belasting|transaction tax|french transaction tax|ritenuta"
    ),
    Field.TAX_CURRENCY: (
        "tax currency|currency tax|currency withholding tax|tax ccy|steuerwahrung|"
        "withholding tax currency"
    ),
    Field.FX_RATE: (
        "fx rate|fxrate|exchange rate|fx|currency rate|conversion rate|fxratetobase|"
        "fx rate to base|wechselkurs|"
        "devisenkurs|taux de change|tipo de cambio|tasso di cambio|wisselkoers|umrechnungskurs"
    ),
    Field.NOTE: (
        "note|notes|comment|comments|memo|description|details|remark|remarks|notiz|notizen|"
        "kommentar|bemerkung|"
        "beschreibung|verwendungszweck|buchungstext|buchungsinformationen|commentaire|nota|notas|descripcion|"
        "descrizione|omschrijving|narrative|transaction description"
    ),
    Field.ID: (
        "id|transaction id|trade id|tradeid|transactionid|transaction reference|reference|reference number|"
        "reference id|ref|refid|uuid|external id|exec id|execution id|txid|tx id|trade number|deal id|"
        "referenz|referenznummer|transaktionsnummer|transaktions id|buchungsnummer|numero|trade ref"
    ),
    Field.GROUP: "group|group id|linked id",
    Field.INSTRUMENT: "instrument|instrument id|instrument uuid",
    Field.ENTRY: "entry",
    Field.LOTS: "lots",
    Field.CARRIED: "carried",
}  # fmt: skip
_BY_NAME: Final = {
    name: (field, rank) for field, names in _NAMES.items() for rank, name in enumerate(names.split("|"))
}
_CODE = re.compile(r"\b([A-Z]{3})\b")


def column_names(header: Sequence[str]) -> list[str]:
    """Name each column once: an empty one by its number (from 1), a repeated one by its turn."""
    names: list[str] = []
    for position, cell in enumerate(header, start=1):
        name = " ".join(cell.split()) or f"Column {position}"
        turn = 2
        unique = name
        while unique in names:
            unique, turn = f"{name} ({turn})", turn + 1
        names.append(unique)
    return names


def guess_columns(header: Sequence[str]) -> dict[Field, int]:
    """Tell which column holds each field, by their names; each column holds one field."""
    ranked: dict[Field, tuple[int, int]] = {}
    for position, cell in enumerate(header):
        found = recognise(cell)
        if found is not None and (found[0] not in ranked or found[1] < ranked[found[0]][0]):
            ranked[found[0]] = (found[1], position)
    columns = {field: position for field, (_, position) in ranked.items()}
    if Field.TIME in columns and Field.DATE not in columns:
        columns[Field.DATE] = columns.pop(Field.TIME)
    return columns


def recognise(cell: str) -> tuple[Field, int] | None:
    """Tell what a column of that name holds, and how plain the name is (0: plainest)."""
    words = simplify(cell)
    if words in _BY_NAME:
        return _BY_NAME[words]
    bare = simplify(_CODE.sub(" ", cell))
    for ending in (" in", " per"):
        bare = bare.removesuffix(ending)
    return _BY_NAME.get(bare) if bare != words else None


def currency_in_name(cell: str) -> str:
    """Read a currency in a column's name (``Price (USD)``, ``Betrag in EUR``); empty if none."""
    return next((str(code) for code in _CODE.findall(cell) if code in MINOR_UNITS), "")


def score(header: Sequence[str]) -> int:
    """Tell how much a row looks like a header: how many fields it names, if a date is among them."""
    columns = guess_columns(header)
    return len(columns) if Field.DATE in columns else 0


def unnamed_currencies(
    header: Sequence[str], columns: dict[Field, int], cells_of: Iterable[tuple[int, Sequence[str]]]
) -> dict[Field, int]:
    """Find columns without a name that hold the currency of the number to their left.

    `cells_of` yields (position, cells) of the columns that nobody claimed.
    """
    found: dict[Field, int] = {}
    numbers = {position: field for field, position in columns.items() if field in CURRENCY_OF}
    for position, cells in cells_of:
        filled = [cell.strip() for cell in cells if cell.strip()]
        if header[position].strip() or not filled or not all(is_currency(cell) for cell in filled):
            continue
        number = numbers.get(position - 1)
        if number is not None and CURRENCY_OF[number] not in columns:
            found.setdefault(CURRENCY_OF[number], position)
    return found


def is_currency(text: str) -> bool:
    """Tell whether a text is a currency's code (ISO 4217, or a subunit that venues quote)."""
    return text in MINOR_UNITS or text in SUBUNITS
