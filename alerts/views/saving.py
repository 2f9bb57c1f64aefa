"""Save what the editor was sent, and put what a service refused where it belongs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.http import HttpRequest

from alerts.forms.clauses import ClauseForm
from alerts.forms.options import OptionsForm
from alerts.models import Alert
from alerts.services.changing import AlertChanges, change_alert, make_alert
from alerts.services.rules import RuleData
from core.errors import DomainError, Forbidden, NotFound, TimedOut, ValidationFailed
from core.pages import actor_of

# fields of the services under another name in the forms
_MOVED: Final = {"expires_at": "ends_on", "condition": "kind"}


def saved(
    request: HttpRequest, options: OptionsForm, clauses: Sequence[ClauseForm], alert: Alert | None
) -> Alert | None:
    """Make or change an alert; None where a service refused it, and the forms say why.

    Raises:
        NotFound, Forbidden, TimedOut: these are no matter of what was typed.
    """
    try:
        return _saved(request, options, clauses, alert)
    except (NotFound, Forbidden, TimedOut):
        raise
    except ValidationFailed as error:
        for one in error.errors:
            _complain([*clauses, options], one.field, one.message)
        if not error.errors:
            options.add_error(None, str(error.detail))
    except DomainError as error:
        options.add_error(None, str(error.detail))
    return None


def _saved(
    request: HttpRequest, options: OptionsForm, clauses: Sequence[ClauseForm], alert: Alert | None
) -> Alert:
    who: dict[str, Any] = {"actor": actor_of(request), "user": request.user}
    said, values = [one.said() for one in clauses], options.values()
    if alert is None:
        return make_alert(**who, data=RuleData(options.how_joined(), said, **values))
    changes = AlertChanges(joined=options.how_joined(), clauses=said, ends=True, **values)
    return change_alert(**who, uuid=alert.uuid, changes=changes)


def _complain(all_forms: Sequence[forms.Form], name: str, message: str) -> None:
    """Put a message at the first form that has the field; ``clauses.1.level`` is of the second."""
    name = _MOVED.get(name, name)
    if name.startswith("clauses."):
        number, _point, name = name.removeprefix("clauses.").partition(".")
        if number.isdecimal() and int(number) < len(all_forms) - 1:
            all_forms = [all_forms[int(number)]]
    for form in all_forms:
        if name in form.fields:
            form.add_error(name, message)
            return
    all_forms[-1].add_error(None, message)
