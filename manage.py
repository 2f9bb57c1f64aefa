#!/usr/bin/env python
"""Run a command of the platform: ``manage.py help`` lists them."""

from __future__ import annotations

import os
import sys

# What a shell reports for Ctrl-C: 128 and the signal's number.
INTERRUPTED = 130


def main() -> None:
    """Run the command; what a user can act on ends as a sentence instead of a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError as error:
        sys.exit(
            f'A package is missing ({error.name}). Run "make run" once, then use .venv/bin/python manage.py …'
        )
    from config.management.sentences import EXPLAINED, explain

    try:
        execute_from_command_line(sys.argv)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except EXPLAINED as error:
        sentence = explain(error)
        if sentence is None:
            raise
        sys.exit(sentence)


if __name__ == "__main__":
    main()
