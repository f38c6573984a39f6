"""Which relation was read where another was asked: a table for each run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rlrig_eval.report.alignment import align, answers
from rlrig_eval.report.folder import Contestant
from rlrig_eval.report.table import Column, Table
from rlrig_eval.runs.scorers import GRAPH
from rlrig_eval.scene import VOCABULARY, SceneGraph

ABSENT, NOTHING = "a member is missing", "neither"


def confusion(one: Contestant) -> Table:
    """Rows are the predicates that prompts state, columns those that were read between the same two things.

    Counted over pairs of instances of the scored pictures; denied relations are left out.
    """
    counts: dict[str, Counter[str]] = {}
    for sample in one.run.samples:
        score = one.run.scores.get(GRAPH, {}).get(sample.id)
        if score is None or score.status != "ok":
            continue
        read = SceneGraph.model_validate(score.evidence["graph"])
        for asked, found in answers(align(read, sample.prompt.graph)):
            label = ABSENT if found is None else NOTHING if found == "nothing" else found
            counts.setdefault(asked, Counter())[label] += 1
    order = [name for name in VOCABULARY if name in counts] + sorted(counts.keys() - VOCABULARY.keys())
    read_as = {name for seen in counts.values() for name in seen} - {ABSENT, NOTHING}
    columns = [name for name in VOCABULARY if name in read_as] + sorted(read_as - VOCABULARY.keys())
    shown = [*columns, *(name for name in (NOTHING, ABSENT) if any(name in seen for seen in counts.values()))]
    rows = tuple((asked, *(counts[asked][name] or None for name in shown), counts[asked].total()) for asked in order)
    return Table(
        title=f"Relations asked and read: {one.label}",
        columns=(
            Column(name="asked", title="asked"),
            *(Column(name=f"read.{name}", title=name, kind="count") for name in shown),
            Column(name="pairs", title="pairs", kind="count"),
        ),
        rows=rows,
        notes=(f"“{NOTHING}”: both things are there, and no relation of that axis holds between them with margin.",),
    )


def confusions(contestants: Sequence[Contestant]) -> list[Table]:
    """One for each run that has a relation to tell of."""
    return [table for one in contestants if (table := confusion(one)).rows]
