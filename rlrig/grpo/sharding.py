"""FSDP: the frozen weights of the editor's transformer, shared out among the processes."""

from accelerate import Accelerator
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

from rlrig_eval.errors import UsageError


def shard(transformer: nn.Module, accelerator: Accelerator) -> None:
    """Leave each process its part of what is frozen in a diffusers transformer; a block is put together while it works.

    What is trained stays whole in every process, so that optimiser, average and checkpoints are those of any other run.
    From here on every process has to call the transformer as often as the others do.

    Raises UsageError in a single process.
    """
    if accelerator.num_processes == 1:
        raise UsageError(
            "fsdp: there is one process to share the editor's weights; torchrun --nproc_per_node 2 has two"
        )
    mesh = init_device_mesh(accelerator.device.type, (accelerator.num_processes,))
    blocks = [m for m in transformer.modules() if type(m).__name__ in (transformer._no_split_modules or ())]
    for module in (*blocks, transformer):
        fully_shard(module, mesh=mesh, ignored_params={p for p in module.parameters() if p.requires_grad})
