"""A suite by name, folder or file."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints, field_validator

from rlrig_eval.assets import suites_dir
from rlrig_eval.errors import UnreadableFile, UsageError
from rlrig_eval.scene.graph import Frozen
from rlrig_eval.scene.requirements import Counting
from rlrig_eval.suite import importers
from rlrig_eval.suite.documents import BadFile, read_json_line, read_text, read_yaml
from rlrig_eval.suite.schema import ErrorPolicy, Name, Prompt, Protocol, Suite, World, clashes

DEFAULT_SPLIT = "test"
_REQUEST = re.compile(r"(?P<where>.+?)(:(?P<split>[A-Za-z][A-Za-z0-9_-]*))?")
SplitName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]


class Header(Frozen):
    """The content of a ``suite.yaml``; `splits` maps the name of a split to a JSONL file beside it."""

    name: Name
    version: str = Field(min_length=1)
    world: World
    description: str = ""
    protocol: Protocol = Protocol()
    scorers: tuple[str, ...] = ("graph",)
    error_policy: ErrorPolicy = ErrorPolicy()
    counting: Counting = "exact"
    splits: dict[SplitName, str] = Field(default={DEFAULT_SPLIT: "prompts.jsonl"}, min_length=1)

    @field_validator("splits")
    @classmethod
    def _beside_it(cls, splits: dict[str, str]) -> dict[str, str]:
        for split, file in splits.items():
            if not file or Path(file).name != file:
                raise ValueError(f"split {split!r}: {file!r} is not the name of a file beside suite.yaml")
        return splits


def load(name_or_path: str | Path, download: str | Path | None = None) -> Suite:
    """One split of a suite: ``spatial``, ``spatial:dev``, a suite's folder or its ``suite.yaml``.

    With `download`, the file or folder of a published benchmark, the name is that of the benchmark: ``geneval``.

    Raises:
        UsageError: no such suite or split, or a file of it is malformed: file, line, field and problem, one
            line for each problem.
    """
    if download is not None:
        return importers.import_suite(str(name_or_path), download)
    header_path, split = locate(name_or_path)
    header = read_yaml(header_path, Header)
    if split not in header.splits:
        raise UsageError.unknown(f"split of {header.name}", split, header.splits)
    prompts = tuple(read_prompts(header_path.parent / header.splits[split]).values())
    fields = {name: getattr(header, name) for name in Header.model_fields if name != "splits"}
    return Suite(**fields, split=split, prompts=prompts)


def names() -> list[str]:
    """The suites that ship with the package."""
    root = suites_dir()
    return sorted(path.parent.name for path in root.glob("*/suite.yaml")) if root.is_dir() else []


def locate(name_or_path: str | Path) -> tuple[Path, str]:
    """The ``suite.yaml`` and the split that a request means; the default split where it names none.

    Raises:
        UnreadableFile: it names a file that is not there.
        UsageError: there is no suite of that name, or it is a benchmark that does not ship.
    """
    request = str(name_or_path)
    if _there(Path(request)) and request not in names():
        where, split = request, None
    else:
        found = _REQUEST.fullmatch(request)
        where, split = (found["where"], found["split"]) if found else (request, None)
    split = split or DEFAULT_SPLIT
    if where in names():
        return suites_dir() / where / "suite.yaml", split
    if where in importers.names():
        files = importers.benchmark(where).files
        raise UsageError(f"{where} does not ship: give your own download of it with --suite-path ({files})")
    path = Path(where)
    if _there(path):
        path = path / "suite.yaml" if path.is_dir() else path
        if path.is_file():
            return path, split
    if len(path.parts) > 1 or path.suffix:
        raise UnreadableFile("there is no such suite file", path=path)
    raise UsageError.unknown("suite", where, [*names(), *importers.names()])


def _there(path: Path) -> bool:
    """Whether there is anything at `path`; not where the name is too long for any, which `exists` makes an error of."""
    try:
        return path.exists()
    except OSError:
        return False


def read_prompts(path: Path) -> dict[int, Prompt]:
    """Line number -> prompt of a JSONL file, one a line; blank lines are skipped.

    Raises:
        UnreadableFile, BadFile: it cannot be read, or with every problem of every line.
    """
    problems: list[UnreadableFile] = []
    prompts: dict[int, Prompt] = {}
    # Not splitlines(): it would also break at U+2028, which JSON allows inside a string.
    for number, text in enumerate(read_text(path).split("\n"), start=1):
        if not text.strip():
            continue
        try:
            prompts[number] = read_json_line(text, Prompt, path=path, line=number)
        except BadFile as bad:
            problems.extend(bad.problems)
    if not problems:  # else a twin on a malformed line would be reported as missing
        lines = list(prompts)
        problems.extend(
            UnreadableFile(clash.problem, path=path, line=lines[clash.position], field=clash.field)
            for clash in clashes(tuple(prompts.values()))
        )
    if problems:
        raise BadFile(problems)
    if not prompts:
        raise UnreadableFile("there are no prompts in it", path=path)
    return prompts
