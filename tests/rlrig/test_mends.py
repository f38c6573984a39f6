"""Pictures that miss their prompt, what they should have been, and what the editor is told of it."""

import numpy as np
import pytest

from rlrig.bundled.flow import EDIT_TOKENS, tokenise
from rlrig.bundled.mends import Mend, sample_mend
from rlrig.bundled.sentences import name
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
def test_the_source_misses_something_wherever_it_is_not_the_target(mend: Mend) -> None:
    assert (misses(mend, "source") > 0) == (truth(mend.source) != truth(mend.target))
    if mend.instruction is not None:
        assert misses(mend, "source") > 0


def test_what_an_instruction_moves_is_what_stands_elsewhere_in_the_target() -> None:
    moves = [mend for mend in SAMPLED if (mend.instruction or "").startswith("move")]
    assert len(moves) > 5
    for mend in moves:
        before, after = ({(name(e), e.box) for e in scene.entities} for scene in (mend.source, mend.target))
        assert any((mend.instruction or "").startswith(f"move the {moved} ") for moved, _ in before ^ after)


def test_what_is_displaced_keeps_its_size() -> None:
    sizes = [
        {e.id: e.attributes[0] for e in truth(scene).entities if e.attributes[0] in ("small", "large")}
        for mend in SAMPLED
        for scene in (mend.source, mend.target)
    ]
    changed = [
        before[e] != after[e]
        for before, after in zip(sizes[::2], sizes[1::2], strict=True)
        for e in before.keys() & after.keys()
    ]
    assert len(changed) > 100
    assert not any(changed)


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
    texts = [f"{word(mend.prompt)}, {mend.instruction}" for mend in SAMPLED if mend.instruction]
    assert max(len(made(text).input_ids) for text in texts) <= EDIT_TOKENS
    assert 2 not in tokenise(texts, made, EDIT_TOKENS), "no <unk>"
