"""`manage.py import_prices FILE…`: daily prices from CSV files."""

from __future__ import annotations

import shutil
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.actor import Actor
from core.errors import DomainError
from market.domain.basis import RAW, Adjustment, basis_of
from market.domain.price_files.layout import Shape, Wishes
from market.management.refused import owner_of, write_refused
from market.models import Instrument
from market.services.price_import import Options, Outcome, Plan, Progress, import_prices

EXIT_REFUSED = 1
EXIT_ROWS_REJECTED = 3
EXIT_INTERRUPTED = 130
SHOWN = 10
MARKS = {"comma": ",", "point": ".", "tab": "\t", "semicolon": ";", "pipe": "|"}


class Command(BaseCommand):
    """Import daily prices; all good rows of a file, or nothing of it."""

    _basis = RAW

    help = (
        "Import daily prices (CSV, also .gz and .zip; one row per symbol and day, or a column per symbol). "
        "Columns, delimiter, decimal mark, dates and encoding are guessed and shown. "
        "Exit code: 0 all stored, 1 a file was refused, 3 some rows were refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        what = parser.add_argument_group("what the file says")
        what.add_argument("--columns", default="", metavar="date=Date,close=Close,…")
        what.add_argument("--symbol", default="", help="the symbol of a file without a symbol column")
        what.add_argument("--layout", default="", choices=["", *Shape], help="default: guessed")
        what.add_argument("--delimiter", default="", help="a character, or comma, semicolon, tab, pipe")
        what.add_argument("--decimal", default="", choices=["", ".", ",", "point", "comma"])
        what.add_argument("--date-format", default="", help="as in Python, such as %%d.%%m.%%Y")
        what.add_argument(
            "--adjusted",
            default=Adjustment.NONE.value,
            choices=[one.value for one in Adjustment],
            help="what prices and volumes are adjusted for (default: nothing, prices are as traded)",
        )
        what.add_argument(
            "--as-of",
            type=_day,
            default=None,
            metavar="DATE",
            help="the day up to whose splits prices are adjusted: often the one on which the file was saved",
        )
        what.add_argument("--encoding", default="", help="such as utf-8, utf-16, latin-1")
        where = parser.add_argument_group("where it goes")
        where.add_argument("--user", default="", metavar="EMAIL", help="private prices of this user")
        where.add_argument("--create-missing", action="store_true", help="make unknown instruments")
        where.add_argument("--currency", default="", help="the currency of new instruments")
        where.add_argument("--kind", default=Instrument.Kind.STOCK, choices=Instrument.Kind.values)
        where.add_argument("--source", default="import", help="kept with each price (at most 24 characters)")
        where.add_argument("--rejected", type=Path, default=None, help="where refused rows go")
        where.add_argument("--strict", action="store_true", help="store nothing when a row is refused")
        where.add_argument("--dry-run", action="store_true", help="check only, store nothing")

    def handle(self, *_args: Any, **given: Any) -> None:
        """Import each file; go on with the next when one is refused."""
        options, actor = _options(given), Actor.system("import_prices")
        refused, rejected = 0, 0
        for path in given["files"]:
            try:
                outcome = self._one(path, actor, options)
            except (DomainError, OSError) as error:
                self.stderr.write(self.style.ERROR(f"{path}: {error}"))
                self.stderr.write(_("Nothing of this file was stored."))
                refused += 1
                continue
            except KeyboardInterrupt:
                self.stderr.write("\n" + _("Stopped; nothing of %s was stored.") % path)
                sys.exit(EXIT_INTERRUPTED)
            rejected += len(outcome.rejected)
            self._report(path, outcome, options, given["rejected"])
        if refused or rejected:
            sys.exit(EXIT_REFUSED if refused else EXIT_ROWS_REJECTED)

    def _one(self, path: Path, actor: Actor, options: Options) -> Outcome:
        bar = _Bar(self)
        self._basis = options.basis
        with path.open("rb") as file:
            outcome = import_prices(
                actor=actor,
                file=file,
                name=path.name,
                options=options,
                on_plan=self._show_plan,
                on_progress=bar.show,
            )
        bar.end()
        return outcome

    def _show_plan(self, plan: Plan) -> None:
        layout = plan.layout
        used = [f"{name}={layout.headers[at]}" for name, at in layout.places.items()]
        used += [f"{len(layout.symbols)} symbols"] if layout.symbols else []
        used += [f"symbol {layout.symbol}"] if layout.symbol else []
        marks = f"delimiter {layout.delimiter!r}, decimal {layout.decimal!r}, dates {layout.date_format}"
        self.stdout.write(f"{plan.member}: {layout.shape}, {plan.encoding}, {marks}")
        self.stdout.write("  " + ", ".join(used))
        self.stdout.write("  " + self._told_basis())
        if layout.adjusted:
            self.stdout.write(
                "  " + _("not read, for prices are kept as traded: %s") % ", ".join(layout.adjusted)
            )
        if layout.ignored:
            self.stdout.write("  " + _("not read: %s") % ", ".join(layout.ignored))

    def _told_basis(self) -> str:
        if self._basis.as_of is None:
            return _("prices as traded")
        return _("prices adjusted for splits as of %(day)s: kept as given, and as they were traded") % {
            "day": self._basis.as_of.isoformat()
        }

    def _report(self, path: Path, outcome: Outcome, options: Options, wanted: Path | None) -> None:
        if outcome.created:
            named = ", ".join(outcome.created[:SHOWN]) + (" …" if len(outcome.created) > SHOWN else "")
            self.stdout.write(
                _("New instruments: %(count)s (%(symbols)s)")
                % {"count": len(outcome.created), "symbols": named}
            )
        self.stdout.write(
            _("%(read)s rows read: %(stored)s stored, %(unchanged)s unchanged, %(rejected)s refused.")
            % {
                "read": f"{outcome.rows_read:,}",
                "stored": f"{outcome.stored:,}",
                "unchanged": f"{outcome.unchanged:,}",
                "rejected": f"{len(outcome.rejected):,}",
            }
        )
        if outcome.kept_raw:
            self.stdout.write(
                ngettext(
                    "%(count)s of the unchanged is known as traded and stays so.",
                    "%(count)s of the unchanged are known as traded and stay so.",
                    outcome.kept_raw,
                )
                % {"count": f"{outcome.kept_raw:,}"}
            )
        if outcome.rejected:
            rows = ((row.member, row.line, row.reason, row.raw) for row in outcome.rejected)
            place = write_refused(path, wanted, ["table", "line", "reason", "row"], rows)
            self.stdout.write(
                ngettext(
                    "The refused row, with its reason: %s",
                    "The refused rows, with reasons: %s",
                    len(outcome.rejected),
                )
                % place
            )
        if options.dry_run or (options.strict and outcome.rejected):
            self.stdout.write(_("Nothing was stored."))


class _Bar:
    """A progress bar on a terminal; elsewhere a line now and then."""

    def __init__(self, command: BaseCommand) -> None:
        self._out = command.stdout
        self._tty = command.stdout.isatty()
        self._next = 0.0
        self._drawn = False

    def show(self, progress: Progress) -> None:
        """Draw how far it is, a few times a second on a terminal, every five seconds elsewhere."""
        now = time.monotonic()
        if not progress.storing and now < self._next:
            return
        first, self._next = self._next == 0, now + (0.1 if self._tty else 5)
        share = progress.done / max(progress.total, 1)
        what = _("storing") if progress.storing else _("reading")
        text = f"{share:4.0%} {progress.rows:,} {what}"
        if self._tty:
            room = max(10, min(40, shutil.get_terminal_size().columns - len(text) - 4))
            filled = int(room * share)
            self._out.write(f"\r[{'#' * filled}{' ' * (room - filled)}] {text} ", ending="")
            self._out.flush()
            self._drawn = True
        elif not first:
            self._out.write(text)

    def end(self) -> None:
        """Leave the bar's line."""
        if self._drawn:
            self._out.write("")


def _options(given: dict[str, Any]) -> Options:
    columns = dict(pair.split("=", 1) for pair in given["columns"].split(",") if "=" in pair)
    if given["columns"] and len(columns) != given["columns"].count(",") + 1:
        raise CommandError(_("--columns is like date=Date,close=Close."))
    basis = basis_of(given["adjusted"], given["as_of"])
    if basis is None:
        raise CommandError(_("--adjusted split and --as-of go together."))
    currency = given["currency"].upper()
    if given["create_missing"] and not currency:
        raise CommandError(_("--create-missing needs --currency."))
    return Options(
        wishes=Wishes(
            columns=columns,
            symbol=given["symbol"],
            delimiter=MARKS.get(given["delimiter"], given["delimiter"]),
            decimal=MARKS.get(given["decimal"], given["decimal"]),
            date_format=given["date_format"],
            shape=given["layout"],
        ),
        encoding=given["encoding"],
        source=given["source"][:24],
        basis=basis,
        owner=owner_of(given["user"]),
        create_missing=given["create_missing"],
        currency=currency,
        kind=given["kind"],
        strict=given["strict"],
        dry_run=given["dry_run"],
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(_("write a date as 2026-11-29")) from error
