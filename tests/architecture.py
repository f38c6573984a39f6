"""The rules of the house as data, and the reader of the import graph that the rules are checked on.

DESIGN section 2 in one page. `test_architecture.py` holds the repo, and small bad trees, against it.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import networkx as nx

from rlrig_eval.pipelines.quantising import PACKAGES as QUANTISERS

PACKAGES = ("rlrig_eval", "rlrig")

# Imports run down only: a room may import rooms of lower floors, and none of its own floor but itself.
FLOORS = (
    {"rlrig_eval.__main__"},
    {"rlrig_eval.cli"},
    {"rlrig_eval.report"},
    {"rlrig_eval.runs"},
    {"rlrig_eval.models"},
    {"rlrig", "rlrig_eval.extract"},
    {"rlrig_eval.suite", "rlrig_eval.judges", "rlrig_eval.pipelines"},
    {"rlrig_eval.metrics", "rlrig_eval.shapes"},
    {"rlrig_eval.scene", "rlrig_eval.stats"},
)
# Anyone may import the leaves; they import only each other.
LEAVES = {
    f"rlrig_eval.{name}"
    for name in "errors assets weights checkpoints processors addresses yes_no folders atomic markdown plugins".split()
}
# `rlrig_eval/__init__.py` hands out `evaluate` lazily; a room may take `__version__` from it.
ROOT = "rlrig_eval"

# Tighter than the floors: all of ours that these rooms may import.
ONLY = {
    "rlrig_eval.scene": {"rlrig_eval.errors"},
    "rlrig_eval.stats": {"rlrig_eval.errors"},
    "rlrig_eval.metrics": {"rlrig_eval.scene", "rlrig_eval.errors"},
    "rlrig": {f"rlrig_eval.{room}" for room in "scene shapes metrics suite stats pipelines".split()}
    | (LEAVES - {"rlrig_eval.plugins"}),
}
# The one door from the harness to the system under test, and it is opened lazily.
RLRIG_DOOR = "rlrig_eval.models.rlrig"

# Inside rlrig: how the checkpoints were made. What runs them knows nothing of it; two commands are about just that.
WORKSHOP = "rlrig.bundled"
WORKSHOP_DOORS = {"rlrig.cli", "rlrig.editing"}
# Its folders, from the top: imports run down only. The modules beside the folders are commands and stand above all.
WORKSHOP_FLOORS = ("recipes", "training", "measuring", "lessons")

# Pure rooms: these libraries, and no I/O.
PURE = {
    "rlrig_eval.scene": {"networkx", "numpy", "pydantic", "scipy"},
    "rlrig_eval.metrics": {"networkx", "numpy", "pydantic", "scipy"},
    "rlrig_eval.stats": {"numpy", "pydantic", "scipy"},
}
# Inside a function alone: spaCy pulls torch.
PURE_LAZILY = {name: {"spacy"} for name in ("rlrig_eval.scene.parse", "rlrig_eval.scene.language.pipeline")}
IO_MODULES = {"glob", "http", "io", "os", "pathlib", "shutil", "socket", "subprocess", "tempfile", "urllib"}
IO_CALLS = {"open", "print", "input"}

# Light modules answer at once: importing them loads none of the heavy libraries, not even at second hand.
LIGHT = ("rlrig_eval", "rlrig_eval.cli", "rlrig_eval.assets", "rlrig_eval.scene", "rlrig", "rlrig.cli")
HEAVY = {"accelerate", "datasets", "diffusers", "huggingface_hub", "matplotlib", "openai", "pandas", "peft"}
HEAVY |= {"playwright", "ray", "spacy", "tokenizers", "torch", "transformers", "trl"}

# Asked for where they are wanted, with the words to install them: no extra of ours brings them.
ASKED_FOR = {package.split(".")[0] for package in QUANTISERS.values()}

MAX_LINES = 400
GRAB_BAGS = {"util", "utils", "helper", "helpers", "common", "misc"}


@dataclass(frozen=True)
class Import:
    """One imported name, dotted: down to the module where it is one of ours."""

    importer: str
    target: str
    line: int
    lazy: bool  # inside a function: not run when the module is imported
    typing_only: bool  # under `if TYPE_CHECKING:`: never run

    @property
    def eager(self) -> bool:
        return not (self.lazy or self.typing_only)


@dataclass(frozen=True)
class Tree:
    """The modules of both packages under a folder, parsed."""

    files: dict[str, Path]
    asts: dict[str, ast.Module]
    imports: tuple[Import, ...]

    @classmethod
    def of(cls, root: Path) -> Tree:
        files = {_dotted(path, root): path for package in PACKAGES for path in sorted((root / package).rglob("*.py"))}
        asts = {module: ast.parse(path.read_text("utf-8"), str(path)) for module, path in files.items()}
        imports = tuple(
            found for module, tree in asts.items() for found in _imports(module, files[module], tree, set(files))
        )
        return cls(files, asts, imports)


def room(module: str) -> str:
    """The room of one of our modules: its first two names in the harness; all of rlrig is one room."""
    parts = module.split(".")
    return "rlrig" if parts[0] == "rlrig" else ".".join(parts[:2])


def workshop_floor(module: str) -> int | None:
    """The place of one of WORKSHOP's modules in WORKSHOP_FLOORS, -1 above them all; None of any other module."""
    if not within(module, WORKSHOP):
        return None
    folder = module.removeprefix(WORKSHOP).lstrip(".").split(".")[0]
    return WORKSHOP_FLOORS.index(folder) if folder in WORKSHOP_FLOORS else -1


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def ours(name: str) -> bool:
    return name.split(".")[0] in PACKAGES


def floor(of_room: str) -> int | None:
    return next((number for number, rooms in enumerate(FLOORS) if of_room in rooms), None)


def loaded_by(tree: Tree, module: str) -> dict[str, Import]:
    """The libraries that importing `module` loads, each with the import statement that pulls it in."""
    eager: dict[str, list[Import]] = {name: [] for name in tree.files}
    for found in tree.imports:
        if found.eager:
            eager[found.importer].append(found)
    libraries: dict[str, Import] = {}
    seen: set[str] = set()
    todo = [module]
    while todo:
        name = todo.pop()
        if name in seen or name not in eager:
            continue
        seen.add(name)
        todo += [name.rpartition(".")[0]]  # importing a.b runs a/__init__.py first
        for found in eager[name]:
            if ours(found.target):
                todo.append(found.target)
            else:
                libraries.setdefault(found.target.split(".")[0], found)
    return libraries


def circles(tree: Tree) -> list[list[str]]:
    """Groups of modules that import each other in a ring, as far as importing them runs the imports."""
    graph = nx.DiGraph((found.importer, found.target) for found in tree.imports if found.eager)
    return [sorted(ring) for ring in nx.strongly_connected_components(graph) if len(ring) > 1]


@cache
def declared() -> frozenset[str]:
    """The distributions that pyproject names: what is needed always, and the extras."""
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    return frozenset(
        _distribution(line) for line in [*project["dependencies"], *(one for some in extras for one in some)]
    )


def brought_by(library: str) -> set[str]:
    """The distributions that install `library`; one that is not installed here is taken to be called so."""
    return set(map(_distribution, _installed().get(library, [library])))


@cache
def _installed() -> dict[str, list[str]]:
    return {name: list(found) for name, found in packages_distributions().items()}


def _distribution(requirement: str) -> str:
    """The name in a requirement, in the one spelling (PEP 503)."""
    (name,) = re.findall(r"^[\w.-]+", requirement)
    return re.sub(r"[-_.]+", "-", name).lower()


def _dotted(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(module: str, path: Path, tree: ast.Module, known: set[str]) -> Iterator[Import]:
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]

    def visit(node: ast.AST, lazy: bool, typing_only: bool) -> Iterator[Import]:
        for target in _targets(node, package, known):
            yield Import(module, target, node.lineno, lazy, typing_only)  # type: ignore[attr-defined]
        inside_function = lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            guarded = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test) and child in node.body
            yield from visit(child, inside_function, typing_only or guarded)

    yield from visit(tree, lazy=False, typing_only=False)


def _targets(node: ast.AST, package: str, known: set[str]) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:  # relative: one dot is the package itself, each further dot its parent
            parents = package.split(".")
            base = ".".join([*parents[: len(parents) - node.level + 1], *filter(None, [node.module])])
        named = [f"{base}.{alias.name}" for alias in node.names]
        return sorted({name if name in known else base for name in named})
    if isinstance(node, ast.Call) and ast.unparse(node.func) in ("import_module", "importlib.import_module"):
        return [a.value for a in node.args[:1] if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    return []
