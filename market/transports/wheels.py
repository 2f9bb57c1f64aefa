"""Data files inside installed packages, read without importing the packages."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from django.utils.translation import gettext as _

from core.errors import DependencyUnavailable


def path_in(package: str, name: str, *, distribution: str) -> Path:
    """Find a file of an installed package.

    Raises:
        DependencyUnavailable: the package is not installed, or lacks the file; says how to get it.
    """
    spec = find_spec(package)
    folders = list(spec.submodule_search_locations or []) if spec else []
    for folder in folders:
        path = Path(folder) / name
        if path.is_file():
            return path
    raise DependencyUnavailable(
        _("The sample data needs the package %(package)s: install the extra “demo”.")
        % {"package": distribution}
    )
