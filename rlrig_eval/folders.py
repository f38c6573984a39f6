"""A folder to write into, tried before hours of work are put into what shall lie there."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rlrig_eval.errors import UsageError

LEAST_FREE = 32 * 2**20
"""Bytes that must be free before work begins."""


def writable(folder: Path) -> Path:
    """Make `folder` where it is missing, and see that there is room in it.

    Raises UsageError when it cannot be made, or cannot be written to, or when the disk is full.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe.{os.getpid()}"
        try:
            probe.write_bytes(bytes(2**16))
        finally:
            probe.unlink(missing_ok=True)  # another machine's process of that number may have been quicker
        free = shutil.disk_usage(folder).free
    if free < LEAST_FREE:
        raise UsageError(f"{folder}: the disk is full ({free // 2**20} MiB free, {LEAST_FREE // 2**20} needed)")
    return folder


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turns what the system says of a folder that cannot be written to into a UsageError that names it."""
    try:
        yield
    except OSError as problem:
        raise UsageError(f"{folder}: cannot write there: {problem.strerror or problem}") from None
