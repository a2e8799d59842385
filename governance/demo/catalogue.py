"""What is submitted: real open-source distributions repacked as plugins, and the project's own samples.

Reads installed files as bytes and as syntax; never imports or runs any of them."""

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path, PurePosixPath

from governance.demo.errors import SamplesMissing
from governance.demo.packing import Kind, pack

MANIFEST = "nexus-plugin.toml"
REAL_COUNT = 22
REAL_AT_LEAST = 20
FILES_MAX = 60
SOURCE_BYTES_MAX = 400_000
TITLE_CHARACTERS = 80
DESCRIPTION_CHARACTERS = 400

# Small, pure Python, and among what the platform itself depends on, so that every installation has them.
PREFERRED = (
    "annotated-types",
    "asgiref",
    "atpublic",
    "bracex",
    "click-didyoumean",
    "click-option-group",
    "click-repl",
    "colorama",
    "django-csp",
    "django-environ",
    "exceptiongroup",
    "fasteners",
    "h11",
    "httpx-sse",
    "importlib-metadata",
    "jmespath",
    "mdurl",
    "python-dotenv",
    "python-multipart",
    "referencing",
    "semantic-version",
    "six",
    "sse-starlette",
    "typing-inspection",
    "tzlocal",
    "vine",
    "whitenoise",
    "zipp",
)
_LICENSE_FILE = re.compile(r"(LICEN[CS]E|COPYING|NOTICE)[^/]*", re.IGNORECASE)
_NAME_LINE = re.compile(r'^name = "([a-z0-9-]+)"', re.MULTILINE)
_VERSION_LINE = re.compile(r'^version = "([^"]+)"', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Archive:
    """One archive to be submitted, with the names its manifest gives it; `source` is what it was made from."""

    plugin: str
    version: str
    source: str
    kind: Kind
    data: bytes

    @property
    def media_type(self) -> str:
        """How the upload is announced."""
        return "application/gzip" if self.kind is Kind.TAR_GZ else "application/zip"


def repack_distributions(*, suffix: str, count: int = REAL_COUNT) -> list[Archive]:
    """The first `count` of PREFERRED that are installed and small, as archives .zip and .tar.gz in turn.

    Raises SamplesMissing when fewer than REAL_AT_LEAST are there.
    """
    found: list[tuple[metadata.Distribution, dict[str, bytes]]] = []
    for name in PREFERRED:
        contents = _read_distribution(name)
        if contents is not None and len(found) < count:
            found.append((metadata.distribution(name), contents))
    if len(found) < min(count, REAL_AT_LEAST):
        raise SamplesMissing(f"only {len(found)} of {REAL_AT_LEAST} real distributions are installed")
    return [
        _repack(distribution, contents=contents, suffix=suffix, kind=list(Kind)[index % len(Kind)])
        for index, (distribution, contents) in enumerate(found)
    ]


def pack_samples(folder: Path, *, suffix: str) -> list[Archive]:
    """Every sample of `folder` (one folder each, with a manifest) as an archive, its name made this run's own.

    Raises SamplesMissing.
    """
    manifests = sorted(folder.glob(f"*/{MANIFEST}"))
    if not manifests:
        raise SamplesMissing(f"there are no samples in {folder}: play the story from a checkout")
    return [_pack_sample(manifest.parent, suffix=suffix) for manifest in manifests]


def _pack_sample(folder: Path, *, suffix: str) -> Archive:
    contents = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    manifest = contents[MANIFEST].decode("utf-8")
    name, version = _NAME_LINE.search(manifest), _VERSION_LINE.search(manifest)
    if name is None or version is None:
        raise SamplesMissing(f"the manifest of {folder.name} has no name or no version")
    plugin = f"{name[1]}-{suffix}"
    contents[MANIFEST] = _NAME_LINE.sub(f'name = "{plugin}"', manifest, count=1).encode()
    return Archive(plugin, version[1], folder.name, Kind.ZIP, pack(contents, kind=Kind.ZIP))


def _read_distribution(name: str) -> dict[str, bytes] | None:
    """A distribution's files by their place in the archive; None when it is not installed, or not small."""
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return None
    contents = {}
    for file in distribution.files or []:
        place = _place_of(PurePosixPath(file.as_posix()))
        located = Path(str(file.locate()))
        if place is not None and located.is_file():
            contents[place] = located.read_bytes()
    is_small = 0 < len(contents) <= FILES_MAX and sum(map(len, contents.values())) <= SOURCE_BYTES_MAX
    return contents if is_small and _find_entry_point(contents) else None


def _place_of(file: PurePosixPath) -> str | None:
    """Where a file goes in the archive; None for what an installer added or keeps for itself."""
    if file.is_absolute() or ".." in file.parts or "__pycache__" in file.parts:
        return None
    if file.parts[0].endswith(".dist-info"):
        # The license travels with what it is for; the rest of this folder is the installer's.
        return f"licenses/{file.name}" if _LICENSE_FILE.fullmatch(file.name) else None
    return file.as_posix()


def _repack(distribution: metadata.Distribution, *, contents: Mapping[str, bytes], suffix: str, kind: Kind) -> Archive:
    described = distribution.metadata.json
    name = str(described["name"])
    plugin = f"{re.sub('[^a-z0-9]+', '-', name.lower())}-{suffix}"
    version = _semantic_version(distribution.version)
    manifest = _write_manifest(
        plugin=plugin,
        title=name,
        version=version,
        description=str(described.get("summary") or name),
        license_expression=str(described.get("license_expression") or "LicenseRef-in-the-archive"),
        entry_point=_find_entry_point(contents),
    )
    packed = pack({**contents, MANIFEST: manifest.encode()}, kind=kind)
    return Archive(plugin, version, f"{name} {distribution.version}", kind, packed)


def _semantic_version(version: str) -> str:
    """The first three numbers of a Python version (PEP 440), as Semantic Versioning 2.0.0 writes them."""
    numbers = [str(int(number)) for number in re.findall(r"\d+", version)[:3]]
    return ".".join([*numbers, "0", "0"][:3])


def _write_manifest(
    *, plugin: str, title: str, version: str, description: str, license_expression: str, entry_point: str
) -> str:
    lines = [
        "[plugin]",
        f'name = "{plugin}"',
        f"title = {_quote(title, TITLE_CHARACTERS)}",
        f'version = "{version}"',
        'runtime = "python"',
        f"license = {_quote(license_expression, DESCRIPTION_CHARACTERS)}",
        f"description = {_quote(description, DESCRIPTION_CHARACTERS)}",
        "[[nodes]]",
        'id = "main"',
        f"title = {_quote(title, TITLE_CHARACTERS)}",
        f'entry_point = "{entry_point}"',
        "[permissions]",
        *(f"{name} = []" for name in ("network", "environment", "secrets", "user_data")),
        'filesystem = "none"',
        "subprocess = false",
        "[analytics]",
        "consent_required = false",
    ]
    return "\n".join(lines) + "\n"


def _quote(text: str, characters: int) -> str:
    plain = "".join(character for character in " ".join(text.split()) if " " <= character <= "~")
    escaped = plain[:characters].replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _find_entry_point(contents: Mapping[str, bytes]) -> str:
    """The first public function or class of the modules nearest to the root; empty when there is none."""
    modules = [path for path in contents if path.endswith(".py")]
    for path in sorted(modules, key=lambda path: (path.count("/"), path)):
        module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        is_importable = all(part.isidentifier() for part in module.split("."))
        name = _first_public_name(contents[path]) if is_importable else ""
        if name:
            return f"{module}:{name}"
    return ""


def _first_public_name(source: bytes) -> str:
    try:
        body: Iterable[ast.stmt] = ast.parse(source).body
    except (SyntaxError, ValueError):
        return ""
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    names = (node.name for node in body if isinstance(node, kinds))
    return next((name for name in names if not name.startswith("_") and name.isascii()), "")
