"""The base of every socket: who comes in, what they may send, and how they leave."""

from __future__ import annotations

import asyncio
from http.cookies import CookieError, SimpleCookie
from typing import Any, ClassVar, Final

import orjson
import structlog
from channels.consumer import AsyncConsumer
from django.conf import settings
from django.db import Error as DatabaseFailed
from django.utils import translation
from django.utils.translation import gettext as _

from core import metrics
from core.api.rendering import check_texts
from core.errors import (
    DependencyUnavailable,
    DomainError,
    Forbidden,
    InsufficientScope,
    NotAuthenticated,
    Overloaded,
    RateLimited,
    TooLarge,
    ValidationFailed,
)
from core.live import process
from core.live.frames import Frame
from core.live.offloop import off_loop
from core.live.pipes import Pipe, pipe_to
from core.live.signin import Caller, doorkeeper, header, is_our_host, is_our_origin
from core.live.streams import Follower
from core.middleware import address_seen

log = structlog.get_logger(__name__)
PROTOCOL: Final = "florin.v1"
TOKEN_OFFER: Final = "florin.token."  # noqa: S105  # what stands before one
MESSAGE_BYTES: Final = 4096
MESSAGES_A_SECOND: Final = 5
# so many refused messages are a program that does not listen
REFUSALS: Final = 50
SIGN_IN_SECONDS: Final = 10.0
BUSY, POLICY, TOO_BIG, UNKNOWN, NOT_ALLOWED, TOO_MANY = 1013, 1008, 1009, 4401, 4403, 4429
RETRY_SECONDS: Final = 30

Message = dict[str, Any]


class Closing(Exception):
    """The socket ends with this code, after the error's frame."""

    def __init__(self, error: DomainError, code: int) -> None:
        super().__init__(error.detail)
        self.error, self.code = error, code


class LiveConsumer(AsyncConsumer):  # type: ignore[misc]  # channels has no types
    """One socket. A subclass names its messages in `handlers` and what scope a token needs."""

    channel_layer_alias = "none"
    needs_sign_in: ClassVar[bool] = True
    token_scope: ClassVar[str] = ""
    handlers: ClassVar[dict[str, str]] = {}

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        """Serve one socket, without a channel layer and without Django's one thread of sync code."""
        self.scope, self.base_send = scope, send
        self.caller: Caller | None = None
        self.person: Any = None
        self.follower = Follower(self.pipe(send), self)
        self._spare, self._refilled, self._refused = float(MESSAGES_A_SECOND), 0.0, 0
        self.process = process.here()
        await receive()
        if not self._may_come_in():
            metrics.live_refused.labels("origin").inc()
            await send({"type": "websocket.close", "code": NOT_ALLOWED})
            return
        await send({"type": "websocket.accept", "subprotocol": self._subprotocol()})
        try:
            await self._live(receive)
        except Closing as closing:
            self._end(closing)
        except DomainError as error:  # what a client comes with cannot be served now
            self._end(Closing(error, BUSY))
        except DatabaseFailed as error:
            log.warning("live.socket_failed", path=self.scope.get("path", ""), error=repr(error))
            self._end(Closing(DependencyUnavailable(), BUSY))
        except asyncio.CancelledError:
            if not self.follower.pipe.is_gone:
                await self.process.end()  # the server stops, and cancels what serves its sockets
            raise
        finally:
            self.process.leave(self.follower)

    def pipe(self, send: Any) -> Pipe:
        """Open the way to the client."""
        return pipe_to(send)

    def _may_come_in(self) -> bool:
        """Let in who asks for a host of ours, and no page of another site unless it brings a token."""
        headers = self.scope["headers"]
        if not is_our_host(headers):
            return False
        if not self.needs_sign_in or not header(headers, b"origin"):
            return True
        return bool(self._offered_token()) or self._is_ours()

    def _is_ours(self) -> bool:
        return is_our_origin(self.scope.get("scheme", "ws"), self.scope["headers"])

    def _offered_token(self) -> str:
        """Tell the token that a program brings: as a subprotocol, or in the header as to the API."""
        found = (one for one in self.scope.get("subprotocols", ()) if one.startswith(TOKEN_OFFER))
        kind, _, given = header(self.scope["headers"], b"authorization").partition(" ")
        default = given.strip() if kind.lower() == "bearer" else ""
        return str(next(found, "")).removeprefix(TOKEN_OFFER) or default

    def _subprotocol(self) -> str | None:
        return PROTOCOL if PROTOCOL in self.scope.get("subprotocols", ()) else None

    async def _live(self, receive: Any) -> None:
        """Sign in, then answer one message after the other."""
        if b"%00" in self.scope.get("query_string", b""):
            raise Closing(ValidationFailed(_("The address holds a NUL character.")), POLICY)
        if len(self.process.hub.followers) >= settings.LIVE_SOCKETS_MOST:
            metrics.live_refused.labels("full").inc()
            raise Closing(
                Overloaded(_("There is no room for another socket now."), retry_after=RETRY_SECONDS), BUSY
            )
        self.process.enter(self.follower)
        await self._sign_in(receive)
        with translation.override(self.caller.user.language if self.caller else settings.LANGUAGE_CODE):
            await self.opened()
            while (message := await receive())["type"] != "websocket.disconnect":
                await self.dispatch(message)

    # signing in

    async def _sign_in(self, receive: Any) -> None:
        token, session = self._offered_token(), self._session_key()
        try:
            if token:
                self.caller = await off_loop(doorkeeper().by_token, token)
            elif session:
                self.caller = await off_loop(doorkeeper().by_session, session)
            if self.caller is None and (token or self.needs_sign_in):
                self.caller = None if token else await self._by_message(receive)
                if self.caller is None:
                    raise Closing(NotAuthenticated(_("The token is not valid, or no longer.")), UNKNOWN)
        except Forbidden as error:
            raise Closing(error, NOT_ALLOWED) from error
        self._admit(self.caller)

    def _session_key(self) -> str:
        """Tell the session of our pages; another site's page has none here."""
        if not header(self.scope["headers"], b"origin") or not self._is_ours():
            return ""
        try:
            cookies = SimpleCookie(header(self.scope["headers"], b"cookie"))
        except CookieError:
            return ""
        found = cookies.get(settings.SESSION_COOKIE_NAME)
        return found.value.replace("\0", "") if found is not None else ""

    async def _by_message(self, receive: Any) -> Caller | None:
        """Take the token of the first message, which has to come soon."""
        try:
            message = await asyncio.wait_for(receive(), SIGN_IN_SECONDS)
        except TimeoutError as error:
            raise Closing(NotAuthenticated(_("Nobody signed in.")), UNKNOWN) from error
        if message["type"] == "websocket.disconnect":
            raise Closing(NotAuthenticated(), UNKNOWN)
        try:
            content = read(message)
        except DomainError as error:
            raise Closing(error, UNKNOWN) from error
        token = content.get("token")
        if content.get("type") != "auth" or not isinstance(token, str):
            raise Closing(NotAuthenticated(_("Sign in with the first message.")), UNKNOWN)
        return await off_loop(doorkeeper().by_token, token)

    def _admit(self, caller: Caller | None) -> None:
        """Let somebody in, or nobody in particular; who it is counts their sockets.

        Raises:
            Closing: the token is for something else, or they have too many sockets.
        """
        scopes = caller.scopes if caller is not None else None
        if self.token_scope and scopes is not None and self.token_scope not in scopes:
            raise Closing(InsufficientScope(self.token_scope), NOT_ALLOWED)
        self.person = caller.user.pk if caller is not None else self._address()
        others = (one.owner for one in self.process.hub.followers if one.owner is not self)
        if sum(one.person == self.person for one in others) >= settings.LIVE_SOCKETS_A_PERSON:
            metrics.live_refused.labels("person").inc()
            raise Closing(
                RateLimited(_("You have too many sockets open."), retry_after=RETRY_SECONDS), TOO_MANY
            )
        if caller is not None:
            self.process.watch_proofs()

    def _address(self) -> str:
        peer = self.scope.get("client") or [""]
        return address_seen(header(self.scope["headers"], b"x-forwarded-for"), str(peer[0]))

    # messages

    async def opened(self) -> None:
        """Do what comes first, once it is known who is there."""
        self.say(
            {
                "type": "welcome",
                "protocol": PROTOCOL,
                "heartbeat": 10,
                "limits": {"message_bytes": MESSAGE_BYTES, "messages_a_second": MESSAGES_A_SECOND},
            }
        )

    async def dispatch(self, message: Message) -> None:
        """Answer one message, and an error of it by a frame."""
        try:
            self._spend()
            content = read(message)
            handler = self.handlers.get(str(content.get("type")))
            if handler is None:
                raise ValidationFailed.of("type", _("There is no such message."), "unknown_type")
            await getattr(self, handler)(content)
        except DomainError as error:
            if isinstance(error, TooLarge):
                raise Closing(error, TOO_BIG) from error
            self.say_error(error)

    def _spend(self) -> None:
        """Take one message off the budget.

        Raises:
            RateLimited: it is spent.
            Closing: it was, many times over.
        """
        now = asyncio.get_running_loop().time()
        self._spare = min(MESSAGES_A_SECOND, self._spare + (now - self._refilled) * MESSAGES_A_SECOND)
        self._refilled = now
        if self._spare >= 1:
            self._spare -= 1
            return
        self._refused += 1
        error = RateLimited(_("Slower: a few messages a second."), retry_after=1)
        if self._refused > REFUSALS:
            raise Closing(error, POLICY)
        raise error

    def say(self, message: Message) -> None:
        """Send a message of this socket's own, in order."""
        if not self.follower.pipe.say(Frame.of(message)):
            self.process.hub.drop(self.follower, BUSY, "slow")

    def say_error(self, error: DomainError) -> None:
        """Send what went wrong, as the API tells it."""
        told: Message = {
            "type": "error",
            "code": error.code,
            "title": str(error.title),
            "status": error.status,
            "detail": str(error.detail),
        }
        if isinstance(error, ValidationFailed) and error.errors:
            told["errors"] = [
                {"field": one.field, "message": one.message, "code": one.code} for one in error.errors
            ]
        if isinstance(error, RateLimited | Overloaded):
            told["retry_after"] = error.retry_after
        self.say(told)

    def _end(self, closing: Closing) -> None:
        metrics.live_dropped.labels(closing.error.code).inc()
        self.say_error(closing.error)
        self.follower.pipe.close(closing.code)


def read(message: Message) -> Message:
    """Read a message of a client.

    Raises:
        TooLarge: it is longer than any that we know.
        ValidationFailed: it is not a JSON object, or holds text that no database can store.
    """
    text = message.get("text")
    if text is None:
        raise ValidationFailed(_("Messages are JSON, as text."))
    if len(text) > MESSAGE_BYTES or len(text.encode()) > MESSAGE_BYTES:
        raise TooLarge(_("The message is too long."))
    try:
        content = orjson.loads(text)
        if "\\u0000" in text:
            check_texts(content)
    except ValueError as error:
        raise ValidationFailed(_("The message is not JSON.")) from error
    if not isinstance(content, dict):
        raise ValidationFailed(_("The message is no JSON object."))
    return content
