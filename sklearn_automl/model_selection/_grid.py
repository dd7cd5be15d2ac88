"""GridSearchCV: see the class."""

import numpy as np
from sklearn.model_selection import ParameterGrid

from sklearn_automl.model_selection._candidates import CandidateSearchCV

__all__ = ["GridSearchCV"]


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
        metric. A callable gets a part of ``cv_results_``: the rows with all of the
        resource on all folds. It returns the position of one row in this part.

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
        Seconds after which no further evaluation starts. The time that workers take to
        start counts. Evaluations that workers have already got still run, and then the
        best so far is refitted.

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
        `promotion_metric`, or else by that of `refit`, or else by the first one.

    patience : int or timedelta, default=None
        How long to go on without a better score: a number of evaluations with all of
        the resource on all folds, or a :class:`datetime.timedelta` since the best one.
        Then no further evaluation starts.

    ensemble : int, default=None
        How often a configuration is drawn for `ensemble_`, an ensemble of the best ones
        that had all of the resource; 20 is a good number. None makes no ensemble.

    history : SearchHistory, str or path-like, default=None
        A file of finished searches, to which this one is added. Configurations that
        were good in similar searches are among the first ones; GridSearchCV and
        RandomizedSearchCV, whose candidates are fixed, take none. Where a score is
        estimated, as in nested cross-validation, use a separate copy of the file for
        each outer fold, or no history. See the :ref:`User Guide <history>`.

    Attributes
    ----------
    cv_results_ : dict of numpy (masked) ndarrays
        A row for each candidate, in the order and with the columns of scikit-learn. If
        some candidates did not run on all folds, there is also `n_folds`: the scores of
        the other folds are NaN, and means are over the folds that ran.
        `rank_test_score` ranks by the number of folds first, so that `best_index_` has
        rank 1.

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

    ensemble_ : estimator
        Several configurations fitted on all data, whose predictions are averaged. The
        search itself predicts with `best_estimator_`. Only with `refit` and `ensemble`.

    ensemble_score_ : float
        Mean score over the folds of the averaged predictions, to compare with
        `best_score_`. Only with `refit` and `ensemble`.

    pareto_front_ : ndarray of int
        Rows of `cv_results_` with all of the resource that no other one beats in all
        metrics. Only with several metrics.

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
    recent fold comes first. The same seed gives the same result for any
    `n_jobs`, unless `stop_at`, `patience` or a limit of time ends the search.

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
    array([1, 3, 1, 1, 3, 5, 3, 1, 5, 5, 1, 1])
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
        ensemble=None,
        history=None,
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
            ensemble=ensemble,
            history=history,
        )
        self.param_grid = param_grid

    def _candidates(self, seed, find_shape):  # noqa: ARG002
        return list(ParameterGrid(self.param_grid))
