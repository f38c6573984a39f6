"""Files into pydantic models, with every problem located: file, line, field, and the nearest known name."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from rlrig_eval.errors import UnreadableFile, UsageError

Model = TypeVar("Model", bound=BaseModel)
SHOWN = 20
"""How many problems of one file are printed; the rest are counted."""


class BadFile(UsageError):
    """A file with one problem or more; the message has one line for each, up to SHOWN."""

    def __init__(self, problems: Sequence[UnreadableFile]) -> None:
        self.problems = tuple(problems)
        lines = [str(problem) for problem in self.problems[:SHOWN]]
        if len(self.problems) > SHOWN:
            lines.append(f"{self.problems[0].path}: and {len(self.problems) - SHOWN} more")
        super().__init__("\n".join(lines))


def read_text(path: Path) -> str:
    """The text of a UTF-8 file; UnreadableFile when there is none."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UnreadableFile("not UTF-8 text", path=path, line=line) from None
    except OSError as error:
        raise UnreadableFile(error.strerror or "cannot be read", path=path) from None


def read_yaml(path: Path, model: type[Model]) -> Model:
    """A YAML mapping as a `model`.

    Raises:
        UnreadableFile: it cannot be read, or is no YAML mapping.
        BadFile: it does not fit the model.
    """
    text = read_text(path)
    try:
        node = yaml.compose(text, Loader=_Loader)
        data = yaml.load(text, Loader=_Loader)
        places = list(_places(node))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or " ".join(str(error).split())
        raise UnreadableFile(f"bad YAML: {problem}", path=path, line=mark and mark.line + 1) from None
    except RecursionError:
        raise UnreadableFile("bad YAML: nested too deeply", path=path) from None
    if not isinstance(node, yaml.MappingNode):
        raise UnreadableFile("not a mapping of keys to values", path=path, line=1)
    lines: dict[str, int] = {}
    for field, line in places:
        if field in lines:  # YAML itself would silently keep the last
            raise UnreadableFile("this key stands twice", path=path, line=line, field=field)
        lines[field] = line
    try:
        return model.model_validate(data)
    except ValidationError as error:
        found = UnreadableFile.each(error, model, path=path)
        raise BadFile([_on_line(problem, _line(lines, problem.field or "")) for problem in found]) from None


def line_of(path: Path, field: str) -> int:
    """The line of a dotted field of a YAML file that `read_yaml` takes, or of the innermost thing around it there."""
    return _line(dict(_places(yaml.compose(read_text(path), Loader=_Loader))), field)


def read_json_line(text: str, model: type[Model], *, path: Path, line: int) -> Model:
    """One line of a JSONL file as a `model`; BadFile when it is no JSON or does not fit."""
    try:
        found = model.model_validate_json(text)
        json.loads(text, object_pairs_hook=once_each)
    except ValidationError as error:
        raise BadFile(UnreadableFile.each(error, model, path=path, line=line)) from None
    except ValueError as error:
        raise BadFile([UnreadableFile(f"bad JSON: {error}", path=path, line=line)]) from None
    return found


def once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """What `json` makes of an object; ValueError where a key stands twice, of which it would silently keep the last."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} stands twice")
        found[key] = value
    return found


class _Loader(yaml.SafeLoader):
    """A safe loader that locates what looks like a date or a number and is none: 2026-13-45, or 5000 digits."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, ArithmeticError, LookupError, AttributeError):
            problem = f"{str(node.value)[:40]!r} is no {node.tag.rpartition(':')[2]}"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark) from None


def _places(node: yaml.Node | None, above: str = "", around: tuple[yaml.Node, ...] = ()) -> Iterator[tuple[str, int]]:
    """(dotted field, line) of every key and item below a node; YAMLError where an alias stands in what it names."""
    if isinstance(node, yaml.MappingNode):
        items = [(str(key.value), key, value) for key, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        items = [(str(number), value, value) for number, value in enumerate(node.value)]
    else:
        return
    for name, start, value in items:
        yield above + name, start.start_mark.line + 1
        if any(value is outer for outer in (*around, node)):
            raise yaml.MarkedYAMLError(problem="an alias stands in what it names", problem_mark=start.start_mark)
        yield from _places(value, f"{above}{name}.", (*around, node))


def _line(lines: dict[str, int], field: str) -> int:
    """The line of a field, or of the innermost thing around it that stands in the file."""
    while field and field not in lines:
        field = field.rpartition(".")[0]
    return lines.get(field, 1)


def _on_line(problem: UnreadableFile, line: int) -> UnreadableFile:
    return UnreadableFile(problem.problem, path=problem.path, line=line, field=problem.field)
