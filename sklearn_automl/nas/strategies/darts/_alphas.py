"""What DARTS learns while the weights of a supernet are trained: its alphas (Liu,
Simonyan and Yang, "DARTS: Differentiable architecture search", ICLR 2019, Algorithm 1).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from sklearn_automl.nas.space import ArchitectureSpace
from sklearn_automl.nas.space._supergraph import Path
from sklearn_automl.nas.strategies.darts._bilevel import architecture_gradient
from sklearn_automl.nas.strategies.darts._derivation import derived_path, n_skips
from sklearn_automl.nas.strategies.darts._mixtures import Mixtures, perturbed
from sklearn_automl.nas.supernet.mixed import Mixture
from sklearn_automl.nas.supernet.training import (
    Batch,
    SupernetLearner,
    SupernetTraining,
)

__all__ = ["AlphaOptions", "Alphas"]

_BETAS = (0.5, 0.999)  # of Adam, for the alphas
_ALPHA_DECAY = 1e-3

# The radius of the perturbation in the beginning, as a share of that at the end.
_FIRST_RADIUS = 0.1


@dataclass(frozen=True)
class AlphaOptions:
    """How alphas are learned and read: the options of DARTS that say so."""

    #: What is executed in a step.
    mixtures: Mixtures
    order: int
    lr: float
    warm_up: float
    auxiliary_skip: bool
    max_skips: int | None
    stop_at_skips: bool
    perturbation: float
    #: Of the weights: the second order looks through their step.
    weight_decay: float


class Alphas(SupernetLearner):
    """Moves the alphas of a supernet, as the options of a strategy say."""

    def __init__(self, options: AlphaOptions) -> None:
        self._options = options
        #: What would have been derived after each epoch with steps of the alphas.
        self.paths: list[Path] = []

    def start(self, training: SupernetTraining) -> None:
        """Make the optimizer of the alphas."""
        self._space: ArchitectureSpace = training.space
        self._supernet = training.supernet
        self._parameters = self._supernet.architecture_parameters()
        self._adam = torch.optim.Adam(
            self._parameters,
            lr=self._options.lr,
            betas=_BETAS,
            weight_decay=_ALPHA_DECAY,
        )

    # ---- steps -----------------------------------------------------------------------

    def choose(self, training: SupernetTraining) -> tuple[Mixture | None, Path | None]:
        """Return what is executed in a step of the weights."""
        with torch.no_grad():
            mixture, path = self._sampled(training.progress)
            if self._options.perturbation:
                share = _FIRST_RADIUS + (1 - _FIRST_RADIUS) * training.progress
                mixture = perturbed(mixture, share * self._options.perturbation)
        return mixture, path

    def learn(
        self, training: SupernetTraining, batch: Batch, train_batch: Batch
    ) -> torch.Tensor | None:
        """Take a step of the alphas on a batch of the other half."""
        if training.progress < self._options.warm_up:
            return None
        value: torch.Tensor | None = None
        rewind = training.same_randomness()

        def valid_loss() -> torch.Tensor:
            nonlocal value
            loss = training.loss(batch, *self._sampled(training.progress))
            value = loss.detach()
            return loss + self._options.mixtures.penalty(self._alphas)

        def train_loss() -> torch.Tensor:
            rewind()
            return training.loss(train_batch, *self._sampled(training.progress))

        # Alg. 1, step 1: alphas descend the gradient of the validation loss. Step 2, of
        # the weights, follows in the training of the supernet.
        gradient = architecture_gradient(
            train_loss,
            valid_loss,
            training.weights,
            self._parameters,
            xi=training.lr if self._options.order == 2 else 0,
            momentum=training.momentum,
            velocities=training.velocities(),
            weight_decay=self._options.weight_decay,
        )
        for parameter, step in zip(self._parameters, gradient, strict=True):
            parameter.grad = step
        self._adam.step()
        self._adam.zero_grad(set_to_none=True)
        return value

    def _sampled(self, progress: float) -> tuple[Mixture, Path | None]:
        """Return the mixture, and the path if one architecture is executed."""
        supernet, options = self._supernet, self._options
        supernet.skip_strength = 1 - progress if options.auxiliary_skip else 0.0
        return options.mixtures.draw(self._alphas, progress)

    @property
    def _alphas(self) -> dict[str, torch.Tensor]:
        return dict(self._supernet.alphas.items())

    # ---- what they mean --------------------------------------------------------------

    @property
    def mixture(self) -> dict[str, torch.Tensor]:
        """Of each choice the weight of its options; the mean where they are drawn."""
        with torch.no_grad():
            return self._options.mixtures.mean(self._alphas)

    @property
    def option_weights(self) -> dict[str, np.ndarray]:
        """Of each choice the weight of its options, edges included."""
        with torch.no_grad():
            edges = self._supernet.edge_weights()
            return {
                name: (mean * edges.get(name, 1.0)).cpu().numpy()
                for name, mean in self.mixture.items()
            }

    def path(self) -> Path:
        """Return what the alphas mean now."""
        if self.is_done and self.paths:
            return self.paths[-1]
        return derived_path(self._space, self.option_weights, self._options.max_skips)

    def end_epoch(self, training: SupernetTraining) -> dict[str, Any]:
        """Return the weights of all options, and how many identities are strongest."""
        weights = self.option_weights
        free = n_skips(self._space, derived_path(self._space, weights))
        options = self._options
        if training.progress > options.warm_up:
            if options.stop_at_skips and free > (options.max_skips or 0):
                self.is_done = True
            else:
                self.paths.append(self.path())
        choices = self._supernet.graph.choices
        named = {
            name: dict(zip(choices[name].labels(), values.tolist(), strict=True))
            for name, values in weights.items()
        }
        return {"n_skips": free, "weights": named}

    def state_dict(self) -> dict[str, Any]:
        """Return the optimizer of the alphas, and what has been derived."""
        return {
            "adam": self._adam.state_dict(),
            "paths": [dict(path) for path in self.paths],
            "is_done": self.is_done,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self._adam.load_state_dict(state["adam"])
        self.paths, self.is_done = state["paths"], state["is_done"]
