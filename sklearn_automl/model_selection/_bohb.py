"""BOHBSearchCV: see the class."""

import numpy as np

from sklearn_automl._sklearn_compat import StrOptions
from sklearn_automl.exceptions import warn
from sklearn_automl.model_selection._hyperband import HyperbandSearchCV
from sklearn_automl.samplers import make_sampler

__all__ = ["BOHBSearchCV"]

# The best of the three in `benchmarks/bench_models.py lcbench full xgboost mixed`.
_BEST = "gp"


class BOHBSearchCV(HyperbandSearchCV):
    """Search hyperparameters with Hyperband whose configurations a model proposes.

    The brackets are those of Hyperband, as in BOHB [1]_. By default a Gaussian process
    that learns from all resources proposes their configurations, because it measured
    best. ``surrogate="kde"`` is BOHB as published.

    Read more in the :ref:`User Guide <bohb>`.

    .. versionadded:: 0.1

    Parameters
    ----------
    estimator : estimator object
        The estimator whose parameters are searched, or a pipeline of several.

    param_distributions : dict, list of dict, ConfigurationSpace or "auto"
        Parameter names as keys; lists, distributions with ``rvs`` or
        :class:`~sklearn_automl.space.When` as values. A list of dicts holds
        alternatives. The `param_grid` of GridSearchCV can be passed unchanged, and so
        can a ``ConfigurationSpace`` of the package ConfigSpace. "auto" is the
        :func:`~sklearn_automl.space.default_space` of the estimator for the data.

    n_iterations : int or "auto", default="auto"
        How many times all brackets are run. More iterations try more configurations.
        "auto" runs the brackets as often as it takes to try 27 configurations, but at
        least once. With few rows there are few rungs, and then all brackets together
        have few configurations.

    surrogate : {"gp", "rf", "kde", "auto"}, default="gp"
        The model that proposes configurations. "gp" is a Gaussian process, and "rf" is
        a random forest. Both learn from the results with all resources, and the
        resource is one of their inputs. "kde" is the model of BOHB: one density of good
        and one of bad configurations, at the highest resource with enough results.
        "auto" is the model that measured best; today that is "gp" for every space. The
        options of the models are the defaults of
        :class:`~sklearn_automl.samplers.GaussianProcessSampler`,
        :class:`~sklearn_automl.samplers.ForestSampler` and
        :class:`~sklearn_automl.samplers.KDESampler`. To change them, pass a sampler
        with other options to :class:`HyperbandSearchCV`.

    acquisition : {"log_ei", "eips", "lcb"}, default="log_ei"
        How the next configuration is chosen. "log_ei" maximises the logarithm of its
        expected improvement, and "eips" its expected improvement per predicted second.
        "lcb" minimises a lower confidence bound of its loss. Seconds are measured, so
        no two searches with "eips" are the same.

    resource : str, default="n_samples"
        The lower rungs get less of this resource: rows of the training folds
        (``"n_samples"``), whole folds (``"n_folds"``), or an integer parameter, such as
        ``"n_estimators"`` or ``"clf__max_iter"``. With a parameter, a promoted model is
        continued if the estimator can do that. ``"partial_fit"`` counts passes over the
        training rows; the estimator, or the last step of a pipeline, must have this
        method.

    min_resources : int or "auto", default="auto"
        Lower bound of what a fold gets on the lowest rung. "auto" makes at most four
        rungs below the highest one. For ``"n_samples"`` it takes at least 120 rows, or
        10 for each class if that is more, or half a fold if that is less.

    max_resources : int or "auto", default="auto"
        The most that a fold gets. "auto" is all rows of the training folds, all folds,
        or the estimator's own value of the parameter. ``"partial_fit"`` needs a number.

    factor : int, default=3
        Ratio of the resources of neighbouring rungs, at least 2. All folds of a rung
        together have 1 / `factor` of the resource of the next higher rung, rounded
        down. If the best trials of a rung are promoted, one in `factor` is promoted.

    folds : {"grow", "all"}, default="grow"
        Which folds an evaluation runs on. With "grow" the lowest rungs use a part of
        the resource on one fold. Higher rungs use all of the resource on more and more
        folds, and the highest rung has all folds. If a configuration had all of the
        resource on a fold, it does not run on that fold again. With "all" every
        evaluation runs on all folds.

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

    random_state : int, RandomState instance or None, default=None
        Seed of what is random: the configurations, the subsets of rows, and which fold
        comes first.

    error_score : "raise" or numeric, default=nan
        Score of a fit that raises an error; it must not be infinite. "raise" ends the
        search instead. A configuration that fails on few rows is tried again with more.
        If several fail in the same way, one of them is tried first.

    return_train_score : bool, default=False
        Whether ``cv_results_`` has the scores on the training rows too.

    promotion_metric : str, default=None
        With several metrics, the metric that decides which trials are promoted. None is
        the metric of `refit`, or the first one if `refit` names none.

    initial_params : list of dict or "portfolio", default=None
        Configurations of the space to try first. "portfolio" takes configurations that
        do well on most data, those of
        :func:`~sklearn_automl.storage.default_portfolio`. It takes at most as many as
        the first bracket starts with, and at most a third of all configurations.

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
        A row for each evaluation, ordered by bracket, rung and trial. It has the
        columns of GridSearchCV, and `trial_id`, `bracket`, `rung`, `n_resources` (of
        each fold), `n_folds`, `origin`, `status`, `start_time`, `end_time` (seconds
        since `fit` began) and `error`. The score of a fold that was not run is NaN, and
        does not count in the mean. In `rank_test_score`, rows with more of the resource
        come first. `best_index_` has rank 1.

    best_index_ : int
        Row of the best evaluation among those with the highest resource.

    best_score_ : float
        Mean cross-validated score of the row `best_index_`.

    best_params_ : dict
        Parameters of the row `best_index_`, with the resource if it is a parameter.

    best_estimator_ : estimator
        The best configuration fitted on all data. Only with `refit`.

    n_trials_ : int
        Number of configurations tried.

    brackets_ : list of list of (int, int)
        For each bracket, ``(n_candidates, n_resources)`` of the rungs that ran.
        `cv_results_` has the number of folds of each rung.

    min_resources_ : int
        What a fold of the lowest rung gets.

    max_resources_ : int
        What a fold of the highest rung gets.

    total_resources_ : int or float
        Resource that all evaluations spent together, in units of all folds. So an
        evaluation on one of five folds counts as a fifth. What a continued model
        already had is not counted again.

    stop_reason_ : str
        Why the search ended: "completed", "time_limit", "stop_at", "patience",
        "callback", "interrupt", "crashes" or "error". With the last three, `fit` raises
        an error, and `cv_results_`, `best_index_` and `best_params_` keep what was
        finished.

    sampler_ : Sampler
        The sampler that proposed the configurations, with all that it has learnt. If it
        learns, its ``n_proposals`` says how many configurations it found in which way.

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
    HyperbandSearchCV : The same with random configurations, or any sampler.
    ASHASearchCV : With ``sampler="kde"`` or ``"gp"``, for many workers.
    BayesianSearchCV : Without rungs: every configuration is evaluated in full.

    Notes
    -----
    The configurations of a bracket are drawn when it starts. Brackets run one after the
    other, so that the model knows all results of the brackets before. (In HpBandSter
    they can overlap.) The same seed gives the same result for any `n_jobs`. A share of
    the configurations is drawn at random: a third with "kde", as in the paper, and a
    fifth with the other models.

    The expected improvement per second is described in [3]_, section 3.2. Like "lcb",
    it needs "gp" or "rf".

    The first bracket is drawn before there is a result. With a single bracket there is
    nothing to learn from, so raise `n_iterations`.

    Bracket sizes follow the formula of the JMLR edition of Hyperband [2]_, with the
    deviations of :class:`HyperbandSearchCV`. The first bracket tries all of a finite
    space of at most 500 configurations, and it is drawn before the model has any
    result.

    References
    ----------
    .. [1] Falkner, S., Klein, A. and Hutter, F., "BOHB: Robust and efficient
       hyperparameter optimization at scale", ICML 2018. :arxiv:`1807.01774`

    .. [2] Li, L. et al., "Hyperband: A novel bandit-based approach to hyperparameter
       optimization", JMLR 18, 2018. :arxiv:`1603.06560`

    .. [3] Snoek, J., Larochelle, H. and Adams, R. P., "Practical Bayesian optimization
       of machine learning algorithms", NeurIPS 2012. :arxiv:`1206.2944`

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn_automl import BOHBSearchCV
    >>> X, y = load_iris(return_X_y=True)
    >>> search = BOHBSearchCV(
    ...     LogisticRegression(max_iter=1000),
    ...     {"C": loguniform(1e-3, 1e3)},
    ...     n_iterations=3,
    ...     random_state=0,
    ... ).fit(X, y)
    >>> search.n_trials_
    51
    """

    _parameter_constraints: dict = {
        **HyperbandSearchCV._parameter_constraints,
        "surrogate": [StrOptions({"gp", "rf", "kde", "auto"})],
        "acquisition": [StrOptions({"log_ei", "eips", "lcb"})],
    }
    _parameter_constraints.pop("sampler")

    def __init__(
        self,
        estimator,
        param_distributions,
        *,
        n_iterations="auto",
        surrogate="gp",
        acquisition="log_ei",
        resource="n_samples",
        min_resources="auto",
        max_resources="auto",
        factor=3,
        folds="grow",
        scoring=None,
        n_jobs=None,
        refit=True,
        cv=None,
        verbose=0,
        random_state=None,
        error_score=np.nan,
        return_train_score=False,
        promotion_metric=None,
        initial_params=None,
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
            param_distributions,
            n_iterations=n_iterations,
            resource=resource,
            min_resources=min_resources,
            max_resources=max_resources,
            factor=factor,
            folds=folds,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            random_state=random_state,
            error_score=error_score,
            return_train_score=return_train_score,
            promotion_metric=promotion_metric,
            initial_params=initial_params,
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
        self.surrogate = surrogate
        self.acquisition = acquisition

    def _make_sampler(self):
        surrogate = _BEST if self.surrogate == "auto" else self.surrogate
        if self.acquisition == "log_ei":
            return make_sampler(surrogate)
        if self.surrogate == "kde":
            raise ValueError(
                f"acquisition={self.acquisition!r} needs a model of the scores, but "
                "surrogate='kde' has only densities: pass surrogate='gp' or 'rf', or "
                "leave acquisition at 'log_ei'."
            )
        return make_sampler(surrogate, acquisition=self.acquisition)

    def _check_run(self):
        is_used_up = self.n_trials_ == self.sampler_.space.size
        if not self.sampler_.n_proposals["model"] and not is_used_up:
            warn(
                f"None of the {self.n_trials_} configurations came from the model: "
                "there were too few results before the last bracket was drawn. Raise "
                "n_iterations or lower min_resources."
            )
