"""The schedule of background tasks in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_celery_beat.models import PeriodicTask

from core import schedule
from core.actor import Actor
from core.adminsite.actions import REASON_LENGTH, ReasonedAction, ReasonedActions
from core.adminsite.forms import ServiceForm

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Model]
    _TaskForm = forms.ModelForm[Model]
else:
    _ModelAdmin, _TaskForm = admin.ModelAdmin, forms.ModelForm


class TaskForm(ServiceForm, _TaskForm):
    """When a task runs. Which tasks there are is the platform's own matter: they are chosen, not typed."""

    task = forms.ChoiceField(label=_("Task"), choices=list)
    when = forms.CharField(
        label=_("When"),
        required=False,
        max_length=200,
        help_text=_("Minute, hour, day of month, month, day of week, as in cron, in UTC: 17 3 * * *"),
    )
    every = forms.IntegerField(label=_("Or every"), required=False, min_value=1)
    period = forms.ChoiceField(
        label=_("Of"),
        required=False,
        choices=[
            ("", "–"), ("seconds", _("seconds")), ("minutes", _("minutes")), ("hours", _("hours")),
            ("days", _("days")),
        ],
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Reason"), max_length=REASON_LENGTH, help_text=_("Why; it stays in the audit log.")
    )

    class Meta:
        model = PeriodicTask
        fields = ("name", "task", "enabled", "description")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row: Any = self.instance
        names = sorted({*schedule.choosable(), *([row.task] if row.task else [])})
        task = self.fields["task"]
        assert isinstance(task, forms.ChoiceField)
        task.choices = [("", "–"), *((name, name) for name in names)]
        if row.crontab is not None:
            self.initial["when"] = schedule.words_of(row)
        elif row.interval is not None:
            self.initial["every"], self.initial["period"] = row.interval.every, row.interval.period

    def validate_unique(self) -> None:
        """Leave it to the service: the model asks for a schedule that the form has yet to find."""

    def apply(self) -> Any:
        """Put it on the schedule, or change it."""
        given = dict(self.cleaned_data)
        reason = given.pop("reason")
        return schedule.save_task(
            actor=self.actor, task_id=self.instance.pk, plan=schedule.Plan(**given), reason=reason
        )


def _switch_on(actor: Actor, row: PeriodicTask, reason: str) -> None:
    schedule.switch_task(actor=actor, task_id=row.pk, on=True, reason=reason)


def _switch_off(actor: Actor, row: PeriodicTask, reason: str) -> None:
    schedule.switch_task(actor=actor, task_id=row.pk, on=False, reason=reason)


def _run(actor: Actor, row: PeriodicTask, reason: str) -> None:
    schedule.run_task(actor=actor, task_id=row.pk, reason=reason)


def _delete(actor: Actor, row: PeriodicTask, reason: str) -> None:
    schedule.delete_task(actor=actor, task_id=row.pk, reason=reason)


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(ReasonedActions, _ModelAdmin):
    """What runs when; every change is validated and leaves its reason in the audit log."""

    form: Any = TaskForm
    list_display = ["name", "when", "enabled", "last_run_at", "total_run_count"]
    list_filter = ["enabled"]
    list_select_related = ["crontab", "interval"]
    search_fields = ["name", "task"]
    ordering = ["name"]
    show_full_result_count = False
    fieldsets = (
        (None, {"fields": ("name", "task", "description", "enabled")}),
        (_("Schedule"), {"fields": ("when", "every", "period")}),
        (None, {"fields": ("reason",)}),
        (_("So far"), {"fields": ("last_run_at", "total_run_count", "date_changed")}),
    )
    readonly_fields = ["last_run_at", "total_run_count", "date_changed"]
    actions = None
    reasoned = (
        ReasonedAction(
            "run",
            _("Run now…"),
            _("These run now, once, besides their schedule:"),
            schedule.POWER,
            _run,
        ),
        ReasonedAction(
            "switch_on",
            _("Switch on…"),
            _("These run again by their schedule:"),
            schedule.POWER,
            _switch_on,
        ),
        ReasonedAction(
            "switch_off",
            _("Switch off…"),
            _("These run no more until somebody switches them on:"),
            schedule.POWER,
            _switch_off,
            is_destructive=True,
        ),
        ReasonedAction(
            "take_off",
            _("Delete…"),
            _(
                "These go from the schedule. What is the platform's own comes back when it next starts: "
                "switch that off instead."
            ),
            schedule.POWER,
            _delete,
            is_destructive=True,
        ),
    )

    @admin.display(description=_("when (UTC)"))
    def when(self, row: PeriodicTask) -> str:
        """Tell when it runs."""
        return schedule.words_of(row)

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        """Delete by the action that asks why."""
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Make the form act for the member of staff; it declares its fields itself."""
        form = super().get_form(request, obj, change=change, **{**kwargs, "fields": TaskForm.Meta.fields})
        form.actor = Actor.user(request.user)  # type: ignore[attr-defined]  # declared by ServiceForm
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """Do nothing more: the form's service saved the row."""
