"""RandomizedSearchCV: see the class."""

from contextlib import suppress
from numbers import Integral

import numpy as np
from sklearn.model_selection import ParameterSampler
from sklearn.utils import check_random_state

from sklearn_automl._sklearn_compat import Interval, StrOptions
from sklearn_automl.exceptions import SearchSpaceExhausted
from sklearn_automl.model_selection._candidates import CandidateSearchCV
from sklearn_automl.model_selection._spaces import default_space_of, is_auto
from sklearn_automl.samplers import RandomSampler

__all__ = ["RandomizedSearchCV"]


class RandomizedSearchCV(CandidateSearchCV):
    """Search at random like scikit-learn's RandomizedSearchCV, but as a race.

    It has the parameters of :class:`sklearn.model_selection.RandomizedSearchCV`, draws
    the same candidates, and returns a table with a row for each of them. You only have
    to change the import in your script. All candidates run on one fold. The best ones
    run on more folds, and those that remain at the end run on all of them.

    Read more in the :ref:`User Guide <grid_search>`.

    .. versionadded:: 0.1

    Parameters
    ----------
    estimator : estimator object
        The estimator whose parameters are searched, or a pipeline of several.

    param_distributions : dict, list of dict or "auto"
        Parameter names as keys; lists or distributions with ``rvs`` as values. From a
        list of dicts, one dict is drawn first, then a value for each of its parameters.
        "auto" is the :func:`~sklearn_automl.space.default_space` of the estimator.

    n_iter : int, default=10
        Number of configurations to try.

    scoring : str, callable, list, tuple or dict, default=None
        As in :class:`~sklearn.model_selection.GridSearchCV`.

    n_jobs : int, default=None
        Number of workers. ``None`` means 1 unless in a :obj:`joblib.parallel_config`
        context, ``-1`` means all cores, and ``-2`` all cores except one. There is
        always at least one worker.

    refit : bool, str or callable, default=True
        As in :class:`~sklearn.model_selection.GridSearchCV`; a str is the name of a
        metric. A callable gets a part of ``cv_results_``: the rows with all of the
        resource on all folds. It returns the position of one row in this part.

    cv : int, cross-validation generator or iterable, default=None
        The folds; None is 5-fold. It is split once for the whole search.

    verbose : int or "bar", default=0
        With 1 the search prints its plan and each new best configuration, with 2 every
        evaluation, and with more also what scikit-learn prints about each fit. "bar"
        shows a progress bar, or a few lines if the output goes to a file.

    pre_dispatch : int or str, default="2*n_jobs"
        Not used, because nothing is dispatched ahead: a worker gets its next task when
        it is free. The parameter exists so that scripts need not change.

    random_state : int, RandomState instance or None, default=None
        Seed of the configurations and of which fold comes first. The configurations are
        those that scikit-learn draws with the same seed.

    error_score : "raise" or numeric, default=nan
        Score of a fit that raises an error; it must not be infinite. "raise" ends the
        search instead. In a race, a candidate that fails is not run on further folds.

    return_train_score : bool, default=False
        Whether ``cv_results_`` has the scores on the training rows too.

    race : bool, default=True
        Whether the candidates race: all run on one fold, the best ones on more, and the
        last ones on all. False runs every candidate on all folds. There is also no race
        in these cases: fewer than 9 candidates, fewer than `factor` squared, several
        metrics without a `promotion_metric`, or a callable `refit`.

    factor : int, default=2
        How fast the race is, at least 2: each round has about `factor` times the folds
        of the round before, and one in `factor` of its candidates.

    promotion_metric : str, default=None
        With several metrics, the metric by which the candidates race. With None they do
        not race, so that all metrics are means over all folds.

    time_limit : float, default=None
        Seconds after which no further evaluation starts. The time that workers take to
        start counts. Evaluations that workers already have still run to their end. Then
        the best configuration so far is refitted.

    trial_timeout : float, default=None
        Seconds that one evaluation may take, all of its folds together. A longer one is
        killed and has the status "timeout". With this parameter evaluations run in
        worker processes, even if there is only one worker.

    trial_memory_limit : int or str, default=None
        Resident memory that a worker may use during an evaluation, in bytes or as
        "2GB". The libraries that it has loaded count. If it uses more, the evaluation
        is killed and has the status "memory".

    checkpoint : str or path-like, default=None
        A file to which every finished evaluation is written. If the file exists, `fit`
        goes on where an earlier fit of the same search on the same data ended.

    eval_set : float, default=None
        Share of the training rows of each fold, between 0 and 1, that is set aside for
        early stopping. The last step gets these rows as its evaluation set, transformed
        by the steps before it. Its own parameters, such as `early_stopping_rounds`,
        decide when it stops. `mean_best_iteration` in `cv_results_` says where it
        stopped. The final fit runs as many iterations on all rows.

    stop_at : float, default=None
        A score that is good enough. When an evaluation with all of the resource on all
        folds reaches it, no further evaluation starts. With several metrics it is a
        score by `promotion_metric`, or else by the metric of `refit`, or else by the
        first metric.

    patience : int or timedelta, default=None
        How long the search goes on without a better score: a number of evaluations with
        all of the resource on all folds, or a :class:`datetime.timedelta` since the
        best evaluation. After that, no further evaluation starts.

    ensemble : int, default=None
        How many configurations are drawn, with repetitions, for `ensemble_`: an average
        of the best configurations that had all of the resource. 20 is a good number.
        None makes no ensemble.

    history : SearchHistory, str or path-like, default=None
        A file of finished searches, to which this search is added. Configurations that
        were good in similar searches are among the first that are tried. GridSearchCV
        and RandomizedSearchCV try none of them, because their candidates are fixed. If
        you estimate a score, as in nested cross-validation, use a separate copy of the
        file for each outer fold, or no history. See the :ref:`User Guide <history>`.

    Attributes
    ----------
    cv_results_ : dict of numpy (masked) ndarrays
        A row for each candidate, in the order and with the columns of scikit-learn. If
        some candidates did not run on all folds, there is also `n_folds`: the scores of
        the other folds are NaN, and means are over the folds that ran.
        `rank_test_score` ranks by the number of folds first, so that `best_index_` has
        rank 1.

    best_index_ : int
        Row of the best candidate among those that ran on all folds.

    best_score_ : float
        Mean cross-validated score of the row `best_index_`.

    best_params_ : dict
        Parameters of the row `best_index_`.

    best_estimator_ : estimator
        The best configuration fitted on all data. Only with `refit`.

    n_trials_ : int
        Number of configurations tried.

    brackets_ : list of list of (int, int)
        One list, with ``(n_candidates, n_folds)`` of each round of the race. Without a
        race it has ``(n_candidates, n_rows)``.

    min_resources_ : int
        Number of folds of the first round. Without a race, the number of rows of a
        training fold.

    max_resources_ : int
        Number of folds of the last round. Without a race, the number of rows of a
        training fold.

    total_resources_ : int or float
        Number of folds that were fitted, of all candidates together. Without a race,
        the number of rows, where a row of one of five folds counts a fifth.

    stop_reason_ : str
        Why the search ended: "completed", "time_limit", "stop_at", "patience",
        "callback", "interrupt", "crashes" or "error". With the last three, `fit` raises
        an error, and `cv_results_`, `best_index_` and `best_params_` keep what was
        finished.

    sampler_ : Sampler
        The sampler that handed out the candidates.

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
        Rows of `cv_results_` that no other row beats in all metrics, among those with
        all of the resource. Only with several metrics.

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
    GridSearchCV : Tries all points of a grid.
    SuccessiveHalvingSearchCV : Uses fewer rows too; it costs less on large data.
    sklearn.model_selection.RandomizedSearchCV : Runs every candidate on all folds.

    Notes
    -----
    Every fit has all rows of its fold, and no fold of a candidate is run twice. With 5
    folds and `factor` 2, the first round has one fold, the second three, and the third
    all five. A round has several more folds if its folds have fewer than 40 test rows
    together. Candidates with the same score as the last one that goes on also go on.
    The race is successive halving [1]_ with the number of folds as the resource. It
    assumes that candidates that are good on some folds are good on the others. If your
    test folds are small, pass ``race=False`` or use fewer folds.

    The winner of a race has the same score as in scikit-learn with the same folds. It
    need not be the winner there, because a candidate that is not among the best on the
    first fold is dropped. With ``race=False`` the table is that of scikit-learn, except
    for the times.

    `random_state` draws the fold that comes first. If folds are in the order of time,
    it is the most recent fold instead. The same seed gives the same result for any
    `n_jobs`.

    If `time_limit` or a callback ends a search, candidates that were not evaluated
    have no row.

    References
    ----------
    .. [1] Jamieson, K. and Talwalkar, A., "Non-stochastic best arm identification and
       hyperparameter optimization", AISTATS 2016. :arxiv:`1502.07943`

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.svm import SVC
    >>> from sklearn_automl import RandomizedSearchCV
    >>> X, y = load_iris(return_X_y=True)
    >>> search = RandomizedSearchCV(
    ...     SVC(), {"C": loguniform(1e-3, 1e3)}, n_iter=9, random_state=0
    ... ).fit(X, y)
    >>> search.cv_results_["n_folds"]
    array([5, 5, 5, 5, 2, 5, 2, 5, 5])
    """

    _parameter_constraints: dict = {
        **CandidateSearchCV._parameter_constraints,
        "param_distributions": [dict, list, StrOptions({"auto"})],
        "n_iter": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator,
        param_distributions,
        *,
        n_iter=10,
        scoring=None,
        n_jobs=None,
        refit=True,
        cv=None,
        verbose=0,
        pre_dispatch="2*n_jobs",
        random_state=None,
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
        self.param_distributions = param_distributions
        self.n_iter = n_iter
        self.random_state = random_state

    def _candidates(self, seed, find_shape):
        rng = check_random_state(self.random_state if seed is None else seed)
        if is_auto(self):
            return self._drawn(default_space_of(self, find_shape()), rng)
        sampler = ParameterSampler(
            self.param_distributions, self.n_iter, random_state=rng
        )
        return list(sampler)

    def _drawn(self, space, rng):
        """Return different configurations of a space that scikit-learn cannot draw."""
        generator = np.random.default_rng(rng.randint(2**31 - 1))
        sampler = RandomSampler().bind(space, generator)
        configs = []
        with suppress(SearchSpaceExhausted):
            configs.extend(sampler.ask() for _ in range(self.n_iter))
        return configs
