"""`manage.py import_ticks FILE…`: ticks from CSV files."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import DomainError
from market.management.refused import owner_of, write_refused
from market.models import Instrument
from market.services.tick_import import Making, TickOptions, TickOutcome, TickProgress, import_ticks

EXIT_REFUSED = 1
EXIT_LINES_REFUSED = 3
EXIT_INTERRUPTED = 130
SHOWN = 10


class Command(BaseCommand):
    """Import ticks; a second run of the same file stores nothing."""

    help = (
        "Import ticks (CSV, also .gz and .zip) with a header such as "
        "ticker,date,time,ltp,ltq,buyprice,buyqty,sellprice,sellqty,openinterest; instead of date and time "
        "also one column timestamp. Exit code: 0 all taken, 1 a file was refused, 3 some lines were refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--ticker", default="", help="of files without such a column; default: their name"
        )
        parser.add_argument(
            "--time-zone",
            default="UTC",
            help="of times without an offset, such as Asia/Kolkata (default UTC)",
        )
        parser.add_argument(
            "--create-missing", action="store_true", help="make unknown instruments; else they are refused"
        )
        parser.add_argument("--currency", default="", help="the currency of new instruments")
        parser.add_argument("--kind", default=Instrument.Kind.STOCK, choices=Instrument.Kind.values)
        parser.add_argument("--user", default="", metavar="EMAIL", help="private instruments of this user")
        parser.add_argument("--rejected", type=Path, default=None, help="where refused lines go")

    def handle(self, *_args: Any, **given: Any) -> None:
        """Import each file; go on with the next when one is refused."""
        options, actor = _options(given), Actor.system("import_ticks")
        refused, lines = 0, 0
        for path in given["files"]:
            try:
                outcome = self._one(path, actor, options)
            except (DomainError, OSError) as error:
                self.stderr.write(self.style.ERROR(f"{path}: {error}"))
                refused += 1
                continue
            except KeyboardInterrupt:
                self.stderr.write("\n" + _("Stopped; the table that was being read is not stored."))
                sys.exit(EXIT_INTERRUPTED)
            lines += outcome.refused
            self._report(path, outcome, given["rejected"])
        if refused or lines:
            sys.exit(EXIT_REFUSED if refused else EXIT_LINES_REFUSED)

    def _one(self, path: Path, actor: Actor, options: TickOptions) -> TickOutcome:
        told = _Told(self)
        with path.open("rb") as file:
            return import_ticks(
                actor=actor, file=file, name=path.name, options=options, on_progress=told.show
            )

    def _report(self, path: Path, outcome: TickOutcome, wanted: Path | None) -> None:
        if outcome.made:
            named = ", ".join(outcome.made[:SHOWN]) + (" …" if len(outcome.made) > SHOWN else "")
            self.stdout.write(
                _("New instruments: %(count)s (%(symbols)s)") % {"count": len(outcome.made), "symbols": named}
            )
        counts = {
            name: f"{getattr(outcome, name):,}" for name in ("read", "stored", "known", "refused", "quoted")
        }
        self.stdout.write(
            f"{path.name}: "
            + _("%(read)s lines read: %(stored)s stored, %(known)s known already, %(refused)s refused;")
            % counts
            + " "
            + _("%(quoted)s prices moved.") % counts
        )
        if outcome.refusals:
            rows = ((row.table, row.line, row.reason, row.text) for row in outcome.refusals)
            place = write_refused(path, wanted, ["file", "line", "reason", "text"], rows)
            self.stdout.write(_("Refused lines, with reasons: %s") % place)


class _Told:
    """Say how far it is: on a terminal a few times a second in one line, elsewhere every five seconds."""

    def __init__(self, command: BaseCommand) -> None:
        self._out = command.stdout
        self._tty = command.stdout.isatty()
        self._next = time.monotonic() + (0 if self._tty else 5)

    def show(self, progress: TickProgress) -> None:
        """Tell the share of the file and the lines."""
        now = time.monotonic()
        if now < self._next and not (progress.storing and self._tty):
            return
        self._next = now + (0.2 if self._tty else 5)
        what = _("storing") if progress.storing else _("reading")
        text = f"{progress.done / max(progress.total, 1):4.0%} {progress.lines:,} {what}"
        self._out.write(f"\r{text:<60}" if self._tty else text, ending="" if self._tty else "\n")
        self._out.flush()
        if progress.storing and self._tty:
            self._out.write("")


def _options(given: dict[str, Any]) -> TickOptions:
    currency = given["currency"].upper()
    if given["create_missing"] and not currency:
        raise CommandError(_("--create-missing needs --currency."))
    making = Making(currency if given["create_missing"] else "", given["kind"])
    return TickOptions(
        ticker=given["ticker"], zone=given["time_zone"], owner=owner_of(given["user"]), making=making
    )
