"""The calendars of the package exchange-calendars, read by a process of their own.

The package brings pandas, which takes seconds to load and a hundred megabytes to keep: a worker that
asks once a week is to be as small before and after.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from core.errors import DependencyUnavailable
from market.domain.sessions import Session

_READER: Final = Path(__file__).with_name("calendar_reader.py")
_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class Calendar:
    """The sessions of an exchange; without any, `trouble` says why there are none."""

    mic: str
    sessions: list[Session]
    trouble: str = ""


def read(names: Mapping[str, str], start: date, end: date) -> list[Calendar]:
    """Read the sessions from `start` to `end`, or as far as they are known, by MIC and calendar's name.

    What has no calendar is left out.

    Raises:
        DependencyUnavailable: the package cannot be loaded.
    """
    asked = {"names": dict(names), "start": start.isoformat(), "end": end.isoformat()}
    try:
        done = subprocess.run(  # noqa: S603  # our own file, by our own interpreter
            [sys.executable, "-W", "ignore", str(_READER)],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        said = error.stderr.strip().splitlines() or [str(error)]
        raise DependencyUnavailable(said[-1]) from error
    except subprocess.TimeoutExpired as error:
        raise DependencyUnavailable(str(error)) from error
    return [_calendar(json.loads(line)) for line in done.stdout.splitlines()]


def _calendar(told: dict[str, Any]) -> Calendar:
    rows = [
        Session(
            date.fromisoformat(day),
            _instant(opens),
            _instant(closes),
            None if rests is None else (_instant(rests), _instant(resumes)),
        )
        for day, opens, closes, rests, resumes in told["rows"]
    ]
    return Calendar(told["mic"], rows, told["trouble"])


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
