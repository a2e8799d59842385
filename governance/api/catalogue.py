"""The published catalogue at the door: what may be installed, and its bytes. Public; shows nothing unpublished."""

import base64

from django.http import FileResponse, HttpRequest
from django.urls import reverse
from ninja import Path, Router

from governance.api.described import refuses
from governance.api.schemas import InstallableOut, PublishedOut, VersionAddress
from plugins.models import Version
from plugins.queries import list_published, published_version
from plugins.storage import open_artifact

router = Router(tags=["catalogue"])
ADDRESS_REFUSALS = (
    "request_invalid",
    "unknown_plugin",
    "unknown_version",
    "version_blocked",
    "version_unavailable",
)
ARTIFACT_ANSWER = {
    "description": "the archive's bytes",
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}


@router.get("", response=list[PublishedOut], openapi_extra=refuses())
def show_catalogue(request: HttpRequest) -> list[PublishedOut]:
    """List every published version."""
    return [
        PublishedOut(
            publisher=version.plugin.publisher.slug,
            plugin=version.plugin.name,
            version=version.number,
            title=version.plugin.title,
            runtime=version.manifest["plugin"]["runtime"],
            artifact_sha256=version.artifact_id,
        )
        for version in list_published()
    ]


@router.get(
    "/{publisher}/{plugin}/versions/{version}",
    response=InstallableOut,
    openapi_extra=refuses(*ADDRESS_REFUSALS),
)
def show_published(request: HttpRequest, address: Path[VersionAddress]) -> InstallableOut:
    """Show one published version: its digest, the permissions it declares, and where its bytes are."""
    version = _published(address)
    return InstallableOut(
        publisher=address.publisher,
        plugin=address.plugin,
        version=version.number,
        artifact_sha256=version.artifact_id,
        size_bytes=version.artifact.size_bytes,
        permissions=version.manifest["permissions"],
        download_url=reverse("api:download_artifact", kwargs=address.model_dump()),
    )


@router.get(
    "/{publisher}/{plugin}/versions/{version}/artifact",
    openapi_extra={"responses": {200: ARTIFACT_ANSWER, **refuses(*ADDRESS_REFUSALS)["responses"]}},
)
def download_artifact(request: HttpRequest, address: Path[VersionAddress]) -> FileResponse:
    """Send the archive's bytes, with their digest (RFC 9530) for the runtime to check."""
    artifact = _published(address).artifact
    response = FileResponse(
        open_artifact(artifact),
        as_attachment=True,
        filename=f"{address.plugin}-{address.version}.nxp",
        content_type="application/octet-stream",
    )
    response["Content-Length"] = str(artifact.size_bytes)
    response["Repr-Digest"] = f"sha-256=:{base64.b64encode(bytes.fromhex(artifact.sha256)).decode()}:"
    return response


def _published(address: VersionAddress) -> Version:
    return published_version(address.publisher, address.plugin, address.version)
