"""Decide what becomes of what was claimed: it leaves, waits for the others of its channel, or is not sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from allauth.account.models import EmailAddress
from django.db import connection, transaction
from django.db.models import F

from accounts.transports import zone_of
from alerts.domain.policy import LONGEST_TROUBLE, MOST_TO_PROGRAM, MOST_TRIES, Hour, Wishes, waits_until
from alerts.domain.reasons import Reason, coded
from alerts.models import Channel, Delivery, Notification, NotificationSettings
from alerts.selectors.messages import Letter, letter_of, with_notifications
from alerts.services.delivery.claims import Claim
from core import clock

log = structlog.get_logger(__name__)

# how soon a channel is looked at again that somebody changes at the moment
HELD_UP: Final = timedelta(seconds=1)
# while a channel fails, one message at a time finds out whether it still does; longer than that takes
PROBE_WAIT: Final = timedelta(seconds=15)
GIVEN_UP: Final = coded(Reason.GIVEN_UP)
NOBODY: Final = coded(Reason.CLOSED)
UNPROVEN: Final = coded(Reason.ADDRESS_UNPROVEN)
_NOT_ACTIVE: Final[Mapping[str, str]] = {
    Channel.State.UNVERIFIED: coded(Reason.UNPROVEN),
    Channel.State.DISABLED: coded(Reason.STOPPED),
}

_PUT_BACK: Final = """
UPDATE alerts_delivery delivery
SET due_at = back.until, gathered = back.gathered, held = back.held, lease = NULL, attempts = attempts - 1,
    bundle = CASE WHEN attempts > 1 THEN bundle END
FROM unnest(
    %(ids)s::bigint[], %(leases)s::uuid[], %(untils)s::timestamptz[], %(gathered)s::boolean[],
    %(held)s::boolean[]
) AS back (id, lease, until, gathered, held)
WHERE delivery.id = back.id AND delivery.lease = back.lease AND delivery.state = 'pending'
"""


@dataclass(frozen=True, slots=True)
class Ready:
    """A message that leaves now; without a letter it could not be written, and that is a try that failed.

    `failures` are the tries before that failed on the other side.
    """

    claim: Claim
    channel: Channel
    purpose: str
    letter: Letter | None
    attempts: int
    failures: int
    written_at: datetime
    waited: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is put back until a time; what is `held` until its channel is resumed."""

    claim: Claim
    until: datetime
    gathered: bool
    held: bool = False


@dataclass(slots=True)
class _Docket:
    """What was decided so far: what leaves, what waits until when, and what is not sent, with the reason.

    `changed` are the ids of channels whose counts have to be written.
    """

    now: datetime
    ready: list[tuple[Claim, Channel, list[Delivery]]] = field(default_factory=list)
    back: list[Waiting] = field(default_factory=list)
    dropped: list[tuple[Claim, str]] = field(default_factory=list)
    changed: set[int] = field(default_factory=set)

    def place(self, claim: Claim, channel: Channel, deliveries: list[Delivery], wishes: Wishes) -> None:
        """Let a message leave, or wait."""
        first = deliveries[0]
        if first.purpose == Delivery.Purpose.NOTICE:
            if channel.rests_until is not None and channel.rests_until > self.now:
                self.back.append(Waiting(claim, channel.rests_until, claim.gathered))
                return
            hour = Hour(channel.hour_began, channel.hour_sent)
            is_program = channel.kind == Channel.Kind.WEBHOOK
            until = hour.full_until(self.now, MOST_TO_PROGRAM) if is_program else None
            if not _passes(channel, first):
                until = waits_until(wishes, self.now, hour, gathered=claim.gathered)
            if until is not None:
                self.back.append(Waiting(claim, until, gathered=not is_program))
                return
            self._note(channel, hour, first)
        self.ready.append((claim, channel, deliveries))

    def _note(self, channel: Channel, hour: Hour, delivery: Delivery) -> None:
        """Count a message that leaves; where its channel fails, no other one tries it meanwhile."""
        if channel.failures:
            channel.rests_until = self.now + PROBE_WAIT
            self.changed.add(channel.pk)
        if delivery.attempts == 1:
            hour = hour.with_one_more(self.now)
            channel.hour_began, channel.hour_sent = hour.began, hour.sent
            self.changed.add(channel.pk)


def judge(claims: Sequence[Claim]) -> list[Ready]:
    """Decide, write down what does not leave, and answer what does."""
    if not claims:
        return []
    docket = _decide(claims)
    return [_written(*parts) for parts in docket.ready]


def _written(claim: Claim, channel: Channel, deliveries: list[Delivery]) -> Ready:
    """Write a message; one that cannot be written holds up no other."""
    letter = None
    try:
        letter = letter_of(channel, claim.key, deliveries)
    except Exception:
        log.exception("delivery.not_written", delivery=str(claim.key))
    first = deliveries[0]
    return Ready(
        claim=claim,
        channel=channel,
        purpose=first.purpose,
        letter=letter,
        attempts=first.attempts,
        failures=first.failures,
        written_at=min(one.created_at for one in deliveries),
        waited=claim.gathered,
    )


@transaction.atomic
def _decide(claims: Sequence[Claim]) -> _Docket:
    now = clock.now()
    # whoever has one of them in hand holds up what goes there, and nothing else
    free = Channel.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    channels = {
        one.pk: one
        for one in free.select_related("owner")
        .filter(pk__in={one.channel_id for one in claims})
        .order_by("pk")
    }
    rows = {one.pk: one for one in with_notifications(id_ for claim in claims for id_ in claim.ids)}
    wishes, proven = _wishes(channels.values()), _proven(channels.values())
    docket = _Docket(now)
    for claim in claims:
        channel = channels.get(claim.channel_id)
        deliveries = [rows[one] for one in claim.ids if one in rows and rows[one].lease == claim.lease]
        if not deliveries:
            continue
        if channel is None:
            docket.back.append(Waiting(claim, now + HELD_UP, claim.gathered))
            continue
        if channel.state == Channel.State.PAUSED and deliveries[0].purpose == Delivery.Purpose.NOTICE:
            docket.back.append(Waiting(claim, now, claim.gathered, held=True))
            continue
        reason = _not_sent(channel, deliveries[0], proven, now)
        if reason:
            docket.dropped.append((claim, reason))
        else:
            wanted = replace(wishes[channel.owner_id], digest=channel.digest)
            docket.place(claim, channel, deliveries, wanted)
    _write(docket, channels)
    return docket


def _passes(channel: Channel, delivery: Delivery) -> bool:
    """Tell whether a message waits for nothing: a program's, and one about the security of the account."""
    told = delivery.notification
    return channel.kind == Channel.Kind.WEBHOOK or (
        told is not None and told.kind == Notification.Kind.SECURITY
    )


def _not_sent(channel: Channel, delivery: Delivery, proven: set[UUID], now: datetime) -> str:
    """Say why a message is not sent at all; empty where it is."""
    if not channel.owner.is_active:
        return NOBODY
    if delivery.attempts > MOST_TRIES and now - delivery.created_at > LONGEST_TROUBLE:
        return GIVEN_UP
    if channel.stopped_by_staff_at is not None:
        return _NOT_ACTIVE[Channel.State.DISABLED]
    if channel.is_account and channel.owner_id not in proven:
        return UNPROVEN
    if delivery.purpose == Delivery.Purpose.NOTICE:
        return _NOT_ACTIVE.get(channel.state, "")
    return ""


def _wishes(channels: Iterable[Channel]) -> dict[UUID, Wishes]:
    """Read how people want to be told; the digest is the channel's."""
    owners = {one.owner_id: one.owner for one in channels}
    chosen = {one.user_id: one for one in NotificationSettings.objects.filter(user__in=owners)}
    found = {}
    for key, owner in owners.items():
        one = chosen.get(key) or NotificationSettings()
        found[key] = Wishes(
            zone=zone_of(owner.time_zone),
            quiet_from=one.quiet_from,
            quiet_until=one.quiet_until,
            hourly_cap=one.hourly_cap,
        )
    return found


def _proven(channels: Iterable[Channel]) -> set[UUID]:
    """Tell whose address of the account is proven."""
    owners = [one.owner_id for one in channels if one.is_account]
    rows = EmailAddress.objects.filter(user__in=owners, verified=True, email__iexact=F("user__email"))
    return set(rows.values_list("user_id", flat=True)) if owners else set()


def _write(docket: _Docket, channels: Mapping[int, Channel]) -> None:
    if docket.changed:
        changed = [channels[one] for one in sorted(docket.changed)]
        Channel.objects.bulk_update(changed, ["hour_began", "hour_sent", "rests_until"])
    for claim, reason in docket.dropped:
        Delivery.objects.filter(pk__in=claim.ids, lease=claim.lease).update(
            state=Delivery.State.DROPPED, error=reason, lease=None, content=None, done_at=docket.now
        )
    if docket.back:
        put_back(docket.back)


def put_back(waiting: Sequence[Waiting]) -> None:
    """Let claimed deliveries wait, as if they had not been claimed."""
    rows = [(key, one) for one in waiting for key in one.claim.ids]
    values: dict[str, Any] = {
        "ids": [key for key, _one in rows],
        "leases": [one.claim.lease for _key, one in rows],
        "untils": [one.until for _key, one in rows],
        "gathered": [one.gathered for _key, one in rows],
        "held": [one.held for _key, one in rows],
    }
    with connection.cursor() as cursor:
        cursor.execute(_PUT_BACK, values)
