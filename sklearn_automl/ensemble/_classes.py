"""From the columns of predictions to labels, and columns for all labels."""

from typing import Any

import numpy as np

__all__ = [
    "aligned",
    "labels_of",
    "votes_for",
    "votes_of_decisions",
    "without_column",
]


def labels_of(values: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the label of each row.

    ``values`` has a column for each class, or is one-dimensional with positive numbers
    for the second of two classes.
    """
    places = (values > 0).astype(int) if values.ndim == 1 else values.argmax(axis=1)
    labels: np.ndarray = classes[places]
    return labels


def aligned(probabilities: Any, own: Any, classes: np.ndarray) -> np.ndarray:
    """Return probabilities with a column for each class.

    ``own`` are the classes of the estimator, which may lack some.

    Raises
    ------
    ValueError
        If there is no column for each of its own classes, or they are no classes.
    """
    values: np.ndarray = np.asarray(probabilities, dtype=float)
    own = classes if own is None else np.asarray(own)
    if values.ndim != 2 or values.shape[1] != len(own):
        raise ValueError(
            f"predict_proba returned the shape {values.shape} for {len(own)} classes."
        )
    if np.array_equal(own, classes):
        return values
    result = np.zeros((len(values), len(classes)))
    result[:, _places(own, classes)] = values
    return result


def votes_for(labels: Any, classes: np.ndarray) -> np.ndarray:
    """Return 1 in the column of each row's label, and 0 elsewhere."""
    votes: np.ndarray = np.eye(len(classes))[_places(np.ravel(labels), classes)]
    return votes


def votes_of_decisions(values: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the votes that decision values mean, as those of a vote are."""
    return votes_for(labels_of(values, classes), classes)


def without_column(values: Any) -> np.ndarray:
    """Return predicted numbers; a single column becomes one-dimensional."""
    numbers: np.ndarray = np.asarray(values, dtype=float)
    is_column = numbers.ndim == 2 and numbers.shape[1] == 1
    return numbers[:, 0] if is_column else numbers


def _places(labels: np.ndarray, classes: np.ndarray) -> np.ndarray:
    places = np.searchsorted(classes, labels).clip(max=len(classes) - 1)
    unknown = classes[places] != labels
    if unknown.any():
        label = labels[unknown][0]
        raise ValueError(f"{label!r} is a class that y does not have.")
    return places
