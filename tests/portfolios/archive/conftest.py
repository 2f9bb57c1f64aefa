"""A person with two portfolios that hold everything a portfolio can."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.support import archives


@pytest.fixture
def world(db: None) -> SimpleNamespace:
    return archives.everything()
