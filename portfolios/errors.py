"""What the portfolios refuse."""

from __future__ import annotations

from core.errors import Conflict, FieldError, Forbidden, ValidationFailed


class Oversold(ValidationFailed):
    """A sale, transfer or correction would leave fewer units than were sold."""

    code = "oversold"
    title = "More would be sold than is held"

    def __init__(self, message: str, field: str = "quantity") -> None:
        super().__init__(message, errors=(FieldError(field, message, "oversold"),))


class ManagedPortfolio(Forbidden):
    """Only the simulator writes a portfolio that it manages."""

    code = "managed-portfolio"
    title = "This portfolio belongs to a simulation"


class StaleVersion(Conflict):
    """Somebody else changed the object since it was read."""

    code = "stale-version"
    title = "It was changed meanwhile"
