"""Ways along a flow, as pure functions: there and back (inversion), and from one picture to another (editing).

t runs from 0 (data) to 1 (noise); a velocity u = dx/dt is that of the rectified flow x_t = (1 - t) x_0 + t e, noise
minus data. Going down to the data, t falls and the steps d = t' - t are negative.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from torch import Tensor

Velocity = Callable[[Tensor, float], Tensor]
"""The velocity at (x, t), of x's shape."""
Solver = Callable[[Velocity, Tensor, Sequence[float]], Tensor]


def rf_solver(u: Velocity, x: Tensor, times: Sequence[float]) -> Tensor:
    """RF-Solver: a second-order Taylor step, its derivative by a midpoint; order 2, two evaluations a step.

    Source: Wang et al. 2024 (arXiv 2411.04746), wangjiangshan0725/RF-Solver-Edit. Its sharing of attention features
    between inversion and editing is not done here.
    """
    for t, after in pairwise(times):
        d = after - t
        first = u(x, t)
        slope = (u(x + d / 2 * first, t + d / 2) - first) / (d / 2)
        x = x + d * first + d * d / 2 * slope
    return x


def fireflow(u: Velocity, x: Tensor, times: Sequence[float]) -> Tensor:
    """FireFlow: a midpoint step whose first half takes the last midpoint's velocity; order 2, an evaluation a step.

    One evaluation more for the very first step. Source: Deng et al. 2024 (arXiv 2412.07517), HolmesShuan/FireFlow.
    """
    known = u(x, times[0]) if len(times) > 1 else x
    for t, after in pairwise(times):
        d = after - t
        known = u(x + d / 2 * known, t + d / 2)
        x = x + d * known
    return x


def controlled_inversion(u: Velocity, x: Tensor, noise: Tensor, times: Sequence[float], gamma: float) -> Tensor:
    """RF-Inversion, forwards: from data to a noise that is drawn towards `noise`; gamma 1 reaches it, 0 is Euler.

    Y' = Y + d [u + gamma ((y1 - Y)/(1 - t) - u)]. Source: Rout et al. 2024 (arXiv 2410.10792), eq. 8;
    LituRout/RF-Inversion. `times` rise from 0.
    """
    for t, after in pairwise(times):
        v = u(x, t)
        x = x + (after - t) * (v + gamma * ((noise - x) / (1 - t) - v))
    return x


def controlled_edit(u: Velocity, x: Tensor, clean: Tensor, times: Sequence[float], etas: Sequence[float]) -> Tensor:
    """RF-Inversion, backwards: from noise to data, drawn towards the picture `clean`; eta 1 to the end returns it.

    X' = X + |d| [v + eta ((y0 - X)/t - v)], v = -u. Source: as `controlled_inversion`, eq. 15. `times` fall to 0; one
    eta in [0, 1] a step.
    """
    for (t, after), eta in zip(pairwise(times), etas, strict=True):
        v = -u(x, t)
        x = x + (t - after) * (v + eta * ((clean - x) / t - v))
    return x


def flow_edit(
    source: Velocity, target: Velocity, x: Tensor, times: Sequence[float], noises: Iterable[Sequence[Tensor]]
) -> Tensor:
    """FlowEdit: no inversion; the picture moves by the difference of two velocities at the same noise.

    zs = (1 - t) x + t e; zt = z + zs - x; z += d [v(zt, target) - v(zs, source)], averaged over the noises of a step.
    Equal velocities return x. Source: Kulikov et al. 2024 (arXiv 2412.08629), algorithm 1; fallenshock/FlowEdit.

    Args:
        times: falling to 0; a first time below 1 leaves the first steps out (its n_max).
        noises: for each step the noises e to average over, each of x's shape.
    """
    z = x
    for (t, after), drawn in zip(pairwise(times), noises, strict=True):
        difference = z.new_zeros(())
        for e in drawn:
            noisy = (1 - t) * x + t * e
            difference = difference + (target(z + noisy - x, t) - source(noisy, t)) / len(drawn)
        z = z + (after - t) * difference
    return z
