"""What the catalogue offers: the digest a version's bytes must have, and where on the platform's own host they are.
Believes the platform's word only as far as its TLS goes; the digest is then held against the bytes."""

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from .errors import AnswerRefused, InstallRefused
from .moments import format_moment
from .outbox import read_answer, read_code
from .state import Installed
from .transport import Transport

CATALOGUE_PATH = "/api/v1/catalogue/"
MAX_OFFER_BYTES = 64 * 1024
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Offer:
    """A published version as it would be installed now, and the path of its bytes."""

    installed: Installed
    download_path: str


def find_offer(transport: Transport, *, publisher: str, plugin: str, version: str, now: datetime) -> Offer:
    """Look a published version up; raises InstallRefused, AnswerRefused or another PlatformError."""
    parts = (quote(part, safe="") for part in (publisher, plugin, version))
    path = "{}{}/{}/versions/{}".format(CATALOGUE_PATH, *parts)
    answer = transport.get(path, max_bytes=MAX_OFFER_BYTES)
    if 400 <= answer.status < 500:
        code = read_code(answer)
        raise InstallRefused(f"{plugin} {version} of {publisher} is not offered: {code}", reason=code)
    if answer.status != 200:
        raise AnswerRefused(f"the catalogue answered with status {answer.status}")
    values = read_answer(answer)
    if [values.get(name) for name in ("publisher", "plugin", "version")] != [publisher, plugin, version]:
        raise AnswerRefused("the catalogue answered about another version")
    digest, download_path = values.get("artifact_sha256"), values.get("download_url")
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest) or not isinstance(download_path, str):
        raise AnswerRefused("the catalogue's answer lacks artifact_sha256 or download_url")
    return Offer(Installed(publisher, plugin, version, digest, format_moment(now)), download_path)
