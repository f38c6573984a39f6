"""transformers' processors without torchvision, which is no dependency: texts and still pictures need none of it."""

from __future__ import annotations

_UNIMPORTABLE = ("PixtralProcessor",)  # FLUX.2 [dev]'s


def allow_missing_torchvision() -> None:
    """Let Qwen-VL's processors be built without their video half, which exists for torchvision alone."""
    from transformers import Qwen2_5_VLProcessor, Qwen2VLProcessor, Qwen3VLProcessor
    from transformers.utils import is_torchvision_available

    if not is_torchvision_available():
        for processor in (Qwen2VLProcessor, Qwen2_5_VLProcessor, Qwen3VLProcessor):
            processor.get_attributes = classmethod(lambda cls: ["image_processor", "tokenizer"])


def unimportable(kind: str) -> bool:
    """Whether the module of the processor class `kind` imports torchvision, and there is none here.

    Its tokenizer alone is then opened in its place, and is enough for a prompt.
    """
    from transformers.utils import is_torchvision_available

    return kind in _UNIMPORTABLE and not is_torchvision_available()
