"""Judges: models that are not under test, asked about pictures; swappable, counted, and never trusted blindly."""

from rlrig_eval.judges.budget import Budget
from rlrig_eval.judges.contract import (
    Backend,
    Form,
    Judge,
    Misfit,
    Reply,
    Request,
    Rubric,
    Task,
    Trouble,
    Unscored,
    Usage,
    Verdict,
)
from rlrig_eval.judges.registry import JudgeSpec, build, names, require_price, resolve
from rlrig_eval.judges.rubrics import PAIRS, PICTURES, Family

__all__ = [
    "PAIRS",
    "PICTURES",
    "Backend",
    "Budget",
    "Family",
    "Form",
    "Judge",
    "JudgeSpec",
    "Misfit",
    "Reply",
    "Request",
    "Rubric",
    "Task",
    "Trouble",
    "Unscored",
    "Usage",
    "Verdict",
    "build",
    "names",
    "require_price",
    "resolve",
]
