"""What ``fit`` was given: checked, routed and split."""

from dataclasses import dataclass
from typing import Any

from sklearn.utils.validation import indexable

from sklearn_automl._sklearn_compat import check_fit_params, routed_params
from sklearn_automl.model_selection._checks import (
    check_fit_names,
    check_lengths,
    check_target,
    class_labels,
)
from sklearn_automl.model_selection._folds import Folds, make_folds
from sklearn_automl.model_selection._passes import check_fit_names_of_passes
from sklearn_automl.space.defaults import DataShape

__all__ = ["Data", "make_data"]


@dataclass(frozen=True)
class Data:
    """What ``fit`` was given."""

    X: Any
    y: Any
    #: The parameters of ``fit``, as they were given.
    params: dict[str, Any]
    #: The same for the estimator, the scorer and the splitter.
    routed: Any
    #: What scikit-learn's callbacks are told beside X and y.
    metadata: dict[str, Any] | None
    folds: Folds

    def find_shape(self) -> DataShape:
        """Return the facts that ranges and portfolios depend on."""
        return DataShape.of(self.X, self.y)


def make_data(search: Any, X: Any, y: Any, params: dict[str, Any]) -> Data:
    """Check, route and split everything that ``fit`` was given."""
    X, y = indexable(X, y)
    check_target(search.estimator, y)
    check_lengths(X, params)
    params = check_fit_params(X, params=params)
    routed = routed_params(search, params)
    check_fit_names(search.estimator, routed.estimator.fit)
    check_fit_names_of_passes(search, routed.estimator.fit)
    labels = class_labels(search.estimator, y)
    folds = make_folds(search, X, y, labels, routed.splitter.split)
    weight = params.get("sample_weight")
    return Data(
        X=X,
        y=y,
        params=params,
        routed=routed,
        metadata=None if weight is None else {"sample_weight": weight},
        folds=folds,
    )
