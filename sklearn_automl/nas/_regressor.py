"""NASRegressor: see the class."""

from sklearn.base import RegressorMixin

from sklearn_automl.nas._base import NASEstimator
from sklearn_automl.nas._members import mean_output
from sklearn_automl.nas.networks import ArchitectureRegressor

__all__ = ["NASRegressor"]


class NASRegressor(RegressorMixin, NASEstimator):
    """Predict numbers with a neural network whose architecture is searched.

    A strategy proposes architectures of a space, each is trained on a part of the data
    and scored on the rest, and the best ones are trained on all of it. Flat data,
    sequences and images are told apart by the shape of X. The target, which may have
    several columns, is standardised inside.

    Read more in the :ref:`User Guide <nas>`.

    .. versionadded:: 0.1

    Parameters
    ----------
    search_space : str or ArchitectureSpace, default="auto"
        Which architectures there are: "chain" (layer after layer), "multi_branch"
        (layers that read any earlier ones), "cell" (small graphs that are repeated), or
        such a space with options, or one of modules of your own. "auto" is "chain",
        whose operations and widths depend on the shape of X, or "cell" where a supernet
        is trained.

    strategy : str or Strategy, default="evolution"
        Which architecture is tried next: "random", "evolution", "bayesian" or
        "reinforce"; "darts", "random_ws" or "enas", which derive a few from a supernet
        that they train first; or a strategy with options.

    estimation : str or Estimation, default="full"
        How long architectures are trained to be compared: "full" for `search_epochs`,
        "hyperband" and "asha" for fewer epochs if they are not among the best,
        "learning_curve" as long as they may become the best. "one_shot" scores all of
        them with shared weights, and trains only the good ones. An object is an
        estimation with your own options.

    n_trials : int, default=20
        Number of architectures that are tried; strategies with a supernet try fewer.

    max_epochs : int, default=None
        Epochs of a final training. None for what makes about 2,500 steps, but at
        least 20 epochs and at most 100; and for fewer (`share_of_epochs_`) where
        networks of the search are clearly better after fewer.

    search_epochs : int, default=None
        Epochs of a full training in the search. None for `max_epochs`. If that is None
        too, or a supernet selects the architectures, it is a third of the epochs of the
        final training, but at least 200 steps. It is never more than the final
        training.

    batch_size : int, default=128
        The largest number of rows in a batch. For small data, batches have a tenth of
        the training rows, but at least 8. All batches have nearly the same size, and
        at least 2 rows.

    lr : float, default=0.005
        The largest learning rate; it rises in the first tenth of a training and then
        falls as a cosine.

    weight_decay : float, default=0.0001
        Of the optimizer.

    optimizer : str or class, default="adamw"
        "adamw", "adam", "sgd" (with a momentum of 0.9), or an optimizer of torch.

    validation_fraction : float, default=0.2
        Share of the rows that do not train in the search: architectures are compared on
        them. With a `time_limit` and no `checkpoint`, it is 200 rows at most for each
        second.

    scoring : str or callable, default=None
        The score of an architecture, as in scikit-learn; None is the `score` method.

    refit : bool, default=True
        Whether the best architectures are trained on all rows in the end.

    max_params : int, default=None
        Networks with more weights are not tried.

    device : str, default="auto"
        Where networks are trained, as torch names it. "auto" is a GPU of CUDA if there
        is one, else the CPU.

    n_jobs : int, default=None
        Number of workers. ``None`` means 1 unless in a
        :obj:`joblib.parallel_config` context, ``-1`` all cores. Each trains one network
        on one thread. The final training, and a search of less than 20 seconds, use
        this process alone, because each worker imports torch first.

    time_limit : float, default=None
        Seconds that `fit` may take. If a final training follows, the search gets three
        fifths of them, of which the reference has half at most. A training that runs
        when the time is over ends early, at a low learning rate, and is scored as it
        is. With a `checkpoint`, that training of the search runs to its end.

    trial_timeout : float, default=None
        Seconds that one evaluation may take. A longer one is killed and has the status
        "timeout". With this parameter evaluations run in worker processes, even if
        there is only one worker. The first evaluation of each worker includes the
        import of torch. The training of a supernet is not limited by this, but by three
        quarters of the seconds that `time_limit` gives to the search.

    checkpoint : str or path-like, default=None
        A file that every finished evaluation is written to. If it is there, `fit` goes
        on where an earlier one of the same search on the same data has ended. Weights
        that are inherited or shared are in a folder beside it, with ".weights" after
        its name: keep and delete both together.

    callbacks : list of skorch callbacks, default=None
        Of every training. An LRScheduler among them replaces the schedule above. There
        is no `valid_loss`, because validation rows are scored after a training: early
        stopping needs ``monitor="train_loss"``. Files of a Checkpoint are those of
        `best_estimator_`. "disable" leaves out the callbacks of skorch too.

    random_state : int, RandomState instance or None, default=None
        Seeds the architectures, the validation rows and the trainings.

    verbose : int, default=0
        With 1 the plan, each new best architecture and the progress of the final
        training are printed; with 2 the epochs of the final training too.

    criterion : class, default=None
        The loss, of torch or your own. None for the squared error of a regressor, and
        for the cross entropy of a classifier. Its labels are smoothed by 0.1 with flat
        data, unless `scoring` looks at probabilities or you pass
        ``criterion__label_smoothing``.

    cv : int, cross-validation generator or iterable, default=None
        The folds that architectures are compared on. Each architecture is trained and
        scored on all folds, and compared by its `mean_test_score`. None holds out
        `validation_fraction` of the rows once. If `fit` gets `groups`, None and an
        integer keep each group on one side. If architectures share or inherit weights,
        only the first fold is used.

    channels : {"auto", "first", "last"}, default="auto"
        Which axis of sequences and images the channels are: the first or the last one
        of an input. "auto" is "last" for images whose last axis is 1, 3 or 4, and whose
        first axis is not, else "first".

    ensemble : int, default=None
        How many networks predict together: so many of the best architectures are
        trained on all rows, and their predictions are averaged. None for a fifth of
        the architectures that were tried, but at least 1 and at most 4. Pass 1 for one
        network, which is smaller and predicts faster. If fewer architectures have a
        score, there are fewer networks.

    history : SearchHistory, str or path-like, default=None
        A history of searches, or its path (see :ref:`nas_history`). The search is
        remembered there, and architectures that were good in similar searches are tried
        after the reference: at most 5, and a third of `n_trials`. A search with a
        supernet is remembered, and takes nothing.

    **net_options : dict
        Options of the net as in skorch, with a prefix and two underscores: of the
        ``criterion``, the ``optimizer``, the ``callbacks`` and the data loaders
        ``iterator_train`` and ``iterator_valid``. Two options of the net itself have no
        prefix: ``mixed_precision=True`` and ``memory_format="channels_last"``. They can
        make trainings of images faster.

    Attributes
    ----------
    best_architecture_ : Architecture
        The best one that was found.

    best_estimator_ : skorch net
        That architecture, trained on all rows. Only with `refit`.

    estimators_ : list of skorch nets
        The networks that predict together. `best_estimator_` is the first of them. A
        time limit can leave fewer than `ensemble`. Only with `refit`.

    best_score_ : float
        The score of `best_architecture_` on the validation rows of the search.

    best_params_ : dict
        The decisions that make `best_architecture_` in the search space.

    reference_score_ : float or None
        The score of the reference on the same rows: a network that people made by hand
        (see :meth:`ArchitectureSpace.reference
        <sklearn_automl.nas.ArchitectureSpace.reference>`). It is the first trial, and
        `best_score_` is never below it. None if the space has no such network of at
        most `max_params` weights, or its training failed.

    best_index_ : int
        Row of its best evaluation in `cv_results_`.

    cv_results_ : dict of list and ndarray
        A row for each evaluation, ordered by bracket, rung and trial, with the columns
        `params` (decisions), `architecture`, `split0_test_score` and so on for each
        fold, `mean_test_score`, `std_test_score`, `rank_test_score`, `mean_fit_time`,
        `std_fit_time`, `mean_score_time`, `std_score_time`, `n_parameters`, `origin`,
        `trial_id`, `bracket`, `rung`, `n_resources`, `status`, `start_time`, `end_time`
        (seconds since `fit` began), `error`, and `param_...` for each decision.
        `origin` is where an architecture comes from: "reference", "history" or
        "sampler", which is the strategy. Ranks compare by resource first. For a
        training that `time_limit` has ended, `n_resources` has the whole epochs that it
        had, and `error` says so. It is ranked by the epochs that it was to have,
        because its learning rate has come down.

    search_results_ : dict of list and ndarray
        The same table under its earlier name.

    history_ : list of dict
        An entry for each epoch of a supernet (its `phase` is "supernet"), then for each
        of the final training ("final") and of `partial_fit` ("continued"): `train_loss`
        and seconds (`dur`). `member` is the place of the network in `estimators_`.
        Entries of a supernet have the weight of every option instead (see
        :func:`~sklearn_automl.nas.plot_alphas`).

    share_of_epochs_ : float
        How long the final training was planned, in units of its usual length: below 1
        where networks of the search were clearly better after fewer epochs. Only with
        `refit`.

    n_splits_ : int
        Number of folds.

    n_trials_ : int
        Number of architectures tried.

    stop_reason_ : str
        Why the search ended: "completed", "time_limit", "interrupt", "crashes" or
        "error". After the last three `fit` raises, and what was finished is kept.

    search_time_ : float
        Seconds of the search.

    refit_time_ : float
        Seconds of the final trainings. Only with `refit`.

    input_shape_ : tuple of int
        Shape of one input of the networks, with its channels first.

    encoder_ : ColumnTransformer or None
        Makes the numbers that the networks take of a data frame with texts or
        categories. None if all columns are numbers. `best_estimator_` and the file of
        `to_onnx` take ``encoder_.transform(X)``.

    channels_ : str
        Where the channels of X are: "first" or "last".

    n_features_in_ : int
        Number of features of X, or of channels.

    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, if X had any.

    See Also
    --------
    NASClassifier : The same for classification.
    HyperbandSearchCV : Searches the options of any estimator, also of a skorch net.

    Notes
    -----
    The same `random_state` gives the same architecture and the same predictions on the
    CPU for any `n_jobs`, with the estimations "full" and "hyperband". With "asha" and
    "learning_curve" this holds for one worker only. The random generators of torch are
    not changed.

    Inputs are standardised inside the network, flat data by feature, sequences and
    images by channel. A feature that is constant in the training rows contributes
    nothing. A feature that is far from zero, such as seconds since 1970, is first moved
    near zero in double precision.

    A data frame of pandas or polars can have columns of texts, and pandas categories of
    any type. Texts that are all numbers are numbers. Other categories are compared as
    texts, and each becomes a column of 0 and 1, so that the first layer learns an
    embedding of it. A missing one is a category too, but missing numbers are refused.
    If a column has more than 100 categories, the 99 most frequent are kept. All others,
    and those that are in one row only, are one category together. So are those that
    `fit` has not seen, if there is such a category; else all columns are 0. `fit` warns
    of a column with a different value in most rows, such as ids or free text.

    `best_score_` is the best of many scores, and is therefore too high. Cross-validate
    the whole estimator for an unbiased score. If there are too few rows to hold out
    some of each class, architectures are compared on their training rows, with a
    warning.

    Examples
    --------
    >>> from sklearn.datasets import make_regression
    >>> from sklearn_automl import NASRegressor
    >>> X, y = make_regression(200, 5, random_state=0)
    >>> model = NASRegressor(n_trials=3, max_epochs=15, random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.9)
    True
    """

    _Net = ArchitectureRegressor
    _target_checks: dict = {"multi_output": True, "y_numeric": True}

    def __init__(
        self,
        search_space="auto",
        strategy="evolution",
        estimation="full",
        *,
        n_trials=20,
        max_epochs=None,
        search_epochs=None,
        batch_size=128,
        lr=5e-3,
        weight_decay=1e-4,
        optimizer="adamw",
        validation_fraction=0.2,
        scoring=None,
        refit=True,
        max_params=None,
        device="auto",
        n_jobs=None,
        time_limit=None,
        trial_timeout=None,
        checkpoint=None,
        callbacks=None,
        random_state=None,
        verbose=0,
        criterion=None,
        cv=None,
        channels="auto",
        ensemble=None,
        history=None,
        **net_options,
    ):
        super().__init__(
            search_space=search_space,
            strategy=strategy,
            estimation=estimation,
            n_trials=n_trials,
            max_epochs=max_epochs,
            search_epochs=search_epochs,
            batch_size=batch_size,
            lr=lr,
            weight_decay=weight_decay,
            optimizer=optimizer,
            validation_fraction=validation_fraction,
            scoring=scoring,
            refit=refit,
            max_params=max_params,
            device=device,
            n_jobs=n_jobs,
            time_limit=time_limit,
            trial_timeout=trial_timeout,
            checkpoint=checkpoint,
            callbacks=callbacks,
            random_state=random_state,
            verbose=verbose,
            criterion=criterion,
            cv=cv,
            channels=channels,
            ensemble=ensemble,
            history=history,
            **net_options,
        )

    def predict(self, X):
        """Return predictions.

        Parameters
        ----------
        X : array-like, data frame or tensor of shape (n_samples, ...)
            The inputs.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            As the target was.
        """
        X = self._check_inputs(X)
        return mean_output(self.estimators_, "predict", X)

    def _learn_target(self, y):
        if y.dtype.kind not in "biuf":
            raise ValueError(
                f"y of {type(self).__name__} must be numbers, and is of the type "
                f"{y.dtype}. For labels there is NASClassifier."
            )
        return y, None

    def _n_outputs(self, y):
        return 1 if y.ndim == 1 else y.shape[1]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
