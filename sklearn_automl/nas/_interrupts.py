"""What is left when a final training is interrupted."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["saying_what_is_left"]


@contextmanager
def saying_what_is_left(estimator: Any) -> Iterator[None]:
    """Raise an interrupt of the final training with what was found, and how to go on.

    Parameters
    ----------
    estimator : NASClassifier or NASRegressor
        Whose search has ended.
    """
    try:
        yield
    except KeyboardInterrupt as error:
        again = ""
        if estimator.checkpoint is not None:
            again = ", or fit again with the same checkpoint"
        ready = ""
        if hasattr(estimator, "estimators_"):
            n_ready = len(estimator.estimators_)
            ready = f" The networks that are complete ({n_ready}) predict."
        raise KeyboardInterrupt(
            "The final training was interrupted. The search is complete: "
            "best_architecture_ is what it found, and cv_results_ its table."
            f"{ready} To train what was found, call fit_best(X, y){again}."
        ) from error
