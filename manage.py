#!/usr/bin/env python
"""Django's command line for AidAPI."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aidapi.settings")
    from django.core.management import execute_from_command_line

    from aidapi.outcomes import explained

    if failure := explained(lambda: execute_from_command_line(sys.argv)):
        sys.exit(failure)


if __name__ == "__main__":
    main()
