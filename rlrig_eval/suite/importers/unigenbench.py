"""UniGenBench++: test points of every prompt, as JSON in a CSV (CodeGoat24/UniGenBench)."""

import json
import re
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field

from rlrig_eval.errors import UnreadableFile, UsageError
from rlrig_eval.scene import SceneGraph
from rlrig_eval.suite.documents import once_each
from rlrig_eval.suite.importers.benchmark import Benchmark, Imported, Record, Row, checked, one_each, prompts_of
from rlrig_eval.suite.importers.files import the_file
from rlrig_eval.suite.importers.graphs import UNPARSED, read_text
from rlrig_eval.suite.importers.ids import prompt_id
from rlrig_eval.suite.importers.questions import asked
from rlrig_eval.suite.importers.records import records
from rlrig_eval.suite.schema import Prompt

VARIANTS = ("en", "en_long", "zh", "zh_long")
KEYS = {
    "en": ("Primary Categories", "Testpoints", "Testpoint Description"),
    "zh": ("一级垂类", "考点", "考点对应描述"),
}
"""Language -> what the JSON calls the category, the test points, and what must be seen for each."""
_FILE = re.compile(r"test_prompts_(en|zh)(_long)?")


class Cells(Record):
    """A row; the columns are named after the language."""

    model_config = ConfigDict(extra="allow")

    index: int = Field(ge=0)


def read(path: Path, variant: str) -> Imported:
    """A prompt a row of `test_prompts_<variant>.csv`, its test points as statements to be affirmed.

    Raises UsageError.
    """
    file = the_file(path, f"test_prompts_{variant}.csv")
    named = _FILE.fullmatch(file.stem)
    if named and file.stem != f"test_prompts_{variant}":
        other = file.stem.removeprefix("test_prompts_")
        raise UsageError(f"{file}: these are the prompts of unigenbench:{other}, not of unigenbench:{variant}")
    rows = checked(records(file), Cells)
    return Imported(prompts_of(one_each(rows), lambda row: _prompt(row, variant[:2])), [file])


def _prompt(row: Row[Cells], language: str) -> Prompt:
    """A test point is no question, but what must be seen."""
    name = prompt_id("unigenbench", row.record.index)
    text, stated = (_cell(row, f"{column}_{language}") for column in ("prompt", "sub_dims"))
    field = f"sub_dims_{language}"
    category, *keys = KEYS[language]
    facts = _facts(row, field, stated)
    if not isinstance(facts.get(category), str):
        row.wrong(f"{field}.{category}", "is no text")
    points, descriptions = (f"{field}.{key}" for key in keys)
    kinds, texts = (_words(row, f"{field}.{key}", facts.get(key)) for key in keys)
    # The grammar is of English: it would take a Chinese sentence for a noun.
    graph, unread = read_text(text) if language == "en" else (SceneGraph(), (UNPARSED,))
    return Prompt(
        id=name,
        text=text,
        graph=graph,
        tags=(facts[category], *dict.fromkeys(kinds), *unread),
        group=name,
        questions=asked(row, texts, descriptions, {points: kinds}, tags=points),
    )


def _cell(row: Row[Cells], column: str) -> str:
    cells: dict[str, Any] = row.record.model_extra or {}
    if column not in cells:
        row.wrong(column, "there is no such column")
    return str(cells[column])


def _facts(row: Row[Cells], field: str, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text, object_pairs_hook=once_each)
    except (ValueError, RecursionError) as error:
        problem = f"bad JSON: {getattr(error, 'msg', error)}"
        raise UnreadableFile(problem, path=row.path, line=row.line, field=field) from None
    if not isinstance(found, dict):
        row.wrong(field, "is no JSON object")
    return found


def _words(row: Row[Cells], field: str, found: Any) -> list[str]:
    if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
        row.wrong(field, "is no list of texts")
    return found


BENCHMARK = Benchmark(
    name="unigenbench",
    title="UniGenBench++",
    source="github.com/CodeGoat24/UniGenBench (data/)",
    licence="CC BY 4.0",
    files="test_prompts_en.csv (or _en_long, _zh, _zh_long), or the data folder",
    read=read,
    images_per_prompt=4,
    variants=VARIANTS,
)
