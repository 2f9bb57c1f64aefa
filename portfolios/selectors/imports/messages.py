"""The words of findings, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

FILE: Final[dict[str, str | Promise]] = {
    "empty": _("The file is empty."),
    "no-rows": _("The file has a header but no rows below it."),
    "too-large": _("The file is larger than %(limit)s MB. Split it, by year for example."),
    "too-many-rows": _("The file has more than %(limit)s rows. Split it, by year for example."),
    "too-many-columns": _("Line %(line)s has more than %(limit)s columns. Is the delimiter right?"),
    "not-csv-zip": _(
        "This is an Excel, OpenDocument or ZIP file. Open it in a spreadsheet and save it as CSV, "
        "or unpack it."
    ),
    "not-csv-excel": _("This is an old Excel file. Open it in a spreadsheet and save it as CSV."),
    "not-csv-pdf": _("This is a PDF. Ask your broker for a CSV export of the transactions."),
    "not-csv-gzip": _("This file is compressed with gzip. Unpack it first."),
    "not-csv-image": _("This is a picture, not a CSV file."),
    "not-csv-html": _(
        "This is a web page or XML, not a CSV file. Some brokers name such files .xls or .csv."
    ),
    "not-csv-json": _("This is JSON, not a CSV file."),
    "not-csv-binary": _("This is not a text file. Save it as CSV."),
    "encoding": _("The file is not %(encoding)s text."),
    "broken-line": _("Line %(line)s cannot be read as CSV."),
    "open-quote": _("The quotation mark on line %(line)s is never closed."),
    "no-such-line": _("There is no line %(line)s in this file."),
    "no-such-column": _("There is no column “%(column)s” in this file."),
    "guessed-encoding": _("The text was read as %(encoding)s. Look at the letters with accents."),
    "no-header": _("No line names the columns. Say what each of them holds."),
    "no-date-column": _("No column holds the date. Choose it."),
    "no-amount-column": _("No column holds a quantity or an amount. Choose it."),
    "no-type-column": _(
        "No column says what kind of transaction a row is. Signs decide: plus buys or pays in, "
        "minus sells or pays out."
    ),
    "mixed-dates": _(
        "In column “%(column)s” some dates put the day first and others the month. Choose the order; "
        "until then the dates that could be either are errors."
    ),
    "guessed-dates-dmy": _(
        "Nothing in column “%(column)s” proves whether day or month comes first. The day was read first."
    ),
    "guessed-dates-mdy": _(
        "Nothing in column “%(column)s” proves whether day or month comes first. The month was read first."
    ),
    "guessed-decimal": _("Nothing in column “%(column)s” proves what its points and commas mean."),
    "own-format": _("This is an export of this platform and is read exactly as written."),
    "preset": _("Read as %(name)s."),
    "other-broker": _("This is not a file of %(broker)s, or its columns were changed."),
    "broken-xml": _("The XML cannot be read beyond line %(line)s. Was the download cut short?"),
    "broken-json": _("The JSON cannot be read. Was the download cut short?"),
    "old-version": _(
        "This file is of an old version. Open it in the current program, save it, and try again."
    ),
    "xml-entities": _("XML with a document type is refused: no broker writes it, and it can do harm."),
    "xml-too-large": _("The XML is nested too deeply or has too many elements. Export fewer years."),
    "later-shortfall": _(
        "%(count)s sales already in the portfolio would lack units after this import. "
        "They are shown as missing purchases."
    ),
}

ROW: Final[dict[str, str | Promise]] = {
    "blank-line": _("Empty line."),
    "total-line": _("A total or remark, not a transaction."),
    "part-of-other": _("Went into another row's transaction."),
    "cancelled": _("Taken back by the broker; both rows stay out."),
    "cancelled-there": _(
        "The broker took this back, but it came in by an earlier import. Delete it from the portfolio."
    ),
    "in-other-file": _("Trades and their costs are read from the broker's file of transactions."),
    "internal": _("Moves nothing in or out of the portfolio."),
    "doubtful-price": _("The price is not greater than 0."),
    "doubtful-time": _("The time is in the future."),
    "matched-by-currency": _("Of several “%(text)s” the one in this currency was taken."),
    "cost-currency": _("Column “%(column)s” is in %(currency)s, the rest of the row in %(expected)s."),
    "tax-converted": _("The tax of %(text)s was converted at the rate that the row itself implies."),
    "tax-left-out": _("The tax of %(text)s could not be converted and was left out."),
    "settled-in-money": _(
        "Column “%(column)s”: “%(text)s” is settled in money day by day. "
        "Enter its result as interest or a fee."
    ),
    "coins-without-value": _(
        "The file names no value in money for these coins: both sides are transfers, the cost is not known."
    ),
    "costs-in-price": _("Costs of %(text)s are part of the price."),
    "other-half-missing": _(
        "Column “%(column)s”: the other side of this trade is not in the file. Export a longer period."
    ),
    "coin-fee": _("The fee of %(text)s went with the units."),
    "too-few-cells": _("The row has %(cells)s cells, the header %(columns)s. Was the download cut short?"),
    "left-out": _("Left out as you chose, or a balance."),
    "too-many-cells": _(
        "The row has %(cells)s cells, the header %(columns)s. A text with the delimiter needs quotes."
    ),
    "no-date": _("Column “%(column)s”: the date is missing."),
    "not-a-date": _("Column “%(column)s”: “%(text)s” is not a date."),
    "ambiguous-date": _("Column “%(column)s”: “%(text)s” can be read with the day or the month first."),
    "doubtful-date": _("Column “%(column)s”: “%(text)s” could also be read the other way round."),
    "date-out-of-range": _("Column “%(column)s”: “%(text)s” is before 1900 or after 2200."),
    "not-a-number": _("Column “%(column)s”: “%(text)s” is not a number."),
    "number-too-large": _(
        "Column “%(column)s”: “%(text)s” has more than 20 digits before the decimal point."
    ),
    "number-too-fine": _("Column “%(column)s”: “%(text)s” has more than 18 decimals."),
    "doubtful-number": _("Column “%(column)s”: the mark in “%(text)s” may separate decimals or thousands."),
    "not-an-isin": _("Column “%(column)s”: “%(text)s” is not an ISIN and was passed over."),
    "not-a-currency": _("Column “%(column)s”: “%(text)s” is not a currency code such as EUR."),
    "too-long": _("Column “%(column)s”: “%(text)s” is too long."),
    "note-cut": _("The note was cut to 400 characters."),
    "no-kind": _("Column “%(column)s”: the kind of transaction is missing."),
    "unknown-kind": _(
        "Column “%(column)s”: nobody here knows what “%(text)s” is. Say what it means, or leave it out."
    ),
    "guessed-kind": _("Column “%(column)s”: “%(text)s” was understood by its first words."),
    "corporate-action": _(
        "Column “%(column)s”: “%(text)s” is no transaction. Enter it as a corporate action of the instrument."
    ),
    "units-not-money": _("Column “%(column)s”: “%(text)s” of units is read as a transfer in kind."),
    "no-quantity": _("Column “%(column)s”: the quantity is missing."),
    "no-amount": _("Column “%(column)s”: the amount is missing."),
    "cancellation": _(
        "Column “%(column)s”: the sign is the opposite of what this kind needs. "
        "If it cancels another row, leave both out."
    ),
    "price-from-amount": _("The price is the amount divided by the quantity."),
    "unknown-cost": _("The cost of what comes in is not known; its gain will be unknown too."),
    "amount-differs": _(
        "Column “%(column)s”: the amount is not quantity times price, with or without costs."
    ),
    "dividend-total": _("The amount is not shares times price; the amount counts."),
    "dividend-one-number": _("The only number of the dividend was taken for its total."),
    "fee-in-major": _("The price is in %(unit)s; the fee was taken for %(currency)s."),
    "refused": _("Column “%(column)s”: %(message)s"),
    "unknown-symbol": _(
        "There is no instrument “%(text)s” here. Choose one, make it your own, or leave it out."
    ),
    "ambiguous-symbol": _("“%(text)s” can be several instruments: %(choices)s. Choose one."),
    "other-isin": _("“%(text)s” is known here with another ISIN (%(choices)s). Choose the instrument."),
    "chosen-gone": _("The instrument chosen for “%(text)s” is not there any more."),
    "matched-by-name": _("“%(text)s” was found by its name."),
    "symbol-of-today": _("“%(text)s” is today's symbol; on that day the instrument had another."),
    "will-be-created": _("“%(text)s” will be created as your own instrument."),
    "not-linked": _("There is no instrument “%(text)s” here; the row is booked without one."),
    "currency-assumed": _("No currency is given; %(currency)s was taken."),
    "no-rate": _("No rate from %(currency)s to %(base)s is known for %(day)s; the value will be missing."),
    "rate-inverted": _("The exchange rate was the other way round and was turned: %(rate)s."),
    "rate-differs": _("The exchange rate is far from the known one of %(rate)s."),
    "not-lots": _("Column “%(column)s”: these are not lots of this row, or they do not add up to it."),
    "lots-not-there": _(
        "The purchases that this sale took its units of are not in the file; it takes them by the "
        "portfolio's method."
    ),
    "missing-acquisition": _("%(lack)s more go out than are held: a purchase is missing."),
    "already-there": _("Already in the portfolio."),
    "already-there-differs": _("Already in the portfolio, with other figures by now. They stay as they are."),
    "similar-there": _(
        "On that day the same is in the portfolio at another hour. If it is the same, leave this out."
    ),
}
_ALL: Final = FILE | ROW


def message(finding: Mapping[str, Any]) -> str:
    """Say a stored finding in the active language."""
    template = _ALL.get(finding["code"])
    if template is None:
        return str(finding["code"])
    params = {
        name: gettext(text) if name == "message" else text for name, text in finding.get("params", {}).items()
    }
    return str(template) % params


def messages_of(findings: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Say stored findings, each with its code, level and field."""
    return [
        {"code": one["code"], "level": one["level"], "field": one["field"], "message": message(one)}
        for one in findings
    ]
