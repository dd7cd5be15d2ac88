"""A finished search as a study of Optuna, for its plots and its dashboard."""

import warnings
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from sklearn_automl.inspection._drawing import spans_decades
from sklearn_automl.inspection._parameters import (
    MISSING,
    declared_domains,
    is_logarithmic,
    is_number,
    text_of,
    values_of,
)
from sklearn_automl.inspection._results import Results

__all__ = ["to_optuna"]

_ATTRIBUTES = ("bracket", "rung", "origin", "n_resources", "n_folds", "n_parameters")


def to_optuna(
    search: Any,
    *,
    metric: str | None = None,
    study_name: str | None = None,
    storage: Any = None,
) -> Any:
    """Return a finished search as a study of Optuna.

    Optuna's plots, its importances and its dashboard then work on the search. There is
    a trial for each configuration. Its value is the score of the evaluation with the
    most resource, and its intermediate values are those of all evaluations. A
    configuration that was stopped before it had all of the resource is a pruned trial.

    The resource is not among the parameters of a trial, because the search did not
    choose it. It is an attribute of the trial: `n_resources`.

    Read more in the :ref:`User Guide <to_optuna>`.

    .. versionadded:: 0.1

    Parameters
    ----------
    search : estimator
        A fitted search of this package or of scikit-learn, or a NAS estimator.

    metric : str, default=None
        Which of several metrics is the value. None for the metric of `refit`.

    study_name : str, default=None
        Name of the study. None for a name that Optuna makes. If `storage` has a study
        of this name, Optuna raises an error: pass another name, or delete that study
        with ``optuna.delete_study``.

    storage : str or optuna.storages.BaseStorage, default=None
        Where Optuna keeps the study, such as "sqlite:///search.db". None for memory.

    Returns
    -------
    study : optuna.study.Study
        The study, whose value is maximized. Its metric has a name, which the dashboard
        writes at the axes and ``study.trials_dataframe()`` appends to "value".

    Raises
    ------
    ImportError
        If Optuna is not installed.

    Notes
    -----
    The step of an intermediate value is the amount of the resource in all folds
    together: 150 trees on two folds are step 300. Optuna's best trial is the best of
    those with all of the resource.

    Parameters that are objects are stored as text. The table has no dates, only seconds
    since the search began, so the last evaluation counts as ended now.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_automl import SuccessiveHalvingSearchCV
    >>> from sklearn_automl.inspection import to_optuna
    >>> X, y = load_iris(return_X_y=True)
    >>> search = SuccessiveHalvingSearchCV(
    ...     DecisionTreeClassifier(), {"min_samples_leaf": range(1, 50)}, n_iter=9
    ... ).fit(X, y)
    >>> study = to_optuna(search)  # doctest: +SKIP
    >>> len(study.trials)  # doctest: +SKIP
    9
    """
    try:
        import optuna
    except ImportError as error:
        raise ImportError(
            "to_optuna requires optuna. You can install optuna with `pip install "
            "optuna`"
        ) from error
    results = Results(search, "to_optuna", metric)
    domains = {
        name: _Domain(results, name)
        for name in (k.removeprefix("param_") for k in results.table)
        if f"param_{name}" in results.table and name != results.resource_parameter
    }
    trials = [_trial(results, rows, domains) for rows in _rows_of_trials(results)]
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)  # it logs each new study
    try:
        study = optuna.create_study(
            storage=storage, study_name=study_name, direction="maximize"
        )
        study.add_trials(trials)
    finally:
        optuna.logging.set_verbosity(verbosity)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study.set_metric_names([results.score_label])
    study.set_user_attr("metric", results.score_label)
    study.set_user_attr("search", results.name)
    if results.has_amounts:
        study.set_user_attr("resource", results.amount_label)
    return study


def _rows_of_trials(results: Results) -> list[np.ndarray]:
    """Return the rows of each trial by their amounts; trials as they began."""
    rows_of: dict[int, list[int]] = {}
    for row in np.argsort(results.amounts, kind="stable").tolist():
        rows_of.setdefault(int(results.trials[row]), []).append(row)
    begins = results.table.get("start_time", np.arange(results.n_rows))
    trials = [np.array(rows) for rows in rows_of.values()]
    return sorted(trials, key=lambda rows: float(min(begins[row] for row in rows)))


class _Domain:
    """A parameter as Optuna describes it: a distribution, and values in it."""

    def __init__(self, results: Results, name: str) -> None:
        values = values_of(results, name)
        self.values: list[Any] = [v if v is MISSING else _plain(v) for v in values]
        self._present = [v for v in self.values if v is not MISSING]
        domains = list(declared_domains(results.search, name))
        self.distribution = self._distribution(domains)

    def _distribution(self, domains: list[Any]) -> Any:
        is_drawn = bool(domains) and all(hasattr(d, "support") for d in domains)
        is_known = not domains or any(hasattr(d, "rvs") for d in domains)
        # What was drawn from lists, and all texts, are categories.
        if not (is_drawn or is_known) or not all(map(is_number, self._present)):
            return self._of_categories(domains)
        return self._of_range(domains if is_drawn else [])

    def _of_categories(self, domains: list[Any]) -> Any:
        from optuna.distributions import CategoricalDistribution

        lists = [d for d in domains if not hasattr(d, "rvs")]
        options = [_plain(v) for values in lists for v in values] + self._present
        # 1, 1.0 and True are equal, and not the same.
        return CategoricalDistribution(
            list({(type(v), v): v for v in options}.values())
        )

    def _of_range(self, domains: list[Any]) -> Any:
        from optuna.distributions import FloatDistribution, IntDistribution

        ends = [float(end) for d in domains for end in d.support()]
        ends = [end for end in ends if np.isfinite(end)]
        numbers = np.array(self._present, dtype=float)
        low, high = min([*ends, numbers.min()]), max([*ends, numbers.max()])
        is_log = is_logarithmic(domains) or (not domains and spans_decades(numbers))
        is_log = low > 0 and is_log
        if all(isinstance(v, int) for v in self._present):
            return IntDistribution(round(low), round(high), log=is_log)
        self.values = [v if v is MISSING else float(v) for v in self.values]
        return FloatDistribution(float(low), float(high), log=is_log)


def _plain(value: Any) -> Any:
    """Return a value as Optuna can store it: a number, a text, or the text of it."""
    if hasattr(value, "item") and np.ndim(value) == 0:
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return text_of(value)


def _trial(results: Results, rows: np.ndarray, domains: Mapping[str, _Domain]) -> Any:
    from optuna.trial import TrialState, create_trial

    last = int(rows[-1])
    usable = [int(row) for row in rows if np.isfinite(results.scores[row])]
    most = results.amounts.max()
    if last not in usable:
        state = TrialState.FAIL
    elif results.amounts[last] < most:
        state = TrialState.PRUNED
    else:
        state = TrialState.COMPLETE
    own = {k: d for k, d in domains.items() if d.values[last] is not MISSING}
    trial = create_trial(
        state=state,
        value=None if state == TrialState.FAIL else float(results.scores[last]),
        params={name: domain.values[last] for name, domain in own.items()},
        distributions={name: domain.distribution for name, domain in own.items()},
        intermediate_values=_intermediate(results, usable),
        user_attrs=_attributes(results, last),
    )
    trial.datetime_start, trial.datetime_complete = _dates(results, rows)
    return trial


def _intermediate(results: Results, rows: list[int]) -> dict[int, float]:
    # Where all had the same amount, the one value would be the final one again.
    if len(np.unique(results.amounts)) < 2:
        return {}
    return {round(results.amounts[r]): float(results.scores[r]) for r in rows}


def _attributes(results: Results, row: int) -> dict[str, Any]:
    """Return what a row of the table has beside parameters and the score."""
    table = results.table
    others = [f"mean_test_{m}" for m in results.metrics if m != results.metric]
    attributes: dict[str, Any] = {"row": row}
    for name in (*_ATTRIBUTES, f"std_test_{results.metric}", *others):
        value = _plain(table[name][row]) if name in table else None
        if value not in ("", None) and value == value:  # NaN is not itself
            attributes[name] = value
    # The dashboard has one line for it, however long.
    error = str(table["error"][row]).strip() if "error" in table else ""
    if error:
        attributes["error"] = error.rpartition("\n")[2]
    return attributes


def _dates(results: Results, rows: np.ndarray) -> tuple[datetime, datetime]:
    now = datetime.now()
    if not {"start_time", "end_time"} <= set(results.table):
        return now, now
    starts, ends = results.table["start_time"], results.table["end_time"]
    began = now - timedelta(seconds=float(max(ends)))
    first, last = min(starts[row] for row in rows), max(ends[row] for row in rows)
    return (
        began + timedelta(seconds=float(first)),
        began + timedelta(seconds=float(last)),
    )
