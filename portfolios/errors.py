"""What the portfolios refuse."""

from __future__ import annotations

from core.errors import Conflict, FieldError, Forbidden, ValidationFailed


class Oversold(ValidationFailed):
    """A sale, transfer or correction would leave fewer units than were sold."""

    code = "oversold"
    title = "More would be sold than is held"

    def __init__(self, message: str, field: str = "quantity") -> None:
        super().__init__(message, errors=(FieldError(field, message, "oversold"),))


class LotsNotHeld(ValidationFailed):
    """Lots that were chosen for a sale would not be there when it takes them."""

    code = "lots-not-held"
    title = "Lots chosen for a sale are not held"

    def __init__(self, message: str) -> None:
        super().__init__(message, errors=(FieldError("lots", message, "lots-not-held"),))


class MovedOn(Conflict):
    """Lots that went to another portfolio would be others, or one end of the move alone would change."""

    code = "moved-on"
    title = "Part of it was moved to another portfolio"


class ManagedPortfolio(Forbidden):
    """Only the simulator writes a portfolio that it manages."""

    code = "managed-portfolio"
    title = "This portfolio belongs to a simulation"


class StaleVersion(Conflict):
    """Somebody else changed the object since it was read."""

    code = "stale-version"
    title = "It was changed meanwhile"


class AddressUnproven(Forbidden):
    """Only who has proven their own address may have mail sent to somebody else's."""

    code = "address-unproven"
    title = "Prove your e-mail address first"


class AlreadyMember(Conflict):
    """The person who is to be invited is a member."""

    code = "already-member"
    title = "This person is a member already"


class InvitationClosed(Conflict):
    """The invitation was accepted, declined or withdrawn, or is too old."""

    code = "invitation-closed"
    title = "This invitation does not count any more"


class OwnerStays(Conflict):
    """A portfolio has an owner: who owns it hands it over before they go."""

    code = "owner-stays"
    title = "A portfolio cannot be without its owner"


class TooManyMembers(Conflict):
    """More members and open invitations than one portfolio takes."""

    code = "too-many-members"
    title = "This portfolio has as many members as it takes"


class TooManyLinks(Conflict):
    """More public links that count than one portfolio takes."""

    code = "too-many-links"
    title = "This portfolio has as many public links as it takes"
