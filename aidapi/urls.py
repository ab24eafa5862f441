"""Root URL configuration."""

from django.contrib import admin
from django.urls import include, path

from aidapi import views

urlpatterns = [
    path("", include("records.site.urls")),
    path("docs/", views.Docs.as_view(), name="docs"),
    path("reference/", views.Reference.as_view(), name="reference"),
    path("api/v1/openapi.json", views.OpenApiJson.as_view(), name="openapi-json"),
    path("api/v1/openapi.yaml", views.OpenApiYaml.as_view(), name="openapi-yaml"),
    path("api/v1/", include("records.api.urls")),
    path("livez", views.Live.as_view(), name="livez"),
    path("readyz", views.Ready.as_view(), name="readyz"),
    path("metrics", views.Metrics.as_view(), name="metrics"),
    path("admin/", admin.site.urls),
]

handler400 = "aidapi.errors.bad_request"
handler403 = "aidapi.errors.permission_denied"
handler404 = "aidapi.errors.page_not_found"
handler500 = "aidapi.outcomes.server_error"
