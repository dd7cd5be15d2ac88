"""Training one network: skorch nets that can be interrupted, continued and repeated.

Whether a net is trained in one go or rung by rung, by one worker or by another, its
weights are the same, bit for bit. Nothing of an epoch depends on anything but the seed,
the number of the epoch and what the epochs before it have left.
"""

import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from skorch import NeuralNet, NeuralNetClassifier, NeuralNetRegressor
from skorch.callbacks import EpochTimer, PassthroughScoring, PrintLog
from skorch.dataset import Dataset
from torch import nn

from sklearn_automl.execution import not_swallowed
from sklearn_automl.nas._files import replacing

__all__ = [
    "ArchitectureClassifier",
    "ArchitectureRegressor",
    "Batches",
    "as_inputs",
    "generators_of",
    "is_fused",
    "lr_factor",
]

# Share of the training in which the learning rate rises, and what it falls to.
_WARM_UP = 0.1
_LAST_FACTOR = 0.01

# A batch has at most one in so many of the rows, unless that is fewer than this.
_MIN_BATCHES = 10
_MIN_BATCH_SIZE = 8

# Rows for which predictions are made at once, at least; and what their number is a
# multiple of: a matrix of another shape is multiplied in another order, and single
# precision has few digits.
_PREDICT_BATCH = 512
_PREDICT_MULTIPLE = 32

# Devices on which a step of Adam is one kernel.
_FUSED = ("cpu", "cuda")

# torch's generators belong to all threads.
_GENERATORS = threading.RLock()


def lr_factor(progress: float) -> float:
    """Return the learning rate in units of the largest, when so much is done.

    It rises linearly, then falls as half a cosine. A function of the place alone: what
    is continued needs to remember nothing.

    Parameters
    ----------
    progress : float
        Share of the whole training that is done, from 0 to 1.

    Returns
    -------
    float
        From nearly 0 to 1.
    """
    progress = min(progress, 1.0)
    if progress < _WARM_UP:
        return _LAST_FACTOR + (1 - _LAST_FACTOR) * progress / _WARM_UP
    rest = (progress - _WARM_UP) / (1 - _WARM_UP)
    return _LAST_FACTOR + (1 - _LAST_FACTOR) * (1 + math.cos(math.pi * rest)) / 2


class Batches:
    """The rows of two tensors in batches, shuffled or not.

    Shuffled batches are of nearly the same size and have at least two rows, which batch
    normalisation needs; others are of one size, but for the last.
    """

    def __init__(
        self, X: torch.Tensor, y: torch.Tensor | None, batch_size: int, shuffle: bool
    ) -> None:
        self._X, self._y = X, y
        self._shuffle, self._size = shuffle, batch_size
        n_rows = len(X)
        whole = -(-n_rows // batch_size)
        self._n = _n_batches(n_rows, batch_size) if shuffle else whole

    def __len__(self) -> int:
        return self._n

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        n_rows = len(self._X)
        rows = torch.randperm(n_rows) if self._shuffle else torch.arange(n_rows)
        if n_rows == 1 and self._shuffle:
            rows = rows.repeat(2)
        batches = (
            torch.tensor_split(rows, self._n)
            if self._shuffle
            else torch.split(rows, self._size)
        )
        for batch in batches:
            # skorch unpacks pairs, also where there is no target.
            y = batch if self._y is None else self._y[batch]
            yield self._X[batch], y


def _n_batches(n_rows: int, batch_size: int) -> int:
    """Return the number of shuffled batches, of which each has two rows."""
    return max(min(-(-n_rows // batch_size), n_rows // 2), 1)


class _ArchitectureNet(NeuralNet):
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
    trained_module: Any

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
        if self.max_epochs == 0 and self.trained_module is not None:
            with self.own_generators():
                self.module_ = self.trained_module()
            return self
        with self.own_generators():
            self.seed(0)
            super().initialize_module()
        if self.weights_from is not None:
            weights = torch.load(self.weights_from, weights_only=True)
            inherit(self.module_, weights)
        return self

    def partial_fit(self, X, y=None, classes=None, **fit_params):
        # skorch's early stopping interrupts, and so does the user.
        with not_swallowed():
            return super().partial_fit(X, y, classes, **fit_params)

    def fit_loop(self, X, y=None, epochs=None, **params):
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                "None."
            )
        inputs = as_inputs(X)
        if not self.history:
            self.learn_target(y)
            if hasattr(self.module_, "standardize"):
                self.module_.standardize(inputs.to(self.device))
        with self.own_generators():
            # Callbacks see the target as it is; what is trained on is encoded.
            return super().fit_loop(inputs, _as_array(y), epochs, **params)

    def check_data(self, X, y=None):
        """Accept what ``fit_loop`` has made of the data."""

    def get_iterator(self, dataset, training=False):
        if type(dataset) is not Dataset:
            return super().get_iterator(dataset, training)
        X = as_inputs(dataset.X)
        if not training:
            size = max(self.batch_size, _PREDICT_BATCH)
            size += -size % _PREDICT_MULTIPLE
            return Batches(X, None, size, False)
        batches = self.training_batches(X, self.encode_target(dataset.y))
        self.n_batches_ = len(batches)
        return batches

    def training_batches(self, X, y):
        """Return the batches of an epoch; in small data they are smaller.

        Parameters
        ----------
        X, y : tensor
            Inputs and encoded targets.

        Returns
        -------
        Batches
            In another order each time that they are gone through.
        """
        return Batches(X, y, self._batch_size_for(len(X)), True)

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
        return _n_batches(n_rows, self._batch_size_for(n_rows))

    def _batch_size_for(self, n_rows):
        size = max(n_rows // _MIN_BATCHES, _MIN_BATCH_SIZE)
        return min(size, self.batch_size)

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
        # skorch says so to all layers before each batch: with a hundred small ones,
        # that is a tenth of the time of a step.
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
            # A file for each amount: a child that begins with these may have to begin
            # again when there are later ones.
            file = self.weights_to.format(n_epochs=len(self.history))
            with replacing(file) as opened:  # another worker may read it
                torch.save(self.module_.state_dict(), opened)

    def _forget_batches(self):
        """Keep of the past epochs what they were together."""
        for epoch in self.history:
            epoch["batches"] = []

    # ---- predictions ---------------------------------------------------------------

    def forward_iter(self, X, training=False, device="cpu"):
        X = as_inputs(X)
        n_rows = len(X)
        # What is too few is filled up with the first rows again.
        rows = torch.arange(n_rows + -n_rows % _PREDICT_MULTIPLE) % n_rows
        with _threads(self.n_threads):
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
        with _GENERATORS, _threads(self.n_threads):
            generators = generators_of(self.device)
            states = [generator.get_state() for generator in generators]
            try:
                yield
            finally:
                for generator, state in zip(generators, states, strict=True):
                    generator.set_state(state)


class ArchitectureClassifier(_ArchitectureNet, NeuralNetClassifier):
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

    trained_module : callable or None
        Returns a module that takes the place of the network where `max_epochs` is 0.

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
        trained_module=None,
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
        self.trained_module = trained_module

    def predict(self, X):
        """Return labels.

        Parameters
        ----------
        X : array-like or tensor
            The inputs.

        Returns
        -------
        ndarray of shape (n_samples,)
            The most probable class of each row.
        """
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def learn_target(self, y):
        """Take note of what has to be known to encode a target.

        Parameters
        ----------
        y : array-like or tensor of shape (n_samples,)
            Labels.
        """
        if self.classes is None:
            self.classes_inferred_ = np.unique(_as_array(y))

    def encode_target(self, y):
        """Return what the network is trained on.

        Parameters
        ----------
        y : array-like or tensor of shape (n_samples,)
            Labels, of those that are known.

        Returns
        -------
        tensor of shape (n_samples,)
            Their numbers.
        """
        y, classes = _as_array(y), self.classes_
        codes = np.searchsorted(classes, y).clip(max=len(classes) - 1)
        is_unknown = classes[codes] != y
        if np.any(is_unknown):
            raise ValueError(
                f"y has the label {y[is_unknown][0]!r}, which is none of the classes "
                f"{classes}."
            )
        return torch.as_tensor(codes.astype(np.int64))


class ArchitectureRegressor(_ArchitectureNet, NeuralNetRegressor):
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

    trained_module : callable or None
        Returns a module that takes the place of the network where `max_epochs` is 0.

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
        trained_module=None,
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
        self.trained_module = trained_module

    def predict(self, X):
        """Return predictions in the units of the target.

        Parameters
        ----------
        X : array-like or tensor
            The inputs.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            As the target was.
        """
        y = self.predict_proba(X) * self.y_scale_ + self.y_mean_
        return y[:, 0] if self.y_is_flat_ else y

    def learn_target(self, y):
        """Take note of what has to be known to encode a target.

        Parameters
        ----------
        y : array-like or tensor of shape (n_samples,) or (n_samples, n_outputs)
            Numbers.
        """
        y = _as_array(y).astype(np.float64)
        self.y_is_flat_ = y.ndim == 1
        columns = y.reshape(len(y), -1)
        self.y_mean_, scale = columns.mean(axis=0), columns.std(axis=0)
        is_constant = scale <= 1e-12 * np.abs(self.y_mean_)
        self.y_scale_ = np.where(is_constant, 1.0, scale)

    def encode_target(self, y):
        """Return what the network is trained on.

        Parameters
        ----------
        y : array-like or tensor of shape (n_samples,) or (n_samples, n_outputs)
            Numbers.

        Returns
        -------
        tensor of shape (n_samples, n_outputs)
            The same, standardised.
        """
        y = _as_array(y).astype(np.float64)
        standardised = (y.reshape(len(y), -1) - self.y_mean_) / self.y_scale_
        return torch.as_tensor(standardised.astype(np.float32))


def inherit(module: nn.Module, weights: Mapping[str, torch.Tensor]) -> None:
    """Copy the weights of another network, as far as they fit.

    A layer that is wider or narrower takes the part that both have, of kernels that in
    the middle; what the other network does not have stays new.

    Parameters
    ----------
    module : Module
        Is changed.

    weights : dict of str to tensor
        The other's ``state_dict``.
    """
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            other = weights.get(name)
            if other is None or other.ndim != tensor.ndim:
                continue
            n_shared = [min(p) for p in zip(tensor.shape, other.shape, strict=True)]
            part = other[_part(other, n_shared)]
            tensor[_part(tensor, n_shared)] = part.to(tensor.device)


def _part(tensor: torch.Tensor, sizes: Sequence[int]) -> tuple[slice, ...]:
    """Return where so much of a tensor is: first units, middles of kernels."""
    # Axes from the third on are those of kernels.
    starts = [0 if i < 2 else (n - sizes[i]) // 2 for i, n in enumerate(tensor.shape)]
    return tuple(slice(a, a + n) for a, n in zip(starts, sizes, strict=True))


def _print(text: str) -> None:
    """Print an epoch, where that was asked for.

    skorch compares and pickles ``print`` itself, which Ray replaces.
    """
    print(text)  # noqa: T201


def as_inputs(X: Any) -> torch.Tensor:
    """Return inputs of any kind as a tensor of floats.

    Parameters
    ----------
    X : array-like or tensor
        The inputs.

    Returns
    -------
    tensor
        On the CPU, or where they are.
    """
    if isinstance(X, torch.Tensor):
        return X.detach().to(torch.float32)
    # Also writable, which shared memory is not: torch would warn of it.
    return torch.from_numpy(np.require(np.asarray(X), np.float32, ["C", "W"]))


def _as_array(y: Any) -> np.ndarray:
    return y.detach().cpu().numpy() if isinstance(y, torch.Tensor) else np.asarray(y)


@contextmanager
def _threads(n: int | None) -> Iterator[None]:
    if n is None or n == torch.get_num_threads():
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def is_fused(parameters: Sequence[nn.Parameter]) -> bool:
    """Tell whether Adam is to take its step for all parameters in one kernel.

    A cell has a hundred small tensors: one after the other, they take a quarter of the
    time of its training. The kernel wants gradients in the layout of their parameters,
    as ``backward`` leaves them.

    Parameters
    ----------
    parameters : sequence of Parameter
        All that are trained.

    Returns
    -------
    bool
        Whether all are real, and where torch has had that kernel for long.
    """
    return all(p.is_floating_point() and p.device.type in _FUSED for p in parameters)


def generators_of(device: Any) -> list[torch.Generator]:
    """Return the generators that a training on this device draws from.

    Parameters
    ----------
    device : str or torch.device
        Where networks are.

    Returns
    -------
    list of torch.Generator
        That of the CPU, and that of the device if it has one.
    """
    generators = [torch.default_generator]
    device = torch.device(device)
    if device.type == "cuda":
        torch.cuda.init()
        index = torch.cuda.current_device() if device.index is None else device.index
        generators.append(torch.cuda.default_generators[index])
    return generators
