"""Importers by name. A module is imported when its benchmark is named."""

from collections.abc import Mapping
from types import MappingProxyType

from rlrig_eval.plugins import find, load
from rlrig_eval.plugins import names as plugin_names
from rlrig_eval.suite.importers.benchmark import Benchmark

GROUP = "rlrig_eval.importers"
_HERE = "rlrig_eval.suite.importers"
_BUILT_IN: Mapping[str, str] = MappingProxyType(
    {
        "compsgen": f"{_HERE}.laion_sg:COMPSGEN",
        "corebench": f"{_HERE}.corebench:BENCHMARK",
        "dpg": f"{_HERE}.dpg:BENCHMARK",
        "dsg-1k": f"{_HERE}.dsg:BENCHMARK",
        "geneval": f"{_HERE}.geneval:BENCHMARK",
        "geneval-pp": f"{_HERE}.geneval_pp:BENCHMARK",
        "geneval2": f"{_HERE}.geneval2:BENCHMARK",
        "hrs": f"{_HERE}.hrs:BENCHMARK",
        "laion-sg": f"{_HERE}.laion_sg:BENCHMARK",
        "spatialgeneval": f"{_HERE}.spatialgeneval:BENCHMARK",
        "t2i-compbench": f"{_HERE}.compbench:BENCHMARK",
        "tiif": f"{_HERE}.tiif:BENCHMARK",
        "unigenbench": f"{_HERE}.unigenbench:BENCHMARK",
        "visor": f"{_HERE}.visor:BENCHMARK",
    }
)


def names() -> list[str]:
    """Every benchmark that can be imported."""
    return sorted({*_BUILT_IN, *plugin_names(GROUP)})


def benchmark(name: str) -> Benchmark:
    """The benchmark called `name`, built in or an entry point of `GROUP`; UsageError when there is none."""
    where = _BUILT_IN[name] if name in _BUILT_IN else find("benchmark", name, GROUP, _BUILT_IN).where
    found: Benchmark = load(where, "benchmark")
    return found
