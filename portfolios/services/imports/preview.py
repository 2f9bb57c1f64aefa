"""Read a file and show every row's verdict; the ledger is not touched."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import Conflict, FieldError, NotFound, TooLarge, ValidationFailed
from market.selectors import instruments
from portfolios.domain.csv_import import layout as layouts
from portfolios.domain.csv_import import text as texts
from portfolios.domain.csv_import.findings import UnreadableFile
from portfolios.domain.csv_import.layout import Layout
from portfolios.domain.csv_import.rows import read_rows
from portfolios.domain.csv_import.text import MAX_BYTES, Line, Sheet
from portfolios.errors import ManagedPortfolio
from portfolios.locks import lock_portfolio
from portfolios.models import Portfolio, TransactionImport
from portfolios.selectors import portfolios
from portfolios.selectors.imports.messages import message
from portfolios.selectors.imports.resolve import Resolver
from portfolios.services.bulk import uncollected
from portfolios.services.imports.mapping import read_mapping
from portfolios.services.imports.stored_rows import Row, Verdict, as_json, finding_as_json
from portfolios.services.imports.verdicts import judged

_SAMPLES = 3
_SAMPLED_LINES = 200
_UNDECIDED = frozenset({"unknown-symbol", "ambiguous-symbol", "other-isin", "chosen-gone", "not-linked"})
_KIND_DOUBTS = frozenset({"unknown-kind", "guessed-kind"})
_LARGE = frozenset({"too-large", "too-many-rows"})


def preview_import(
    *, user: Any, portfolio_id: UUID, file_name: str, content: bytes, mapping: Mapping[str, Any] | None = None
) -> TransactionImport:
    """Read `content` and store what would become of every row; nothing enters the ledger.

    A preview of the same file by the same user is replaced.

    Raises:
        NotFound: no such portfolio, or `user` is no member.
        Forbidden: `user` may only look.
        TooLarge: more than 20 MB or 200,000 rows.
        ValidationFailed: it is no CSV, or the mapping is wrong; names the field.
    """
    portfolio = _writable(user, portfolio_id)
    if len(content) > MAX_BYTES:
        raise TooLarge(_("The file is larger than %(limit)s MB.") % {"limit": MAX_BYTES // (1024 * 1024)})
    batch = TransactionImport(
        portfolio=portfolio,
        user_id=user.pk,
        file_name=(file_name.replace("\0", "").strip() or _("Pasted text"))[-255:],
        sha256=hashlib.sha256(content).hexdigest(),
        source=content,
    )
    with uncollected():
        _read(batch, user, dict(mapping or {}))
    with transaction.atomic():
        lock_portfolio(actor=Actor.user(user), portfolio_id=portfolio_id)
        TransactionImport.objects.filter(
            portfolio=portfolio,
            user_id=user.pk,
            sha256=batch.sha256,
            status=TransactionImport.Status.PREVIEWED,
        ).only("pk").delete()
        batch.save(force_insert=True)
    return batch


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
    portfolio = _writable(user, portfolio_id)
    batch = TransactionImport.objects.filter(portfolio=portfolio, pk=import_id).defer("rows").first()
    if batch is None:
        raise NotFound
    batch.portfolio = portfolio
    require_status(batch, TransactionImport.Status.PREVIEWED)
    with uncollected():
        _read(batch, user, {**batch.mapping, **mapping})
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
    locked_import(portfolio, import_id, TransactionImport.Status.PREVIEWED).delete()


def locked_import(
    portfolio: Portfolio, import_id: UUID, status: TransactionImport.Status
) -> TransactionImport:
    """Answer an import in `status`; the portfolio's lock, which the caller holds, guards it.

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
    require_status(batch, status)
    return batch


def require_status(batch: TransactionImport, status: TransactionImport.Status) -> None:
    """Refuse what does not fit the import's state.

    Raises:
        Conflict: it is in another state.
    """
    if batch.status == status:
        return
    words = {
        TransactionImport.Status.PREVIEWED: _("This import has not been applied."),
        TransactionImport.Status.APPLIED: _("This import has been applied already."),
        TransactionImport.Status.UNDONE: _(
            "This import has been undone. Upload the file again to import it again."
        ),
    }
    raise Conflict(words[TransactionImport.Status(batch.status)], code="import-state")


def _writable(user: Any, portfolio_id: UUID) -> Portfolio:
    portfolio = portfolios.get_writable(user, portfolio_id)
    if portfolio.managed_by is not None:
        raise ManagedPortfolio
    return portfolio


def _read(batch: TransactionImport, user: Any, mapping: dict[str, Any]) -> None:
    """Set the import's mapping, rows and summary from its file."""
    choices = read_mapping(mapping)
    try:
        sheet = texts.read_sheet(bytes(batch.source), encoding=choices.encoding, delimiter=choices.delimiter)
        layout, body = layouts.lay_out(sheet, choices, batch.portfolio.time_zone)
    except UnreadableFile as failure:
        raise _refusal(failure) from failure
    drafts = read_rows(body, layout, choices)
    seen = instruments.visible_to(user, portfolios.named_in(batch.portfolio_id))
    resolver = Resolver(seen, drafts, mapping.get("symbols") or {})
    rows, later = judged(batch.portfolio, drafts, resolver, own=layout.own)
    batch.mapping = mapping
    batch.rows = [as_json(row) for row in rows]
    batch.summary = {
        "layout": _shown_layout(layout, sheet, body),
        "findings": [finding_as_json(one) for one in (*layout.findings, *later)],
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


def _shown_layout(layout: Layout, sheet: Sheet, body: Sequence[Line]) -> dict[str, Any]:
    """Lay open what was guessed: of each column its name, field, decimal mark and first cells."""
    fields = {position: field for field, position in layout.columns.items()}
    styles = {field: style.mark.value for field, style in layout.styles.items()}
    columns = []
    for position, name in enumerate(layout.names):
        field = fields.get(position)
        cells = layouts.cells_of(body[:_SAMPLED_LINES], position)
        samples = list(dict.fromkeys(cell.strip()[:60] for cell in cells if cell.strip()))[:_SAMPLES]
        columns.append(
            {
                "name": name,
                "field": field.value if field else None,
                "decimal": styles.get(field) if field else None,
                "samples": samples,
            }
        )
    return {
        "encoding": sheet.encoding, "delimiter": sheet.delimiter, "header_line": layout.header_line,
        "date_order": layout.dates.order.value, "date_order_is_sure": layout.dates.sure,
        "time_zone": layout.zone.key, "own_format": layout.own, "columns": columns,
    }  # fmt: skip


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
