"""What people wrote, made fit for a mail to somebody else."""

from __future__ import annotations

import re

_INNER_MARK = re.compile(r"[.:/@\\]+(?=\S)")
MOST = 60


def unlinked(text: str) -> str:
    """Write a name so that no mail program takes it for a link: ``evil.example/x`` is ``evil example x``.

    Else an invitation would carry anybody's advertisement to any address, in our name.
    """
    words = " ".join(_INNER_MARK.sub(" ", text).split())
    return words if len(words) <= MOST else f"{words[: MOST - 1].rstrip()}…"
