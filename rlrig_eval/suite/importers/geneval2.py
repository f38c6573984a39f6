"""GenEval 2: prompts with a question for every atom (arXiv 2512.16853, facebookresearch/GenEval2)."""

from pathlib import Path

from rlrig_eval.suite.importers.benchmark import Benchmark, Imported, Record, Row, checked, one_each, prompts_of
from rlrig_eval.suite.importers.files import the_file
from rlrig_eval.suite.importers.graphs import read_text
from rlrig_eval.suite.importers.ids import prompt_id
from rlrig_eval.suite.importers.questions import asked
from rlrig_eval.suite.importers.records import records
from rlrig_eval.suite.schema import Prompt


class Atoms(Record):
    """A line of `geneval2_data.jsonl`: a skill for every question."""

    prompt: str
    atom_count: int
    vqa_list: tuple[tuple[str, str], ...]
    skills: tuple[str, ...]


def read(path: Path, variant: str) -> Imported:
    """A prompt a line of `geneval2_data.jsonl`, its graph made of its atoms. Raises UsageError."""
    file = the_file(path, "geneval2_data.jsonl", "*.jsonl")
    return Imported(prompts_of(one_each(checked(records(file), Atoms)), _prompt), [file])


def _prompt(row: Row[Atoms]) -> Prompt:
    record, name = row.record, prompt_id("geneval2", row.number)
    graph, unread = read_text(record.prompt)
    texts, answers = [text for text, _ in record.vqa_list], [said for _, said in record.vqa_list]
    return Prompt(
        id=name,
        text=record.prompt,
        graph=graph,
        tags=(f"atoms={record.atom_count}", *dict.fromkeys(f"asks {skill}" for skill in record.skills), *unread),
        group=name,
        questions=asked(row, texts, "vqa_list", {"vqa_list answers": answers, "skills": record.skills}, tags="skills"),
    )


BENCHMARK = Benchmark(
    name="geneval2",
    title="GenEval 2",
    source="github.com/facebookresearch/GenEval2, arXiv 2512.16853",
    licence="CC BY-NC 4.0 (no commercial use)",
    files="geneval2_data.jsonl, or the folder that it lies in",
    read=read,
    counting="exact",  # "a" is asked about as one
)
