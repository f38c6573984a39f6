"""rlrig-eval run: what it prints and writes, and what it says to every wrong flag, before a model is loaded."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SYNTHETIC = ("--model", "synthetic", "--limit", "6")


def test_a_run_prints_its_metrics_and_where_it_lies(rlrig_eval, suite: Path, tmp_path: Path) -> None:
    done = rlrig_eval("run", "--suite", suite, *SYNTHETIC, "--out", tmp_path / "run")
    assert (done.code, done.err) == (0, "")
    assert "all_correct" in done.out
    assert "6/6 scored" in done.out
    assert "report.html" in done.out
    assert "all correct" in (tmp_path / "run" / "report.html").read_text()


def test_json_is_the_summary_and_nothing_else(rlrig_eval, suite: Path, tmp_path: Path) -> None:
    done = rlrig_eval("run", "--suite", suite, *SYNTHETIC, "--out", tmp_path / "run", "--json")
    assert json.loads(done.out) == json.loads((tmp_path / "run" / "summary.json").read_text())


def test_without_out_the_folder_has_the_promised_name(rlrig_eval, suite: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert rlrig_eval("run", "--suite", suite, *SYNTHETIC).code == 0
    (folder,) = (tmp_path / "runs").iterdir()
    assert folder.name.startswith("tiny-synthetic-")


def test_suite_path_names_a_file_and_suite_its_split(rlrig_eval, suite: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    done = rlrig_eval("run", "--suite", "tiny:test", "--suite-path", suite / "suite.yaml", *SYNTHETIC, "--out", out)
    assert done.code == 0
    assert json.loads((out / "run.json").read_text())["suite"]["split"] == "test"
    for named in ((), ("--suite", "tiny")):
        assert rlrig_eval("run", *named, "--suite-path", suite, *SYNTHETIC, "--dry-run").code == 0


def test_a_dry_run_says_what_would_be_done_and_does_nothing(rlrig_eval, suite: Path, tmp_path: Path) -> None:
    arguments = ("run", "--suite", suite, "--model", "flux-shapes", "--seeds", "0-3", "--dry-run")
    done = rlrig_eval(*arguments, "--out", tmp_path / "run", "--shard", "1/2")
    assert done.code == 0
    assert "64 pictures in 2 batches of up to 32" in done.out
    plan = json.loads(rlrig_eval(*arguments, "--json").out)
    assert (plan["samples"], plan["run"]["protocol"]["seeds"]) == (120, [0, 1, 2, 3])
    assert [path.name for path in tmp_path.iterdir()] == ["suite"]


def test_shards_are_merged_by_score(rlrig_eval, suite: Path, tmp_path: Path) -> None:
    flags = ("--suite", suite, "--model", "synthetic", "--batch-size", "4", "--out", tmp_path / "run")
    for part in ("2/2", "1/2"):
        assert rlrig_eval("run", *flags, "--shard", part).code == 0
    done = rlrig_eval("score", tmp_path / "run", "--json")
    assert (done.code, json.loads(done.out)["coverage"]["ok"]) == (0, 30)
    assert (tmp_path / "run" / "report.html").exists()
    assert not list((tmp_path / "run").glob("samples.*-of-*"))


def test_a_recorded_run_can_be_done_again(rlrig_eval, suite: Path, tmp_path: Path) -> None:
    flags = ("-M", "error_rate=0.4", "--seeds", "2,5", "--batch-size", "5")
    rlrig_eval("run", "--suite", suite, *SYNTHETIC, *flags, "--out", tmp_path / "first")
    done = rlrig_eval("run", "--config", tmp_path / "first" / "run.json", "--out", tmp_path / "again")
    assert done.code == 0
    first, again = ((tmp_path / name / "summary.json").read_bytes() for name in ("first", "again"))
    assert first == again


def test_a_recorded_run_of_a_file_can_be_done_again(rlrig_eval, suite: Path, tmp_path: Path) -> None:
    plugin = tmp_path / "mine.py"
    plugin.write_text("from rlrig_eval.models.synthetic import Synthetic\nclass Mine(Synthetic): pass\n")
    rlrig_eval("run", "--suite", suite, "--model", f"{plugin}:Mine", "--limit", "2", "--out", tmp_path / "first")
    done = rlrig_eval("run", "--config", tmp_path / "first" / "run.json", "--out", tmp_path / "again")
    assert done.code == 0


SCORER = """
from rlrig_eval.runs import Scores

def seen(read, prompt, suite):
    return Scores({"things": float(len(read.entities))})
"""


def test_a_recorded_run_with_a_scorer_of_its_suite_can_be_done_again_from_another_directory(
    rlrig_eval, suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (suite / "mine.py").write_text(SCORER)
    with (suite / "suite.yaml").open("a") as header:
        header.write("scorers: [graph, 'mine.py:seen']\n")
    first, again = tmp_path / "first", tmp_path / "again"
    monkeypatch.chdir(suite)
    assert rlrig_eval("run", "--suite", ".", *SYNTHETIC, "--limit", "2", "--out", first).code == 0
    monkeypatch.chdir(tmp_path)
    done = rlrig_eval("run", "--config", first / "run.json", "--out", again)
    assert done.code == 0, done.err
    assert (again / "summary.json").read_bytes() == (first / "summary.json").read_bytes()


SECRETIVE = """
from rlrig_eval.models.synthetic import Synthetic
class Mine(Synthetic):
    def __init__(self, api_key: str, settings=None):
        super().__init__()
        assert api_key == "s3cr3t"
        assert (settings["token"], settings["headers"]["Authorization"]) == ("s3cr3t", "Bearer s3cr3t")
        self.settings = {**self.settings, **settings}
"""
OPTION = ("-M", "api_key=s3cr3t")
SETTINGS = ("-G", "token=s3cr3t", "-G", 'headers={"Authorization": "Bearer s3cr3t"}', "-G", "steps=4")


OPEN = """
from rlrig_eval.extract.shapes import ShapesExtractor
from rlrig_eval.judges import Reply
from rlrig_eval.models.synthetic import Synthetic

class Mine(Synthetic):
    def __init__(self, api_key: str = "none", seconds: float = 0.0, tokenizer: str = "words"):
        super().__init__()

class Reader(ShapesExtractor):
    def __init__(self, api_key: str = "none"):
        super().__init__()

class Judge:
    rubric = "p-yes"
    def __init__(self, api_key: str = "none"):
        pass
    def replies(self, requests):
        return (Reply("yes", p_yes=1.0) for _ in requests)
"""


def test_what_a_constructor_has_where_nobody_gives_a_key_is_no_secret(rlrig_eval, suite: Path, tmp_path: Path) -> None:
    file, out = tmp_path / "mine.py", tmp_path / "run"
    file.write_text(OPEN)
    plugins = ("--model", f"{file}:Mine", "--extractor", f"{file}:Reader", "--judge", f"{file}:Judge")
    begun = ("run", "--suite", suite, *plugins, "-M", "tokenizer=letters", "--limit", "2", "--out", out)
    assert rlrig_eval(*begun).code == 0
    again = rlrig_eval("run", "--config", out / "run.json", "--out", tmp_path / "again")
    assert (again.code, again.err) == (0, "")
    assert (tmp_path / "again" / "summary.json").read_bytes() == (out / "summary.json").read_bytes()
    assert rlrig_eval(*begun, "-M", "api_key=s3cr3t", "-J", "api_key=s3cr3t").code == 0  # a key decides no picture
    given = rlrig_eval(*begun[:-1], tmp_path / "given", "-M", "api_key=s3cr3t", "-E", "api_key=s3cr3t")
    assert given.code == 0
    assert rlrig_eval("compare", out, tmp_path / "given").code == 0
    assert secrets(out) == secrets(tmp_path / "given") == []
    done = rlrig_eval("run", "--config", tmp_path / "given" / "run.json", "--out", tmp_path / "third")
    assert (done.code, "-M api_key was hidden" in done.err or "-E api_key was hidden" in done.err) == (2, True)


def secrets(folder: Path) -> list[Path]:
    """The files that the secret reached."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [path for path in files if b"s3cr3t" in path.read_bytes()]


def test_a_secret_reaches_the_model_and_no_file(rlrig_eval, suite: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(SECRETIVE)
    model = ("--model", f"{tmp_path / 'mine.py'}:Mine", "--limit", "2")
    out, again = tmp_path / "run", ("run", "--config", tmp_path / "run" / "run.json", "--out", tmp_path / "again")
    begun = ("run", "--suite", suite, *model, *OPTION, *SETTINGS, "--out", out)
    assert rlrig_eval(*begun).code == 0
    assert json.loads((out / "summary.json").read_text())["settings"]["steps"] == 4
    assert rlrig_eval(*begun).code == 0  # the same run, which goes on
    assert rlrig_eval("baseline", "write", out, "--out", out / "baseline.json").code == 0
    assert secrets(out) == []
    for given, hidden in (((), "-M api_key"), (OPTION, "-G token"), ((*OPTION, *SETTINGS[:2]), "-G headers")):
        done = rlrig_eval(*again, *given)
        assert (done.code, f"{hidden} was hidden" in done.err) == (2, True), done.err
    assert rlrig_eval(*again, *OPTION, *SETTINGS).code == 0


def test_a_page_that_cannot_be_written_hides_no_result(rlrig_eval, suite: Path, tmp_path: Path) -> None:
    given = ("--suite", suite, "--model", "synthetic", "--limit", "2", "--out", tmp_path / "run")
    assert rlrig_eval("run", *given).code == 0
    (tmp_path / "run" / "report.html").unlink()
    (tmp_path / "run" / "report.html").mkdir()
    done = rlrig_eval("run", *given, "--json")
    assert (done.code, json.loads(done.out)["coverage"]["ok"]) == (1, 2)
    assert "warning: report.html could not be written: " in done.err


@pytest.mark.parametrize("model", [("http", "url"), ("openai-images", "base_url")])
def test_a_password_in_an_address_is_refused_and_not_recorded(
    rlrig_eval, suite: Path, tmp_path: Path, model: tuple[str, str]
) -> None:
    name, option = model
    address = f"{option}=https://me:s3cr3t@host/v1"
    done = rlrig_eval("run", "--suite", suite, "--model", name, "-M", address, "--out", tmp_path / "run")
    assert (done.code, f"model {name}: no user or password in {option}" in done.err) == (2, True), done.err
    assert "s3cr3t" not in done.err
    assert secrets(tmp_path) == []


WRONG = {
    "no model": (("--suite", "SUITE"), "which model? give --model"),
    "no suite": (("--model", "synthetic"), "which suite? give --suite"),
    "unknown suite": (("--suite", "spacial", "--model", "synthetic"), "unknown suite 'spacial'"),
    "misnamed benchmark": (
        ("--suite", "genevl", "--suite-path", "SUITE/prompts.jsonl", "--model", "synthetic"),
        "unknown suite 'genevl': did you mean 'geneval'?",
    ),
    "misnamed suite": (("--suite", "tinny", "--suite-path", "SUITE", "--model", "synthetic"), "did you mean 'tiny'?"),
    "another suite": (
        ("--suite", "spatial", "--suite-path", "SUITE/suite.yaml", "--model", "synthetic"),
        "unknown suite 'spatial': the suite in SUITE/suite.yaml is called 'tiny'",
    ),
    "no such path": (
        ("--suite", "tiny", "--suite-path", "nowhere/suite.yaml", "--model", "synthetic"),
        "there is no such suite file",
    ),
    "no such file": (("--suite", "nowhere/suite.yaml", "--model", "synthetic"), "there is no such suite file"),
    "unknown split": (("--suite", "SUITE:val", "--model", "synthetic"), "unknown split of tiny 'val'"),
    "unknown model": (("--suite", "SUITE", "--model", "synthetik"), "did you mean 'synthetic'?"),
    "unknown option": (("--suite", "SUITE", *SYNTHETIC, "-M", "rate=1"), "unknown option 'rate'"),
    "no pair": (("--suite", "SUITE", *SYNTHETIC, "-M", "error_rate"), "expected key=value"),
    "twice": (("--suite", "SUITE", *SYNTHETIC, "-M", "a=1", "-M", "a=2"), "given twice"),
    "out of range": (("--suite", "SUITE", *SYNTHETIC, "-M", "error_rate=2"), "error_rate=2"),
    "no settings": (("--suite", "SUITE", *SYNTHETIC, "-G", "steps=2"), "takes no settings"),
    "unknown setting": (("--suite", "SUITE", "--model", "flux-shapes", "-G", "step=2"), "did you mean 'steps'?"),
    "unknown extractor": (("--suite", "SUITE", *SYNTHETIC, "--extractor", "shape"), "did you mean 'shapes'?"),
    "seeds": (("--suite", "SUITE", *SYNTHETIC, "--seeds", "3-0"), "no range of seeds"),
    "shard": (("--suite", "SUITE", *SYNTHETIC, "--shard", "0/2"), "--shard 0/2"),
    "batch": (("--suite", "SUITE", *SYNTHETIC, "--batch-size", "some"), "--batch-size some"),
    "executor": (("--suite", "SUITE", *SYNTHETIC, "--executor", "lokal"), "did you mean 'local'?"),
    "ray": (("--suite", "SUITE", *SYNTHETIC, "--executor", "ray"), "rlrig-eval[ray]"),
    "limit": (("--suite", "SUITE", "--model", "synthetic", "--limit", "0"), "--limit"),
    "unknown flag": (("--suite", "SUITE", *SYNTHETIC, "--seds", "1"), "--seeds"),
    "config and model": (("--config", "run.json", "--model", "synthetic"), "--config"),
    "no config": (("--config", "nowhere.json"), "nowhere.json"),
    "folder without path": (("--suite", "SUITE", "--model", "folder"), "needs -M path=..."),
    "empty folder": (("--suite", "SUITE", "--model", "folder", "-M", "path=SUITE"), "no pictures in it"),
    "no checkpoint": (("--suite", "SUITE", "--model", "flux-shapes", "-M", "checkpoint=bundled:x"), "checkpoint 'x'"),
    "unwritable": (("--suite", "SUITE", *SYNTHETIC, "--out", "/proc/run"), "/proc/run: cannot write there"),
    "not a run": (("--suite", "SUITE", *SYNTHETIC, "--out", "SUITE"), "no run.json"),
}


@pytest.mark.parametrize("arguments", WRONG)
def test_what_is_wrong_is_said_in_a_line_and_leaves_with_2(
    rlrig_eval, suite: Path, tmp_path: Path, arguments: str, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    flags, said = WRONG[arguments]
    done = rlrig_eval("run", *(flag.replace("SUITE", str(suite)) for flag in flags))
    assert done.code == 2
    assert said.replace("SUITE", str(suite)) in done.err
    assert "Traceback" not in done.err
    if done.err.startswith("error: "):
        assert len(done.err.splitlines()) == 1


BAD_SUITES = {
    "duplicate id": ('{"id": "a", "text": "x", "graph": {}, "group": "g"}\n' * 2, "prompts.jsonl:2: id"),
    "malformed graph": (
        '{"id": "a", "text": "x", "group": "g", "graph": {"relations": [{"subject": "b", "predicate": "on"}]}}\n',
        "prompts.jsonl:1: graph.relations.0",
    ),
    "unknown key": ('{"id": "a", "text": "x", "graph": {}, "group": "g", "tag": []}\n', "did you mean 'tags'?"),
    "no JSON": ("not json\n", "prompts.jsonl:1: "),
    "an id that is a path": ('{"id": "../a", "text": "x", "graph": {}, "group": "g"}\n', "prompts.jsonl:1: id"),
}


@pytest.mark.parametrize("case", BAD_SUITES)
@pytest.mark.parametrize("verb", ["run", "validate"])
def test_a_bad_suite_is_located(rlrig_eval, suite: Path, case: str, verb: str) -> None:
    text, said = BAD_SUITES[case]
    (suite / "prompts.jsonl").write_text(text)
    done = rlrig_eval("run", "--suite", suite, *SYNTHETIC) if verb == "run" else rlrig_eval("validate", suite)
    assert (done.code, said in done.err) == (2, True), done.err


def test_an_unknown_key_in_a_suites_yaml_is_located(rlrig_eval, suite: Path) -> None:
    with (suite / "suite.yaml").open("a") as file:
        file.write("sedes: [1]\n")
    done = rlrig_eval("run", "--suite", suite, *SYNTHETIC)
    assert (done.code, "suite.yaml:4: sedes: unknown key" in done.err) == (2, True), done.err


def test_errors_while_running_leave_with_1_and_are_counted(rlrig_eval, suite: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text(
        "class Bad:\n    settings = {}\n    def generate(self, jobs):\n        raise MemoryError('full')\n"
    )
    done = rlrig_eval("run", "--suite", suite, "--model", f"{tmp_path / 'bad.py'}:Bad", "--out", tmp_path / "run")
    assert done.code == 1
    assert "warning: 30 of 30 samples are in error (MemoryError: full)\n" in done.err
    assert "0/30 scored" in done.out


def short_of_space(kib: int, suite: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """A full disk, as near as a test gets: the process may write no file longer than so many KiB."""
    run = [sys.executable, "-m", "rlrig_eval", "run", "--suite", str(suite), "--model", "synthetic"]
    flags = ["--batch-size", "1", "--seeds", "0-3", "--out", str(out)]
    script = ["bash", "-c", f'ulimit -f {kib}; exec "$@"', "bash"]
    return subprocess.run([*script, *run, *flags], capture_output=True, text=True, timeout=240)


def test_no_room_to_begin_with_leaves_with_2(suite: Path, tmp_path: Path) -> None:
    done = short_of_space(32, suite, tmp_path / "run")
    assert (done.returncode, "cannot write there: File too large" in done.stderr) == (2, True), done.stderr
    assert not (tmp_path / "run" / "run.json").exists()


def test_running_out_of_room_leaves_with_1_and_keeps_what_is_there(suite: Path, tmp_path: Path) -> None:
    done = short_of_space(96, suite, tmp_path / "run")
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert "cannot write: File too large" in done.stderr
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "failed"
    assert (tmp_path / "run" / "samples.jsonl").read_bytes().count(b"\n") > 10


def test_a_benchmark_is_imported_from_the_users_download(rlrig_eval, tmp_path: Path) -> None:
    file = tmp_path / "evaluation_metadata.jsonl"
    file.write_text('{"tag": "single_object", "include": [{"class": "circle", "count": 1}], "prompt": "a circle"}')
    asked = ("run", "--suite", "geneval", "--model", "synthetic", "--extractor", "shapes")
    done = rlrig_eval(*asked, "--suite-path", tmp_path, "--out", tmp_path / "run")
    assert done.code == 0, done.err
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    assert (run["suite"]["name"], run["suite"]["world"], run["protocol"]["seeds"]) == ("geneval", "photo", [0, 1, 2, 3])
    without = rlrig_eval(*asked)
    assert (without.code, "--suite-path (evaluation_metadata.jsonl" in without.err) == (2, True)
    misnamed = rlrig_eval("run", "--suite", "genevall", "--model", "synthetic")
    assert (misnamed.code, "did you mean 'geneval'?" in misnamed.err) == (2, True)


STOPPED = """
from rlrig_eval.models.synthetic import Synthetic
class Mine(Synthetic):
    def generate(self, jobs):
        raise KeyboardInterrupt
"""


def test_ctrl_c_names_a_folder_that_nobody_gave(
    rlrig_eval, suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(STOPPED)
    begun = ("run", "--suite", suite, "--model", "mine.py:Mine", "--limit", "2")
    done = rlrig_eval(*begun)
    (folder,) = (tmp_path / "runs").iterdir()
    where = folder.relative_to(tmp_path)
    told = f"interrupted: {where} keeps what is there; the same command with --out {where} goes on\n"
    assert (done.code, done.err) == (130, told)
    done = rlrig_eval(*begun, "--out", where)
    assert (done.code, done.err) == (130, told.replace(f" with --out {where}", ""))
