"""Turns ARTIFACT_STORAGE into Django's storage setting: a folder, or `s3://bucket/prefix`.
Artifacts are content-addressed, so a file that exists is never overwritten with another content."""

from typing import Any
from urllib.parse import urlsplit


def artifact_storage(location: str) -> dict[str, Any]:
    """Return the STORAGES entry for `location`; credentials for S3 come from the environment, as boto3 reads them."""
    address = urlsplit(location)
    if address.scheme != "s3":
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {
                "location": location,
                "file_permissions_mode": 0o600,
                "directory_permissions_mode": 0o700,
            },
        }
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": address.netloc,
            "location": address.path.lstrip("/"),
            "default_acl": None,
            "file_overwrite": True,
            "querystring_auth": True,
        },
    }
