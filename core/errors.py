"""The one tree of errors that the platform raises on purpose.

    DomainError
    ├── ValidationFailed        400  the input is wrong; names each field
    │   ├── BrokenArchive       400  a file of records is damaged or forged; names member and line
    │   └── AddressRefused      400  an address that this server may not call
    ├── NotAuthenticated        401  sign in first
    ├── Forbidden               403  you may see it, not do it
    ├── NotFound                404  it does not exist, or is not yours
    ├── Conflict                409  it is already so, or somebody was faster
    ├── TooLarge                413  more than the platform takes at once
    ├── RateLimited             429  slow down; carries the seconds to wait
    ├── Overloaded              503  more at once than there is power for; carries the seconds to wait
    ├── DependencyUnavailable   503  something outside failed
    │   └── SecretUnreadable    503  the key of a stored secret is missing
    └── TimedOut                504  it took longer than a request may

Apps subclass these in their own ``errors.py``. ``code`` is stable: clients, socket
frames and a task's retry decide by it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one field of the input."""

    field: str
    message: str
    code: str = "invalid"


class DomainError(Exception):
    """Something the platform refuses or cannot do, said so that a user can act on it."""

    code = "error"
    title = "Something went wrong"
    status = 500

    def __init__(self, detail: str = "", *, code: str | None = None) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        if code is not None:
            self.code = code


class ValidationFailed(DomainError):
    """The input is wrong; `errors` names each field."""

    code = "validation-failed"
    title = "Some of this is not valid"
    status = 400

    def __init__(
        self, detail: str = "", *, errors: tuple[FieldError, ...] = (), code: str | None = None
    ) -> None:
        super().__init__(detail or "; ".join(error.message for error in errors), code=code)
        self.errors = errors

    @classmethod
    def of(cls, field: str, message: str, code: str = "invalid") -> ValidationFailed:
        """Say that one field is wrong."""
        return cls(message, errors=(FieldError(field, message, code),))


class BrokenArchive(ValidationFailed):
    """A file of records is damaged, forged or of another kind; `member` and `line` say where (0: no line)."""

    code = "archive-broken"
    title = "The archive cannot be read"

    def __init__(self, message: str, *, member: str = "", line: int = 0, field: str = "") -> None:
        place = f"{member}:{line}" if line else member
        where = ".".join(one for one in (place, field) if one)
        detail = f"{where}: {message}" if where else message
        super().__init__(detail, errors=(FieldError(where or "file", message, "broken"),))
        self.member, self.line = member, line


class AddressRefused(ValidationFailed):
    """An address that this server may not call, or that is none."""

    code = "address-refused"
    title = "This address cannot be called"


class NotAuthenticated(DomainError):
    """Nobody is signed in, or the token is not valid."""

    code = "not-authenticated"
    title = "Sign in first"
    status = 401


class Forbidden(DomainError):
    """The user may see the object, not do this with it."""

    code = "forbidden"
    title = "You may not do this"
    status = 403


class InsufficientScope(Forbidden):
    """The token is good, but not for this; `scope` names what it lacks."""

    code = "insufficient-scope"
    title = "The token may not do this"

    def __init__(self, scope: str) -> None:
        super().__init__(f"This takes a token with the scope {scope}.")
        self.scope = scope


class SignInRequired(Forbidden):
    """Only a person who signed in may do this, whatever scopes a token has."""

    code = "sign-in-required"
    title = "A token cannot do this. Sign in and try again"


class NotFound(DomainError):
    """The object does not exist, or is somebody else's: the two answer alike."""

    code = "not-found"
    title = "There is nothing here"
    status = 404


class Conflict(DomainError):
    """The state of the object does not allow it, or somebody was faster."""

    code = "conflict"
    title = "This conflicts with what is there"
    status = 409


class TooLarge(DomainError):
    """More than the platform takes at once."""

    code = "too-large"
    title = "This is too large"
    status = 413


class RateLimited(DomainError):
    """Too many requests; `retry_after` is in seconds."""

    code = "rate-limited"
    title = "Too many requests"
    status = 429

    def __init__(self, detail: str = "", *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Overloaded(DomainError):
    """More is asked at once than the machine has power for; `retry_after` is in seconds."""

    code = "overloaded"
    title = "Too much is going on at the moment"
    status = 503

    def __init__(self, detail: str = "", *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class DependencyUnavailable(DomainError):
    """Something outside the platform failed; `retry_after` is in seconds, where it is known."""

    code = "dependency-unavailable"
    title = "A service we need does not answer"
    status = 503

    def __init__(self, detail: str = "", *, retry_after: int | None = None, code: str | None = None) -> None:
        super().__init__(detail, code=code)
        self.retry_after = retry_after


class SecretUnreadable(DependencyUnavailable):
    """A secret is stored that none of the keys set opens, or that stands where it does not belong."""

    code = "secret-unreadable"
    title = "A stored secret cannot be read"


class TimedOut(DomainError):
    """It took longer than a request may."""

    code = "timed-out"
    title = "This took too long"
    status = 504
