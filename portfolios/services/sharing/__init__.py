"""Members of a portfolio, invitations to be one, and public links to it."""

from __future__ import annotations

from portfolios.services.sharing.answers import accept_invitation, decline_invitation
from portfolios.services.sharing.invitations import (
    Invited,
    invite_member,
    purge_invitations,
    resend_invitation,
    withdraw_invitation,
)
from portfolios.services.sharing.links import (
    IssuedLink,
    LinkInput,
    create_link,
    note_view,
    purge_links,
    revoke_link,
)
from portfolios.services.sharing.members import (
    change_role,
    end_memberships_of,
    hand_over_portfolio,
    remove_member,
)

__all__ = [
    "Invited",
    "IssuedLink",
    "LinkInput",
    "accept_invitation",
    "change_role",
    "create_link",
    "decline_invitation",
    "end_memberships_of",
    "hand_over_portfolio",
    "invite_member",
    "note_view",
    "purge_invitations",
    "purge_links",
    "remove_member",
    "resend_invitation",
    "revoke_link",
    "withdraw_invitation",
]
