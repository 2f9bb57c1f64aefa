"""Staff look at a person's pages: allowed by the person, announced to them, read-only and on record.

A person allows it for a day and may stop it at any moment. Members of staff look at one person at a
time, for at most half an hour, and never at each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import selectors, transports
from accounts.errors import SupportNotAllowed
from accounts.models import SUPPORT_LONGEST, SupportAccess, User
from accounts.selectors.support import POWER, lets_support_look
from accounts.services.authority import required
from core import audit, clock
from core.actor import Actor
from core.errors import Forbidden, NotFound, ValidationFailed

ALLOWED_FOR = timedelta(hours=24)
LONGEST_MINUTES = int(SUPPORT_LONGEST.total_seconds() // 60)


@transaction.atomic
def allow_support(*, actor: Actor, user_id: UUID) -> None:
    """Let support look at the actor's own pages for 24 hours from now.

    Raises:
        NotFound: the actor is not the user.
        Forbidden: the user is staff, at whose pages nobody looks.
    """
    user = _own(actor, user_id)
    if user.is_staff:
        raise Forbidden(_("Nobody looks at the pages of staff."))
    user.support_allowed_until = clock.now() + ALLOWED_FOR
    user.save(update_fields=["support_allowed_until"])
    audit.record(actor=actor, verb="support.allowed", object_type="user", object_id=user_id)


@transaction.atomic
def stop_support(*, actor: Actor, user_id: UUID) -> None:
    """Let support look no longer; who looks right now is out at their next request.

    Raises:
        NotFound: the actor is not the user.
    """
    user = _own(actor, user_id)
    user.support_allowed_until = None
    user.save(update_fields=["support_allowed_until"])
    for access in SupportAccess.objects.filter(person=user, ended_at=None):
        end_access(actor=actor, access_id=access.pk, end=SupportAccess.End.WITHDRAWN)
    audit.record(actor=actor, verb="support.stopped", object_type="user", object_id=user_id)


@transaction.atomic
def start_access(*, actor: Actor, person_id: UUID, reason: str, minutes: int) -> SupportAccess:
    """Let a member of staff look at a person's pages for so many minutes, and tell the person by mail.

    Where the member of staff looks at somebody else's at the moment, that ends.

    Raises:
        NotFound: there is no such person.
        Forbidden: the actor may not look, or the person is staff.
        SupportNotAllowed: the person does not let support look.
        ValidationFailed: no reason, or more than half an hour; names the field.
    """
    reason = required(reason)
    if not 1 <= minutes <= LONGEST_MINUTES:
        raise ValidationFailed.of("minutes", _("Choose 1 to 30 minutes."), "out_of_range")
    if actor.user_id is None or not actor.may(POWER):
        raise Forbidden(_("You may not look at other people's pages."))
    # in one order, so that two who start at once wait for each other and do not deadlock
    keys = {actor.user_id, person_id}
    users = User.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk").in_bulk()
    person = users.get(person_id)
    if person is None or actor.user_id not in users:
        raise NotFound
    _require_consent(person)
    for open_one in SupportAccess.objects.filter(staff_id=actor.user_id, ended_at=None):
        end_access(actor=actor, access_id=open_one.pk, end=SupportAccess.End.DONE)
    now = clock.now()
    access = SupportAccess.objects.create(
        staff_id=actor.user_id,
        person=person,
        reason=reason,
        started_at=now,
        ends_at=now + timedelta(minutes=minutes),
    )
    _note(actor, "support.started", access, {"minutes": minutes}, reason)
    _announce(access)
    return access


@transaction.atomic
def end_access(*, actor: Actor, access_id: UUID, end: SupportAccess.End = SupportAccess.End.DONE) -> None:
    """End an access that the actor is a part of; one that has ended stays as it was.

    It says that it was time if that was up already.
    """
    now = clock.now()
    theirs = Q(staff_id=actor.user_id) | Q(person_id=actor.user_id)
    access = SupportAccess.objects.select_for_update().filter(theirs, pk=access_id, ended_at=None).first()
    if access is None:
        return
    access.end = SupportAccess.End.EXPIRED if access.ends_at <= now else end
    access.ended_at = min(now, access.ends_at)
    access.save(update_fields=["end", "ended_at"])
    _note(actor, "support.ended", access, {"end": access.end, "pages": access.pages})


@transaction.atomic
def page_viewed(*, actor: Actor, access: SupportAccess, route: str, values: Mapping[str, Any]) -> None:
    """Record that a member of staff opened one page of the person; `values` are the ids in its address."""
    SupportAccess.objects.filter(pk=access.pk).update(pages=F("pages") + 1)
    told = {"route": route, **{name: str(value) for name, value in values.items()}}
    _note(actor, "support.viewed", access, told)


def _own(actor: Actor, user_id: UUID) -> User:
    user = User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
    if user is None or actor.user_id != user_id:
        raise NotFound
    return user


def _require_consent(person: User) -> None:
    if person.is_staff:
        raise Forbidden(_("Nobody looks at the pages of staff."))
    if not lets_support_look(person):
        raise SupportNotAllowed(
            _("Ask the person to open Settings, Support and to let support look for 24 hours.")
        )


def _note(actor: Actor, verb: str, access: SupportAccess, told: Mapping[str, Any], reason: str = "") -> None:
    audit.record(
        actor=actor,
        verb=verb,
        object_type="user",
        object_id=access.person_id,
        after={"access": str(access.pk), **told},
        reason=reason,
    )


def _announce(access: SupportAccess) -> None:
    """Tell the person by mail where their address is proven; a page of the settings lists it in any case."""
    person = access.person
    if not selectors.is_email_verified(person):
        return
    details = {"reason": access.reason, "ends_at": access.ends_at, "time_zone": person.time_zone}
    path = reverse("settings-support")
    transaction.on_commit(
        lambda: transports.send_letter(
            "accounts/email/support_looks", person.email, details, language=person.language, path=path
        ),
        robust=True,
    )
