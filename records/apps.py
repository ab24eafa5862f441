from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class RecordsConfig(AppConfig):
    name = "records"
    verbose_name = "COVID-19 aid"

    def ready(self) -> None:
        # Checks and listeners register themselves.
        from records import audit, checks, guards, indexes  # noqa: F401

        for keeper in (guards.drop, indexes.suspend):
            pre_migrate.connect(keeper, sender=self)
        for keeper in (indexes.install, guards.install):
            post_migrate.connect(keeper, sender=self)
