"""Data that every worker needs: written once, read once by each worker.

The pickle is ours and so are its readers: it lives in a folder that only this user
can enter, as long as the search runs.
"""

import mmap
import os
import pickle
import shutil
import tempfile
from collections import OrderedDict
from dataclasses import dataclass
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

import cloudpickle
from loky.backend import resource_tracker

__all__ = ["Reference", "SharedData", "make_private_folder", "remove_folder"]

# Arrays begin at multiples of this: enough for any element type and a cache line.
_ALIGNMENT = 64

# A worker serves one search at a time; a nested or a concurrent one makes it two.
_MAX_OPEN = 2


@dataclass(frozen=True)
class Reference:
    """Where a worker finds the data: the only part of it that travels with a task."""

    folder: str
    spans: tuple[tuple[int, int], ...]

    def open(self) -> Any:
        """Return the object, from this worker's memory if it was opened before."""
        if self.folder in _opened:
            _opened.move_to_end(self.folder)
        else:
            _opened[self.folder] = self._read()
            while len(_opened) > _MAX_OPEN:
                _opened.popitem(last=False)
        return _opened[self.folder]

    def forget(self) -> None:
        """Let go of the object, so that its memory and its disk space are free."""
        _opened.pop(self.folder, None)

    def _read(self) -> Any:
        try:
            return self._read_files()
        except FileNotFoundError as error:
            raise RuntimeError(
                f"The folder {self.folder}, in which the search keeps its data, was "
                "removed while it ran. If a program cleans the temporary folder, set "
                "the environment variable JOBLIB_TEMP_FOLDER to another folder."
            ) from error

    def _read_files(self) -> Any:
        buffers = [memoryview(b"")] * len(self.spans)
        path = Path(self.folder, "buffers")
        if path.stat().st_size:  # an empty file cannot be mapped
            with open(path, "rb") as file:
                mapped = memoryview(
                    mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
                )
            buffers = [mapped[start : start + size] for start, size in self.spans]
        with open(Path(self.folder, "object"), "rb") as file:
            return pickle.load(file, buffers=buffers)


_opened: OrderedDict[str, Any] = OrderedDict()


class SharedData:
    """An object in a private folder; its arrays are memory-mapped by the readers.

    Arrays are whatever pickle protocol 5 takes out of band: NumPy arrays, the blocks
    of a DataFrame, the parts of a sparse matrix, wherever they are in the object.
    Readers get them read-only.
    """

    def __init__(self, obj: Any, folder: str) -> None:
        buffers: list[pickle.PickleBuffer] = []
        data = cloudpickle.dumps(obj, protocol=5, buffer_callback=buffers.append)
        spans, position = [], 0
        with open(Path(folder, "buffers"), "xb", opener=_private) as file:
            for buffer in buffers:
                raw = buffer.raw()
                file.write(raw)
                file.write(b"\0" * (-raw.nbytes % _ALIGNMENT))
                spans.append((position, raw.nbytes))
                position = file.tell()
        with open(Path(folder, "object"), "xb", opener=_private) as file:
            file.write(data)
        self.reference = Reference(folder, tuple(spans))


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def make_private_folder() -> str:
    """Make a folder that only this user can enter; where joblib would make its own."""
    parent = os.environ.get("JOBLIB_TEMP_FOLDER") or None
    if parent is not None:
        os.makedirs(parent, exist_ok=True)
    folder = tempfile.mkdtemp(prefix="sklearn_automl-", dir=parent)
    # loky's tracker is a process that removes the folder if this one is killed.
    resource_tracker.register(folder, "folder")
    return folder


def remove_folder(folder: str) -> None:
    """Remove a private folder.

    Windows keeps a file that a worker still maps. The folder is then removed when this
    process ends, after its workers.
    """
    shutil.rmtree(folder, ignore_errors=True)
    if os.path.exists(folder):
        options = {"ignore_errors": True}
        Finalize(None, shutil.rmtree, [folder], options, exitpriority=0)
    resource_tracker.unregister(folder, "folder")
