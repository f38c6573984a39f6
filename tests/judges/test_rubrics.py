"""Prompt, schema and reader are one object; what fitting replies are worth."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from rlrig.backends.chat import ask
from rlrig_eval.errors import UsageError
from rlrig_eval.judges import Reply, Task, Trouble, Unscored, Verdict
from rlrig_eval.judges.asking import AskingJudge
from rlrig_eval.judges.rubrics import RUBRICS, fingerprint, rubric
from rlrig_eval.judges.rubrics.as_published import AsPublished
from rlrig_eval.judges.rubrics.choice import NEITHER, key, options, relations_of
from rlrig_eval.judges.rubrics.questions import YesNo
from rlrig_eval.scene import Entity, Relation, SceneGraph
from tests.judges.replies import GRAPH, Saying, answers, task
from tests.runs import tiny

IDS = [requirement.id for requirement in GRAPH.requirements()]


def judged(name: str, say) -> Verdict | Unscored:
    (found,) = AskingJudge(rubric(name), Saying(say)).verdicts([task()])
    return found


def test_the_bundled_judge_is_asked_in_the_words_it_was_trained_on() -> None:
    for requirement, request in zip(task().requirements, rubric("p-yes").ask(task()), strict=True):
        assert request.text == ask(requirement.question())


def test_the_prompt_names_the_very_keys_that_the_schema_requires() -> None:
    (request,) = rubric("yes-no").ask(task())
    assert request.form.schema["required"] == [f"q{i}" for i in range(1, len(IDS) + 1)]
    for name, requirement in zip(request.form.schema["required"], task().requirements, strict=True):
        assert f"{name}: {requirement.question()}\n" in request.text
        assert f'"{name}": "yes" or "no"' in request.text


RECORDED = {
    "yes-no": "b1e86ed3beea",
    "p-yes": "89043b206d2a",
    "vqascore": "1886d5d9f2a1",
    "holistic": "8c0c69808d91",
    "choice": "5a3a6f08f548",
}
"""In results that were made: what changes one of these asks in other words, and can go on with none of them."""


@pytest.mark.parametrize("name", RUBRICS)
def test_a_rubric_has_a_version_and_the_hash_of_its_words_that_results_have(name: str) -> None:
    assert re.fullmatch(rf"{name}/\d+", rubric(name).name)
    assert fingerprint(rubric(name)) == RECORDED[name]


@pytest.mark.parametrize("words", ["RULES", "ANSWERS"])
def test_another_wording_of_published_questions_changes_the_hash(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"rlrig_eval.judges.rubrics.as_published.{words}", " in other words")
    changed = {name for name in RUBRICS if fingerprint(rubric(name)) != RECORDED[name]}
    assert changed == {"yes-no", "p-yes", "choice"}


@pytest.mark.parametrize("rule", [{"needed": 3}, {"votes": 7}])
def test_another_rule_of_votes_for_published_questions_changes_the_hash(rule: dict[str, int]) -> None:
    assert fingerprint(AsPublished(YesNo(), **rule)) != fingerprint(AsPublished(YesNo()))


def test_rubrics_differ_in_hash_and_a_new_wording_changes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len({fingerprint(rubric(name)) for name in RUBRICS}) == len(RUBRICS)
    before = fingerprint(rubric("p-yes"))
    monkeypatch.setattr("rlrig_eval.judges.rubrics.questions.ANSWERS", " yes or no?")
    assert fingerprint(rubric("p-yes")) != before


def test_no_rubric_of_that_name() -> None:
    with pytest.raises(UsageError, match="unknown rubric 'yes-on': did you mean 'yes-no'"):
        rubric("yes-on")


def test_all_yes_is_all_correct() -> None:
    found = judged("yes-no", lambda request: answers(*["yes"] * len(IDS)))
    assert (found.score, found.values["all_correct"]) == (1.0, 1.0)
    assert found.answers == dict.fromkeys(IDS, 1.0)


def test_a_missing_thing_takes_its_attribute_and_relation_with_it() -> None:
    # exists:a no; its count, colour and the relation were answered yes all the same.
    said = ["no" if name == "exists:a" else "yes" for name in IDS]
    found = judged("yes-no", lambda request: answers(*said))
    kept = [name for name in IDS if name in ("exists:b", "count:b", "attribute:b:blue")]
    assert found.score == found.values["one_level"] == pytest.approx(len(kept) / len(IDS))
    assert found.values["unzeroed"] == pytest.approx((len(IDS) - 1) / len(IDS))


def test_p_yes_gives_soft_means() -> None:
    chances = iter([0.5, 0.8] + [1.0] * (len(IDS) - 2))
    found = judged("p-yes", lambda request: Reply("yes", next(chances)))
    assert found.score == 1.0
    assert found.values["soft_am"] == pytest.approx((0.5 + 0.8 + len(IDS) - 2) / len(IDS))
    assert found.values["soft_gm"] == pytest.approx(0.4 ** (1 / len(IDS)))


def test_words_alone_have_no_soft_means() -> None:
    found = judged("p-yes", lambda request: "yes")
    assert found.score == 1.0
    assert not {"soft_am", "soft_gm"} & set(found.values)


def test_vqascore_is_p_yes_of_the_whole_prompt_and_no_word_stands_for_it() -> None:
    assert judged("vqascore", lambda request: Reply("no", 0.25)).score == 0.25
    assert judged("vqascore", lambda request: "yes") == Unscored(
        "the judge gave a word and no P(yes): its server sends no logprobs, or yes and no are unlikely in them",
        ("yes",),
    )


def test_a_holistic_mark_is_over_ten_and_keeps_its_reasons() -> None:
    found = judged("holistic", lambda request: '{"reasons": "one is missing", "mark": 4}')
    assert (found.score, found.evidence["reasons"]) == (0.4, "one is missing")


@pytest.mark.parametrize("mark", ["11", "-1", "4.5", '"4"', "null"])
def test_a_mark_that_is_none_is_unscored(mark: str) -> None:
    text = f'{{"reasons": "", "mark": {mark}}}'
    found = judged("holistic", lambda request: text)
    assert isinstance(found, Unscored)
    assert found.raw == (text,)


def test_four_of_five_votes_are_enough_and_three_are_not() -> None:
    (relation,) = relations_of(task())

    def vote(right: int):
        def say(request):
            letter = key(task(), relation, request.turn)
            other = next(each for each in "ABC" if each != letter)
            return f'{{"answer": "{letter if request.turn < right else other}"}}'

        return say

    assert [judged("choice", vote(right)).score for right in (5, 4, 3)] == [1.0, 1.0, 0.0]


def test_a_constant_letter_gains_nothing() -> None:
    """Options are shuffled for every vote: over many prompts each letter is right about a third of the time."""
    graphs = [tiny.prompt(i, "left of", (a, b)) for i, (a, b) in enumerate([("red", "blue"), ("blue", "green")] * 30)]
    letters = []
    for number, prompt in enumerate(graphs):
        asked = Task(Image.new("RGB", (2, 2)), f"{prompt.text} {number}", prompt.graph.requirements())
        (relation,) = relations_of(asked)
        letters += [key(asked, relation, turn) for turn in range(5)]
        assert len(set(options(asked, relation, 0))) == 3
    for letter in "ABC":
        assert 0.23 < letters.count(letter) / len(letters) < 0.44  # 300 draws at 1/3: four standard errors


def test_a_picture_that_is_none_is_unscored(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("no picture")
    backend = Saying(lambda request: answers(*["yes"] * len(IDS)))
    first, second = AskingJudge(rubric("yes-no"), backend).verdicts([task(tmp_path / "a.png"), task()])
    assert isinstance(first, Unscored)
    assert second.score == 1.0


def test_trouble_with_one_question_leaves_the_picture_unscored_with_what_was_said() -> None:
    found = judged("p-yes", lambda request: Trouble("busy") if "left of" in request.text else "yes")
    assert found == Unscored("busy", ("yes",) * (len(IDS) - 1))


@pytest.mark.parametrize("name", ["yes-no", "p-yes"])
def test_where_nothing_is_asked_there_is_no_mark(name: str) -> None:
    """A text that could not be read has an empty graph: full marks for it would be given away."""
    unread = Task(Image.new("RGB", (2, 2)), "The fluffy cat snuggled up.", ())
    (found,) = AskingJudge(rubric(name), Saying(lambda request: "yes")).verdicts([unread])
    assert isinstance(found, Verdict)
    assert (found.score, dict(found.values)) == (None, {})


@pytest.mark.parametrize("predicate", ["left of", "near", "bigger than"])
def test_of_the_options_for_a_denied_relation_no_two_can_be_true(predicate: str) -> None:
    a, b = Entity(id="a", category="circle"), Entity(id="b", category="square")
    denied = Relation(subject="a", predicate=predicate, object="b", negated=True)
    graph = SceneGraph(entities=(a, b), relations=(denied,))
    asked = Task(Image.new("RGB", (2, 2)), "x", graph.requirements())
    (relation,) = relations_of(asked)
    held = relation.model_copy(update={"negated": False})
    assert set(options(asked, relation, 0)) == {relation.statement(), held.statement(), NEITHER}
