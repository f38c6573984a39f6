"""What the Diffuser drew, the editor edited and the Checker said, kept in a file: loops that differ in their Actor or
their editor begin with the same drawings, fall back on the same ones, and often ask for the same edits.

The file is no source of truth, and may be deleted at any time; several processes may share it.
"""

import hashlib
import io
import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import astuple
from pathlib import Path
from typing import Generic, TypeVar

from PIL import Image

from rlrig.pipeline import RLRIGPipeline
from rlrig.presets import Preset
from rlrig.reward import require_answers
from rlrig.roles import Checker, Diffuser, InverseDiffuser
from rlrig.spent import Spent, spent_on
from rlrig_eval.checkpoints import weights_hash
from rlrig_eval.errors import UsageError
from rlrig_eval.scene import Requirement

_TABLE = "CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID"
_GET = "SELECT value FROM kept WHERE key = ?"
_PUT = "INSERT OR REPLACE INTO kept VALUES (?, ?)"

Role = TypeVar("Role", bound=Diffuser | InverseDiffuser)


def keeping(pipeline: RLRIGPipeline, preset: Preset, file: Path) -> RLRIGPipeline:
    """The pipeline, but that it draws nothing and asks nothing that `file` holds, and keeps there what it does.

    What is kept is found by the weights, the sampling, and what each role is given: prompt and seed (a drawing),
    picture, text and seed (an edit), picture and requirements (an answer). Counts of what was spent stay; a round's
    seconds are those of finding.

    Raises UsageError for a file that cannot be used.
    """
    kept = Kept(file)
    adapter = None if preset.editor_adapter is None else weights_hash(preset.editor_adapter)
    drawing = (weights_hash(preset.diffuser.checkpoint), preset.diffuser.model_dump_json(), preset.device)
    looking = (weights_hash(preset.checker.checkpoint), preset.checker.model_dump_json())
    editing = (weights_hash(preset.editor.checkpoint), adapter, preset.editor.model_dump_json(), preset.device)
    return RLRIGPipeline(
        KeptDiffuser(pipeline.diffuser, kept, drawing),
        KeptChecker(pipeline.checker, kept, looking),
        pipeline.actor,
        KeptEditor(pipeline.editor, kept, editing),
        pipeline.loop,
        pipeline.preset,
    )


class Kept:
    """Values by key, in one SQLite file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with closing(self._open()) as db:
                db.execute("PRAGMA journal_mode=WAL")
                db.execute(_TABLE)
        except (OSError, sqlite3.Error) as problem:
            raise UsageError(f"kept {file}: cannot be used: {problem}") from problem

    def fill(self, keys: Sequence[str], make: Callable[[list[int]], Iterable[bytes]]) -> list[bytes]:
        """The value of each key; those that are not here are what `make` gives for their places, and are kept."""
        found = dict[str, bytes]()
        with suppress(sqlite3.Error), closing(self._open()) as db:  # a damaged file: all is made anew
            found |= {key: row[0] for key in keys if (row := db.execute(_GET, (key,)).fetchone()) is not None}
        missing = [i for i, key in enumerate(keys) if key not in found]
        if missing:
            made = dict(zip((keys[i] for i in missing), make(missing), strict=True))
            with suppress(sqlite3.Error), closing(self._open()) as db:  # a full disk takes nothing away that was made
                db.executemany(_PUT, made.items())
            found |= made
        return [found[key] for key in keys]

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._file, timeout=60, isolation_level=None)


class _KeptPictures(Generic[Role]):
    """Pictures of a role that draws or edits, each kept with the evaluations that the role told of its call."""

    def __init__(self, role: Role, kept: Kept, about: object) -> None:
        self._role, self._kept, self._about = role, kept, about
        self.evals_per_image = role.evals_per_image

    def _fill(self, keys: Sequence[str], make: Callable[[list[int]], list[Image.Image]]) -> list[Image.Image]:
        def made(places: list[int]) -> list[bytes]:
            images = make(places)
            return [b"%d\n" % self._role.evals_per_image + _png(image) for image in images]

        found = [value.split(b"\n", 1) for value in self._kept.fill(keys, made)]
        if found:
            self.evals_per_image = round(sum(int(evals) for evals, _ in found) / len(found))
        return [_image(content) for _, content in found]


class KeptDiffuser(_KeptPictures[Diffuser]):
    """A Diffuser that draws no picture twice; `about` says which it is."""

    def draw(self, prompts: Sequence[str], seeds: Sequence[int]) -> list[Image.Image]:
        keys = [_key("drawing", self._about, prompt, seed) for prompt, seed in zip(prompts, seeds, strict=True)]
        return self._fill(keys, lambda at: self._role.draw([prompts[i] for i in at], [seeds[i] for i in at]))


class KeptEditor(_KeptPictures[InverseDiffuser]):
    """An Inverse Diffuser that makes no edit twice; `about` says which it is."""

    def edit(
        self, images: Sequence[Image.Image], instructions: Sequence[str], seeds: Sequence[int]
    ) -> list[Image.Image]:
        def edited(at: list[int]) -> list[Image.Image]:
            return self._role.edit([images[i] for i in at], [instructions[i] for i in at], [seeds[i] for i in at])

        asked = zip(images, instructions, seeds, strict=True)
        keys = [_key("edit", self._about, _digest(image), text, seed) for image, text, seed in asked]
        return self._fill(keys, edited)


class KeptChecker:
    """A Checker that is asked nothing twice; `about` says which it is. `spent` is what was spent the first time."""

    def __init__(self, checker: Checker, kept: Kept, about: object) -> None:
        self._checker, self._kept, self._about = checker, kept, about
        self.spent: list[Spent] = []

    def check(self, images: Sequence[Image.Image], requirements: Sequence[Sequence[Requirement]]) -> list[list[float]]:
        def checked(places: list[int]) -> list[bytes]:
            asked = [requirements[i] for i in places]
            answers = self._checker.check([images[i] for i in places], asked)
            require_answers(answers)
            took = spent_on(self._checker, [len(one) for one in asked])
            both = zip(answers, took, strict=True)
            return [json.dumps([list(answer), astuple(spent)]).encode() for answer, spent in both]

        keys = [
            _key("answers", self._about, _digest(image), tuple(asked))
            for image, asked in zip(images, requirements, strict=True)
        ]
        found = [json.loads(value) for value in self._kept.fill(keys, checked)]
        self.spent = [Spent(*spent) for _, spent in found]
        return [answers for answers, _ in found]


def _key(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _digest(image: Image.Image) -> str:
    return hashlib.sha256(repr((image.mode, image.size)).encode() + image.tobytes()).hexdigest()


def _png(image: Image.Image) -> bytes:
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


def _image(content: bytes) -> Image.Image:
    with Image.open(io.BytesIO(content)) as opened:
        return opened.convert("RGB")
