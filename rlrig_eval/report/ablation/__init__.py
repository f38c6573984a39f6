"""What each part of RL-RIG adds: every control side by side, at three kinds of equal budget.

`python -m rlrig_eval.report.ablation --suite spatial --out reports` draws what is not yet drawn and writes the report.
"""
