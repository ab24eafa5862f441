"""Root URL configuration."""

from django.contrib import admin
from django.urls import include, path

from aidapi import views
from records.site.preview import RecordPreview

urlpatterns = [
    # First what is requested most: every pattern before it costs each request.
    path("api/v1/", include("records.api.urls")),
    path("", include("records.site.urls")),
    path("docs/", views.Docs.as_view(), name="docs"),
    path("reference/", views.Reference.as_view(), name="reference"),
    path("api/v1/openapi.json", views.OpenApiJson.as_view(), name="openapi-json"),
    path("api/v1/openapi.yaml", views.OpenApiYaml.as_view(), name="openapi-yaml"),
    path("api/v1/openapi.slim.json", views.OpenApiSlim.as_view(), name="openapi-slim"),
    path("releases/", include("records.releases.urls")),
    path("reconcile/", include("records.reconciliation.urls")),
    path("livez", views.Live.as_view(), name="livez"),
    path("readyz", views.Ready.as_view(), name="readyz"),
    path("metrics", views.Metrics.as_view(), name="metrics"),
    # What it shows is of the site, who may see it is known to the admin.
    path(
        "admin/preview/<slug:id>/v<int:version>/",
        admin.site.admin_view(RecordPreview.as_view()),
        name="record-preview",
    ),
    path("admin/", admin.site.urls),
]

handler400 = "aidapi.outcomes.bad_request"
handler403 = "aidapi.errors.permission_denied"
handler404 = "aidapi.errors.page_not_found"
handler500 = "aidapi.outcomes.server_error"
