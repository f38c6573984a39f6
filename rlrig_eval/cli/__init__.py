"""The command line: one short file a verb. Nothing heavy is imported before a verb runs."""

from __future__ import annotations

from typing import NoReturn

import typer

from rlrig_eval.cli.aa import aa
from rlrig_eval.cli.baseline import write as baseline_write
from rlrig_eval.cli.check import check
from rlrig_eval.cli.compare import compare
from rlrig_eval.cli.doctor import doctor
from rlrig_eval.cli.export import export
from rlrig_eval.cli.listing import list_
from rlrig_eval.cli.pairwise import pairwise
from rlrig_eval.cli.power import power
from rlrig_eval.cli.quality import quality
from rlrig_eval.cli.report import report
from rlrig_eval.cli.run import run
from rlrig_eval.cli.score import score
from rlrig_eval.cli.validate import validate
from rlrig_eval.cli.view import view
from rlrig_eval.errors import leave

EXIT_CODES = """Exit codes:

0 ok

1 errors met while running, or coverage under the suite's threshold

2 found before the first sample: usage, bad file, unwritable folder

3 the gate of `check` failed (inconclusive: 0 with a warning, 3 with --strict)

4 not comparable: suite, protocol, extractor or judge differ

130 interrupted; what is there is kept, and the same command goes on"""

app = typer.Typer(
    name="rlrig-eval",
    help="Tells how well a text-to-image system puts things where the prompt says.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
baseline = typer.Typer(help="Baseline files, which `check` holds a run against.", no_args_is_help=True)
baseline.command("write")(baseline_write)

app.command()(run)
app.command()(score)
app.command()(compare)
app.command()(check)
app.add_typer(baseline, name="baseline")
app.command()(report)
app.command()(power)
app.command()(quality)
app.command()(view)
app.command()(export)
app.command()(aa)
app.command()(pairwise)
app.command("list")(list_)
app.command()(validate)
app.command()(doctor)


def main() -> NoReturn:
    """Run the command line; leaves with one of the exit codes of `errors.Exit`."""
    leave(app)
