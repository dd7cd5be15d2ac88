"""Where fitted prefixes of pipelines wait for the next configuration that shares them.

Nothing of this travels: each process has its own, and a killed worker takes only that
with it.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import cloudpickle

from sklearn_automl.execution._exact_copies import byte_size
from sklearn_automl.execution._step_keys import GENERATORS, step_key

__all__ = ["REFUSED", "FittedPrefix", "PrefixCache"]

# As much is kept if the data are smaller: all folds of 20 MB.
_MIN_BYTES = 100_000_000

# About what an entry takes besides the bytes that are counted.
_ENTRY_BYTES = 2_000


@dataclass(eq=False)
class FittedPrefix:
    """The first steps of a pipeline, fitted on the training rows of a fold.

    Parameters
    ----------
    steps : list of transformer
        The fitted steps. Nobody changes them: a pipeline gets copies.

    data : array, DataFrame, sparse matrix or list
        What the next step is fitted on: what ``fit_transform`` has returned.

    draws : bool
        Whether a step has kept a random generator. What ``transform`` returns can then
        depend on how often it was called.

    n_bytes : int
        About what all of this takes.

    outputs : dict
        What ``transform`` returns for the "test" rows, the "train" rows and those set
        "aside"; None if that must not be shared.
    """

    steps: list[Any]
    data: Any
    draws: bool = False
    n_bytes: int = _ENTRY_BYTES
    outputs: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, steps: list[Any], data: Any) -> "FittedPrefix":
        """Measure the steps and look for generators in them."""
        inspector = _Inspector()
        inspector.dump(steps)
        n_bytes = _ENTRY_BYTES + inspector.n_bytes + byte_size(data)
        return cls(steps, data, inspector.has_generator, n_bytes)


# Stands in the place of a prefix that cannot be shared, so that nobody tries again.
REFUSED = FittedPrefix([], None)


class PrefixCache:
    """The fitted prefixes of one process; the least recently used go first.

    They take at most ``max_bytes``. A fitted step counts as much as its pickle, and in
    every prefix that it is in.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._n_bytes = 0
        self._entries: OrderedDict[Hashable, FittedPrefix] = OrderedDict()
        self._constant_keys: dict[str, Hashable | None] = {}
        self._lock = Lock()

    @classmethod
    def beside(cls, X: Any) -> "PrefixCache":
        """Return one that takes no more than one copy of X, or what does not matter."""
        # One fold of X, scaled, has the bytes of X and a little for the fitted steps.
        return cls(max(byte_size(X) * 21 // 20, _MIN_BYTES))

    def __reduce__(self) -> Any:
        return type(self), (self._max_bytes,)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def n_bytes(self) -> int:
        """About the number of bytes that it takes now."""
        return self._n_bytes

    def step_key(self, name: str, step: Any, *, is_constant: bool) -> Hashable | None:
        """Return the key of a step; ask once for one that is the same at every fit."""
        if not is_constant:
            return step_key(step)
        if name not in self._constant_keys:
            self._constant_keys[name] = step_key(step)
        return self._constant_keys[name]

    def find(self, key: Hashable) -> FittedPrefix | None:
        """Return a prefix, or ``REFUSED``; None if nothing is known of it."""
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
            return self._entries.get(key)

    def keep(self, key: Hashable, prefix: FittedPrefix) -> FittedPrefix:
        """Keep a prefix; return what is kept, ``REFUSED`` if it is too large."""
        if prefix.n_bytes > self._max_bytes:
            prefix = REFUSED
        with self._lock:
            replaced = self._entries.pop(key, None)
            self._n_bytes -= 0 if replaced is None else replaced.n_bytes
            self._entries[key] = prefix
            self._n_bytes += prefix.n_bytes
            self._make_room()
        return prefix

    def make_room(self, n_bytes: int) -> None:
        """Let prefixes go for other data of the same purpose, that stay for a while."""
        with self._lock:
            self._make_room(n_bytes)

    def keep_output(
        self, key: Hashable, prefix: FittedPrefix, rows: str, output: Any | None
    ) -> None:
        """Keep what a prefix makes of some rows; nothing of it if it is too large."""
        n_bytes = 0 if output is None else byte_size(output)
        with self._lock:
            if prefix.n_bytes + n_bytes > self._max_bytes:
                output, n_bytes = None, 0
            if rows in prefix.outputs:  # another thread was faster
                return
            prefix.outputs[rows] = output
            prefix.n_bytes += n_bytes
            if self._entries.get(key) is prefix:
                self._n_bytes += n_bytes
                self._make_room()

    def _make_room(self, n_bytes: int = 0) -> None:
        while self._entries and self._n_bytes + n_bytes > self._max_bytes:
            _, prefix = self._entries.popitem(last=False)
            self._n_bytes -= prefix.n_bytes


class _Inspector(cloudpickle.Pickler):
    """Pickles to nowhere: counts bytes, copies no array, and sees every object."""

    def __init__(self) -> None:
        self.n_bytes = 0
        self.has_generator = False
        super().__init__(self, protocol=5, buffer_callback=self._count)

    def write(self, data: Any) -> int:
        n_bytes = len(data)
        self.n_bytes += n_bytes
        return n_bytes

    def persistent_id(self, obj: Any) -> None:
        self.has_generator |= isinstance(obj, GENERATORS)

    def _count(self, buffer: Any) -> None:
        self.n_bytes += buffer.raw().nbytes
