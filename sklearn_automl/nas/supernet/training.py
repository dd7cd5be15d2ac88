"""Training of shared weights: epochs over two halves of the rows, one for the weights.

What of the supernet is executed in a step, and what is learned besides the weights, is
a learner's to say: the alphas of DARTS, a policy, or nothing but chance.
"""

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from itertools import chain, repeat
from typing import Any

import numpy as np
import torch
from sklearn.base import clone
from torch import nn

from sklearn_automl.nas._scores import score_of
from sklearn_automl.nas.networks import (
    Batches,
    Target,
    generators_of,
    is_fused,
    loss_of,
    shifted,
    usable_weights,
)
from sklearn_automl.nas.space import ArchitectureSpace
from sklearn_automl.nas.space._supergraph import Path
from sklearn_automl.nas.supernet.losses import EpochLosses
from sklearn_automl.nas.supernet.mixed import Mixture
from sklearn_automl.nas.supernet.nets import sharing_net
from sklearn_automl.nas.supernet.network import (
    Supernet,
    SupernetPart,
    suitable_channel_share,
)
from sklearn_automl.nas.supernet.options import SupernetOptions

__all__ = ["Batch", "SupernetLearner", "SupernetTraining", "UniformPaths"]

#: Inputs and encoded targets.
Batch = tuple[torch.Tensor, Target]

# Without a number of epochs, epochs make about `n_steps` steps, within these bounds.
_LEAST_EPOCHS, _MOST_EPOCHS = 5, 100

# Default learning rates of the optimizers of the weights, and what they fall to. See
# `benchmarks/bench_nas.py mnist1d-lean` for AdamW; that of SGD is DARTS's.
_SGD_LR, _ADAMW_LR = 0.025, 0.02
_LAST_FACTOR = 0.04  # 0.025 to 0.001
_TUNING = 0.1  # the learning rate of tuning, in units of the largest
_MOMENTUM = 0.9
_MOST_NORM = 5.0  # of the gradient


class SupernetLearner(ABC):
    """Says what is executed, and learns from it."""

    #: Whether it has learned all that it will: the training then ends.
    is_done: bool = False

    def start(self, training: "SupernetTraining") -> None:  # noqa: B027
        """Make what depends on the supernet."""

    @abstractmethod
    def choose(
        self, training: "SupernetTraining"
    ) -> tuple[Mixture | None, Path | None]:
        """Return what is executed in a step of the weights."""

    def learn(
        self,
        training: "SupernetTraining",  # noqa: ARG002
        batch: Batch,  # noqa: ARG002
        train_batch: Batch,  # noqa: ARG002
    ) -> torch.Tensor | None:
        """Learn from a batch of the other half; return its loss, if there is one.

        ``train_batch`` is what the step of the weights, which follows, will be made on.
        """
        return None

    def end_epoch(self, training: "SupernetTraining") -> dict[str, Any]:  # noqa: ARG002
        """Return what is told of an epoch."""
        return {}

    def state_dict(self) -> dict[str, Any]:
        """Return all that is not in the supernet, as data and tensors."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:  # noqa: B027
        """Go on from there."""


class SupernetTraining:
    """The training of one supernet, that can be interrupted between epochs.

    Parameters
    ----------
    space : ArchitectureSpace
        A bound space.

    net : skorch net
        Knows the loss, the target, the device and the batches.

    X, y : ndarray
        The rows.

    halves : (ndarray, ndarray)
        Which of them the weights are trained on, and which the learner sees.

    n_outputs : int
        Of the supernet.

    scorer : callable
        Scores a net.

    seed : int
        Decides all that is random.

    options : SupernetOptions
        How it is trained.

    fit_weight, score_weight : ndarray of shape (n_samples,), default=None
        Weights of the rows in the loss, and in scores.

    Attributes
    ----------
    supernet : Supernet
        What is trained.

    weights : list of Parameter
        Those of the supernet, without alphas.

    history : list of dict
        Loss, seconds and what the learner tells of each epoch.

    rng : Generator
        For learners; seeded in each epoch.
    """

    def __init__(
        self,
        space: ArchitectureSpace,
        net: Any,
        X: np.ndarray,
        y: np.ndarray,
        halves: tuple[np.ndarray, np.ndarray],
        *,
        n_outputs: int,
        scorer: Any,
        seed: int,
        options: SupernetOptions,
        fit_weight: np.ndarray | None = None,
        score_weight: np.ndarray | None = None,
    ) -> None:
        self.space, self.net, self.options = space, net, options
        self._scorer, self._seed = scorer, seed
        net.set_params(random_state=seed)
        self._train_y = y[halves[0]]
        net.learn_target(self._train_y)
        self.supernet = self._make_supernet(n_outputs).to(net.device)
        self.weights = self.supernet.weights()
        self.valid_X, self.valid_y = X[halves[1]], y[halves[1]]
        self._valid_weight = None if score_weight is None else score_weight[halves[1]]
        self.supernet.standardize(X[halves[0]])
        self._batches, self._valid_batches = (
            self._make_batches(X, y, fit_weight, rows) for rows in halves
        )
        self._criterion = net.make_criterion().to(net.device)
        self.optimizer = self._make_optimizer()
        self.n_epochs = options.n_epochs or self._suitable_epochs()
        self.epoch = self._step = 0
        self.history: list[dict[str, Any]] = []
        self.rng = np.random.default_rng()
        #: Whether there is no time left: for the epochs, and for what is derived.
        self.must_stop: Callable[[], bool] = lambda: False
        self._part: Any = None
        self._n_tuned = 0

    def _make_supernet(self, n_outputs: int) -> Supernet:
        graph, shape = self.space.supergraph(), self.space.input_shape
        share = self.options.channel_share or suitable_channel_share(graph, shape)
        with self.net.own_generators():
            self.net.seed(0)
            return Supernet(graph, shape, n_outputs, channel_share=share)

    def _make_batches(
        self, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None, rows: np.ndarray
    ) -> Batches:
        if weight is not None:
            rows = rows[weight[rows] > 0]
        weights = None if weight is None else usable_weights(weight[rows])
        inputs = shifted(X[rows], self.supernet.input_shift.cpu())
        target = self.net.encode_target(y[rows])
        batches: Batches = self.net.training_batches(inputs, target, weights)
        return batches

    def _suitable_epochs(self) -> int:
        n_epochs = round(self.options.n_steps / len(self._batches))
        return min(max(n_epochs, _LEAST_EPOCHS), _MOST_EPOCHS)

    def _make_optimizer(self) -> torch.optim.Optimizer:
        options = self.options
        if options.optimizer == "adamw":
            self._lr = options.lr or _ADAMW_LR
            return torch.optim.AdamW(
                self.weights,
                lr=self._lr,
                weight_decay=options.weight_decay,
                fused=is_fused(self.weights),
            )
        self._lr = options.lr or _SGD_LR
        return torch.optim.SGD(
            self.weights,
            lr=self._lr,
            momentum=_MOMENTUM,
            weight_decay=options.weight_decay,
        )

    # ---- where it is -----------------------------------------------------------------

    @property
    def progress(self) -> float:
        """Share of the training that is done."""
        n_steps = self.n_epochs * len(self._batches)
        return (self.epoch * len(self._batches) + self._step) / n_steps

    @property
    def lr(self) -> float:
        """The learning rate of the weights at this moment: half a cosine."""
        cosine = (1 + math.cos(math.pi * self.progress)) / 2
        return self._lr * (_LAST_FACTOR + (1 - _LAST_FACTOR) * cosine)

    @property
    def is_done(self) -> bool:
        """Whether all epochs are done."""
        return self.epoch >= self.n_epochs

    # ---- the epochs ------------------------------------------------------------------

    def run(
        self,
        learner: SupernetLearner,
        after_epoch: Callable[[], None] = lambda: None,
    ) -> None:
        """Train until all epochs are done, the learner is, or it must stop.

        Parameters
        ----------
        learner : SupernetLearner
            Started already.

        after_epoch : callable
            Called after each whole epoch.
        """
        self.supernet.train()
        with self.net.own_generators():
            while not (self.is_done or learner.is_done):
                if not self._run_epoch(learner):
                    break
                after_epoch()
        self.supernet.skip_strength = 0.0

    def _run_epoch(self, learner: SupernetLearner) -> bool:
        """Train for an epoch; return whether it came to its end."""
        began = time.perf_counter()
        self.net.seed(self.epoch + 1)
        self.rng = np.random.default_rng((self._seed, self.epoch))
        losses = EpochLosses(self.net.device, self._check_loss)
        valid_losses = EpochLosses(self.net.device)
        self._step = 0
        # The halves differ by one row at most, so one pass goes through both.
        valid_batches = chain.from_iterable(repeat(self._valid_batches))
        with losses:
            for batch, valid_batch in zip(self._batches, valid_batches, strict=False):
                if self.must_stop():
                    return False
                valid_loss = learner.learn(self, valid_batch, batch)
                if valid_loss is not None:
                    valid_losses.add(valid_loss)
                losses.add(self._update_weights(batch, *learner.choose(self), self.lr))
                self._step += 1
        entry = {"phase": "supernet", "epoch": self.epoch + 1}
        entry["train_loss"] = losses.mean()
        if (valid_mean := valid_losses.mean()) is not None:
            entry["valid_loss"] = valid_mean
        self.epoch, self._step = self.epoch + 1, 0
        entry |= learner.end_epoch(self)
        entry["dur"] = time.perf_counter() - began
        self.history.append(entry)
        return True

    def tune(self, mixture: Mixture) -> None:
        """Train the weights of a mixture for an epoch, with little steps."""
        with self.net.own_generators():
            self._n_tuned += 1
            self.net.seed(self.n_epochs + self._n_tuned)
            rate = _TUNING * self._lr
            with EpochLosses(self.net.device, self._check_loss) as losses:
                for batch in self._batches:
                    losses.add(self._update_weights(batch, mixture, None, rate))

    def _update_weights(
        self, batch: Batch, mixture: Mixture | None, path: Path | None, lr: float
    ) -> torch.Tensor:
        """Take a step of the optimizer of the weights; return the loss before it."""
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        loss = self.loss(batch, mixture, path)
        loss.backward(inputs=self.weights)  # which leaves alphas alone
        nn.utils.clip_grad_norm_(self.weights, _MOST_NORM)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return loss.detach()

    def _check_loss(self, loss: float) -> None:
        if not math.isfinite(loss):
            raise ValueError(
                f"Training of the supernet diverged: the loss of epoch "
                f"{self.epoch + 1} is {loss}. Pass a smaller lr than {self._lr:g} to "
                "the strategy or estimation that shares weights."
            )

    # ---- for learners ----------------------------------------------------------------

    def loss(
        self, batch: Batch, mixture: Mixture | None, path: Path | None = None
    ) -> torch.Tensor:
        """Return the loss of a part of the supernet on a batch."""
        X, y = batch
        if not self.supernet.training:  # since a score
            self.supernet.train()
        with self._precision():
            output = self.supernet(X, mixture, path)
            return loss_of(self._criterion, output.float(), y)

    def _precision(self) -> Any:
        # bfloat16 has the range of float32, so losses need no scaling.
        return torch.autocast(
            torch.device(self.net.device).type,
            dtype=torch.bfloat16,
            enabled=self.options.mixed_precision,
        )

    @property
    def momentum(self) -> float:
        """That of the optimizer of the weights."""
        return _MOMENTUM if self.options.optimizer == "sgd" else 0.0

    def velocities(self) -> list[torch.Tensor | None]:
        """Return the momentum buffers of the weights, None where there is none yet."""
        state = self.optimizer.state
        return [
            state[w].get("momentum_buffer") if w in state else None
            for w in self.weights
        ]

    def same_randomness(self) -> Callable[[], None]:
        """Return what brings torch's generators back to where they are now.

        Dropout must be the same in losses whose difference is taken.
        """
        generators = generators_of(self.net.device)
        states = [generator.get_state() for generator in generators]

        def rewind() -> None:
            for generator, state in zip(generators, states, strict=True):
                generator.set_state(state)

        return rewind

    def score(
        self,
        path: Path | None = None,
        mixture: Mixture | None = None,
        rows: np.ndarray | slice = slice(None),
    ) -> float:
        """Return the score of a part on rows of the half that weights do not see.

        Parameters
        ----------
        path, mixture : dict
            What is executed, as in the supernet.

        rows : ndarray of int or slice
            Of that half.

        Returns
        -------
        score : float
            Not a number if the scorer has failed.
        """
        if self._part is None:
            self._part = self._make_part()
        self._part.module_.path, self._part.module_.mixture = path, mixture
        weights = None if self._valid_weight is None else self._valid_weight[rows]
        data = self.valid_X[rows], self.valid_y[rows]
        # It stays in this mode until the next loss: setting that takes long.
        return score_of(self._scorer, self._part, *data, weights)

    def _make_part(self) -> Any:
        """Return a fitted net whose module is a part of the supernet."""
        net = sharing_net(
            clone(self.net),
            lambda: SupernetPart(self.supernet),
            max_epochs=0,
            callbacks=None,
        )
        net.initialize().learn_target(self._train_y)
        return net

    def some_rows(self, rng: np.random.Generator, n_batches: int) -> np.ndarray:
        """Return rows of the other half, as many as make so many batches."""
        n_rows = n_batches * -(-len(self.valid_X) // len(self._valid_batches))
        return rng.permutation(len(self.valid_X))[:n_rows]

    def new_rng(self) -> np.random.Generator:
        """Return a source of randomness for what follows the training."""
        return np.random.default_rng((self._seed, self.n_epochs))

    # ---- to go on from ---------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Return all that changes, as data and tensors."""
        return {
            "epoch": self.epoch,
            "supernet": self.supernet.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "history": self.history,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self.epoch, self.history = state["epoch"], state["history"]
        self.supernet.load_state_dict(state["supernet"])
        self.optimizer.load_state_dict(state["optimizer"])


class UniformPaths(SupernetLearner):
    """One architecture drawn at random for each step, and nothing is learned."""

    def choose(self, training: SupernetTraining) -> tuple[None, Path]:
        """Return the path of any architecture."""
        config = training.space.decisions.sample(training.rng)
        return None, training.space.path(config)
