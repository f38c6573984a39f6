"""Find an object by the name of an entry point, as ``module:Name``, or as ``path/to/file.py:Name``."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from threading import RLock
from typing import Any

from rlrig_eval.errors import RLRIGError, UnreadableFile, UsageError

_ONE_AT_A_TIME = RLock()  # transformers, first imported by two threads at once, lacks names for one of them


@dataclass(frozen=True)
class Target:
    """Something to load: `where` is ``module:Name`` or ``file.py:Name``, `sha256` that of the (module's) file."""

    name: str
    where: str
    sha256: str | None = None


def names(group: str) -> list[str]:
    """The names that installed packages declare in an entry-point group."""
    return sorted(point.name for point in entry_points(group=group))


def find(kind: str, name: str, group: str, built_in: Iterable[str] = ()) -> Target:
    """What a user means by `name`: ``file.py:Name``, or an entry point of `group`.

    Args:
        kind: what the thing is called in messages.
        built_in: names that the caller has looked up already; the nearest of them may be meant.

    Raises:
        UsageError: there is no such thing, with the nearest known name.
    """
    path, _, attribute = name.rpartition(":")
    if path.endswith(".py"):
        file = Path(path)
        if not file.is_file():
            raise UsageError(f"{kind} {name!r}: there is no file {path}")
        return Target(attribute, f"{file.resolve()}:{attribute}", hashlib.sha256(file.read_bytes()).hexdigest())
    if name.endswith(".py"):
        raise UsageError(f"{kind} {name!r}: which class? write {name}:ClassName")
    for point in entry_points(group=group):
        if point.name == name:
            return Target(name, point.value, _module_sha256(point.module))
    raise UsageError.unknown(kind, name, [*built_in, *names(group)])


def _module_sha256(name: str) -> str | None:
    """Of a module's file, without running it; None where there is no such file: `load` says why."""
    try:
        spec = find_spec(name)  # runs the packages that it is in
    except (Exception, SystemExit):
        return None
    file = Path(getattr(spec, "origin", None) or "")
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else None


@cache
def load(where: str, kind: str) -> Any:
    """The object at ``module:Name`` or ``file.py:Name``.

    Raises:
        UsageError: it cannot be imported, or the module has no such name.
    """
    module_name, _, attribute = where.rpartition(":")
    module = _run_file(Path(module_name), kind) if module_name.endswith(".py") else _import(module_name, kind)
    public = [name for name in vars(module) if not name.startswith("_")]
    found = None if attribute.startswith("_") else getattr(module, attribute, None)  # a module may make it when asked
    if found is None:
        raise UsageError.unknown(f"{kind} in {module_name}", attribute, public)
    return found


def load_callable(where: str, kind: str) -> Any:
    """The class or function at ``module:Name``. UsageError where it is neither, or as from `load`."""
    found = load(where, kind)
    if not callable(found):
        raise UsageError(f"{kind} {where}: not a class or function but a thing of type {type(found).__name__}")
    return found


@contextmanager
def loading(what: str) -> Iterator[None]:
    """What somebody's class raises while it is built or loaded is a UsageError: weights not there, no memory.

    Of several threads one loads at a time.
    """
    try:
        with _ONE_AT_A_TIME:
            yield
    except RLRIGError:
        raise
    except (Exception, SystemExit) as problem:
        raise UsageError(f"{what}: {type(problem).__name__}: {problem}") from problem


def _import(module_name: str, kind: str) -> Any:
    try:
        return import_module(module_name)
    except ImportError as problem:
        raise UsageError(f"{kind} {module_name}: {problem}") from problem
    except (Exception, SystemExit) as problem:
        raise UsageError(f"{kind} {module_name}: {type(problem).__name__}: {problem}") from problem


def _run_file(path: Path, kind: str) -> Any:
    name = f"_plugin_{hashlib.sha256(str(path).encode()).hexdigest()[:12]}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UnreadableFile("not a Python file", path=path)
    module = module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and type hints look their module up by name
    try:
        spec.loader.exec_module(module)
    except SyntaxError as problem:
        raise UnreadableFile(f"not valid Python: {problem.msg}", path=path, line=problem.lineno) from None
    except (Exception, SystemExit) as problem:
        raise UsageError(f"{kind} {path}: {type(problem).__name__}: {problem}") from problem
    return module
