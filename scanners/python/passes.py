"""The one door of the Python pass: all modules of a plugin in, facts, hits, layers and copies out.

It never raises for what a plugin does; what it could not follow it names as an error.
"""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from scanners.engines.hits import Hit
from scanners.facts import Fact
from scanners.python.constants import UNCOMPUTABLE
from scanners.python.copies import Copy, is_spelled_oddly, make_copy
from scanners.python.indirection import analyse
from scanners.python.project import Project, parse_layer
from scanners.sources import Source

# A text without any of these takes no detour to anything dangerous: looking up by text starts at one of them, and an
# import or a path alone asks for nothing.
DETOURS = re.compile(
    r"\b(?:eval|exec|(?<!re\.)compile|__import__|__builtins__|builtins|import_module|importlib|sys\.modules"
    r"|import modules|(?!(?<=\nimport )os\n)os(?!\.(?:path|environ)\b)|posix|nt|subprocess|commands|pty|ctypes|cffi"
    r"|create_subprocess_\w+|(?:globals|locals|vars)\s*\(\s*\)\s*[\[.)]|attrgetter|methodcaller|__globals__"
    r"|__subclasses__|__getattribute__|runpy|marshal|base64|binascii|codecs|zlib|gzip|bz2|lzma|fromhex)(?!\w)"
)


@dataclass(frozen=True, slots=True)
class PlacedHit:
    """One rule at some lines of one file."""

    rule_id: str
    path: str
    line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class Layer:
    """A text that is run as code, and where; depth counts from 1, a layer inside a layer is one deeper."""

    path: str
    line: int
    text: str
    depth: int


@dataclass(frozen=True, slots=True)
class PythonPass:
    """What the Python of one plugin does, and what of it hides."""

    facts: tuple[Fact, ...]
    findings: tuple[PlacedHit, ...]
    layers: tuple[Layer, ...]
    copies: tuple[Copy, ...]
    errors: tuple[str, ...]


def read_modules(
    modules: Sequence[Source], *, entry_points: Sequence[str], shipped: Sequence[Source] = ()
) -> PythonPass:
    """Return what all modules of one plugin do together; entry points are "module:name", relative to any root.

    `shipped` are the files beside the modules, whose content a module may read.
    """
    project = Project(modules, shipped=shipped)
    project.walk()
    facts = project.finish(entry_points=entry_points)
    layers = tuple(Layer(path, line, text, depth + 1) for (path, line, text), depth in project.layers.items())
    errors = list(project.errors)
    hits: list[PlacedHit] = []
    copies: list[Copy] = []
    for module in modules:
        if module.tree is not None:
            look(module.path, module.text or "", module.tree, module.base_line, hits=hits, copies=copies, errors=errors)
    for layer in layers:
        tree = parse_layer(layer.text)
        if tree is not None:
            look(layer.path, layer.text, tree, layer.line, hits=hits, copies=copies, errors=errors)
    return PythonPass(facts, tuple(dict.fromkeys(hits)), layers, tuple(copies), tuple(errors))


def look(
    path: str,
    text: str,
    tree: ast.Module,
    base_line: int,
    *,
    hits: list[PlacedHit],
    copies: list[Copy],
    errors: list[str],
) -> None:
    """Collect the detours of one text and its canonical copy."""
    if not DETOURS.search(text) and not is_spelled_oddly(text, tree):
        return
    try:
        analysis = analyse(tree)
        hits += [place_hit(hit, path, base_line) for hit in analysis.hits]
        copy = make_copy(path, text=text, tree=tree, analysis=analysis, fixed_line=base_line)
    except (SyntaxError, RecursionError, *UNCOMPUTABLE) as error:
        errors.append(f"{path}: not readable as Python ({type(error).__name__})")
        return
    if copy is not None:
        copies.append(copy)


def place_hit(hit: Hit, path: str, base_line: int) -> PlacedHit:
    """Return a hit in a file; inside a layer everything is on the line that runs it."""
    return PlacedHit(hit.rule_id, path, base_line or hit.line, base_line or hit.end_line)
