"""A chain of instruments (extractor, judge) tried on drawings with known geometry before its numbers are believed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from PIL import Image

from rlrig_eval.extract import AnyExtractor, ExtractorSpec, Looked, Unscored, Words, categories_of, read_all
from rlrig_eval.extract import build as build_extractor
from rlrig_eval.judges import Budget, Judge, JudgeSpec, Task
from rlrig_eval.judges import Unscored as Unjudged
from rlrig_eval.judges import build as build_judge
from rlrig_eval.judges.zeroing import HOLDS
from rlrig_eval.runs.calibration_record import Calibration, Part, Rate
from rlrig_eval.runs.calibration_scenes import Scene, scenes
from rlrig_eval.runs.progress import bar
from rlrig_eval.scene import SceneGraph, check, zero_children

SCENES = 32
LEAST_SCENES = 8
CANVAS = 64
LARGE = 512
"""Pixels a side for models of photographs; the shapes extractor reads its own canvas."""
_DRAWN = ("true", "true mirrored", "reversed", "reversed mirrored")

Asked = tuple[Image.Image, SceneGraph, str]
"""A picture, a statement, and the statement in words: is it accepted?"""
Advance = Callable[[int], None]
Accepts = Callable[[Sequence[Asked], Advance], list[bool | str]]
"""Whether each is accepted, or why there is no verdict; it tells how many more are done."""


@dataclass
class _Tally:
    """Outcomes as they come in."""

    right: list[bool] = field(default_factory=list)
    consistent: list[bool] = field(default_factory=list)
    false: dict[str, list[bool]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    readings: int = 0


def calibrate(
    extractor: ExtractorSpec,
    judges: Iterable[JudgeSpec] = (),
    count: int = SCENES,
    budget: Budget | None = None,
    progress: bool = False,
) -> Calibration:
    """Every part of the chain on the same drawings. Raises for nothing that a part does wrong: that is its result.

    Args:
        count: how many scenes, at least 8. budget: what may be spent on judges, shared with whoever else has it.
        progress: whether a bar is shown for each part, on a terminal.
    """
    side = CANVAS if extractor.name == "shapes" else LARGE
    made = scenes(max(count, LEAST_SCENES), side)
    parts = [
        _part(
            f"extractor {extractor.name} {extractor.version}",
            lambda: by_extractor(build_extractor(extractor), made),
            made,
            progress,
        )
    ]
    for spec in judges:
        parts.append(_part(f"judge {spec.slug}", lambda spec=spec: by_judge(build_judge(spec, budget)), made, progress))
    return Calibration(scenes=len(made), side=side, parts=tuple(parts))


def by_extractor(extractor: AnyExtractor, made: Sequence[Scene]) -> Accepts:
    """A picture is accepted when what is read in it meets every requirement."""
    pool = categories_of(scene.stated for scene in made)

    def accepts(asked: Sequence[Asked], advance: Advance) -> list[bool | str]:
        wanted = [(picture, Words.of(stated, pool)) for picture, stated, _ in asked]
        once = {(id(picture), words): Looked(picture, words) for picture, words in wanted}  # two statements, a reading
        statements = Counter((id(picture), words) for picture, words in wanted)
        found = {}
        for key, one in zip(once, read_all(extractor, once.values()), strict=True):
            found[key] = one
            advance(statements[key])
        seen = [found[id(picture), words] for picture, words in wanted]
        return [_accepted(one, stated) for one, (_, stated, _) in zip(seen, asked, strict=True)]

    return accepts


def _accepted(found: SceneGraph | Exception, stated: SceneGraph) -> bool | str:
    if isinstance(found, Unscored):
        return str(found)
    if isinstance(found, Exception):
        raise found
    return all(check(stated.requirements(), found).values())


def by_judge(judge: Judge) -> Accepts:
    """A picture is accepted when the judge affirms every requirement or, asked for none, gives half the mark."""

    def accepts(asked: Sequence[Asked], advance: Advance) -> list[bool | str]:
        tasks = [Task(picture, text, stated.requirements()) for picture, stated, text in asked]
        found: list[bool | str] = []
        for task, verdict in zip(tasks, judge.verdicts(tasks), strict=True):
            if isinstance(verdict, Unjudged):
                found.append(verdict.reason)
            elif verdict.answers:
                said = {name: p >= HOLDS for name, p in verdict.answers.items()}
                found.append(all(zero_children(task.requirements, said).values()))
            else:
                found.append(bool(verdict.score is not None and verdict.score >= HOLDS))  # numpy's bool is none
            advance(1)
        return found

    return accepts


def _part(chain: str, opened: Callable[[], Accepts], made: Sequence[Scene], progress: bool) -> Part:
    try:
        every = [_asked(scene) for scene in made]
        asked = [one for scene in every for one in scene.values()]
        with bar(f"try {chain}", len(asked), progress) as advance:
            answers = iter(opened()(asked, advance))
        tally = _Tally()
        for scene in every:
            _weigh({name: next(answers) for name in scene}, tally)
    except Exception as problem:  # whatever a part does wrong is a finding about it, and the drawing goes on
        return Part(chain=chain, trouble=f"could not be calibrated: {type(problem).__name__}: {problem}")
    return Part(
        chain=chain,
        accuracy=Rate.of(tally.right),
        flip_consistency=Rate.of(tally.consistent),
        false_accept=Rate.of([one for found in tally.false.values() for one in found]),
        false_accepts={name: Rate.of(found) for name, found in tally.false.items()},
        unscored=len(tally.missing),
        readings=tally.readings,
        reason=tally.missing[0] if tally.missing else None,
    )


def _asked(scene: Scene) -> dict[str, Asked]:
    """The drawing and its mirror image with both statements, and pictures that show neither."""
    mirror = scene.mirror_image
    asked = {
        "true": (scene.drawing, scene.stated),
        "true mirrored": (mirror, scene.mirrored),
        "reversed": (scene.drawing, scene.mirrored),
        "reversed mirrored": (mirror, scene.stated),
        "blank": (scene.blank, scene.stated),
        "shuffled": (scene.other, scene.stated),
    }
    if not scene.sideways:  # above and below look alike from the other side of the glass
        del asked["reversed"], asked["reversed mirrored"]
    return {name: (picture, stated, scene.text(stated)) for name, (picture, stated) in asked.items()}


def _weigh(said: Mapping[str, bool | str], tally: _Tally) -> None:
    """What was said of one scene, by name as in `_asked`."""
    due = [answer for name, answer in said.items() if name != "blank"]
    tally.readings += len(due)
    tally.missing += [answer for answer in due if isinstance(answer, str)]
    tally.right += [answer for name in ("true", "true mirrored") if isinstance(answer := said[name], bool)]
    drawn = [said[name] for name in _DRAWN if name in said]
    if all(isinstance(answer, bool) for answer in drawn):
        same = all(a == b for a, b in zip(drawn[::2], drawn[1::2], strict=True))
        tally.consistent.append(same and (len(drawn) == 2 or drawn[0] != drawn[2]))
    for name in ("blank", "shuffled", "reversed", "reversed mirrored"):
        answer = said.get(name)
        if name == "blank" and isinstance(answer, str):
            answer = False  # to read nothing in a blank picture is right
        if isinstance(answer, bool):
            tally.false.setdefault(name.split()[0], []).append(answer)
