"""Django's flush, which the guards of published rows would refuse."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.core.management.commands import flush

from records.publishing.unguarded import unguarded

Roles = dict[str, set[tuple[str, str]]]
"""Name of a role → (app, permission)."""


class Command(flush.Command):
    help = (
        f"{flush.Command.help} Takes down the guards of published rows meanwhile. The roles, "
        "which come from migrations, are kept; nobody has them any more."
    )

    def handle(self, **options: Any) -> None:
        database = options["database"]
        roles = read_roles(database)
        with unguarded(database):
            super().handle(**options)
            write_roles(database, roles)


def read_roles(database: str) -> Roles:
    return {
        role.name: {
            (permission.content_type.app_label, permission.codename)
            for permission in role.permissions.all()
        }
        for role in Group.objects.using(database).prefetch_related("permissions__content_type")
    }


def write_roles(database: str, roles: Roles) -> None:
    """Make the roles, with those of their permissions that there are."""
    there = {
        (permission.content_type.app_label, permission.codename): permission
        for permission in Permission.objects.using(database).select_related("content_type")
    }
    # In bulk, so that the audit log does not begin with it.
    groups = Group.objects.using(database).bulk_create([Group(name=name) for name in roles])
    through = Group.permissions.through
    through._default_manager.using(database).bulk_create(
        through(group=group, permission=there[key])
        for group in groups
        for key in roles[group.name]
        if key in there
    )
