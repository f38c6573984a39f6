"""rlrig-eval compare: what it prints of two runs and more."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from rlrig_eval import evaluate
from rlrig_eval.plugins import load
from tests.runs import tiny

SUITE = tiny.suite()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    for name, rate in (("good", 0.0), ("fair", 0.3), ("bad", 0.9)):
        evaluate(SUITE, "synthetic", options={"error_rate": rate}, out=folder / name)
    evaluate(SUITE, "synthetic", seeds=(1,), out=folder / "other")
    return folder


def right(run: Path) -> dict[str, bool]:
    rows = [json.loads(line) for line in (run / "scores" / "graph.jsonl").read_text().splitlines()]
    return {row["id"].split("#")[0]: row["values"]["all_correct"] == 1 for row in rows}


def test_the_prompts_that_changed_side_are_those_that_one_run_alone_has_right(rlrig_eval, runs: Path) -> None:
    one = json.loads(rlrig_eval("compare", runs / "fair", runs / "bad", "--json").out)["comparisons"][0]
    a, b = right(runs / "fair"), right(runs / "bad")
    changed = one["changed"]
    assert {found["prompt"] for found in changed["prompts"]} == {p for p in a if a[p] != b[p]}
    assert changed["only_a"] == sum(a[p] and not b[p] for p in a)
    assert changed["only_b"] == sum(b[p] and not a[p] for p in a)
    for found in changed["prompts"]:
        assert (runs / "fair" / found["pictures_a"][0]).is_file()
        assert (runs / "bad" / found["pictures_b"][0]).is_file()


def test_twins_are_no_independent_prompts_so_mcnemar_is_not_asked(rlrig_eval, runs: Path) -> None:
    one = json.loads(rlrig_eval("compare", runs / "good", runs / "bad", "--json").out)["comparisons"][0]
    assert one["changed"]["mcnemar"] is None


def test_mcnemar_is_asked_where_every_prompt_stands_alone(rlrig_eval, tmp_path: Path) -> None:
    alone = [prompt.model_copy(update={"twin": None, "group": prompt.id}) for prompt in SUITE.prompts]
    suite = SUITE.model_copy(update={"prompts": tuple(alone)})
    for name, rate in (("a", 0.0), ("b", 0.5)):
        evaluate(
            type(suite).model_validate(suite.model_dump()),
            "synthetic",
            options={"error_rate": rate},
            out=tmp_path / name,
        )
    done = rlrig_eval("compare", tmp_path / "a", tmp_path / "b", "--json")
    changed = json.loads(done.out)["comparisons"][0]["changed"]
    assert changed["mcnemar"]["exact"] == pytest.approx(2 * 0.5 ** changed["only_a"], rel=1e-9)  # all one way
    assert "McNemar" in rlrig_eval("compare", tmp_path / "a", tmp_path / "b").out


def test_every_tag_has_its_difference(rlrig_eval, runs: Path) -> None:
    one = json.loads(rlrig_eval("compare", runs / "good", runs / "bad", "--json").out)["comparisons"][0]
    assert set(one["by_tag"]) == {tag for prompt in SUITE.prompts for tag in prompt.tags}
    a, b = right(runs / "good"), right(runs / "bad")
    left = [prompt.id for prompt in SUITE.prompts if "left-of" in prompt.tags]
    assert one["by_tag"]["left-of"]["all_correct"]["mean"] == pytest.approx(sum(a[p] - b[p] for p in left) / len(left))


def test_of_many_runs_the_first_is_compared_with_each_and_p_is_corrected(rlrig_eval, runs: Path) -> None:
    done = rlrig_eval("compare", runs / "good", runs / "fair", runs / "bad", "--json")
    found = json.loads(done.out)["comparisons"]
    assert [Path(one["b"]).name for one in found] == ["fair", "bad"]
    plain, adjusted = ([one["metrics"]["all_correct"][key] for one in found] for key in ("p", "p_holm"))
    assert adjusted[0] == pytest.approx(max(plain[0], 2 * plain[1]) if plain[1] < plain[0] else 2 * plain[0])
    assert "p, Holm" in rlrig_eval("compare", runs / "good", runs / "fair", runs / "bad", "--format", "md").out
    assert "p, Holm" not in rlrig_eval("compare", runs / "good", runs / "fair", "--format", "md").out


def test_a_forced_comparison_is_stamped_wherever_it_is_printed(rlrig_eval, runs: Path, tmp_path: Path) -> None:
    pair = (runs / "good", runs / "other", "--force")
    text = rlrig_eval("compare", *pair, "--format", "md", "--page", tmp_path / "p.html").out
    assert text.count("FORCED: good − other: not comparable: protocol") >= 1
    one = json.loads(rlrig_eval("compare", *pair, "--json").out)["comparisons"][0]
    assert one["not_comparable"].startswith("not comparable: protocol")
    assert "FORCED: good − other" in (tmp_path / "p.html").read_text()
    honest = json.loads(rlrig_eval("compare", runs / "good", runs / "bad", "--json").out)["comparisons"][0]
    assert honest["not_comparable"] is None


def test_pictures_read_by_another_extractor_are_not_comparable(rlrig_eval, runs: Path, tmp_path: Path) -> None:
    other = shutil.copytree(runs / "bad", tmp_path / "other")
    config = json.loads((other / "run.json").read_text())
    config["extractor"]["version"] = "of another year"
    (other / "run.json").write_text(json.dumps(config))
    done = rlrig_eval("compare", runs / "good", other)
    assert (done.code, "not comparable: extractor: " in done.err) == (4, True)
    assert rlrig_eval("compare", runs / "good", other, "--force").code == 0


def test_a_scorer_of_two_files_is_left_out_and_named(rlrig_eval, runs: Path, tmp_path: Path) -> None:
    for run, value in (("good", 0.5), ("bad", 0.25)):
        shutil.copytree(runs / run, tmp_path / run)
        source = f"from rlrig_eval.runs import Scores\ndef share(*_):\n    return Scores({{'x': {value}}})\n"
        (tmp_path / run / "mine.py").write_text(source)
        assert rlrig_eval("score", tmp_path / run, "--scorer", f"{tmp_path / run / 'mine.py'}:share").code == 0
    done = rlrig_eval("compare", tmp_path / "good", tmp_path / "bad", "--json")
    (one,) = json.loads(done.out)["comparisons"]
    assert (one["left_out"], "share.x" in one["metrics"], "all_correct" in one["metrics"]) == (["share"], False, True)
    assert "warning: good − bad: share: left out, scored by two files" in done.err
    asked = rlrig_eval("compare", tmp_path / "good", tmp_path / "bad", "--metric", "share.x")
    assert (asked.code, "share.x: the runs were scored by two files" in asked.err) == (4, True)
    (tmp_path / "bad" / "mine.py").write_text((tmp_path / "good" / "mine.py").read_text())
    load.cache_clear()
    assert rlrig_eval("score", tmp_path / "bad").code == 0
    assert rlrig_eval("compare", tmp_path / "good", tmp_path / "bad", "--metric", "share.x").code == 0


def test_the_page_shows_each_changed_prompt_twice_and_fetches_nothing(rlrig_eval, runs: Path, tmp_path: Path) -> None:
    done = rlrig_eval("compare", runs / "good", runs / "bad", "--page", tmp_path / "page.html", "--json")
    text = (tmp_path / "page.html").read_text()
    changed = len(json.loads(done.out)["comparisons"][0]["changed"]["prompts"])
    assert text.count('<section class="change">') == changed > 5
    sources = re.findall(r'src="([^"]*)"', text)
    assert len(sources) == 2 * changed
    assert all(source.startswith("data:image/webp;base64,") for source in sources)
    assert not re.search(r"https?:|[\"'(]//|@import", text)


def test_a_prompt_cannot_break_out_of_the_page(rlrig_eval, tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script>"
    prompts = tuple(prompt.model_copy(update={"text": hostile}) for prompt in SUITE.prompts)
    suite = SUITE.model_copy(update={"prompts": prompts})
    for name, rate in (("a", 0.0), ("b", 0.9)):
        evaluate(
            type(suite).model_validate(suite.model_dump()),
            "synthetic",
            options={"error_rate": rate},
            out=tmp_path / name,
        )
    rlrig_eval("compare", tmp_path / "a", tmp_path / "b", "--page", tmp_path / "page.html")
    assert hostile not in (tmp_path / "page.html").read_text()


def test_slips_are_usage_errors(rlrig_eval, runs: Path, tmp_path: Path) -> None:
    assert rlrig_eval("compare", runs / "good").code == 2
    wrong = rlrig_eval("compare", runs / "good", runs / "bad", "--metric", "all_corect")
    assert (wrong.code, "did you mean 'all_correct'?" in wrong.err) == (2, True)
    assert rlrig_eval("compare", runs / "good", runs / "bad", "--format", "tex").code == 2


def test_a_run_of_which_nothing_was_scored_compares_as_nothing(rlrig_eval, runs: Path, tmp_path: Path) -> None:
    empty = shutil.copytree(runs / "bad", tmp_path / "empty")
    (empty / "scores" / "graph.jsonl").write_text("")
    done = rlrig_eval("compare", runs / "good", empty, "--json")
    one = json.loads(done.out)["comparisons"][0]
    assert (done.code, one["metrics"]["all_correct"]["mean"], one["by_tag"]) == (0, None, {})
