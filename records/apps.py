from importlib import import_module

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate

MODELS = (
    "accounts.models",
    "records.documents.models",
    "records.index.models",
    "records.curation.duplicates.models",
    "records.curation.imports.models",
    "records.curation.notices.models",
    "records.curation.reports.models",
    "records.curation.saved_views.models",
    "records.curation.source_check.models",
    "records.curation.teamwork.models",
)
"""Modules with models of this app beside `records.models`: each lives with its workflow."""


class RecordsConfig(AppConfig):
    name = "records"
    verbose_name = "COVID-19 aid"

    def import_models(self) -> None:
        super().import_models()
        for module in MODELS:
            import_module(module)

    def ready(self) -> None:
        # Checks register themselves.
        from records.index import checks as index_checks  # noqa: F401
        from records.index import migrating, search_index
        from records.publishing import checks as publishing_checks  # noqa: F401
        from records.publishing import triggers

        for before in (triggers.drop, search_index.suspend):
            pre_migrate.connect(before, sender=self)
        for after in (search_index.install, triggers.install, migrating.after_migrate):
            post_migrate.connect(after, sender=self)
