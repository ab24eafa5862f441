"""System checks for faults that would otherwise go unnoticed."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

FIXED = (3, 51, 3)
BACK_PORTED = {(3, 44): 6, (3, 50): 7}
"""SQLite release line → first patch level with the fix."""


def has_wal_fault(version: tuple[int, int, int]) -> bool:
    """Return whether this SQLite may corrupt a database in WAL mode with several writers."""
    major, minor, patch = version
    back_port = BACK_PORTED.get((major, minor))
    return version < FIXED and not (back_port is not None and patch >= back_port)


@register(Tags.compatibility)
def sqlite_is_sound(**kwargs: Any) -> list[CheckMessage]:
    """Refuse WAL mode on a SQLite version that may corrupt it."""
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
    """Refuse the keys for development in production: everybody can read them."""
    if not settings.PRODUCTION:
        return []
    return [
        Error(
            f"{name} has its value for development, which is public.",
            hint=f"Set {name} to random strings, made by "
            'python -c "import secrets; print(secrets.token_urlsafe(50))".',
            id="aidapi.E002",
        )
        for name, values in (
            ("SECRET_KEY", [settings.SECRET_KEY]),
            ("CURSOR_KEYS", settings.CURSOR_KEYS),
        )
        if any(value.startswith("development-only") for value in values)
    ]
