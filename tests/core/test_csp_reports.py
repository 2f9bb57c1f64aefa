"""What browsers report of the content policy: counted, logged in one line, without anything private."""

from __future__ import annotations

import json

import pytest
import time_machine

from core import metrics

pytestmark = pytest.mark.django_db
OLD = {
    "csp-report": {
        "document-uri": "https://florin.example.org/accounts/password/reset/key/3-abc123secret/?token=s3cret",
        "referrer": "https://florin.example.org/?email=ada@example.org",
        "violated-directive": "script-src-elem 'self'",
        "effective-directive": "script-src-elem",
        "blocked-uri": "https://evil.example.net:8443/a.js?visitor=ada@example.org",
        "script-sample": "stolen words",
    }
}
NEW = [
    {
        "type": "csp-violation",
        "age": 10,
        "url": "https://florin.example.org/settings/?q=private",
        "user_agent": "Mozilla/5.0",
        "body": {
            "documentURL": "https://florin.example.org/settings/?q=private",
            "effectiveDirective": "style-src-attr",
            "blockedURL": "inline",
            "sourceFile": "chrome-extension://abcdef/inject.js",
            "sample": "private words",
        },
    },
    {"type": "deprecation", "body": {"id": "websql"}},
]


@pytest.fixture
def report(client):
    def send(body, kind: str = "application/csp-report"):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return client.generic("POST", "/csp-report", raw, content_type=kind)

    return send


def lines(caplog) -> list[dict[str, str]]:
    kept = ("event", "directive", "blocked", "source", "page")
    return [
        {name: record.msg[name] for name in kept}
        for record in caplog.records
        if record.name == "core.cspreports"
    ]


def counted(directive: str) -> float:
    return metrics.csp_reports.labels(directive=directive)._value.get()


def test_old_format_is_one_line_without_paths_and_queries(report, caplog):
    before = counted("script-src-elem")
    answer = report(OLD)
    assert (answer.status_code, answer.content) == (204, b"")
    assert lines(caplog) == [
        {
            "event": "csp.violation",
            "directive": "script-src-elem",
            "blocked": "https://evil.example.net:8443",
            "source": "other",
            "page": "account_reset_password_from_key",
        }
    ]
    assert counted("script-src-elem") - before == 1
    told = "".join(str(record.msg) for record in caplog.records)
    assert not any(word in told for word in ("s3cret", "abc123", "ada@", "stolen", "visitor"))


def test_new_format_is_one_line_for_each_violation(report, caplog):
    assert report(NEW, "application/reports+json").status_code == 204
    assert lines(caplog) == [
        {
            "event": "csp.violation",
            "directive": "style-src-attr",
            "blocked": "inline",
            "source": "chrome-extension",
            "page": "settings",
        }
    ]


def test_made_up_directive_makes_no_new_series(report, caplog):
    before = counted("other")
    assert (
        report({"csp-report": {"effective-directive": "x" * 500, "blocked-uri": "y" * 500}}).status_code
        == 204
    )
    assert [(one["directive"], one["blocked"], one["page"]) for one in lines(caplog)] == [
        ("other", "other", "unknown")
    ]
    assert counted("other") - before == 1


def test_at_most_twenty_of_a_batch_are_noted(report, caplog):
    assert report([NEW[0]] * 22, "application/reports+json").status_code == 204
    assert len(lines(caplog)) == 20


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/csp-report", 400),
        (b"[" * 15_000, "application/csp-report", 400),
        (b"\xff\xfe", "application/csp-report", 400),
        (b"a=b", "application/x-www-form-urlencoded", 400),
        (b'"' + b"x" * 17_000 + b'"', "application/csp-report", 413),
        (b"[]", "application/reports+json", 204),
        (b"7", "application/csp-report", 204),
        (b'{"csp-report": []}', "application/csp-report", 204),
        (b'[{"type": "csp-violation", "body": 1}, 2]', "application/reports+json", 204),
    ],
)
def test_nonsense_is_no_server_error(report, caplog, body, kind, status):
    assert report(body, kind).status_code == status
    assert lines(caplog) == []


def test_only_reports_are_taken(client):
    assert client.get("/csp-report").status_code == 405


@time_machine.travel("2026-03-02T12:00:10Z", tick=False)
def test_network_that_reports_too_much_is_told_to_wait(report, settings):
    settings.THROTTLES = {**settings.THROTTLES, "reports": "2/min"}
    answers = [report(OLD) for _ in range(3)]
    assert [one.status_code for one in answers] == [204, 204, 429]
    assert answers[2].headers["Retry-After"] == "50"


def test_browsers_are_told_where_to_report(client):
    headers = client.get("/").headers
    assert headers["Reporting-Endpoints"] == 'csp="/csp-report"'
    policy = headers["Content-Security-Policy"].split("; ")
    assert {"report-uri /csp-report", "report-to csp"} <= set(policy)
