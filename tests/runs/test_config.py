"""Which flags may differ when a run goes on, and what never reaches a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from rlrig_eval.errors import UsageError
from rlrig_eval.judges import JudgeSpec
from rlrig_eval.plugins.redaction import redacted_argv
from rlrig_eval.runs import Request, settle
from rlrig_eval.runs.config import PASSING, Provenance, RunConfig, check_same, decisive
from tests.runs import tiny

CONFIG = settle(Request(tiny.suite(), "synthetic", options={"error_rate": 0.25})).config

# For every field that decides results: another value of it.
OTHER = {
    "schema_version": 2,
    "suite": CONFIG.suite.model_copy(update={"sha256": "0"}),
    "model": CONFIG.model.model_copy(update={"options": {"error_rate": 0.5}}),
    "protocol": CONFIG.protocol.model_copy(update={"seeds": (0, 1), "images_per_prompt": 2}),
    "extractor": CONFIG.extractor.model_copy(update={"version": "0"}),
    "scorers": ("graph", "more"),
    "judges": (JudgeSpec(slug="someone", name="scripted", adapter="a:B"),),
    "limit": 3,
    "batch_size": 5,
}


def test_every_field_either_decides_results_or_is_listed_as_passing() -> None:
    assert set(RunConfig.model_fields) == set(OTHER) | PASSING


@pytest.mark.parametrize("field", OTHER)
def test_a_run_does_not_go_on_when_a_field_that_decides_results_differs(field: str) -> None:
    with pytest.raises(UsageError, match=rf"run holds another run: {field}"):
        check_same(CONFIG, CONFIG.model_copy(update={field: OTHER[field]}), Path("run"))


@pytest.mark.parametrize("part", ["suite", "model", "protocol", "extractor"])
def test_every_part_of_a_field_decides_too(part: str) -> None:
    keys = {key for key in decisive(CONFIG) if key.startswith(f"{part}.")}
    fields = set(type(getattr(CONFIG, part)).model_fields) - {"source", "traffic"}
    assert {key.split(".")[1] for key in keys} == fields


def test_when_and_where_a_run_was_begun_decides_nothing() -> None:
    elsewhere = {"run_id": "x", "status": "finished", "provenance": Provenance(commit="y")}
    check_same(CONFIG, CONFIG.model_copy(update=elsewhere), Path("run"))


def test_how_the_suite_was_named_decides_nothing() -> None:
    renamed = CONFIG.model_copy(update={"suite": CONFIG.suite.model_copy(update={"source": "elsewhere"})})
    check_same(CONFIG, renamed, Path("run"))


@pytest.mark.parametrize("key", ["api_key", "OPENAI_API_KEY", "token", "hf_token", "password", "Authorization"])
def test_what_looks_like_a_secret_is_hidden(key: str) -> None:
    assert redacted_argv(["-M", f"{key}=s3cr3t"]) == ("-M", f"{key}=***")


@pytest.mark.parametrize("key", ["max_tokens", "reply_tokens", "tokenizer", "steps"])
def test_what_only_looks_a_little_like_one_is_not(key: str) -> None:
    assert redacted_argv(["-M", f"{key}=64"]) == ("-M", f"{key}=64")
