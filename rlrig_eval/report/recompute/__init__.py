"""Published scores again, from the raw verdicts and detections that others ship.

`python -m rlrig_eval.report.recompute` reads what GenEval's evaluation leaves (``results.jsonl``: a line an image),
T2I-CompBench's (``vqa_result.json`` for each category), TIIF-Bench's (a folder of a model's answers, one file a
picture), and what VISOR ships for each model (``results_*.json``: detections). All are read as they lie; what is
missing is said, where the published scripts average over what happens to be there.
"""
