"""Published benchmarks, each imported into a `Suite` from the user's own download. None of their data ships."""

from pathlib import Path

from rlrig_eval.errors import UsageError
from rlrig_eval.suite.importers.assemble import assembled
from rlrig_eval.suite.importers.benchmark import Benchmark
from rlrig_eval.suite.importers.registry import GROUP, benchmark, names
from rlrig_eval.suite.schema import Suite

__all__ = ["GROUP", "Benchmark", "benchmark", "import_suite", "names"]


def import_suite(request: str, path: str | Path) -> Suite:
    """The benchmark ``NAME``, or one wording of it (``NAME:VARIANT``), from the file or folder of a download.

    Raises:
        UsageError: no such benchmark, variant or file, or one is malformed: file, line, field and problem, one line
            for each problem.
    """
    name, colon, variant = request.partition(":")
    found = benchmark(name)
    variant = variant if colon else found.variants[0]
    if variant not in found.variants:
        raise UsageError.unknown(f"variant of {name}", variant, found.variants)
    return assembled(found, found.read(Path(path), variant), variant)
