"""Judges at work on a run: each in a thread of its own, on pictures as they come, while the next ones are drawn.

Nothing that goes wrong with a judge stops the drawing: its samples stay unscored, and are asked for again when the
run goes on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from rlrig_eval import judges
from rlrig_eval.errors import RLRIGError, UsageError
from rlrig_eval.judges import PICTURES, Budget, Family, Judge, JudgeSpec, Task, Unscored, Verdict
from rlrig_eval.judges.published import PublishedQuestion, parents_first, published_question
from rlrig_eval.plugins import defaults, load, loading
from rlrig_eval.plugins.redaction import redacted, refuse_hidden
from rlrig_eval.runs.latest import read_scores
from rlrig_eval.runs.plan import Sample, Shard
from rlrig_eval.runs.rows import SampleRow, ScoreRow
from rlrig_eval.runs.storable import storable_verdict
from rlrig_eval.runs.store import scores_file
from rlrig_eval.runs.writing import appending
from rlrig_eval.suite import Prompt

Asked = tuple[str, Mapping[str, Any]]
"""A judge as a user asks for it: its name and the `-J` options."""

Submit = Callable[[Sequence[Sample], Mapping[str, SampleRow]], None]
"""Hands samples, with the rows of their pictures, to every judge; returns at once."""


@dataclass(frozen=True)
class Judging:
    """The judges of a run, and what this process may spend on them. `specs` hold the secrets a record hides."""

    specs: tuple[JudgeSpec, ...] = ()
    max_calls: int | None = None
    max_cost: float | None = None

    def budget(self) -> Budget | None:
        """The one budget of this process; the same object every time."""
        return self._budget

    @cached_property
    def _budget(self) -> Budget | None:
        if self.max_calls is None and self.max_cost is None:
            return None
        return Budget(self.max_calls, self.max_cost)


def judging_of(
    asked: Iterable[Asked], max_calls: int | None = None, max_cost: float | None = None, family: Family = PICTURES
) -> Judging:
    """Judges looked up by name, loading none; `family` are the rubrics that they may be asked in.

    Raises:
        UsageError: a wrong name or option, two of one slug, or a limit on money for a judge without a price.
    """
    return judging_by([look_up(one, family) for one in asked], max_calls, max_cost)


def look_up(asked: Asked, family: Family = PICTURES) -> JudgeSpec:
    """One judge by name, which hashes the weights that it has here. Raises UsageError for a wrong name or option."""
    name, options = asked
    refuse_hidden(options, "-J")
    return judges.resolve(name, options, family)


def judging_by(specs: Sequence[JudgeSpec], max_calls: int | None = None, max_cost: float | None = None) -> Judging:
    """Judges that were looked up. Raises UsageError for two of one slug, or one without a price under `max_cost`."""
    slugs = set[str]()
    for spec in specs:
        if spec.slug in slugs:
            raise UsageError(f"two judges are called {spec.slug}: name one with -J name=")
        slugs.add(spec.slug)
        if max_cost is not None:
            judges.require_price(spec)
    return Judging(tuple(specs), max_calls, max_cost)


def recorded_specs(specs: Iterable[JudgeSpec]) -> tuple[JudgeSpec, ...]:
    """Specs as ``run.json`` keeps them, without secrets."""
    return tuple(map(_recorded, specs))


def _recorded(spec: JudgeSpec) -> JudgeSpec:
    usual = defaults(load(spec.adapter, "judge"))
    return spec.model_copy(update={"options": redacted(spec.options, usual), "traffic": redacted(spec.traffic, usual)})


@contextmanager
def at_work(judging: Judging, folder: Path, shard: Shard | None) -> Iterator[Submit]:
    """The judges at work; leaving waits for them or, after an error, stops them.

    Raises:
        OSError: rows cannot be written. UsageError: another process is judging the same share.
    """
    budget = judging.budget()
    with ExitStack() as stack:
        desks = [
            _Desk(spec, budget, folder, stack.enter_context(appending(scores_file(folder, spec.metric, shard))))
            for spec in judging.specs
        ]

        def submit(samples: Sequence[Sample], rows: Mapping[str, SampleRow]) -> None:
            for desk in desks:
                desk.submit(samples, rows)

        try:
            yield submit
            for desk in desks:
                desk.finish()
        finally:
            for desk in desks:
                desk.stop()


class _Desk:
    """One judge, its thread and its pile."""

    def __init__(
        self,
        spec: JudgeSpec,
        budget: Budget | None,
        folder: Path,
        append: Callable[[Iterable[ScoreRow]], None],
    ) -> None:
        self._spec, self._budget, self._folder, self._append = spec, budget, folder, append
        self._done = read_scores(folder, spec.metric)
        self._pile: deque[tuple[Sample, SampleRow]] = deque()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=spec.metric)
        self._last: Future[None] | None = None
        self._judge: Judge | Unscored | None = None
        self._stopped = False

    def submit(self, samples: Sequence[Sample], rows: Mapping[str, SampleRow]) -> None:
        if self._last is not None and self._last.done():
            self._last.result()  # trouble with the disk comes up here
        self._pile.extend((sample, rows[sample.id]) for sample in unjudged(samples, rows, self._done))
        self._last = self._thread.submit(self._work)

    def finish(self) -> None:
        if self._last is not None:
            self._last.result()

    def stop(self) -> None:
        self._stopped = True
        self._thread.shutdown(cancel_futures=True)

    def _work(self) -> None:
        pile = [self._pile.popleft() for _ in range(len(self._pile))]
        if not pile:
            return
        tasks = (task_of(self._folder, sample, row) for sample, row in pile)
        for (sample, row), found in zip(pile, self._verdicts(tasks), strict=True):
            if self._stopped:
                return
            self._append([score_row(sample.id, row.image_sha256 or "", found, self._spec.slug)])

    def _verdicts(self, tasks: Iterable[Task]) -> Iterable[Verdict | Unscored]:
        if self._judge is None:
            self._judge = _opened(self._spec, self._budget)
        judge = self._judge
        return (judge for _ in tasks) if isinstance(judge, Unscored) else judge.verdicts(tasks)


def task_of(folder: Path, sample: Sample, row: SampleRow) -> Task:
    """A drawn sample as a judge is given it."""
    requirements = questions_of(sample.prompt) or sample.job.requirements()
    return Task(folder / (row.image or ""), sample.prompt.text, requirements)


def questions_of(prompt: Prompt) -> tuple[PublishedQuestion, ...]:
    """The benchmark's own questions on a prompt, parents first; empty where it has none.

    Each is to be answered by yes or no, a number, or the letter of a choice.
    """
    return parents_first([published_question(q.id, q.text, q.answer, q.depends, q.choices) for q in prompt.questions])


def built(spec: JudgeSpec, budget: Budget | None) -> Judge:
    """The judge, loaded. Raises UsageError when it cannot be used, whatever its constructor raised."""
    with loading(f"judge {spec.slug}"):
        return judges.build(spec, budget)


def _opened(spec: JudgeSpec, budget: Budget | None) -> Judge | Unscored:
    try:
        return built(spec, budget)
    except RLRIGError as problem:  # no key, no checkpoint, no memory: the pictures are still worth having
        return Unscored(f"the judge cannot be used: {problem}")


def unjudged(
    samples: Iterable[Sample], rows: Mapping[str, SampleRow], seen: Mapping[str, ScoreRow]
) -> Iterator[Sample]:
    """The samples that have a picture on which there is no verdict; those left unscored are asked for again."""
    for sample in samples:
        row, verdict = rows.get(sample.id), seen.get(sample.id)
        if row is None or row.status != "ok":
            continue
        if verdict is None or verdict.status != "ok" or verdict.image_sha256 != row.image_sha256:
            yield sample


def score_row(id_: str, digest: str, said: Verdict | Unscored, slug: str) -> ScoreRow:
    """What the judge of that slug says of what has that id, a picture or a pair, with its replies as they came."""
    found = storable_verdict(said, slug)
    if isinstance(found, Unscored):
        evidence = {"replies": list(found.raw)} if found.raw else {}
        return ScoreRow(id=id_, image_sha256=digest, status="unscored", reason=found.reason, evidence=evidence)
    replies = [
        reply.text if reply.p_yes is None else {"text": reply.text, "p_yes": reply.p_yes} for reply in found.replies
    ]
    own = {"answers": dict(found.answers), "replies": replies, "usage": asdict(found.usage)}
    evidence = own | dict(found.evidence) | own  # ours stay as we read them back, whatever a judge calls its evidence
    values = {**found.values, "score": found.score}
    return ScoreRow(id=id_, image_sha256=digest, status="ok", values=values, evidence=evidence)
