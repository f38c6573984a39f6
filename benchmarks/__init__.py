"""Speed and memory of the harness, each as a ratio to a peer or a bound measured in the same run.

`python -m benchmarks [NAME...]` prints one table and writes ``benchmarks/results/<name>.json``.
"""
