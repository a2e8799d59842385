"""The samples of all 43 techniques, packed as artifacts: committed ones as they are, binary ones built at test time.

A folder below `techniques/` is a technique; what stands in it is positive or a near miss, as its name says.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.samples import archives, technique_builds

FOLDER: Final = archives.SAMPLES / "techniques"
MANIFEST: Final = "nexus-plugin.toml"
POSITIVE: Final = "positive"
NEAR_MISS: Final = "near-miss"


@dataclass(frozen=True, slots=True)
class Sample:
    """One artifact in bytes; `needs_manifest` says that it brings one, so that it is scanned against it.

    `text` is everything its files hold, for a look at it without opening the artifact.
    """

    technique: str
    name: str
    data: bytes
    text: bytes
    is_positive: bool
    needs_manifest: bool

    @property
    def title(self) -> str:
        """Return how reports name it."""
        return f"{self.technique}/{self.name}"

    def write(self, into: Path) -> Path:
        """Write the artifact into a folder and return its path."""
        path = into / f"{self.technique}--{self.name}.zip"
        path.write_bytes(self.data)
        return path


def read_samples() -> tuple[Sample, ...]:
    """Return every sample, in the order of techniques and names; raises ValueError for one whose name says nothing."""
    return tuple(sorted((*read_committed(), *build_samples()), key=lambda sample: (sample.technique, sample.name)))


def read_committed() -> Iterator[Sample]:
    """Yield the samples that stand in the repository; one file alone becomes a plugin of one file."""
    for folder in sorted(FOLDER.iterdir()):
        for entry in sorted(folder.iterdir()):
            if entry.is_dir():
                yield make_sample(folder.name, entry.name, archives.read_folder(entry))
            else:
                yield make_sample(folder.name, entry.name, {f"plugin/{entry.name}": entry.read_bytes()})


def build_samples() -> Iterator[Sample]:
    """Yield the samples that are made of bytes no text file can hold."""
    for (technique, name), tree in technique_builds.build_trees().items():
        yield make_sample(technique, name, tree)
    for (technique, name), data in technique_builds.build_archives().items():
        yield Sample(technique, name, data, data, is_positive=is_positive(name), needs_manifest=False)


def make_sample(technique: str, name: str, tree: archives.Tree) -> Sample:
    """Return one sample of a tree."""
    return Sample(
        technique=technique,
        name=name,
        data=archives.pack_zip(tree),
        text=b"\n".join(archives.as_files(tree).values()),
        is_positive=is_positive(name),
        needs_manifest=MANIFEST in tree,
    )


def is_positive(name: str) -> bool:
    """Say whether a sample uses the technique; raises ValueError when its name does not say."""
    if not name.startswith((POSITIVE, NEAR_MISS)):
        raise ValueError(f"{name} is neither {POSITIVE} nor {NEAR_MISS}")
    return name.startswith(POSITIVE)
