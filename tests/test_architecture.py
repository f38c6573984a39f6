"""The house keeps the rules of `architecture.py`: floors, no circles, pure rooms, light doors, small modules.

Every rule is also shown to fail, on a small tree that breaks it.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests import architecture as house
from tests.architecture import Tree

REPO = Path(__file__).parents[1]
Rule = Callable[[Tree], list[str]]


def every_room_has_a_floor(tree: Tree) -> list[str]:
    rooms = {house.room(module) for module in tree.files} - house.LEAVES - {house.ROOT}
    return [f"{room} stands on no floor" for room in sorted(rooms) if house.floor(room) is None]


def imports_run_down_only(tree: Tree) -> list[str]:
    broken = []
    for found in tree.imports:
        below, above = house.room(found.target), house.room(found.importer)
        if not house.ours(found.target) or below == above or below in house.LEAVES or above == house.ROOT:
            continue
        high, low = house.floor(above), house.floor(below)
        takes_root = below == house.ROOT and above not in house.LEAVES | set(house.ONLY)
        if not takes_root and (high is None or low is None or high >= low):
            broken.append(_at(found, f"imports {found.target}"))
    return broken


def narrow_rooms_stay_narrow(tree: Tree) -> list[str]:
    return [
        _at(found, f"imports {found.target}")
        for found in tree.imports
        if house.ours(found.target)
        and (room := house.room(found.importer)) in house.ONLY
        and house.room(found.target) not in house.ONLY[room] | {room}
    ]


def rlrig_has_one_door_and_it_is_lazy(tree: Tree) -> list[str]:
    return [
        _at(found, f"imports {found.target}" + ("" if found.lazy else " eagerly"))
        for found in tree.imports
        if house.room(found.target) == "rlrig"
        and house.room(found.importer) != "rlrig"
        and not (found.importer == house.RLRIG_DOOR and (found.lazy or found.typing_only))
    ]


def what_runs_the_checkpoints_knows_nothing_of_how_they_were_made(tree: Tree) -> list[str]:
    return [
        _at(found, f"imports {found.target}")
        for found in tree.imports
        if house.within(found.target, house.WORKSHOP)
        and house.room(found.importer) == "rlrig"
        and not house.within(found.importer, house.WORKSHOP)
        and found.importer not in house.WORKSHOP_DOORS
    ]


def the_workshop_s_imports_run_down_only(tree: Tree) -> list[str]:
    broken = []
    for found in tree.imports:
        high, low = house.workshop_floor(found.importer), house.workshop_floor(found.target)
        if high is not None and low is not None and high > low:
            broken.append(_at(found, f"imports {found.target}"))
    return broken


def no_circles(tree: Tree) -> list[str]:
    return [" <-> ".join(ring) for ring in house.circles(tree)]


def pure_rooms_use_pure_libraries(tree: Tree) -> list[str]:
    broken = []
    for found in tree.imports:
        library = found.target.split(".")[0]
        allowed = house.PURE.get(house.room(found.importer))
        if allowed is None or house.ours(found.target):
            continue
        if found.lazy and library in house.PURE_LAZILY.get(found.importer, ()):
            continue
        if library in house.IO_MODULES or (library not in sys.stdlib_module_names and library not in allowed):
            broken.append(_at(found, f"imports {found.target}"))
    return broken


def pure_rooms_do_no_io(tree: Tree) -> list[str]:
    return [
        f"{module}:{node.lineno} calls {node.func.id}()"
        for module, parsed in tree.asts.items()
        if house.room(module) in house.PURE
        for node in ast.walk(parsed)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in house.IO_CALLS
    ]


def light_modules_load_nothing_heavy(tree: Tree) -> list[str]:
    return [
        f"{module} loads {library}: {_at(found, 'imports it')}"
        for module in house.LIGHT
        for library, found in sorted(house.loaded_by(tree, module).items())
        if library in house.HEAVY
    ]


def what_is_imported_is_declared(tree: Tree) -> list[str]:
    return [
        _at(found, f"imports {found.target}, which is no dependency or extra in pyproject.toml")
        for found in tree.imports
        if not house.ours(found.target)
        and (library := found.target.split(".")[0]) not in sys.stdlib_module_names | house.ASKED_FOR
        and not house.brought_by(library) & house.declared()
    ]


def modules_are_small(tree: Tree) -> list[str]:
    lines = {module: len(path.read_text("utf-8").splitlines()) for module, path in tree.files.items()}
    return [f"{module} has {count} lines" for module, count in lines.items() if count > house.MAX_LINES]


def no_grab_bags(tree: Tree) -> list[str]:
    return [module for module in tree.files if module.rpartition(".")[2] in house.GRAB_BAGS]


RULES: dict[Rule, dict[str, str]] = {  # each rule, and the smallest tree that breaks it
    every_room_has_a_floor: {"rlrig_eval/attic/__init__.py": ""},
    imports_run_down_only: {
        "rlrig_eval/extract/shapes.py": "def f():\n    from rlrig_eval.runs import plan",
        "rlrig_eval/runs/plan.py": "",
    },
    narrow_rooms_stay_narrow: {
        "rlrig/pipeline.py": "from rlrig_eval.judges import panel",
        "rlrig_eval/judges/panel.py": "",
    },
    rlrig_has_one_door_and_it_is_lazy: {
        "rlrig_eval/models/rlrig.py": "import rlrig.pipeline",
        "rlrig/pipeline.py": "",
    },
    what_runs_the_checkpoints_knows_nothing_of_how_they_were_made: {
        "rlrig/backends/load.py": "def f():\n    from rlrig.bundled.lessons import edits",
        "rlrig/bundled/lessons/edits.py": "",
    },
    the_workshop_s_imports_run_down_only: {
        "rlrig/bundled/lessons/edits.py": "def f():\n    from rlrig.bundled.training import fit",
        "rlrig/bundled/training/fit.py": "",
    },
    no_circles: {
        "rlrig_eval/runs/plan.py": "from .store import a",
        "rlrig_eval/runs/store.py": "from rlrig_eval.runs import plan",
    },
    pure_rooms_use_pure_libraries: {"rlrig_eval/stats/bootstrap.py": "def f():\n    import torch.nn"},
    pure_rooms_do_no_io: {"rlrig_eval/metrics/iou.py": "def f(path):\n    return open(path)"},
    light_modules_load_nothing_heavy: {
        "rlrig_eval/cli/__init__.py": "from rlrig_eval.runs import plan",
        "rlrig_eval/runs/__init__.py": "",
        "rlrig_eval/runs/plan.py": "import torch",
    },
    what_is_imported_is_declared: {"rlrig/pipeline.py": "def f():\n    import httpx"},
    modules_are_small: {"rlrig/pipeline.py": "x = 1\n" * (house.MAX_LINES + 1)},
    no_grab_bags: {"rlrig_eval/runs/utils.py": ""},
}


@pytest.fixture(scope="module")
def whole() -> Tree:
    return Tree.of(REPO)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_the_rule(rule: Rule, whole: Tree) -> None:
    assert rule(whole) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rule_catches_a_tree_that_breaks_it_and_no_other_rule_does(rule: Rule, tmp_path: Path) -> None:
    for name, source in RULES[rule].items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    tree = Tree.of(tmp_path)
    assert {other.__name__ for other in RULES if other(tree)} == {rule.__name__}


def test_an_allowed_tree_breaks_no_rule(tmp_path: Path) -> None:
    sources = {
        "rlrig_eval/__init__.py": "__version__ = '0'\ndef f():\n    from rlrig_eval.runs import plan",
        "rlrig_eval/runs/plan.py": "from rlrig_eval import __version__\nfrom ..models import rlrig",
        "rlrig_eval/models/rlrig.py": "def load():\n    import rlrig.pipeline\n    import torch",
        "rlrig/pipeline.py": "import torch\nfrom rlrig_eval.errors import UsageError",
        "rlrig/cli.py": "def train():\n    from rlrig.bundled.recipes import registry",
        "rlrig/bundled/recipes/registry.py": "from rlrig.bundled.lessons import edits\nfrom rlrig import pipeline",
        "rlrig/bundled/lessons/edits.py": "",
        "rlrig_eval/errors.py": "",
        "rlrig_eval/scene/parse.py": "import re\ndef parse(text):\n    import spacy",
    }
    for name, source in sources.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(source)
    tree = Tree.of(tmp_path)
    assert {rule.__name__: rule(tree) for rule in RULES if rule(tree)} == {}


def test_the_walk_sees_the_whole_repo(whole: Tree) -> None:
    assert {"rlrig_eval", "rlrig_eval.errors", "rlrig_eval.assets", "rlrig"} <= set(whole.files)
    assert any(found.target == "rlrig_eval.errors" for found in whole.imports)


def test_every_declared_library_has_its_known_version_in_the_constraints() -> None:
    lines = (REPO / "constraints.txt").read_text("utf-8").splitlines()
    assert house.declared() - {line.partition("==")[0] for line in lines if "==" in line} == set()


@pytest.mark.parametrize("module", ["rlrig_eval", "rlrig", "rlrig_eval.assets", "rlrig_eval.scene"])
def test_importing_the_module_loads_neither_torch_nor_spacy(module: str) -> None:
    script = f"import {module}, sys; print(*(m for m in ('torch', 'spacy', 'diffusers') if m in sys.modules))"
    assert _run("-c", script).stdout.strip() == ""


@pytest.mark.parametrize("command", ["rlrig_eval.cli", "rlrig.cli"])
def test_help_loads_nothing_but_typer_and_the_commands_themselves(command: str) -> None:
    # `make bench` times it; seconds on a machine with neighbours say nothing, what is loaded is the same everywhere.
    bare = _loaded_by_help(
        "import typer\nmain = typer.Typer()\nmain.command('a')(lambda: None)\nmain.command('b')(lambda: None)"
    )
    more = _loaded_by_help(f"from {command} import main") - bare
    light = ("rlrig_eval.cli", "rlrig.cli", "rlrig_eval.errors", "rlrig_eval.folders")
    assert {module for module in more if not module.startswith(light)} <= {"rlrig_eval", "rlrig"}
    assert command in more


@cache
def _loaded_by_help(imports: str) -> set[str]:
    """The names of all modules that a command has loaded when its `--help` has answered."""
    script = (
        f"import sys; sys.argv = ['x', '--help']\n{imports}\n"
        "try: main()\nexcept SystemExit as end: assert not end.code, end.code\nprint('loaded:', *sys.modules)"
    )
    usage, _, loaded = _run("-c", script).stdout.partition("loaded:")
    assert "Usage" in usage
    return set(loaded.split())


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], check=True, capture_output=True, text=True, timeout=60)


def _at(found: house.Import, what: str) -> str:
    return f"{found.importer}:{found.line} {what}"
