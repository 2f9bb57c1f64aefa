"""The page that takes alerts from a CSV file: what it would make, what is wrong, and what it then makes."""

from __future__ import annotations

import csv
import io

from django.core.files.uploadedfile import SimpleUploadedFile

from alerts.domain.alert_files import COLUMNS
from alerts.models import Alert
from alerts.selectors.waits import title
from tests.market.views.conftest import words

PAGE = "/alerts/import/"
GOOD = (
    "rule,joined,symbol,condition,level,days,percent\n"
    ",,SHR,above,12,,\n"
    "1,any,SHR,below,9,,\n"
    "1,,SHR,rsi_below,,14,30\n"
)
BAD = GOOD + ",,NONE,above,12,,\n,,SHR,above,cheap,,\n"


def upload(reader, text: str | bytes):
    content = text if isinstance(text, bytes) else text.encode()
    return reader.post(PAGE, {"file": SimpleUploadedFile("alerts.csv", content)})


def packed(page) -> str:
    return page.context["confirm"].initial["content"]


def test_file_is_looked_at_and_made_when_confirmed(reader, share):
    page = upload(reader, GOOD)
    said = words(page)
    assert "2 alerts would be made" in said
    assert "SHR at or above 12.00 EUR" in said
    assert "SHR at or below 9.00 EUR or SHR has an RSI of 14 days at or below 30" in said
    assert not Alert.objects.exists()
    answer = reader.post(PAGE, {"content": packed(page), "do": "all"})
    assert answer["Location"] == "/alerts/"
    assert [title(one) for one in Alert.objects.order_by("id")] == page.context["good"]
    assert "2 alerts are made." in words(reader.get("/alerts/"))


def test_wrong_lines_are_named_and_left_out_only_if_one_says_so(reader, share):
    page = upload(reader, BAD)
    assert [(one.line, one.column) for one in page.context["refused"]] == [(5, "symbol"), (6, "level")]
    said = words(page)
    assert "2 things are wrong" in said
    assert "There is no instrument “NONE”." in said
    answer = reader.post(PAGE, {"content": packed(page), "do": "all"}, follow=True)
    assert "Nothing was imported; some lines are wrong." in words(answer)
    assert not Alert.objects.exists()
    reader.post(PAGE, {"content": packed(page), "do": "good"})
    assert Alert.objects.count() == 2


def test_what_is_no_such_file_is_refused_at_the_field(reader, share):
    for content, said in (
        (b"", "empty"),
        ("symbol,level\nSHR,1\n", "The column “condition” is missing."),
        ("x" * (512 * 1024 + 1), "at most 512 KB"),
    ):
        answer = upload(reader, content)
        assert (answer.status_code, said in words(answer)) == (400, True), said
    for content in ("☃", "!!"):
        answer = reader.post(PAGE, {"content": content, "do": "all"}, follow=True)
        assert "Choose the file once more." in words(answer)
    assert not Alert.objects.exists()


def test_example_and_export_are_files_that_an_import_reads(reader, stranger, share, armed):
    example = reader.get("/alerts/template.csv").content.decode()
    assert next(csv.reader(io.StringIO(example))) == list(COLUMNS)
    armed(share, "above", "12", note="Sell")
    exported = reader.get("/alerts/export.csv")
    assert exported["Content-Disposition"] == 'attachment; filename="alerts.csv"'
    assert "1 alert" not in exported.content.decode()
    again = upload(reader, exported.content)
    assert again.context["good"] == ["SHR at or above 12.00\xa0EUR"]
    assert stranger.get("/alerts/export.csv").content.decode().count("\n") == 1
