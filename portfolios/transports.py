"""Mail about sharing: invitations, and what became of them."""

from __future__ import annotations

from django.urls import reverse
from django.utils import translation

from accounts import selectors as people
from accounts.transports import send_letter
from portfolios.domain.words import unlinked
from portfolios.models import PortfolioInvitation

INVITATION = "portfolios/email/invitation"


def send_invitation(invitation: PortfolioInvitation, token: str) -> None:
    """Mail the link, in the language of the account that has the address, else in the inviter's."""
    inviter = invitation.invited_by
    details = {
        "inviter": f"{unlinked(inviter.name)} ({inviter.email})" if inviter.name else inviter.email,
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
