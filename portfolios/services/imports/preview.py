"""Read a file and show every row's verdict; the ledger is not touched."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import Conflict, FieldError, NotFound, TooLarge, ValidationFailed
from market.selectors import instruments
from portfolios.domain.csv_import.findings import UnreadableFile
from portfolios.domain.csv_import.text import MAX_BYTES
from portfolios.errors import ManagedPortfolio
from portfolios.locks import lock_portfolio
from portfolios.models import Portfolio, TransactionImport
from portfolios.selectors import portfolios
from portfolios.selectors.imports.messages import message
from portfolios.selectors.imports.resolve import Resolver
from portfolios.services.bulk import uncollected
from portfolios.services.imports.mapping import read_mapping
from portfolios.services.imports.presets import with_saved
from portfolios.services.imports.reading import read_file
from portfolios.services.imports.stored_rows import Row, Verdict, as_json, finding_as_json
from portfolios.services.imports.verdicts import judged

_UNDECIDED = frozenset({"unknown-symbol", "ambiguous-symbol", "other-isin", "chosen-gone", "not-linked"})
_KIND_DOUBTS = frozenset({"unknown-kind", "guessed-kind"})
# What may be thrown away or replaced: nothing of it is in the ledger, or on its way there.
UNAPPLIED = (
    TransactionImport.Status.PREVIEWED,
    TransactionImport.Status.READING,
    TransactionImport.Status.FAILED,
)
_LARGE = frozenset({"too-large", "too-many-rows"})


def preview_import(
    *, user: Any, portfolio_id: UUID, file_name: str, content: bytes, mapping: Mapping[str, Any] | None = None
) -> TransactionImport:
    """Read `content` and store what would become of every row; nothing enters the ledger.

    A preview of the same file by the same user is replaced. The key ``saved`` of `mapping` names one
    of the user's presets, which the other keys are laid over.

    Raises:
        NotFound: no such portfolio, or `user` is no member.
        Forbidden: `user` may only look.
        TooLarge: more than 20 MB or 200,000 rows.
        ValidationFailed: nothing can be read of it, or the mapping is wrong; names the field.
    """
    batch = uploaded(user, portfolio_id, file_name, content)
    with uncollected():
        read_into(batch, user, with_saved(user, mapping or {}))
    store_upload(user=user, batch=batch)
    return batch


def uploaded(user: Any, portfolio_id: UUID, file_name: str, content: bytes) -> TransactionImport:
    """Make an import of an upload; nothing is read or stored yet.

    Raises:
        NotFound, Forbidden, TooLarge: as `preview_import`.
    """
    portfolio = writable(user, portfolio_id)
    if len(content) > MAX_BYTES:
        raise TooLarge(_("The file is larger than %(limit)s MB.") % {"limit": MAX_BYTES // (1024 * 1024)})
    return TransactionImport(
        portfolio=portfolio,
        user_id=user.pk,
        file_name=(file_name.replace("\0", "").strip() or _("Pasted text"))[-255:],
        sha256=hashlib.sha256(content).hexdigest(),
        source=content,
    )


@transaction.atomic
def store_upload(*, user: Any, batch: TransactionImport) -> None:
    """Store a new import in place of what the same person made of the same file and never applied."""
    lock_portfolio(actor=Actor.user(user), portfolio_id=batch.portfolio_id)
    TransactionImport.objects.filter(
        portfolio=batch.portfolio_id, user_id=user.pk, sha256=batch.sha256, status__in=UNAPPLIED
    ).only("pk").delete()
    batch.save(force_insert=True)


def remap_import(
    *, user: Any, portfolio_id: UUID, import_id: UUID, mapping: Mapping[str, Any]
) -> TransactionImport:
    """Read a previewed file anew with another mapping; the keys of `mapping` replace those it had.

    Raises:
        NotFound: no such import, or `user` is no member.
        Forbidden: `user` may only look.
        Conflict: it was applied.
        ValidationFailed: the mapping is wrong; names the part.
    """
    portfolio = writable(user, portfolio_id)
    batch = TransactionImport.objects.filter(portfolio=portfolio, pk=import_id).defer("rows").first()
    if batch is None:
        raise NotFound
    batch.portfolio = portfolio
    require_status(batch, TransactionImport.Status.PREVIEWED)
    with uncollected():
        read_into(batch, user, with_saved(user, {**batch.mapping, **mapping}))
    with transaction.atomic():
        lock_portfolio(actor=Actor.user(user), portfolio_id=portfolio_id)
        locked_import(portfolio, import_id, TransactionImport.Status.PREVIEWED)
        batch.save(update_fields=["mapping", "rows", "summary", "updated_at"])
    return batch


@transaction.atomic
def discard_import(*, actor: Actor, portfolio_id: UUID, import_id: UUID) -> None:
    """Throw a preview away. What was applied is undone, not discarded.

    Raises:
        NotFound: no such import, or the actor is no member.
        Conflict: it was applied.
    """
    portfolio = lock_portfolio(actor=actor, portfolio_id=portfolio_id)
    locked_import(portfolio, import_id, *UNAPPLIED).delete()


def locked_import(
    portfolio: Portfolio, import_id: UUID, *statuses: TransactionImport.Status
) -> TransactionImport:
    """Answer an import in one of `statuses`; the portfolio's lock, which the caller holds, guards it.

    Its file and rows, which may be megabytes, are read when they are asked for.

    Raises:
        NotFound: the portfolio has no such import.
        Conflict: it is in another state.
    """
    batch = (
        TransactionImport.objects.filter(portfolio=portfolio, pk=import_id).defer("rows", "source").first()
    )
    if batch is None:
        raise NotFound
    require_status(batch, *statuses)
    return batch


def require_status(batch: TransactionImport, *statuses: TransactionImport.Status) -> None:
    """Refuse what does not fit the import's state.

    Raises:
        Conflict: it is in another state.
    """
    if batch.status in statuses:
        return
    words = {
        TransactionImport.Status.PREVIEWED: _("This import has not been applied."),
        TransactionImport.Status.APPLIED: _("This import has been applied already."),
        TransactionImport.Status.UNDONE: _(
            "This import has been undone. Upload the file again to import it again."
        ),
        TransactionImport.Status.READING: _("This file is still being read."),
        TransactionImport.Status.APPLYING: _("This import is on its way into the portfolio."),
        TransactionImport.Status.UNDOING: _("This import is on its way out of the portfolio."),
        TransactionImport.Status.FAILED: _("This file could not be read."),
    }
    raise Conflict(words[TransactionImport.Status(batch.status)], code="import-state")


def writable(user: Any, portfolio_id: UUID) -> Portfolio:
    """Answer a portfolio that `user` may bring a file into.

    Raises:
        NotFound: no such portfolio, or `user` is no member.
        Forbidden: `user` may only look, or the simulator writes it.
    """
    portfolio = portfolios.get_writable(user, portfolio_id)
    if portfolio.managed_by is not None:
        raise ManagedPortfolio
    return portfolio


def read_into(
    batch: TransactionImport, user: Any, mapping: dict[str, Any], told: Callable[[str], object] = str
) -> None:
    """Set the import's mapping, rows and summary from its file; `told` hears of each step.

    Raises:
        TooLarge, ValidationFailed: as `preview_import`.
    """
    choices = read_mapping(mapping)
    told("read")
    try:
        reading = read_file(bytes(batch.source), choices, batch.portfolio)
    except UnreadableFile as failure:
        raise _refusal(failure) from failure
    told("match")
    seen = instruments.visible_to(user, portfolios.named_in(batch.portfolio_id))
    resolver = Resolver(seen, reading.drafts, mapping.get("symbols") or {})
    told("check")
    rows, later = judged(batch.portfolio, reading.drafts, resolver, own=reading.own)
    told("store")
    batch.mapping = mapping
    batch.rows = [as_json(row) for row in rows]
    batch.summary = {
        "layout": reading.layout,
        "findings": [finding_as_json(one) for one in (*reading.findings, *later)],
        "counts": counted(batch.rows),
        "unresolved": _unresolved(rows),
        "kinds": _unclear_kinds(rows),
    }


def _refusal(failure: UnreadableFile) -> Exception:
    words = message(finding_as_json(failure.finding))
    if failure.finding.code in _LARGE:
        return TooLarge(words, code="import-too-large")
    return ValidationFailed(
        words, errors=(FieldError("file", words, failure.finding.code),), code=failure.code
    )


def counted(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Count the stored rows of each verdict."""
    found = Counter(row["verdict"] for row in rows)
    return {verdict.value: found[verdict.value] for verdict in Verdict}


def _unresolved(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """List what the file calls instruments that nobody could tell, the most frequent first."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        problem = next((one for one in row.draft.findings if one.code in _UNDECIDED), None)
        if problem is None and not row.creates:
            continue
        draft = row.draft
        entry = found.setdefault(
            draft.label,
            {
                "label": draft.label, "symbol": draft.symbol, "isin": draft.isin, "name": draft.name,
                "currency": draft.currency, "code": problem.code if problem else "will-be-created",
                "choices": [str(one.uuid) for one in row.choices], "rows": 0, "first_line": draft.line,
            },
        )  # fmt: skip
        entry["rows"] += 1
    return sorted(found.values(), key=lambda one: -int(one["rows"]))


def _unclear_kinds(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """List the words for kinds that were not known, or only by their beginning."""
    words = Counter(
        row.draft.word for row in rows if any(one.code in _KIND_DOUBTS for one in row.draft.findings)
    )
    return [{"word": word, "rows": count} for word, count in words.most_common()]
