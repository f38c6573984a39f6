"""One process at work on a run folder: what is owed is drawn; scored and judged while the next batch is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from rlrig_eval.models import Generator
from rlrig_eval.models.pictures import stated_size
from rlrig_eval.runs.generate import draw, owed
from rlrig_eval.runs.judging import at_work as judges_at_work
from rlrig_eval.runs.latest import read_samples, read_scores
from rlrig_eval.runs.plan import Batch, Sample, Shard
from rlrig_eval.runs.rows import SampleRow
from rlrig_eval.runs.scoring import Scoring, score_all, unscored_yet
from rlrig_eval.runs.store import samples_file, scores_file
from rlrig_eval.runs.writing import appending

Progress = Callable[[int], None]
"""Told how many more samples are drawn."""


def draw_and_score(
    batches: Sequence[Batch],
    generator: Generator,
    scoring: Scoring,
    folder: Path,
    shard: Shard | None,
    advance: Progress,
) -> None:
    """Draw every owed batch of this process's share, and score and judge every picture that is owed it.

    Raises:
        OSError: a file cannot be written.
        UsageError: another process is at work on the same share.
    """
    size = stated_size(generator.settings)
    with ExitStack() as stack:
        append = stack.enter_context(appending(samples_file(folder, shard)))
        rows = read_samples(folder)
        todo = owed(batches, rows)
        write = {name: stack.enter_context(appending(scores_file(folder, name, shard))) for name in scoring.scorers}
        judge = stack.enter_context(judges_at_work(scoring.judging, folder, shard))
        # One thread: scores are appended in order, and drawing keeps the machine.
        worker = stack.enter_context(ThreadPoolExecutor(max_workers=1, thread_name_prefix="scorer"))

        def score_drawn(samples: Sequence[Sample], drawn: Mapping[str, SampleRow]) -> None:
            found = list(score_all(samples, drawn, folder, scoring))
            for name, append_scores in write.items():
                append_scores([row[name] for row in found])

        redrawn = {sample.id for batch in todo for sample in batch.samples}
        kept = [sample for batch in batches for sample in batch.samples if sample.id not in redrawn]
        advance(len(kept))
        seen = {name: read_scores(folder, name) for name in scoring.scorers}
        at_work: Future[None] = worker.submit(score_drawn, unscored_yet(kept, rows, seen), rows)
        judge(kept, rows)
        for batch in todo:
            drawn = {row.id: row for row in draw(batch, generator, size, folder)}
            append(drawn.values())
            at_work.result()  # scoring falls behind by one batch at most, and its troubles come up here
            good = [sample for sample in batch.samples if drawn[sample.id].status == "ok"]
            at_work = worker.submit(score_drawn, good, drawn)
            judge(good, drawn)
            advance(len(batch.samples))
        at_work.result()
