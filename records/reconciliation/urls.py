"""Routes of the reconciliation services, one for each vocabulary."""

from django.urls import URLPattern, path

from records.reconciliation.views import Flyout, Preview, Properties, Service, Suggest
from records.reconciliation.vocabularies import VOCABULARIES, Vocabulary

KINDS = ("entity", "type", "property")


def service_routes(of: Vocabulary) -> list[URLPattern]:
    """Return the routes of the service of a vocabulary."""
    n = of.name
    return [
        path(f"{n}/", Service.as_view(vocabulary=of), name=f"reconcile-{n}"),
        *(
            path(f"{n}/{part}/{kind}/", view.as_view(vocabulary=of), {"kind": kind})
            for part, view in (("suggest", Suggest), ("flyout", Flyout))
            for kind in KINDS
        ),
        path(f"{n}/preview/", Preview.as_view(vocabulary=of)),
        path(f"{n}/properties/", Properties.as_view(vocabulary=of)),
    ]


urlpatterns = [route for vocabulary in VOCABULARIES for route in service_routes(vocabulary)]
