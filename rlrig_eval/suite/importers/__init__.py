"""Published benchmarks, each imported into a `Suite` from the user's own download. None of their data ships."""

import re
from pathlib import Path

from rlrig_eval.errors import UsageError
from rlrig_eval.suite.importers.assemble import assembled
from rlrig_eval.suite.importers.benchmark import Benchmark
from rlrig_eval.suite.importers.registry import GROUP, benchmark, names
from rlrig_eval.suite.schema import Suite

__all__ = ["GROUP", "Benchmark", "benchmark", "import_suite", "named", "names"]

_REQUEST = re.compile(r"(?P<name>.+\.py:[^:]+|[^:]*)(:(?P<variant>.*))?", re.DOTALL)


def named(request: str) -> bool:
    """Whether a request names a benchmark: NAME or path/to/file.py:NAME, with or without a variant.

    >>> named("tiif:long"), named("mine.py:BENCHMARK"), named("spatial:dev")
    (True, True, False)
    """
    found = _REQUEST.fullmatch(request)
    return found is not None and (".py:" in found["name"] or found["name"] in names())


def import_suite(request: str, path: str | Path) -> Suite:
    """The benchmark ``NAME``, or one wording of it (``NAME:VARIANT``), from the file or folder of a download.

    NAME is built in, an entry point, or ``path/to/file.py:NAME``.

    Raises:
        UsageError: no such benchmark, variant or file, or one is malformed: file, line, field and problem, one line
            for each problem.
    """
    asked = _REQUEST.fullmatch(request)
    name = asked["name"] if asked else request
    found = benchmark(name)
    variant = (asked and asked["variant"]) or found.variants[0]
    if variant not in found.variants:
        raise UsageError.unknown(f"variant of {name}", variant, found.variants)
    return assembled(found, found.read(Path(path), variant), variant)
