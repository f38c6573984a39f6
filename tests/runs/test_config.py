"""Which flags may differ when a run goes on, and what never reaches a file."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from rlrig_eval.errors import UsageError
from rlrig_eval.judges import JudgeSpec
from rlrig_eval.plugins.redaction import redacted_argv
from rlrig_eval.runs import Request, settle
from rlrig_eval.runs.config import PASSING, Provenance, RunConfig, check_same, decisive
from rlrig_eval.runs.provenance import provenance, with_gpus
from tests.runs import tiny

SETTLED = settle(Request(tiny.suite(), "synthetic", options={"error_rate": 0.25})).config
CONFIG = SETTLED.model_copy(update={"scorer_sha256": {"graph": "1"}})  # as if it came from a file

# For every field that decides results: another value of it.
OTHER = {
    "schema_version": 2,
    "suite": CONFIG.suite.model_copy(update={"sha256": "0"}),
    "model": CONFIG.model.model_copy(update={"options": {"error_rate": 0.5}}),
    "protocol": CONFIG.protocol.model_copy(update={"seeds": (0, 1), "images_per_prompt": 2}),
    "extractor": CONFIG.extractor.model_copy(update={"version": "0"}),
    "scorers": ("graph", "more"),
    "scorer_sha256": {"graph": "2"},
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


def test_a_run_from_before_the_files_of_scorers_were_hashed_goes_on() -> None:
    check_same(SETTLED, CONFIG, Path("run"))


def test_where_the_file_of_a_scorer_lies_decides_nothing() -> None:
    here, there = (CONFIG.model_copy(update={"scorers": (f"{path}:graph",)}) for path in ("mine.py", "/else/mine.py"))
    check_same(here, there, Path("run"))


def test_hardware_names_the_processor_and_the_gpus_that_torch_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    told = CONFIG.provenance
    if Path("/proc/cpuinfo").exists():
        assert told.hardware["cpu"]
    gpu = SimpleNamespace(is_available=lambda: True, device_count=lambda: 2, get_device_name=lambda index: f"H{index}")
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=gpu))
    assert with_gpus(told).hardware == {**told.hardware, "gpus": "H0, H1"}
    monkeypatch.delitem(sys.modules, "torch")
    assert with_gpus(told) == told  # nobody has loaded it, and it is not loaded for this


def test_a_word_of_the_command_that_is_no_utf_8_is_spelled_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["rlrig-eval", "--out", "caf\udce9"])
    assert provenance().argv == ("rlrig-eval", "--out", "caf\\udce9")
