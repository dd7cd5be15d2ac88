"""Trainings that end in time, with a learning rate that has come down by then."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

__all__ = ["KeepsDeadline"]


class _TimeIsUpError(Exception):
    """The deadline has passed, and the next epoch would begin."""


class KeepsDeadline:
    """A net that stops training at a deadline, after one batch at least.

    The schedule of the learning rate ends with the time, where that ends before the
    epochs do: weights that were trained at a high rate to the last are worth little.
    """

    #: As ``time.time`` counts it, so that other processes know it too. None for none.
    deadline: float | None = None
    # That of one training, which is no parameter: it has an underscore at the end.
    deadline_: float | None = None
    #: Whole epochs of a training that the deadline has ended; None if it has not.
    n_in_time_: int | None = None
    history: Any

    @contextmanager
    def ending_by(self, deadline: float | None) -> Iterator[None]:
        """Have a deadline that is no parameter of the net.

        Parameters
        ----------
        deadline : float or None
            As ``time.time`` counts it.
        """
        self.deadline_ = deadline
        try:
            yield
        finally:
            del self.deadline_

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the deadline: a training that goes on later has another one."""
        state: dict[str, Any] = super().__getstate__()  # type: ignore[assignment]
        return {k: v for k, v in state.items() if k != "deadline_"}

    @contextmanager
    def ending_in_time(self) -> Iterator[None]:
        """Be in a training, which the deadline may end."""
        self.began_ = time.time()
        self.has_trained_ = False
        self.n_in_time_ = None
        with suppress(_TimeIsUpError):
            yield

    def time_share(self) -> float:
        """Return how much of the time is over, from 0 on.

        Returns
        -------
        float
            1 at the deadline, and 0 at all times if there is none.
        """
        if self._end is None:
            return 0.0
        allowed = self._end - self.began_
        return (time.time() - self.began_) / allowed if allowed > 0 else 1.0

    @property
    def _end(self) -> float | None:
        return self.deadline if self.deadline_ is None else self.deadline_

    def _is_over(self) -> bool:
        return self.has_trained_ and self.time_share() >= 1

    def on_epoch_begin(self, net: Any, **kwargs: Any) -> None:
        """Begin an epoch, or leave the training if its time is over."""
        if self._is_over():
            if self.n_in_time_ is None:
                self.n_in_time_ = len(self.history)
            raise _TimeIsUpError
        super().on_epoch_begin(net, **kwargs)  # type: ignore[misc]  # of the net

    def run_single_epoch(
        self, iterator: Any, training: bool, *args: Any, **kwargs: Any
    ) -> None:
        """Go through the batches of an epoch; as skorch, but no longer than allowed."""
        if training and iterator is not None and self._end is not None:
            iterator = self._until_deadline(iterator)
        super().run_single_epoch(  # type: ignore[misc]  # of the net
            iterator, training, *args, **kwargs
        )

    def _until_deadline(self, batches: Iterable[Any]) -> Iterator[Any]:
        for batch in batches:
            if self._is_over():
                self.n_in_time_ = len(self.history) - 1  # this epoch is not whole
                return
            yield batch
            self.has_trained_ = True
