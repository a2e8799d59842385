"""Decides whether a member's name may be trusted, and whether two names could mean one file.

Names are kept for display and for engines' findings; nothing is ever written under one.
"""

import unicodedata
from dataclasses import dataclass, field

from scanners import limits
from scanners.errors import ArchiveRefused

RESERVED = frozenset(
    [
        "con",
        "prn",
        "aux",
        "nul",
        "conin$",
        "conout$",
        *(f"{port}{n}" for port in ("com", "lpt") for n in "123456789¹²³"),
    ]
)


def decode_name(raw: bytes) -> str:
    """Return the name as text; raises ArchiveRefused when it is not UTF-8."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise ArchiveRefused("archive_name_encoding", f"name {raw[:80]!r} is not valid UTF-8") from None


def check_name(name: str) -> str:
    """Return the clean relative path of a member ("" for the root itself); raises ArchiveRefused."""
    if name.startswith("/"):
        raise ArchiveRefused("archive_path_absolute", f"{name!r} is an absolute path")
    if "\\" in name:
        raise ArchiveRefused("archive_name_unsafe", f"{name!r} holds a backslash; zip files separate folders by /")
    if ":" in name or "!/" in name:
        # We write "lib.zip!/a.py" for a file inside an archive inside the artifact.
        raise ArchiveRefused("archive_name_unsafe", f"{name!r} holds a colon, or an exclamation mark before a slash")
    if len(name.encode("utf-8")) > limits.PATH_BYTES:
        raise ArchiveRefused("archive_path_length", f"{name[:80]!r}... is over {limits.PATH_BYTES} bytes")
    # "./" in front is what tar writes for a folder packed from inside; it changes no meaning.
    parts = name.removeprefix("./").removesuffix("/").split("/")
    if parts in ([""], ["."]):
        return ""
    if len(parts) > limits.PATH_DEPTH:
        raise ArchiveRefused("archive_path_depth", f"{name[:80]!r} is over {limits.PATH_DEPTH} levels deep")
    for part in parts:
        check_component(part, name=name)
    return "/".join(parts)


def check_component(part: str, *, name: str) -> None:
    """Raise ArchiveRefused when one component would climb, vanish, or read differently than it is."""
    if part == "..":
        raise ArchiveRefused("archive_path_climbs", f"{name!r} climbs out of the archive")
    if part in ("", "."):
        raise ArchiveRefused("archive_name_unsafe", f"{name!r} has an empty component")
    if len(part.encode("utf-8")) > limits.NAME_BYTES:
        raise ArchiveRefused("archive_path_length", f"a component of {name[:80]!r} is too long")
    # Cc, Cf: control and direction marks make a name look like another one in a reviewer's list.
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in part):
        raise ArchiveRefused("archive_name_unsafe", f"{name!r} holds a control or direction character")
    # Windows drops trailing dots and spaces and gives device names a meaning: two names, one file.
    if part[-1] in ". " or part.split(".", maxsplit=1)[0].casefold() in RESERVED:
        raise ArchiveRefused("archive_name_unsafe", f"{name!r} means another file on Windows")


def fold_name(name: str) -> str:
    """Return what a case- and form-insensitive file system would compare."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


@dataclass
class SeenNames:
    """The names taken so far; `add` raises ArchiveRefused on the second claim to one place."""

    files: dict[str, str] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)
    listed_folders: set[str] = field(default_factory=set)

    def add(self, name: str, *, is_folder: bool) -> None:
        """Take a name; every folder above it is taken as well, in this spelling only."""
        parts = name.split("/")
        above = parts if is_folder else parts[:-1]
        for depth in range(1, len(above) + 1):
            self._take_folder("/".join(above[:depth]))
        if not is_folder:
            self._take_file(name)
        elif name in self.listed_folders:
            raise ArchiveRefused("archive_duplicate_name", f"folder {name!r} is listed twice")
        else:
            self.listed_folders.add(name)

    def _take_folder(self, name: str) -> None:
        folded = fold_name(name)
        known = self.folders.setdefault(folded, name)
        if known != name or folded in self.files:
            raise ArchiveRefused("archive_name_collision", f"{name!r} collides with {known!r}")

    def _take_file(self, name: str) -> None:
        folded = fold_name(name)
        known = self.files.get(folded) or self.folders.get(folded)
        if known == name and folded in self.files:
            raise ArchiveRefused("archive_duplicate_name", f"{name!r} appears twice")
        if known is not None:
            raise ArchiveRefused("archive_name_collision", f"{name!r} collides with {known!r}")
        self.files[folded] = name
