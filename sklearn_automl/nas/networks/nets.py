"""Training one network: skorch nets that can be interrupted, continued and repeated.

Whether a net is trained in one go or rung by rung, by one worker or by another, its
weights are the same, bit for bit. Nothing of an epoch depends on anything but the seed,
the number of the epoch and what the epochs before it have left.
"""

import math

import torch
from skorch import NeuralNet, NeuralNetClassifier, NeuralNetRegressor
from skorch.callbacks import EpochTimer, PassthroughScoring, PrintLog
from torch import nn

from sklearn_automl.execution import not_swallowed
from sklearn_automl.nas.networks.computing import ComputesFaster
from sklearn_automl.nas.networks.datasets import rows_of
from sklearn_automl.nas.networks.deadline import KeepsDeadline
from sklearn_automl.nas.networks.encoding import EncodesInputs
from sklearn_automl.nas.networks.hints import ExplainsMonitors
from sklearn_automl.nas.networks.iterators import InBatches
from sklearn_automl.nas.networks.late_losses import ReadsLossesLate
from sklearn_automl.nas.networks.making import Made
from sklearn_automl.nas.networks.network import Network
from sklearn_automl.nas.networks.printing import print_epoch
from sklearn_automl.nas.networks.randomness import OwnRandomness, threads
from sklearn_automl.nas.networks.schedule import ScheduledRates
from sklearn_automl.nas.networks.targets import LabelTarget, NumberTarget, as_array
from sklearn_automl.nas.networks.weighting import WeighsRows, trained_rows

__all__ = ["ArchitectureClassifier", "ArchitectureRegressor"]


class _ArchitectureNet(
    KeepsDeadline,
    ReadsLossesLate,
    ComputesFaster,
    ScheduledRates,
    Made,
    InBatches,
    OwnRandomness,
    EncodesInputs,
    WeighsRows,
    ExplainsMonitors,
    NeuralNet,
):
    """What both nets have in common.

    Parameters
    ----------
    module : class
        Of the network; its arguments are those with ``module__`` before their name.

    schedule_epochs : int or None
        The number of epochs at which the learning rate has fallen; None for those of
        each training.

    random_state : int
        Seed of the weights, the order of the rows and random parts of the network.

    n_threads : int or None
        Threads of torch; None to leave them as they are. Sums over another number of
        threads differ in their last digits.
    """

    schedule_epochs: int | None
    random_state: int
    n_threads: int | None

    @property
    def _default_callbacks(self):
        callbacks = [
            ("epoch_timer", EpochTimer()),
            ("train_loss", PassthroughScoring(name="train_loss", on_train=True)),
            # Only where `train_split` holds rows out.
            ("valid_loss", PassthroughScoring(name="valid_loss")),
            *self.callbacks_of_target(),
        ]
        if self.verbose:
            callbacks.append(("print_log", PrintLog(sink=print_epoch)))
        return callbacks

    # ---- training ----------------------------------------------------------------

    def initialize(self):
        self.knows_inputs_ = self.knows_target_ = False
        return super().initialize()

    def initialize_module(self):
        self.knows_inputs_ = False
        with self.own_generators():
            self.seed(0)
            super().initialize_module()
        return self

    def set_params(self, **kwargs):
        before = self.architecture
        super().set_params(**kwargs)
        if self.initialized_ and self.architecture != before:
            self.initialize()
        elif self.initialized_ and "callbacks" in kwargs:
            # skorch would take them at the next fit, but not in partial_fit.
            self.callbacks_ = []
            if self.callbacks != "disable":
                self.initialize_callbacks()
        return self

    def fit(self, X, y=None, **fit_params):
        self.look_at(X, y)
        return super().fit(X, y, **fit_params)

    def partial_fit(self, X, y=None, classes=None, **fit_params):
        if not self.initialized_:
            self.look_at(X, y)
        # skorch takes an interrupt of the user for its own early stopping.
        with not_swallowed():
            return super().partial_fit(X, y, classes, **fit_params)

    def fit_loop(self, X, y=None, epochs=None, sample_weight=None, **params):
        X, y = rows_of(X, y)
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                "None."
            )
        X, y, weights = trained_rows(X, as_array(y), sample_weight)
        if not self.knows_target_:
            self.learn_target(y)
            self.knows_target_ = True
        if not self.knows_inputs_:
            self.learn_inputs(X)
            self.knows_inputs_ = True
        inputs = self.raw_inputs(X)
        n_epochs = self.max_epochs if epochs is None else epochs
        with (
            self.own_generators(),
            self.scheduled(n_epochs),
            self.weighing(inputs, weights),
            self.ending_in_time(),
        ):
            # Callbacks see the data as it is; the network gets it encoded.
            super().fit_loop(inputs, y, epochs, **params)
        return self

    def check_data(self, X, y=None):
        """Accept what ``fit_loop`` has made of the data."""

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        super()._set_training(True)
        self.note_first_rates()
        super().on_train_begin(net, X=X, y=y, **kwargs)

    def _set_training(self, training=True):
        # skorch sets the mode of all layers before each batch: with a hundred small
        # layers, that is a tenth of the time of a step.
        if not (training and self.module_.training):
            super()._set_training(training)

    def on_epoch_begin(self, net, **kwargs):
        super().on_epoch_begin(net, **kwargs)
        self.seed(len(self.history))

    def on_batch_begin(self, net, batch=None, training=False, **kwargs):
        super().on_batch_begin(net, batch=batch, training=training, **kwargs)
        if training:
            self.set_rates()

    def on_train_end(self, net, X=None, y=None, **kwargs):
        super().on_train_end(net, X=X, y=y, **kwargs)
        loss = self.history[-1].get("train_loss", 0.0) if self.history else 0.0
        if not math.isfinite(loss):
            raise ValueError(
                f"Training diverged: the loss of epoch {len(self.history)} is {loss}. "
                f"Pass a smaller lr than {self.lr:g}."
            )

    def load_params(self, f_params=None, *args, checkpoint=None, **kwargs):
        super().load_params(f_params, *args, checkpoint=checkpoint, **kwargs)
        self.forget_place()
        # The mean and the scale of inputs are among the weights.
        if f_params is not None or getattr(checkpoint, "f_params", None) is not None:
            self.knows_inputs_ = True

    # ---- predictions ---------------------------------------------------------------

    def forward_iter(self, X, training=False, device="cpu"):
        results = []
        with threads(self.n_threads):
            for part, rows in self.parts_to_predict(rows_of(X)[0]):
                inputs, n_rows = self.raw_inputs(part), len(part)
                inputs = inputs if len(rows) == n_rows else inputs[rows]
                for result in super().forward_iter(inputs, training, device):
                    results.append(result[:n_rows])
                    n_rows -= len(result)
        yield from results


class ArchitectureClassifier(LabelTarget, _ArchitectureNet, NeuralNetClassifier):
    """A skorch classifier with labels of any type, trained the same way every time.

    Its options are those of ``skorch.NeuralNetClassifier``, with other defaults.

    Parameters
    ----------
    module : class or ArchitectureSpace, default=Network
        Class of the network, which returns logits. Arguments of the class have
        ``module__`` before their name. If it is a space, its ``build`` makes the module
        of `architecture`.

    criterion : class, default=CrossEntropyLoss
        Class of the loss, which is computed from logits. Arguments of the class have
        ``criterion__`` before their name.

    optimizer : class, default=AdamW
        Class of the optimizer. Its arguments have ``optimizer__`` before their name.

    lr : float, default=0.005
        The largest learning rate, at the end of the warm-up.

    batch_size : int, default=128
        The largest number of rows in a batch. For small data, batches have a tenth of
        the rows, but at least 8. All batches have nearly the same size, and at least 2
        rows.

    classes : array-like of shape (n_classes,), default=None
        All labels, sorted. Pass them if the target may not contain every label. None to
        take them from the target.

    schedule_epochs : int, default=None
        The number of epochs at the end of the learning rate's schedule. None for the
        epochs of each call of `fit` or `partial_fit`. To train in several calls as if
        it were one call, pass the number of all epochs.

    random_state : int, default=0
        Seed of the weights, the order of the rows and random parts of the network.

    n_threads : int, default=None
        Number of threads of torch. None to leave it as it is.

    train_split : callable, default=None
        As in skorch, such as ``ValidSplit(5)``. `valid_loss` is computed on the rows
        that it holds out. None to train on all rows.

    use_caching : bool, default=False
        As in skorch. A cache would show callbacks the encoded target beside predictions
        that are not encoded.

    verbose : int, default=0
        Whether epochs are printed.

    architecture : Architecture, default=None
        Architecture of the network, such as `best_architecture_` of a search. None for
        a `module` that needs no architecture. The shape of the inputs and the number of
        outputs are taken from the data.

    mixed_precision : bool, default=False
        Whether trainings compute in bfloat16 where torch does so automatically.
        Predictions do not. This suits GPUs, and images on a CPU that has instructions
        for bfloat16. Other trainings may take longer.

    memory_format : {None, "channels_last"}, default=None
        The order of images in memory during trainings and predictions. With
        "channels_last" some convolutions are faster. Flat data is the same with both.

    **kwargs : dict
        Other options of the net, the module and the optimizer, as in skorch.

    See Also
    --------
    NASClassifier : Searches the architecture.

    Notes
    -----
    The learning rate rises in the first tenth of each training, and then falls along
    half a cosine. An LRScheduler among the callbacks replaces this schedule. Weights,
    batches and dropout depend only on `random_state`.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_automl.nas import Architecture, ArchitectureClassifier, Node
    >>> X, y = load_iris(return_X_y=True)
    >>> architecture = Architecture((Node.of("layer_1", "dense", "input", width=32),))
    >>> net = ArchitectureClassifier(architecture=architecture, max_epochs=30)
    >>> bool(net.fit(X, y).score(X, y) > 0.9)
    True
    """

    def __init__(
        self,
        module=Network,
        *,
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.AdamW,
        lr=5e-3,
        batch_size=128,
        classes=None,
        schedule_epochs=None,
        random_state=0,
        n_threads=None,
        train_split=None,
        use_caching=False,
        verbose=0,
        architecture=None,
        mixed_precision=False,
        memory_format=None,
        **kwargs,
    ):
        super().__init__(
            module,
            criterion=criterion,
            optimizer=optimizer,
            lr=lr,
            batch_size=batch_size,
            classes=classes,
            train_split=train_split,
            use_caching=use_caching,
            verbose=verbose,
            **kwargs,
        )
        self.schedule_epochs = schedule_epochs
        self.random_state = random_state
        self.n_threads = n_threads
        self.architecture = architecture
        self.mixed_precision = mixed_precision
        self.memory_format = memory_format


class ArchitectureRegressor(NumberTarget, _ArchitectureNet, NeuralNetRegressor):
    """A skorch regressor that standardises the target, trained the same way every time.

    Its options are those of ``skorch.NeuralNetRegressor``, with other defaults.

    Parameters
    ----------
    module : class or ArchitectureSpace, default=Network
        Class of the network. Arguments of the class have ``module__`` before their
        name. If it is a space, its ``build`` makes the module of `architecture`.

    criterion : class, default=MSELoss
        Class of the loss, which is computed from standardised targets. Arguments of the
        class have ``criterion__`` before their name.

    optimizer : class, default=AdamW
        Class of the optimizer. Its arguments have ``optimizer__`` before their name.

    lr : float, default=0.005
        The largest learning rate, at the end of the warm-up.

    batch_size : int, default=128
        The largest number of rows in a batch. For small data, batches have a tenth of
        the rows, but at least 8. All batches have nearly the same size, and at least 2
        rows.

    schedule_epochs : int, default=None
        The number of epochs at the end of the learning rate's schedule. None for the
        epochs of each call of `fit` or `partial_fit`. To train in several calls as if
        it were one call, pass the number of all epochs.

    random_state : int, default=0
        Seed of the weights, the order of the rows and random parts of the network.

    n_threads : int, default=None
        Number of threads of torch. None to leave it as it is.

    train_split : callable, default=None
        As in skorch, such as ``ValidSplit(5)``. `valid_loss` is computed on the rows
        that it holds out. None to train on all rows.

    use_caching : bool, default=False
        As in skorch. A cache would show callbacks the encoded target beside predictions
        that are not encoded.

    verbose : int, default=0
        Whether epochs are printed.

    architecture : Architecture, default=None
        Architecture of the network, such as `best_architecture_` of a search. None for
        a `module` that needs no architecture. The shape of the inputs and the number of
        outputs are taken from the data.

    mixed_precision : bool, default=False
        Whether trainings compute in bfloat16 where torch does so automatically.
        Predictions do not. This suits GPUs, and images on a CPU that has instructions
        for bfloat16. Other trainings may take longer.

    memory_format : {None, "channels_last"}, default=None
        The order of images in memory during trainings and predictions. With
        "channels_last" some convolutions are faster. Flat data is the same with both.

    **kwargs : dict
        Other options of the net, the module and the optimizer, as in skorch.

    See Also
    --------
    NASRegressor : Searches the architecture.

    Notes
    -----
    The learning rate rises in the first tenth of each training, and then falls along
    half a cosine. An LRScheduler among the callbacks replaces this schedule. Weights,
    batches and dropout depend only on `random_state`.

    Examples
    --------
    >>> from sklearn.datasets import make_regression
    >>> from sklearn_automl.nas import Architecture, ArchitectureRegressor, Node
    >>> X, y = make_regression(200, 5, random_state=0)
    >>> architecture = Architecture((Node.of("layer_1", "dense", "input", width=32),))
    >>> net = ArchitectureRegressor(architecture=architecture, max_epochs=30)
    >>> bool(net.fit(X, y).score(X, y) > 0.9)
    True
    """

    def __init__(
        self,
        module=Network,
        *,
        criterion=nn.MSELoss,
        optimizer=torch.optim.AdamW,
        lr=5e-3,
        batch_size=128,
        schedule_epochs=None,
        random_state=0,
        n_threads=None,
        train_split=None,
        use_caching=False,
        verbose=0,
        architecture=None,
        mixed_precision=False,
        memory_format=None,
        **kwargs,
    ):
        super().__init__(
            module,
            criterion=criterion,
            optimizer=optimizer,
            lr=lr,
            batch_size=batch_size,
            train_split=train_split,
            use_caching=use_caching,
            verbose=verbose,
            **kwargs,
        )
        self.schedule_epochs = schedule_epochs
        self.random_state = random_state
        self.n_threads = n_threads
        self.architecture = architecture
        self.mixed_precision = mixed_precision
        self.memory_format = memory_format
