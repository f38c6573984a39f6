"""Pictures that miss their prompt, what they should have been, and what the editor is told of it."""

import numpy as np
import pytest

from rlrig.bundled.lessons.mends import Mend, sample_mend
from rlrig.bundled.training.flow import EDIT_TOKENS, tokenise
from rlrig.bundled.training.tokens import tokenizer
from rlrig.instructions.sentences import mover, name
from rlrig_eval.scene import check, parse
from rlrig_eval.scene.geometry import between_margin
from rlrig_eval.shapes import CANVAS, CLEAR, truth
from rlrig_eval.suite.wording import word

SAMPLED = [sample_mend(np.random.default_rng(seed)) for seed in range(200)]


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


def test_what_an_instruction_moves_stands_elsewhere_in_the_target_where_it_says() -> None:
    moves = [mend for mend in SAMPLED if (mend.instruction or "").startswith("move")]
    assert len(moves) > 5
    for mend in moves:
        before, after = ({(name(e), e.box) for e in scene.entities} for scene in (mend.source, mend.target))
        assert mover(mend.instruction or "") in {moved for moved, _ in after - before}
        said = parse(f"a{(mend.instruction or '').removeprefix('move the')}")
        assert all(check(said.requirements("at_least"), truth(mend.target)).values()), mend.instruction


def test_what_goes_between_two_things_clearly_lies_there() -> None:
    """A pixel or two off, as an editor draws, it still does; which is more than every layout gives."""
    margins = [
        float(between_margin(*(np.array(mend.target.entity(number).box) for number in (r.subject, *r.objects)), CANVAS))
        for mend in SAMPLED
        if "between" in (mend.instruction or "")
        for r in mend.prompt.relations
        if r.predicate == "between"
    ]
    assert len(margins) > 3
    assert np.mean(np.array(margins) > CLEAR.clear) > 0.7


def test_what_is_added_stands_where_nothing_stood() -> None:
    adds = [mend for mend in SAMPLED if (mend.instruction or "").startswith("add")]
    assert len(adds) > 5
    for mend in adds:
        before = {e.box for e in mend.source.entities}
        new = {name(e) for e in mend.target.entities if e.box not in before}
        assert " ".join((mend.instruction or "").split()[2:4]) in new


def test_where_what_is_removed_stood_nothing_does() -> None:
    removals = [mend for mend in SAMPLED if (mend.instruction or "").startswith("remove")]
    assert len(removals) > 5
    for mend in removals:
        after = {e.box for e in mend.target.entities}
        assert " ".join((mend.instruction or "").split()[2:4]) in {
            name(e) for e in mend.source.entities if e.box not in after
        }


def test_few_mends_are_told_nothing_though_something_is_wrong() -> None:
    silent = [mend for mend in SAMPLED if mend.instruction is None and misses(mend, "source")]
    assert len(silent) <= 0.15 * len(SAMPLED)


def test_hardly_anything_changes_its_size_but_what_the_prompt_says_the_size_of() -> None:
    kept, changed = [0, 0], [0, 0]
    for mend in SAMPLED:
        before, after = ({e.id: e.attributes[0] for e in truth(s).entities} for s in (mend.source, mend.target))
        words = ("small", "large", "bigger", "smaller", "inside", "around")
        told = any(said in word(mend.prompt).split() for said in words)
        if before.keys() - after.keys():  # one of things alike went, and another has its name
            continue
        for number in before.keys() & after.keys():
            (kept if before[number] == after[number] else changed)[told] += 1
    assert min(kept) > 20
    assert changed[True] > 0
    assert changed[False] <= 0.03 * kept[False], "where no nearer scene is found, the target is the one that was spoilt"


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
