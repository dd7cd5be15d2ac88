"""What some parameters are measured in, where that depends on the data.

A gamma that is right for ten features is too large for a thousand; a margin of 0.1 is
wide for one target and nothing for another. Values that come from other data are
multiples of these units. Their ranges in the default spaces move with them, too.
"""

from collections.abc import Callable

from sklearn_automl.space.defaults._shape import DataShape

__all__ = ["unit_of", "units_of"]

# What values are compared with where nothing is known of the data.
_N_FEATURES = 30


def _gamma(shape: DataShape) -> float:
    # scikit-learn's gamma="scale".
    return 1 / ((shape.n_features or _N_FEATURES) * (shape.variance or 1.0))


def _target(shape: DataShape) -> float:
    return shape.target_scale or 1.0


def _step(shape: DataShape) -> float:
    # The longest step that converges: see the default space.
    return max(min(0.1, 0.3 / (shape.n_features or _N_FEATURES)), 1e-5)


_UNITS: dict[tuple[str, str], Callable[[DataShape], float]] = {
    ("ElasticNet", "alpha"): _target,
    ("SGDClassifier", "eta0"): _step,
    ("SGDRegressor", "eta0"): _step,
    ("SGDRegressor", "epsilon"): _target,
    ("SVC", "gamma"): _gamma,
    ("SVR", "gamma"): _gamma,
    ("SVR", "C"): _target,
    ("SVR", "epsilon"): _target,
}


def unit_of(class_name: str, parameter: str, shape: DataShape) -> float:
    """Return what one of a parameter is on data, compared with unknown data."""
    unit = _UNITS.get((class_name, parameter))
    return 1.0 if unit is None else unit(shape) / unit(DataShape())


def units_of(class_name: str, shape: DataShape) -> dict[str, float]:
    """Return the units on data of all parameters of a class that have one."""
    names = [name for its_class, name in _UNITS if its_class == class_name]
    return {name: unit_of(class_name, name, shape) for name in names}
