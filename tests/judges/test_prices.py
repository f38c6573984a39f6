"""What a judge's tokens cost: from the file, or as said by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from rlrig_eval import judges
from rlrig_eval.assets import baselines_dir
from rlrig_eval.errors import UnreadableFile, UsageError
from rlrig_eval.judges import prices
from rlrig_eval.judges.prices import Prices, price_of

FILE = baselines_dir() / "judges" / "prices.yaml"


def spec(model: str, **options: str) -> judges.JudgeSpec:
    return judges.resolve("openai", {"model": model, "base_url": "http://localhost:1/v1", **options})


def test_every_price_has_its_page_and_a_day_that_has_been() -> None:
    known = Prices.model_validate(yaml.safe_load(FILE.read_text())).models
    assert len(known) >= 6
    assert all(one.date <= datetime.now(UTC).date() and 0 < one.input < one.output for one in known.values())


def test_a_known_model_can_be_run_under_a_limit_on_money_and_another_cannot() -> None:
    judges.require_price(spec("gpt-4o-mini"))
    with pytest.raises(UsageError, match="needs a price"):
        judges.require_price(spec("somebody/vlm"))


def test_a_price_by_hand_comes_before_that_of_the_file() -> None:
    known = price_of("gpt-4o-mini")
    assert known is not None
    assert spec("gpt-4o-mini").traffic["input_price"] == known.input
    by_hand = spec("gpt-4o-mini", input_price="7").traffic
    assert (by_hand["input_price"], by_hand["output_price"]) == (7.0, known.output)


@pytest.mark.parametrize(
    ("broken", "word"),
    [
        ("input: -1\n    output: 1\n    source: https://x\n    date: 2026-01-01", "input"),
        ("input: 1\n    output: 1\n    date: 2026-01-01", "source"),
        ("input: 1\n    output: 1\n    source: from memory\n    date: 2026-01-01", "source"),
        ("input: 1\n    output: 1\n    source: https://x", "date"),
    ],
)
def test_a_price_without_a_source_or_a_day_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str, word: str
) -> None:
    (tmp_path / "judges").mkdir()
    (tmp_path / "judges" / "prices.yaml").write_text(f"schema: 1\nmodels:\n  m:\n    {broken}\n")
    monkeypatch.setattr(prices, "baselines_dir", lambda: tmp_path)
    with pytest.raises(UnreadableFile, match=word):
        price_of("m")
