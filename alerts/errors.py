"""What can go wrong with alerts."""

from __future__ import annotations

from core.errors import Conflict


class TooManyAlerts(Conflict):
    """A person has as many alerts as one may have."""

    code = "too-many-alerts"
    title = "Too many alerts"


class AlertIsDone(Conflict):
    """An alert that fired its last time, or ran out, cannot be paused or resumed."""

    code = "alert-done"
    title = "The alert is done"


class TooManyChannels(Conflict):
    """A person has as many channels as one may have."""

    code = "too-many-channels"
    title = "Too many channels"


class ChannelExists(Conflict):
    """The person has a channel that leads there already."""

    code = "channel-exists"
    title = "There is such a channel already"


class ChannelUnproven(Conflict):
    """Nothing but its proof and a test goes to a channel that is not proven."""

    code = "channel-unproven"
    title = "The channel is not proven"


class ChannelStopped(Conflict):
    """Staff stopped the channel, or whoever reads there wants nothing from here."""

    code = "channel-stopped"
    title = "The channel was stopped for good"


class ProofClosed(Conflict):
    """There is no code to be typed in: it is too old, was tried too often, or none was sent."""

    code = "proof-closed"
    title = "The code does not count any more"


class AccountChannel(Conflict):
    """The address of the account is changed and deleted with the account, not as a channel."""

    code = "account-channel"
    title = "This is the address of the account"
