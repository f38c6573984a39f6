"""What an importer is: a published benchmark, and how a user's own download of it is read."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from rlrig_eval.errors import UnreadableFile
from rlrig_eval.scene.requirements import Counting
from rlrig_eval.suite.documents import BadFile
from rlrig_eval.suite.importers.records import Raw
from rlrig_eval.suite.schema import Prompt


class Record(BaseModel):
    """A record of a published file. Keys that it does not name are passed over: they decide nothing."""

    model_config = ConfigDict(frozen=True, extra="ignore")


Model = TypeVar("Model", bound=Record)
Item = TypeVar("Item")


@dataclass(frozen=True)
class Row(Generic[Model]):
    """A record with its place in the file; `number` counts the records from 0."""

    path: Path
    line: int
    number: int
    record: Model
    key: str | None = None

    def wrong(self, field: str, problem: str) -> NoReturn:
        """Raises UnreadableFile."""
        raise UnreadableFile(problem, path=self.path, line=self.line, field=field)


@dataclass(frozen=True)
class Placed:
    """A prompt, and the row that it was made of."""

    prompt: Prompt
    row: Row[Any]


@dataclass(frozen=True)
class Imported:
    """What was read: the prompts in the order of the files, the files, and what a user should know of it."""

    prompts: Sequence[Placed]
    files: Sequence[Path]
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Benchmark:
    """A published benchmark.

    `name` names the suite, and begins every prompt id. `files` says what a user is to give. `read` takes that path
    and one of `variants` (the wordings of the prompts; the first is the default), and raises UsageError, which names
    line and field where a file does not fit. `scorers` are this project's and, where boxes decide, the benchmark's own.
    """

    name: str
    title: str
    source: str
    licence: str
    files: str
    read: Callable[[Path, str], Imported]
    images_per_prompt: int = 1
    counting: Counting = "at_least"
    variants: tuple[str, ...] = field(default=("text",))
    scorers: tuple[str, ...] = ("graph",)


def checked(raws: Iterable[Raw], model: type[Model]) -> list[Row[Model]]:
    """Every record as a `model`; BadFile with every problem of every record."""
    rows: list[Row[Model]] = []
    problems: list[UnreadableFile] = []
    for number, raw in enumerate(raws):
        try:
            rows.append(Row(raw.path, raw.line, number, model.model_validate(raw.data), raw.key))
        except ValidationError as error:
            problems.extend(UnreadableFile.each(error, model, path=raw.path, line=raw.line))
    if problems:
        raise BadFile(problems)
    return rows


def prompts_of(items: Iterable[tuple[Row[Any], Item]], make: Callable[[Item], Prompt]) -> list[Placed]:
    """One prompt for each item, which stands at a row.

    Raises:
        BadFile: with the problem of every item for which `make` raised UnreadableFile, or gave what is no prompt.
    """
    placed: list[Placed] = []
    problems: list[UnreadableFile] = []
    for row, item in items:
        try:
            placed.append(Placed(make(item), row))
        except UnreadableFile as problem:
            problems.append(problem)
        except ValidationError as error:
            problems.append(UnreadableFile.invalid(error, Prompt, path=row.path, line=row.line))
    if problems:
        raise BadFile(problems)
    return placed


def one_each(rows: Iterable[Row[Model]]) -> Iterator[tuple[Row[Model], Row[Model]]]:
    """Each row as an item of its own, for `prompts_of`."""
    return ((row, row) for row in rows)
