"""Quality checks: what is wrong, or looks wrong, in portfolios, and where it is mended.

A check is a function in `entries`, `market`, `splits`, `dividends` or `book` under the decorator `check`;
nothing else needs to know of it but docs/portfolios/quality.md, which a test compares.
"""

from portfolios.selectors.quality.base import Issue, Mend, Severity
from portfolios.selectors.quality.found import counts, issues_of, link, of_portfolio, of_user
from portfolios.selectors.quality.registry import REGISTRY

__all__ = [
    "REGISTRY",
    "Issue",
    "Mend",
    "Severity",
    "counts",
    "issues_of",
    "link",
    "of_portfolio",
    "of_user",
]  # fmt: skip
