"""What the commands that bring files in share: whose the rows are, and the list of what was refused."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import CommandError
from django.utils.translation import gettext as _


def owner_of(email: str) -> Any:
    """Find the person of an address, by id; None for no address.

    Raises:
        CommandError: nobody has it.
    """
    if not email:
        return None
    user = get_user_model().objects.filter(email__iexact=email).first()
    if user is None:
        raise CommandError(_("Nobody has the address %s.") % email)
    return user.pk


def write_refused(
    path: Path, wanted: Path | None, header: Sequence[str], rows: Iterable[Sequence[Any]]
) -> Path:
    """Write what was refused beside the file; where that cannot be, into the data folder. Tell where.

    Raises:
        CommandError: it cannot be written anywhere.
    """
    kept, name = list(rows), f"{path.name}.rejected.csv"
    for place in [wanted] if wanted else [path.with_name(name), Path(settings.MEDIA_ROOT).parent / name]:
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(header)
                writer.writerows(kept)
        except OSError:
            continue
        return place
    raise CommandError(_("The list of what was refused cannot be written; say where with --rejected."))
