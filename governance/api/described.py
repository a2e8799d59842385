"""How refusals appear in the OpenAPI document: under their status, as problem details, by code.
Describes only; `problems.py` decides."""

from collections import defaultdict
from typing import Any

from governance.api.problems import PROBLEM_MEDIA_TYPE, PROBLEM_TYPES

PROBLEM_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "Problem details (RFC 9457).",
    "type": "object",
    "required": ["type", "title", "status", "detail", "advice", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "what happened"},
        "advice": {"type": "string", "description": "what to do"},
        "code": {"type": "string", "enum": list(PROBLEM_TYPES)},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "problem"],
                "properties": {"field": {"type": "string"}, "problem": {"type": "string"}},
            },
        },
    },
}


def refuses(*codes: str) -> dict[str, Any]:
    """The documented refusals of an endpoint, for its `openapi_extra`; raises KeyError for an unknown code."""
    by_status: dict[int, list[str]] = defaultdict(list)
    for code in (*codes, "internal_error"):
        by_status[PROBLEM_TYPES[code].status].append(f"`{code}`")
    content = {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        "responses": {
            status: {"description": ", ".join(names), "content": content} for status, names in sorted(by_status.items())
        }
    }
