"""All that the platform keeps of a person, as one archive."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import transports
from accounts.models import User
from accounts.services import proof as proofs
from accounts.services.proof import Proof
from core import audit, clock
from core.actor import Actor
from core.archive import Archive, write_archive
from core.errors import NotFound
from core.ports import PersonalTable, personal_tables
from core.snapshot import one_instant


def export_data(*, actor: Actor, user_id: UUID, proof: Proof) -> Archive:
    """Write the archive of a person's data, as it is at one instant; they are told by mail.

    Raises:
        NotFound: the actor is not the person.
        ValidationFailed: it is not proven that they ask; names the field.
        RateLimited: too many wrong passwords.
        TimedOut: the request has no time left for that much.
    """
    if actor.user_id != user_id:
        raise NotFound
    user = proofs.require(user_id=user_id, proof=proof)
    with one_instant():
        archive = write_archive(
            tables_of(user_id), made_at=clock.now(), readme=_readme(), about={"user_id": str(user_id)}
        )
    _record(actor, user, archive)
    return archive


def tables_of(user_id: UUID) -> Iterator[PersonalTable]:
    """Tell what all rooms keep of a person; rows are read when they are walked."""
    for tables in personal_tables.collect(user_id).values():
        yield from tables


@transaction.atomic
def _record(actor: Actor, user: User, archive: Archive) -> None:
    rows = sum(part.rows for part in archive.parts if part.path.startswith("json/"))
    audit.record(
        actor=actor, verb="user.data_exported", object_type="user", object_id=user.pk, after={"rows": rows}
    )
    transaction.on_commit(lambda: transports.send_notice(user, "account/email/data_exported"), robust=True)


def _readme() -> str:
    return _(
        "This is all that Florin keeps of you, as it was at the instant that manifest.json names.\n"
        "\n"
        "Each table is there twice with the same rows: csv/ is for spreadsheets, json/ for programs.\n"
        "Times are in UTC. Amounts are decimals with a point; in JSON they are texts, so that no digit is\n"
        "lost. In CSV a text that a spreadsheet would run as a formula begins with an apostrophe; JSON has\n"
        "it as you wrote it.\n"
        "\n"
        "manifest.json names every file with its number of rows, its size in bytes and its SHA-256.\n"
        "Passwords, keys of second factors and tokens are not here: nobody can read them, or nobody should.\n"
        "Portfolios of others that you may see are named by their id; what is in them is their owner's.\n"
    )
