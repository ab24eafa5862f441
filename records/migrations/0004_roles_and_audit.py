"""The audit log, and the roles of people: groups, each with what it may do."""

import django.utils.timezone
import records.models.fields
from django.contrib.auth.management import create_permissions
from django.db import migrations, models

KINDS = ["statement", "donation", "export", "contract"]
VOCABULARY = ["party", "item"]
LOGS = ["revision", "change"]


def codenames(actions, models):
    return {f"{action}_{model}" for action in actions for model in models}


CURATOR = codenames(["view", "add", "change", "delete"], KINDS) | codenames(
    ["view"], [*VOCABULARY, *LOGS, "hand"]
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
        ('records', '0003_term_counts_in_force'),
        ('auth', '0012_alter_user_first_name_max_length'),
        ('axes', '0010_accessattemptexpiration'),
        ('contenttypes', '0002_remove_content_type_name'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, help_text='When, in UTC.')),
                ('act', models.CharField(choices=[('signed_in', 'signed in'), ('password_given', 'gave the password; second factor asked'), ('sign_in_failed', 'failed to sign in'), ('locked_out', 'was locked out'), ('unlocked', 'was unlocked'), ('signed_out', 'signed out'), ('factor_failed', 'gave a wrong code'), ('factor_set_up', 'second factor set up'), ('factor_codes', 'recovery codes made'), ('factor_reset', 'second factor reset'), ('password_changed', 'password changed'), ('account_added', 'account added'), ('account_changed', 'account changed'), ('roles_changed', 'roles or permissions changed'), ('published', 'published a revision')], help_text='What happened.', max_length=16)),
                ('person', records.models.fields.CodeField(blank=True, help_text="Who did it; empty for commands of the operator, and where a name was tried that is nobody's.", max_length=150)),
                ('address', records.models.fields.CodeField(blank=True, help_text='From where, as the limits see it; empty for commands.', max_length=45)),
                ('about', records.models.fields.CodeField(blank=True, help_text='The account, role or revision that it was done to.', max_length=200)),
                ('detail', models.TextField(blank=True, help_text='What exactly.')),
            ],
            options={
                'verbose_name': 'audit entry',
                'verbose_name_plural': 'audit log',
                'ordering': ['-at', '-pk'],
                'default_permissions': ['view'],
                'indexes': [models.Index(fields=['-at', '-id'], name='audit_newest'), models.Index(fields=['person', '-at'], name='audit_person'), models.Index(fields=['about', '-at'], name='audit_about')],
            },
        ),
        # Going back, the roles stay: people may have them.
        migrations.RunPython(make_roles, migrations.RunPython.noop),
    ]
