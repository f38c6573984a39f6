"""GenEval: objects, counts, colours and positions in a metadata file (arXiv 2310.11513, djghosh13/geneval)."""

from pathlib import Path

from pydantic import Field

from rlrig_eval.metrics.geneval import GenEvalClause
from rlrig_eval.scene import Entity, Relation, SceneGraph
from rlrig_eval.scene.requirements import Counting
from rlrig_eval.suite.importers.benchmark import Benchmark, Imported, Model, Record, Row, checked, one_each, prompts_of
from rlrig_eval.suite.importers.files import the_file
from rlrig_eval.suite.importers.graphs import PARTIAL, relation
from rlrig_eval.suite.importers.ids import prompt_id
from rlrig_eval.suite.importers.records import records
from rlrig_eval.suite.schema import Prompt


class Metadata(Record):
    """A line of `evaluation_metadata.jsonl`; `include` must all be there, `exclude` fails at its count."""

    tag: str = Field(min_length=1)
    prompt: str
    include: tuple[GenEvalClause, ...]
    exclude: tuple[GenEvalClause, ...] = ()


def read(path: Path, variant: str) -> Imported:
    """A prompt a line of `evaluation_metadata.jsonl`, its graph as the metadata has it. Raises UsageError."""
    file = the_file(path, "evaluation_metadata.jsonl")
    return Imported(prompts_of(one_each(checked(records(file), Metadata)), _prompt), [file])


def _prompt(row: Row[Metadata]) -> Prompt:
    name, record = prompt_id("geneval", row.number), row.record
    if not record.include:
        row.wrong("include", "is empty")
    entities = tuple(entity(index, clause) for index, clause in enumerate(record.include))
    relations = tuple(
        stands(row, index, "position", clause.position)
        for index, clause in enumerate(record.include)
        if clause.position is not None
    )
    graph = SceneGraph(entities=entities, relations=relations)
    exact = _exact(record)
    tags = (record.tag, PARTIAL) if record.exclude and not exact else (record.tag,)
    counting: Counting | None = "exact" if exact else None
    return Prompt(id=name, text=record.prompt, graph=graph, tags=tags, group=name, counting=counting)


def entity(index: int, clause: GenEvalClause) -> Entity:
    """What entry `index` of `include` asks for."""
    attributes = (clause.color,) if clause.color else ()
    return Entity(id=f"e{index}", category=clause.category, attributes=attributes, count=clause.count)


def stands(row: Row[Model], index: int, key: str, stated: tuple[str, int]) -> Relation:
    """How entry `index` stands to the earlier one that it points to; UnreadableFile when that is no earlier one."""
    words, target = stated
    if not 0 <= target < index:
        row.wrong(f"include.{index}.{key}", f"points to entry {target}, which is not an earlier one")
    return relation(f"e{index}", words, f"e{target}")


def _exact(record: Metadata) -> bool:
    """Whether `exclude` says "no more than included"; another exclusion (no dogs at all) has no place in a graph."""
    most = {clause.category: clause.count - 1 for clause in record.exclude}
    return most == {clause.category: clause.count for clause in record.include}


BENCHMARK = Benchmark(
    name="geneval",
    title="GenEval",
    source="github.com/djghosh13/geneval (prompts/), arXiv 2310.11513",
    licence="MIT",
    files="evaluation_metadata.jsonl, or the folder that it lies in",
    read=read,
    scorers=("graph", "geneval"),
    images_per_prompt=4,
)
