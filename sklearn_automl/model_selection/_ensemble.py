"""The ensemble of a search: chosen by out-of-fold predictions, then fitted on all data.

Nothing is fitted twice without need: the folds were predicted when they were evaluated,
each configuration is fitted on all data once, and the best one was fitted already. Only
predictions that a checkpoint does not have cost another fit of their folds.
"""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from sklearn import config_context
from sklearn.base import is_classifier, is_regressor
from sklearn.utils.parallel import Parallel, delayed

from sklearn_automl._sklearn_compat import (
    InvalidParameterError,
)
from sklearn_automl.ensemble import (
    WeightedEnsembleClassifier,
    WeightedEnsembleRegressor,
    greedy_selection,
)
from sklearn_automl.ensemble._weighted import fit_members, with_members
from sklearn_automl.exceptions import warn
from sklearn_automl.execution import (
    MAX_MEMBERS,
    Evaluation,
    FoldPredictions,
    FoldScorer,
    FoldTask,
    PredictionLibrary,
    Predictor,
    Status,
    fit_in_passes,
    not_swallowed,
    run_task,
)
from sklearn_automl.model_selection._data import Data
from sklearn_automl.model_selection._ending import final_fit
from sklearn_automl.model_selection._ensemble_probe import check_scorer_of_ensemble
from sklearn_automl.model_selection._ensemble_scores import (
    Candidate,
    Scoring,
    classes_of,
    has_plain_score,
    metric_of,
    scorer_of,
)
from sklearn_automl.model_selection._passes import n_passes_of
from sklearn_automl.model_selection._scheduling import Plan

__all__ = ["check_ensemble", "make_ensemble", "make_predictor"]


def check_ensemble(search: Any, data: Data, scorers: Any) -> None:
    """Refuse an ensemble of what cannot be averaged or scored, before any fit."""
    if search.ensemble is None:
        return
    name, estimator, y = f"ensemble={search.ensemble!r}", search.estimator, data.y
    if isinstance(search.ensemble, bool):
        raise InvalidParameterError(
            f"The 'ensemble' parameter must be a number of draws, at least 1, or None. "
            f"Got {search.ensemble!r} instead. 20 is a usual number."
        )
    kind = type(estimator).__name__
    if not search.refit:
        raise InvalidParameterError(
            f"{name} needs the members fitted on all data, but refit=False. Pass "
            "refit=True, the name of a metric or a callable, or ensemble=None."
        )
    if not (is_classifier(estimator) or is_regressor(estimator)):
        raise InvalidParameterError(
            f"{name} averages the predictions of classifiers or regressors, and {kind} "
            "is neither. Pass ensemble=None."
        )
    if is_classifier(estimator) and np.ndim(y) == 2 and np.shape(y)[1] > 1:
        raise ValueError(
            f"{name} does not support several targets for classification, but y has "
            f"{np.shape(y)[1]} columns. Pass ensemble=None, or a y with one column."
        )
    if search.scoring is None and not has_plain_score(estimator):
        raise ValueError(
            f"{name} with scoring=None needs the accuracy or the R2 as the score, but "
            f"{kind} has a score of its own. Pass a scoring."
        )
    check_scorer_of_ensemble(search, data, scorers)


def make_predictor(search: Any, data: Data) -> Predictor | None:
    """Return what makes out-of-fold predictions; None without an ensemble."""
    if search.ensemble is None:
        return None
    return Predictor(classes_of(search, data))


def make_ensemble(
    search: Any,
    data: Data,
    plan: Plan,
    rows: Sequence[Evaluation],
    library: PredictionLibrary,
    scorers: Any,
) -> None:
    """Set ``ensemble_`` and ``ensemble_score_`` of a search that is refitted."""
    metric = metric_of(search)
    scores = search.cv_results_[f"mean_test_{metric or 'score'}"]
    top = {i: rows[i] for i in _of_the_top(rows, scores, plan)}
    known = {i: library.of(e.job.trial_id) for i, e in top.items()}
    tasks = {i: _task(e, plan, known[i]) for i, e in top.items()}
    if any(task.splits for task in tasks.values()):
        scorer = search._make_fold_scorer(plan, data, scorers, None)
        _predict_again(scorer, tasks, known, search.n_jobs)
    candidates = _without_errors(
        search, [Candidate(i, [known[i][s] for s in sorted(known[i])]) for i in top]
    )
    if not candidates:
        _warn_of_no_choice()
    scorer = scorer_of(scorers, metric, data)
    fitted: dict[int, Any] = {}
    while True:
        counts, method = Counter([int(search.best_index_)]), "predict_proba"
        score = scores[search.best_index_]
        if candidates:
            scoring = Scoring(search, data, metric, candidates, scorer)
            counts, score = _selected(search, scoring)
            method = scoring.method
        failed = _fit_members(search, data, plan, rows, list(counts), fitted)
        if not failed:
            break
        # Another choice is made without those that cannot be fitted on all data.
        candidates = [c for c in candidates if c.row not in failed]
    search.ensemble_ = _ensemble_of(search, data, counts, fitted, method)
    search.ensemble_score_ = float(score)


def _selected(search: Any, scoring: "Scoring") -> tuple[Counter[int], float]:
    """Return how often each row is drawn, and the score of these draws."""
    # Thousands of small scores: what scikit-learn would check was checked before.
    with config_context(assume_finite=True, skip_parameter_validation=True):
        draws, score = greedy_selection(scoring.library, scoring, int(search.ensemble))
    return Counter(scoring.candidates[i].row for i in draws), score


# ---- who can be a member ---------------------------------------------------------


def _of_the_top(
    rows: Sequence[Evaluation], scores: np.ndarray, plan: Plan
) -> list[int]:
    """Return the best rows that had everything, each configuration once."""
    whole = [
        i
        for i, e in enumerate(rows)
        if e.status == Status.COMPLETED and plan.folds.is_complete(e)
    ]
    whole.sort(key=lambda i: (-scores[i], rows[i].job.trial_id))
    first: dict[tuple[Any, ...], int] = {}
    for i in whole:
        first.setdefault(_identity(rows[i], plan), i)
    return list(first.values())[:MAX_MEMBERS]


def _identity(evaluation: Evaluation, plan: Plan) -> tuple[Any, ...]:
    """Return what is equal for evaluations that are refitted to the same model."""
    job = evaluation.job
    amounts = plan.resource.parameters(plan.folds.per_fold(job.resource))
    return plan.sampler.space.key(job.config), *sorted(amounts.items())


def _predict_again(
    scorer: FoldScorer,
    tasks: dict[int, FoldTask],
    known: dict[int, dict[int, FoldPredictions]],
    n_jobs: int | None,
) -> None:
    """Fit and predict the folds whose predictions a checkpoint does not have."""
    todo = [i for i, task in tasks.items() if task.splits]
    with not_swallowed():
        results = Parallel(n_jobs=n_jobs)(
            delayed(run_task)(scorer, tasks[i]) for i in todo
        )
    for i, folds in zip(todo, results, strict=True):
        for split, fold in zip(tasks[i].splits, folds, strict=True):
            failure = FoldPredictions(error=str(fold.error))
            known[i][split] = fold.predictions or failure


def _task(
    evaluation: Evaluation, plan: Plan, known: dict[int, FoldPredictions]
) -> FoldTask:
    """Return the task that makes the predictions which are missing."""
    missing = tuple(s for s in range(plan.folds.n_splits) if s not in known)
    return FoldTask(
        trial_id=evaluation.job.trial_id,
        params=evaluation.job.config,
        amount=plan.folds.per_fold(evaluation.job.resource),
        is_last=True,
        splits=missing,
        starts=(0,) * len(missing),
        contexts=(None,) * len(missing),
    )


def _without_errors(search: Any, candidates: list[Candidate]) -> list[Candidate]:
    good = [c for c in candidates if not c.error]
    n_bad = len(candidates) - len(good)
    if not n_bad:
        return good
    error = next(c.error for c in candidates if c.error)
    what = (
        f"The predictions of {n_bad} of {len(candidates)} configurations cannot be "
        f"averaged. The first error is: {error}"
    )
    if not good:
        raise ValueError(
            f"ensemble={search.ensemble!r} has no members. {what} Pass ensemble=None. "
            "best_estimator_ and cv_results_ are there."
        )
    warn(f"{what} They are not members of ensemble_.")
    return good


def _warn_of_no_choice() -> None:
    warn(
        "ensemble_ is the best configuration alone, because no configuration was "
        "evaluated with all of the resource on all folds. Give the search more time, "
        "and with resource='n_folds' leave max_resources at 'auto'."
    )


# ---- the fitted ensemble ---------------------------------------------------------


def _fit_members(
    search: Any,
    data: Data,
    plan: Plan,
    rows: Sequence[Evaluation],
    chosen: Sequence[int],
    fitted: dict[int, Any],
) -> dict[int, BaseException]:
    """Fit those of the chosen rows that are not ``fitted`` yet, and add them there.

    Returns
    -------
    failed : dict of int to exception
        The rows that cannot be fitted on all data.
    """
    best = _identity(rows[search.best_index_], plan)
    for i in chosen:
        if _identity(rows[i], plan) == best:
            fitted[i] = search.best_estimator_
    new = [i for i in chosen if i not in fitted]
    params = search.cv_results_["params"]
    pairs = [final_fit(search, params[i], data, i) for i in new]
    # What the fit gets is the same for all of them.
    fit_params = pairs[0][1] if pairs else {}
    n_passes = n_passes_of(search, search.best_index_)  # all had the most
    fit = None if n_passes is None else partial(fit_in_passes, n_passes)
    with not_swallowed():
        ended = _fitted_or_errors(
            [estimator for estimator, _ in pairs], data, fit_params, search.n_jobs, fit
        )
    by_row = dict(zip(new, ended, strict=True))
    failed = {i: m for i, m in by_row.items() if isinstance(m, BaseException)}
    fitted |= {i: m for i, m in by_row.items() if i not in failed}
    if failed:
        _warn_of_failed_members(failed, params)
    return failed


def _ensemble_of(
    search: Any, data: Data, counts: Counter[int], fitted: dict[int, Any], method: str
) -> Any:
    """Return the ensemble of some rows, whose weights are how often they were drawn."""
    params = search.cv_results_["params"]
    options: dict[str, Any] = {
        "weights": list(counts.values()),
        "n_jobs": search.n_jobs,
    }
    Ensemble: Any = WeightedEnsembleRegressor
    if is_classifier(search.estimator):
        Ensemble, options["method"] = WeightedEnsembleClassifier, method
    members = [(f"row{i}", final_fit(search, params[i], data, i)[0]) for i in counts]
    return with_members(
        Ensemble(members, **options), [fitted[i] for i in counts], data.y
    )


def _fitted_or_errors(
    estimators: list[Any],
    data: Data,
    fit_params: dict[str, Any],
    n_jobs: int | None,
    fit: Any,
) -> list[Any]:
    """Return each estimator as it was fitted, or what its fit raised."""
    try:
        return fit_members(
            estimators, data.X, data.y, fit_params, n_jobs, partial(_attempt, fit)
        )
    except Exception as error:  # noqa: BLE001 - a worker died, nobody knows whose
        return [error] * len(estimators)


def _attempt(fit: Any, estimator: Any, X: Any, y: Any, fit_params: Any) -> Any:
    try:
        if fit is not None:
            return fit(estimator, X, y, fit_params)
        return estimator.fit(X, y, **fit_params)
    # A fit may raise anything.
    except Exception as error:  # noqa: BLE001
        return error


def _warn_of_failed_members(
    failed: dict[int, BaseException], params: Sequence[dict[str, Any]]
) -> None:
    row, error = next(iter(failed.items()))
    warn(
        f"{len(failed)} configurations that were chosen for ensemble_ cannot be fitted "
        f"on all data, and are not members of it. Row {row} of cv_results_, "
        f"{params[row]}, raised {type(error).__name__}: {error}"
    )
