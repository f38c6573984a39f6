"""Recorded replies, replayed: for tests, for trying out a rubric, and to mark an old judging anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import ValidationError

from rlrig_eval.errors import UnreadableFile
from rlrig_eval.judges.contract import Reply, Request, Trouble, Usage
from rlrig_eval.scene.graph import Frozen


class Line(Frozen):
    """One line of a script. It answers requests with that `key`, whose text has `asks` in it, or any."""

    reply: str
    p_yes: float | None = None
    key: str | None = None
    asks: str = ""

    def answers(self, request: Request, key: str | None) -> bool:
        """Whether it is for `request`, whose key is `key`; None where no line of the script names one."""
        return self.asks in request.text and self.key in (None, key)


class Scripted:
    """Answers every request with the first line of a JSONL file that fits it."""

    def __init__(self, replies: Path) -> None:
        self._lines = read_script(replies)

    @staticmethod
    def revision_of(replies: Path) -> str:
        """A script is known by its content, not by where it lies."""
        from hashlib import sha256

        try:
            return sha256(replies.read_bytes()).hexdigest()[:12]
        except OSError as problem:
            raise UnreadableFile(problem.strerror or "cannot be read", path=replies) from None

    def replies(self, requests: Iterable[Request]) -> Iterator[Reply | Trouble]:
        keyed = any(line.key is not None for line in self._lines)
        for request in requests:
            key = request.key() if keyed else None
            line = next((line for line in self._lines if line.answers(request, key)), None)
            yield (
                Trouble("the script has no reply to this")
                if line is None
                else Reply(line.reply, line.p_yes, Usage(usd=0.0))
            )


def read_script(path: Path) -> list[Line]:
    """The lines of a script; UnreadableFile when one of them is none."""
    lines = []
    try:
        texts = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise UnreadableFile(f"cannot be read ({problem})", path=path) from None
    for number, text in enumerate(texts, start=1):
        try:
            lines.append(Line.model_validate_json(text))
        except ValidationError as problem:
            raise UnreadableFile.invalid(problem, Line, path=path, line=number) from None
    return lines
