"""Write the suite ``spatial-hard``: ``python -m rlrig_eval.suite.hard --seed 11 --out suites/spatial-hard``.

The same seed writes the same bytes. Every graph, the twins too, was laid out, drawn and read back, and every
requirement was met in what was read.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rlrig_eval.suite.hard.groups import GROUPS, groups
from rlrig_eval.suite.hard.rows import prompts
from rlrig_eval.suite.split_files import write_split

SUITE = "spatial-hard"


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the JSONL files of every split."""
    parser = argparse.ArgumentParser(prog="python -m rlrig_eval.suite.hard", description=main.__doc__)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--out", type=Path, required=True, help="folder of the suite")
    options = parser.parse_args(arguments)
    for bucket in GROUPS:
        write_split(options.out, bucket, prompts(SUITE, bucket, "shapes", groups(options.seed, bucket)))


if __name__ == "__main__":
    main()
