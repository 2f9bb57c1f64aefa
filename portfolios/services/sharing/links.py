"""Make a public link to a portfolio, count who follows it, end it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from core import audit, clock
from core.actor import Actor
from core.errors import FieldError, NotFound, ValidationFailed
from portfolios.errors import TooManyLinks
from portfolios.locks import lock_portfolio
from portfolios.models import Portfolio, PublicLink
from portfolios.selectors.links import alive, links
from portfolios.selectors.sharing import digest

RANDOM_BYTES = 32
MOST_LINKS = 20
LONGEST = timedelta(days=3660)
# how long one that ended is listed, with how often it was opened
KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class IssuedLink:
    """A new link; `token` is the secret part of its address, told now and never again."""

    link: PublicLink
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LinkInput:
    """What a link is to show; without `expires_at` it counts until it is revoked."""

    label: str = ""
    shows: str = PublicLink.Shows.PERCENTAGES
    names: str = PublicLink.Names.LISTED
    expires_at: datetime | None = None


@transaction.atomic
def create_link(*, actor: Actor, portfolio_id: UUID, data: LinkInput) -> IssuedLink:
    """Make an address under which anybody who has it may look at a portfolio.

    Raises:
        NotFound, Forbidden, ManagedPortfolio: the actor does not own it, or nobody may share it.
        ValidationFailed: names the title, what it shows, or the end.
        TooManyLinks: the portfolio has 20 that count.
    """
    portfolio = lock_portfolio(actor=actor, portfolio_id=portfolio_id, owner_only=True)
    now = clock.now()
    label = _checked(data, now)
    if links(portfolio).filter(alive(now)).count() >= MOST_LINKS:
        raise TooManyLinks(_("At most %(most)s that count. Revoke one first.") % {"most": MOST_LINKS})
    token = secrets.token_urlsafe(RANDOM_BYTES)
    link = PublicLink.objects.create(
        portfolio=portfolio,
        label=label,
        shows=data.shows,
        names=data.names,
        expires_at=data.expires_at,
        token_hash=digest(token),
        beginning=token[: PublicLink.BEGINNING_LENGTH],
    )
    # the title is the person's own words, and so not for the log
    told = {
        "link": str(link.pk),
        "shows": link.shows,
        "names": link.names,
        "expires_at": data.expires_at.isoformat() if data.expires_at else None,
    }
    _record(actor, portfolio.pk, "portfolio.link_created", told)
    return IssuedLink(link, token)


@transaction.atomic
def revoke_link(*, actor: Actor, portfolio_id: UUID, link_id: UUID) -> None:
    """End a link; doing so twice changes nothing.

    Raises:
        NotFound, Forbidden: there is no such link, or the actor does not own the portfolio.
    """
    portfolio = lock_portfolio(actor=actor, portfolio_id=portfolio_id, owner_only=True)
    link = links(portfolio).filter(pk=link_id).first()
    if link is None:
        raise NotFound
    if link.revoked_at is None:
        _end(actor, link)


def end_links(*, actor: Actor, portfolio: Portfolio) -> None:
    """End every link of a portfolio that gets another owner: what is public is that owner's to say.

    Needs the portfolio's lock.
    """
    for link in links(portfolio).filter(revoked_at=None):
        _end(actor, link)


def note_view(*, link_id: UUID) -> None:
    """Count that somebody opened a link; one statement, so that of many at once none is lost."""
    now = clock.now()
    PublicLink.objects.filter(pk=link_id).update(views=F("views") + 1, last_viewed_at=now)


def purge_links() -> int:
    """Delete links 30 days after they ended; answers how many."""
    limit = clock.now() - KEPT
    count, _rows = PublicLink.objects.filter(Q(revoked_at__lt=limit) | Q(expires_at__lt=limit)).delete()
    return count


def _end(actor: Actor, link: PublicLink) -> None:
    link.revoked_at = clock.now()
    link.save(update_fields=["revoked_at", "updated_at"])
    told = {"link": str(link.pk), "views": link.views}
    _record(actor, link.portfolio_id, "portfolio.link_revoked", told)


def _record(actor: Actor, portfolio_id: UUID, verb: str, told: dict[str, Any]) -> None:
    audit.record(actor=actor, verb=verb, object_type="portfolio", object_id=portfolio_id, after=told)


def _checked(data: LinkInput, now: datetime) -> str:
    label = " ".join(data.label.split())
    errors: list[FieldError] = []
    if len(label) > PublicLink.LABEL_LENGTH:
        errors.append(FieldError("label", _("At most 100 characters."), "max_length"))
    if data.shows not in PublicLink.Shows.values:
        errors.append(FieldError("shows", _("A link shows percentages or values."), "choice"))
    if data.names not in PublicLink.Names.values:
        errors.append(FieldError("names", _("There is no such choice of names."), "choice"))
    if data.expires_at is not None and data.expires_at <= now:
        errors.append(FieldError("expires_at", _("The end lies in the past."), "past"))
    if data.expires_at is not None and data.expires_at > now + LONGEST:
        errors.append(FieldError("expires_at", _("A link lasts ten years at most."), "too_long"))
    if errors:
        raise ValidationFailed(errors=tuple(errors))
    return label
