"""Every address of the web process: the API, the reviewers' desk, health, and the page that explains errors."""

from django.urls import path

from governance.admin.site import desk
from governance.api.error_page import show_errors
from governance.api.health import show_alive, show_ready
from governance.api.metrics import show_metrics
from governance.api.report_pages import show_form, show_status
from governance.api.router import api

urlpatterns = [
    path("admin/", desk.urls),
    path("api/v1/", api.urls),
    path("report/", show_form, name="report_form"),
    path("report/<uuid:tracking_id>", show_status, name="report_status"),
    path("docs/errors", show_errors, name="errors"),
    path("healthz", show_alive, name="healthz"),
    path("readyz", show_ready, name="readyz"),
    path("metrics", show_metrics, name="metrics"),
]
