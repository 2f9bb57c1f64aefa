"""Calls by https: the certificate is checked for the name, the connection goes to a checked address."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.outbound import Caller, NotReached, NotTaken, calls
from tests.support.sources import Source, says


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Source, ssl.SSLContext]]:
    """Start a source with TLS, whose certificate is for quotes.example.org; and a context that trusts it."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "quotes.example.org")])
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("quotes.example.org")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *plain)
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    started = Source(context)
    yield started, ssl.create_default_context(cafile=str(file))
    started.close()


def test_certificate_is_that_of_the_name_though_the_connection_goes_to_an_address(
    secured, settings, names, monkeypatch
):
    source, trusted = secured
    source.on("/", says("safe"))
    settings.OUTBOUND_ALLOWED_HOSTS = ["quotes.example.org", "other.example.org"]
    names.update({"quotes.example.org": ["127.0.0.1"], "other.example.org": ["127.0.0.1"]})
    monkeypatch.setattr(calls, "_certificates", lambda: trusted)
    caller, port = Caller(seconds=2.0), source.server.server_port
    assert caller.get(f"https://quotes.example.org:{port}/").body == b"safe"
    with pytest.raises(NotReached, match="cannot be reached"):
        caller.get(f"https://other.example.org:{port}/")
    with pytest.raises(NotReached):
        Caller().get(f"http://quotes.example.org:{port}/")


def test_https_does_not_become_http(secured, settings, names, monkeypatch):
    source, trusted = secured
    settings.OUTBOUND_ALLOWED_HOSTS = ["quotes.example.org"]
    names["quotes.example.org"] = ["127.0.0.1"]
    monkeypatch.setattr(calls, "_certificates", lambda: trusted)
    source.on("/", says("", 302, Location="http://quotes.example.org/"))
    with pytest.raises(NotTaken, match="without https"):
        Caller(elsewhere=True).get(f"https://quotes.example.org:{source.server.server_port}/")


def test_handshake_that_never_ends_is_cut_off(settings):
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1"]
    with socket.create_server(("127.0.0.1", 0)) as mute:
        begun = time.monotonic()
        with pytest.raises(NotReached, match="in time"):
            Caller().get(f"https://127.0.0.1:{mute.getsockname()[1]}/", seconds=0.15)
        assert time.monotonic() - begun < 0.6
