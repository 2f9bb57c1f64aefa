"""Serve single files out of installed packages, each pinned by its SHA-256.

Only the named files: a package's whole folder would publish its Python sources too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage, Storage


@dataclass(frozen=True, slots=True)
class WheelFile:
    """A file inside an installed package."""

    package: str
    path: str
    sha256: str


WHEEL_FILES: dict[str, WheelFile] = {
    "vendor/lightweight-charts.js": WheelFile(
        "litecharts",
        "js/lightweight-charts.js",
        "756b0ba9f58930226d6b8b9d47ad310448ab85d799ea1f7c2c02304777c10b52",
    ),
}


@cache
def path_of(wheel_file: WheelFile) -> Path | None:
    """Find the file on disk; None when it is missing or is not the pinned build."""
    spec = find_spec(wheel_file.package)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / wheel_file.path
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != wheel_file.sha256:
        return None
    return path


class WheelFinder(BaseFinder):
    """A static-files finder for `WHEEL_FILES`."""

    def find(self, path: str, find_all: bool = False, **_kwargs: Any) -> Any:
        """Tell where the static path lies on disk; an empty list where it is not ours, as Django expects."""
        wheel_file = WHEEL_FILES.get(path)
        found = path_of(wheel_file) if wheel_file else None
        if found is None:
            return []
        return [str(found)] if find_all else str(found)

    def list(self, _ignore_patterns: Any) -> Iterator[tuple[str, Storage]]:
        """List each pinned file with a storage that can open it."""
        for name, wheel_file in WHEEL_FILES.items():
            found = path_of(wheel_file)
            if found is not None:
                yield name, _SingleFileStorage(name, found)


class _SingleFileStorage(FileSystemStorage):
    """Open one file under the static name it is served by."""

    def __init__(self, name: str, path: Path) -> None:
        super().__init__(location=str(path.parent))
        self._name, self._path = name, path
        self.prefix = ""

    def path(self, name: str) -> str:
        return str(self._path) if name == self._name else super().path(name)
