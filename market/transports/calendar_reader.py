"""A program: write the sessions of calendars, one line of JSON each; `calendars` starts it.

It imports nothing of the platform. Instants are seconds since 1970, UTC.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import date
from typing import Any


def main() -> None:
    """Answer what standard input asks."""
    import exchange_calendars

    os.nice(10)  # nobody waits for it
    asked = json.load(sys.stdin)
    known = set(exchange_calendars.get_calendar_names(include_aliases=True))
    start, end = date.fromisoformat(asked["start"]), date.fromisoformat(asked["end"])
    # some calendars know their holidays only to the end of a year
    ends = sorted({end, *(date(year, 12, 31) for year in range(start.year, end.year))}, reverse=True)
    for mic, name in asked["names"].items():
        if name in known:
            sys.stdout.write(json.dumps(_told(mic, name, start, ends)) + "\n")


def _told(mic: str, name: str, start: date, ends: list[date]) -> dict[str, Any]:
    import exchange_calendars

    trouble = ""
    for end in ends:
        try:
            calendar = exchange_calendars.get_calendar(name, start=start.isoformat(), end=end.isoformat())
        except (ValueError, TypeError, AttributeError, LookupError, RuntimeError) as error:
            trouble = f"{type(error).__name__}: {error}"[:200]
            continue
        return {"mic": mic, "rows": _rows(calendar.schedule), "trouble": ""}
    return {"mic": mic, "rows": [], "trouble": trouble}


def _rows(schedule: Any) -> list[list[Any]]:
    columns = [schedule[name] for name in ("open", "close", "break_start", "break_end")]
    return [
        [day.date().isoformat(), *(None if one != one else int(one.timestamp()) for one in row)]  # noqa: PLR0124  # no time differs from itself
        for day, *row in zip(schedule.index, *columns, strict=True)
    ]


if __name__ == "__main__":
    main()
