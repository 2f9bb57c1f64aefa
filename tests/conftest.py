"""Shared ground of all tests: a private PostgreSQL, Redis and a browser where they are installed.

`page` fails its test when a page logs an error, breaks the content policy or asks another
machine for anything. With REQUIRE_ALL_TESTS=1 a skipped Redis or browser test fails the run.
"""

from __future__ import annotations

import gc
import inspect
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django import DjangoDbBlocker

from tests.support import chromium, database, loops, redis_server
from tests.support.ground import Ground, test_root

WORKER = "PYTEST_XDIST_WORKER"
MARK_OF_FIXTURE = {"redis_url": "redis", "browser": "browser", "checker": "browser"}
GROUND = pytest.StashKey[Ground]()
MISSED = pytest.StashKey[list[str]]()

# each run draws other examples, so that many runs see what one does not; `HYPOTHESIS_PROFILE=deep make test`
# looks for longer where a test names no number of its own
for profile, examples in {"florin": 30, "deep": 2_000}.items():
    hypothesis_settings.register_profile(
        profile,
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        print_blob=True,
    )
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "florin"))


def pytest_configure(config: pytest.Config) -> None:
    """Start the database once, in the process that starts the workers."""
    # looking for cycles as often as usual takes a tenth of the time
    gc.set_threshold(50_000, 20, 50)
    config.stash[MISSED] = []
    if WORKER not in os.environ:
        config.stash[GROUND] = Ground()


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Run one worker more than there are processors: some test always waits for a browser or a server."""
    return (os.cpu_count() or 1) + 1


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the database after the last worker."""
    ground = config.stash.get(GROUND, None)
    if ground is not None:
        ground.close()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Look for cycles no more among thousands of tests and all of Django, which stay."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests by what they need."""
    for item in items:
        for fixture, mark in MARK_OF_FIXTURE.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(mark)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that is a coroutine to its end."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    loops.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


class Required:
    """Note the skipped tests that must not be skipped where everything is installed."""

    def __init__(self, config: pytest.Config) -> None:
        """Keep the place where they are noted."""
        self.missed = config.stash[MISSED]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a skipped test by its name."""
        if report.skipped and set(MARK_OF_FIXTURE.values()) & set(report.keywords):
            self.missed.append(report.nodeid)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Watch for skipped tests where none may be."""
    if os.environ.get("REQUIRE_ALL_TESTS") == "1":
        session.config.pluginmanager.register(Required(session.config))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run for what was skipped."""
    missed = session.config.stash[MISSED]
    if missed and WORKER not in os.environ:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say which tests had to run and did not."""
    for name in config.stash[MISSED]:
        terminalreporter.write_line(f"REQUIRED {name} was skipped")


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Give each worker a database of its own; it goes with the server."""
    with django_db_blocker.unblock():
        database.make(os.environ.get(WORKER))


@pytest.fixture(scope="module")
def standing(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Keep the rows that a module's fixtures make for all of its tests, each of which takes back its own.

    For modules without a live server, which would not see them.
    """
    with django_db_blocker.unblock():
        block = transaction.atomic()
        block._from_testcase = True  # type: ignore[attr-defined]  # to the code it is what a test case opens
        with block:
            yield
            transaction.set_rollback(True)


@pytest.fixture(scope="session")
def run_root() -> Path:
    """Return a folder of this test run that every user of the machine may enter."""
    return test_root()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a Redis server and return its URL."""
    program = redis_server.find()
    if program is None:
        pytest.skip(redis_server.HOW_TO_GET_IT)
    server = redis_server.RedisServer(program, tmp_path_factory.mktemp("redis"))
    yield server.url
    server.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the installed Chromium, headless.

    Playwright leaves an event loop running in this thread, which Django takes for async code.
    """
    program = chromium.find()
    if program is None:
        pytest.skip(chromium.HOW_TO_GET_IT)
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=chromium.arguments())
        yield started
        started.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Open a page of a fresh visitor, and hold it to the house's rules."""
    context = browser.new_context(locale="en-GB", timezone_id="Europe/Berlin")
    opened = context.new_page()
    watch = chromium.Watch(opened)
    yield opened
    context.close()
    assert watch.offences == []
