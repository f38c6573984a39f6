"""GenEval++: GenEval with relative sizes and regions of the picture (yejy53/Echo-4o)."""

from pathlib import Path

from rlrig_eval.metrics.geneval import GenEvalClause
from rlrig_eval.scene import Relation, SceneGraph
from rlrig_eval.suite.importers.benchmark import Benchmark, Imported, Record, Row, checked, one_each, prompts_of
from rlrig_eval.suite.importers.files import the_file
from rlrig_eval.suite.importers.geneval import entity, stands
from rlrig_eval.suite.importers.graphs import PARTIAL
from rlrig_eval.suite.importers.ids import prompt_id
from rlrig_eval.suite.importers.records import records
from rlrig_eval.suite.schema import Prompt

SIZES = {"larger": "larger than", "bigger": "bigger than", "smaller": "smaller than"}


class Thing(GenEvalClause):
    """An entry of `include`. `size` is to an earlier entry, as `position` is; `region` is a part of the picture."""

    size: tuple[str, int] | None = None
    region: str | None = None


class Metadata(Record):
    """A line of `Geneval++.jsonl`."""

    tag: str
    prompt: str
    include: tuple[Thing, ...]
    exclude: tuple[GenEvalClause, ...] = ()


def read(path: Path, variant: str) -> Imported:
    """A prompt a line of `Geneval++.jsonl`, its graph as the metadata has it. Raises UsageError."""
    file = the_file(path, "[Gg]en[Ee]val++.jsonl", "*.jsonl")
    return Imported(prompts_of(one_each(checked(records(file), Metadata)), _prompt), [file])


def _prompt(row: Row[Metadata]) -> Prompt:
    """A graph has no word for a region of the picture, nor for what must not be there: such prompts are partial."""
    record, name = row.record, prompt_id("geneval-pp", row.number)
    if not record.include:
        row.wrong("include", "is empty")
    regions = [thing.region for thing in record.include if thing.region is not None]
    return Prompt(
        id=name,
        text=record.prompt,
        graph=SceneGraph(
            entities=tuple(entity(index, thing) for index, thing in enumerate(record.include)),
            relations=tuple(
                found for index, thing in enumerate(record.include) for found in _relations(row, index, thing)
            ),
        ),
        tags=(record.tag, *dict.fromkeys(f"region:{region}" for region in regions), *_partial(record)),
        group=name,
    )


def _relations(row: Row[Metadata], index: int, thing: Thing) -> list[Relation]:
    found = []
    if thing.position is not None:
        found.append(stands(row, index, "position", thing.position))
    if thing.size is not None:
        word, target = thing.size
        if word not in SIZES:
            row.wrong(f"include.{index}.size", f"{word!r} is none of {', '.join(SIZES)}")
        found.append(stands(row, index, "size", (SIZES[word], target)))
    return found


def _partial(record: Metadata) -> tuple[str, ...]:
    most = {clause.category: clause.count - 1 for clause in record.exclude}
    counts = {thing.category: thing.count for thing in record.include}
    told = all(counts.get(category) == count for category, count in most.items())
    return () if told and not any(thing.region for thing in record.include) else (PARTIAL,)


BENCHMARK = Benchmark(
    name="geneval-pp",
    title="GenEval++",
    source="github.com/yejy53/Echo-4o",
    licence="Apache-2.0",
    files="Geneval++.jsonl, or the folder that it lies in",
    read=read,
    counting="exact",  # its judge passes an image only when all is exactly right
)
