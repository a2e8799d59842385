"""Turns every refusal under /api/ into problem details: our own errors, the framework's, and Django's HTML pages.
Never shows an internal error's words, and never repeats a caller's input."""

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from governance.api.problems import INTERNAL_ERROR, PROBLEM_MEDIA_TYPE, build_problem, find_problem_type
from governance.errors import GovernanceError
from governance.request_ids import current_request_id
from plugins.errors import CatalogueError, ManifestRefused
from scanners.errors import ScannerError

API_PREFIX = "/api/"
CODES_BY_STATUS: Mapping[int, str] = {
    400: "bad_request",
    401: "token_invalid",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "content_type_unsupported",
}

log = logging.getLogger(__name__)


def answer_problem(code: str, *, detail: str = "", **extra: Any) -> HttpResponse:
    """Answer with the problem details of a code."""
    problem = build_problem(
        code, detail=detail, public_url=settings.PUBLIC_URL, request_id=current_request_id(), extra=extra
    )
    response = JsonResponse(problem, status=problem["status"], content_type=PROBLEM_MEDIA_TYPE)
    if problem["status"] == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Bearer realm="nexus-governance"'  # RFC 6750, section 3
    return response


def install_handlers(api: NinjaAPI) -> None:
    """Give the API one answer for each family of errors."""
    for family, handler in HANDLERS.items():
        api.add_exception_handler(family, handler)


def dress_response(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Replace an error page of Django's under /api/ by problem details; leave every other answer as it is."""
    is_error = response.status_code >= HTTPStatus.BAD_REQUEST
    if not is_error or not request.path.startswith(API_PREFIX):
        return response
    if response.headers.get("Content-Type") == PROBLEM_MEDIA_TYPE:
        return response
    dressed = answer_problem(CODES_BY_STATUS.get(response.status_code, INTERNAL_ERROR))
    if "Allow" in response.headers:
        dressed["Allow"] = response.headers["Allow"]
    return dressed


def _answer_refusal(request: HttpRequest, error: CatalogueError | GovernanceError | ScannerError) -> HttpResponse:
    if find_problem_type(error.code).status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("request_failed", exc_info=error, extra={"code": error.code})
    if isinstance(error, ManifestRefused):
        named = [
            {"field": item.key, "problem": f"found {item.found}, expected {item.expected}"} for item in error.problems
        ]
        return answer_problem(error.code, detail=str(error), errors=named)
    return answer_problem(error.code, detail=str(error))


def _answer_validation(request: HttpRequest, error: ValidationError) -> HttpResponse:
    named = [{"field": _field_of(item["loc"]), "problem": str(item["msg"])} for item in error.errors]
    fields = ", ".join(item["field"] for item in named)
    return answer_problem("request_invalid", detail=f"wrong: {fields}", errors=named)


def _answer_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    # The framework raises a bare 400 for one thing only: a body that json.loads refuses.
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return answer_problem("json_invalid", detail="the body could not be parsed as JSON")
    return answer_problem(CODES_BY_STATUS.get(error.status_code, INTERNAL_ERROR))


def _answer_authentication(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return answer_problem("token_invalid", detail="no bearer token came with the request")


def _answer_not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return answer_problem("not_found")


def _answer_too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return answer_problem("body_too_large")


def _answer_suspicious(request: HttpRequest, error: SuspiciousOperation) -> HttpResponse:
    return answer_problem("bad_request")


def _answer_unreadable(request: HttpRequest, error: UnreadablePostError) -> HttpResponse:
    return answer_problem("bad_request", detail="the connection ended before the body did; send it again")


def _answer_fault(request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("request_failed", exc_info=error, extra={"code": INTERNAL_ERROR})
    return answer_problem(INTERNAL_ERROR)


def _field_of(location: tuple[str | int, ...]) -> str:
    """Name a field as the caller knows it: where it stands, without the framework's own parameter name."""
    source, *rest = location
    names = rest[1:] if source == "body" and len(rest) > 1 else rest
    return ".".join(str(part) for part in [source, *names])


HANDLERS: Mapping[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
    CatalogueError: _answer_refusal,
    GovernanceError: _answer_refusal,
    ScannerError: _answer_refusal,
    ValidationError: _answer_validation,
    HttpError: _answer_http_error,
    AuthenticationError: _answer_authentication,
    Http404: _answer_not_found,
    RequestDataTooBig: _answer_too_big,
    SuspiciousOperation: _answer_suspicious,
    UnreadablePostError: _answer_unreadable,
    Exception: _answer_fault,
}
