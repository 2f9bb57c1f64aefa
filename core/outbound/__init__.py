"""Calls to servers elsewhere: to public addresses only, in a time and of a size that are bounded.

Who gives an address may not be who may reach what stands beside this server. So a host's name is
looked up here, every address it has must be a public one, and the connection goes to an address that
was checked, not to what the name means a moment later; a redirect is checked the same way. Hosts of
the operator's own are named in ``OUTBOUND_ALLOWED_HOSTS``.

A call has one deadline for all of it: the lookup, the handshake, the headers and a body that drips.
Its errors name neither address nor parameters, which may hold keys.
"""

from __future__ import annotations

from core.outbound.addresses import NotReached, addresses_of, checked_target, checked_url, is_own, is_public
from core.outbound.calls import MOST_BYTES, MOST_REDIRECTS, USER_AGENT, Answer, Caller, NotTaken

__all__ = [
    "MOST_BYTES",
    "MOST_REDIRECTS",
    "USER_AGENT",
    "Answer",
    "Caller",
    "NotReached",
    "NotTaken",
    "addresses_of",
    "checked_target",
    "checked_url",
    "is_own",
    "is_public",
]
