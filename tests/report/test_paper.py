"""Papers as data, and their tables with what runs measured."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from rlrig_eval.assets import reports_dir
from rlrig_eval.errors import UnreadableFile, UsageError
from rlrig_eval.report.paper import load_paper, paper_tables
from rlrig_eval.report.render import FORMATS, render_tables
from rlrig_eval.report.table import Estimate
from tests.report.contestants import Single, named, run, suite
from tests.report.latex import compiled, faults

PAPERS = sorted(path.stem for path in (reports_dir() / "papers").glob("*.yaml"))


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Runs on a suite that bears the paper's name, by a model that it has a row for and by one that it has not."""
    root, of = tmp_path_factory.mktemp("paper"), suite().model_copy(update={"name": "laion-sg"})
    of = type(of).model_validate(of.model_dump())
    return [
        run(root / "flux", of, named("flux-dev", Single(error_rate=0.5))),
        run(root / "else", of, named("elsewhere_100%", Single(error_rate=0.2))),
    ]


def rows(table) -> dict[str, dict]:
    return {row["system"]: row for row in table.records()}


def test_the_papers_are_those_that_the_repo_promises() -> None:
    assert {"rl-rig", "laion-sg", "geneval", "t2i-compbench"} <= set(PAPERS)


@pytest.mark.parametrize("name", PAPERS)
def test_every_published_figure_has_a_source_and_every_source_is_used(name: str) -> None:
    paper = load_paper(name)
    cited = {f.source for table in paper.tables for row in table.rows for f in row.figures.values()}
    assert cited == set(paper.sources)


def test_rl_rig_prints_the_two_figures_that_are_known_and_no_other() -> None:
    (table,) = load_paper("rl-rig").tables
    figures = {(row.name, name): f.value for row in table.rows for name, f in row.figures.items()}
    assert figures == {("Flux", "sg_iou"): 0.3319, ("RL-RIG", "sg_iou"): 0.3699}


@pytest.mark.parametrize(
    ("name", "system", "column", "value"),
    [
        ("laion-sg", "FLUX-SG (LAION-Comp)", "sg_iou", 0.583),
        ("laion-sg", "SGDiff without boxes (VG)", "entity_iou", 0.801),
        ("geneval", "FLUX.1-dev", "position", 0.22),
        ("t2i-compbench", "SD3.5-Medium + Flow-GRPO", "spatial_2d", 0.5447),
    ],
)
def test_figures_are_those_of_the_sources(name: str, system: str, column: str, value: float) -> None:
    found = {row.name: row.figures for row in load_paper(name).tables[0].rows}
    assert found[system][column].value == value


def test_measured_stands_in_a_column_of_its_own(theirs: list[Path]) -> None:
    (table,) = paper_tables(load_paper("rl-rig"), theirs)
    flux, other = rows(table)["Flux"], rows(table)["elsewhere_100%"]
    summary = json.loads((theirs[0] / "summary.json").read_text())
    assert flux["published.sg_iou"] == 0.3319
    assert flux["measured.sg_iou"] == Estimate.model_validate(summary["metrics"]["laion.sg_iou"])
    assert flux["measured.strict_sg_iou"] == Estimate.model_validate(summary["metrics"]["sg_iou"])
    assert "published.strict_sg_iou" not in flux
    assert other["published.sg_iou"] is None
    assert other["measured.sg_iou"].mean is not None


def test_what_no_source_gives_and_what_no_run_measured_stays_blank(theirs: list[Path]) -> None:
    (table,) = paper_tables(load_paper("rl-rig"), theirs)
    for system in ("Stable Diffusion 3.5 Large", "a model trained on LAION-SG", "RL-RIG, loop without training"):
        row = rows(table)[system]
        assert {value for name, value in row.items() if name.startswith(("published", "measured"))} == {None}
    assert rows(table)["RL-RIG"]["measured.sg_iou"] is None
    assert not table.best()  # no figure is set against another


def test_runs_on_other_suites_stand_in_a_table_without_published_figures(runs: list[Path]) -> None:
    paper = load_paper("rl-rig")
    table, reproduced = paper_tables(paper, runs)
    assert all(value is None for row in table.records() for name, value in row.items() if name.startswith("measured"))
    assert {row["system"] for row in reproduced.records()} == {"single", "best-of-n", "loop"}
    assert not [column.name for column in reproduced.columns if "published" in column.name]
    assert "not the paper's" in reproduced.notes[0]


def test_both_runs_of_a_model_are_shown(theirs: list[Path], tmp_path: Path) -> None:
    again = suite().model_copy(update={"name": "laion-sg", "version": "2.0"})
    second = run(tmp_path / "again", type(again).model_validate(again.model_dump()), named("flux-dev", Single(0.9)))
    (table,) = paper_tables(load_paper("rl-rig"), [theirs[0], second])
    lines = [row for row in table.records() if row["system"] == "Flux"]
    assert [line["published.sg_iou"] for line in lines] == [0.3319, None]
    assert all(line["measured.sg_iou"].mean is not None for line in lines)


@pytest.mark.parametrize("name", PAPERS)
@pytest.mark.parametrize("format", FORMATS)
def test_every_paper_renders_in_every_format(name: str, format: str, theirs: list[Path], runs: list[Path]) -> None:
    text = render_tables(paper_tables(load_paper(name), [*theirs, *runs]), format)
    if format == "json":
        assert {"title", "columns", "rows"} <= json.loads(text)[0].keys()
    assert len(text) > 500


@pytest.mark.parametrize("name", PAPERS)
def test_the_latex_compiles(name: str, theirs: list[Path], runs: list[Path], tmp_path: Path) -> None:
    text = render_tables(paper_tables(load_paper(name), [*theirs, *runs]), "tex")
    assert faults(text) == []
    assert compiled(text, tmp_path) is not False


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        (("\\toprule", "\\toprul"), "unknown command"),
        (("\\end{tabular}", ""), "without its"),
        (("\\caption{", "\\caption"), "braces"),
        (("Flux & ", "Flux "), "columns, but"),
        (("elsewhere\\_100", "elsewhere_100"), "'_' is active"),
        (("\\%", "%"), "'%' is active"),
    ],
)
def test_the_structural_check_finds_what_would_stop_an_engine(
    broken: tuple[str, str], fault: str, theirs: list[Path]
) -> None:
    text = render_tables(paper_tables(load_paper("rl-rig"), theirs), "tex")
    assert broken[0] in text
    assert any(fault in one for one in faults(text.replace(*broken)))


def test_a_paper_of_ones_own(tmp_path: Path, runs: list[Path]) -> None:
    mine = tmp_path / "mine.yaml"
    text = (reports_dir() / "papers" / "rl-rig.yaml").read_text()
    mine.write_text(text.replace("name: rl-rig", "name: mine"))
    assert paper_tables(load_paper(str(mine)), runs)[1].title.startswith("mine: ")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("source: review 1 (secondary)}", "source: hearsay}"), "no source 'hearsay'"),
        (("sg_iou: {value", "sg_iuo: {value"), "which is no published column"),
        (("name: judge,", "name: sg_iou,"), "two columns are named 'sg_iou'"),
        (("{name: pair_accuracy,", "{name: how,"), "two columns are named 'how'"),
        (("{value: 0.3319,", "{value: .nan,"), "figures.sg_iou.value: Input should be a finite number"),
        (("reproduced:", "reproducd:"), "did you mean 'reproduced'"),
        (("tables:", "tables: ["), "bad YAML"),
        (("citation: ", "citation: 2026-13-45 #"), "bad.yaml:5: bad YAML: '2026-13-45' is no timestamp"),
    ],
)
def test_a_bad_paper_is_named_with_its_fault(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    text = (reports_dir() / "papers" / "rl-rig.yaml").read_text()
    (tmp_path / "bad.yaml").write_text(text.replace(*change))
    with pytest.raises(UsageError, match=re.escape(message)):
        load_paper(str(tmp_path / "bad.yaml"))


def test_an_unknown_paper_suggests_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'rl-rig'"):
        load_paper("rlrig")
    with pytest.raises(UnreadableFile, match="No such file"):
        load_paper("nowhere.yaml")
