"""Training one network: skorch nets that can be interrupted, continued and repeated.

Whether a net is trained in one go or rung by rung, by one worker or by another, its
weights are the same, bit for bit. Nothing of an epoch depends on anything but the seed,
the number of the epoch and what the epochs before it have left.
"""

import math
from contextlib import contextmanager

import numpy as np
import torch
from skorch import NeuralNet, NeuralNetClassifier, NeuralNetRegressor
from skorch.callbacks import EpochTimer, PassthroughScoring, PrintLog
from skorch.dataset import Dataset
from torch import nn

from sklearn_automl.execution import not_swallowed
from sklearn_automl.nas._files import replacing
from sklearn_automl.nas.networks.batches import (
    Batches,
    batch_size_for,
    n_batches,
    padded_rows,
    prediction_size,
)
from sklearn_automl.nas.networks.encoding import EncodesInputs
from sklearn_automl.nas.networks.hints import ExplainsMonitors
from sklearn_automl.nas.networks.inheritance import inherit
from sklearn_automl.nas.networks.randomness import (
    generators_of,
    own_generators,
    threads,
)
from sklearn_automl.nas.networks.steps import is_fused, lr_factor
from sklearn_automl.nas.networks.targets import LabelTarget, NumberTarget, as_array
from sklearn_automl.nas.networks.weighting import WeighsRows, trained_rows

__all__ = ["ArchitectureClassifier", "ArchitectureRegressor"]


class _ArchitectureNet(EncodesInputs, WeighsRows, ExplainsMonitors, NeuralNet):
    """What both nets have in common.

    Parameters
    ----------
    module : class
        Of the network; its arguments are those with ``module__`` before their name.

    schedule_epochs : int or None
        The number of epochs at which the learning rate has fallen; None for
        `max_epochs`. What is to be continued needs the number of the last rung here.

    random_state : int
        Seeds the weights, the order of the rows and what is random in the network.

    n_threads : int or None
        Threads of torch; None to leave them as they are. Sums over another number of
        threads differ in their last digits.
    """

    schedule_epochs: int | None
    random_state: int
    n_threads: int | None
    weights_from: str | None
    weights_to: str | None

    @property
    def _default_callbacks(self):
        callbacks = [
            ("epoch_timer", EpochTimer()),
            ("train_loss", PassthroughScoring(name="train_loss", on_train=True)),
        ]
        if self.verbose:
            callbacks.append(("print_log", PrintLog(sink=_print)))
        return callbacks

    # ---- training ----------------------------------------------------------------

    def initialize_module(self):
        with self.own_generators():
            self.seed(0)
            super().initialize_module()
        if self.weights_from is not None:
            weights = torch.load(self.weights_from, weights_only=True)
            inherit(self.module_, weights)
        return self

    def partial_fit(self, X, y=None, classes=None, **fit_params):
        # skorch takes an interrupt of the user for its own early stopping.
        with not_swallowed():
            return super().partial_fit(X, y, classes, **fit_params)

    def fit_loop(self, X, y=None, epochs=None, sample_weight=None, **params):
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                "None."
            )
        X, y, weights = trained_rows(X, as_array(y), sample_weight)
        if not self.history:
            self.learn_target(y)
            if hasattr(self.module_, "standardize"):
                self.module_.standardize(X)
        with self.own_generators(), self.weighing(weights):
            # Callbacks see the data as it is; the network gets it encoded.
            return super().fit_loop(self.raw_inputs(X), y, epochs, **params)

    def check_data(self, X, y=None):
        """Accept what ``fit_loop`` has made of the data."""

    def get_iterator(self, dataset, training=False):
        if type(dataset) is not Dataset:
            return super().get_iterator(dataset, training)
        X = self.encode_inputs(dataset.X)
        if not training:
            return Batches(X, None, prediction_size(self.batch_size), False)
        y = self.encode_target(dataset.y)
        batches = self.training_batches(X, y, self._row_weights)
        self.n_batches_ = len(batches)
        return batches

    def training_batches(self, X, y, weights=None):
        """Return the batches of an epoch; in small data they are smaller.

        Parameters
        ----------
        X, y : tensor
            Inputs and encoded targets.

        weights : tensor of shape (n_samples,), default=None
            Of the rows, with the mean 1.

        Returns
        -------
        Batches
            In another order each time that they are gone through.
        """
        size = batch_size_for(len(X), self.batch_size)
        return Batches(X, y, size, True, weights)

    def n_batches_of(self, n_rows):
        """Return how many batches an epoch has.

        Parameters
        ----------
        n_rows : int
            The rows that are trained on.

        Returns
        -------
        int
            The number of steps of an epoch.
        """
        return n_batches(n_rows, batch_size_for(n_rows, self.batch_size))

    def get_params_for_optimizer(self, prefix, named_parameters, **kwargs):
        parameters = list(named_parameters)
        args, options = super().get_params_for_optimizer(prefix, parameters, **kwargs)
        if self.optimizer in (torch.optim.Adam, torch.optim.AdamW):
            options.setdefault("fused", is_fused([p for _, p in parameters]))
        return args, options

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        super()._set_training(True)
        super().on_train_begin(net, X=X, y=y, **kwargs)

    def _set_training(self, training=True):
        # skorch sets the mode of all layers before each batch: with a hundred small
        # layers, that is a tenth of the time of a step.
        if not (training and self.module_.training):
            super()._set_training(training)

    def on_epoch_begin(self, net, **kwargs):
        self._forget_batches()
        super().on_epoch_begin(net, **kwargs)
        self.seed(len(self.history))

    def on_batch_begin(self, net, batch=None, training=False, **kwargs):
        super().on_batch_begin(net, batch=batch, training=training, **kwargs)
        if training:
            epoch, place = len(self.history) - 1, len(self.history[-1]["batches"]) - 1
            n_epochs = self.schedule_epochs or self.max_epochs
            factor = lr_factor((epoch + place / self.n_batches_) / n_epochs)
            for group in self.optimizer_.param_groups:
                group["lr"] = self.lr * factor

    def on_train_end(self, net, X=None, y=None, **kwargs):
        self._forget_batches()
        super().on_train_end(net, X=X, y=y, **kwargs)
        loss = self.history[-1].get("train_loss", 0.0) if self.history else 0.0
        if not math.isfinite(loss):
            raise ValueError(
                f"Training diverged: the loss of epoch {len(self.history)} is {loss}. "
                f"Pass a smaller lr than {self.lr:g}."
            )
        if self.weights_to is not None:
            # Each number of epochs has its own file: a child that began with these
            # weights may have to begin again when later ones exist.
            file = self.weights_to.format(n_epochs=len(self.history))
            with replacing(file) as opened:  # another worker may read it
                torch.save(self.module_.state_dict(), opened)

    def _forget_batches(self):
        """Keep of the past epochs what they were together."""
        for epoch in self.history:
            epoch["batches"] = []

    # ---- predictions ---------------------------------------------------------------

    def forward_iter(self, X, training=False, device="cpu"):
        X = self.raw_inputs(X)
        n_rows = len(X)
        with threads(self.n_threads):
            rows = padded_rows(n_rows)
            results = list(super().forward_iter(X[rows], training, device))
        for result in results:
            yield result[:n_rows]
            n_rows -= len(result)

    # ---- what is random ------------------------------------------------------------

    def seed(self, place):
        """Seed torch for the weights (0) or for an epoch (its number).

        Parameters
        ----------
        place : int
            What is going to be random.
        """
        sequence = np.random.SeedSequence((self.random_state, place))
        seed = int(sequence.generate_state(1)[0])
        for generator in generators_of(self.device):
            generator.manual_seed(seed)

    @contextmanager
    def own_generators(self):
        """Give torch's generators, which are the user's, back as they were."""
        with own_generators(self.device, self.n_threads):
            yield


class ArchitectureClassifier(LabelTarget, _ArchitectureNet, NeuralNetClassifier):
    """A skorch classifier with labels of any type, trained the same way every time.

    Its options are those of ``skorch.NeuralNetClassifier``, with other defaults.

    Parameters
    ----------
    module : class
        Of the network, which returns logits. Its arguments are those with ``module__``
        before their name.

    criterion : class
        Of the loss, of logits.

    optimizer : class
        Of the optimizer; its arguments are those with ``optimizer__`` before them.

    lr : float
        The largest learning rate, at the end of the warm-up.

    batch_size : int
        Rows of a batch, at most. In small data it is a tenth of the rows, or 8 if that
        is more; batches are of nearly the same size, and of 2 rows at least.

    classes : array-like of shape (n_classes,) or None
        All labels, sorted, for a net that may not see each of them. None to take them
        from the target.

    schedule_epochs : int or None
        The number of epochs at which the learning rate has fallen; None for
        `max_epochs`. What is to be continued needs the number of the last rung here.

    random_state : int
        Seeds the weights, the order of the rows and what is random in the network.

    n_threads : int or None
        Threads of torch; None to leave them as they are.

    weights_from : str or None
        A file of weights to begin with, as far as their names and shapes agree.

    weights_to : str or None
        A file that the weights are written to after a training; "{n_epochs}" in its
        name becomes the number of epochs that they have had.

    train_split : callable or None
        As in skorch. The search has its own validation rows.

    use_caching : bool
        As in skorch. A cache would show callbacks the encoded target beside predictions
        that are not encoded.

    verbose : int
        Whether epochs are printed.

    **kwargs : dict
        Other options of the net, the module and the optimizer.
    """

    def __init__(
        self,
        module,
        *,
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.AdamW,
        lr=5e-3,
        batch_size=128,
        classes=None,
        schedule_epochs=None,
        random_state=0,
        n_threads=None,
        weights_from=None,
        weights_to=None,
        train_split=None,
        use_caching=False,
        verbose=0,
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
        self.weights_from = weights_from
        self.weights_to = weights_to


class ArchitectureRegressor(NumberTarget, _ArchitectureNet, NeuralNetRegressor):
    """A skorch regressor that standardises the target, trained the same way every time.

    Its options are those of ``skorch.NeuralNetRegressor``, with other defaults.

    Parameters
    ----------
    module : class
        Of the network. Its arguments are those with ``module__`` before their name.

    criterion : class
        Of the loss, of standardised targets.

    optimizer : class
        Of the optimizer; its arguments are those with ``optimizer__`` before them.

    lr : float
        The largest learning rate, at the end of the warm-up.

    batch_size : int
        Rows of a batch, at most. In small data it is a tenth of the rows, or 8 if that
        is more; batches are of nearly the same size, and of 2 rows at least.

    schedule_epochs : int or None
        The number of epochs at which the learning rate has fallen; None for
        `max_epochs`. What is to be continued needs the number of the last rung here.

    random_state : int
        Seeds the weights, the order of the rows and what is random in the network.

    n_threads : int or None
        Threads of torch; None to leave them as they are.

    weights_from : str or None
        A file of weights to begin with, as far as their names and shapes agree.

    weights_to : str or None
        A file that the weights are written to after a training; "{n_epochs}" in its
        name becomes the number of epochs that they have had.

    train_split : callable or None
        As in skorch. The search has its own validation rows.

    use_caching : bool
        As in skorch. A cache would show callbacks the encoded target beside predictions
        that are not encoded.

    verbose : int
        Whether epochs are printed.

    **kwargs : dict
        Other options of the net, the module and the optimizer.
    """

    def __init__(
        self,
        module,
        *,
        criterion=nn.MSELoss,
        optimizer=torch.optim.AdamW,
        lr=5e-3,
        batch_size=128,
        schedule_epochs=None,
        random_state=0,
        n_threads=None,
        weights_from=None,
        weights_to=None,
        train_split=None,
        use_caching=False,
        verbose=0,
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
        self.weights_from = weights_from
        self.weights_to = weights_to


def _print(text: str) -> None:
    """Print an epoch, where that was asked for.

    skorch compares and pickles ``print`` itself, which Ray replaces.
    """
    print(text)  # noqa: T201
