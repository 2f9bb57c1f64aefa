"""Sources of prices in the admin: what they are, how they fare, and what staff do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from core import clock
from core.actor import Actor
from core.adminsite.actions import ReasonedAction
from core.adminsite.forms import ServiceForm
from core.errors import ValidationFailed
from market.admin.instruments import ServiceAdmin
from market.domain import breaker, budget
from market.domain.budget import Spent
from market.models import PriceSource, SourceBudget, SourceSymbol
from market.providers import ADAPTERS
from market.selectors import feeds
from market.services.feeds import write

if TYPE_CHECKING:
    _SourceForm = forms.ModelForm[PriceSource]
    _SymbolForm = forms.ModelForm[SourceSymbol]
else:
    _SourceForm = _SymbolForm = forms.ModelForm

_COUNTS = ("recent", "hour", "hour_used", "day", "day_used")
_STATES = {
    breaker.State.CLOSED: _("asked"),
    breaker.State.OPEN: _("left alone"),
    breaker.State.HALF_OPEN: _("tried again next"),
}


class SourceForm(ServiceForm, _SourceForm):
    """A source; its key is written and never read again."""

    kind = forms.ChoiceField(label=_("Kind"), choices=list)
    key = forms.CharField(
        label=_("Key"),
        required=False,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("It is kept encrypted and never shown. Empty: the one that is there stays."),
    )
    forget_key = forms.BooleanField(label=_("Forget the key"), required=False)

    class Meta:
        model = PriceSource
        fields = (
            "name", "kind", "enabled", "priority", "base_url", "options", "interval", "per_minute",
            "per_hour", "per_day",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = self.fields["kind"]
        assert isinstance(kind, forms.ChoiceField)
        kind.choices = [(one.kind, one.label) for one in ADAPTERS.values()]
        # who only looks has no field
        for name in {"per_minute", "per_hour", "per_day"} & set(self.fields):
            self.fields[name].required = False
            self.fields[name].help_text = gettext(
                "Empty: what the free plan of its kind allows. 0: no limit."
            )
            if self.instance._state.adding:  # noqa: SLF001  # Django's documented way to tell a new row
                self.initial[name] = None

    def validate_unique(self) -> None:
        """Leave it to the service."""

    def apply(self) -> PriceSource:
        """Add the source, or change it."""
        values = {**self.cleaned_data, "options": self.cleaned_data.get("options") or {}}
        return write.save_source(
            actor=self.actor, source_id=self.instance.pk, data=write.SourceData(**values)
        )


class SymbolForm(ServiceForm, _SymbolForm):
    """What an instrument is at a source."""

    class Meta:
        model = SourceSymbol
        fields = ("source", "instrument", "symbol", "priority", "is_excluded")

    def validate_unique(self) -> None:
        """Leave it to the service."""

    def apply(self) -> SourceSymbol:
        """Say it."""
        values = dict(self.cleaned_data)
        if not self.instance._state.adding:  # noqa: SLF001
            values |= {"source": self.instance.source, "instrument": self.instance.instrument}
        return write.save_symbol(actor=self.actor, **values)


class AskForm(forms.Form):
    """Of which instrument a quote is asked."""

    symbol = forms.CharField(
        label=_("Symbol"), max_length=60, help_text=_("Of a public instrument: AAPL, or VOD@XLON.")
    )


def _pause(actor: Actor, row: PriceSource, reason: str) -> None:
    write.switch_source(actor=actor, source_id=row.pk, on=False, reason=reason)


def _resume(actor: Actor, row: PriceSource, reason: str) -> None:
    write.switch_source(actor=actor, source_id=row.pk, on=True, reason=reason)


def _reset(actor: Actor, row: PriceSource, reason: str) -> None:
    write.reset_source(actor=actor, source_id=row.pk, reason=reason)


def _delete(actor: Actor, row: PriceSource, reason: str) -> None:
    write.delete_source(actor=actor, source_id=row.pk, reason=reason)


def _forget(actor: Actor, row: SourceSymbol, reason: str) -> None:
    write.delete_symbol(actor=actor, symbol_id=row.pk, reason=reason)


@admin.register(PriceSource)
class PriceSourceAdmin(ServiceAdmin):
    """Sources of prices and how they fare."""

    form: Any = SourceForm
    reasoned = (
        ReasonedAction("resume", _("Switch on…"), _("These are asked again:"), write.POWER, _resume),
        ReasonedAction("pause", _("Switch off…"), _("These are asked no more:"), write.POWER, _pause),
        ReasonedAction(
            "reset", _("Ask again now…"), _("The failures of these are forgotten:"), write.POWER, _reset
        ),
        ReasonedAction(
            "remove",
            _("Delete…"),
            _("These go; the prices that came from them stay:"),
            "market.delete_pricesource",
            _delete,
            is_destructive=True,
        ),
    )
    list_display = [
        "name", "fares", "requests_left", "answered", "last_error", "ask", "kind", "priority",
    ]  # fmt: skip
    list_filter = ["enabled", "kind"]
    search_fields = ["name", "kind"]
    search_help_text = _("A part of name or kind.")
    ordering = ["priority", "id"]
    fieldsets = (
        (None, {"fields": ("name", "kind", "enabled", "priority", "note")}),
        (_("How it is reached"), {"fields": ("key", "forget_key", "has_key", "base_url", "options")}),
        (_("How often"), {"fields": ("interval", "per_minute", "per_hour", "per_day")}),
        (
            _("How it fares"),
            {
                "fields": (
                    "fares", "besides", "requests_left", "asked_at", "last_ok_at", "last_error_at",
                    "last_error", "open_until", "limited_until", "ask",
                )
            },
        ),
    )  # fmt: skip
    readonly_fields = [
        "note", "has_key", "fares", "besides", "requests_left", "asked_at", "last_ok_at", "last_error_at",
        "last_error", "open_until", "limited_until", "ask",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read what was spent along with each."""
        spent = SourceBudget.objects.filter(pk=OuterRef("budget"))
        counts = {f"spent_{name}": Subquery(spent.values(name)) for name in _COUNTS}
        rows: QuerySet[Any] = super().get_queryset(request).annotate(**counts)
        return rows.prefetch_related("abilities")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Let the form declare its fields itself."""
        return super().get_form(request, obj, change, **{**kwargs, "fields": SourceForm.Meta.fields})

    def offered_for(self, request: HttpRequest, row: PriceSource) -> list[ReasonedAction]:
        """Leave out what would change nothing."""
        useless = {"resume"} if row.enabled else {"pause"}
        return [one for one in super().offered_for(request, row) if one.name not in useless]

    @admin.display(description=_("last answer"), ordering="last_ok_at")
    def answered(self, row: PriceSource) -> str:
        """Tell when it last answered."""
        return f"{row.last_ok_at:%Y-%m-%d %H:%M} UTC" if row.last_ok_at else "–"

    @admin.display(description=_("key"))
    def has_key(self, row: PriceSource) -> str:
        """Tell where the key is, without showing it."""
        if row.key_setting:
            return gettext("from the setting %(name)s") % {"name": row.key_setting}
        return gettext("stored") if getattr(row, "key", None) is not None else gettext("none")

    @admin.display(description=_("state"))
    def fares(self, row: PriceSource) -> str:
        """Tell whether it is asked."""
        if not row.enabled:
            return gettext("switched off")
        now = clock.now()
        if row.limited_until is not None and row.limited_until > now:
            return gettext("no requests until %(at)s UTC") % {"at": f"{row.limited_until:%H:%M}"}
        state = str(_STATES[breaker.state(row.open_until, now)])
        failed = ngettext("%(count)s failure", "%(count)s failures", row.failures) % {"count": row.failures}
        return f"{state}, {failed}" if row.failures else state

    @admin.display(description=_("fails besides at"))
    def besides(self, row: PriceSource) -> str:
        """Tell what it fails at of the other things that it offers."""
        return "\n".join(str(one) for one in row.abilities.all() if one.failures) or "–"

    @admin.display(description=_("requests left"))
    def requests_left(self, row: Any) -> str:
        """Tell how many requests it takes now."""
        recent, *rest = (getattr(row, f"spent_{name}", None) for name in _COUNTS)
        hour, hour_used, day, day_used = rest
        spent = Spent(tuple(recent or ()), hour, hour_used or 0, day, day_used or 0)
        left = budget.left(spent, feeds.limits_of(row), clock.now())
        return gettext("no limit") if left is None else str(left)

    @admin.display(description=_("try it"))
    def ask(self, row: PriceSource) -> SafeString | str:
        """Link to the page that asks it."""
        if row._state.adding:  # noqa: SLF001
            return "–"
        url = reverse("admin:market_pricesource_ask", args=[row.pk])
        return format_html('<a href="{}">{}</a>', url, gettext("Ask now"))

    def get_urls(self) -> list[Any]:
        """Add the page that asks a source."""
        view = self.admin_site.admin_view(self.ask_page)
        return [path("<int:source_id>/ask/", view, name="market_pricesource_ask"), *super().get_urls()]

    def ask_page(self, request: HttpRequest, source_id: int) -> HttpResponse:
        """Ask for one quote and show what comes; nothing is stored.

        Raises:
            PermissionDenied: the member of staff does not keep sources.
            Http404: there is no such source.
        """
        if not request.user.has_perm(write.POWER):
            raise PermissionDenied
        source = PriceSource.objects.filter(pk=source_id).first()
        if source is None:
            raise Http404
        form = AskForm(request.POST or None)
        answer = self._answer(request, source, form) if form.is_bound and form.is_valid() else None
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Ask %(source)s") % {"source": source.name},
            "opts": self.opts,
            "source": source,
            "form": form,
            "answer": answer,
        }
        return TemplateResponse(request, "admin/market/pricesource/ask.html", context)

    def _answer(self, request: HttpRequest, source: PriceSource, form: AskForm) -> write.Answer | None:
        try:
            return write.ask_now(
                actor=Actor.user(request.user), source_id=source.pk, symbol=form.cleaned_data["symbol"]
            )
        except ValidationFailed as error:
            for one in error.errors:
                form.add_error("symbol", str(one.message))
            return None


@admin.register(SourceSymbol)
class SourceSymbolAdmin(ServiceAdmin):
    """What instruments are called at sources, which source comes first for them, and which never."""

    form: Any = SymbolForm
    reasoned = (
        ReasonedAction(
            "forget",
            _("Forget…"),
            _("These are asked for as any other instrument:"),
            "market.delete_sourcesymbol",
            _forget,
            is_destructive=True,
        ),
    )
    list_display = ["instrument", "source", "symbol", "priority", "is_excluded", "updated_at"]
    list_filter = ["source", "is_excluded"]
    list_select_related = ["instrument", "source"]
    search_fields = ["=instrument__symbol", "=instrument__isin"]
    search_help_text = _("A whole symbol or ISIN.")
    autocomplete_fields = ["instrument"]
    ordering = ["-id"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep what it is about."""
        return ["source", "instrument"] if obj is not None else []

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave users' own instruments out."""
        rows: QuerySet[Any] = super().get_queryset(request).filter(instrument__owner=None)
        return rows
