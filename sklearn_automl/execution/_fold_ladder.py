"""Which folds an amount of the resource is spent on, and how much each of them gets.

A scheduler knows amounts only. Here they become evaluations: few rows of one fold, all
rows of one fold, and at the top all rows of all folds.
"""

from collections.abc import Sequence

from sklearn_automl.execution._evaluation import Evaluation
from sklearn_automl.schedulers import Job, Rung

__all__ = ["AllFolds", "FoldsOnly", "GrowingFolds"]


class AllFolds:
    """Every evaluation runs on all folds, and an amount is what each of them gets.

    Parameters
    ----------
    n_splits : int
        Number of folds.

    full : int
        What a fold gets at most.

    are_rows : bool, default=False
        Whether it gets rows, of which more may mend a failure.
    """

    #: Whether larger evaluations have more folds.
    grow: bool = False

    def __init__(self, n_splits: int, full: int, *, are_rows: bool = False) -> None:
        self.n_splits = n_splits
        self.full = full
        self._are_rows = are_rows

    @property
    def maximum(self) -> int:
        """The amount of an evaluation that gets everything."""
        return self.full

    def smallest(self, least: int) -> int:
        """Return the smallest amount that gives each of its folds ``least``."""
        return least

    def n_folds(self, amount: int) -> int:  # noqa: ARG002
        """Return how many folds an evaluation with this amount has."""
        return self.n_splits

    def splits(self, amount: int) -> tuple[int, ...]:  # noqa: ARG002
        """Return the folds of an evaluation with this amount, ascending."""
        return tuple(range(self.n_splits))

    def per_fold(self, amount: int) -> int:
        """Return what each of these folds gets."""
        return amount

    def shown(self, amount: int) -> int:
        """Return the amount in the units of the user."""
        return self.per_fold(amount)

    def spent(self, units: float) -> float:
        """Return what units of some folds are, where all of an evaluation's count."""
        return units / self.n_splits

    def is_whole(self, amount: int) -> bool:
        """Tell whether folds get all that they can; more could only be more folds."""
        return self.per_fold(amount) >= self.full

    def is_everything(self, job: Job) -> bool:
        """Tell whether a job has all of the resource that the search gives to any."""
        return job.is_final or job.resource >= self.maximum

    def is_complete(self, evaluation: Evaluation) -> bool:
        """Tell whether an evaluation has had all of the resource on all folds."""
        has_all_folds = len(evaluation.results) == self.n_splits
        return has_all_folds and self.is_everything(evaluation.job)

    def may_mend(self, amount: int) -> bool:
        """Tell whether what fails with this amount may not fail with more."""
        return self._are_rows and not self.is_whole(amount)

    def start(self, split: int, amount: int, previous: int) -> int:
        """Return what a fold of an evaluation has had in the trial's last one.

        Parameters
        ----------
        split : int
            The fold.

        amount : int
            The amount of the evaluation.

        previous : int
            The amount of the trial's last evaluation, 0 if there was none.

        Returns
        -------
        start : int
            What the fold had; 0 if it did not run. As much as it gets now means that
            its result still holds.
        """
        if not previous or split not in self.splits(previous):
            return 0
        return min(self.per_fold(previous), self.per_fold(amount))

    def n_new(self, amount: int, previous: int) -> int:
        """Return how many folds of an evaluation have to run."""
        now = self.per_fold(amount)
        starts = [self.start(i, amount, previous) for i in self.splits(amount)]
        return sum(start != now for start in starts)

    def n_fits(self, rungs: Sequence[Rung]) -> int:
        """Return how many folds a bracket runs if nothing fails."""
        below = [0, *(amount for _, amount in rungs)]
        return sum(
            n * self.n_new(amount, previous)
            for (n, amount), previous in zip(rungs, below, strict=False)
        )


class GrowingFolds(AllFolds):
    """An amount is that of all folds together: first a part of few folds, then more.

    Parameters
    ----------
    order : sequence of int
        The folds, in the order in which they are added.

    full : int
        What a fold gets at most.

    n_first : int, default=1
        Number of folds of the smallest evaluations.

    are_rows : bool, default=False
        Whether it gets rows, of which more may mend a failure.
    """

    grow = True

    def __init__(
        self,
        order: Sequence[int],
        full: int,
        n_first: int = 1,
        *,
        are_rows: bool = False,
    ) -> None:
        super().__init__(len(order), full, are_rows=are_rows)
        self._n_first = n_first
        # The folds of a small evaluation are among those of a larger one.
        self._splits = [tuple(sorted(order[:n])) for n in range(len(order) + 1)]

    @property
    def maximum(self) -> int:
        return self.full * self.n_splits

    def smallest(self, least: int) -> int:
        return least * self._n_first

    def n_folds(self, amount: int) -> int:
        rounded = (2 * amount + self.full) // (2 * self.full)
        return min(max(rounded, self._n_first), self.n_splits)

    def splits(self, amount: int) -> tuple[int, ...]:
        return self._splits[self.n_folds(amount)]

    def per_fold(self, amount: int) -> int:
        return min(max(amount // self._n_first, 1), self.full)


class FoldsOnly(GrowingFolds):
    """An amount is a number of folds, each of them whole.

    Parameters
    ----------
    order : sequence of int
        The folds, in the order in which they are added.

    n_most : int
        The number of folds of the largest evaluations.

    n_first : int, default=1
        Number of folds of the smallest evaluations.
    """

    #: Amounts are halves of folds, so that a third of five folds is two, not one.
    _PARTS = 2

    def __init__(self, order: Sequence[int], n_most: int, n_first: int = 1) -> None:
        super().__init__(order, self._PARTS, n_first)
        self._n_most = n_most

    @property
    def maximum(self) -> int:
        return self._PARTS * self._n_most

    def smallest(self, least: int) -> int:
        return least * self._PARTS - 1  # it is rounded up to ``least`` folds

    def per_fold(self, amount: int) -> int:  # noqa: ARG002
        return self.full

    def shown(self, amount: int) -> int:
        return self.n_folds(amount)

    def spent(self, units: float) -> float:
        return units / self._PARTS
