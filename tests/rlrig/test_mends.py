"""Pictures that miss their prompt, what they should have been, and what the editor is told of it."""

import numpy as np
import pytest

from rlrig.bundled.flow import EDIT_TOKENS, tokenise
from rlrig.bundled.mends import Mend, sample_mend, told
from rlrig.bundled.tokens import tokenizer
from rlrig_eval.scene import check
from rlrig_eval.shapes import truth
from rlrig_eval.suite.wording import word

SAMPLED = [sample_mend(np.random.default_rng(seed)) for seed in range(80)]


def misses(mend: Mend, side: str) -> int:
    return sum(not met for met in check(mend.prompt.requirements(), truth(getattr(mend, side))).values())


@pytest.mark.parametrize("mend", SAMPLED, ids=lambda mend: word(mend.prompt))
def test_the_target_shows_the_prompt(mend: Mend) -> None:
    assert misses(mend, "target") == 0


@pytest.mark.parametrize("mend", SAMPLED, ids=lambda mend: word(mend.prompt))
def test_an_instruction_is_given_where_the_source_misses_something_and_nowhere_else(mend: Mend) -> None:
    assert (mend.instruction is not None) == (misses(mend, "source") > 0)
    if mend.instruction is None:
        assert mend.source == mend.target


def test_what_is_spoilt_is_something_of_every_kind() -> None:
    verbs = {mend.instruction.split()[0] for mend in SAMPLED if mend.instruction}
    assert verbs >= {"move", "add", "remove", "turn", "make"}


def test_most_things_stay_where_they_were() -> None:
    """At most three things of a picture are spoilt, so that what is to be learned is to mend and not to draw anew."""
    for mend in SAMPLED:
        before = {(e.category, e.attributes, e.box) for e in mend.source.entities}
        after = {(e.category, e.attributes, e.box) for e in mend.target.entities}
        assert len(after - before) <= 2 * 3, "swapping moves two things"
    kept = [len({e.box for e in m.source.entities} & {e.box for e in m.target.entities}) for m in SAMPLED]
    assert np.mean(kept) > 1.5


def test_a_prompt_and_its_instruction_fit_into_what_the_editor_reads() -> None:
    made = tokenizer(1000)
    lengths = [len(made(told(word(m.prompt), m.instruction)).input_ids) for m in SAMPLED]
    assert max(lengths) <= EDIT_TOKENS
    assert 2 not in tokenise([told(word(m.prompt), m.instruction) for m in SAMPLED], made, EDIT_TOKENS), "no <unk>"
