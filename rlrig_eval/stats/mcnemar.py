"""McNemar's test: of the prompts that changed side between two runs, do more go one way than the other?"""

from __future__ import annotations

from dataclasses import dataclass

from scipy.stats import binom, binomtest


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
    exact = float(binomtest(only_a, discordant).pvalue)
    # Of a tie, the doubled tail holds the observed outcome once, not twice.
    mid_p = exact - float(binom.pmf(only_a, discordant, 0.5)) * (0.5 if only_a == only_b else 1.0)
    return McNemar(only_a, only_b, exact, mid_p)
