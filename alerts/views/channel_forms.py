"""Forms of the pages of channels: what each kind needs, in its person's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from alerts.domain.channels import PARTS
from alerts.models import Channel
from alerts.services.channels import LONGEST_NAME
from alerts.services.settings import HIGHEST_CAP, LOWEST_CAP

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

LONGEST_VALUE: Final = 1000
# a browser makes its own by a button, and no form
KINDS: Final = tuple(one for one in Channel.Kind.values if one != Channel.Kind.PUSH)
ABOUT: Final[dict[str, StrPromise]] = {
    "email": _("Another address than that of your account."),
    "webhook": _("A program of yours gets JSON, signed, as soon as something happens."),
    "telegram": _("A bot of yours writes to you or to a group."),
    "slack": _("A message in a channel of your workspace."),
    "discord": _("A message in a channel of your server."),
    "ntfy": _("A note on the phone, by a topic at ntfy.sh."),
    "pushover": _("A note on the phone, by Pushover."),
}
LABELS: Final[dict[tuple[str, str], tuple[StrPromise, StrPromise]]] = {
    ("email", "address"): (
        _("E-mail address"),
        _("We send a code there, which you type in on the next page."),
    ),
    ("webhook", "url"): (
        _("Address"),
        _("It begins with https://. We send a signed test there, to be answered with the code in it."),
    ),
    ("telegram", "token"): (_("Token of the bot"), _("@BotFather gives it to you when you make a bot.")),
    ("telegram", "chat"): (
        _("Chat"),
        _("The number of your chat with the bot, or @name of a channel. Write to the bot first."),
    ),
    ("slack", "address"): (
        _("Address of the incoming webhook"),
        _("It begins with https://hooks.slack.com/services/ and stands on the page of your app."),
    ),
    ("discord", "address"): (
        _("Address of the webhook"),
        _("It begins with https://discord.com/api/webhooks/; you find it in the settings of the channel."),
    ),
    ("ntfy", "topic"): (_("Topic"), _("Choose one that nobody guesses: whoever knows it can read along.")),
    ("ntfy", "token"): (_("Access token"), _("Only where the topic is reserved; it begins with tk_.")),
    ("pushover", "token"): (_("Token of the application"), _("You make an application at pushover.net.")),
    ("pushover", "user"): (_("User key"), _("It stands on your page at pushover.net.")),
}
SECRET_PARTS: Final = frozenset({("telegram", "token"), ("ntfy", "token"), ("pushover", "token")})


class NewChannelForm(forms.Form):
    """What a new channel of a kind needs, and what it is called."""

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for part in PARTS[kind]:
            label, help_text = LABELS[kind, part.name]
            attrs = {"autocomplete": "off", "spellcheck": "false", "data-no-draft": ""}
            if kind == "email":
                attrs |= {"type": "email", "autocomplete": "email"}
            self.fields[part.name] = forms.CharField(
                label=label,
                help_text=help_text,
                required=part.required,
                max_length=LONGEST_VALUE,
                widget=forms.TextInput(attrs=attrs),
            )
        self.fields["name"] = forms.CharField(
            label=_("Name"),
            help_text=_("So that you tell it from others."),
            required=False,
            max_length=LONGEST_NAME,
        )

    @property
    def values(self) -> dict[str, str]:
        """What the kind needs, as typed."""
        return {name: text for name, text in self.cleaned_data.items() if name != "name" and text}


class ChannelForm(forms.Form):
    """What of a channel may be changed."""

    name = forms.CharField(label=_("Name"), max_length=LONGEST_NAME)
    digest = forms.ChoiceField(
        label=_("Sends"),
        choices=Channel.Digest.choices,
        help_text=_("Gathered, one message tells all that happened. What is about security is sent at once."),
    )

    def __init__(self, *args: Any, channel: Channel, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.update(name=channel.name, digest=channel.digest)
        if channel.kind == Channel.Kind.WEBHOOK:  # a program is told at once
            del self.fields["digest"]


class CodeForm(forms.Form):
    """The code that arrived at a channel."""

    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        help_text=_("Eight digits. They count for 15 minutes and five tries."),
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "data-no-draft": "", "size": "12"}
        ),
    )


class TimesForm(forms.Form):
    """When a person wants to be told nothing, and how much an hour at most."""

    quiet_from = forms.TimeField(
        label=_("Quiet from"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    quiet_until = forms.TimeField(
        label=_("until"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    hourly_cap = forms.IntegerField(
        label=_("Messages an hour on one channel"),
        min_value=LOWEST_CAP,
        max_value=HIGHEST_CAP,
        help_text=_("What comes above that is told in one message when the hour is over."),
    )
