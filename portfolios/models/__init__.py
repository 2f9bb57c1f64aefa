"""Portfolios, their members, transactions and imports."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from core.fields import CurrencyField, NumericField
from core.ids import uuid7
from core.models import LIVE_WORLD, Membership, Role, TimeStamped, World
from market.models import Instrument
from portfolios.models.benchmark import BenchmarkPart
from portfolios.models.links import PublicLink
from portfolios.models.lots import CarriedLots, ReliefLink
from portfolios.models.tags import InstrumentTag
from portfolios.models.targets import AllocationTarget, LotSize

__all__ = [
    "AllocationTarget",
    "BenchmarkPart",
    "CarriedLots",
    "ImportPreset",
    "InstrumentTag",
    "LotSize",
    "Portfolio",
    "PortfolioInvitation",
    "PortfolioMember",
    "PublicLink",
    "QualityDismissal",
    "QualityRun",
    "ReliefLink",
    "Transaction",
    "TransactionImport",
    "TransactionRevision",
]


class Portfolio(TimeStamped):
    """A set of transactions with a currency, a time zone (its days) and a way to match lots.

    `revision` grows with every change of its transactions. `tracks_cash` false makes each
    purchase an implied contribution and each sale or income an implied withdrawal. With
    `fees_in_basis` what a purchase was charged is part of its cost, and a sale's fee lowers what it brought.
    `allow_short`: a sale of more than is held opens a short position, and is not refused.
    `tax_year_start` (MM-DD) and `long_after_days` (None: more than a year) are for the report of gains.
    `managed_by` names the simulator account that alone may write a simulated portfolio.
    """

    class Kind(models.TextChoices):
        REAL = "real", _("Real")
        SIMULATED = "simulated", _("Simulated")

    class CostMethod(models.TextChoices):
        FIFO = "fifo", _("First in, first out")
        LIFO = "lifo", _("Last in, first out")
        HIFO = "hifo", _("Highest cost first")
        AVERAGE = "average", _("Average cost")

    class TaxYear(models.TextChoices):
        JANUARY = "01-01", _("1 January")
        MARCH = "03-01", _("1 March (South Africa)")
        APRIL = "04-01", _("1 April (India, Japan, New Zealand)")
        UNITED_KINGDOM = "04-06", _("6 April (United Kingdom)")
        JULY = "07-01", _("1 July (Australia)")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("name"), max_length=100)
    currency = CurrencyField(_("currency"))
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    world = models.ForeignKey(World, on_delete=models.PROTECT, default=LIVE_WORLD, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.REAL)
    managed_by = models.UUIDField(null=True, blank=True, editable=False)
    cost_method = models.CharField(max_length=8, choices=CostMethod.choices, default=CostMethod.FIFO)
    fees_in_basis = models.BooleanField(_("fees in the cost basis"), default=False)
    allow_short = models.BooleanField(_("short positions"), default=False)
    tax_year_start = models.CharField(max_length=5, choices=TaxYear.choices, default=TaxYear.JANUARY)
    long_after_days = models.PositiveSmallIntegerField(null=True, blank=True)
    tracks_cash = models.BooleanField(_("tracks cash"), default=True)
    benchmark = models.ForeignKey(
        Instrument, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    note = models.CharField(_("note"), max_length=400, blank=True)
    default_for = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    is_sample = models.BooleanField(default=False)
    revision = models.BigIntegerField(default=0, editable=False)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="real", managed_by=None) | Q(kind="simulated", managed_by__isnull=False),
                name="portfolio_managed_when_simulated",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PortfolioMember(Membership):
    """Who may reach a portfolio, and how."""

    portfolio = models.ForeignKey(Portfolio, on_delete=models.CASCADE, related_name="members")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["portfolio", "user"], name="portfolio_member_once"),
            models.UniqueConstraint(
                fields=["portfolio"], condition=Q(role=Role.OWNER), name="portfolio_one_owner"
            ),
        ]
        indexes = [models.Index(fields=["user", "portfolio"], name="portfolio_member_user")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"


class PortfolioInvitation(TimeStamped):
    """An offer of a membership, mailed to an address that may have no account yet.

    The link in the mail holds a random token, of which only the SHA-256 is kept. An open one
    past `expires_at` is as good as closed. `member_id` is who accepted it.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    ROLES = ((Role.VIEWER.value, Role.VIEWER.label), (Role.EDITOR.value, Role.EDITOR.label))

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    portfolio = models.ForeignKey(Portfolio, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(_("e-mail address"), max_length=254)
    role = models.CharField(_("role"), max_length=8, choices=ROLES)
    token_hash = models.CharField(max_length=64, unique=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    member_id = models.UUIDField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["portfolio", "email"], condition=Q(status="open"), name="invitation_open_once"
            ),
            models.CheckConstraint(condition=Q(role__in=["viewer", "editor"]), name="invitation_role"),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="invitation_email_lower"),
            models.CheckConstraint(
                condition=Q(status="open", closed_at=None) | (~Q(status="open") & Q(closed_at__isnull=False)),
                name="invitation_closed_when",
            ),
            models.CheckConstraint(
                condition=Q(status="accepted", member_id__isnull=False)
                | (~Q(status="accepted") & Q(member_id=None)),
                name="invitation_member_when_accepted",
            ),
        ]
        indexes = [models.Index(fields=["email"], condition=Q(status="open"), name="invitation_open_email")]

    def __str__(self) -> str:
        return f"{self.role} {self.status}"


class TransactionImport(TimeStamped):
    """A file of transactions: previewed first, then applied as a whole, and undone as a whole.

    `source` is the file while it can still be read anew with another `mapping`, and empty once it
    is applied. `rows` is every row with its verdict, `summary` the layout, counts and result. A large
    file is read, applied and undone by a task: `claimed_at` is when one took it up, `attempts` how often.
    """

    class Status(models.TextChoices):
        PREVIEWED = "previewed", _("Previewed")
        APPLIED = "applied", _("Applied")
        UNDONE = "undone", _("Undone")
        READING = "reading", _("Being read")
        APPLYING = "applying", _("Being imported")
        FAILED = "failed", _("Cannot be read")
        UNDOING = "undoing", _("Being undone")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    portfolio = models.ForeignKey(Portfolio, on_delete=models.CASCADE, related_name="imports")
    user_id = models.UUIDField(null=True)
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PREVIEWED)
    source = models.BinaryField(default=bytes)
    rows = models.JSONField(default=list)
    summary = models.JSONField(default=dict)
    applied_at = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["claimed_at"],
                condition=Q(status__in=["reading", "applying", "undoing"]),
                name="import_at_work",
            )
        ]

    def __str__(self) -> str:
        return self.file_name


class ImportPreset(TimeStamped):
    """How somebody's files are to be read: a mapping under a name, theirs alone."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(_("name"), max_length=80)
    mapping = models.JSONField(default=dict)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="import_preset_once")]

    def __str__(self) -> str:
        return self.name


class Transaction(TimeStamped):
    """One entry of a portfolio's ledger, as the user knows it (never adjusted for splits).

    `time` is UTC; `day` is its calendar date in the portfolio's time zone. `quantity` is in
    shares or coins (for money movements the amount, with price 1), `price` per unit in
    `currency` (the major one), null only for transfers (in: at unknown cost). `fee` and `tax` are
    ≥ 0 and leave the cash of their own currencies. `fx_rate` is the user's own rate: portfolio
    currency for one unit of `currency`. `group` links the legs of one event.

    Editing and deleting keep the former state in `TransactionRevision`; a deleted row stays
    with `deleted_at` set.
    """

    class Kind(models.TextChoices):
        BUY = "buy", _("Buy")
        SELL = "sell", _("Sell")
        DEPOSIT = "deposit", _("Deposit")
        WITHDRAWAL = "withdrawal", _("Withdrawal")
        DIVIDEND = "dividend", _("Dividend")
        INTEREST = "interest", _("Interest")
        FEE = "fee", _("Fee")
        TAX = "tax", _("Tax")
        TRANSFER_IN = "transfer_in", _("Transfer in")
        TRANSFER_OUT = "transfer_out", _("Transfer out")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    portfolio = models.ForeignKey(Portfolio, on_delete=models.CASCADE, related_name="transactions")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    time = models.DateTimeField(_("time"))
    day = models.DateField(editable=False)
    instrument = models.ForeignKey(
        Instrument, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    quantity = NumericField(_("quantity"))
    price = NumericField(_("price"), null=True, blank=True)
    currency = CurrencyField(_("currency"))
    fee = NumericField(_("fee"), default=0)
    fee_currency = CurrencyField()
    tax = NumericField(_("tax"), default=0)
    tax_currency = CurrencyField()
    fx_rate = NumericField(_("exchange rate"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=400, blank=True)
    external_id = models.CharField(max_length=120, blank=True)
    group = models.UUIDField(null=True, blank=True)
    import_batch = models.ForeignKey(
        TransactionImport, null=True, blank=True, on_delete=models.SET_NULL, related_name="transactions"
    )
    fingerprint = models.CharField(max_length=64, blank=True)
    sequence = models.BigIntegerField(default=0, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-time", "-sequence"]
        constraints = [
            models.CheckConstraint(
                condition=Q(fee__gte=0) & Q(tax__gte=0), name="transaction_costs_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(fx_rate=None) | Q(fx_rate__gt=0), name="transaction_fx_rate_positive"
            ),
            models.CheckConstraint(
                condition=Q(price__isnull=False) | Q(kind__in=["transfer_in", "transfer_out"]),
                name="transaction_price_known",
            ),
            models.CheckConstraint(
                condition=Q(instrument__isnull=False)
                | ~Q(kind__in=["buy", "sell", "transfer_in", "transfer_out"]),
                name="transaction_instrument_given",
            ),
            models.UniqueConstraint(
                fields=["portfolio", "fingerprint"],
                condition=Q(deleted_at=None) & ~Q(fingerprint=""),
                name="transaction_import_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["portfolio", "day", "sequence"],
                condition=Q(deleted_at=None),
                name="transaction_ledger",
            ),
            models.Index(fields=["instrument"], name="transaction_instrument"),
            models.Index(fields=["-id"], name="transaction_deleted", condition=Q(deleted_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.day}"


class TransactionRevision(models.Model):
    """What a transaction was before an edit or a deletion, and who changed it when."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    transaction = models.ForeignKey(Transaction, on_delete=models.CASCADE, related_name="revisions")
    version = models.PositiveIntegerField()
    changed_at = models.DateTimeField(auto_now_add=True)
    changed_by = models.UUIDField(null=True)
    state = models.JSONField()

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["transaction", "version"], name="transaction_revision_once")
        ]

    def __str__(self) -> str:
        return f"{self.transaction_id} v{self.version}"


class QualityDismissal(models.Model):
    """A finding of the quality checks that somebody says is none.

    `issue_id` depends on the facts the check looked at, so once they change the finding is another
    one and comes back.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    portfolio = models.ForeignKey(Portfolio, on_delete=models.CASCADE, related_name="quality_dismissals")
    issue_id = models.UUIDField()
    code = models.CharField(max_length=32)
    dismissed_by = models.UUIDField(null=True)
    dismissed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-dismissed_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["portfolio", "issue_id"], name="quality_dismissal_once")
        ]

    def __str__(self) -> str:
        return self.code


class QualityRun(models.Model):
    """What the quality checks last found in a portfolio, dismissed findings aside; the badge shows it.

    `revision` is the portfolio's when they ran.
    """

    portfolio = models.OneToOneField(
        Portfolio, primary_key=True, on_delete=models.CASCADE, related_name="quality_run"
    )
    revision = models.BigIntegerField()
    checked_at = models.DateTimeField()
    high = models.PositiveIntegerField()
    medium = models.PositiveIntegerField()
    low = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.high} {self.medium} {self.low}"
