"""Several judges as one, and pairs judged in both orders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from rlrig_eval import judges
from rlrig_eval.errors import UsageError
from rlrig_eval.judges import Budget, Task, Unscored
from rlrig_eval.judges.asking import AskingJudge, asked_again
from rlrig_eval.judges.rubrics import rubric
from rlrig_eval.judges.rubrics.pairwise import Pair, Pairwise
from tests.judges.replies import PROMPT, Saying, task

IDS = [requirement.id for requirement in task().requirements]


def script(folder: Path, name: str, p: float | str) -> str:
    line = {"reply": p} if isinstance(p, str) else {"reply": "", "p_yes": p}
    (folder / name).write_text(json.dumps(line) + "\n")
    return str(folder / name)


def panel(folder: Path, *chances: float | str, **options: str) -> judges.JudgeSpec:
    labels = "abc"[: len(chances)]
    given = {"judges": ",".join(f"{label}=scripted" for label in labels)}
    for label, p in zip(labels, chances, strict=True):
        given |= {f"{label}.replies": script(folder, f"{label}.jsonl", p), f"{label}.rubric": "p-yes"}
    return judges.resolve("panel", given | options)


def verdict(spec: judges.JudgeSpec):
    (found,) = judges.build(spec).verdicts([task()])
    return found


@pytest.mark.parametrize(
    ("how", "chances", "p"),
    [
        ("majority", (0.9, 0.8, 0.1), 1.0),
        ("majority", (0.9, 0.1), 0.0),
        ("mean", (0.9, 0.5), 0.7),
        ("minimum", (0.9, 0.3), 0.3),
    ],
)
def test_answers_are_put_together(tmp_path: Path, how: str, chances: tuple[float, ...], p: float) -> None:
    found = verdict(panel(tmp_path, *chances, how=how))
    assert list(found.answers.values()) == pytest.approx([p] * len(IDS))
    assert found.values["agreement"] == float(len({chance >= 0.5 for chance in chances}) == 1)


def test_too_few_verdicts_are_none(tmp_path: Path) -> None:
    found = verdict(panel(tmp_path, 0.9, "well, yes and no"))
    assert isinstance(found, Unscored)
    assert "1 of 2 judges" in found.reason
    assert "well, yes and no" in found.raw
    assert verdict(panel(tmp_path, 0.9, "well, yes and no", min_valid="1")).score == 1.0


def test_where_no_member_finds_anything_to_judge_there_is_nothing_to_judge(tmp_path: Path) -> None:
    spec = panel(tmp_path, 0.9, 0.9, **{"a.rubric": "choice", "b.rubric": "choice"})
    (found,) = judges.build(spec).verdicts([Task(RED, PROMPT, ())])
    assert (found.score, found.usage.calls) == (None, 0)


def test_repeats_reach_its_members(tmp_path: Path) -> None:
    asked: list[int] = []

    def say(request):
        asked.append(request.turn)
        return "yes"

    made = judges.build(panel(tmp_path, 0.9, 0.9)).judge
    made._judges = {name: AskingJudge(rubric("vqascore"), Saying(say)) for name in "ab"}
    list(asked_again(made, 2).verdicts([task()]))
    first, second = asked
    assert first == second > 0


def test_it_is_known_by_its_members(tmp_path: Path) -> None:
    one, other = panel(tmp_path, 0.9, 0.8), panel(tmp_path, 0.9, 0.7)
    assert one.slug == "panel"
    assert one.identity() != other.identity()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"judges": "shapes-vlm"}, "at least two"),
        ({"judges": "shapes-vlm,opneai"}, "did you mean 'openai'"),
        ({"judges": "a=shapes-vlm,a=scripted"}, "two members"),
        ({"judges": "a=shapes-vlm,b=shapes-vlm", "c.device": "cpu"}, "unknown member"),
        ({"judges": "a=shapes-vlm,b=shapes-vlm", "min_valid": "3"}, "min_valid"),
        ({"judges": "a=shapes-vlm,b=shapes-vlm", "options": "x", "a.model": "y"}, "-J options=x: write each option"),
    ],
)
def test_a_panel_that_cannot_be(options: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        judges.resolve("panel", options)


def test_an_option_of_a_member_means_nothing_to_a_judge_that_has_none() -> None:
    with pytest.raises(UsageError, match=r"unknown option 'foo\.bar'"):
        judges.resolve("openai", {"model": "m", "foo.bar": "1"})


def test_members_share_the_budget(tmp_path: Path) -> None:
    budget = Budget(max_calls=len(IDS))
    (found,) = judges.build(panel(tmp_path, 0.9, 0.9), budget).verdicts([task()])
    assert isinstance(found, Unscored)
    assert budget.spent.calls == len(IDS)


RED, BLUE = Image.new("RGB", (4, 4), "red"), Image.new("RGB", (4, 4), "blue")


def preference(say) -> judges.Verdict:
    pair = Pair(RED, PROMPT, (), other=BLUE)
    (found,) = AskingJudge(Pairwise(), Saying(say)).verdicts([pair])
    return found


def better(word: str) -> str:
    return json.dumps({"reasons": "because", "better": word})


def test_a_preference_that_stays_when_places_change_is_one() -> None:
    found = preference(
        lambda request: better("first" if request.images[0].getpixel((0, 0)) == (255, 0, 0) else "second")
    )
    assert (found.score, found.values) == (1.0, {"consistent": 1.0, "first": 0.5})


def test_a_love_of_the_first_place_is_a_tie_and_shows() -> None:
    found = preference(lambda request: better("first"))
    assert (found.score, found.values) == (0.5, {"consistent": 0.0, "first": 1.0})
