"""A judge made of a rubric and a back end: requests stream in, verdicts stream out, memory stays flat."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from rlrig_eval.judges.contract import (
    Backend,
    Form,
    Judge,
    Misfit,
    Reply,
    Request,
    Rubric,
    Task,
    Trouble,
    Unscored,
    Usage,
    Verdict,
)
from rlrig_eval.judges.rubrics import Again

MOST_CRASHES = 3
"""So many times in a row may a back end raise before the rest of the pictures are left unscored."""


@dataclass
class _Asked:
    """A task whose requests are out; their pictures are the back end's to keep or to drop."""

    task: Task
    forms: tuple[Form, ...]
    problem: str | None = None
    replies: list[Reply | Trouble] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        return len(self.replies) == len(self.forms)


@dataclass(frozen=True)
class AskingJudge:
    """Asks `backend` what `rubric` wants to know. What goes wrong leaves pictures unscored; it never raises for it."""

    rubric: Rubric
    backend: Backend

    def again(self, turn: int) -> AskingJudge:
        """The same judge with requests that are other ones than before, so that no kept reply answers them."""
        return replace(self, rubric=Again(self.rubric, turn))

    def verdicts(self, tasks: Iterable[Task]) -> Iterator[Verdict | Unscored]:
        """One for each task, in order. After a crash of the back end the picture it was at is left out."""
        source = iter(tasks)
        interrupted: deque[Task] = deque()  # asked about in vain, by a crash over another picture
        crashes = 0

        def rest() -> Iterator[Task]:
            while interrupted:
                yield interrupted.popleft()
            for task in source:  # noqa: UP028 - `yield from` would close the source with this generator
                yield task

        while True:
            waiting: deque[_Asked] = deque()
            problem = "the judge gave fewer replies than it was asked for"
            try:
                for verdict in self._stream(rest(), waiting):
                    crashes = 0
                    yield verdict
            except (Exception, SystemExit) as crash:  # a back end's own trouble, of any kind
                problem = said(crash)
            crashes += 1
            if waiting:
                yield Unscored(problem, _raw(waiting.popleft().replies))
            elif next(rest(), None) is not None:
                yield Unscored(problem)
            else:
                return
            interrupted.extendleft(asked.task for asked in reversed(waiting))
            if crashes >= MOST_CRASHES:
                yield from (Unscored(problem) for _ in rest())
                return

    def _stream(self, tasks: Iterator[Task], waiting: deque[_Asked]) -> Iterator[Verdict | Unscored]:
        def requests() -> Iterator[Request]:
            for task in tasks:
                try:
                    asked = self.rubric.ask(task)
                except OSError as problem:
                    waiting.append(_Asked(task, (), str(problem)))
                    continue
                except Exception as problem:  # a decoder may raise anything over a broken file
                    waiting.append(_Asked(task, (), said(problem)))
                    continue
                waiting.append(_Asked(task, tuple(request.form for request in asked)))
                yield from asked

        for reply in self.backend.replies(requests()):
            yield from self._done(waiting)  # those that had nothing to ask
            if not waiting:
                raise RuntimeError("the back end gave more replies than it was asked for")
            waiting[0].replies.append(reply)
            yield from self._done(waiting)
        yield from self._done(waiting)

    def _done(self, waiting: deque[_Asked]) -> Iterator[Verdict | Unscored]:
        while waiting and waiting[0].complete:
            yield self._mark(waiting.popleft())

    def _mark(self, asked: _Asked) -> Verdict | Unscored:
        if asked.problem is not None:
            return Unscored(asked.problem)
        good = [reply for reply in asked.replies if isinstance(reply, Reply)]
        for reply in asked.replies:
            if isinstance(reply, Trouble):
                return Unscored(reply.reason, _raw(asked.replies))
        try:
            read = [form.read(reply) for form, reply in zip(asked.forms, good, strict=True)]
            usage = sum((reply.usage for reply in good), start=Usage(calls=0, usd=0.0))
            return replace(self.rubric.mark(asked.task, read), replies=tuple(good), usage=usage)
        except Misfit as misfit:
            return Unscored(str(misfit), _raw(asked.replies))
        except Exception as problem:  # a back end of somebody else's may put anything into a Reply
            return Unscored(f"the reply cannot be read: {said(problem)}", _raw(asked.replies))


def asked_again(judge: Judge, turn: int) -> Judge:
    """`judge` for the repeat `turn`, 0 being the first asking; one that knows no repeats is simply asked again."""
    again = getattr(judge, "again", None)
    return judge if again is None or turn == 0 else again(turn)


def _raw(replies: Sequence[Reply | Trouble]) -> tuple[str, ...]:
    return tuple(str(reply.text) for reply in replies if reply.text)


def said(problem: BaseException) -> str:
    """What went wrong, in one line."""
    return f"{type(problem).__name__}: {problem}"
