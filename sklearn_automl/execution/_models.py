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
    """Keeps the model of a trial on a fold until the trial goes on or ends."""

    @abstractmethod
    def save(self, trial_id: int, split: int, model: Any) -> None:
        """Keep a model in place of the one that is there."""

    @abstractmethod
    def load(self, trial_id: int, split: int) -> Any | None:
        """Return the model, or None if there is none (any more)."""

    @abstractmethod
    def discard(self, trial_ids: Iterable[int]) -> None:
        """Delete all models of some trials."""


class MemoryModels(ModelStore):
    """In this process, for workers that share its memory."""

    def __init__(self) -> None:
        self._models: dict[int, dict[int, Any]] = {}

    def save(self, trial_id: int, split: int, model: Any) -> None:
        self._models.setdefault(trial_id, {})[split] = model

    def load(self, trial_id: int, split: int) -> Any | None:
        return self._models.get(trial_id, {}).get(split)

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

    def save(self, trial_id: int, split: int, model: Any) -> None:
        path = self._path(trial_id, split)
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

    def load(self, trial_id: int, split: int) -> Any | None:
        try:
            with open(self._path(trial_id, split), "rb") as file:
                return pickle.load(file)
        # No file, or whatever a third-party model raises when it is unpickled.
        except Exception:  # noqa: BLE001
            return None

    def discard(self, trial_ids: Iterable[int]) -> None:
        for trial_id in trial_ids:
            for path in self._folder.glob(f"model-{trial_id}-*"):
                path.unlink(missing_ok=True)

    def _path(self, trial_id: int, split: int) -> Path:
        return self._folder / f"model-{trial_id}-{split}.pkl"
