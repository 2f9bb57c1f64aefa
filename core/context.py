"""What is known of the request that is being served: its id and where it came from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestContext:
    """The request's id, the caller's address and user agent; empty outside a request."""

    request_id: str = ""
    address: str = ""
    agent: str = ""


_NONE = RequestContext()
_current: ContextVar[RequestContext | None] = ContextVar("request_context", default=None)


def current() -> RequestContext:
    """Tell the context of the running request, or an empty one."""
    return _current.get() or _NONE


@contextmanager
def bound(context: RequestContext) -> Iterator[None]:
    """Bind a context for the duration of a request."""
    token = _current.set(context)
    try:
        yield
    finally:
        _current.reset(token)
