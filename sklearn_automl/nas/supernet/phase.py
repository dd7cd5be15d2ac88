"""What comes before the trials of a search that shares weights: a supernet is trained.

Its state is kept in a file beside the checkpoint, so that a search goes on there too.
"""

import os
import pickle
import threading
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, Protocol

import torch

from sklearn_automl.exceptions import CheckpointError, warn
from sklearn_automl.nas._files import replacing
from sklearn_automl.nas.space import ArchitectureSpace
from sklearn_automl.nas.space._supergraph import Path
from sklearn_automl.nas.supernet.network import Supernet, SupernetPart
from sklearn_automl.nas.supernet.training import SupernetLearner, SupernetTraining
from sklearn_automl.space import Configuration

__all__ = ["SharedWeights", "SupernetPhase"]

_FILE = "supernet.pt"

# The supernet gets this share of a time limit: derived architectures are trained too.
_SHARE_OF_TIME = 0.75

# The errors that torch.load raises for a damaged or a foreign file.
_UNREADABLE = (
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    pickle.UnpicklingError,
    zipfile.BadZipFile,
)

# The supernet that this process has read last, with the key of its file.
_opened: tuple[Any, Supernet] | None = None
_opening = threading.Lock()


class Strategy(Protocol):
    """What the phase needs of a strategy."""

    def make_learner(self) -> SupernetLearner:
        """Return what takes part in the training of the supernet."""

    def derive(self, training: SupernetTraining, learner: Any) -> list[Configuration]:
        """Return what the trained supernet means to the strategy."""

    def take(self, candidates: list[Configuration]) -> None:
        """Take note of what was derived before."""


class SupernetPhase:
    """Trains a supernet, and lets a strategy or an estimation make use of it.

    Parameters
    ----------
    training : SupernetTraining
        Not begun.

    strategy : Strategy
        Bound. It says what is executed in the training, and what comes of it.

    folder : str or None
        Where the supernet is kept.

    identity : dict of str to str
        Of the search: what is kept of another one is of no use.

    report : callable
        Takes a line about each epoch.

    has_results : bool
        Whether something that was derived has been compared already.
    """

    def __init__(
        self,
        training: SupernetTraining,
        strategy: Strategy,
        *,
        folder: str | None,
        identity: Mapping[str, str],
        report: Any,
        has_results: bool,
    ) -> None:
        self.training = training
        self._strategy = strategy
        self.learner = strategy.make_learner()
        self.file = None if folder is None else FilePath(folder, _FILE)
        self._identity = dict(identity)
        self._report, self._has_results = report, has_results
        self._candidates: list[Path] | None = None
        self.is_cut_short = False

    def run(self, began: float, time_limit: float | None) -> None:
        """Train what is left to train, then derive.

        Parameters
        ----------
        began : float
            When the search began, by ``time.perf_counter``.

        time_limit : float or None
            Seconds for all of it, of which three quarters are for this.
        """
        self.learner.start(self.training)
        self._restore()
        space = self.training.space
        if self._candidates is None:
            if time_limit is not None:
                end = began + _SHARE_OF_TIME * time_limit
                self.training.must_stop = lambda: time.perf_counter() >= end
            self.training.run(self.learner, self._end_epoch)
            is_done = self.training.is_done or self.learner.is_done
            configs = self._strategy.derive(self.training, self.learner)
            self._candidates = [space.path(config) for config in configs]
            self.is_cut_short = not is_done or self.training.must_stop()
            self._save()
            return
        if self.is_cut_short:
            warn(
                "The supernet of this checkpoint was cut short by a time limit, after "
                f"{self.training.epoch} of {self.training.n_epochs} epochs. The search "
                "continues with the candidates that it proposed then. Pass a new "
                "checkpoint to train the supernet to its end."
            )
        self._strategy.take([space.config_of(path) for path in self._candidates])

    def _end_epoch(self) -> None:
        entry = self.training.history[-1]
        told = {k: v for k, v in entry.items() if isinstance(v, float)}
        text = ", ".join(f"{k} {v:.4g}" for k, v in told.items())
        self._report(
            f"supernet, epoch {entry['epoch']}/{self.training.n_epochs}: {text}"
        )
        self._save()

    # ---- the file --------------------------------------------------------------------

    def _save(self) -> None:
        if self.file is None:
            return
        state = {
            "identity": self._identity,
            "training": self.training.state_dict(),
            "learner": self.learner.state_dict(),
            "candidates": self._candidates,
            "is_cut_short": self.is_cut_short,
        }
        try:
            with replacing(self.file) as file:
                torch.save(state, file)
        except (OSError, RuntimeError) as error:
            raise CheckpointError(
                f"{str(self.file)!r} cannot be written: {error}. Free some disk space, "
                "or pass a checkpoint in another folder."
            ) from error

    def _restore(self) -> None:
        """Go on from what is kept, if it is of the same search."""
        if self.file is None or not self.file.exists():
            return
        try:
            with zipfile.ZipFile(self.file) as archive:  # whose checksums torch ignores
                if archive.testzip() is not None:
                    raise ValueError("a checksum is wrong")
            state = torch.load(self.file, self.training.net.device, weights_only=True)
            if state["identity"] != self._identity:
                return
            self.training.load_state_dict(state["training"])
            self.learner.load_state_dict(state["learner"])
            # A training that a time limit has cut short goes on, unless results of what
            # it meant exist.
            if self._has_results or not state["is_cut_short"]:
                self._candidates = state["candidates"]
                self.is_cut_short = state["is_cut_short"]
        except _UNREADABLE as error:
            raise CheckpointError(
                f"{str(self.file)!r} is damaged, or is not the file of a supernet. "
                "Delete it to train the supernet again, or pass the path of a new "
                "checkpoint."
            ) from error

    def shared_weights(self) -> "SharedWeights":
        """Return what opens the supernet in workers."""
        supernet = self.training.supernet
        n_outputs = supernet.output.out_features
        return SharedWeights(self.training.space, n_outputs, str(self.file))


@dataclass(frozen=True)
class SharedWeights:
    """Opens a supernet that was saved, and returns the architecture at a path of it."""

    space: ArchitectureSpace
    n_outputs: int
    file: str
    path: Path | None = None

    def __call__(self) -> SupernetPart:
        """Return the module; its weights are those of all others of this process."""
        global _opened
        state = os.stat(self.file)
        key = self.file, state.st_mtime_ns, state.st_size
        with _opening:
            if _opened is None or _opened[0] != key:
                _opened = key, self._read()
            return SupernetPart(_opened[1], self.path)

    def _read(self) -> Supernet:
        graph, shape = self.space.supergraph(), self.space.input_shape
        supernet = Supernet(graph, shape, self.n_outputs)
        saved = torch.load(self.file, "cpu", weights_only=True)
        supernet.load_state_dict(saved["training"]["supernet"])
        return supernet

    @staticmethod
    def close() -> None:
        """Forget the supernet that this process has read."""
        global _opened
        with _opening:
            _opened = None
