from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class RecordsConfig(AppConfig):
    name = "records"
    verbose_name = "COVID-19 aid"

    def ready(self) -> None:
        from records import checks, guards  # noqa: F401  (checks register themselves)

        pre_migrate.connect(guards.drop, sender=self)
        post_migrate.connect(guards.install, sender=self)
