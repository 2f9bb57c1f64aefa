"""The server calls no address that a visitor gives (SSRF)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from drf_spectacular.generators import SchemaGenerator

from tests.support.ground import PROJECT

# who may open a connection, and whose address that is: never a visitor's
CALLERS = {
    "accounts/providers/user_service.py": "USER_SERVICE_URL of the operator",
    "accounts/providers/openid.py": "OIDC_SERVER_URL of the operator, through allauth",
    "core/outbound/addresses.py": "it opens none: it reads addresses as the library does",
    "core/outbound/calls.py": "whatever staff configure, after a check of where it leads",
    "alerts/transports/email.py": "it opens none: Django's mail does; it names the errors of smtplib",
    "alerts/transports/services.py": "five services at fixed hosts, through apprise, without redirects",
    "market/providers/finnhub_stream.py": "what staff configure, to an address that core/outbound/ checked",
    "core/datakeys.py": "AWS KMS, as boto3 finds it",
}
CLIENTS = {"httpx", "requests", "aiohttp", "urllib3", "ftplib", "smtplib", "telnetlib", "boto3", "websockets"}
CLIENT_MODULES = {"urllib.request", "http.client", "xmlrpc.client"}
APPS = ("core", "accounts", "market", "portfolios", "alerts", "config")


def imports_of(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
    return names


def opens_connections(path: Path) -> bool:
    names = imports_of(path)
    return any(name.split(".")[0] in CLIENTS or name in CLIENT_MODULES for name in names)


def test_only_these_modules_call_other_servers():
    found = {
        str(path.relative_to(PROJECT))
        for app in APPS
        for path in (PROJECT / app).rglob("*.py")
        if opens_connections(path)
    }
    # the view catches what its library raises; it opens nothing itself
    found -= {"accounts/views/oidc.py", "accounts/adapters.py"}
    assert found - set(CALLERS) == set()


def test_api_takes_no_address_of_a_server():
    text = str(SchemaGenerator().get_schema(request=None, public=True)["components"])
    assert "'format': 'uri'" not in text


@pytest.mark.parametrize("name", ["url", "uri", "callback", "webhook", "host", "endpoint"])
def test_no_field_of_the_api_is_called_like_an_address(name):
    shapes = SchemaGenerator().get_schema(request=None, public=True)["components"]["schemas"]
    assert [shape for shape, one in shapes.items() if name in one.get("properties", {})] == []
