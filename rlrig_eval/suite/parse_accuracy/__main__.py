"""The command."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rlrig_eval.atomic import replace_text
from rlrig_eval.errors import leave
from rlrig_eval.scene.parse import read_all
from rlrig_eval.suite.parse_accuracy import cases, constructions, dsg
from rlrig_eval.suite.parse_accuracy.measure import accuracy, refusals, speed
from rlrig_eval.suite.parse_accuracy.page import SPEED_OVER, page

SOURCES = {
    "geneval": cases.geneval,
    "visor": cases.visor,
    "visor_enumerated": cases.visor_enumerated,
    "spatial": cases.spatial,
    "laion_sg": cases.laion_sg,
}


def measure(data: Path, seed: int, each: int) -> dict[str, Any]:
    """Every figure of the report, from the folder that holds geneval/, visor/, laion_sg/ and dsg/."""
    sets = {name: list(source(data)) for name, source in SOURCES.items()}
    sets["constructions"] = list(constructions.cases(seed, each))
    items = dsg.items(data)
    compared = dsg.compare(items, read_all(item.text for item in items))
    return {
        "exact": {name: accuracy(found) for name, found in sets.items()},
        "refused": refusals(constructions.refused(seed, each)),
        "speed": speed([case.text for case in sets[SPEED_OVER]]),
        "dsg": {group: {kind: _row(tally) for kind, tally in kinds.items()} for group, kinds in compared.items()},
    }


def _row(tally: dsg.Tally) -> dict[str, float | int | None]:
    return {**vars(tally), "recall": tally.recall, "precision": tally.precision}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure how well prompts are read, and write PATH.json and PATH.md, which call the folder of the data DIR."""
    parser = argparse.ArgumentParser(prog="python -m rlrig_eval.suite.parse_accuracy", description=main.__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with geneval/, visor/, laion_sg/ and dsg/")
    parser.add_argument("--out", type=Path, required=True, help="where the report goes, without a suffix")
    parser.add_argument("--seed", type=int, default=20261125, help="of the prompts written by construction")
    parser.add_argument("--each", type=int, default=50, help="prompts a pattern")
    options = parser.parse_args(arguments)
    command = f"{parser.prog} --data DIR --out {options.out} --seed {options.seed} --each {options.each}"
    measured = {"command": command, **measure(options.data, options.seed, options.each)}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    replace_text(options.out.with_suffix(".json"), json.dumps(measured, indent=1) + "\n")
    replace_text(options.out.with_suffix(".md"), page(measured))


if __name__ == "__main__":
    leave(main)
