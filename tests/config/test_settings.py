"""Every variable of docs/settings.md changes what it says it changes; production refuses what is unsafe."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.architecture.test_documentation import tabled
from tests.core.test_production import COMPLETE
from tests.support.ground import PROJECT

KEY = "Zm9yLXRlc3RzLW9ubHktZm9yLXRlc3RzLW9ubHktMTI="
LONG = "kX9-vQ2_mW7zRb4LpT6yHc1NdJ8sGf3uAe5iOoPxZqCwVt0BnMlKjHgFdSaY"
DB = "DATABASES['default']"
HOST = {"DB_HOST": "db.example.org"}
REDIS = {"REDIS_HOST": "redis.example.org"}
OIDC = {"OIDC_SERVER_URL": "https://id.example.org", "OIDC_CLIENT_ID": "florin"}
SSO = "SOCIALACCOUNT_PROVIDERS['openid_connect']['APPS'][0]"

# loads the settings anew for each case: a process for each would take minutes
READ = """
import json, os, sys, importlib
plain = dict(os.environ)
found = []
for variables, expression in json.load(sys.stdin):
    os.environ.clear(); os.environ.update({**plain, **variables})
    for name in [one for one in sys.modules if one.startswith("config.settings")]:
        del sys.modules[name]
    try:
        read = importlib.import_module("config.settings")
        value = eval(expression, {**vars(read), "os": os, "sys": sys})
        found.append(json.loads(json.dumps(value, default=str)))
    except Exception as error:
        found.append(f"{type(error).__name__}: {error}")
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Case:
    """A variable, what it is set to, where that is read, and what stands there with it and without."""

    name: str
    value: str
    place: str
    expected: Any
    otherwise: Any
    beside: dict[str, str] = field(default_factory=dict)

    def variables(self, *, whether: bool) -> dict[str, str]:
        return {**self.beside, **({self.name: self.value} if whether else {})}


CASES = [
    Case("ENVIRONMENT", "production", "SESSION_COOKIE_SECURE", True, False, COMPLETE | {"ENVIRONMENT": "x"}),
    Case("DB_ENV", "production", "SESSION_COOKIE_SECURE", True, False, COMPLETE | {"ENVIRONMENT": ""}),
    Case("SECRET_KEY", LONG, "SECRET_KEY == " + repr(LONG), True, False),
    Case("DEBUG", "on", "DEBUG", True, False),
    Case("PORT", "8123", "PORT", 8123, 8000),
    Case(
        "OUTBOUND_ALLOWED_HOSTS",
        "Quotes.lan, 10.1.2.3:80",
        "OUTBOUND_ALLOWED_HOSTS",
        ["quotes.lan", "10.1.2.3:80"],
        [],
    ),
    Case("FINNHUB_API_KEY", "k1", "FINNHUB_API_KEY", "k1", ""),
    Case("ALPHA_VANTAGE_API_KEY", "k2", "ALPHA_VANTAGE_API_KEY", "k2", ""),
    Case("IEX_API_KEY", "k3", "IEX_API_KEY", "k3", ""),
    Case("IEX_CLOUD_API_KEY", "k4", "IEX_API_KEY", "k4", ""),
    Case("IEX_TOKEN", "k5", "IEX_API_KEY", "k5", ""),
    Case("SIMULATED_MARKET", "Weekdays", "SIMULATED_MARKET", "exchange", "always"),
    Case("TICK_RETENTION_DAYS", "90", "TICK_RETENTION_DAYS", 90, 0),
    Case("MINUTE_BAR_RETENTION_DAYS", "400", "MINUTE_BAR_RETENTION_DAYS", 400, 0),
    Case("LIVE_FLUSHES_A_SECOND", "2.5", "LIVE_FLUSHES_A_SECOND", 2.5, 4.0),
    Case("LIVE_SOCKETS_A_PERSON", "3", "LIVE_SOCKETS_A_PERSON", 3, 20),
    Case("LIVE_SOCKETS_MOST", "100", "LIVE_SOCKETS_MOST", 100, 5000),
    Case("SERVICE_NAME", "wallet", "sys.modules['config.settings.logs'].SERVICE_NAME", "wallet", "florin"),
    Case("SERVICE_VERSION", "9.1", "SERVICE_VERSION", "9.1", "0.1.0"),
    Case("STATIC_ROOT", "/srv/static", "str(STATIC_ROOT)", "/srv/static", str(PROJECT / "var" / "static")),
    Case("DATABASE_URL", "postgresql://u:p%40@h:6/n", f"{DB}['PASSWORD']", "p@", "KeyError: 'PASSWORD'"),
    Case(
        "PROD_DB_CONNECTION",
        "postgresql://u:p@h/n?sslmode=verify-full&sslrootcert=/etc/ca.pem",
        f"{DB}['OPTIONS']",
        {"sslmode": "verify-full", "sslrootcert": "/etc/ca.pem"},
        {"pool": {"min_size": 1, "max_size": 20}},
    ),
    Case("DB_HOST", "db.example.org", f"{DB}.get('HOST', '')", "db.example.org", ""),
    Case("DB_PORT", "6543", f"{DB}['PORT']", 6543, 5432, HOST),
    Case("DB_NAME", "books", f"{DB}['NAME']", "books", "postgres", HOST),
    Case("DB_USER", "ada", f"{DB}['USER']", "ada", "postgres", HOST),
    Case("DB_PASSWORD", "p@/:%#?", f"{DB}['PASSWORD']", "p@/:%#?", "", HOST),
    Case("POSTGRES_DB", "books", f"{DB}['NAME']", "books", "postgres", HOST),
    Case("POSTGRES_USER", "ada", f"{DB}['USER']", "ada", "postgres", HOST),
    Case("POSTGRES_PASSWORD", "secret", f"{DB}['PASSWORD']", "secret", "", HOST),
    Case("DATABASE_POOL", "on", f"'pool' in {DB}.get('OPTIONS', {{}})", True, False, HOST),
    Case(
        "DATABASE_POOL_SIZE",
        "3",
        f"{DB}['OPTIONS']['pool']['max_size']",
        3,
        8,
        HOST | {"DATABASE_POOL": "on"},
    ),
    Case("DATABASE_CONN_MAX_AGE", "5", f"{DB}['CONN_MAX_AGE']", 5, 60, HOST),
    Case("REDIS_URL", "redis://r:1/2", "CELERY_BROKER_URL", "redis://r:1/2", "memory://localhost/"),
    Case("REDIS_HOST", "r", "CACHES['default'].get('LOCATION', '')", "redis://r:6379/0", ""),
    Case("REDIS_PORT", "1", "REDIS_URL.partition('.org')[2]", ":1/0", ":6379/0", REDIS),
    Case(
        "REDIS_USERNAME",
        "ada",
        "REDIS_URL",
        "redis://ada:p@redis.example.org:6379/0",
        "redis://:p@redis.example.org:6379/0",
        REDIS | {"REDIS_PASSWORD": "p"},
    ),
    Case(
        "REDIS_PASSWORD",
        "p@/",
        "REDIS_URL",
        "redis://:p%40%2F@redis.example.org:6379/0",
        "redis://redis.example.org:6379/0",
        REDIS,
    ),
    Case("JWT_SECRET_KEY", LONG, "SIMPLE_JWT['SIGNING_KEY']", LONG, KEY * 2, {"SECRET_KEY": KEY * 2}),
    Case("JWT_ALGORITHM", "HS512", "SIMPLE_JWT['ALGORITHM']", "HS512", "HS256", {"JWT_SECRET_KEY": LONG}),
    Case("JWT_EXPIRY_MINUTES", "5", "SIMPLE_JWT['ACCESS_TOKEN_LIFETIME']", "0:05:00", "0:30:00"),
    Case(
        "JWT_REFRESH_DAYS", "2", "SIMPLE_JWT['REFRESH_TOKEN_LIFETIME']", "2 days, 0:00:00", "30 days, 0:00:00"
    ),
    Case("ERASURE_GRACE_DAYS", "3", "ERASURE_GRACE_DAYS", 3, 7),
    Case("OIDC_SERVER_URL", "https://id.example.org", f"{SSO}['settings']['server_url']",
         "https://id.example.org",
         "ImproperlyConfigured: OIDC_SERVER_URL and OIDC_CLIENT_ID are set together, or neither.",
         {"OIDC_CLIENT_ID": "florin"}),
    Case("OIDC_CLIENT_ID", "books", f"{SSO}['client_id']", "books", "florin", OIDC),
    Case("OIDC_CLIENT_SECRET", "s", f"{SSO}['secret']", "s", "", OIDC),
    Case("OIDC_NAME", "Work", f"{SSO}['name']", "Work", "OpenID Connect", OIDC),
    Case("OIDC_TRUST_EMAIL", "on", "OIDC_TRUST_EMAIL", True, False),
    Case("STAFF_REQUIRE_MFA", "on", "STAFF_REQUIRE_MFA", True, False),
    Case("USER_SERVICE_URL", "https://u.example.org/me", "USER_SERVICE_URL", "https://u.example.org/me", ""),
    Case("FIELD_ENCRYPTION_KEYS", KEY, "FIELD_ENCRYPTION_KEYS == [" + repr(KEY) + "]", True, False),
    Case("FIELD_ENCRYPTION_KMS_KEY_ID", "alias/florin", "FIELD_ENCRYPTION_KMS_KEY_ID", "alias/florin", ""),
    Case("ALLOWED_HOSTS", "a.example.org,b.example.org", "ALLOWED_HOSTS", ["a.example.org", "b.example.org"],
         ["localhost", "127.0.0.1", "[::1]"]),
    Case("CSRF_TRUSTED_ORIGINS", "https://a.org", "CSRF_TRUSTED_ORIGINS", ["https://a.org"], []),
    Case("CORS_ALLOWED_ORIGINS", "https://a.org", "CORS_ALLOWED_ORIGINS", ["https://a.org"], []),
    Case("TRUSTED_PROXIES", "1", "SECURE_PROXY_SSL_HEADER", ["HTTP_X_FORWARDED_PROTO", "https"], None),
    Case("SECURE_SSL_REDIRECT", "on", "SECURE_SSL_REDIRECT", True, False),
    Case("SECURE_HSTS_SECONDS", "60", "SECURE_HSTS_SECONDS", 60, 0),
    *(
        Case(variable, "7/hour", f"THROTTLES['{budget}']", "7/hour", otherwise)
        for variable, budget, otherwise in (
            ("THROTTLE_READS", "reads", "3000/min"),
            ("THROTTLE_WRITES", "writes", "1200/min"),
            ("THROTTLE_HEAVY", "heavy", "120/min"),
            ("THROTTLE_EXPORT", "export", "10/hour"),
            ("THROTTLE_ANONYMOUS", "anonymous", "600/min"),
            ("THROTTLE_ADDRESS", "address", "6000/min"),
            ("THROTTLE_SIGN_IN", "sign-in", "20/min"),
            ("THROTTLE_SIGN_UP", "sign-up", "60/min"),
            ("THROTTLE_REFRESH", "refresh", "120/min"),
            ("THROTTLE_PUBLIC_LINKS", "public-links", "120/min"),
            ("THROTTLE_INVITATIONS", "invitations", "30/day"),
            ("THROTTLE_INVITATIONS_ADDRESS", "invitations-address", "5/day"),
            ("THROTTLE_CHANNELS", "channels", "30/day"),
            ("THROTTLE_ALERT_PREVIEWS", "alert-previews", "60/min"),
            ("THROTTLE_CHANNEL_PROOFS", "channel-proofs", "30/day"),
            ("THROTTLE_CHANNEL_PROOFS_ADDRESS", "channel-proofs-address", "6/day"),
            ("THROTTLE_CHANNEL_PROOFS_HOST", "channel-proofs-host", "60/day"),
            ("THROTTLE_CHANNEL_TESTS", "channel-tests", "60/hour"),
            ("THROTTLE_REPORTS", "reports", "60/min"),
        )
    ),
    Case("REQUEST_TIMEOUT_SECONDS", "1.5", "REQUEST_TIMEOUT_SECONDS", 1.5, 30.0),
    Case("REQUEST_TIMEOUT_HEAVY_SECONDS", "60", "REQUEST_TIMEOUT_HEAVY_SECONDS", 60.0, 120.0),
    Case("BODY_TIMEOUT_SECONDS", "5", "BODY_TIMEOUT_SECONDS", 5.0, 30.0),
    Case("PASSWORD_HASHING_WORKERS", "3", "PASSWORD_HASHING_WORKERS", 3, 1),
    Case("PASSWORD_HASHING_QUEUE", "3", "PASSWORD_HASHING_QUEUE", 3, 10),
    Case("PUBLIC_URL", "https://f.example.org/", "PUBLIC_URL", "https://f.example.org", "http://localhost:8000"),
    Case("EMAIL_URL", "smtp+tls://u:p@mail.example.org:587", "(EMAIL_HOST, EMAIL_PORT, EMAIL_USE_TLS)",
         ["mail.example.org", 587, True], "NameError: name 'EMAIL_HOST' is not defined"),
    Case("DEFAULT_FROM_EMAIL", "a@example.org", "DEFAULT_FROM_EMAIL", "a@example.org",
         "Florin <florin@localhost>"),
    Case("ADMIN_EMAILS", "a@example.org", "ADMINS", [["", "a@example.org"]], []),
    Case("ADMIN_EMAILS_PER_HOUR", "3", "ADMIN_EMAILS_PER_HOUR", 3, 10),
    Case("SENTRY_DSN", "https://k@s.example.org/1", "SENTRY_DSN", "https://k@s.example.org/1", ""),
    Case("LOG_LEVEL", "debug", "LOGGING['loggers']['core']['level']", "DEBUG", "INFO"),
    Case("EXTERNAL_LOG_LEVEL", "error", "LOGGING['root']['level']", "ERROR", "WARNING"),
    Case("LOG_REQUEST_COMPLETION", "on", "LOGGING['loggers']['core.requestlog']['level']", "INFO", "ERROR"),
]  # fmt: skip
# read by something else than the settings; each is tested where that is
ELSEWHERE = {
    "DJANGO_SETTINGS_MODULE": "by Django: this run has config.settings.test",
    "EMBEDDED_POSTGRES_DIR": "tests/config/test_run.py",
    "EMBEDDED_POSTGRES_FSYNC": "tests/core/embedded/test_backend.py",
    "FIELD_ENCRYPTION_KEYS_FILE": "tests/core/test_secrets.py",
}


def read(*asked: tuple[dict[str, str], str]) -> list[Any]:
    """Load the settings under each set of variables and read an expression of them."""
    done = subprocess.run(
        [sys.executable, "-c", READ],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"]},
        timeout=120,
    )
    return list(json.loads(done.stdout))


def test_every_variable_of_the_page_has_its_case():
    names = [case.name for case in CASES]
    assert sorted([*names, *ELSEWHERE]) == sorted(tabled("settings.md"))


def test_every_variable_changes_what_it_says():
    asked = [(case.variables(whether=whether), case.place) for case in CASES for whether in (True, False)]
    found = iter(read(*asked))
    wrong = {
        case.name: pair
        for case in CASES
        if (pair := (next(found), next(found))) != (case.expected, case.otherwise)
    }
    assert wrong == {}


def test_newer_names_win_over_those_of_older_deployments():
    old = {"DB_HOST": "old", "PROD_DB_CONNECTION": "postgresql://old/old", "REDIS_HOST": "old"}
    new = {"DATABASE_URL": "postgresql://new/new", "REDIS_URL": "redis://new:1/0"}
    assert read(({**old, **new}, f"({DB}['HOST'], REDIS_URL)")) == [["new", "redis://new:1/0"]]


REFUSED = {
    "DEBUG": ({"DEBUG": "on"}, "DEBUG shows settings and code to visitors"),
    "no key": ({"SECRET_KEY": ""}, "Set SECRET_KEY to a long random text"),
    "a short key": ({"SECRET_KEY": "k" * 10 + "abcdefgh"}, "SECRET_KEY can be guessed"),
    "Django's key": ({"SECRET_KEY": "django-insecure-" + LONG}, "SECRET_KEY can be guessed"),
    "a key of a tutorial": ({"SECRET_KEY": "changeme" * 10}, "SECRET_KEY can be guessed"),
    "a key of few letters": ({"SECRET_KEY": "ab" * 40}, "SECRET_KEY can be guessed"),
    "a token key of a tutorial": ({"JWT_SECRET_KEY": "your-secret-key"}, "JWT_SECRET_KEY"),
    "no encryption key": ({"FIELD_ENCRYPTION_KEYS": ""}, "FIELD_ENCRYPTION_KEYS"),
    "no database": ({"DATABASE_URL": ""}, "Production needs DATABASE_URL and REDIS_URL"),
    "no Redis": ({"REDIS_URL": ""}, "Production needs DATABASE_URL and REDIS_URL"),
    "no mail": ({"EMAIL_URL": ""}, "Production needs EMAIL_URL"),
    "no host": ({"ALLOWED_HOSTS": ""}, "Production needs ALLOWED_HOSTS"),
    "every host": ({"ALLOWED_HOSTS": "*"}, "Production needs ALLOWED_HOSTS"),
    "a public address without https": ({"PUBLIC_URL": "http://f.example.org"}, "PUBLIC_URL is https://"),
    "a public address with a path": ({"PUBLIC_URL": "https://f.example.org/a"}, "PUBLIC_URL is https://"),
    "every host below": ({"ALLOWED_HOSTS": "a.example.org,*.example.org"}, "Production needs ALLOWED_HOSTS"),
    "an origin without https": ({"CORS_ALLOWED_ORIGINS": "http://a.example.org"}, "trusts no origin without"),
    "forms of http": ({"CSRF_TRUSTED_ORIGINS": "http://a.example.org"}, "trusts no origin without"),
    "a user service of http": ({"USER_SERVICE_URL": "http://u.example.org"}, "USER_SERVICE_URL is an https"),
    "sign-in by http": (OIDC | {"OIDC_SERVER_URL": "http://id.example.org"}, "OIDC_SERVER_URL must be https"),
    "a rate that is none": ({"THROTTLE_READS": "many"}, 'reads: "many" is no rate'),
    "hours that are none": ({"SIMULATED_MARKET": "on"}, "SIMULATED_MARKET is off, exchange or always"),
    "days before there were any": ({"TICK_RETENTION_DAYS": "-1"}, "are days, or 0 for ever"),
    "flushes without end": ({"LIVE_FLUSHES_A_SECOND": "50"}, "LIVE_FLUSHES_A_SECOND is above 0"),
    "an algorithm without a key": ({"JWT_ALGORITHM": "none"}, "JWT_ALGORITHM"),
}


def test_production_refuses_what_is_unsafe():
    found = read(*(({**COMPLETE, **variables}, "True") for variables, _words in REFUSED.values()))
    taken = {
        name: answer
        for (name, (_variables, words)), answer in zip(REFUSED.items(), found, strict=True)
        if not (str(answer).startswith("ImproperlyConfigured: ") and words in answer)
    }
    assert taken == {}
    assert read((COMPLETE, "True")) == [True]


def test_no_refusal_shows_the_secret():
    variables = {**COMPLETE, "SECRET_KEY": "s3cr3tstart" + "x" * 60, "JWT_SECRET_KEY": "t0ps3cr3t"}
    (answer,) = read((variables, "True"))
    assert "s3cr3t" not in answer
    assert "t0ps" not in answer


@pytest.mark.parametrize("more", [{}, {"SENTRY_DSN": "https://k@s.example.org/1", "TRUSTED_PROXIES": "1"}])
def test_check_for_deployment_is_clean(more):
    """Django's own checks of a production, ours with them, any warning an error, and Python's too."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "manage.py", "check", "--deploy", "--fail-level", "INFO"],
        check=False,
        capture_output=True,
        text=True,
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], **COMPLETE, "SECRET_KEY": LONG, **more},
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "System check identified no issues" in done.stdout
    assert done.stderr == ""
