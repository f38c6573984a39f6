"""Which file of a download is meant."""

from collections.abc import Sequence
from pathlib import Path

from rlrig_eval.errors import UnreadableFile, UsageError
from rlrig_eval.suite.importers.records import saved_by_datasets


def the_file(path: Path, *patterns: str) -> Path:
    """`path` when it is a file, or was saved by `datasets`; else the file in that folder that fits the first pattern.

    Raises:
        UnreadableFile: there is no such file or folder, or none fits.
        UsageError: several fit one pattern.
    """
    if path.is_file() or saved_by_datasets(path):
        return path
    _check_folder(path)
    for pattern in patterns:
        found = sorted(path.glob(pattern))
        if len(found) > 1:
            names = ", ".join(str(file.relative_to(path)) for file in found)
            raise UsageError(f"{path}: which of {names}? name the file")
        if found:
            return found[0]
    raise UnreadableFile(f"no {' or '.join(patterns)} in it", path=path)


def the_files(path: Path, *patterns: str) -> Sequence[Path]:
    """`path` alone when it is a file, or was saved by `datasets`; else the files in that folder that fit a pattern.

    Raises:
        UnreadableFile: there is no such file or folder, or none fits.
    """
    if path.is_file() or saved_by_datasets(path):
        return [path]
    _check_folder(path)
    found = sorted({file for pattern in patterns for file in path.glob(pattern)})
    if not found:
        raise UnreadableFile(f"no {' or '.join(patterns)} in it", path=path)
    return found


def _check_folder(path: Path) -> None:
    if not path.is_dir():
        raise UnreadableFile("there is no such file or folder", path=path)
