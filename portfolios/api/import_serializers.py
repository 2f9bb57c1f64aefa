"""Shapes of imports in the REST API."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.serializers import StrictSerializer
from portfolios.domain.csv_import.text import MAX_BYTES
from portfolios.models import TransactionImport
from portfolios.selectors.imports import messages_of

VERDICTS = ("new", "warning", "duplicate", "error", "skipped")


class FindingSerializer(serializers.Serializer[Any]):
    """Something noticed: an error keeps its row out, a warning does not, a note only tells."""

    code = serializers.CharField()
    level = serializers.ChoiceField(choices=["error", "warning", "note"])
    field = serializers.CharField(allow_blank=True)
    message = serializers.CharField()


class CountsSerializer(serializers.Serializer[Any]):
    """How many rows have each verdict."""

    new = serializers.IntegerField()
    warning = serializers.IntegerField()
    duplicate = serializers.IntegerField()
    error = serializers.IntegerField()
    skipped = serializers.IntegerField()


class ResultSerializer(serializers.Serializer[Any]):
    """What an applied import did."""

    imported = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    duplicates_since_preview = serializers.IntegerField()
    left_out = serializers.IntegerField(help_text=_("Rows with errors."))
    skipped = serializers.IntegerField()
    instruments_created = serializers.ListField(child=serializers.CharField())


class UndoneSerializer(serializers.Serializer[Any]):
    """What an undo removed; `edited` of them had been changed since."""

    removed = serializers.IntegerField()
    edited = serializers.IntegerField()


class ImportSerializer(serializers.Serializer[TransactionImport]):
    """An import without its rows."""

    id = serializers.UUIDField()
    portfolio_id = serializers.UUIDField()
    file_name = serializers.CharField()
    sha256 = serializers.CharField()
    status = serializers.ChoiceField(choices=TransactionImport.Status.choices)
    created_at = serializers.DateTimeField()
    applied_at = serializers.DateTimeField(allow_null=True)
    counts = CountsSerializer(source="summary.counts")
    result = ResultSerializer(source="summary.result", default=None, allow_null=True)
    undone = UndoneSerializer(source="summary.undone", default=None, allow_null=True)
    failure = serializers.CharField(
        source="summary.failure", default=None, allow_null=True, help_text=_("Why a task could not do it.")
    )


class ColumnSerializer(serializers.Serializer[Any]):
    """A column of the file, what it was taken for, and its first cells."""

    name = serializers.CharField()
    field = serializers.CharField(allow_null=True)
    decimal = serializers.CharField(allow_null=True, help_text=_("The decimal mark of its numbers."))
    samples = serializers.ListField(child=serializers.CharField())


class LayoutSerializer(serializers.Serializer[Any]):
    """How the file was read; `header_line` 0 means that no line names the columns."""

    encoding = serializers.CharField()
    delimiter = serializers.CharField()
    header_line = serializers.IntegerField()
    date_order = serializers.CharField()
    date_order_is_sure = serializers.BooleanField()
    time_zone = serializers.CharField()
    own_format = serializers.BooleanField()
    preset = serializers.CharField(
        default="csv", help_text=_("The broker's preset that read the file; csv: by its columns.")
    )
    columns = ColumnSerializer(many=True)


class ImportRowSerializer(serializers.Serializer[Any]):
    """A row with its verdict: what would be booked, or the cells and what is wrong with them."""

    line = serializers.IntegerField()
    verdict = serializers.ChoiceField(choices=VERDICTS)
    kind = serializers.CharField(
        default=None, allow_null=True, help_text=_("A transaction's kind, null where none could be told.")
    )
    time = serializers.CharField(default=None, allow_null=True)
    date = serializers.CharField(source="day", default=None, allow_null=True)
    security = serializers.CharField(
        source="label", default="", help_text=_("What the file calls the instrument.")
    )
    instrument = serializers.UUIDField(default=None, allow_null=True)
    creates_instrument = serializers.BooleanField(source="creates", default=False)
    quantity = serializers.CharField(default=None, allow_null=True)
    price = serializers.CharField(default=None, allow_null=True)
    currency = serializers.CharField(default="")
    fee = serializers.CharField(default="0")
    fee_currency = serializers.CharField(default="")
    tax = serializers.CharField(default="0")
    tax_currency = serializers.CharField(default="")
    fx_rate = serializers.CharField(default=None, allow_null=True)
    note = serializers.CharField(default="")
    external_id = serializers.CharField(default="")
    findings = serializers.SerializerMethodField()
    cells = serializers.ListField(child=serializers.CharField(), default=None, allow_null=True)

    @extend_schema_field(FindingSerializer(many=True))
    def get_findings(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        """Say what was noticed, in the caller's language."""
        return messages_of(row["findings"])


class ChoiceSerializer(serializers.Serializer[Any]):
    """An instrument that a label may mean."""

    id = serializers.UUIDField(source="uuid")
    symbol = serializers.CharField()
    name = serializers.CharField()
    isin = serializers.CharField()
    exchange = serializers.CharField(source="exchange_id", allow_null=True)
    currency = serializers.CharField()


class UnresolvedSerializer(serializers.Serializer[Any]):
    """What the file calls an instrument that nobody could tell; a key for ``mapping.symbols``."""

    security = serializers.CharField(source="label")
    symbol = serializers.CharField()
    isin = serializers.CharField()
    name = serializers.CharField()
    currency = serializers.CharField()
    code = serializers.CharField()
    rows = serializers.IntegerField()
    first_line = serializers.IntegerField()
    choices = serializers.SerializerMethodField()

    @extend_schema_field(ChoiceSerializer(many=True))
    def get_choices(self, entry: dict[str, Any]) -> Any:
        """List the instruments that it may be, of those that the caller sees."""
        known = self.context["choices"]
        return ChoiceSerializer([known[key] for key in entry["choices"] if key in known], many=True).data


class KindSerializer(serializers.Serializer[Any]):
    """A word for a kind that was not known; a key for ``mapping.kinds``."""

    word = serializers.CharField()
    rows = serializers.IntegerField()


class PreviewSerializer(ImportSerializer):
    """An import with how it was read, what is unclear, and some of its rows."""

    mapping = serializers.DictField()
    layout = LayoutSerializer(source="summary.layout")
    findings = serializers.SerializerMethodField()
    unresolved = UnresolvedSerializer(source="summary.unresolved", many=True)
    kinds = KindSerializer(source="summary.kinds", many=True)
    rows = serializers.SerializerMethodField()
    total = serializers.SerializerMethodField()
    skip = serializers.SerializerMethodField()
    limit = serializers.SerializerMethodField()

    @extend_schema_field(FindingSerializer(many=True))
    def get_findings(self, batch: TransactionImport) -> list[dict[str, Any]]:
        """Say what concerns the file as a whole."""
        return messages_of(batch.summary["findings"])

    @extend_schema_field(ImportRowSerializer(many=True))
    def get_rows(self, _batch: TransactionImport) -> Any:
        """Answer the rows of the page."""
        return ImportRowSerializer(self.context["rows"], many=True).data

    def get_total(self, _batch: TransactionImport) -> int:
        """Count the rows of the verdict asked for."""
        return int(self.context["total"])

    def get_skip(self, _batch: TransactionImport) -> int:
        """Tell how many rows were passed over."""
        return int(self.context["window"].skip)

    def get_limit(self, _batch: TransactionImport) -> int:
        """Tell how many rows were asked for."""
        return int(self.context["window"].limit)


class TextUploadSerializer(StrictSerializer[Any]):
    """A CSV file as text."""

    file_name = serializers.CharField(max_length=255, required=False, allow_blank=True)
    content = serializers.CharField(trim_whitespace=False, max_length=MAX_BYTES)
    mapping = serializers.DictField(required=False)


class FileUploadSerializer(serializers.Serializer[Any]):
    """A CSV file as it is on disk; `mapping` is JSON."""

    file = serializers.FileField(allow_empty_file=True)
    mapping = serializers.CharField(required=False, allow_blank=True)


class MappingSerializer(StrictSerializer[Any]):
    """The choices to change; the others stay."""

    mapping = serializers.DictField(
        help_text=_(
            "columns, date_order, decimal, delimiter, encoding, header_line, kinds, symbols, "
            "time_zone, currency, preset"
        )
    )


class UndoSerializer(StrictSerializer[Any]):
    """How to undo."""

    background = serializers.BooleanField(default=False, help_text=_("Let a task do it."))


class ApplySerializer(StrictSerializer[Any]):
    """How to apply."""

    strict = serializers.BooleanField(default=False, help_text=_("Refuse all when any row has an error."))
    background = serializers.BooleanField(default=False, help_text=_("Let a task do it."))
