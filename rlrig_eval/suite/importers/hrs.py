"""HRS-Bench, spatial and size: two to four objects in columns (arXiv 2304.05390, eslambakr/HRS_benchmark)."""

from pathlib import Path

from rlrig_eval.metrics.hrs import BETWEEN, LARGER, SMALLER
from rlrig_eval.scene import Entity, Relation, SceneGraph
from rlrig_eval.scene.language.lexicon import TERMS
from rlrig_eval.suite.importers.benchmark import Benchmark, Imported, Record, Row, checked, one_each, prompts_of
from rlrig_eval.suite.importers.files import the_file
from rlrig_eval.suite.importers.graphs import relation
from rlrig_eval.suite.importers.ids import prompt_id
from rlrig_eval.suite.importers.records import records
from rlrig_eval.suite.schema import Prompt

SYNTHETIC, META = "synthetic", "meta"
LEVELS = {2: "easy", 3: "medium", 4: "hard"}
"""Number of objects -> level; each is a third of the file."""
_SAYS = {"on": "above"}
"""Words of the spatial prompts -> the relation that the published rule, on edges of boxes, takes them for."""
_SIZES = dict.fromkeys(LARGER, "bigger than") | dict.fromkeys(SMALLER, "smaller than")


class Columns(Record):
    """A row. Cells of objects and relations that a level does not have are empty."""

    meta_prompt: str
    obj1: str
    obj2: str
    obj3: str = ""
    obj4: str = ""
    rel1: str
    rel2: str = ""
    synthetic_prompt: str


def read(path: Path, variant: str) -> Imported:
    """A prompt a row of one CSV, spatial or size, its graph made of the row's columns. Raises UsageError."""
    file = the_file(path, "*spatial*.csv", "*size*.csv", "*.csv")
    rows = checked(records(file), Columns)
    return Imported(prompts_of(one_each(rows), lambda row: _prompt(row, file.stem, variant)), [file])


def _prompt(row: Row[Columns], stem: str, variant: str) -> Prompt:
    record = row.record
    objects = [_plain(cell) for cell in (record.obj1, record.obj2, record.obj3, record.obj4)]
    things = [name for name in objects if name]
    if len(things) < 2 or objects[: len(things)] != things:
        row.wrong("obj1", "two to four objects are needed, and none may be left out")
    words = [word for word in (_plain(record.rel1), _plain(record.rel2)) if word]
    size = all(word in _SIZES for word in words)
    name = prompt_id("hrs", f"{'size' if size else 'spatial'}-{row.number:04d}")
    entities = tuple(Entity(id=f"e{index}", category=thing) for index, thing in enumerate(things))
    relations = _sizes(row, len(things), words) if size else _spatial(row, len(things), words)
    text = record.synthetic_prompt if variant == SYNTHETIC else record.meta_prompt
    return Prompt(
        id=name,
        text=text.strip(),
        graph=SceneGraph(entities=entities, relations=tuple(relations)),
        tags=(LEVELS[len(things)], "size" if size else "spatial"),
        group=name,
    )


def _spatial(row: Row[Columns], things: int, words: list[str]) -> list[Relation]:
    """Which objects a relation joins, as `metrics.hrs.hrs_spatial` has it from the published script.

    Two: 1 to 2. Three: 1 to 2 and 1 to 3; four: 1 and 2 to 3 and to 4; with one relation, between the last two.
    """
    last = [f"e{index}" for index in range(max(1, things - 2), things)]
    subjects = [f"e{index}" for index in range(max(1, things - 2))]
    if len(words) == 1 and things > 2:
        if words[0] not in BETWEEN:
            row.wrong("rel1", f"{words[0]!r} is none of {', '.join(BETWEEN)}")
        return [Relation(subject=subject, predicate="between", object=(last[0], last[1])) for subject in subjects]
    if len(words) != len(last):
        row.wrong("rel2", f"{things} objects and {len(words)} relations do not go together")
    for number, word in enumerate(words, start=1):
        if word in BETWEEN or word not in TERMS:
            row.wrong(f"rel{number}", f"{word!r} is no relation of two objects")
    pairs = zip(words, last, strict=True)
    return [relation(subject, _SAYS.get(word, word), object_) for word, object_ in pairs for subject in subjects]


def _sizes(row: Row[Columns], things: int, words: list[str]) -> list[Relation]:
    """Two: 1 to 2. Three: 1 to 2, and to 3. Four: 1 to 2 and 3, and to 4."""
    if len(words) != min(2, things - 1):
        row.wrong("rel2", f"{things} objects and {len(words)} size relations do not go together")
    spread = [words[0], *words] if things == 4 else words
    return [
        Relation(subject="e0", predicate=_SIZES[word], object=f"e{index}") for index, word in enumerate(spread, start=1)
    ]


def _plain(cell: str) -> str:
    """The cell without what stands for nothing in a table."""
    plain = " ".join(cell.split())
    return "" if plain.lower() in ("nan", "none") else plain


BENCHMARK = Benchmark(
    name="hrs",
    title="HRS-Bench (spatial, size)",
    source="github.com/eslambakr/HRS_benchmark, arXiv 2304.05390",
    licence="none stated",
    files="its spatial or size CSV, or the folder that it lies in",
    read=read,
    scorers=("graph", "hrs"),
    images_per_prompt=3,
    variants=(SYNTHETIC, META),
)
