"""One table, six outputs."""

from __future__ import annotations

import csv
import io
import json
from html.parser import HTMLParser

import pytest
from pydantic import ValidationError
from rich.console import Console

from rlrig_eval.errors import UsageError
from rlrig_eval.report import Table, render_table
from rlrig_eval.report.render import FORMATS
from rlrig_eval.report.table import Column, Estimate
from rlrig_eval.report.terminal import rich_table

TABLE = Table(
    title="Scores & costs",
    columns=(
        Column(name="model", title="model"),
        Column(name="score", title="score", kind="share", better="higher", digits=2),
        Column(name="delta", title="Δ", kind="difference", digits=2),
        Column(name="time", title="time", kind="number", unit="s", better="lower", digits=1),
        Column(name="pictures", title="pictures", kind="count"),
        Column(name="how", title="how", detail=True),
    ),
    rows=(
        ("plain_50%", Estimate(mean=0.25, ci95=(0.125, 0.5), n=64), None, 0.5, 1200, "4 steps"),
        ("a|b <i>", Estimate(mean=0.75, ci95=(None, None), n=1), Estimate(mean=0.5, n=1), 2.0, None, ""),
    ),
    notes=("Brackets: 95 %.",),
)


def test_markdown_marks_the_best_and_escapes_what_would_break_the_table():
    assert render_table(TABLE, "md") == (
        "**Scores & costs**\n"
        "\n"
        "| model | score | Δ | time (s) | pictures | how |\n"
        "| --- | ---: | ---: | ---: | ---: | --- |\n"
        "| plain\\_50% | 0.25 [0.12, 0.50] | – | **0.5** | 1,200 | 4 steps |\n"
        "| a\\|b \\<i\\> | **0.75** | +0.50 | 2.0 | – |  |\n"
        "\n"
        "Brackets: 95 %.\n"
    )


def test_latex_is_booktabs_with_every_special_sign_escaped():
    assert render_table(TABLE, "tex") == (
        "\\begin{table}\n"
        "  \\centering\\footnotesize\\setlength{\\tabcolsep}{3pt}\n"
        "  \\caption{Scores \\& costs}\n"
        "  \\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{\\begin{tabular}{@{}lrrrr@{}}\n"
        "    \\toprule\n"
        "    model & score & $\\Delta$ & time (s) & pictures \\\\\n"
        "    \\midrule\n"
        "    plain\\_50\\% & \\shortstack[r]{\\strut 0.25\\\\{\\scriptsize [0.12, 0.50]}} & -- & "
        "\\textbf{0.5} & 1,200 \\\\\n"
        "    a|b \\textless{}i\\textgreater{} & \\textbf{0.75} & +0.50 & 2.0 & -- \\\\\n"
        "    \\bottomrule\n"
        "  \\end{tabular}}\n"
        "  \\par\\smallskip {\\scriptsize \\textbf{plain\\_50\\%}: 4 steps}\n"
        "  \\par\\smallskip {\\scriptsize Brackets: 95 \\%.}\n"
        "\\end{table}\n"
    )


def test_latex_leaves_no_active_sign_of_a_name_unescaped():
    name = r"\input{x} $1 #2 a_b a^b a~b {c} 100% & Δ"
    table = Table(title="t", columns=(Column(name="m", title="m"),), rows=((name,),))
    row = render_table(table, "tex").splitlines()[7].strip()
    assert row == (
        r"\textbackslash{}input\{x\} \$1 \#2 a\_b a\textasciicircum{}b a\textasciitilde{}b \{c\} 100\% \& $\Delta$ \\"
    )


def test_neighbours_of_one_group_stand_under_a_common_head():
    columns = (
        Column(name="m", title="model"),
        *(Column(name=f"{group}.{name}", title=name, group=group, kind="share") for group in "ab" for name in "xy"),
    )
    table = Table(title="t", columns=columns, rows=(("m", 0.1, 0.2, 0.3, None),))
    assert render_table(table, "tex").splitlines()[5:8] == [
        r"    \multicolumn{1}{c}{} & \multicolumn{2}{c}{a} & \multicolumn{2}{c}{b} \\",
        r"    \cmidrule(lr){2-3} \cmidrule(lr){4-5}",
        r"    model & x & y & x & y \\",
    ]
    long = Column(name="l", title="a title of several words", kind="share")
    assert r"\shortstack[r]{a title of\\several\\words} \\" in render_table(
        Table(title="t", columns=(long,), rows=()), "tex"
    )
    assert "| model | x, a | y, a | x, b | y, b |" in render_table(table, "md")


def test_a_fall_has_a_minus_sign_and_a_name_keeps_its_hyphen():
    columns = (Column(name="m", title="m"), Column(name="d", title="d", kind="difference", digits=2))
    table = Table(title="t", columns=columns, rows=(("a-b", Estimate(mean=-0.5, ci95=(-0.75, 0.25))),))
    wanted = r"a-b & \shortstack[r]{\strut $-$0.50\\{\scriptsize [$-$0.75, +0.25]}} \\"
    assert wanted in render_table(table, "tex")


def test_csv_spreads_an_estimate_over_four_columns_and_keeps_every_digit():
    rows = list(csv.DictReader(io.StringIO(render_table(TABLE, "csv"))))
    assert [row["model"] for row in rows] == ["plain_50%", "a|b <i>"]
    assert [rows[0][f"score{end}"] for end in ("", ".lo", ".hi", ".n")] == ["0.25", "0.125", "0.5", "64"]
    assert [rows[0][f"delta{end}"] for end in ("", ".lo", ".hi", ".n")] == ["", "", "", ""]
    assert rows[1]["score.lo"] == rows[1]["pictures"] == ""


def test_json_gives_records_with_estimates_as_a_summary_has_them():
    document = json.loads(render_table(TABLE, "json"))
    assert document["rows"][0]["score"] == {"mean": 0.25, "ci95": [0.125, 0.5], "n": 64}
    assert document["rows"][1]["pictures"] is None
    assert document["columns"][3] | {"digits": 0} == {
        "name": "time",
        "title": "time",
        "group": "",
        "kind": "number",
        "unit": "s",
        "better": "lower",
        "digits": 0,
        "detail": False,
    }


def test_html_escapes_and_draws_each_interval_on_its_scale():
    text = render_table(TABLE, "html")
    assert "a|b &lt;i&gt;" in text
    assert "<i>" not in text
    assert '<rect class="interval" x="12.5" y="2" width="37.5" height="4"/>' in text
    assert '<path class="mean" d="M75.0 0V8"/>' in text  # the difference of +.5 on a scale from -1 to 1
    parser = _Balance()
    parser.feed(text)
    assert parser.open == []


def test_a_terminal_wide_enough_shows_a_row_for_each_row():
    lines = _printed(120)
    assert lines[1].split() == ["model", "score", "Δ", "time", "(s)", "pictures"]
    assert lines[2].split() == ["plain_50%", "0.25", "–", "0.5", "1,200"]
    assert lines[3].split() == ["[0.12,", "0.50]"]
    assert "plain_50%: 4 steps" in lines


def test_a_narrow_terminal_turns_the_table_instead_of_cutting_it():
    lines = _printed(42)
    assert max(map(len, lines)) <= 42
    assert lines[1].split() == ["model", "plain_50%", "a|b", "<i>"]
    assert lines[2].split() == ["score", "0.25", "0.75"]


def test_rows_that_fit_neither_way_stand_some_at_a_time_and_nothing_is_cut():
    columns = (Column(name="m", title="model"), Column(name="s", title="a long title", kind="share"))
    names = [f"a-system-of-a-long-name-{number}" for number in range(5)]
    console = Console(file=io.StringIO(), width=70, force_terminal=False)
    table = Table(title="t", columns=(*columns, *(Column(name=f"x{n}", title="x" * 9) for n in range(5))),
                  rows=tuple((name, 0.5, *["y" * 9] * 5) for name in names))  # fmt: skip
    with console.capture() as captured:
        console.print(rich_table(table, 70))
    text = captured.get()
    assert "…" not in text
    assert all(name in text for name in names)
    assert text.count("a long title") == 3


def test_a_name_with_rich_markup_in_it_is_printed_as_it_is():
    table = Table(title="t", columns=(Column(name="m", title="m"),), rows=(("[red]x[/red]",),))
    assert "[red]x[/red]" in render_table(table, "terminal")


def test_nothing_is_best_in_a_column_without_a_direction_or_with_one_value():
    columns = (Column(name="a", title="a", kind="number"), Column(name="b", title="b", better="higher"))
    assert Table(title="t", columns=columns, rows=((1, 2), (3, 2), (2, None))).best() == frozenset()


def test_equal_bests_are_all_marked():
    columns = (Column(name="b", title="b", kind="number", better="lower"),)
    assert Table(title="t", columns=columns, rows=((1,), (3,), (1,))).best() == {(0, 0), (2, 0)}


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_renders_a_table_without_rows(format):
    assert render_table(Table(title="t", columns=TABLE.columns, rows=()), format).endswith("\n")


def test_an_unknown_format_is_named_with_the_nearest():
    with pytest.raises(UsageError, match="unknown format 'latex': did you mean 'tex'"):
        render_table(TABLE, "latex")
    with pytest.raises(UsageError, match="did you mean 'json'"):
        render_table(TABLE, "jsn")


def test_a_ragged_table_is_refused():
    with pytest.raises(ValidationError, match="row 1 has 1 cells for 6 columns"):
        Table(title="t", columns=TABLE.columns, rows=(("x",),))


def _printed(width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    with console.capture() as captured:
        console.print(rich_table(TABLE, width))
    return [line.rstrip() for line in captured.get().splitlines()]


class _Balance(HTMLParser):
    """Keeps the tags that are open; every end tag must close the last one."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
