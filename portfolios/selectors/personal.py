"""What portfolios keep of a person, told as tables; and what goes with them when they are erased."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.selectors import proven_addresses
from core.models import Role
from core.personal import table
from core.ports import Loss, PersonalTable
from portfolios.models import (
    AllocationTarget,
    ArchiveImport,
    BenchmarkPart,
    CarriedLots,
    ImportPreset,
    InstrumentTag,
    LotSize,
    Portfolio,
    PortfolioInvitation,
    PortfolioMember,
    PublicLink,
    QualityDismissal,
    ReliefLink,
    Transaction,
    TransactionImport,
    TransactionRevision,
)

PORTFOLIO = ("portfolio", "portfolio_id")
_PORTFOLIO = (
    "id", "name", "kind", ("world", "world__name"), "managed_by", "currency", "time_zone", "cost_method",
    "fees_in_basis", "allow_short", "tax_year_start", "long_after_days", "tracks_cash",
    ("benchmark", "benchmark__uuid"), "note", ("is_default_of", "default_for_id"), "is_sample", "revision",
    "created_at", "updated_at",
)  # fmt: skip
_TRANSACTION = (
    "id", PORTFOLIO, "kind", "time", "day", ("instrument", "instrument__uuid"),
    ("symbol", "instrument__symbol"), ("isin", "instrument__isin"), ("name", "instrument__name"), "quantity",
    "price", "currency", "fee", "fee_currency", "tax", "tax_currency", "fx_rate", "note", "external_id",
    "group", ("import", "import_batch_id"), "sequence", "version", "created_at", "updated_at", "deleted_at",
)  # fmt: skip
_LINK = ("id", ("sale", "sale_id"), ("acquisition", "acquisition_id"), "quantity")
_CARRIED = (("transaction", "transaction_id"), ("source", "source_id"), "base", "lots")
_IMPORT = (
    "id", PORTFOLIO, "user_id", "file_name", "sha256", "mapping", "status", "summary", "applied_at",
    "created_at", "updated_at",
)  # fmt: skip
_REVISION = (
    "id", ("transaction", "transaction_id"), "version", "changed_at", "changed_by", "state",
)  # fmt: skip
_DISMISSAL = ("id", PORTFOLIO, "issue_id", "code", "dismissed_by", "dismissed_at")
_ARCHIVE = ("id", "user_id", "file_name", "sha256", "status", "summary", "created_at", "updated_at")
_TARGET = (
    "id", PORTFOLIO, "grouping", "key", "weight", ("instrument", "instrument__uuid"), ("user", "user_id"),
)  # fmt: skip
_LOT = (PORTFOLIO, ("instrument", "instrument__uuid"), "size")

_TAG = (("instrument", "instrument__uuid"), ("symbol", "instrument__symbol"), "name", "created_at")
_PART = ("id", PORTFOLIO, ("instrument", "instrument__uuid"), "weight")

_LINK_OUT = (
    "id", PORTFOLIO, "label", "shows", "names", "beginning", "expires_at", "revoked_at", "views",
    "last_viewed_at", "created_at", "updated_at",
)  # fmt: skip
_INVITATION = (
    "id", PORTFOLIO, "email", "role", "status", ("invited_by", "invited_by_id"), "sent_at", "expires_at",
    "closed_at", "member_id", "created_at", "updated_at",
)  # fmt: skip


def tables_of(user_id: UUID) -> Iterator[PersonalTable]:
    """Tell a person's portfolios with all that is in them, and which of others' they may reach."""
    mine = owned(user_id).values("pk")
    mine_or_joined = Q(user_id=user_id) | Q(portfolio__in=mine)
    members = PortfolioMember.objects.filter(mine_or_joined).order_by("created_at", "pk")
    columns = (PORTFOLIO, ("user", "user_id"), "role", "created_at", "updated_at")
    sent = PortfolioInvitation.objects.filter(invited_by=user_id)
    got = PortfolioInvitation.objects.filter(Q(email__in=proven_addresses(user_id)) | Q(member_id=user_id))
    yield table("portfolios", owned(user_id).order_by("created_at", "pk"), _PORTFOLIO)
    parts = BenchmarkPart.objects.filter(portfolio__in=mine).order_by("portfolio_id", "pk")
    yield table("benchmark_parts", parts, _PART)
    yield table("portfolio_members", members, columns)
    yield table("invitations_sent", sent.order_by("created_at", "pk"), _INVITATION)
    yield table("invitations_received", got.order_by("created_at", "pk"), _INVITATION)
    public = PublicLink.objects.filter(portfolio__in=mine).order_by("created_at", "pk")
    yield table("public_links", public, _LINK_OUT)
    words = InstrumentTag.objects.filter(user=user_id).order_by("name", "instrument_id", "pk")
    yield table("instrument_tags", words, _TAG)
    entries = Transaction.objects.filter(portfolio__in=mine).order_by("portfolio_id", "day", "sequence", "pk")
    yield table("transactions", entries, _TRANSACTION)
    links = ReliefLink.objects.filter(sale__portfolio__in=mine).order_by("sale_id", "pk")
    yield table("lots_chosen", links, _LINK)
    carried = CarriedLots.objects.filter(transaction__portfolio__in=mine).order_by("transaction_id")
    yield table("lots_carried", carried, _CARRIED)
    revisions = TransactionRevision.objects.filter(transaction__portfolio__in=mine)
    yield table("transaction_revisions", revisions.order_by("transaction_id", "version"), _REVISION)
    imports = TransactionImport.objects.filter(portfolio__in=mine).order_by("created_at", "pk")
    yield table("imports", imports, _IMPORT)
    presets = ImportPreset.objects.filter(user_id=user_id).order_by("created_at", "pk")
    yield table(
        "import_presets", presets, ("id", ("user", "user_id"), "name", "mapping", "created_at", "updated_at")
    )
    dismissals = QualityDismissal.objects.filter(Q(portfolio__in=mine) | Q(dismissed_by=user_id))
    yield table("quality_dismissals", dismissals.order_by("dismissed_at", "pk"), _DISMISSAL)
    # those by tag are in each person's own words
    targets = AllocationTarget.objects.filter(Q(portfolio__in=mine, user=None) | Q(user_id=user_id))
    yield table("allocation_targets", targets.order_by("portfolio_id", "grouping", "key"), _TARGET)
    archives = ArchiveImport.objects.filter(user_id=user_id).order_by("created_at", "pk")
    yield table("archive_imports", archives, _ARCHIVE)
    yield table("lot_sizes", LotSize.objects.filter(portfolio__in=mine).order_by("pk"), _LOT)
    yield PersonalTable(
        name="import_rows",
        columns=("import", "position", "row"),
        rows=_import_rows(imports),
        model=TransactionImport._meta.label,  # noqa: SLF001  # Django's documented way
        fields=frozenset({"id", "rows"}),
    )


def _import_rows(imports: QuerySet[TransactionImport]) -> Iterator[tuple[Any, ...]]:
    """Read what was made of each row of a file, one import at a time: each may be large."""
    for import_id in list(imports.values_list("pk", flat=True)):
        rows = TransactionImport.objects.values_list("rows", flat=True).get(pk=import_id)
        for position, row in enumerate(rows, start=1):
            yield import_id, position, row


def owned(user_id: UUID) -> QuerySet[Portfolio]:
    """List the portfolios that a person owns."""
    return Portfolio.objects.filter(members__user_id=user_id, members__role=Role.OWNER)


def losses(user_id: UUID) -> list[Loss]:
    """Tell what goes when a person is erased: portfolios with how many entries, and who else sees them."""
    mine = owned(user_id).values("pk")
    others = Count("members", filter=~Q(members__user_id=user_id))
    rows = Portfolio.objects.filter(pk__in=mine).annotate(others=others).order_by("name", "pk")
    counts = dict(
        Transaction.objects.filter(portfolio__in=mine, deleted_at=None)
        .values_list("portfolio_id")
        .annotate(Count("pk"))
    )
    return [Loss(one.name, _detail(counts.get(one.pk, 0), one.others)) for one in rows]


def _detail(entries: int, others: int) -> str:
    text = ngettext("%(count)s transaction", "%(count)s transactions", entries) % {"count": entries}
    if not others:
        return text
    people = ngettext("%(count)s other person loses it too", "%(count)s other people lose it too", others) % {
        "count": others
    }
    return _("%(entries)s; %(people)s") % {"entries": text, "people": people}
