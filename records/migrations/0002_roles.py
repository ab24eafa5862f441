"""Roles: groups of people, each with what it may do."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

KINDS = ["statement", "donation", "export", "contract"]
VOCABULARY = ["party", "item"]
LOGS = ["revision", "change"]


def codenames(actions, models):
    return {f"{action}_{model}" for action in actions for model in models}


CURATOR = codenames(["view", "add", "change", "delete"], KINDS) | codenames(
    ["view"], [*VOCABULARY, *LOGS, "contributor"]
)
ROLES = {
    # Drafts, submits, corrects, discards.
    "curator": {"records": CURATOR},
    # Also approves, returns and withdraws, one record or many; never what they had a hand in.
    "reviewer": {"records": CURATOR | codenames(["publish"], KINDS)},
    # Keeps parties and items.
    "editor": {"records": codenames(["view", "add", "change"], VOCABULARY) | codenames(["view"], LOGS)},
    # People and their roles, unlocking, the audit log; no record.
    "administrator": {
        "records": {"view_auditentry"},
        "auth": codenames(["view", "add", "change"], ["user", "group"]),
        "axes": {"view_accessattempt", "delete_accessattempt"},
    },
}


def make_roles(apps, schema_editor):
    """Permissions are made by `migrate` when all migrations are through: here they come first."""
    alias = schema_editor.connection.alias
    for label in ("records", "auth", "axes"):
        config = apps.get_app_config(label)
        if not getattr(config, "models_module", None):
            config.models_module = True  # a migration's apps pass for apps without models
        create_permissions(config, verbosity=0, using=alias, apps=apps)
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    for name, allowed in ROLES.items():
        role, _ = Group.objects.using(alias).get_or_create(name=name)
        for label, names in allowed.items():
            found = Permission.objects.using(alias).filter(
                content_type__app_label=label, codename__in=names
            )
            if found.count() != len(names):
                raise RuntimeError(f"{name}: {label} lacks permissions of {sorted(names)}.")
            role.permissions.add(*found)


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0001_initial'),
        ('auth', '0012_alter_user_first_name_max_length'),
        ('axes', '0010_accessattemptexpiration'),
        ('contenttypes', '0002_remove_content_type_name'),
    ]

    operations = [
        # Going back, the roles stay: people may have them.
        migrations.RunPython(make_roles, migrations.RunPython.noop),
    ]
