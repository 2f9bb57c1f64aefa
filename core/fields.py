"""Model fields that the whole platform shares."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any, cast

from django.core.exceptions import FieldError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.query_utils import DeferredAttribute
from django.utils.translation import gettext_lazy as _

from core import secrets

if TYPE_CHECKING:
    _DecimalField = models.DecimalField[Any, Any]
    _CharField = models.CharField[Any, Any]
    _TextField = models.TextField["str | SecretText | None", "SecretText"]
else:
    _DecimalField, _CharField, _TextField = models.DecimalField, models.CharField, models.TextField

CURRENCY_CODE = RegexValidator(r"^[A-Z][A-Z0-9]{2,11}$", _("Use a currency code such as EUR or BTC."))


class NumericField(_DecimalField):
    """Money, prices, quantities and rates: PostgreSQL ``numeric(38,18)``, never binary floating point."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 38)
        kwargs.setdefault("decimal_places", 18)
        super().__init__(*args, **kwargs)


class CurrencyField(_CharField):
    """A currency by its ISO 4217 code, or a coin by its ticker (fees can be paid in coins)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 12)
        super().__init__(*args, **kwargs)
        self.validators.append(CURRENCY_CODE)


class SecretText:
    """A secret that shows itself only when it is asked to by `reveal`: not in a log, a page or a traceback.

    One that comes from the database is decrypted there and then, so that a lost key stops only
    what needs the secret, and not the lists of the objects that have one.
    """

    __slots__ = ("_clear", "_purpose", "_token")
    __hash__ = None  # type: ignore[assignment]  # equal by a secret, which must not show in a hash

    def __init__(self, *, purpose: str, clear: str | None = None, token: str | None = None) -> None:
        self._purpose, self._clear, self._token = purpose, clear, token

    def reveal(self) -> str:
        """Tell the secret.

        Raises:
            SecretUnreadable: no key that is set opens it.
        """
        if self._clear is None:
            self._clear = secrets.decrypt(self._token or "", purpose=self._purpose)
        return self._clear

    def sealed(self) -> str:
        """Tell what the database keeps; a secret that came from there goes back as it was."""
        if self._token is None:
            self._token = secrets.encrypt(self._clear or "", purpose=self._purpose)
        return self._token

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SecretText):
            return NotImplemented
        return hmac.compare_digest(self.reveal().encode(), other.reveal().encode())

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return "<secret>"

    def __reduce__(self) -> tuple[Any, ...]:
        """Be copied and pickled in the encrypted form only."""
        return _unpickled, (self._purpose, self.sealed())


def _unpickled(purpose: str, token: str) -> SecretText:
    return SecretText(purpose=purpose, token=token)


class _SecretAttribute(DeferredAttribute):
    """Wrap what is assigned, so that the clear text never lies open in the object."""

    def __set__(self, instance: Any, value: Any) -> None:
        field = cast("EncryptedTextField", self.field)
        instance.__dict__[field.attname] = field.wrapped(value)


class EncryptedTextField(_TextField):
    """A short secret text, encrypted in the database (`core.secrets`) and a `SecretText` in Python.

    It appears in no form and no admin page, and cannot be searched for. ``rotate_secrets`` finds it.
    """

    descriptor_class = _SecretAttribute

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "editable": False})

    @property
    def purpose(self) -> str:
        """The place that a secret of this field is bound to."""
        return f"{self.model._meta.label_lower}.{self.name}"  # noqa: SLF001  # Django's documented way

    def wrapped(self, value: Any) -> Any:
        """Make a secret of what is assigned; leave None, expressions and secrets as they are."""
        return SecretText(purpose=self.purpose, clear=value) if isinstance(value, str) else value

    def from_db_value(self, value: str | None, *_args: Any) -> SecretText | None:
        """Take what the database keeps, unread."""
        return None if value is None else SecretText(purpose=self.purpose, token=value)

    def to_python(self, value: Any) -> Any:
        """Read a fixture, which carries the encrypted form."""
        if isinstance(value, str) and secrets.is_token(value):
            return SecretText(purpose=self.purpose, token=value)
        return self.wrapped(value)

    def get_prep_value(self, value: Any) -> Any:
        """Encrypt what goes into the database."""
        value = self.wrapped(value)
        return value.sealed() if isinstance(value, SecretText) else value

    def value_to_string(self, obj: models.Model) -> str:
        """Write a fixture with the encrypted form."""
        return str(self.get_prep_value(self.value_from_object(obj)))

    def get_lookup(self, lookup_name: str) -> Any:
        """Let nobody search: two encryptions of one text differ.

        Raises:
            FieldError: any lookup but ``isnull``.
        """
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise FieldError(
            f"{self.name} is encrypted: it can be asked for isnull, and not for {lookup_name}. "
            "Keep a hash beside it to find a row by it."
        )
