"""What counts as a fitting reply: one whole object of the stated shape, or the one word; never a word in a sentence."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlrig_eval.judges import Misfit, Reply
from rlrig_eval.judges.forms import LONGEST, ChanceForm, WordForm, answers_form, the_object

FORM = answers_form(("q1", "q2"))
GOOD = '{"q1": "yes", "q2": "no"}'


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"```json\n{GOOD}\n```",
        f"Sure, here it is:\n{GOOD}\nAnything else?",
        '{"q1": "yes", "q2": "no",}',
        f"\ufeff {GOOD}",
    ],
    ids=["plain", "fence", "prose", "trailing comma", "byte order mark"],
)
def test_damage_that_leaves_no_doubt_is_mended(text: str) -> None:
    assert FORM.read(Reply(text)).model_dump() == {"q1": "yes", "q2": "no"}


def test_yes_and_no_may_be_in_any_case_and_are_asked_for_in_lower() -> None:
    assert FORM.read(Reply('{"q1": "Yes", "q2": "NO"}')).model_dump() == {"q1": "yes", "q2": "no"}
    assert FORM.schema["properties"]["q1"]["enum"] == ["yes", "no"]


BAD = {
    "empty": "",
    "prose with yes in it": "Yes, the circle is left of the square, and yes there is one.",
    "half an object": '{"q1": "yes", "q2": "n',
    "half, with a whole one inside": '{"answers": {"q1": "yes", "q2": "no"}',
    "two objects": f"{GOOD} {GOOD}",
    "a whole and a half": f'{GOOD} {{"q1": "no',
    "too few": '{"q1": "yes"}',
    "too many": '{"q1": "yes", "q2": "no", "score": 10}',
    "a key twice": '{"q1": "yes", "q1": "no", "q2": "no"}',
    "wrong type": '{"q1": true, "q2": "no"}',
    "wrong word": '{"q1": "maybe", "q2": "no"}',
    "other spelling": '{"q1": "YES!", "q2": "no"}',
    "null": "null",
    "not a number": '{"q1": NaN, "q2": "no"}',
    "a list of words": '["yes", "no"]',
    "refusal": "I'm sorry, but I can't help with that.",
    "unicode": "是的 \u202e yes 🎉",
    "endless": "{" * (LONGEST - 1),
    "huge": GOOD + " " * LONGEST,
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_anything_else_does_not_fit(text: str) -> None:
    with pytest.raises(Misfit):
        FORM.read(Reply(text))


@pytest.mark.parametrize(("text", "p"), [("yes", 1.0), ("No.", 0.0), (" YES \n", 1.0)])
def test_the_one_word(text: str, p: float) -> None:
    assert WordForm().read(Reply(text)) == (p, False)


def test_p_yes_is_the_models_own_and_comes_before_the_word() -> None:
    assert WordForm().read(Reply("no", 0.75)) == (0.75, True)
    assert ChanceForm().read(Reply("no", 0.75)) == 0.75
    with pytest.raises(Misfit, match="a word and no P"):
        ChanceForm().read(Reply("yes"))


@pytest.mark.parametrize("text", ["", "yes, but", "no yes", "yesno", "Yes it is", "y", "y e s"])
def test_a_word_in_a_sentence_is_no_answer(text: str) -> None:
    with pytest.raises(Misfit):
        WordForm().read(Reply(text))


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_a_probability_is_between_0_and_1(p: float) -> None:
    with pytest.raises(Misfit):
        WordForm().read(Reply("yes", p))
    with pytest.raises(Misfit):
        ChanceForm().read(Reply("yes", p))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(st.dictionaries(st.text(), JSON, min_size=1), st.text(st.characters(exclude_characters="{}`")))
def test_an_object_is_found_between_words_as_it_was_written(value: dict, words: str) -> None:
    assert the_object(f"{words}{json.dumps(value)}{words}") == value


@given(st.text())
def test_no_text_does_more_than_not_fit(text: str) -> None:
    try:
        FORM.read(Reply(text))
    except Misfit:
        pass
    else:
        assert '"q1"' in text
