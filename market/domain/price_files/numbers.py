"""Numbers of a file: which decimal mark it uses, and each text as a plain decimal."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from market.domain.price_files.faults import UnreadableFileError

_PLAIN: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?")
_WITH_POINT: Final = re.compile(r"[+-]?[0-9]{1,3}(?:[,'’\u202f\u00a0 ][0-9]{3})+(?:\.[0-9]*)?")
_WITH_COMMA: Final = re.compile(
    r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:[.'’\u202f\u00a0 ][0-9]{3})+)(?:,[0-9]*)?|[+-]?,[0-9]+"
)
_MARKS: Final = " \t$€£\u202f\u00a0"
_MISSING: Final = frozenset({"", "-", "--", "n/a", "na", "nan", "null", "none", "#n/a"})
_ONLY_PLAIN: Final = b"0123456789.\n"
BAD: Final = "!"
_GROUP: Final = 3


def plain(text: str, decimal: str) -> str:
    """Write a number with a point and without thousands marks or currency sign.

    What stands for a missing value becomes an empty text, what is no number `BAD`.
    """
    bare = text.strip(_MARKS)
    if bare.lower() in _MISSING:
        return ""
    if decimal == ",":
        if _WITH_COMMA.fullmatch(bare) is None:
            return BAD
        return re.sub(r"[.'’\u202f\u00a0 ]", "", bare).replace(",", ".")
    if _PLAIN.fullmatch(bare):
        return bare
    return re.sub(r"[,'’\u202f\u00a0 ]", "", bare) if _WITH_POINT.fullmatch(bare) else BAD


def column(texts: list[str], decimal: str) -> tuple[list[str], NDArray[np.float64]]:
    """Write a whole column plainly, and read it as float64, shape (n,): NaN for what is missing or bad."""
    if decimal == "." and not "\n".join(texts).encode().translate(None, _ONLY_PLAIN):
        try:
            return texts, np.array(list(map(float, texts)), dtype=np.float64)
        except ValueError:
            pass  # an empty cell, or two points: look at each
    written = [plain(text, decimal) for text in texts]
    return written, np.array([float(one) if one not in {"", BAD} else np.nan for one in written], np.float64)


def guess(texts: Iterable[str]) -> str:
    """Return the decimal mark that the numbers use, "." or ",".

    Raises:
        UnreadableFileError: both are used, or "1,234" may mean either.
    """
    point, comma, either = False, False, ""
    for text in texts:
        bare = text.strip(_MARKS)
        last = max(bare.rfind("."), bare.rfind(","))
        if last < 0 or not any(letter.isdigit() for letter in bare):
            continue
        mark, other = bare[last], "," if bare[last] == "." else "."
        certain = len(bare) - last - 1 != _GROUP or other in bare or bare[:last] in {"", "0", "-0"}
        if bare.count(mark) > 1:
            mark, certain = other, True
        if certain:
            point, comma = point or mark == ".", comma or mark == ","
        elif mark == ",":
            either = bare
    if point and comma:
        raise UnreadableFileError("mixed-decimals")
    if either and not (point or comma):
        raise UnreadableFileError("ambiguous-decimals", example=either)
    return "," if comma else "."
