"""What a judge is asked, and what may come back: the nouns that rubrics, back ends and runs share.

A *rubric* turns a picture and its requirements into requests, and fitting replies into a verdict. A *back end*
answers requests and knows nothing of rubrics. A *judge* is one of each, or anything else with `verdicts`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from operator import methodcaller
from pathlib import Path
from typing import Any, Protocol

from PIL import Image

from rlrig_eval.scene import Requirement


class Misfit(ValueError):
    """A reply that is not of the form that was asked for; the message says in what."""


@dataclass(frozen=True)
class Task:
    """A picture, what it was drawn for, and the requirements to judge it on.

    `picture` is an RGB image or the path of one, which is opened when its turn comes. `wording` makes a yes/no
    question of a requirement; yes means satisfied.
    """

    picture: Path | Image.Image
    prompt: str
    requirements: tuple[Requirement, ...]
    wording: Callable[[Requirement], str] = methodcaller("question")

    def image(self) -> Image.Image:
        """RGB, of the size it has. Raises OSError when the file is no readable picture."""
        return opened(self.picture)


def opened(picture: Path | Image.Image) -> Image.Image:
    """RGB, of the size it has. Raises OSError when the file is no readable picture."""
    if isinstance(picture, Image.Image):
        return picture.convert("RGB")
    try:
        with Image.open(picture) as image:
            return image.convert("RGB")
    except OSError:
        raise
    except Exception as problem:  # a decoder's errors are of any kind
        raise OSError(f"{picture.name} is no readable picture ({type(problem).__name__})") from problem


@dataclass(frozen=True)
class Usage:
    """What replies took. Tokens are 0 where a back end does not count them; `usd` is None without a price."""

    calls: int = 1
    prompt_tokens: int = 0
    completion_tokens: int = 0
    usd: float | None = None

    def __add__(self, other: Usage) -> Usage:
        both = self.usd is not None and other.usd is not None
        counts = {f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self) if f.name != "usd"}
        return Usage(**counts, usd=(self.usd or 0.0) + (other.usd or 0.0) if both else None)


@dataclass(frozen=True)
class Reply:
    """What a model said: its text, as it came, and P(yes) in [0, 1] where the form asks for one word."""

    text: str
    p_yes: float | None = None
    usage: Usage = Usage()


@dataclass(frozen=True)
class Trouble:
    """No reply came: the server is down, the budget is spent, the model refused."""

    reason: str
    text: str = ""


class Form(Protocol):
    """The form of a reply: what a server can be told of it, and the one reader of it."""

    schema: Mapping[str, Any] | None
    """JSON schema of the reply; None when it is one word, yes or no."""

    def read(self, reply: Reply) -> Any:
        """What the reply says. Raises Misfit when it is not of this form."""
        ...


@dataclass(frozen=True)
class Request:
    """One call of a model: pictures, words, and the form of the reply.

    `turn` tells repeats of the same request apart (votes, A/A repeats): each is a call of its own.
    """

    images: tuple[Image.Image, ...]
    text: str
    form: Form
    turn: int = 0

    def key(self, digest_of: Callable[[Image.Image], str] | None = None) -> str:
        """Hex digest of all that the reply depends on but the model. `digest_of`: `digest`, or one that remembers."""
        parts = [[*map(digest_of or digest, self.images)], self.text, self.form.schema, self.turn]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Verdict:
    """What a judge makes of one picture.

    Attributes:
        score: the headline, in [0, 1]; None when there is nothing to judge.
        values: further numbers by name.
        answers: requirement id -> P(satisfied) in [0, 1] as answered, before any zeroing; empty for a rubric
            that asks no single requirements.
        replies: every reply as it came. usage: what they took together.
    """

    score: float | None
    values: Mapping[str, float | None] = field(default_factory=dict)
    answers: Mapping[str, float] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)
    replies: tuple[Reply, ...] = ()
    usage: Usage = Usage(calls=0, usd=0.0)


@dataclass(frozen=True)
class Unscored:
    """No verdict on this picture, for a reason that says nothing on how good it is. `raw`: what was said."""

    reason: str
    raw: tuple[str, ...] = ()


class Backend(Protocol):
    """Answers requests. Built with the `-J` options as keyword arguments."""

    def replies(self, requests: Iterable[Request]) -> Iterator[Reply | Trouble]:
        """One for each request, in order. Requests are made as they are pulled, so pull few ahead."""
        ...


class Rubric(Protocol):
    """The questions, the words that ask them, the form of the reply, and what a reply is worth: one object."""

    name: str
    """With the version of its wording, as in ``yes-no/1``."""

    def ask(self, task: Task) -> tuple[Request, ...]:
        """The requests that judge one picture. Raises OSError when the picture cannot be read."""
        ...

    def mark(self, task: Task, read: Sequence[Any]) -> Verdict:
        """The verdict, from what the form of each request read in its reply."""
        ...


class Judge(Protocol):
    """Judges pictures."""

    def verdicts(self, tasks: Iterable[Task]) -> Iterator[Verdict | Unscored]:
        """One for each task, in order. Raises for nothing that concerns one picture only."""
        ...


def digest(image: Image.Image) -> str:
    """Hex digest of an image's mode, size and pixels, however its file is written."""
    pixels = hashlib.sha256(f"{image.mode} {image.size}".encode())
    pixels.update(image.tobytes())
    return pixels.hexdigest()
