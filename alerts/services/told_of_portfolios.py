"""What people are told about portfolios: who shares them, and what the checks found.

`data` names somebody else by `person` (an id) and `by` (what they are called), so that it goes when they
are erased, and a portfolio by `portfolio`, so that it goes with that. Names are written so that no mail
program takes them for links.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from accounts import selectors as people
from accounts.models import User
from alerts.models import Notification
from alerts.services.notifications import notify
from core.models import WRITERS, Role
from portfolios.domain.words import unlinked
from portfolios.models import Portfolio, PortfolioInvitation, PortfolioMember


def tell_invited(*, invitation_id: UUID) -> None:
    """Tell whoever has proven the address that an invitation goes to, if anybody has."""
    found = PortfolioInvitation.objects.select_related("portfolio", "invited_by").get(pk=invitation_id)
    user_id = people.user_at(found.email)
    if user_id is not None:
        data = {**_about(found.portfolio), **_called(found.invited_by), "role": found.role}
        _tell([user_id], "invited", data | {"invitation": str(found.pk)}, f"invited:{found.pk}")


def tell_joined(*, portfolio_id: UUID, user_id: UUID, role: str) -> None:
    """Tell the owner who is a member now."""
    member = _member(portfolio_id, user_id)
    data = {**_about(member.portfolio), **_called(member.user), "role": role}
    _tell(_owners(portfolio_id), "joined", data, f"joined:{member.pk}")


def tell_role_changed(*, portfolio_id: UUID, user_id: UUID, role: str) -> None:
    """Tell a member what they may do from now on."""
    member = _member(portfolio_id, user_id)
    when = member.updated_at.isoformat()
    _tell([user_id], "role_changed", {**_about(member.portfolio), "role": role}, f"role:{member.pk}:{when}")


def tell_removed(*, portfolio_id: UUID, user_id: UUID, how: str) -> None:
    """Tell who was removed; or the owner, that somebody left. Who is erased has no name any more."""
    about = _about(Portfolio.objects.get(pk=portfolio_id))
    if how == "removed":
        _tell([user_id], "removed", about)
    elif how == "left":
        gone = User.objects.get(pk=user_id)
        _tell(_owners(portfolio_id), "left", {**about, **_called(gone)})
    else:
        _tell(_owners(portfolio_id), "member_erased", about)


def tell_owner_changed(*, portfolio_id: UUID, from_user_id: UUID, to_user_id: UUID) -> None:
    """Tell the new owner, who was not asked, and the former one."""
    portfolio = Portfolio.objects.get(pk=portfolio_id)
    persons = User.objects.in_bulk([from_user_id, to_user_id])
    _tell([to_user_id], "made_owner", {**_about(portfolio), **_called(persons[from_user_id])})
    _tell([from_user_id], "handed_over", {**_about(portfolio), **_called(persons[to_user_id])})


def tell_quality(*, portfolio_id: UUID, revision: int, high: int, new_high: int) -> None:
    """Tell who can put it right that the checks found more that is wrong; nothing where they did not."""
    if not new_high:
        return
    portfolio = Portfolio.objects.get(pk=portfolio_id)
    data = {**_about(portfolio), "high": str(high), "new": str(new_high)}
    writers = PortfolioMember.objects.filter(portfolio=portfolio, role__in=WRITERS)
    users = list(writers.values_list("user_id", flat=True))
    _tell(users, "quality", data, f"quality:{portfolio_id}:{revision}:{high}")


def _tell(users: Iterable[UUID], event: str, data: dict[str, Any], key: str = "") -> None:
    notify(users=users, kind=Notification.Kind.PORTFOLIO, event=event, data=data, key=key)


def _about(portfolio: Portfolio) -> dict[str, str]:
    return {"portfolio": str(portfolio.pk), "name": unlinked(portfolio.name)}


def _called(person: User) -> dict[str, str]:
    return {"person": str(person.pk), "by": unlinked(person.name) or person.email}


def _member(portfolio_id: UUID, user_id: UUID) -> PortfolioMember:
    rows = PortfolioMember.objects.select_related("portfolio", "user")
    return rows.get(portfolio=portfolio_id, user=user_id)


def _owners(portfolio_id: UUID) -> list[UUID]:
    owners = PortfolioMember.objects.filter(portfolio=portfolio_id, role=Role.OWNER)
    return list(owners.values_list("user_id", flat=True))
