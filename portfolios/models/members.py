"""Who may reach a portfolio: members, and invitations to become one."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7
from core.models import Membership, Role, TimeStamped
from portfolios.models.portfolio import Portfolio


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
