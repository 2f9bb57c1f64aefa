"""JSON in and out: decimals digit by digit, nothing through binary floating point."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO

import pytest
from rest_framework.exceptions import ParseError

from core.api.rendering import JSONParser, JSONRenderer
from core.errors import TooLarge
from tests.core.conftest import fields

LONG = "12345678901234567890.123456789012345678"


def parsed(text: str):
    return JSONParser().parse(BytesIO(text.encode()))


@pytest.mark.parametrize("text", ["0.1", LONG, "99999999999999999999", "-7.000000000000000001"])
def test_number_passes_through_digit_by_digit(text):
    assert JSONRenderer().render(parsed(text)) == text.encode()


def test_number_beyond_64_bits_is_rendered_again():
    assert JSONRenderer().render({"n": parsed("18446744073709551616")}) == b'{"n":18446744073709551616}'


def test_parser_reads_fractions_as_decimals_and_small_whole_numbers_as_integers():
    assert parsed('{"a": 0.10, "b": 7}') == {"a": Decimal("0.10"), "b": 7}
    assert str(parsed("0.10")) == "0.10"


@pytest.mark.parametrize(
    "text",
    [
        "NaN", "Infinity", "-Infinity", "[NaN]", "1e61", "1e-61", "1e999999999", "9" * 61, "{", "",
        "{'a': 1}", '"\\ud800"', '{"\\udfff": 1}', "[" * 100_000,
        '"\\u0000"', '{"a\\u0000": 1}', '[{"a": ["\\u0000"]}]',
        '{"a": 1, "b": 2, "a": 1}', '[{"b": {"a": 1, "\\u0061": 2}}]',
    ],
)  # fmt: skip
def test_parser_refuses_what_is_no_json_or_out_of_range(text):
    with pytest.raises(ParseError):
        parsed(text)


def test_parser_refuses_a_body_beyond_the_limit_and_reads_no_further(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    assert JSONParser().parse(BytesIO(b'"8 bytes_"')) == "8 bytes_"
    endless = BytesIO(b'"9 bytes__"' * 100)
    with pytest.raises(TooLarge):
        JSONParser().parse(endless)
    assert endless.tell() == 11


def test_body_beyond_the_limit_is_answered_413(settings, sample):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    response = sample("POST", "echo", b'"9 bytes__"')
    assert (response.status_code, response.headers["Content-Type"]) == (413, "application/problem+json")
    assert response.json()["type"] == "too-large"
    assert sample("POST", "echo", b'"8 bytes_"').json() == "8 bytes_"


def test_parser_refuses_a_body_that_is_not_utf8():
    with pytest.raises(ParseError):
        JSONParser().parse(BytesIO(b'"\xff"'))


def test_parser_reads_what_only_looks_like_it():
    assert parsed('"\\\\u0000 \\\\ud800"') == "\\u0000 \\ud800"


def test_parser_reads_a_surrogate_pair():
    assert parsed('"\\ud83d\\ude00"') == "\N{GRINNING FACE}"


def test_malformed_body_is_a_problem(sample):
    response = sample("POST", "echo", b'{"price": NaN}')
    assert (response.status_code, response.json()["type"]) == (400, "malformed")


def test_empty_answer_is_an_empty_body():
    assert JSONRenderer().render(None) == b""


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ('"12.50"', "12.5"),
        ("12.50", "12.5"),
        ("0", "0"),
        ('"  7 "', "7"),
        ('"1e3"', "1000"),
        (f'"{LONG}"', LONG),
        (LONG, LONG),
        ('"1.0000000000000000000000000"', "1"),
        ('"0e-999"', "0"),
        ('"-.5"', "-0.5"),
    ],
)
def test_decimal_field_answers_a_string_with_the_same_digits(sample, sent, text):
    assert sample("POST", "amount", f'{{"text": {sent}}}'.encode()).json() == {"text": text}


@pytest.mark.parametrize("sent", ["150", "150.0", '"150.000"'])
def test_number_field_answers_a_json_number(sample, sent):
    assert sample("POST", "amount", f'{{"number": {sent}}}'.encode()).content == b'{"number":150}'


def test_number_field_answers_all_38_digits(sample):
    answer = sample("POST", "amount", f'{{"number": {LONG}}}'.encode())
    assert answer.content == f'{{"number":{LONG}}}'.encode()


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("true", "invalid"),
        ("[1]", "invalid"),
        ("{}", "invalid"),
        ('""', "invalid"),
        ('"abc"', "invalid"),
        ('"1,5"', "invalid"),
        ('"1_000"', "invalid"),
        ('"\\u0663"', "invalid"),
        ('"NaN"', "invalid"),
        ('"-Infinity"', "invalid"),
        ('"1e9999999999"', "invalid"),
        ('"100000000000000000000"', "digits"),
        ("100000000000000000000", "digits"),
        ('"1e20"', "digits"),
        ('"1e999"', "digits"),
        ('"0.0000000000000000001"', "digits"),
        ('"12345678901.1234567890123456789"', "digits"),
        (f'"{"1" * 101}"', "digits"),
    ],
)
def test_decimal_field_refuses_and_says_why(sample, sent, code):
    assert fields(sample("POST", "amount", f'{{"text": {sent}}}'.encode())) == [("text", code)]


@pytest.mark.parametrize(
    ("sent", "code"), [("eur", "EUR"), ("GBp", "GBX"), (" usd ", "USD"), ("gbx", "GBX"), ("BTC", "BTC")]
)
def test_currency_field_reads_codes_and_never_takes_pence_for_pounds(sample, sent, code):
    assert sample("POST", "amount", {"currency": sent}).json() == {"currency": code}


@pytest.mark.parametrize("sent", ["E", "€", "EU R", "1EUR", "A" * 13, "EUR\n;"])
def test_currency_field_refuses_what_is_no_code(sample, sent):
    assert {field for field, _code in fields(sample("POST", "amount", {"currency": sent}))} == {"currency"}
