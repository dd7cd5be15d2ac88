"""What DARTS learns while the weights of a supernet are trained: its alphas."""

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.distributions import Dirichlet, kl_divergence
from torch.nn import functional

from sklearn_automl.nas.space import ArchitectureSpace
from sklearn_automl.nas.space._supergraph import Path
from sklearn_automl.nas.strategies.darts._bilevel import architecture_gradient
from sklearn_automl.nas.strategies.darts._derivation import derived_path, n_skips
from sklearn_automl.nas.supernet.mixed import Mixture
from sklearn_automl.nas.supernet.training import (
    Batch,
    SupernetLearner,
    SupernetTraining,
)

if TYPE_CHECKING:
    from sklearn_automl.nas.strategies._darts import DARTS

__all__ = ["Alphas"]

_BETAS = (0.5, 0.999)  # of Adam, for the alphas
_ALPHA_DECAY = 1e-3

# Gumbel softmax: the temperature in the beginning and at the end.
_HOT, _COLD = 10.0, 0.1
_MOST_DRAWS = 100

# Dirichlet: weight of the divergence from the uniform one.
_DIVERGENCE = 1e-3

# Perturbation: its radius in the beginning, as a share of that at the end.
_FIRST_RADIUS = 0.1


class Alphas(SupernetLearner):
    """Moves the alphas of a supernet, as the options of a strategy say."""

    def __init__(self, options: "DARTS") -> None:
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
            lr=self._options.alpha_lr,
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
                mixture = _perturbed(mixture, share * self._options.perturbation)
        return mixture, path

    def learn(
        self, training: SupernetTraining, batch: Batch, train_batch: Batch
    ) -> float | None:
        """Take a step of the alphas on a batch of the other half."""
        if training.progress < self._options.warm_up:
            return None
        value = 0.0
        rewind = training.same_randomness()

        def valid_loss() -> torch.Tensor:
            nonlocal value
            loss = training.loss(batch, *self._sampled(training.progress))
            value = float(loss.detach())
            return loss + self._penalty()

        def train_loss() -> torch.Tensor:
            rewind()
            return training.loss(train_batch, *self._sampled(training.progress))

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
        supernet, sampler = self._supernet, self._options.sampler
        supernet.skip_strength = 1 - progress if self._options.auxiliary_skip else 0.0
        if sampler == "softmax":
            return supernet.softmax(), None
        if sampler == "dirichlet":
            drawn = {
                name: Dirichlet(_concentration(alpha)).rsample()
                for name, alpha in supernet.alphas.items()
            }
            return drawn, None
        temperature = _HOT + (_COLD - _HOT) * progress
        drawn = {
            name: _one_hot(alpha, temperature)
            for name, alpha in supernet.alphas.items()
        }
        return drawn, {name: int(values.argmax()) for name, values in drawn.items()}

    def _penalty(self) -> torch.Tensor | float:
        if self._options.sampler != "dirichlet":
            return 0.0
        terms = [
            kl_divergence(
                Dirichlet(_concentration(alpha)), Dirichlet(torch.ones_like(alpha))
            )
            for alpha in self._supernet.alphas.values()
        ]
        return _DIVERGENCE * torch.stack(terms).sum()

    # ---- what they mean --------------------------------------------------------------

    @property
    def mixture(self) -> dict[str, torch.Tensor]:
        """Of each choice the weight of its options; the mean where they are drawn."""
        with torch.no_grad():
            if self._options.sampler != "dirichlet":
                return self._supernet.softmax()
            return {
                name: Dirichlet(_concentration(alpha)).mean
                for name, alpha in self._supernet.alphas.items()
            }

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
        graph = self._supernet.graph
        named = {
            name: dict(zip(graph.labels(name), values.tolist(), strict=True))
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


def _one_hot(alpha: torch.Tensor, temperature: float) -> torch.Tensor:
    """Draw an option; its gradient is that of the softmax with Gumbel noise."""
    logits = alpha.log_softmax(dim=0)
    for _ in range(_MOST_DRAWS):  # the noise can be infinite
        drawn = functional.gumbel_softmax(logits, tau=temperature, hard=True)
        if drawn.isfinite().all():
            return drawn
    raise ValueError(
        f"The alphas are {alpha.tolist()}: pass a smaller alpha_lr to DARTS."
    )


def _concentration(alpha: torch.Tensor) -> torch.Tensor:
    return functional.elu(alpha) + 1


def _perturbed(mixture: Mixture, radius: float) -> Mixture:
    """Add uniform noise to weights, which stay weights."""
    noisy = {
        name: (values + radius * (2 * torch.rand_like(values) - 1)).clamp(min=0)
        for name, values in mixture.items()
    }
    return {
        name: values / values.sum().clamp(min=torch.finfo(values.dtype).tiny)
        for name, values in noisy.items()
    }
