"""Fitted models that wait for their continuation, one for each trial and fold."""

import os
import pickle
import shutil
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
    def save(self, trial_id: int, split: int, amount: int, model: Any) -> str | None:
        """Keep a model, and of the others of that trial and fold at most the last.

        Returns
        -------
        error : str or None
            Why there was no place for it; None if it was kept. A model that cannot be
            pickled, or has no folder on its machine, is not kept either, and that is
            no error.
        """

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

    Each trial has a folder in there, with two files for each fold: its newest model and
    the one before. A file has the amount first, then the model. No folder is ever
    listed to find a model: a search can have thousands.

    A worker that cannot see the folder (on another machine) finds no model, and fits
    from scratch.
    """

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)

    def save(self, trial_id: int, split: int, amount: int, model: Any) -> str | None:
        newest, previous = self._files(trial_id, split)
        unfinished = newest.with_suffix(".unfinished")
        is_replaced = _amount_of(newest) == amount
        error = _write(unfinished, amount, model)
        if error is not None:
            for useless in (unfinished, newest) if is_replaced else (unfinished,):
                with suppress(OSError):
                    useless.unlink()
            return _of_interest(error)
        if not is_replaced:
            with suppress(FileNotFoundError):
                os.replace(newest, previous)
        # A worker that dies while it writes leaves no half model behind.
        os.replace(unfinished, newest)
        return None

    def load(self, trial_id: int, split: int, amount: int) -> Any | None:
        for path in self._files(trial_id, split):
            # There may be no file, and a third-party model may raise anything.
            with suppress(Exception), open(path, "rb") as file:
                if pickle.load(file) == amount:
                    return pickle.load(file)
        return None

    def discard(self, trial_ids: Iterable[int]) -> None:
        for trial_id in trial_ids:
            shutil.rmtree(self._folder_of(trial_id), ignore_errors=True)

    def _folder_of(self, trial_id: int) -> Path:
        return self._folder / f"models-{trial_id}"

    def _files(self, trial_id: int, split: int) -> tuple[Path, Path]:
        folder = self._folder_of(trial_id)
        return folder / f"{split}-newest.pkl", folder / f"{split}-previous.pkl"


def _amount_of(path: Path) -> int | None:
    """Return the amount of the model in a file, without reading the model."""
    with suppress(OSError), open(path, "rb") as file:
        amount: int = pickle.load(file)
        return amount
    return None


def _write(path: Path, amount: int, model: Any) -> Exception | None:
    """Write a model; return what was raised."""
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with open(path, "wb") as file:
            pickle.dump(amount, file)
            cloudpickle.dump(model, file)
    # A third-party model may raise anything when it is pickled.
    except Exception as error:  # noqa: BLE001
        return error
    return None


def _of_interest(error: Exception) -> str | None:
    """Return what the user should know of: a full disk, for example."""
    is_elsewhere = isinstance(error, FileNotFoundError)
    return repr(error) if isinstance(error, OSError) and not is_elsewhere else None
