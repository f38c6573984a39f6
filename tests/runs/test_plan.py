"""A plan is a pure function of suite and flags, and shards share out its batches without changing them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlrig_eval.errors import UsageError
from rlrig_eval.runs import Request, settle
from rlrig_eval.runs.config import decisive
from rlrig_eval.runs.plan import Shard, plan, share
from rlrig_eval.suite import noise_seed
from rlrig_eval.suite.variants import linearised
from tests.runs import tiny

SUITE = tiny.suite()


def ids(batches):
    return [sample.id for batch in batches for sample in batch.samples]


def test_prompts_come_in_the_suites_order_each_with_all_its_seeds() -> None:
    assert ids(plan(SUITE, (0, 3), limit=2, batch_size=8)) == ["p00#s0", "p00#s3", "p01#s0", "p01#s3"]


def test_limit_takes_the_head() -> None:
    assert ids(plan(SUITE, (0,), limit=5, batch_size=2)) == ids(plan(SUITE, (0,), limit=None, batch_size=7))[:5]


def test_noise_depends_on_suite_prompt_and_seed_alone() -> None:
    jobs = [s.job for b in plan(SUITE, (0, 1), limit=None, batch_size=4) for s in b.samples]
    assert [job.noise for job in jobs] == [noise_seed("tiny", job.prompt_id, job.seed) for job in jobs]
    assert len({job.noise for job in jobs}) == len(jobs)


def test_a_job_is_given_the_rule_of_counting_that_its_picture_is_scored_by() -> None:
    first, *others = SUITE.prompts
    own = first.model_copy(update={"counting": "exact"})
    loose = SUITE.model_copy(update={"counting": "at_least", "prompts": (own, *others)})
    for suite in (SUITE, loose):
        samples = [sample for batch in plan(suite, (0,), 3, 2) for sample in batch.samples]
        assert [s.job.requirements() for s in samples] == [suite.requirements(s.prompt) for s in samples]


@given(size=st.integers(1, 40), shards=st.integers(1, 9), limit=st.integers(1, 30))
def test_shards_take_whole_batches_and_every_batch_once(size: int, shards: int, limit: int) -> None:
    whole = plan(SUITE, (0, 1), limit, size)
    parts = [share(whole, Shard(i + 1, shards)) for i in range(shards)]
    assert sorted((b for part in parts for b in part), key=lambda b: b.index) == list(whole)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@given(size=st.integers(1, 70))
def test_a_batch_size_only_cuts_the_same_order_elsewhere(size: int) -> None:
    batches = plan(SUITE, (0, 1), None, size)
    assert ids(batches) == ids(plan(SUITE, (0, 1), None, 1))
    assert all(len(batch.samples) == size for batch in batches[:-1])


@pytest.mark.parametrize("limit", [30, 31, 1000])
def test_a_limit_past_the_end_is_the_whole_suite(limit: int) -> None:
    assert len(ids(plan(SUITE, (0,), limit, 8))) == 30


def test_every_contestant_is_asked_in_the_wording_of_the_protocol() -> None:
    (own, *_), (graph, *_) = (plan(SUITE, (0,), 1, 1, variant)[0].samples for variant in (None, "graph"))
    assert own.job.text == SUITE.prompts[0].text
    assert graph.job.text == linearised(SUITE.prompts[0].graph)
    assert graph.job.noise == own.job.noise  # so that two wordings can be held against each other


def test_a_variant_is_in_the_key_and_one_that_nobody_knows_is_refused() -> None:
    asked = Request(SUITE, "synthetic", variant="graph")
    assert decisive(settle(asked).config)["protocol.variant"] == "graph"
    with pytest.raises(UsageError, match="did you mean 'graph'"):
        settle(replace(asked, variant="grpah"))
