"""The archive of tables: what each cell says, what the manifest promises."""

from __future__ import annotations

import csv
import gc
import hashlib
import io
import json
import zipfile
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core import archive as archives
from core import downloads
from core.archive import write_archive
from core.cells import csv_cell, json_text
from core.deadline import limited
from core.downloads import ArchiveDownload
from core.errors import TimedOut
from core.ports import PersonalTable
from tests.support import loops

MADE = datetime(2024, 3, 1, 13, 30, 2, tzinfo=timezone(timedelta(hours=1)))
KEY = UUID("018bcfe5-687c-7000-8000-000000000000")


def told(name: str, columns: tuple[str, ...], rows: Any) -> PersonalTable:
    return PersonalTable(name, columns, rows, "core.World", frozenset())


def opened(*tables: PersonalTable) -> zipfile.ZipFile:
    made = write_archive(tables, made_at=MADE, readme="Hello\n", about={"user_id": str(KEY)})
    with made.file:
        return zipfile.ZipFile(io.BytesIO(made.file.read()))


@pytest.mark.parametrize(
    ("value", "cell", "text"),
    [
        (None, "", "null"),
        ("", "", '""'),
        ('Zürich, "a"', 'Zürich, "a"', '"Zürich, \\"a\\""'),
        ("=1+1", "'=1+1", '"=1+1"'),
        ("+49 30", "'+49 30", '"+49 30"'),
        ("-1", "'-1", '"-1"'),
        ("@SUM(A1)", "'@SUM(A1)", '"@SUM(A1)"'),
        ("\t=1", "'\t=1", '"\\t=1"'),
        ("'quoted", "''quoted", '"\'quoted"'),
        (Decimal("-1.500000000000000000"), "-1.5", '"-1.5"'),
        (Decimal("1E-18"), "0.000000000000000001", '"0.000000000000000001"'),
        (True, "true", "true"),
        (-3, "-3", "-3"),
        (KEY, str(KEY), f'"{KEY}"'),
        (date(2024, 2, 29), "2024-02-29", '"2024-02-29"'),
        (MADE, "2024-03-01T12:30:02Z", '"2024-03-01T12:30:02Z"'),
        ({"a": ["=1", None]}, '{"a": ["=1", null]}', '{"a": ["=1", null]}'),
        ([], "[]", "[]"),
    ],
)
def test_value_in_csv_and_in_json(value, cell, text):
    assert (csv_cell(value), json_text(value)) == (cell, text)


def test_archive_holds_each_table_twice_with_the_same_rows():
    rows = [(1, "=a\r\nb"), (2, None)]
    with opened(told("things", ("id", "note"), rows), told("none", ("id",), [])) as made:
        assert made.namelist() == [
            "README.txt",
            "csv/things.csv",
            "json/things.json",
            "csv/none.csv",
            "json/none.json",
            "manifest.json",
        ]
        text = io.StringIO(made.read("csv/things.csv").decode(), newline="")
        assert list(csv.reader(text)) == [
            ["id", "note"],
            ["1", "'=a\r\nb"],
            ["2", ""],
        ]
        assert json.loads(made.read("json/things.json")) == [
            {"id": 1, "note": "=a\r\nb"},
            {"id": 2, "note": None},
        ]
        assert (made.read("csv/none.csv"), made.read("json/none.json")) == (b"id\r\n", b"[]\n")
        assert made.read("README.txt") == b"Hello\n"
        assert made.getinfo("csv/things.csv").date_time == (2024, 3, 1, 12, 30, 2)


def test_manifest_tells_rows_bytes_and_sum_of_every_file():
    with opened(told("things", ("id",), [(1,), (2,), (3,)])) as made:
        manifest = json.loads(made.read("manifest.json"))
        assert (manifest["format"], manifest["made_at"], manifest["user_id"]) == (
            1,
            "2024-03-01T12:30:02Z",
            str(KEY),
        )
        assert manifest["files"] == [
            {
                "path": path,
                "rows": rows,
                "bytes": len(made.read(path)),
                "sha256": hashlib.sha256(made.read(path)).hexdigest(),
            }
            for path, rows in (("README.txt", 0), ("csv/things.csv", 3), ("json/things.json", 3))
        ]


def test_rows_are_read_some_at_a_time_and_not_kept(monkeypatch):
    monkeypatch.setattr(archives, "ROWS_AT_ONCE", 2)
    ahead: list[int] = []
    written: list[Any] = []
    read = archives._csv

    def noted(rows: Any) -> bytes:
        written.extend(row for row in rows if row[0] != "id")
        return read(rows)

    monkeypatch.setattr(archives, "_csv", noted)

    def rows():
        for number in range(7):
            ahead.append(number - len(written))
            yield (number,)

    write_archive([told("things", ("id",), rows())], made_at=MADE, readme="", about={}).file.close()
    assert max(ahead) == 1


def test_archive_ends_with_the_time_of_its_request(db):
    with limited(-1), pytest.raises(TimedOut):
        opened(told("things", ("id",), [(1,)]))


@pytest.mark.django_db  # closing an answer looks after the connection
def test_archive_is_sent_in_pieces_by_both_kinds_of_server_and_thrown_away(monkeypatch):
    monkeypatch.setattr(downloads, "PIECE", 64)
    sent = []
    for way in ("sync", "async"):
        made = write_archive([told("things", ("id",), [(1,)])], made_at=MADE, readme="x" * 300, about={})
        answer = ArchiveDownload(made, name="florin-data")
        pieces = list(answer.streaming_content) if way == "sync" else loops.run(gathered(answer))
        assert {len(one) for one in pieces[:-1]} == {64}
        assert len(b"".join(pieces)) == int(answer.headers["Content-Length"])
        answer.close()
        assert made.file.closed
        sent.append(b"".join(pieces))
    assert sent[0] == sent[1]


@pytest.mark.django_db  # closing an answer looks after the connection
def test_archive_that_nobody_fetched_is_thrown_away():
    made = write_archive([], made_at=MADE, readme="", about={})
    answer = ArchiveDownload(made, name="florin-data")
    del answer
    gc.collect()
    assert made.file.closed


async def gathered(answer: ArchiveDownload) -> list[bytes]:
    return [piece async for piece in answer]
