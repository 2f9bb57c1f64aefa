"""Secrets at rest: the token, its purpose, the keys that open it, and where keys come from."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.urls import path

from core import keyring, secrets
from core.errors import SecretUnreadable
from tests.core.test_production import COMPLETE, run

OLD, NEW, OTHER = (Fernet.generate_key().decode() for _ in range(3))
SENTENCE = (
    "A stored secret cannot be read with the keys that are set. "
    "Whoever runs this platform must set the key that it was encrypted with."
)
SHOW = "import json, config.settings as s; print(json.dumps(s.FIELD_ENCRYPTION_KEYS))"
KEYLESS = {name: value for name, value in COMPLETE.items() if name != "FIELD_ENCRYPTION_KEYS"}


@pytest.fixture(autouse=True)
def _one_key(settings):
    settings.FIELD_ENCRYPTION_KMS_KEY_ID = ""
    settings.FIELD_ENCRYPTION_KEYS = [OLD]


@pytest.mark.parametrize("text", ["", "JBSWY3DPEHPK3PXP", "Grüße 🔐\0\n", "f1.abc.def", "x" * 5000])
def test_text_comes_back_and_does_not_show_in_its_token(text):
    token = secrets.encrypt(text, purpose="a.b")
    assert secrets.decrypt(token, purpose="a.b") == text
    assert secrets.is_token(token)
    assert token.isascii()
    assert len(text) < 8 or text not in token


def test_bytes_come_back_and_are_not_text():
    token = secrets.encrypt_bytes(b"\xff\x00raw", purpose="a.b")
    assert secrets.decrypt_bytes(token, purpose="a.b") == b"\xff\x00raw"
    with pytest.raises(SecretUnreadable):
        secrets.decrypt(token, purpose="a.b")


def test_two_encryptions_of_one_text_differ():
    assert secrets.encrypt("a", purpose="p") != secrets.encrypt("a", purpose="p")


def test_token_names_its_format_and_its_key():
    version, key, _message = secrets.encrypt("a", purpose="p").split(".")
    assert (version, key) == ("f1", keyring.id_of(OLD.encode()))


@pytest.mark.parametrize("purpose", ["", "a", "a.bc", "a.c", "A.B"])
def test_token_moved_to_another_purpose_does_not_open(purpose):
    token = secrets.encrypt("a", purpose="a.b")
    with pytest.raises(SecretUnreadable) as refused:
        secrets.decrypt(token, purpose=purpose)
    assert (refused.value.code, refused.value.status) == ("secret-unreadable", 503)
    assert refused.value.detail == SENTENCE


def test_purpose_and_text_cannot_be_shifted_into_each_other():
    token = secrets.encrypt("bc", purpose="a")
    with pytest.raises(SecretUnreadable):
        secrets.decrypt(token, purpose="ab")


@pytest.mark.parametrize("place", [0, 1, 5, 20, 60, -1])
def test_token_changed_anywhere_does_not_open(place):
    token = secrets.encrypt("secret", purpose="p")
    changed = list(token)
    changed[place] = "A" if changed[place] != "A" else "B"
    if place == -1:  # the padding's last letter may stand for the same bytes
        changed = changed[:-4]
    with pytest.raises(SecretUnreadable):
        secrets.decrypt("".join(changed), purpose="p") if place != 5 else _under_its_key(changed)


def _under_its_key(changed: list[str]) -> None:
    """Read a token whose key id is wrong: the id is a hint, and only the message decides."""
    _version, _key, message = "".join(changed).split(".")
    secrets.decrypt(f"f2.{keyring.id_of(OLD.encode())}.{message}", purpose="p")


@pytest.mark.parametrize("text", ["", "plain", "f1", "f1.", "f1..", "f1.a.b", "f1.a.b.c", "f2.a.b", "é.b.c"])
def test_what_is_no_token_is_refused_and_never_garbage(text):
    with pytest.raises(SecretUnreadable):
        secrets.decrypt(text, purpose="p")


def test_each_key_opens_and_the_first_encrypts(settings):
    old = secrets.encrypt("a", purpose="p")
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    new = secrets.encrypt("b", purpose="p")
    assert (secrets.decrypt(old, purpose="p"), secrets.decrypt(new, purpose="p")) == ("a", "b")
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    with pytest.raises(SecretUnreadable):
        secrets.decrypt(new, purpose="p")


def test_wrong_key_is_logged_by_its_id_without_the_secret(settings, caplog):
    token = secrets.encrypt("JBSWY3DPEHPK3PXP", purpose="p")
    settings.FIELD_ENCRYPTION_KEYS = [OTHER]
    with pytest.raises(SecretUnreadable):
        secrets.decrypt(token, purpose="p")
    (line,) = [record.msg for record in caplog.records if record.name == "core.secrets"]
    assert (line["event"], line["key_id"]) == ("secret.unreadable", keyring.id_of(OLD.encode()))
    assert not any(word in caplog.text for word in ("JBSWY3DPEHPK3PXP", token, OLD, OTHER))


def test_rotation_of_a_token_keeps_purpose_and_text(settings):
    token = secrets.encrypt("a", purpose="p")
    assert secrets.rotated(token) == token
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    fresh = secrets.rotated(token)
    assert fresh.startswith(secrets.current_prefix())
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert secrets.decrypt(fresh, purpose="p") == "a"
    with pytest.raises(SecretUnreadable):
        secrets.rotated(token)


def test_keyring_does_not_show_its_keys():
    assert repr(keyring.current()) == f"Keyring({keyring.id_of(OLD.encode())})"


def _reveal(_request):
    secrets.decrypt("f1.a.b", purpose="p")


urlpatterns = [path("page", _reveal), path("api/call", _reveal)]


@pytest.mark.django_db
def test_page_with_an_unreadable_secret_says_what_to_do(client, settings):
    settings.ROOT_URLCONF = __name__
    answer = client.get("/page")
    assert answer.status_code == 503


def test_production_without_a_key_is_refused():
    line = run("import config.settings", KEYLESS).stderr.splitlines()[-1]
    assert line == (
        "django.core.exceptions.ImproperlyConfigured: Set FIELD_ENCRYPTION_KEYS, FIELD_ENCRYPTION_KEYS_FILE "
        "or FIELD_ENCRYPTION_KMS_KEY_ID; production does not make up the key of its secrets."
    )


def test_production_with_a_key_of_kms_needs_no_other():
    assert json.loads(run(SHOW, {**KEYLESS, "FIELD_ENCRYPTION_KMS_KEY_ID": "alias/florin"}).stdout) == []


def test_keys_come_from_the_environment_in_order():
    done = run(SHOW, {**KEYLESS, "FIELD_ENCRYPTION_KEYS": f"{NEW}, {OLD}"})
    assert json.loads(done.stdout) == [NEW, OLD]


def test_keys_come_from_a_file_a_line_each(tmp_path):
    file = _file(tmp_path, f"{NEW}\n{OLD}\n")
    assert json.loads(run(SHOW, {**KEYLESS, "FIELD_ENCRYPTION_KEYS_FILE": str(file)}).stdout) == [NEW, OLD]


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o602, 0o601])
def test_file_open_to_everybody_is_refused(tmp_path, mode):
    file = _file(tmp_path, NEW, mode)
    line = run(SHOW, {**KEYLESS, "FIELD_ENCRYPTION_KEYS_FILE": str(file)}).stderr.splitlines()[-1]
    assert line.endswith(f"{file} is open to every user of the machine: chmod o-rwx it.")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("", "FIELD_ENCRYPTION_KEYS_FILE holds no key"), ("é", "FIELD_ENCRYPTION_KEYS_FILE cannot be read")],
)
def test_file_without_a_key_is_refused(tmp_path, text, sentence):
    file = _file(tmp_path, text)
    assert sentence in run(SHOW, {**KEYLESS, "FIELD_ENCRYPTION_KEYS_FILE": str(file)}).stderr.splitlines()[-1]


def test_file_that_is_missing_is_refused(tmp_path):
    done = run(SHOW, {**KEYLESS, "FIELD_ENCRYPTION_KEYS_FILE": str(tmp_path / "none")})
    assert "FIELD_ENCRYPTION_KEYS_FILE cannot be read" in done.stderr.splitlines()[-1]


def test_file_and_variable_together_are_refused(tmp_path):
    given = {"FIELD_ENCRYPTION_KEYS": NEW, "FIELD_ENCRYPTION_KEYS_FILE": str(_file(tmp_path, OLD))}
    assert "not both" in run(SHOW, {**KEYLESS, **given}).stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "key", ["short", "x" * 44, NEW[:-1], NEW + "AAAA"], ids=["short", "odd", "cut", "long"]
)
def test_key_that_is_none_is_refused_without_showing_it(key):
    done = run(SHOW, {**KEYLESS, "FIELD_ENCRYPTION_KEYS": f"{OLD},{key}"})
    assert done.stderr.splitlines()[-1].endswith(
        "Encryption key 2 is not 32 bytes in URL-safe base64, as Fernet makes them."
    )
    assert key not in done.stderr.splitlines()[-1]


def test_development_keeps_the_key_that_it_made():
    """Start twice without a variable: the key is one and the same, and only its owner may read it."""
    first, second = (json.loads(run(SHOW, {}).stdout) for _ in range(2))
    assert first == second
    assert len(first) == 1
    kept = Path(__file__).resolve().parents[2] / "var" / "field-key"
    assert kept.read_text() == first[0]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def _file(folder: Path, text: str, mode: int = 0o640) -> Path:
    file = folder / "keys"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return file
