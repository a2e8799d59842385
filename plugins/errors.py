"""What can be wrong with something handed to the catalogue; each with a stable code and a way out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


class CatalogueError(Exception):
    """The catalogue refused; the message says what to do instead."""

    code: ClassVar[str] = "catalogue_error"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a manifest: the key, what was found there, what is expected."""

    key: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.key}: found {self.found}, expected {self.expected}"


class ManifestRefused(CatalogueError):
    """The manifest breaks its schema or names something that is not there."""

    code = "manifest_invalid"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems))


class ManifestMissing(CatalogueError):
    """The archive has no nexus-plugin.toml at its root; add one."""

    code = "manifest_missing"


class UploadTooLarge(CatalogueError):
    """The upload is larger than the engine's limit."""

    code = "upload_too_large"


class UploadEmpty(CatalogueError):
    """The upload has no bytes; send the archive as the request's body."""

    code = "upload_empty"


class UploadTruncated(CatalogueError):
    """Fewer bytes arrived than were announced; send it again."""

    code = "upload_truncated"


class PublisherSuspended(CatalogueError):
    """The publisher is suspended and cannot submit; appeal the suspension."""

    code = "publisher_suspended"


class PluginOwnedByAnother(CatalogueError):
    """The plugin's name belongs to another publisher; choose another name."""

    code = "plugin_owned_by_another"


class VersionExists(CatalogueError):
    """This version number was used before and is never reused; raise it."""

    code = "version_exists"


class VersionBlocked(CatalogueError):
    """The blocklist covers this plugin's version or artifact."""

    code = "version_blocked"


class VersionUnavailable(CatalogueError):
    """The version exists and is not offered for installation."""

    code = "version_unavailable"


class IllegalMove(CatalogueError):
    """The version's status does not allow this move."""

    code = "illegal_move"


class NameHeld(CatalogueError):
    """A name is passed on only when nothing under it can be offered any more."""

    code = "plugin_name_held"


class UnknownPlugin(CatalogueError):
    """No such plugin of that publisher."""

    code = "unknown_plugin"


class UnknownVersion(CatalogueError):
    """The plugin has no such version."""

    code = "unknown_version"


class UnknownBot(CatalogueError):
    """No such bot; enrol it first."""

    code = "unknown_bot"


class BotKeyInvalid(CatalogueError):
    """The public key is not 32 bytes of base64 (raw Ed25519)."""

    code = "bot_key_invalid"


class BotKeyUsed(CatalogueError):
    """The public key belongs to another bot; each bot makes its own."""

    code = "bot_key_used"


class InstallationTimeInvalid(CatalogueError):
    """The reported time lies in the future or before the bot's enrolment."""

    code = "installation_time_invalid"


class ArtifactCorrupt(CatalogueError):
    """The stored artifact's bytes no longer match its digest."""

    code = "artifact_corrupt"
