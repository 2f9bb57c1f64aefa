"""The pages that bring reference data in and take it out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.formats.base_formats import CSV, JSON
from tablib.exceptions import TablibException

from core import audit, clock
from core.actor import Actor
from core.adminsite.actions import ReasonForm
from core.adminsite.transfer.resource import CHANGED, MADE, SAME, ServiceResource

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Model]
else:
    _Base = object

FORMATS: dict[str, Any] = {"csv": CSV, "json": JSON}
LARGEST_BYTES = 5 * 1024 * 1024
MOST_EXPORTED = 50_000
KEPT_SECONDS = 1800
# what tablib raises over a file that is none
_UNREADABLE = (TablibException, ValueError, TypeError, KeyError, AttributeError, IndexError)
SHOWN = 50


class FileForm(forms.Form):
    """The file to bring in."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV (with commas) or JSON, in UTF-8, at most 5 MB, as an export writes it."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.json"}),
    )

    def clean_file(self) -> Any:
        """Read it into rows; a file that is none is refused here."""
        given = self.cleaned_data["file"]
        kind = given.name.rpartition(".")[2].lower()
        if kind not in FORMATS:
            raise forms.ValidationError(_("The name must end with .csv or .json."))
        if given.size > LARGEST_BYTES:
            raise forms.ValidationError(_("The file is larger than 5 MB."))
        self.kind, self.text = kind, _decoded(given.read())
        self.dataset = read(kind, self.text)
        return given


class ConfirmForm(ReasonForm):
    """Why it is brought in, and which file that was."""

    token = forms.UUIDField(widget=forms.HiddenInput)


class TransferAdmin(_Base):
    """Add pages of import and export to a list. Importing asks for `import_power`, exporting for viewing."""

    resource: type[ServiceResource]
    import_power: str = ""

    def get_urls(self) -> list[Any]:
        """Add the two pages."""
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        site = self.admin_site
        return [
            path("import/", site.admin_view(self.import_page), name=f"{name}_import"),
            path("export/", site.admin_view(self.export_file), name=f"{name}_export"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Offer the two pages on the list."""
        transfer = {"can_import": self._may_import(request), "query": request.GET.urlencode()}
        return super().changelist_view(request, {**(extra_context or {}), "transfer": transfer})

    def _may_import(self, request: HttpRequest) -> bool:
        return request.user.has_perm(self.import_power)

    def import_page(self, request: HttpRequest) -> HttpResponse:
        """Take a file, show what it would do, and do it once that is confirmed.

        Raises:
            PermissionDenied: the member of staff lacks the power.
        """
        if not self._may_import(request):
            raise PermissionDenied
        if request.method != "POST":
            return self._import_answer(request, form=FileForm())
        return self._confirmed(request) if "token" in request.POST else self._previewed(request)

    def _previewed(self, request: HttpRequest) -> HttpResponse:
        form = FileForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._import_answer(request, form=form)
        result = self.resource(Actor.user(request.user)).import_data(form.dataset, dry_run=True)
        if _is_refused(result):
            return self._import_answer(request, form=form, result=result)
        token = uuid4()
        cache.set(_key(request, token), (form.kind, form.text), KEPT_SECONDS)
        return self._import_answer(request, confirm=ConfirmForm(initial={"token": token}), result=result)

    def _confirmed(self, request: HttpRequest) -> HttpResponse:
        confirm = ConfirmForm(request.POST)
        kept = cache.get(_key(request, request.POST["token"]))
        if kept is None:
            self.message_user(request, _("The file is no longer here. Bring it again."), messages.ERROR)
            return HttpResponseRedirect(request.path)
        resource, dataset = self.resource(Actor.user(request.user)), read(*kept)
        if not confirm.is_valid():
            return self._import_answer(
                request, confirm=confirm, result=resource.import_data(dataset, dry_run=True)
            )
        result = resource.import_data(dataset, reason=confirm.cleaned_data["reason"])
        if _is_refused(result):  # something has changed since the preview
            return self._import_answer(request, form=FileForm(), result=result)
        cache.delete(_key(request, request.POST["token"]))
        self.message_user(request, _("Brought in: %(counts)s.") % {"counts": _counts(result)})
        return HttpResponseRedirect(self._list())

    def _import_answer(self, request: HttpRequest, **more: Any) -> HttpResponse:
        result = more.get("result")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import %(what)s") % {"what": self.opts.verbose_name_plural},
            "opts": self.opts,
            "columns": [
                one.column_name for one in self.resource(Actor.user(request.user)).get_export_fields()
            ],
            "needed": self.resource.needed,
            "shown": result.valid_rows()[:SHOWN] if result else [],
            "invalid": result.invalid_rows[:SHOWN] if result else [],
            "counts": _counts(result) if result else "",
            **more,
        }
        return TemplateResponse(request, "admin/transfer/import.html", context)

    def export_file(self, request: HttpRequest) -> HttpResponse:
        """Answer the rows of the list, as it is filtered and searched, as a file.

        Raises:
            PermissionDenied: the member of staff may not look at the list.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        query = request.GET.copy()
        kind = query.pop("as", ["csv"])[-1]
        if kind not in FORMATS:
            return HttpResponseRedirect(self._list())
        request.GET = query  # type: ignore[assignment]  # a list knows its own parameters only
        rows = self.get_changelist_instance(request).queryset
        if rows[MOST_EXPORTED : MOST_EXPORTED + 1].exists():
            words = _("More than %(most)s rows; narrow the list first.") % {"most": f"{MOST_EXPORTED:,}"}
            self.message_user(request, words, messages.ERROR)
            return HttpResponseRedirect(f"{self._list()}?{query.urlencode()}")
        return self._file(request, kind, rows)

    def _file(self, request: HttpRequest, kind: str, rows: Any) -> HttpResponse:
        actor = Actor.user(request.user)
        dataset = self.resource(actor).export(rows)
        audit.record(
            actor=actor,
            verb="reference.exported",
            object_type=self.resource.object_type,
            object_id="",
            after={"rows": len(dataset)},
        )
        name = f"{self.opts.model_name}-{clock.today('UTC').isoformat()}.{kind}"
        answer = HttpResponse(FORMATS[kind]().export_data(dataset), content_type=FORMATS[kind].CONTENT_TYPE)
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    def _list(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")


def read(kind: str, text: str) -> Any:
    """Read a file's rows.

    Raises:
        ValidationError: it is no such file.
    """
    try:
        dataset = FORMATS[kind]().create_dataset(text)
    except (*_UNREADABLE, RecursionError) as error:
        raise forms.ValidationError(
            _("This is no %(kind)s file with one row of column names.") % {"kind": kind.upper()}
        ) from error
    return dataset


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise forms.ValidationError(_("The file is not in UTF-8.")) from error


def _is_refused(result: Any) -> bool:
    return bool(result.has_errors() or result.has_validation_errors())


def _counts(result: Any) -> str:
    words = ((MADE, _("%(n)s new")), (CHANGED, _("%(n)s changed")), (SAME, _("%(n)s as before")))
    return ", ".join(word % {"n": result.totals[kind]} for kind, word in words)


def _key(request: HttpRequest, token: object) -> str:
    return f"admin-import:{request.user.pk}:{token}"
