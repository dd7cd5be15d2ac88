"""The learning rate of a training: a rise and a fall, unless the user has a schedule.

Outside of a training, the optimizer has the rates that the user has set. What is loaded
or continued then begins with these, and not with the last ones of a schedule.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from skorch.callbacks import LRScheduler

from sklearn_automl.nas.networks.steps import lr_factor

__all__ = ["ScheduledRates"]

# A training is late if it has done less than its share of the time says, by so much.
_LATE = 0.05

# Where a group of parameters keeps its largest rate while the schedule is on.
_LARGEST = "largest_lr"


class ScheduledRates:
    """A net whose learning rates rise and fall in each training."""

    schedule_epochs: int | None
    callbacks_: list[tuple[str, Any]]
    optimizer_: Any
    history: Any
    n_batches_: int
    time_share: Callable[[], float]

    @contextmanager
    def scheduled(self, n_epochs: int) -> Iterator[None]:
        """Be in a training of so many epochs.

        It is a part of `schedule_epochs`, if they are not over before its end.
        Otherwise it has a schedule of its own.
        """
        done, whole = len(self.history), self.schedule_epochs
        is_part = whole is not None and done + n_epochs <= whole
        self.schedule_ = (0, whole or 0) if is_part else (done, n_epochs)
        groups = self.optimizer_.param_groups
        self.rates_: list[float] | None = [group["lr"] for group in groups]
        if self.has_own_schedule():
            self.rates_ = None
        try:
            yield
        finally:
            for group in groups:
                largest = group.pop(_LARGEST, None)
                if self.rates_ is not None and largest is not None:
                    group["lr"] = largest

    def has_own_schedule(self) -> bool:
        """Tell whether a callback of the user's decides the learning rate.

        Returns
        -------
        bool
            Whether an LRScheduler is among the callbacks.
        """
        return any(isinstance(callback, LRScheduler) for _, callback in self.callbacks_)

    def note_first_rates(self) -> None:
        """Leave what schedules of torch ask for in a training that is continued."""
        if self.has_own_schedule():
            for group in self.optimizer_.param_groups:
                group.setdefault("initial_lr", group["lr"])

    def set_rates(self) -> None:
        """Set the learning rates of the batch that begins.

        Once something else has changed a rate, it has the rates until the end of the
        training.
        """
        groups = self.optimizer_.param_groups
        if self.rates_ is None or self.rates_ != [group["lr"] for group in groups]:
            self.rates_ = None
            return
        epoch, place = len(self.history) - 1, len(self.history[-1]["batches"]) - 1
        begin, n_epochs = self.schedule_
        progress = (epoch - begin + place / self.n_batches_) / n_epochs
        # A training that ends in time does not depend on the clock.
        factor = lr_factor(max(progress, self.time_share() - _LATE))
        for group in groups:
            group["lr"] = group.setdefault(_LARGEST, group["lr"]) * factor
        self.rates_ = [group["lr"] for group in groups]

    def forget_place(self) -> None:
        """Give an optimizer that was saved within a training its own rates again."""
        for group in self.optimizer_.param_groups:
            group["lr"] = group.pop(_LARGEST, group["lr"])
