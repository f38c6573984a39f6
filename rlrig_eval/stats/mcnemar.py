"""McNemar's test: of the prompts that changed side between two runs, do more go one way than the other?"""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import bdtr


@dataclass(frozen=True, slots=True)
class McNemar:
    """Prompts that only the first run has right, those that only the second has, and two-sided p-values."""

    only_a: int
    only_b: int
    exact: float
    mid_p: float


def mcnemar(only_a: int, only_b: int) -> McNemar:
    """The conditional test on the discordant prompts, which are Binomial(n, 1/2) under no difference.

    `exact` never rejects more often than its level; `mid_p` counts half of the observed outcome and is the
    better default (Fagerland, Lydersen and Laake, BMC Medical Research Methodology 13:91, 2013). Both take
    prompts as independent: where they come in groups, use the p-value of `paired_difference`.

    Raises:
        ValueError: a count is negative.

    >>> found = mcnemar(9, 2)
    >>> round(found.exact, 4), round(found.mid_p, 4)
    (0.0654, 0.0386)
    """
    if min(only_a, only_b) < 0:
        raise ValueError(f"counts must be at least 0, got {only_a} and {only_b}")
    discordant = only_a + only_b
    if discordant == 0:
        return McNemar(0, 0, 1.0, 1.0)
    fewer = min(only_a, only_b)
    tail = float(bdtr(fewer, discordant, 0.5))
    observed = tail - (float(bdtr(fewer - 1, discordant, 0.5)) if fewer else 0.0)
    exact = min(1.0, 2.0 * tail)
    # Of a tie, the doubled tail holds the observed outcome once, not twice.
    return McNemar(only_a, only_b, exact, exact - observed * (0.5 if only_a == only_b else 1.0))
