"""What an edit's picture should show, as a prompt."""

import numpy as np

from rlrig.bundled.lessons.edits import sample_edit
from rlrig.bundled.lessons.wanted import after
from rlrig_eval.scene import parse
from rlrig_eval.scene.phrases import describe


def test_the_prompt_of_an_edit_counts_what_the_target_has_and_names_a_size_only_where_one_changes() -> None:
    for seed in range(40):
        edit = sample_edit(np.random.default_rng(seed))
        graph = parse(after(edit))
        shown = sorted(describe(e.category, e.attributes[-1:]) for e in edit.target.entities)
        assert sorted(describe(e.category, e.attributes[-1:]) for e in graph.entities for _ in range(e.count)) == shown
        if edit.instruction.split()[-1] not in ("small", "large"):
            assert not any(set(e.attributes) & {"small", "large"} for e in graph.entities)
