"""System checks: what would go wrong quietly is refused loudly."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

FIXED = (3, 51, 3)
BACK_PORTED = {(3, 44): 6, (3, 50): 7}
"""SQLite line → the patch level that has the fix too."""


def has_wal_fault(version: tuple[int, int, int]) -> bool:
    """Whether this SQLite may corrupt a database in WAL mode that several connections write."""
    major, minor, patch = version
    back_port = BACK_PORTED.get((major, minor))
    return version < FIXED and not (back_port is not None and patch >= back_port)


@register(Tags.compatibility)
def sqlite_is_sound(**kwargs: Any) -> list[CheckMessage]:
    """No WAL on a SQLite that may corrupt it."""
    connection: Any
    for connection in connections.all():
        if connection.vendor != "sqlite":
            continue
        version = connection.Database.sqlite_version_info
        wal = "wal" in str(connection.settings_dict["OPTIONS"].get("init_command", "")).lower()
        if wal and has_wal_fault(version):
            return [
                Error(
                    f"SQLite {'.'.join(map(str, version))} may corrupt databases in WAL mode.",
                    hint="Install pysqlite3, whose wheel brings a sound SQLite (3.51.3 or newer; "
                    "3.50.7 and 3.44.6 are sound too), or use PostgreSQL by DATABASE_URL.",
                    id="aidapi.E001",
                )
            ]
    return []


@register(Tags.security)
def keys_are_secret(**kwargs: Any) -> list[CheckMessage]:
    """Keys that stand in the source are known to everybody."""
    if not settings.PRODUCTION:
        return []
    return [
        Error(
            f"{name} has the value that is meant for development, which everybody can read.",
            hint=f"Set {name} to random strings: "
            'python -c "import secrets; print(secrets.token_urlsafe(50))" makes one.',
            id="aidapi.E002",
        )
        for name, values in (
            ("SECRET_KEY", [settings.SECRET_KEY]),
            ("CURSOR_KEYS", settings.CURSOR_KEYS),
        )
        if any(value.startswith("development-only") for value in values)
    ]
