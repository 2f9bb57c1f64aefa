"""Mail about sharing: invitations, and what became of them."""

from __future__ import annotations

from django.urls import reverse
from django.utils import translation

from accounts import selectors as people
from accounts.models import User
from accounts.transports import send_letter
from portfolios.domain.words import unlinked
from portfolios.models import Portfolio, PortfolioInvitation

INVITATION = "portfolios/email/invitation"
JOINED = "portfolios/email/joined"
OWNER = "portfolios/email/owner"


def send_invitation(invitation: PortfolioInvitation, token: str) -> None:
    """Mail the link, in the language of the account that has the address, else in the inviter's."""
    details = {
        "inviter": _called(invitation.invited_by),
        "portfolio": unlinked(invitation.portfolio.name),
        "role": invitation.role,
        "expires_at": invitation.expires_at,
    }
    send_letter(
        INVITATION,
        invitation.email,
        details,
        language=people.language_at(invitation.email) or translation.get_language() or "en",
        path=reverse("invitation", args=[token]),
    )


def send_joined(portfolio: Portfolio, *, owner: User, member: User) -> None:
    """Tell the owner who accepted: somebody new sees their money from now on."""
    _tell(JOINED, owner, portfolio, who=_called(member))


def send_owner(portfolio: Portfolio, *, owner: User, former: User) -> None:
    """Tell the new owner, who was not asked, what they have got."""
    _tell(OWNER, owner, portfolio, who=_called(former))


def _tell(template: str, to: User, portfolio: Portfolio, *, who: str) -> None:
    """Mail a member; an address that is not proven gets nothing."""
    if people.is_email_verified(to):
        send_letter(
            template,
            to.email,
            {"who": who, "portfolio": unlinked(portfolio.name)},
            language=to.language,
            path=reverse("portfolio-sharing", args=[portfolio.pk]),
        )


def _called(user: User) -> str:
    return f"{unlinked(user.name)} ({user.email})" if user.name else user.email
