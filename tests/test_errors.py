"""A user's mistake ends in one line and a known exit code."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from rlrig_eval import errors
from rlrig_eval.errors import Exit, UnreadableFile, UsageError, first_line


@pytest.mark.parametrize(
    ("error", "code"),
    [("RunError", 1), ("UsageError", 2), ("UnreadableFile", 2), ("GateFailed", 3), ("NotComparable", 4)],
)
def test_each_error_carries_its_promised_exit_code(error: str, code: int) -> None:
    kind = getattr(errors, error)
    assert kind.exit_code == code
    assert issubclass(kind, errors.RLRIGError)


def test_ctrl_c_leaves_as_shells_expect() -> None:
    assert Exit.INTERRUPTED == 128 + 2  # SIGINT


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), SystemExit(130)], ids=["as it comes", "as typer has it"])
def test_ctrl_c_is_told_in_one_line(stop: BaseException, capsys: pytest.CaptureFixture[str]) -> None:
    def stopped() -> int:
        raise stop

    with pytest.raises(SystemExit) as left:
        errors.leave(stopped)
    assert left.value.code == Exit.INTERRUPTED
    assert capsys.readouterr().err == "interrupted\n"


def test_a_usage_error_is_a_value_error_for_python_callers() -> None:
    with pytest.raises(ValueError, match="unknown model 'flux-shape': did you mean 'flux-shapes'"):
        raise UsageError.unknown("model", "flux-shape", ["rlrig", "flux-shapes"])


def test_a_command_leaves_with_what_it_returns_or_with_one_line_and_the_code_of_its_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def mistaken() -> int:
        raise UsageError("no such suite")

    codes = []
    for command in (lambda: None, lambda: int(Exit.GATE), mistaken):
        with pytest.raises(SystemExit) as left:
            errors.leave(command)
        codes.append(left.value.code)
    assert codes == [None, Exit.GATE, Exit.USAGE]
    assert capsys.readouterr().err == "error: no such suite\n"


def test_a_path_that_is_too_long_leaves_as_a_usage_error_and_no_other_fault_of_the_system_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        errors.leave((tmp_path / ("x" * 300)).exists)
    said = capsys.readouterr().err
    assert (left.value.code, said.count("\n")) == (Exit.USAGE, 1)
    assert said.endswith("xxx: File name too long\n")
    with pytest.raises(FileNotFoundError):
        errors.leave((tmp_path / "gone").read_text)


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ({"line": 3, "field": "graph.relations.0"}, "a.jsonl:3: graph.relations.0: bad"),
        ({"line": 3}, "a.jsonl:3: bad"),
        ({"field": "seeds"}, "a.jsonl: seeds: bad"),
        ({}, "a.jsonl: bad"),
    ],
)
def test_an_unreadable_file_says_where_as_closely_as_is_known(where: dict, message: str) -> None:
    assert str(UnreadableFile("bad", path="a.jsonl", **where)) == message


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Protocol(Strict):
    seeds: tuple[int, ...] = (0,)

    @field_validator("seeds")
    @classmethod
    def some(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if not seeds:
            raise ValueError("no seeds")
        return seeds


class Config(Strict):
    name: str
    protocols: list[Protocol] | None = None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"name": "a", "nmae": "b"}, "x.yaml:7: nmae: unknown key: did you mean 'name'?"),
        (
            {"name": "a", "protocols": [{"seed": 1}]},
            "x.yaml:7: protocols.0.seed: unknown key: did you mean 'seeds'?",
        ),
        (
            {"name": "a", "protocols": [{"seeds": []}]},
            "x.yaml:7: protocols.0.seeds: no seeds",
        ),
        ({}, "x.yaml:7: name: Field required"),
        (3, "x.yaml:7: Input should be a valid dictionary or instance of Config"),
    ],
)
def test_a_fault_in_a_file_is_one_line_with_file_line_field_and_the_nearest_key(content: object, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Config.model_validate(content)
    assert str(UnreadableFile.invalid(caught.value, Config, path="x.yaml", line=7)) == message


@pytest.mark.parametrize(
    ("problem", "line"),
    [
        (OSError("\n  no room left \nin the folder"), "no room left"),
        (RuntimeError("one line"), "one line"),
        (ValueError(""), "ValueError"),
        (ValueError(" \n "), "ValueError"),
    ],
)
def test_what_a_library_says_is_told_by_its_first_line_or_else_by_its_class(problem: Exception, line: str) -> None:
    assert first_line(problem) == line
