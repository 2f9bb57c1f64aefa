"""Endpoints of imports: preview a file, change its mapping, apply, undo; and the export."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.urls import path
from django.utils.text import slugify
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.base import ApiView, idempotent
from core.api.pagination import lists, paged, window
from core.api.parameters import LISTING
from core.api.rendering import JSONParser, JSONRenderer, ProblemRenderer, load_json
from core.errors import TooLarge, ValidationFailed
from portfolios.api.import_serializers import (
    VERDICTS,
    ApplySerializer,
    FileUploadSerializer,
    ImportSerializer,
    MappingSerializer,
    PreviewSerializer,
    TextUploadSerializer,
    UndoSerializer,
)
from portfolios.domain.csv_import.text import MAX_BYTES
from portfolios.models import TransactionImport
from portfolios.selectors import imports as selectors
from portfolios.selectors import portfolios
from portfolios.services import imports as services

ONE = "api/v1/portfolios/<uuid:portfolio_id>"
IMPORT = f"{ONE}/imports/<uuid:import_id>"
BACKGROUND = OpenApiParameter("background", bool, description="Let a task read the file.")
PAGE = [
    OpenApiParameter("verdict", str, enum=VERDICTS, description="Only rows with this verdict."),
    *LISTING,
]


class ImportListView(ApiView):
    """The imports of a portfolio."""

    area = "portfolios"

    parser_classes = [JSONParser, MultiPartParser]

    @lists("imports_list", "ImportPage", ImportSerializer, ["imports"])
    def get(self, request: Request, portfolio_id: UUID) -> Response:
        """List the imports of a portfolio, newest first."""
        rows = selectors.listed(portfolios.get(request.user, portfolio_id))
        return paged(self, rows, lambda page: ImportSerializer(page, many=True).data)

    @extend_schema(
        operation_id="imports_preview",
        request={"application/json": TextUploadSerializer, "multipart/form-data": FileUploadSerializer},
        parameters=[*PAGE, BACKGROUND],
        responses={201: PreviewSerializer, 202: PreviewSerializer},
        tags=["imports"],
    )
    def post(self, request: Request, portfolio_id: UUID) -> Response:
        """Read a file and answer what would become of every row. The ledger is not touched.

        With ``background=true`` a task reads it: the answer has the status ``reading`` and no rows; ask for
        the import until it is ``previewed``, or ``failed`` with the reason in `failure`.
        """
        portfolios.get_writable(request.user, portfolio_id)
        name, content, mapping = self._upload(request)
        waits = request.query_params.get("background", "false")
        if waits not in {"true", "false"}:
            allowed = {"allowed": "true, false"}
            raise ValidationFailed.of("background", _("Use one of: %(allowed)s.") % allowed)
        read = services.queue_import if waits == "true" else services.preview_import
        batch = read(
            user=request.user, portfolio_id=portfolio_id, file_name=name, content=content, mapping=mapping
        )
        return Response(shown(request, batch), status=202 if waits == "true" else 201)

    def _upload(self, request: Request) -> tuple[str, bytes, Any]:
        """Take the file of a form, or the text of a JSON body."""
        if "file" in request.FILES:
            values = self.parsed(FileUploadSerializer)
            file: UploadedFile[bytes] = values["file"]
            if (file.size or 0) > MAX_BYTES:
                limit = MAX_BYTES // (1024 * 1024)
                raise TooLarge(_("The file is larger than %(limit)s MB.") % {"limit": limit})
            return file.name or "", file.read(), _parsed_mapping(values.get("mapping", ""))
        values = self.parsed(TextUploadSerializer)
        return values.get("file_name", ""), values["content"].encode(), values.get("mapping")


class ImportView(ApiView):
    """One import."""

    area = "portfolios"

    @extend_schema(
        operation_id="imports_retrieve", parameters=PAGE, responses=PreviewSerializer, tags=["imports"]
    )
    def get(self, request: Request, portfolio_id: UUID, import_id: UUID) -> Response:
        """Answer an import with some of its rows."""
        return Response(shown(request, selectors.get(request.user, portfolio_id, import_id)))

    @extend_schema(
        operation_id="imports_remap",
        request=MappingSerializer,
        parameters=PAGE,
        responses=PreviewSerializer,
        tags=["imports"],
    )
    def patch(self, request: Request, portfolio_id: UUID, import_id: UUID) -> Response:
        """Read the file anew with other choices; each key given replaces what it was."""
        portfolios.get_writable(request.user, portfolio_id)
        batch = services.remap_import(
            user=request.user,
            portfolio_id=portfolio_id,
            import_id=import_id,
            mapping=self.parsed(MappingSerializer)["mapping"],
        )
        return Response(shown(request, batch))

    @extend_schema(operation_id="imports_discard", responses={204: None}, tags=["imports"])
    def delete(self, request: Request, portfolio_id: UUID, import_id: UUID) -> Response:
        """Throw a preview away. What was applied is undone instead."""
        services.discard_import(actor=self.actor, portfolio_id=portfolio_id, import_id=import_id)
        return Response(status=204)


class ImportApplyView(ApiView):
    """Bring an import into the ledger."""

    area = "portfolios"

    @extend_schema(
        operation_id="imports_apply",
        request=ApplySerializer,
        responses={200: ImportSerializer, 202: ImportSerializer},
        tags=["imports"],
    )
    @idempotent
    def post(self, request: Request, portfolio_id: UUID, import_id: UUID) -> Response:
        """Import the rows that are new or carry a warning, all in one transaction.

        With `background` a task does it: the answer has the status ``applying``; ask for the import until it
        is ``applied``, or ``previewed`` again with the reason in `failure`.
        """
        portfolios.get_writable(request.user, portfolio_id)
        values = self.parsed(ApplySerializer)
        waits = values.pop("background")
        work = services.queue_apply if waits else services.apply_import
        batch = work(actor=self.actor, portfolio_id=portfolio_id, import_id=import_id, **values)
        return Response(ImportSerializer(batch).data, status=202 if waits else 200)


class ImportUndoView(ApiView):
    """Take an import out of the ledger."""

    area = "portfolios"

    @extend_schema(
        operation_id="imports_undo",
        request=UndoSerializer,
        responses={200: ImportSerializer, 202: ImportSerializer},
        tags=["imports"],
    )
    @idempotent
    def post(self, request: Request, portfolio_id: UUID, import_id: UUID) -> Response:
        """Delete every transaction of an import; refused when later sales need its units.

        With `background` a task does it: the answer has the status ``undoing``; ask for the import until it
        is ``undone``, or ``applied`` again with the reason in `failure`.
        """
        waits = self.parsed(UndoSerializer)["background"]
        work = services.queue_undo if waits else services.undo_import
        batch = work(actor=self.actor, portfolio_id=portfolio_id, import_id=import_id)
        return Response(ImportSerializer(batch).data, status=202 if waits else 200)


class CsvRenderer(BaseRenderer):
    """Let clients ask for ``text/csv``; errors stay problem documents."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        """Encode an error."""
        return JSONRenderer().render(data)


class TransactionExportView(ApiView):
    """A portfolio's transactions as a file."""

    area = "portfolios"

    renderer_classes = [CsvRenderer, JSONRenderer, ProblemRenderer]

    @extend_schema(
        operation_id="transactions_export",
        responses={(200, "text/csv"): OpenApiTypes.STR},
        tags=["imports"],
    )
    def get(self, request: Request, portfolio_id: UUID) -> HttpResponse:
        """Answer all transactions as CSV, in the order in which they are booked.

        An import reads the file back exactly. Texts that a spreadsheet would run as formulas
        begin with an apostrophe.
        """
        portfolio = portfolios.get(request.user, portfolio_id)
        response = HttpResponse(selectors.export_csv(portfolio), content_type="text/csv; charset=utf-8")
        name = slugify(portfolio.name) or "portfolio"
        response["Content-Disposition"] = f'attachment; filename="{name}-transactions.csv"'
        return response


class TransactionJsonView(ApiView):
    """A portfolio's transactions as JSON."""

    area = "portfolios"

    @extend_schema(
        operation_id="transactions_export_json",
        responses={(200, "application/json"): OpenApiTypes.OBJECT},
        tags=["imports"],
    )
    def get(self, request: Request, portfolio_id: UUID) -> HttpResponse:
        """Answer all transactions as JSON, in the order in which they are booked; decimals are texts."""
        portfolio = portfolios.get(request.user, portfolio_id)
        response = HttpResponse(selectors.export_json(portfolio), content_type="application/json")
        name = slugify(portfolio.name) or "portfolio"
        response["Content-Disposition"] = f'attachment; filename="{name}-transactions.json"'
        return response


def shown(request: Request, batch: TransactionImport) -> Any:
    """Shape an import with the rows that the query asks for.

    Raises:
        ValidationFailed: the verdict or the window is wrong; names the parameter.
    """
    verdict = request.query_params.get("verdict", "")
    if verdict and verdict not in VERDICTS:
        raise ValidationFailed.of("verdict", _("Use one of: %(allowed)s.") % {"allowed": ", ".join(VERDICTS)})
    cut = window(request.query_params)
    page = selectors.page(batch, verdict=verdict, skip=cut.skip, limit=cut.limit)
    choices = {key for one in batch.summary["unresolved"] for key in one["choices"]}
    context = {
        "rows": page.rows,
        "total": page.total,
        "window": cut,
        "choices": selectors.choices_by_id(request.user, batch.portfolio_id, choices),
    }
    return PreviewSerializer(batch, context=context).data


def _parsed_mapping(text: str) -> Any:
    if not text:
        return None
    try:
        found = load_json(text)
    except ValueError as failure:
        raise ValidationFailed.of("mapping", _("This is not JSON."), "malformed") from failure
    if not isinstance(found, dict):
        raise ValidationFailed.of("mapping", _("Give a JSON object."), "malformed")
    return found


urlpatterns = [
    path(f"{ONE}/imports", ImportListView.as_view(), name="api-imports"),
    path(IMPORT, ImportView.as_view(), name="api-import"),
    path(f"{IMPORT}/apply", ImportApplyView.as_view(), name="api-import-apply"),
    path(f"{IMPORT}/undo", ImportUndoView.as_view(), name="api-import-undo"),
    path(f"{ONE}/transactions.csv", TransactionExportView.as_view(), name="transaction-export"),
    path(f"{ONE}/transactions.json", TransactionJsonView.as_view(), name="transaction-json"),
]
