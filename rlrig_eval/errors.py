"""The errors a user can meet, and the exit codes they end in.

Every message is one line that says what is wrong, where, and (for a name) which known name lies nearest. The
command line prints it and leaves with the error's ``exit_code``; from Python the same classes are raised.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from enum import IntEnum
from errno import ENAMETOOLONG
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self, get_args

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError


class Exit(IntEnum):
    """What the shell sees; scripts rely on these numbers."""

    OK = 0
    RUN = 1  # errors met while running, or coverage under the suite's threshold
    USAGE = 2  # found before the first sample: usage, bad file, unwritable folder
    GATE = 3  # `check`: the gate failed, or was inconclusive under --strict
    NOT_COMPARABLE = 4  # suite hash, protocol, extractor or judge differ
    INTERRUPTED = 130  # Ctrl-C, as shells report SIGINT


class RLRIGError(Exception):
    """Base of every error with a message meant for the user."""

    exit_code: ClassVar[Exit] = Exit.RUN


class RunError(RLRIGError):
    """Something failed after the first sample was begun."""


class UsageError(RLRIGError, ValueError):
    """A flag, name, file or folder is wrong; found before the first sample."""

    exit_code: ClassVar[Exit] = Exit.USAGE

    @classmethod
    def unknown(cls, kind: str, name: str, known: Iterable[str]) -> Self:
        """An unknown `name` of a `kind` ("suite", "model", ...), with the nearest of the `known` names."""
        return cls(f"unknown {kind} {name!r}: {nearest(name, known)}")


class UnreadableFile(UsageError):
    """A file that cannot be used, located as closely as is known.

    `path` as the user named it; `line` counted from 1; `field` dotted, as in ``graph.entities.0.category``.

    >>> str(UnreadableFile("no such relation", path="a/prompts.jsonl", line=3, field="graph.relations.0"))
    'a/prompts.jsonl:3: graph.relations.0: no such relation'
    """

    def __init__(self, problem: str, *, path: str | Path, line: int | None = None, field: str | None = None) -> None:
        self.problem, self.path, self.line, self.field = problem, Path(path), line, field
        where = f"{path}:{line}" if line is not None else f"{path}"
        super().__init__(": ".join(part for part in (where, field, problem) if part))

    @classmethod
    def invalid(
        cls, error: ValidationError, model: type[BaseModel], *, path: str | Path, line: int | None = None
    ) -> Self:
        """The first fault that `model` found in a file; an unknown key gets the nearest known one."""
        return cls.each(error, model, path=path, line=line)[0]

    @classmethod
    def each(
        cls, error: ValidationError, model: type[BaseModel], *, path: str | Path, line: int | None = None
    ) -> list[Self]:
        """Every fault that `model` found in a file."""
        found = []
        for fault in error.errors():
            *parents, key = fault["loc"] or ("",)
            problem = fault["msg"].removeprefix("Value error, ")
            if fault["type"] == "extra_forbidden":
                problem = f"unknown key: {nearest(str(key), _fields_at(model, parents))}"
            field = ".".join(map(str, fault["loc"])) or None
            found.append(cls(problem, path=path, line=line, field=field))
        return found


class GateFailed(RLRIGError):
    """`check` found a regression."""

    exit_code: ClassVar[Exit] = Exit.GATE


class NotComparable(RLRIGError):
    """Two results differ in suite, protocol, extractor or judge."""

    exit_code: ClassVar[Exit] = Exit.NOT_COMPARABLE


class Interrupted(RLRIGError):
    """Ctrl-C, where there is more to say than that: what was done lies where, and how it goes on."""

    exit_code: ClassVar[Exit] = Exit.INTERRUPTED


def leave(app: Callable[[], int | None]) -> NoReturn:
    """Run a command line and exit with what it returns: a user's mistake becomes one line on stderr and its code.

    So does Ctrl-C, which typer makes an exit with that code of.
    """
    try:
        try:
            code = app()
        except KeyboardInterrupt:
            sys.exit(Exit.INTERRUPTED)
    except SystemExit as left:
        if left.code == Exit.INTERRUPTED:
            print("interrupted", file=sys.stderr)
        raise
    except Interrupted as stopped:
        print(f"interrupted: {stopped}", file=sys.stderr)
        sys.exit(stopped.exit_code)
    except RLRIGError as problem:
        print(f"error: {problem}", file=sys.stderr)
        sys.exit(problem.exit_code)
    except OSError as problem:
        if problem.errno != ENAMETOOLONG:  # any path may be one, and asking whether it is there is then an error
            raise
        print(f"error: {problem.filename}: {problem.strerror}", file=sys.stderr)
        sys.exit(Exit.USAGE)
    sys.exit(code)


def first_line(problem: BaseException) -> str:
    """The first line of what an error of a library says; the name of its class where it says nothing.

    >>> first_line(OSError("no room left\\nin the folder"))
    'no room left'
    >>> first_line(KeyError())
    'KeyError'
    """
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0].rstrip()


def nearest(name: str, known: Iterable[str]) -> str:
    """Help for an unknown `name`: the closest of the `known` names, or all of them.

    >>> nearest("spacial", ["spatial", "geneval"])
    "did you mean 'spatial'?"
    >>> nearest("x", ["spatial", "geneval"])
    'known: geneval, spatial'
    """
    names = sorted(known)
    close = get_close_matches(name, names, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known: {', '.join(names)}" if names else "there are none"


def _fields_at(model: type[BaseModel], path: Sequence[int | str]) -> Iterable[str]:
    """The field names of the model that lies at `path` (as pydantic reports it) inside `model`."""
    for step in path:
        if step in model.model_fields:  # an index into a list, or the tag of a union, stays in the same model
            model = _model_in(model.model_fields[str(step)].annotation) or model
    return model.model_fields


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if hasattr(annotation, "model_fields"):
        return annotation  # type: ignore[no-any-return]
    return next(filter(None, map(_model_in, get_args(annotation))), None)
