"""How well prompts are read: ``python -m rlrig_eval.suite.parse_accuracy --data DIR --out reports/parse``.

`cases` takes prompts and their gold from the benchmarks' own files, `constructions` writes prompts around gold of
its own, `dsg` compares with the propositions of DSG-1k, `page` is the report.
"""
