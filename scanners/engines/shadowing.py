"""Finds names that take another's place: nodes named like the platform's tools, modules named like known modules.

Only names are compared. What stands behind them is for the other engines.
"""

import ast
import re
import sys
from collections.abc import Iterator, Sequence

from scanners.declared import DeclaredNode
from scanners.lookalikes import Ecosystem, is_popular
from scanners.report import Kind
from scanners.sources import Source, Sources
from scanners.tree_index import list_nodes

TOOLS = frozenset(
    [
        "execute_code", "run_code", "code_interpreter", "run_shell", "run_command", "execute_command",
        "shell", "bash", "terminal", "python", "send_message", "send_email", "file_search", "web_search",
        "read_file", "write_file", "list_files", "browser", "computer", "computer_use", "memory",
        "knowledge_base", "retrieval", "human_handoff", "transfer_to_agent", "approve", "authenticate",
        "login", "payment",
    ]
)  # fmt: skip
GENERIC = frozenset(
    [
        "search", "http", "http_request", "request", "fetch", "email", "message", "reply", "answer", "query",
        "calculator", "translate", "summarize", "image", "file", "files", "database", "sql", "code", "text",
        "start", "end", "condition", "delay", "wait", "webhook", "variable", "set_variable", "prompt", "llm",
        "ai", "agent", "chat",
    ]
)  # fmt: skip
# Folders that carry these names in honest projects and are not meant to be imported by them.
NOT_MODULES = frozenset(["test", "site", "this", "antigravity", "idlelib", "lib2to3", "turtledemo"])
# Without a manifest a tree may be any project, also a published stand-in for a module: only what nobody stands in for.
CORE_MODULES = frozenset(
    [
        "os", "sys", "io", "re", "json", "ssl", "socket", "subprocess", "hashlib", "base64", "random",
        "logging", "shutil", "threading", "time", "datetime", "urllib", "http", "email", "struct", "tempfile",
        "getpass", "hmac", "zipfile",
    ]
)  # fmt: skip


def find_shadowed_tools(nodes: Sequence[DeclaredNode]) -> Iterator[tuple[str, str]]:
    """Yield a rule and the node's name for each node that is named like another tool or like another node."""
    seen: set[str] = set()
    for node in nodes:
        names = {spell(node.id), spell(node.title)}
        if names & TOOLS:
            yield "node-shadows-tool", node.id
        elif names & GENERIC:
            yield "node-name-generic", node.id
        if spell(node.id) in seen:
            yield "node-twice", node.id
        seen.add(spell(node.id))


def spell(name: str) -> str:
    """Return a name as somebody would say it: case and separators make no difference."""
    return re.sub(r"[^\w]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)).strip("_").casefold()


def find_shadowed_modules(sources: Sources, *, names: Sequence[str]) -> Iterator[tuple[str, str, int, str]]:
    """Yield rule, path, line and module for each module at the root that stands in for one the code imports.

    `names` are the project's own; a project may import itself by its name.
    """
    files = [file for file in sources.of_kind(Kind.PYTHON) if not file.base_line]
    roots = find_roots(files)
    own = {spell(name) for name in names}
    known = {name: path for name, path in roots.items() if is_known(name) and name not in own | NOT_MODULES}
    imports = find_imports(files, roots=known)
    for module in sorted(imports):
        path, line = imports[module]
        is_core = module in CORE_MODULES and len(roots) > 1
        is_standard = module in sys.stdlib_module_names
        if is_standard and (sources.declared is not None or is_core):
            yield "module-shadowed", roots[module], 0, f"{module}, imported at {path}:{line}"
        elif sources.declared is not None and not is_standard:
            is_named = has_metadata(module, sources=sources)
            rule_id = "module-bundled" if is_named else "module-shadowed"
            yield rule_id, roots[module], 0, f"{module}, imported at {path}:{line}"


def is_known(module: str) -> bool:
    """Say whether others mean something else by this module's name."""
    return module in sys.stdlib_module_names or is_popular(module, ecosystem=Ecosystem.PYTHON)


def find_roots(files: Sequence[Source]) -> dict[str, str]:
    """Return the modules that can be imported from the root or from src/, each with its first file."""
    roots: dict[str, str] = {}
    for file in sorted(files, key=lambda file: file.path):
        first, _, rest = file.path.removeprefix("src/").partition("/")
        is_module = not rest and first.endswith(".py")
        name = first.removesuffix(".py") if is_module else first
        if (is_module or rest.endswith(".py")) and name.isidentifier() and name != "setup":
            roots.setdefault(name, file.path)
    return roots


def find_imports(files: Sequence[Source], *, roots: dict[str, str]) -> dict[str, tuple[str, int]]:
    """Return the first place, outside of itself, where each root module is imported absolutely."""
    imports: dict[str, tuple[str, int]] = {}
    if not roots:
        return imports
    for file in sorted(files, key=lambda file: file.path):
        inside = file.path.removeprefix("src/").partition("/")[0].removesuffix(".py")
        for node in list_nodes(file.tree) if file.tree is not None else ():
            for name in imported_by(node):
                if name in roots and name != inside:
                    imports.setdefault(name, (file.path, getattr(node, "lineno", 0)))
    return imports


def imported_by(node: ast.AST) -> tuple[str, ...]:
    """Return the top-level modules that a statement imports by their absolute names."""
    if isinstance(node, ast.Import):
        return tuple(alias.name.partition(".")[0] for alias in node.names)
    if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        return (node.module.partition(".")[0],)
    return ()


def has_metadata(module: str, *, sources: Sources) -> bool:
    """Say whether a bundled module comes with its distribution's metadata, as an installer leaves it."""
    marks = re.compile(rf"^(src/)?{re.escape(module)}-[^/]*\.(dist|egg)-info/", re.IGNORECASE)
    return any(marks.match(file.path) for file in sources.files)
