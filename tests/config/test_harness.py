"""The tests' own ground: a rule that is not enforced is none."""

from __future__ import annotations

import pytest

from tests.support.chromium import Watch


@pytest.mark.parametrize(
    ("content", "offence"),
    [
        ("<script>console.error('broken')</script>", "console: broken"),
        ("<script>nowhere()</script>", "script error: nowhere is not defined"),
        (
            "<img src='http://elsewhere.invalid/x.png'>",
            "a request left the machine: http://elsewhere.invalid/x.png",
        ),
    ],
)
def test_watch_on_a_page_that_breaks_a_rule_notes_it(browser, content, offence):
    page = browser.new_page()
    watch = Watch(page)
    page.set_content(content)
    assert watch.offences == [offence]
    page.close()


def test_watch_on_a_quiet_page_notes_nothing(browser):
    page = browser.new_page()
    watch = Watch(page)
    page.set_content("<p>quiet</p>")
    assert watch.offences == []
    page.close()
