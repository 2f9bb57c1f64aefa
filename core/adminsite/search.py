"""Search in the admin's lists, by what an index can answer.

Django's own search makes text of every column and splits the term into words, which reads whole
tables. Here a term is taken whole, only the fields that can hold it are asked, and what lies in
another table is resolved there first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib.admin.utils import get_fields_from_path
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import validate_ipv46_address
from django.db import models
from django.db.models import Q, QuerySet

MOST_FOUND_ELSEWHERE = 1000
LARGEST_INTEGER = 2**63 - 1
_NUMBER = re.compile(r"\d{1,19}")


def find(rows: QuerySet[Any], term: str, fields: Sequence[str], people: Sequence[str] = ()) -> QuerySet[Any]:
    """Keep the rows that a term finds; none where no field can hold it."""
    found = Q(pk__in=[])
    for field in fields:
        found |= _condition(rows.model, field, term)
    ids = people_of(term) if people else []
    for key in people:
        if ids:
            found |= Q(**{f"{key}__in": ids})
    return rows.filter(found)


def people_of(term: str) -> list[Any]:
    """Find a person by address, in any case, or by id."""
    if "@" in term:
        return list(get_user_model().objects.filter(email__iexact=term).values_list("pk", flat=True)[:2])
    known = as_uuid(term)
    return [known] if known is not None else []


def as_uuid(term: str) -> UUID | None:
    """Read a UUID; None where it is none."""
    try:
        return UUID(term)
    except ValueError:
        return None


def _condition(model: type[models.Model], field: str, term: str) -> Q:
    mark, path = (field[0], field[1:]) if field[0] in "=^" else ("", field)
    first, _separator, rest = path.partition("__")
    if rest:
        return _elsewhere(model, first, f"{mark}{rest}", term)
    return _here(model, mark, path, term)


def _elsewhere(model: type[models.Model], key: str, field: str, term: str) -> Q:
    """Ask the other table first, so that this one is read by its index on the key."""
    relation: Any = get_fields_from_path(model, key)[0]
    other: type[models.Model] = relation.related_model
    inner = _condition(other, field, term)
    if inner == Q(pk__in=[]):
        return inner
    keys = other._default_manager.filter(inner).order_by().values_list("pk", flat=True)  # noqa: SLF001  # Django's way
    return Q(**{f"{key}__in": list(keys[:MOST_FOUND_ELSEWHERE])})


def _here(model: type[models.Model], mark: str, name: str, term: str) -> Q:
    field = get_fields_from_path(model, name)[0]
    value = _value(field, term)
    if value is None:
        return Q(pk__in=[])
    if not isinstance(value, str) or isinstance(field, models.GenericIPAddressField):
        return Q(**{name: value})
    if mark == "=":
        return Q(**{f"{name}__in": sorted({term, term.upper(), term.lower()})})
    return Q(**{f"{name}__{'istartswith' if mark == '^' else 'icontains'}": term})


def _value(field: Any, term: str) -> Any:
    """Read the term as a field's value; None where the field cannot hold it."""
    if isinstance(field, models.ForeignKey):
        return _value(field.target_field, term)
    if isinstance(field, models.UUIDField):
        return as_uuid(term)
    if isinstance(field, models.IntegerField):
        number = int(term) if _NUMBER.fullmatch(term) else None
        return number if number is not None and number <= LARGEST_INTEGER else None
    if isinstance(field, models.GenericIPAddressField):
        return _address(term)
    return term


def _address(term: str) -> str | None:
    try:
        validate_ipv46_address(term)
    except ValidationError:
        return None
    return term
