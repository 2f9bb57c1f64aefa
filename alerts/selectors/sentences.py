"""The sentences of what people are told, by kind and event; `data` of the notification fills them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from alerts.selectors.reasons import worded
from core.models import Role
from core.templatetags.figures import decimal_text


@dataclass(frozen=True, slots=True)
class Leads:
    """A page of ours: the name of its address, and what of `data` it takes."""

    name: str
    args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is said of an event: a line, more words, and where it leads."""

    title: str | Promise
    text: str | Promise = ""
    leads: Leads | None = None


_SECURITY: Final = Leads("settings-security")
_SESSIONS: Final = Leads("settings-sessions")
_TOKENS: Final = Leads("settings-tokens")
_CONNECTIONS: Final = Leads("socialaccount_connections")
_PORTFOLIO: Final = Leads("portfolio", ("portfolio",))
_SHARING: Final = Leads("portfolio-sharing", ("portfolio",))
_PORTFOLIOS: Final = Leads("portfolio-list")
_QUALITY: Final = Leads("portfolio-quality", ("portfolio",))
_IMPORT: Final = Leads("import-preview", ("portfolio", "import"))
_ARCHIVE: Final = Leads("archive-import", ("archive",))
_CHANNEL: Final = Leads("settings-channel", ("channel_id",))
_NOT_YOU: Final = _("If that was not you, change your password and end the sign-ins that you do not know.")

SENTENCES: Final[Mapping[str, Sentence]] = {
    "security.new_sign_in": Sentence(
        _("New sign-in to your account: %(device)s"),
        _("The account was not seen on this device or network before. If that was not you, end the sign-in."),
        _SESSIONS,
    ),
    "security.password_changed": Sentence(_("Your password was changed"), _NOT_YOU, _SECURITY),
    "security.email_changed": Sentence(_("Your e-mail address was changed"), _NOT_YOU, _SECURITY),
    "security.factor_added": Sentence(
        _("A second step was added to your sign-in: %(factor)s"), _NOT_YOU, _SECURITY
    ),
    "security.factor_removed": Sentence(
        _("A second step was taken from your sign-in: %(factor)s"), _NOT_YOU, _SECURITY
    ),
    "security.factors_removed": Sentence(
        _("Staff removed the second steps of your sign-in"),
        _("If you did not ask for it, change your password and tell them."),
        _SECURITY,
    ),
    "security.account_connected": Sentence(
        _("An account elsewhere can sign in to yours now"), _NOT_YOU, _CONNECTIONS
    ),
    "security.account_disconnected": Sentence(
        _("An account elsewhere can no longer sign in to yours"), _NOT_YOU, _CONNECTIONS
    ),
    "security.token_reused": Sentence(
        _("A sign-in of a program was ended: its token came back after its use"),
        _("It was copied, or the program lost an answer. If you do not know it, change your password."),
        _SESSIONS,
    ),
    "security.token_created": Sentence(
        _("A new access token was made: %(token)s"),
        _("Whoever has it may do what it allows. If you did not make it, revoke it."),
        _TOKENS,
    ),
    "portfolio.invited": Sentence(
        _("%(by)s invites you to the portfolio %(name)s"),
        _("You would be: %(role)s. Accept or decline it under Portfolios."),
        _PORTFOLIOS,
    ),
    "portfolio.joined": Sentence(
        _("%(by)s is a member of %(name)s now"),
        _("They accepted your invitation. They are: %(role)s."),
        _SHARING,
    ),
    "portfolio.role_changed": Sentence(_("Your role in %(name)s is another now: %(role)s"), "", _PORTFOLIO),
    "portfolio.removed": Sentence(
        _("You are no longer a member of %(name)s"), _("Its owner ended your membership."), _PORTFOLIOS
    ),
    "portfolio.left": Sentence(_("%(by)s left %(name)s"), "", _SHARING),
    "portfolio.member_erased": Sentence(
        _("A member of %(name)s is gone"), _("They had their account erased."), _SHARING
    ),
    "portfolio.made_owner": Sentence(
        _("You own %(name)s now"), _("%(by)s handed it over to you, and is an editor."), _PORTFOLIO
    ),
    "portfolio.handed_over": Sentence(
        _("%(by)s owns %(name)s now"), _("You handed it over, and are an editor."), _PORTFOLIO
    ),
    "portfolio.quality": Sentence(
        _("Something is wrong in %(name)s: new findings of high severity: %(new)s"),
        _("Findings of high severity in all: %(high)s. Until they are put right, figures may be wrong."),
        _QUALITY,
    ),
    "import.import_ready": Sentence(
        _("%(file)s is read and waits for you"),
        _("Rows that would come into %(name)s: %(rows)s. Look at them and bring them in."),
        _IMPORT,
    ),
    "import.import_applied": Sentence(
        _("%(file)s was imported"), _("Transactions that came into %(name)s: %(rows)s."), _IMPORT
    ),
    "import.import_undone": Sentence(
        _("The import of %(file)s was undone"),
        _("Transactions that were taken out of %(name)s: %(rows)s."),
        _IMPORT,
    ),
    "import.import_failed": Sentence(
        _("%(file)s could not be worked on"),
        _("Nothing in %(name)s changed. The page of the import says why."),
        _IMPORT,
    ),
    "import.archive_done": Sentence(
        _("The archive %(file)s is in"), _("Portfolios that were made of it: %(portfolios)s."), _ARCHIVE
    ),
    "import.archive_failed": Sentence(
        _("The archive %(file)s was refused"), _("Nothing came in. Its page says why."), _ARCHIVE
    ),
    "channel.channel_verified": Sentence(
        _("Notifications go to %(channel)s from now on"), _NOT_YOU, _CHANNEL
    ),
    "channel.channel_stopped": Sentence(
        _("Notifications no longer go to %(channel)s"),
        _("It did not take them any more: %(reason)s"),
        Leads("settings-notifications"),
    ),
    "channel.stopped_by_staff": Sentence(
        _("Notifications no longer go to %(channel)s"),
        _("Our staff stopped it. Write to support if you want to know why."),
        Leads("settings-notifications"),
    ),
}
_FACTORS: Final = {
    "totp": _("authenticator app"),
    "passkey": _("passkey"),
    "recovery_codes": _("recovery codes"),
}


def reworded(data: Mapping[str, Any]) -> dict[str, Any]:
    """Put what is kept in codes, numbers and instants into words of the reader's."""
    said = dict(data)
    if "role" in data:
        said["role"] = Role(data["role"]).label
    if "factor" in data:
        said["factor"] = _FACTORS.get(data["factor"], data["factor"])
    if "reason" in data:
        said["reason"] = worded(str(data["reason"]))
    if "device" in data:
        said["device"] = " · ".join(part for part in str(data["device"]).split("/") if part) or _("not known")
    for name in ("rows", "portfolios", "high", "new"):
        if name in data:
            said[name] = decimal_text(int(data[name]), 0)
    return said
