"""Serializers that the whole API shares."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

T = TypeVar("T")
# A longer list of choices would hide what is wrong.
FEW = 20
# "qty" is near enough to "quantity", "foo" to nothing.
NEAR = 0.5


class StrictSerializer(serializers.Serializer[T]):
    """A serializer that names the fields it does not know: a misspelt one must not be swallowed.

    What is read only may come back as it was read, and is ignored. A wrong choice is told the right ones.
    """

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Answer the fields, those of few choices with a message that lists them."""
        fields: dict[str, serializers.Field[Any, Any, Any, Any]] = super().get_fields()
        for one in fields.values():
            if isinstance(one, serializers.ChoiceField) and len(one.choices) <= FEW:
                names = ", ".join(str(choice) for choice in one.choices)
                text = _("“{input}” is none of: %(choices)s.") % {"choices": names}
                one.error_messages["invalid_choice"] = text
        return fields

    def to_internal_value(self, data: Any) -> Any:
        """Validate the fields.

        Raises:
            rest_framework.exceptions.ValidationError: names each wrong and each unknown field.
        """
        unknown = self._unknown(data) if isinstance(data, Mapping) else {}
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if not unknown or not isinstance(error.detail, dict):
                raise
            raise serializers.ValidationError({**error.detail, **unknown}) from error
        if unknown:
            raise serializers.ValidationError(unknown)
        return values

    def _unknown(self, data: Mapping[str, Any]) -> dict[str, list[ErrorDetail]]:
        names = [name for name in data if name not in self.fields]
        return {name: [ErrorDetail(self._no_such(name), code="unknown-field")] for name in names}

    def _no_such(self, name: str) -> str:
        writable = [field for field, one in self.fields.items() if not one.read_only]
        near = get_close_matches(name, writable, n=1, cutoff=NEAR)
        if not near:
            return _("There is no such field.")
        return _("There is no such field; did you mean %(name)s?") % {"name": near[0]}
