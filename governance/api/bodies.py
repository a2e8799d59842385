"""How request bodies are read: JSON only up to a limit, uploads only as a stream.
Never keeps a body in memory that was not bounded first."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, Protocol, cast

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]  # it ships no types

from governance.api.errors import ContentTypeUnsupported
from governance.api.handlers import answer_problem
from plugins.errors import UploadTruncated

JSON_MAX_BYTES = 64 * 1024
CHUNK_BYTES = 64 * 1024
ARCHIVE_MEDIA_TYPES = ("application/zip", "application/gzip", "application/octet-stream")

View = Callable[..., HttpResponse]


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def limit_json_body(view: View) -> View:
    """Refuse a body over JSON_MAX_BYTES by its announced length, before a byte of it is read.

    A body without a length reads as empty: Django gives JSON views no unannounced bytes.
    """

    @wraps(view)
    def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        announced = announced_bytes(request)
        if announced is not None and announced > JSON_MAX_BYTES:
            return answer_problem(
                "body_too_large", detail=f"{announced} bytes announced; the limit is {JSON_MAX_BYTES}"
            )
        return view(request, *args, **kwargs)

    return limited


def require_archive_type(request: HttpRequest) -> None:
    """Raise ContentTypeUnsupported unless the body is announced as an archive or as plain bytes."""
    if request.content_type not in ARCHIVE_MEDIA_TYPES:
        raise ContentTypeUnsupported(f"{request.content_type or 'no media type'} was sent")


def announced_bytes(request: HttpRequest) -> int | None:
    """The body's announced length in bytes, or None for a chunked body."""
    announced = request.META.get("CONTENT_LENGTH") or ""
    return int(announced) if announced.isascii() and announced.isdigit() else None


def read_chunks(request: HttpRequest) -> Iterator[bytes]:
    """Yield the body piece by piece; raises UploadTruncated when the connection or its framing breaks."""
    source = _body_of(request)
    while True:
        try:
            chunk = source.read(CHUNK_BYTES)
        except (OSError, ParseException) as error:
            raise UploadTruncated("the connection ended before the body did; send the archive again") from error
        if not chunk:
            return
        yield chunk


def _body_of(request: HttpRequest) -> Readable:
    """Django hides a body without a length; the server's own stream ends by itself where it says so."""
    environ = cast(WSGIRequest, request).environ
    if announced_bytes(request) is None and environ.get("wsgi.input_terminated"):
        return cast(Readable, environ["wsgi.input"])
    return cast(Readable, request)
