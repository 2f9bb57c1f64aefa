"""The environment: where it is read, and the names that older deployments use.

Every name read anywhere in the settings is tabled in docs/settings.md; a test compares.
"""

from __future__ import annotations

import base64
import contextlib
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env()

# older deployments name their environment beside the database's variables
ENVIRONMENT = (env.str("ENVIRONMENT", default="") or env.str("DB_ENV", default="development")).lower()
PRODUCTION = ENVIRONMENT in {"production", "prod"}
KMS_KEY_ID = env.str("FIELD_ENCRYPTION_KMS_KEY_ID", default="")
KEY_BYTES = 32


def database_url() -> str:
    """Tell the database's URL: ``DATABASE_URL``, else built from the older names; empty means embedded."""
    given: str = env.str("DATABASE_URL", default="") or env.str("PROD_DB_CONNECTION", default="")
    if given:
        return given
    host = env.str("DB_HOST", default="")
    if not host:
        return ""
    user = env.str("DB_USER", default="") or env.str("POSTGRES_USER", default="postgres")
    password = env.str("DB_PASSWORD", default="") or env.str("POSTGRES_PASSWORD", default="")
    name = env.str("DB_NAME", default="") or env.str("POSTGRES_DB", default=user)
    port = env.int("DB_PORT", default=5432)
    return (
        f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@{host}:{port}/{quote(name, safe='')}"
    )


def redis_url() -> str:
    """Tell Redis's URL: ``REDIS_URL``, else built from the older names; empty means in-process."""
    given: str = env.str("REDIS_URL", default="")
    host = env.str("REDIS_HOST", default="")
    if given or not host:
        return given
    user = quote(env.str("REDIS_USERNAME", default=""), safe="")
    password = quote(env.str("REDIS_PASSWORD", default=""), safe="")
    login = f"{user}:{password}@" if password else ""
    return f"redis://{login}{host}:{env.int('REDIS_PORT', default=6379)}/0"


def secret_key() -> str:
    """Tell the signing key: ``SECRET_KEY``, else one made once and kept in ``var/``.

    Raises:
        ImproperlyConfigured: production without a key of its own, or with one that can be guessed.
    """
    given: str = env.str("SECRET_KEY", default="")
    if given and PRODUCTION and is_guessable(given):
        raise ImproperlyConfigured(f"SECRET_KEY can be guessed: {KEY_ADVICE}")
    if given:
        return given
    if PRODUCTION:
        raise ImproperlyConfigured("Set SECRET_KEY to a long random text; production does not make one up.")
    return _kept_secret(VAR_DIR / "secret-key", lambda: secrets.token_urlsafe(50), "SECRET_KEY")


KEY_ADVICE = "give at least 50 characters made at random, such as those of: openssl rand -base64 48"
_LEAST_KEY, _LEAST_LETTERS = 50, 8
_KNOWN_STARTS = ("django-insecure-", "changeme", "change-me", "secret", "your-secret", "insecure")


def is_guessable(key: str) -> bool:
    """Tell whether a signing key is short, one of those in tutorials, or repeats a few characters."""
    plain = key.strip().lower()
    return len(plain) < _LEAST_KEY or len(set(plain)) < _LEAST_LETTERS or plain.startswith(_KNOWN_STARTS)


def encryption_keys() -> list[str]:
    """Tell the keys of secrets at rest: from the environment, a file, or one made once and kept in ``var/``.

    Raises:
        ImproperlyConfigured: a key is none, the file is open to everybody, or production has none.
    """
    keys: list[str] = env.list("FIELD_ENCRYPTION_KEYS", default=[])
    file: str = env.str("FIELD_ENCRYPTION_KEYS_FILE", default="")
    if keys and file:
        raise ImproperlyConfigured("Set FIELD_ENCRYPTION_KEYS or FIELD_ENCRYPTION_KEYS_FILE, not both.")
    if file:
        keys = _keys_of(Path(file))
    elif not keys and not KMS_KEY_ID:
        if PRODUCTION:
            raise ImproperlyConfigured(
                "Set FIELD_ENCRYPTION_KEYS, FIELD_ENCRYPTION_KEYS_FILE or FIELD_ENCRYPTION_KMS_KEY_ID; "
                "production does not make up the key of its secrets."
            )
        keys = [_kept_secret(VAR_DIR / "field-key", _new_key, "FIELD_ENCRYPTION_KEYS")]
    keys = [key.strip() for key in keys if key.strip()]
    for number, key in enumerate(keys, start=1):
        _require_key(key, number)
    return keys


def _keys_of(path: Path) -> list[str]:
    try:
        if path.stat().st_mode & stat.S_IRWXO:
            raise ImproperlyConfigured(f"{path} is open to every user of the machine: chmod o-rwx it.")
        keys = path.read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"FIELD_ENCRYPTION_KEYS_FILE cannot be read: {path}.") from error
    if not keys:
        raise ImproperlyConfigured(f"FIELD_ENCRYPTION_KEYS_FILE holds no key: {path}.")
    return keys


def _new_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _require_key(key: str, number: int) -> None:
    try:
        length = len(base64.b64decode(key.encode(), altchars=b"-_", validate=True))
    except ValueError:
        length = 0
    if length != KEY_BYTES:
        raise ImproperlyConfigured(
            f"Encryption key {number} is not 32 bytes in URL-safe base64, as Fernet makes them."
        )


def _kept_secret(path: Path, make: Callable[[], str], variable: str) -> str:
    """Read the secret, or make it: written aside and linked into place, so nobody reads half of one."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        aside.touch(mode=0o600)
        aside.write_text(make(), encoding="ascii")
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(aside)
        aside.unlink()
    try:
        return path.read_text(encoding="ascii")
    except PermissionError as error:
        raise ImproperlyConfigured(
            f"{path} belongs to another user, who ran Florin here first. Run it as that user, give "
            f"the folder var to yourself, or set {variable}."
        ) from error
