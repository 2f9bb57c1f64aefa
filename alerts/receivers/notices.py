"""What people are told in the page and on their channels, in the transaction of its cause.

Each failure aborts the cause with it: what a person should have been told of did not happen then.
"""

from __future__ import annotations

from accounts.events import NewOriginSeen, PersonalTokenCreated, RefreshTokenReused, SecurityChanged
from alerts.services import told_of_imports as imports
from alerts.services import told_of_people as people
from alerts.services import told_of_portfolios as portfolios
from alerts.services.channels import renew_account_channel
from alerts.services.erasure import forget_portfolio
from core.bus import Phase, bus
from portfolios.events import (
    ArchiveFinished,
    ImportFinished,
    MemberChanged,
    MemberInvited,
    MemberJoined,
    MemberRemoved,
    OwnerChanged,
    PortfolioDeleted,
    QualityChecked,
)


@bus.subscribe(NewOriginSeen, Phase.IN_TRANSACTION)
def tell_of_new_origin(event: NewOriginSeen) -> None:
    """Tell of a sign-in from a new device or network."""
    people.tell_new_origin(user_id=event.user_id, origin_id=event.origin_id, device=event.device)


@bus.subscribe(SecurityChanged, Phase.IN_TRANSACTION)
def tell_of_security(event: SecurityChanged) -> None:
    """Tell of a change of how somebody signs in; mails go to a new address even if the former was gone."""
    if event.verb == "user.email_changed":
        renew_account_channel(user_id=event.user_id)
    people.tell_security_changed(
        user_id=event.user_id, verb=event.verb, kind=event.kind, audit_id=event.audit_id
    )


@bus.subscribe(RefreshTokenReused, Phase.IN_TRANSACTION)
def tell_of_reuse(event: RefreshTokenReused) -> None:
    """Tell of a token that was copied."""
    people.tell_token_reused(user_id=event.user_id, family_id=event.family_id)


@bus.subscribe(PersonalTokenCreated, Phase.IN_TRANSACTION)
def tell_of_token(event: PersonalTokenCreated) -> None:
    """Tell of a new token."""
    people.tell_token_created(user_id=event.user_id, token_id=event.token_id)


@bus.subscribe(ImportFinished, Phase.IN_TRANSACTION)
def tell_of_import(event: ImportFinished) -> None:
    """Tell what came of a file."""
    imports.tell_import_finished(
        import_id=event.import_id,
        user_id=event.user_id,
        outcome=event.outcome,
        rows=event.rows,
        at=event.at,
    )


@bus.subscribe(ArchiveFinished, Phase.IN_TRANSACTION)
def tell_of_archive(event: ArchiveFinished) -> None:
    """Tell what came of an archive."""
    imports.tell_archive_finished(
        archive_id=event.archive_id,
        user_id=event.user_id,
        outcome=event.outcome,
        portfolios=event.portfolios,
    )


@bus.subscribe(MemberInvited, Phase.IN_TRANSACTION)
def tell_of_invitation(event: MemberInvited) -> None:
    """Tell who is invited, where they have an account."""
    portfolios.tell_invited(invitation_id=event.invitation_id)


@bus.subscribe(MemberJoined, Phase.IN_TRANSACTION)
def tell_of_member(event: MemberJoined) -> None:
    """Tell the owner who joined."""
    portfolios.tell_joined(portfolio_id=event.portfolio_id, user_id=event.user_id, role=event.role)


@bus.subscribe(MemberChanged, Phase.IN_TRANSACTION)
def tell_of_role(event: MemberChanged) -> None:
    """Tell a member of their new role."""
    portfolios.tell_role_changed(portfolio_id=event.portfolio_id, user_id=event.user_id, role=event.role)


@bus.subscribe(MemberRemoved, Phase.IN_TRANSACTION)
def tell_of_removal(event: MemberRemoved) -> None:
    """Tell of the end of a membership."""
    portfolios.tell_removed(portfolio_id=event.portfolio_id, user_id=event.user_id, how=event.how)


@bus.subscribe(OwnerChanged, Phase.IN_TRANSACTION)
def tell_of_owner(event: OwnerChanged) -> None:
    """Tell both of whom a portfolio is now."""
    portfolios.tell_owner_changed(
        portfolio_id=event.portfolio_id, from_user_id=event.from_user_id, to_user_id=event.to_user_id
    )


@bus.subscribe(QualityChecked, Phase.IN_TRANSACTION)
def tell_of_findings(event: QualityChecked) -> None:
    """Tell of findings that matter and are new."""
    portfolios.tell_quality(
        portfolio_id=event.portfolio_id, revision=event.revision, high=event.high, new_high=event.new_high
    )


@bus.subscribe(PortfolioDeleted, Phase.IN_TRANSACTION)
def forget_what_is_gone(event: PortfolioDeleted) -> None:
    """Delete what was told of a portfolio with it: it leads nowhere, and names it."""
    forget_portfolio(portfolio_id=event.portfolio_id)
