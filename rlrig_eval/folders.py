"""A folder to write into, tried before hours of work are put into what shall lie there."""

from pathlib import Path

from rlrig_eval.errors import UsageError


def writable(folder: Path) -> Path:
    """Make `folder` where it is missing.

    Raises UsageError when it cannot be made, or cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink(missing_ok=True)  # another process of this run may have been quicker
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written: {error.strerror or error}") from error
    return folder
