"""Fetches named distributions from the registries their own clients are configured for, checked by hash.

Never builds, installs or runs any of them, and asks for nothing that is not named in distributions.toml.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pip._internal.exceptions import PipError
from pip._internal.index.collector import LinkCollector
from pip._internal.index.package_finder import PackageFinder
from pip._internal.models.index import PyPI
from pip._internal.models.search_scope import SearchScope
from pip._internal.models.selection_prefs import SelectionPreferences
from pip._internal.network.session import PipSession

NAMES: Final = Path(__file__).with_name("distributions.toml")
SECONDS: Final = 60  # for one answer of a registry
DISTRIBUTION_BYTES: Final = 50 * 1024 * 1024  # what the engine accepts of one artifact
WHEEL: Final = "wheel"
SOURCE: Final = "source"
NPM: Final = "npm"
REFUSALS: Final = 3  # in a row


@dataclass(frozen=True, slots=True)
class Names:
    """What is fetched: by stratum, the names for pip and for npm."""

    ordinary: tuple[str, ...]
    system: tuple[str, ...]
    ordinary_npm: tuple[str, ...]
    system_npm: tuple[str, ...]


class RegistryUnreachable(Exception):
    """The registry gave no answer, so that nothing new can be fetched from it."""


def read_names() -> Names:
    """Return the names that are written down beside this file."""
    table = tomllib.loads(NAMES.read_text(encoding="utf-8"))
    return Names(**{name: tuple(table[name]) for name in ("ordinary", "system", "ordinary_npm", "system_npm")})


@dataclass(frozen=True, slots=True)
class Wish:
    """One distribution to be had in one form."""

    name: str
    form: str
    folder: Path


def fetch_all(into: Path) -> Iterator[str]:
    """Fetch everything that is not there yet, and yield a sentence for each name that could not be had.

    Gives up after a few refusals in a row: then the registry is not there at all.
    """
    refused = 0
    finder = Finder()
    for wish in list_wishes(into):
        wish.folder.mkdir(parents=True, exist_ok=True)
        try:
            fetch(wish, finder=finder)
            refused = 0
        except RegistryUnreachable as unreachable:
            refused += 1
            yield f"{wish.name} ({wish.form}): {unreachable}"
            if refused == REFUSALS:
                yield "the registry does not answer: what was fetched before is measured, and what is installed"
                return


def list_wishes(into: Path) -> Iterator[Wish]:
    """Yield every name in every form it is wanted in."""
    names = read_names()
    for stratum, chosen in (("ordinary", names.ordinary), ("system", names.system)):
        for name in chosen:
            for form in (WHEEL, SOURCE):
                yield Wish(name, form, into / stratum / form)
    for stratum, chosen in (("ordinary", names.ordinary_npm), ("system", names.system_npm)):
        for name in chosen:
            yield Wish(name, NPM, into / stratum / NPM)


def fetch(wish: Wish, *, finder: "Finder") -> None:
    """Fetch one distribution; raises RegistryUnreachable."""
    if wish.form == NPM:
        fetch_npm(wish.name, into=wish.folder)
    else:
        finder.fetch(wish.name, form=wish.form, into=wish.folder)


class Finder:
    """Asks the index that pip itself is configured for."""

    def __init__(self) -> None:
        index = read_index()
        self.session = PipSession(index_urls=[index], retries=1)
        scope = SearchScope.create(find_links=[], index_urls=[index], no_index=False)
        self.finder = PackageFinder.create(
            link_collector=LinkCollector(session=self.session, search_scope=scope),
            selection_prefs=SelectionPreferences(allow_yanked=False),
        )

    def fetch(self, name: str, *, form: str, into: Path) -> Path | None:
        """Return the newest wheel or source archive of a name, fetched unless it is there; None when there is none.

        Raises RegistryUnreachable, also for bytes whose hash is not the index's.
        """
        try:
            candidates = self.finder.find_all_candidates(name)
        except (PipError, OSError) as error:
            raise RegistryUnreachable(str(error)) from error
        wanted = [
            candidate.link
            for candidate in sorted(candidates, key=lambda item: item.version, reverse=True)
            if candidate.link.is_wheel == (form == WHEEL) and not candidate.version.is_prerelease
        ]
        link = next((link for link in wanted if link.filename.endswith((".whl", ".tar.gz", ".zip"))), None)
        if link is None:
            return None
        target = into / link.filename
        if not target.exists():
            self.save(link, target=target)
        return target

    def save(self, link: Any, *, target: Path) -> None:
        """Write one file of the index once its hash has been checked; raises RegistryUnreachable."""
        try:
            answer = self.session.get(link.url_without_fragment, timeout=SECONDS)
            answer.raise_for_status()
        except OSError as error:
            raise RegistryUnreachable(str(error)) from error
        hashes = link.as_hashes()
        if not hashes:
            raise RegistryUnreachable("the index names no hash")
        try:
            hashes.check_against_chunks(iter([answer.content]))
        except PipError as mismatch:
            raise RegistryUnreachable("the bytes are not those of the index") from mismatch
        if len(answer.content) <= DISTRIBUTION_BYTES:
            target.write_bytes(answer.content)


def read_index() -> str:
    """Return the address of the index that pip is configured for, by a variable, a file, or its own choice."""
    if named := os.environ.get("PIP_INDEX_URL"):
        return named
    command = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    configured = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False).stdout.strip()
    return configured or str(PyPI.simple_url)


def fetch_npm(name: str, *, into: Path) -> None:
    """Pack one distribution with npm, whose client checks the hash; raises RegistryUnreachable."""
    npm = shutil.which("npm")
    if npm is None:
        raise RegistryUnreachable("npm is not installed")
    if any(into.glob(f"{name.removeprefix('@').replace('/', '-')}-[0-9]*.tgz")):
        return
    command = [npm, "pack", "--ignore-scripts", "--silent", name]
    try:
        subprocess.run(command, cwd=into, capture_output=True, timeout=SECONDS, check=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise RegistryUnreachable(f"npm pack: {error}") from error


def list_fetched(into: Path) -> Iterable[tuple[str, Path]]:
    """Yield stratum and folder of everything that has been fetched."""
    for stratum in ("ordinary", "system"):
        for form in (WHEEL, SOURCE, NPM):
            folder = into / stratum / form
            if folder.is_dir() and any(folder.iterdir()):
                yield f"{stratum} ({form})", folder
