"""NASRegressor: see the class."""

from sklearn.base import RegressorMixin

from sklearn_automl.nas._base import NASEstimator
from sklearn_automl.nas._members import mean_output
from sklearn_automl.nas.networks import ArchitectureRegressor

__all__ = ["NASRegressor"]


class NASRegressor(RegressorMixin, NASEstimator):
    """Predict numbers with a neural network whose architecture is searched.

    A strategy proposes architectures of a search space. Each of them is trained on a
    part of the data and scored on the rest. The best ones are then trained on all data.
    The shape of X says whether it is flat data, sequences or images. The target may
    have several columns. It is standardised inside the network.

    Read more in the :ref:`User Guide <nas>`.

    .. versionadded:: 0.1

    Parameters
    ----------
    search_space : str or ArchitectureSpace, default="auto"
        Which architectures there are: "chain" (layer after layer), "multi_branch"
        (layers that read any earlier layers) or "cell" (small graphs that are
        repeated). Pass an object for a space with your own options or modules. "auto"
        is "cell" if a supernet is trained, and "chain" otherwise. The operations and
        widths of the chain depend on the shape of X.

    strategy : str or Strategy, default="evolution"
        Which architecture is tried next: "random", "evolution", "bayesian",
        "reinforce", "darts", "random_ws" or "enas". The last three first train a
        supernet and derive a few architectures from it. An object is a strategy with
        your own options.

    estimation : str or Estimation, default="full"
        How long architectures are trained to be compared: "full" trains all of them for
        `search_epochs`. "hyperband" and "asha" train them for fewer epochs if they are
        not among the best. "learning_curve" trains them as long as they may become the
        best. "one_shot" scores all of them with shared weights, and trains only the
        good ones. An object is an estimation with your own options.

    n_trials : int, default=20
        Number of architectures that are tried. Strategies with a supernet try fewer.

    max_epochs : int, default=None
        Epochs of a final training. With None, there are about 2,500 steps, but at least
        20 epochs and at most 100. If networks of the search are clearly better after
        fewer epochs, None means fewer (`share_of_epochs_`).

    search_epochs : int, default=None
        Epochs of a full training in the search. None means `max_epochs`. If that is
        None too, or a supernet selects the architectures, it is a third of the epochs
        of the final training, but at least 200 steps. It is never more than the final
        training.

    batch_size : int, default=128
        The largest number of rows in a batch. For small data, batches have a tenth of
        the training rows, but at least 8. All batches have nearly the same size, and
        at least 2 rows.

    lr : float, default=0.005
        The largest learning rate. The rate rises to it in the first tenth of a
        training, and then falls along half a cosine.

    weight_decay : float, default=0.0001
        Weight decay of the optimizer.

    optimizer : str or class, default="adamw"
        "adamw", "adam", "sgd" (with a momentum of 0.9), or an optimizer of torch.

    validation_fraction : float, default=0.2
        Share of the rows that are held out in the search, to compare architectures on.
        With a `time_limit` and no `checkpoint`, at most 200 rows are held out for each
        second.

    scoring : str or callable, default=None
        The score of an architecture, as in scikit-learn. None is the `score` method.

    refit : bool, default=True
        Whether the best architectures are trained on all rows in the end.

    max_params : int, default=None
        Networks with more weights are not tried.

    device : str, default="auto"
        Where networks are trained: the name of a torch device. "auto" is a CUDA GPU if
        there is one, and the CPU otherwise.

    n_jobs : int, default=None
        Number of workers. ``None`` means 1 unless in a :obj:`joblib.parallel_config`
        context, ``-1`` all cores. Each worker trains one network on one thread. The
        final training uses no workers. A search of less than 20 seconds uses none
        either, because each worker must import torch first.

    time_limit : float, default=None
        Seconds that `fit` may take. If a final training follows, the search gets three
        fifths of them, and the reference gets at most half of these. A training that is
        running at the end of the time stops early. Its learning rate is lowered before
        that, and the network is scored as it is. With a `checkpoint`, a training of the
        search runs to its end instead.

    trial_timeout : float, default=None
        Seconds that one evaluation may take. A longer one is killed and has the status
        "timeout". With this parameter, evaluations run in worker processes, even if
        there is only one worker. The first evaluation of each worker includes the
        import of torch. This parameter does not limit the training of a supernet.
        `time_limit` does: the supernet gets three quarters of the seconds of the
        search.

    checkpoint : str or path-like, default=None
        A file that every finished evaluation is written to. If the file exists, `fit`
        continues where an earlier `fit` of the same search on the same data ended.
        Weights that are inherited or shared are in a folder beside the file. The folder
        has the name of the file with ".weights" after it: keep and delete both
        together.

    callbacks : list of skorch callbacks, default=None
        Callbacks of every training. An LRScheduler among them replaces the schedule
        described under `lr`. There is no `valid_loss`, because validation rows are
        scored after a training: early stopping needs ``monitor="train_loss"``. In the
        end, the files of a Checkpoint are those of `best_estimator_`. "disable" also
        leaves out the default callbacks of skorch.

    random_state : int, RandomState instance or None, default=None
        Seed of the architectures, the validation rows and the trainings.

    verbose : int, default=0
        With 1, the plan, each new best architecture and the progress of the final
        training are printed. With 2, the epochs of the final training are printed too.

    criterion : class, default=None
        The loss: a class of torch or your own. None for the squared error in a
        regressor, and for the cross entropy in a classifier. With flat data, the cross
        entropy smooths the labels by 0.1, unless `scoring` looks at probabilities or
        you pass ``criterion__label_smoothing``.

    cv : int, cross-validation generator or iterable, default=None
        The folds that architectures are compared on. Each architecture is trained and
        scored on all folds, and compared by its `mean_test_score`. None holds out
        `validation_fraction` of the rows once. If `fit` gets `groups`, None and an
        integer keep each group on the same side. If architectures share or inherit
        weights, only the first fold is used.

    channels : {"auto", "first", "last"}, default="auto"
        Which axis of a sequence or an image contains the channels: the first or the
        last one. "auto" is "last" for images whose last axis has the size 1, 3 or 4 and
        whose first axis does not. Otherwise it is "first".

    ensemble : int, default=None
        Number of networks that predict together. This number of the best architectures
        is trained on all rows, and their predictions are averaged. None for a fifth of
        the architectures that were tried, but at least 1 and at most 4. Pass 1 for one
        network, which is smaller and predicts faster. If fewer architectures have a
        score, there are fewer networks.

    history : SearchHistory, str or path-like, default=None
        A history of searches, or its path (see :ref:`nas_history`). The search is
        remembered there. Architectures that were good in similar searches are tried
        after the reference: at most 5, and at most a third of `n_trials`. A search with
        a supernet is remembered too, but takes no architectures from the history.

    **net_options : dict
        Options of the net, with a prefix and two underscores, as in skorch. They belong
        to the ``criterion``, the ``optimizer``, the ``callbacks``, or the data loaders
        ``iterator_train`` and ``iterator_valid``. Two options of the net itself have no
        prefix: ``mixed_precision=True`` and ``memory_format="channels_last"``. They can
        make trainings of images faster.

    Attributes
    ----------
    best_architecture_ : Architecture
        The best architecture that was found.

    best_estimator_ : skorch net
        The network of `best_architecture_`, trained on all rows. Only with `refit`.

    estimators_ : list of skorch nets
        The networks that predict together. `best_estimator_` is the first of them. With
        a time limit there can be fewer than `ensemble`. Only with `refit`.

    best_score_ : float
        The score of `best_architecture_` on the validation rows of the search.

    best_params_ : dict
        The decisions that make `best_architecture_` in the search space.

    reference_score_ : float or None
        The score of the reference on the same rows. The reference is a network that was
        designed by hand (see :meth:`ArchitectureSpace.reference
        <sklearn_automl.nas.ArchitectureSpace.reference>`). It is the first trial, and
        `best_score_` is never below it. None if the space has no such network of at
        most `max_params` weights, or its training failed.

    best_index_ : int
        Row of `cv_results_` with the best evaluation of `best_architecture_`.

    cv_results_ : dict of list and ndarray
        A row for each evaluation, ordered by bracket, rung and trial, with the columns
        `params` (decisions), `architecture`, `split0_test_score` and so on for each
        fold, `mean_test_score`, `std_test_score`, `rank_test_score`, `mean_fit_time`,
        `std_fit_time`, `mean_score_time`, `std_score_time`, `n_parameters`, `origin`,
        `trial_id`, `bracket`, `rung`, `n_resources`, `status`, `start_time`, `end_time`
        (seconds since `fit` began), `error`, and `param_...` for each decision.
        `origin` is where an architecture comes from: "reference", "history" or
        "sampler", which is the strategy. Ranks compare resources first and scores
        second. If `time_limit` ended a training, `n_resources` is the number of its
        complete epochs, and `error` says that it was cut short. The rank of that
        training is based on its planned epochs, because its learning rate was lowered
        before the end.

    search_results_ : dict of list and ndarray
        The same table under its earlier name.

    history_ : list of dict
        An entry for each epoch. Its `phase` is "supernet", "final" for the final
        training, or "continued" for `partial_fit`. It has the `train_loss` and the
        seconds (`dur`). `member` is the place of the network in `estimators_`. Entries
        of a supernet have the weight of every option instead of `member` (see
        :func:`~sklearn_automl.nas.plot_alphas`).

    share_of_epochs_ : float
        The planned length of the final training, divided by its usual length. It is
        below 1 if networks of the search were clearly better after fewer epochs. Only
        with `refit`.

    n_splits_ : int
        Number of folds.

    n_trials_ : int
        Number of architectures tried.

    stop_reason_ : str
        Why the search ended: "completed", "time_limit", "interrupt", "crashes" or
        "error". After the last three, `fit` raises an error. The finished evaluations
        are kept.

    search_time_ : float
        Seconds of the search.

    refit_time_ : float
        Seconds of the final trainings. Only with `refit`.

    input_shape_ : tuple of int
        Shape of one input of the networks, with its channels first.

    encoder_ : ColumnTransformer or None
        Converts a data frame with text or categories to the numbers that the networks
        take. None if all columns are numbers. `best_estimator_` and the file of
        `to_onnx` take ``encoder_.transform(X)``.

    channels_ : str
        Where the channels of X are: "first" or "last".

    n_features_in_ : int
        Number of features or channels of X.

    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, if X had any.

    See Also
    --------
    NASClassifier : The same for classification.
    HyperbandSearchCV : Searches hyperparameters of any estimator, also of a skorch net.

    Notes
    -----
    The same `random_state` gives the same architecture and the same predictions on the
    CPU for any `n_jobs`, with the estimations "full" and "hyperband". With "asha" and
    "learning_curve" this holds for one worker only. The random generators of torch are
    not changed.

    The network standardises its inputs. It standardises flat data by feature, and
    sequences and images by channel. A feature that is constant in the training rows
    contributes nothing. A feature that is far from zero, such as seconds since 1970, is
    first moved near zero in double precision.

    A data frame of pandas or polars can have columns of text, and pandas categories of
    any type. If all texts of a column are numbers, it is read as numbers. Other
    categories are compared as text. Each category becomes a column of 0 and 1, so that
    the first layer learns an embedding of it. A missing category counts as one more
    category, but missing numbers are refused. If a column has more than 100 categories,
    the 99 most frequent are kept. All others, and categories that occur in only one
    row, are one rare category together. A category that `fit` has not seen counts as
    rare. If there is no rare category, all columns of the feature are 0. `fit` warns if
    a column has a different value in most rows, such as ids or free text.

    `best_score_` is the best of many scores, and is therefore too high. Cross-validate
    the whole estimator for an unbiased score. If there are too few rows to hold out
    some of each class, architectures are compared on their training rows, and `fit`
    warns about it.

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
            Predictions in the shape and the unit of the target.
        """
        X = self._check_inputs(X)
        return mean_output(self.estimators_, "predict", X)

    def _learn_target(self, y):
        if y.dtype.kind not in "biuf":
            raise ValueError(
                f"y of {type(self).__name__} must be numbers, but has the type "
                f"{y.dtype}. For labels, use NASClassifier."
            )
        return y, None

    def _n_outputs(self, y):
        return 1 if y.ndim == 1 else y.shape[1]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
