from django.apps import AppConfig


class AidApiConfig(AppConfig):
    name = "aidapi"

    def ready(self) -> None:
        from aidapi import checks  # noqa: F401  (registers them)
