"""One id and one log line a request: bound before anything else runs, answered as X-Request-Id.
Never logs a body, a header, a query string, or the part of a path a caller chose."""

import logging
import time
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from governance.api.handlers import dress_response
from governance.request_ids import accept_request_id, bind_request_id

REQUEST_ID_HEADER = "X-Request-Id"

log = logging.getLogger(__name__)


class RequestIdMiddleware:
    """Outermost: whatever answers further in carries the id, also a refusal of Django's own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = accept_request_id(request.headers.get(REQUEST_ID_HEADER))
        started = time.perf_counter()
        with bind_request_id(request_id):
            response = dress_response(request, self.get_response(request))
            log.info(
                "request",
                extra={
                    "method": request.method,
                    "route": _route_of(request),
                    "status": response.status_code,
                    "milliseconds": round((time.perf_counter() - started) * 1000, 1),
                },
            )
        response[REQUEST_ID_HEADER] = request_id
        return response


def _route_of(request: HttpRequest) -> str:
    """The pattern that matched, never the path: a path may hold a tracking id."""
    match = request.resolver_match
    return match.route if match is not None else "unmatched"
