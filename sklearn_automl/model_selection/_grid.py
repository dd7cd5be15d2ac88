"""GridSearchCV: see the class; and what it shares with RandomizedSearchCV."""

from abc import abstractmethod
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.model_selection import ParameterGrid

from sklearn_automl.execution import Evaluation, Status
from sklearn_automl.model_selection._base import ResourceSearchCV
from sklearn_automl.model_selection._candidates import Candidates, CandidateSampler
from sklearn_automl.model_selection._ending import has_completed
from sklearn_automl.schedulers import FullFidelity, SuccessiveHalving
from sklearn_automl.space import Configuration

__all__ = ["CandidateSearchCV", "GridSearchCV"]

# What the tables of scikit-learn's searches do not have.
_OWN_COLUMNS = (
    "trial_id",
    "bracket",
    "rung",
    "n_resources",
    "status",
    "start_time",
    "end_time",
    "error",
)


# So many candidates race, and fewer do not.
_FEWEST = 9


class CandidateSearchCV(ResourceSearchCV):
    """Base of the searches over a list of candidates; a subclass makes the list.

    The candidates race: all of them run on the first folds, and the best ones on all.
    """

    _parameter_constraints: dict = {
        **ResourceSearchCV._parameter_constraints,
        "pre_dispatch": [Integral, str],
        "race": ["boolean"],
    }
    for _name in ("param_distributions", "resource", "min_resources", "max_resources"):
        _parameter_constraints.pop(_name)
    for _name in ("folds", "sampler", "initial_params", "random_state"):
        _parameter_constraints.pop(_name)

    # What the other searches have as parameters.
    folds = "grow"
    min_resources = max_resources = "auto"
    initial_params = None
    _needs_test_rows = True
    #: Says which fold comes first; a grid search has no seed of its own.
    random_state: Any = 0

    def __init__(
        self,
        estimator,
        *,
        scoring=None,
        n_jobs=None,
        refit=True,
        cv=None,
        verbose=0,
        pre_dispatch="2*n_jobs",
        error_score=np.nan,
        return_train_score=False,
        race=True,
        factor=2,
        promotion_metric=None,
        time_limit=None,
        trial_timeout=None,
        trial_memory_limit=None,
        checkpoint=None,
        eval_set=None,
        stop_at=None,
        patience=None,
    ):
        self.estimator = estimator
        self.scoring = scoring
        self.n_jobs = n_jobs
        self.refit = refit
        self.cv = cv
        self.verbose = verbose
        self.pre_dispatch = pre_dispatch
        self.error_score = error_score
        self.return_train_score = return_train_score
        self.race = race
        self.factor = factor
        self.promotion_metric = promotion_metric
        self.time_limit = time_limit
        self.trial_timeout = trial_timeout
        self.trial_memory_limit = trial_memory_limit
        self.checkpoint = checkpoint
        self.eval_set = eval_set
        self.stop_at = stop_at
        self.patience = patience

    @abstractmethod
    def _candidates(self, seed: int | None) -> list[Configuration]:
        """Return the configurations, in scikit-learn's order."""

    @property
    def resource(self) -> str | None:
        """Whole folds; None where every candidate needs all of them."""
        # Who looks at several scores, or chooses by rules of their own, wants all.
        many = self._may_have_many() and self.promotion_metric is None
        wants_all = many or callable(self.refit)
        return "n_folds" if self.race and not wants_all else None

    def _may_have_many(self) -> bool:
        """Tell whether there may be several metrics."""
        return self.scoring is not None and not isinstance(self.scoring, str)

    def _make_space(self, seed):
        candidates = self._candidates(seed)
        if not candidates:
            raise ValueError(
                "The search space is empty: there are no candidates. Pass a dict of "
                "lists; an empty dict stands for the estimator as it is."
            )
        return Candidates(candidates)

    def _make_sampler(self):
        return CandidateSampler()

    def _make_scheduler(self, sampler, amounts):
        n_trials = sampler.space.size
        if not amounts.has_rungs:
            return FullFidelity(sampler, n_trials, amounts.maximum)
        return SuccessiveHalving(
            sampler,
            n_trials,
            amounts.minimum,
            amounts.maximum,
            int(self.factor),
            is_race=True,
        )

    def _n_trials(self, space):
        # A race of few would save little, and so all of them run on all folds.
        fewest = max(_FEWEST, self.factor**2)
        return space.size if space.size >= fewest else 1

    def _rows(self, evaluations: list[Evaluation]) -> list[Evaluation]:
        """Return the last evaluation of each candidate, in scikit-learn's order."""
        last = {e.job.trial_id: e for e in evaluations}
        if not has_completed(list(last.values())):
            # All have failed on a later fold. What they had on the first ones is left.
            last |= {
                e.job.trial_id: e for e in evaluations if e.status == Status.COMPLETED
            }
        return [last[trial_id] for trial_id in sorted(last)]

    def _choices(self, rows: list[Evaluation]) -> range:
        # As in scikit-learn: with a callable `refit`, all of them run on all folds.
        return range(len(rows))

    def _select(self, scorers, refit_metric, rows):
        n_folds = self.cv_results_["n_folds"]
        has_failures = any(self.cv_results_["error"])
        for name in _OWN_COLUMNS:
            if not (has_failures and name in ("status", "error")):
                del self.cv_results_[name]
        if (n_folds == self.n_splits_).all():
            del self.cv_results_["n_folds"]
        super()._select(scorers, refit_metric, rows)


class GridSearchCV(CandidateSearchCV):
    """Search over a grid, as scikit-learn's GridSearchCV, whose candidates race.

    It has the parameters of :class:`sklearn.model_selection.GridSearchCV`, tries the
    same candidates, and returns a table with a row for each of them, so that only the
    import of a script changes. All candidates run on one fold. The best ones run on
    more folds, and the last ones on all of them.

    Read more in the :ref:`User Guide <grid_search>`.

    .. versionadded:: 0.1

    Parameters
    ----------
    estimator : estimator object
        The estimator whose parameters are searched, or a pipeline of several.

    param_grid : dict or list of dict
        Parameter names as keys and lists of values. A list of dicts holds several
        grids.

    scoring : str, callable, list, tuple or dict, default=None
        As in :class:`~sklearn.model_selection.GridSearchCV`.

    n_jobs : int, default=None
        Number of workers. ``None`` means 1 unless in a
        :obj:`joblib.parallel_config` context, ``-1`` all cores, ``-2`` all but one,
        but never less than one.

    refit : bool, str or callable, default=True
        As in :class:`~sklearn.model_selection.GridSearchCV`; a str is the name of a
        metric. A callable gets the rows of ``cv_results_`` that had all of the resource
        on all folds, and returns the place of one of them.

    cv : int, cross-validation generator or iterable, default=None
        The folds; None is 5-fold. It is split once for the whole search.

    verbose : int or "bar", default=0
        With 1 the plan and each new best configuration are printed, with 2 every
        evaluation, and with more what scikit-learn says of each fit. "bar" is a
        progress bar; in a file it is a few lines.

    pre_dispatch : int or str, default="2*n_jobs"
        Not used, because nothing is dispatched ahead: a worker gets its next task when
        it is free. It is here so that scripts need not change.

    error_score : "raise" or numeric, default=nan
        Score of a fit that raises, "raise" to end the search; not infinite. In a race,
        a candidate that fails is not run on further folds.

    return_train_score : bool, default=False
        Whether ``cv_results_`` has the scores on the training rows too.

    race : bool, default=True
        Whether the candidates race: all run on one fold, the best ones on more, and
        the last ones on all. False runs every candidate on all folds. So do fewer than
        9 candidates, fewer than `factor` squared, several metrics without a
        `promotion_metric`, and a callable `refit`.

    factor : int, default=2
        How fast the race is, at least 2: each round has `factor` times the folds of
        the one before, and one in `factor` of its candidates.

    promotion_metric : str, default=None
        With several metrics, the one by which the candidates race. With None they
        do not race, so that all metrics are means over all folds.

    time_limit : float, default=None
        Seconds, with those that workers take to start, after which no evaluation starts
        (but one that waits for such a worker). The best so far is refitted.

    trial_timeout : float, default=None
        Seconds that one evaluation may take, all of its folds together. Over it, it is
        killed and has the status "timeout". Evaluations then run in worker processes,
        with one worker too.

    trial_memory_limit : int or str, default=None
        Resident memory that the worker of an evaluation may have, in bytes or as
        "2GB", with the libraries that it has loaded. Over it, the evaluation is killed
        and has the status "memory".

    checkpoint : str or path-like, default=None
        A file that every finished evaluation is written to. If it is there, `fit` goes
        on where an earlier one of the same search on the same data has ended.

    eval_set : float, default=None
        Share of the training rows of each fold, between 0 and 1, that is set aside for
        early stopping. The last step gets them as its evaluation set, transformed by
        the steps before. When it stops is up to its own parameters, such as
        `early_stopping_rounds`. `mean_best_iteration` in `cv_results_` says where it
        stopped. The final fit runs as many iterations on all rows.

    stop_at : float, default=None
        A score that is good enough. When an evaluation with all of the resource on all
        folds reaches it, no further one starts. With several metrics it is a score by
        `promotion_metric`.

    patience : int or timedelta, default=None
        How long to go on without a better score: a number of evaluations with all of
        the resource on all folds, or a :class:`datetime.timedelta` since the best one.
        Then no further evaluation starts.

    Attributes
    ----------
    cv_results_ : dict of numpy (masked) ndarrays
        A row for each candidate, in the order and with the columns of scikit-learn. If
        some candidates did not run on all folds, there is also `n_folds`: the scores of
        the other folds are NaN, and do not count in the mean. `rank_test_score` ranks
        by the number of folds first, so that `best_index_` has rank 1.

    best_index_ : int
        Row of the best candidate of those that ran on all folds.

    best_score_ : float
        Mean cross-validated score there.

    best_params_ : dict
        Parameters there.

    best_estimator_ : estimator
        The best configuration fitted on all data. Only with `refit`.

    n_trials_ : int
        Number of configurations tried.

    brackets_ : list of list of (int, int)
        One list, with ``(n_candidates, n_folds)`` of each round of the race; without a
        race ``(n_candidates, n_rows)``.

    min_resources_ : int
        Number of folds of the first round; without a race the rows of a training fold.

    max_resources_ : int
        Number of folds of the last round; without a race the rows of a training fold.

    total_resources_ : int or float
        Number of folds that were fitted, of all candidates together; without a race
        the number of rows, where a row of one of five folds counts a fifth.

    stop_reason_ : str
        Why the search ended: "completed", "time_limit", "stop_at", "patience",
        "callback", "interrupt", "crashes" or "error". After the last three `fit`
        raises, and what was finished is kept in `cv_results_`, `best_index_` and
        `best_params_`.

    sampler_ : Sampler
        What handed out the candidates.

    n_splits_ : int
        Number of folds.

    refit_time_ : float
        Seconds of the final fit. Only with `refit`.

    scorer_ : function or dict
        The scorer, or the scorers by name.

    multimetric_ : bool
        Whether there are several metrics.

    classes_ : ndarray of shape (n_classes,)
        Labels of the best estimator, if it is a classifier.

    n_features_in_ : int
        Number of features of the best estimator.

    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, if X had any.

    See Also
    --------
    RandomizedSearchCV : Draws candidates at random.
    SuccessiveHalvingSearchCV : Uses fewer rows too; it costs less on large data.
    sklearn.model_selection.GridSearchCV : Runs every candidate on all folds.

    Notes
    -----
    Every fit has all rows of its fold, and no fold of a candidate is run twice. With 5
    folds and `factor` 2, the first round has one fold, the second three, and the third
    all five. A round has several folds more where they have fewer than 40 test rows
    together. Candidates that tie with the last one that goes on go on too. The race is
    successive halving [1]_ with the number of folds as the resource. It relies on
    candidates that are good on some folds being good on the others; with small test
    folds, pass ``race=False`` or fewer folds.

    The winner of a race has the score that it has in scikit-learn with the same folds.
    It need not be the winner there, because a candidate that is not among the best on
    the first fold is dropped. With ``race=False`` the table equals scikit-learn's, but
    for the times.

    Always the same fold comes first. If folds are in the order of time, the most
    recent fold comes first. The same seed gives the same result for any `n_jobs`.

    If `time_limit` or a callback ends a search, candidates that were not evaluated
    have no row.

    References
    ----------
    .. [1] Jamieson, K. and Talwalkar, A., "Non-stochastic best arm identification and
       hyperparameter optimization", AISTATS 2016. :arxiv:`1502.07943`

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn.svm import SVC
    >>> from sklearn_automl import GridSearchCV
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> pipe = make_pipeline(StandardScaler(), SVC())
    >>> param_grid = {"svc__C": [0.1, 1, 10], "svc__gamma": [0.001, 0.01, 0.1, 1]}
    >>> search = GridSearchCV(pipe, param_grid).fit(X, y)
    >>> search.best_params_
    {'svc__C': 10, 'svc__gamma': 0.01}
    >>> search.cv_results_["n_folds"]
    array([1, 2, 1, 1, 1, 2, 1, 1, 2, 5, 1, 1])
    """

    _parameter_constraints: dict = {
        **CandidateSearchCV._parameter_constraints,
        "param_grid": [dict, list],
    }

    def __init__(
        self,
        estimator,
        param_grid,
        *,
        scoring=None,
        n_jobs=None,
        refit=True,
        cv=None,
        verbose=0,
        pre_dispatch="2*n_jobs",
        error_score=np.nan,
        return_train_score=False,
        race=True,
        factor=2,
        promotion_metric=None,
        time_limit=None,
        trial_timeout=None,
        trial_memory_limit=None,
        checkpoint=None,
        eval_set=None,
        stop_at=None,
        patience=None,
    ):
        super().__init__(
            estimator,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
            return_train_score=return_train_score,
            race=race,
            factor=factor,
            promotion_metric=promotion_metric,
            time_limit=time_limit,
            trial_timeout=trial_timeout,
            trial_memory_limit=trial_memory_limit,
            checkpoint=checkpoint,
            eval_set=eval_set,
            stop_at=stop_at,
            patience=patience,
        )
        self.param_grid = param_grid

    def _candidates(self, seed):  # noqa: ARG002
        return list(ParameterGrid(self.param_grid))
