"""Members of a portfolio and invitations to be one."""

from __future__ import annotations

from portfolios.services.sharing.answers import accept_invitation, decline_invitation
from portfolios.services.sharing.invitations import (
    Invited,
    invite_member,
    purge_invitations,
    resend_invitation,
    withdraw_invitation,
)
from portfolios.services.sharing.members import (
    change_role,
    end_memberships_of,
    hand_over_portfolio,
    remove_member,
)

__all__ = [
    "Invited",
    "accept_invitation",
    "change_role",
    "decline_invitation",
    "end_memberships_of",
    "hand_over_portfolio",
    "invite_member",
    "purge_invitations",
    "remove_member",
    "resend_invitation",
    "withdraw_invitation",
]
