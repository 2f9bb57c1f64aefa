"""axe-core, the accessibility checker: fetched by npm when the tests run, pinned by its digest."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

VERSION = "4.11.0"
SHA512 = "ilYanEU8vxxBexpJd8cWM4ElSQq4QctCLKih0TSfjIfCQTeyH/6zVrmIJfLPrKTKJRbiG+cfnZbQIjAlJmF1jQ=="
HOW_TO_GET_IT = "no npm here to fetch axe-core: apt-get install npm"
SERIOUS = {"serious", "critical"}
# the page's own scripts have had their turn, and what moves has come to rest
IDLE = "() => new Promise((done) => requestIdleCallback(done, {timeout: 2000}))"
SETTLED = "() => Promise.allSettled(document.getAnimations().map((one) => one.finished))"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def fetch(folder: Path) -> str | None:
    """Return the checker's source; None where there is no npm.

    Raises:
        AssertionError: what npm brought is not the pinned build.
    """
    npm = shutil.which("npm")
    if npm is None:
        return None
    subprocess.run(
        [npm, "pack", "--silent", f"axe-core@{VERSION}"],
        cwd=folder,
        check=True,
        capture_output=True,
        timeout=120,
    )
    archive = folder / f"axe-core-{VERSION}.tgz"
    assert base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() == SHA512
    with tarfile.open(archive) as files:
        source = files.extractfile("package/axe.min.js")
        assert source is not None
        return source.read().decode()


def violations(
    page: Page, source: str, rules: list[str] | None = None, without: tuple[str, ...] = ()
) -> list[str]:
    """Say what is seriously wrong with the page as it stands, `without` some parts: rule and element."""
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(source)
    page.evaluate(IDLE)
    page.evaluate(SETTLED)  # a colour halfway between two themes is nobody's to read
    only: dict[str, Any] = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": RULES}
    # without preload: axe would copy imported style sheets into the page, which the content policy forbids
    result = page.evaluate(
        "([exclude, only]) => axe.run(exclude.length ? {exclude} : document,"
        " {runOnly: only, resultTypes: ['violations'], preload: false})",
        [list(without), only],
    )
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:160]}"
        for one in result["violations"]
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]
