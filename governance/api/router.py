"""The API under /api/v1: one file a subject, one way to refuse."""

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from governance.api import catalogue, owner, publishers, reports, runtime, submissions, takedowns, tenants
from governance.api.described import PROBLEM_SCHEMA
from governance.api.handlers import install_handlers


class GovernanceApi(NinjaAPI):
    """Documents problem details once, for every endpoint to point at."""

    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**kwargs)
        schema["components"]["schemas"]["Problem"] = PROBLEM_SCHEMA
        return schema


api = GovernanceApi(
    title="Nexus Governance",
    version="1",
    description="Submit plugins, follow their verdicts, run the kill switch, report abuse.",
    urls_namespace="api",
)
install_handlers(api)
api.add_router("/publishers", publishers.router)
api.add_router("", submissions.router)
api.add_router("/catalogue", catalogue.router)
api.add_router("/runtime", runtime.router)
api.add_router("/tenant", tenants.router)
api.add_router("/reports", reports.router)
api.add_router("/takedowns", takedowns.router)
api.add_router("/owner", owner.router)
