"""What can go wrong with people."""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.errors import Conflict, DependencyUnavailable, Forbidden, NotAuthenticated


class EmailTaken(Conflict):
    """Somebody has an account with that address."""

    code = "email-taken"
    title = "There is an account with this e-mail address"


class InvalidCredentials(NotAuthenticated):
    """The address is unknown, the password is wrong or the account is closed: the three answer alike."""

    code = "invalid-credentials"
    title = "The e-mail address or the password is not right"


class ErasurePending(Forbidden):
    """The person asked for erasure: until then they may cancel it or take their data, and nothing else."""

    code = "erasure-pending"
    title = "This account is about to be erased"


class MfaRequired(NotAuthenticated):
    """The password is right; the second factor is missing."""

    code = "mfa-required"
    title = "A code from your authenticator is needed"


class MfaCodeInvalid(NotAuthenticated):
    """The password is right; the second factor is not, or its code was used before."""

    code = "mfa-code-invalid"
    title = "The code is not right"


class TokenInvalid(NotAuthenticated):
    """The token is unknown, expired, used or revoked."""

    code = "token-invalid"
    title = "The token is not valid"


class TooManyTokens(Conflict):
    """The user has as many personal access tokens as one may have."""

    code = "too-many-tokens"
    title = "You have 50 tokens. Revoke one that you no longer need"


class SupportNotAllowed(Forbidden):
    """The person does not let support look at their pages, or no longer."""

    code = "support-not-allowed"
    title = "This person does not let support look"


class SupportEnded(Forbidden):
    """The time for which a member of staff may look at somebody's pages is over."""

    code = "support-ended"
    title = "The look at this person's pages has ended"


class LookOnly(Forbidden):
    """Staff who look at somebody's pages change nothing there, and do not see all of them."""

    code = "look-only"
    title = "You only look at this person's pages"


class CsrfFailed(Forbidden):
    """A request by cookie came without the token that proves its page is ours."""

    code = "csrf-failed"
    title = "The request does not come from our pages"


class ProviderUnavailable(DependencyUnavailable):
    """The service that a person signs in with does not answer."""

    code = "sign-in-provider-unavailable"
    title = "The sign-in service does not answer"

    @classmethod
    def of(cls, name: str) -> ProviderUnavailable:
        """Say which one."""
        return cls(_("%(name)s does not answer. You are not signed in by it.") % {"name": name})
