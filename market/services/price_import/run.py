"""One file, one transaction: read, resolve, send, settle, store, note."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import PurePath
from typing import IO

import numpy as np
from django.db import transaction
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from core import audit, clock
from core.actor import Actor
from core.errors import Forbidden, ValidationFailed
from core.models import LIVE_WORLD
from market import locks
from market.domain.bars import Fault
from market.domain.price_files import layout as layouts
from market.domain.price_files import reader
from market.domain.price_files.faults import Reject, UnreadableFileError
from market.errors import ImportRefused
from market.models import PriceImport
from market.services import texts
from market.services.price_import import consistency
from market.services.price_import.conversion import Conversion
from market.services.price_import.options import (
    Options,
    Outcome,
    Plan,
    PlanCallback,
    Progress,
    ProgressCallback,
    RejectedRow,
)
from market.services.price_import.store import Incoming
from market.services.price_import.symbols import Symbols
from market.services.revisions import prices_changed
from market.transports import price_files


def import_prices(
    *,
    actor: Actor,
    file: IO[bytes],
    name: str,
    options: Options,
    on_plan: PlanCallback = lambda _plan: None,
    on_progress: ProgressCallback = lambda _progress: None,
    world_id: int = LIVE_WORLD,
) -> Outcome:
    """Import a table of daily prices (plain, gzip or ZIP), in one transaction.

    Prices are stored raw, in quote units; what comes adjusted for splits is converted, and kept as given
    too. Refused rows are reported with line and reason; the others are stored. A second import of the
    same file changes nothing.

    Raises:
        Forbidden: public prices, and the actor is not staff; or somebody else's.
        ImportRefused: the file as a whole cannot be read; nothing was stored.
    """
    _authorise(actor, options)
    run = _Run(file, options, on_plan, on_progress)
    try:
        with price_files.reading(), transaction.atomic():
            outcome = run.everything(name, world_id)
            _note(actor, name, file, outcome, options)
            if options.dry_run or (options.strict and outcome.rejected):
                transaction.set_rollback(True)
    except UnreadableFileError as error:
        raise ImportRefused.of("file", texts.unreadable(error), error.code) from error
    return outcome


class _Run:
    """The state of one import."""

    def __init__(
        self, file: IO[bytes], options: Options, on_plan: PlanCallback, on_progress: ProgressCallback
    ) -> None:
        self._file, self._options = file, options
        self._wishes = replace(options.wishes, adjusted=not options.basis.is_raw)
        self._on_plan, self._on_progress = on_plan, on_progress
        self._outcome = Outcome()
        self._symbols = Symbols(options)
        self._conversion = Conversion(options.basis)
        self._rejects: dict[int, list[Reject]] = {}
        self._codecs: list[str] = []
        self._size = file.seek(0, 2)

    def everything(self, name: str, world_id: int) -> Outcome:
        """Read every table of the file and store it."""
        outcome = self._outcome
        tables = price_files.members(self._file, name, self._options.limits)
        incoming = Incoming()
        for number, member in enumerate(tables):
            for batch, instruments in self._read(number, member):
                incoming.copy(number, batch, instruments)
        self._tell(storing=True)
        ids = incoming.instruments()
        locks.instruments(ids)
        for number, line, day in incoming.settle_repeats():
            self._rejects[number].append(Reject(line, Fault.TWO_VALUES, day.isoformat()))
        if not self._conversion.is_current():
            raise ImportRefused.of("file", _("A split was recorded meanwhile. Import the file again."))
        ids = self._consistent(incoming, ids, world_id)
        basis = self._options.basis
        outcome.stored, changed = incoming.store(world_id, ids, self._options.source, basis.as_of)
        outcome.rejected = [
            row for number, member in enumerate(tables) for row in self._with_text(number, member)
        ]
        outcome.unchanged = outcome.rows_read - outcome.stored - len(outcome.rejected)
        outcome.instruments, outcome.created = len(ids), self._symbols.created
        prices_changed(world_id, changed)
        return outcome

    def _consistent(self, incoming: Incoming, ids: list[int], world_id: int) -> list[int]:
        """Take out what contradicts what is known; answer the instruments that stay."""
        rejects: consistency.Rejects = []
        if not self._options.basis.is_raw:
            rejects, self._outcome.kept_raw = consistency.beside_raw(incoming, self._conversion, world_id)
        more, gone = consistency.against_splits(incoming, ids, world_id)
        for number, reject in (*rejects, *more):
            self._rejects[number].append(reject)
        return [one for one in ids if one not in gone]

    def _read(
        self, number: int, member: price_files.Member
    ) -> Iterator[tuple[reader.Batch, NDArray[np.int32]]]:
        head, rest, codec = price_files.lines(member, self._options.encoding)
        layout = layouts.guess(head, self._wishes, fallback_symbol=self._symbol_of(member))
        self._on_plan(Plan(member.name, codec, layout))
        self._rejects[number] = []
        self._codecs.append(codec)
        for batch in reader.batches(chain(head, rest), layout, clock.today("UTC")):
            self._outcome.rows_read += len(batch.lines) + len(batch.rejects)
            resolved = self._conversion.apply(batch, self._resolved(batch))
            self._rejects[number] += batch.rejects
            yield batch, resolved
            self._tell()

    def _resolved(self, batch: reader.Batch) -> NDArray[np.int32]:
        found = self._symbols.ids(batch)
        known = found > 0
        if known.all():
            return found
        for at in np.flatnonzero(~known).tolist():
            symbol = batch.symbols[at]
            fault = self._symbols.faults.get(symbol, Fault.UNKNOWN_SYMBOL)
            batch.rejects.append(Reject(batch.lines[at], fault, symbol))
        batch.keep(known)
        return found[known]

    def _symbol_of(self, member: price_files.Member) -> str:
        stem = member.stem.upper()
        return stem if not self._options.wishes.symbol and self._symbols.exists(stem) else ""

    def _with_text(self, number: int, member: price_files.Member) -> Iterator[RejectedRow]:
        rejects = sorted(self._rejects.get(number, ()), key=lambda reject: reject.line)
        if not rejects:
            return
        head, rest, _codec = price_files.lines(member, self._codecs[number])
        lines = enumerate(chain(head, rest), start=1)
        at, text = 0, ""
        for reject in rejects:
            while at < reject.line:
                at, text = next(lines)
            reason = f"{texts.fault(reject.fault)}: {reject.about}"
            yield RejectedRow(member.name, reject.line, reason, text.rstrip("\r\n"))

    def _tell(self, *, storing: bool = False) -> None:
        done = self._size if storing else self._file.tell()
        self._on_progress(Progress(done, self._size, self._outcome.rows_read, storing))


def _authorise(actor: Actor, options: Options) -> None:
    if options.owner is None and not actor.may("market.add_priceimport"):
        raise Forbidden(_("Only staff may import public prices."))
    if options.owner is not None and actor.user_id not in {None, options.owner}:
        raise Forbidden(_("These are somebody else's instruments."))
    if options.basis.as_of is not None and options.basis.as_of > clock.today("UTC"):
        raise ValidationFailed.of("as_of", texts.fault(Fault.FUTURE_DATE), Fault.FUTURE_DATE.value)
    if options.create_missing and not options.currency:
        raise ValidationFailed.of("currency", _("Say in which currency new instruments are quoted."))


def _note(actor: Actor, name: str, file: IO[bytes], outcome: Outcome, options: Options) -> None:
    file.seek(0)
    digest = hashlib.sha256()
    for block in _blocks(file):
        digest.update(block)
    done = PriceImport.objects.create(
        file_name=PurePath(name).name[-255:],
        sha256=digest.hexdigest(),
        actor_label=actor.label,
        adjusted_as_of=options.basis.as_of,
        rows_read=outcome.rows_read,
        rows_stored=outcome.stored,
        rows_unchanged=outcome.unchanged,
        rows_rejected=len(outcome.rejected),
    )
    audit.record(
        actor=actor,
        verb="prices.imported",
        object_type="price-import",
        object_id=done.uuid,
        after={
            "rows_read": outcome.rows_read,
            "rows_stored": outcome.stored,
            "rows_rejected": len(outcome.rejected),
            "private": options.owner is not None,
            **({} if options.basis.is_raw else {"adjusted_as_of": str(options.basis.as_of)}),
        },
    )


def _blocks(file: IO[bytes]) -> Iterable[bytes]:
    return iter(lambda: file.read(1 << 20), b"")
