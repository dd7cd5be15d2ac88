"""From decisions to the parameters of the net that is trained; files of its weights."""

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np

from sklearn_automl.exceptions import CheckpointError
from sklearn_automl.nas.architecture import Architecture
from sklearn_automl.nas.operations import Operation, add_operations, added_operations
from sklearn_automl.nas.search.time_limit import share_of_time
from sklearn_automl.nas.space import ArchitectureSpace
from sklearn_automl.nas.supernet.phase import SharedWeights
from sklearn_automl.space import Configuration
from sklearn_automl.storage import Checkpoint

__all__ = ["Translation", "folder_beside", "own_operations"]

# Suffixes: of the folder beside a checkpoint and of the weights in there, and of the
# notes that name the weights that an architecture begins with.
_WEIGHTS, _PARENT = ".weights", ".parent"


@dataclass(frozen=True)
class Translation:
    """The one place where decisions become parameters of the net that is trained.

    The seed of a training depends on the architecture, and not on who trains it when.
    """

    space: ArchitectureSpace
    seed: int
    #: Where weights are that children begin with; None where they begin with new ones.
    weights: str | None = None
    #: Of all architectures; None where each has its own.
    shared: SharedWeights | None = None
    #: Of the user's own, which workers do not know.
    operations: tuple[Operation, ...] = ()
    #: When trainings end, as ``time.time`` counts it; None where they have all epochs.
    deadline: float | None = None
    #: Decisions, and when their training ends: before that of others.
    first: tuple[Configuration, float] | None = None

    def __getstate__(self) -> dict[str, Any]:
        for operation in self.operations:
            try:
                cloudpickle.dumps(operation)
            # Pickling an object of the user's can raise anything.
            except Exception as error:
                raise ValueError(
                    f"The operation {operation.name!r} cannot be sent to a worker: "
                    f"{error}. Register a function without such objects, or pass "
                    "n_jobs=1."
                ) from error
        return vars(self).copy()

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        add_operations(self.operations)

    def __call__(self, config: Configuration, n_folds: int = 1) -> dict[str, Any]:
        """Return the parameters that make and train what decisions mean.

        Parameters
        ----------
        config : dict
            The decisions.

        n_folds : int, default=1
            How many trainings are left that share the time, this one included.

        Returns
        -------
        dict
            Parameters of the net.
        """
        architecture = self.space.architecture(config)
        parameters = self.parameters(architecture)
        if self.deadline is not None:
            end = self.deadline
            if self.first is not None and config == self.first[0]:
                end = self.first[1]
            parameters["deadline"] = share_of_time(end, n_folds)
        if self.weights is not None:
            parameters.update(self._heritage(architecture))
        if self.shared is not None:
            own = replace(self.shared, path=self.space.path(config))
            parameters["shared"] = own
        return parameters

    def parameters(self, architecture: Architecture) -> dict[str, Any]:
        """Return the parameters that make and train an architecture.

        Parameters
        ----------
        architecture : Architecture
            What to train.

        Returns
        -------
        dict
            Parameters of the net.
        """
        number = int(_digest(architecture), 16)
        sequence = np.random.SeedSequence((self.seed, number))
        return {
            "architecture": architecture,
            "random_state": int(sequence.generate_state(1)[0]),
        }

    def note_parent(self, child: Configuration, parent: Configuration) -> None:
        """Leave word for the worker that trains a child.

        Parameters
        ----------
        child : dict
            What is going to be trained.

        parent : dict
            Whose weights it begins with.

        Raises
        ------
        CheckpointError
            If there are none.
        """
        note = self._file(self.space.architecture(child), _PARENT)
        if note.exists():
            # A training that was lost begins again with the same weights.
            if note.with_name(note.read_text()).exists():
                return
            raise self._missing(note.with_name(note.read_text()))
        own = _digest(self.space.architecture(parent))
        known = list(Path(str(self.weights)).glob(f"{own}.*{_WEIGHTS}"))
        if not known:
            raise self._missing(Path(str(self.weights), f"{own}{_WEIGHTS}"))
        latest = max(known, key=lambda path: int(path.name.split(".")[1]))
        note.write_text(latest.name)

    @staticmethod
    def _missing(weights: Path) -> CheckpointError:
        return CheckpointError(
            f"{str(weights)!r} is missing, the weights that the next architecture "
            "begins with. Put the folder back, or pass the path of a new checkpoint."
        )

    def _heritage(self, architecture: Architecture) -> dict[str, Any]:
        file = self._file(architecture, f".{{n_epochs}}{_WEIGHTS}")
        heritage = {"weights_to": str(file)}
        note = self._file(architecture, _PARENT)
        if note.exists():
            heritage["weights_from"] = str(note.with_name(note.read_text()))
        return heritage

    def _file(self, architecture: Architecture, suffix: str) -> Path:
        return Path(str(self.weights), f"{_digest(architecture)}{suffix}")


def own_operations(space: ArchitectureSpace) -> tuple[Operation, ...]:
    """Return the operations of a space that the user has registered."""
    names = space.operation_names()
    return tuple(o for o in added_operations() if names is None or o.name in names)


def folder_beside(checkpoint: Checkpoint) -> str:
    """Return the folder of the weights of what a checkpoint has recorded."""
    folder = Path(f"{checkpoint.path}{_WEIGHTS}").absolute()
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        if not checkpoint.events:  # files in the folder are another search's
            for suffix in (_WEIGHTS, _PARENT):
                for file in folder.glob(f"*{suffix}"):
                    file.unlink()
    except OSError as error:
        raise CheckpointError(
            f"{str(folder)!r} cannot be used for the weights of the checkpoint: "
            f"{error.strerror}. Pass the path of a new file in a folder that you can "
            "write to."
        ) from error
    return str(folder)


def _digest(architecture: Architecture) -> str:
    text = json.dumps(architecture.to_dict(), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
