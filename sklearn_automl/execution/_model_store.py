"""Fitted models that wait for their continuation, one for each trial and fold."""

import os
import pickle
from abc import ABC, abstractmethod
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import cloudpickle

__all__ = ["FolderModels", "MemoryModels", "ModelStore"]


class ModelStore(ABC):
    """Keeps the model of a trial on a fold until the trial goes on or ends.

    A model belongs to the amount of the resource that it was fitted with: an evaluation
    that runs again, because its worker died, must not go on from its own result.
    """

    @abstractmethod
    def save(self, trial_id: int, split: int, amount: int, model: Any) -> None:
        """Keep a model, and of the others of that trial and fold at most the last."""

    @abstractmethod
    def load(self, trial_id: int, split: int, amount: int) -> Any | None:
        """Return the model with that amount, or None if there is none (any more)."""

    @abstractmethod
    def discard(self, trial_ids: Iterable[int]) -> None:
        """Delete all models of some trials."""


class MemoryModels(ModelStore):
    """In this process, for workers that share its memory.

    A model that goes on is the same object, so there is nothing older to keep.
    """

    def __init__(self) -> None:
        self._models: dict[int, dict[int, tuple[int, Any]]] = {}

    def save(self, trial_id: int, split: int, amount: int, model: Any) -> None:
        self._models.setdefault(trial_id, {})[split] = amount, model

    def load(self, trial_id: int, split: int, amount: int) -> Any | None:
        its_amount, model = self._models.get(trial_id, {}).get(split, (None, None))
        return model if its_amount == amount else None

    def discard(self, trial_ids: Iterable[int]) -> None:
        for trial_id in trial_ids:
            self._models.pop(trial_id, None)

    def __len__(self) -> int:
        return sum(len(models) for models in self._models.values())


class FolderModels(ModelStore):
    """In the private folder of a search, for workers that are other processes.

    A worker that cannot see the folder (on another machine) finds no model, and fits
    from scratch.
    """

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)

    def save(self, trial_id: int, split: int, amount: int, model: Any) -> None:
        path = self._path(trial_id, split, amount)
        own = self._folder.glob(f"model-{trial_id}-{split}-*.pkl")
        for useless in sorted((p for p in own if p != path), key=_amount)[:-1]:
            with suppress(OSError):
                useless.unlink()
        unfinished = path.with_suffix(".unfinished")
        try:
            with open(unfinished, "wb") as file:
                cloudpickle.dump(model, file)
        # Whatever a third-party model raises when pickled: the trial is only slower.
        # And on another machine there may be no such folder.
        except Exception:  # noqa: BLE001
            for useless in (unfinished, path):
                with suppress(OSError):
                    useless.unlink()
            return
        # A worker that dies while it writes leaves no half model behind.
        os.replace(unfinished, path)

    def load(self, trial_id: int, split: int, amount: int) -> Any | None:
        try:
            with open(self._path(trial_id, split, amount), "rb") as file:
                return pickle.load(file)
        # No file, or whatever a third-party model raises when it is unpickled.
        except Exception:  # noqa: BLE001
            return None

    def discard(self, trial_ids: Iterable[int]) -> None:
        for trial_id in trial_ids:
            for path in self._folder.glob(f"model-{trial_id}-*"):
                path.unlink(missing_ok=True)

    def _path(self, trial_id: int, split: int, amount: int) -> Path:
        return self._folder / f"model-{trial_id}-{split}-{amount}.pkl"


def _amount(path: Path) -> int:
    return int(path.stem.rpartition("-")[2])
