"""Versions at the door: submit one, follow it, take it back."""

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from ninja import Path, Router

from governance import tasks
from governance.api.auth import PublisherToken, TokenRequest, calling_publisher
from governance.api.bodies import ARCHIVE_MEDIA_TYPES, announced_bytes, read_chunks, require_archive_type
from governance.api.described import refuses
from governance.api.problems import PROBLEM_TYPES
from governance.api.schemas import SubmissionOut, VersionAddress, VersionOut, VersionStatusOut
from governance.api.version_page import describe_version
from governance.flows.submission import withdraw_version, yank_version
from governance.request_ids import current_request_id
from plugins.models import Version
from plugins.queries import find_version
from plugins.submissions import receive_upload, submit_version

router = Router(tags=["versions"], auth=PublisherToken())
VERSION_PATH = "/publishers/{publisher}/plugins/{plugin}/versions/{version}"
TOKEN_REFUSALS = ("token_invalid", "token_of_another_party")
ADDRESS_REFUSALS = (*TOKEN_REFUSALS, "request_invalid", "unknown_plugin", "unknown_version")
UPLOAD_REFUSALS = (
    *TOKEN_REFUSALS,
    "content_type_unsupported",
    "upload_too_large",
    "upload_empty",
    "upload_truncated",
    "manifest_missing",
    "manifest_invalid",
    *(code for code in PROBLEM_TYPES if code.startswith("archive_")),
    "publisher_suspended",
    "plugin_owned_by_another",
    "version_exists",
    "version_blocked",
)
ARCHIVE_BODY = {
    "required": True,
    "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in ARCHIVE_MEDIA_TYPES},
}


@router.post(
    "/versions",
    response={202: SubmissionOut},
    openapi_extra={"requestBody": ARCHIVE_BODY, **refuses(*UPLOAD_REFUSALS)},
)
def submit(request: TokenRequest, response: HttpResponse) -> SubmissionOut:
    """Submit an archive as a new version: the body is the archive's bytes. The scan follows; ask the status URL."""
    calling_publisher(request)
    require_archive_type(request)
    upload = receive_upload(read_chunks(request), into=settings.UPLOAD_DIR, expected_bytes=announced_bytes(request))
    request_id = current_request_id()
    version = submit_version(upload, token=request.auth, request_id=request_id, now=timezone.now())
    tasks.wake(tasks.screen_version, version.pk)
    response["Location"] = _status_url(version)
    return SubmissionOut(
        publisher=version.plugin.publisher.slug,
        plugin=version.plugin.name,
        version=version.number,
        status=version.status,
        status_url=_status_url(version),
        sha256=upload.sha256,
        request_id=request_id,
    )


@router.get(VERSION_PATH, response=VersionOut, by_alias=True, openapi_extra=refuses(*ADDRESS_REFUSALS))
def show_version(request: TokenRequest, address: Path[VersionAddress]) -> VersionOut:
    """Show where one of your versions stands and why, what was found in it, and every move it made."""
    return describe_version(_own_version(request, address))


@router.post(
    VERSION_PATH + "/withdraw",
    response=VersionStatusOut,
    openapi_extra=refuses(*ADDRESS_REFUSALS, "illegal_move"),
)
def withdraw(request: TokenRequest, address: Path[VersionAddress]) -> VersionStatusOut:
    """Take back a version that is not published yet."""
    version = _own_version(request, address)
    withdraw_version(version, actor=_actor(request), now=timezone.now())
    return _status_of(version)


@router.post(
    VERSION_PATH + "/yank",
    response=VersionStatusOut,
    openapi_extra=refuses(*ADDRESS_REFUSALS, "illegal_move"),
)
def yank(request: TokenRequest, address: Path[VersionAddress]) -> VersionStatusOut:
    """Stop offering a published version; bots that run it keep it."""
    version = _own_version(request, address)
    yank_version(version, actor=_actor(request), now=timezone.now())
    return _status_of(version)


def _own_version(request: TokenRequest, address: VersionAddress) -> Version:
    publisher = calling_publisher(request, slug=address.publisher)
    return find_version(publisher.slug, address.plugin, address.version)


def _actor(request: TokenRequest) -> str:
    return f"publisher:{calling_publisher(request).slug}"


def _status_of(version: Version) -> VersionStatusOut:
    version.refresh_from_db(fields=["status"])
    plugin = version.plugin
    return VersionStatusOut(
        publisher=plugin.publisher.slug, plugin=plugin.name, version=version.number, status=version.status
    )


def _status_url(version: Version) -> str:
    plugin = version.plugin
    address = {"publisher": plugin.publisher.slug, "plugin": plugin.name, "version": version.number}
    return reverse("api:show_version", kwargs=address)
