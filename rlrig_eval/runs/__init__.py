"""Runs: plan, draw, read back, score, store, summarise; resumable at every step."""

from rlrig_eval.runs.config import RunConfig
from rlrig_eval.runs.evaluation import evaluate, execute
from rlrig_eval.runs.finish import Run
from rlrig_eval.runs.opened import open_run
from rlrig_eval.runs.request import Request, settle
from rlrig_eval.runs.scorers import Scorer, Scores

__all__ = ["Request", "Run", "RunConfig", "Scorer", "Scores", "evaluate", "execute", "open_run", "settle"]
