"""A head under training, by itself."""

from torch import Tensor, nn, optim


def losses(head: nn.Module, hidden: Tensor, truth: Tensor, steps: int, lr: float) -> list[float]:
    """Those of `steps` steps of Adam on one batch."""
    optimiser, found = optim.Adam(head.parameters(), lr=lr), []
    for _ in range(steps):
        loss = head(hidden, truth)
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
        found.append(float(loss.detach()))
    return found
