"""`manage.py replay …`: worlds that play stored history again."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import DomainError
from core.money import plain
from core.worlds import now_in
from market.models import Instrument, Replay
from market.selectors.instruments import by_symbol
from market.services import replay as services

HOLD = {"pause": services.pause_replay, "resume": services.resume_replay, "end": services.end_replay}


class Command(BaseCommand):
    """Make worlds that play history again, hold them, and list them."""

    help = "Play stored history again in a world of its own, at any speed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the verbs and their options."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="make a world; it begins to play at once")
        create.add_argument("name")
        create.add_argument(
            "--from", dest="start", required=True, metavar="DATE", help="2020-02-01, or an instant"
        )
        create.add_argument("--to", dest="end", default="", metavar="DATE", help="default: now")
        create.add_argument(
            "--speed", default="1", help="seconds of the past in one; 86400: a day in a second"
        )
        create.add_argument(
            "--instruments", nargs="*", default=[], metavar="SYMBOL", help="default: all public"
        )
        for verb in HOLD:
            verbs.add_parser(verb).add_argument("name")
        speed = verbs.add_parser("speed", help="change how fast a world plays")
        speed.add_argument("name")
        speed.add_argument("speed")
        play = verbs.add_parser("play", help="move a world on to its clock now, as the schedule does")
        play.add_argument("name")
        verbs.add_parser("list")

    def handle(self, *_args: Any, **given: Any) -> None:
        """Do what the verb says."""
        try:
            self._do(Actor.system("replay"), given)
        except DomainError as error:
            raise CommandError(error.detail or error.title) from error

    def _do(self, actor: Actor, given: dict[str, Any]) -> None:
        verb = given["verb"]
        if verb == "create":
            services.create_replay(actor=actor, data=_data(given))
        elif verb in HOLD:
            HOLD[verb](actor=actor, world_id=_found(given["name"]).pk, reason="")
        elif verb == "speed":
            world_id, speed = _found(given["name"]).pk, _speed(given["speed"])
            services.set_speed(actor=actor, world_id=world_id, speed=speed)
        elif verb == "play":
            moved = services.play(world_id=_found(given["name"]).pk)
            self.stdout.write(_("%(count)s prices moved.") % {"count": f"{moved:,}"})
        for one in Replay.objects.select_related("world").order_by("pk"):
            self.stdout.write(_line(one))


def _line(one: Replay) -> str:
    state = _("ended") if one.ended_at else _("plays") if one.world.clock_speed else _("stands")
    return f"{one.world.name}: {state}, {now_in(one.world):%Y-%m-%d %H:%M:%S}, × {plain(one.speed)}"


def _found(name: str) -> Replay:
    found = Replay.objects.filter(world__name=name).first()
    if found is None:
        raise CommandError(_("No replay is called %s.") % name)
    return found


def _data(given: dict[str, Any]) -> services.ReplayData:
    return services.ReplayData(
        name=given["name"],
        starts_at=_instant(given["start"]),
        ends_at=_instant(given["end"]) if given["end"] else None,
        speed=_speed(given["speed"]),
        instruments=[_instrument(symbol) for symbol in given["instruments"]],
    )


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(_("Write a date as 2020-02-01.")) from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _speed(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise CommandError(_("A speed is a number.")) from error


def _instrument(symbol: str) -> Instrument:
    found = by_symbol(None, symbol)
    if found is None:
        raise CommandError(_("There is no such instrument: %s") % symbol)
    return found
