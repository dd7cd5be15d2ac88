"""What DARTS executes: mixtures of options, computed from alphas or drawn with them.

Liu, Simonyan and Yang, "DARTS: Differentiable architecture search", ICLR 2019; Dong and
Yang, "Searching for a robust neural architecture in four GPU hours", CVPR 2019 (GDAS);
Chen et al., "DrNAS: Dirichlet neural architecture search", ICLR 2021.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import torch
from torch.distributions import Dirichlet, kl_divergence
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from sklearn_automl.nas.space._supergraph import Path
from sklearn_automl.nas.supernet.mixed import Mixture

__all__ = ["MIXTURES", "Mixtures", "perturbed"]

#: Of each choice the logits of its options.
Alphas = Mapping[str, torch.Tensor]

# The temperature of the Gumbel softmax in the beginning and at the end, as in GDAS.
_HOT, _COLD = 10.0, 0.1

# Weight of the divergence from the uniform Dirichlet distribution, as in DrNAS.
_DIVERGENCE = 1e-3


class Mixtures(ABC):
    """What is executed of a supernet, given its alphas."""

    #: Whether all operations are executed in a step, so that each of them learns.
    executes_all: ClassVar[bool] = True

    @abstractmethod
    def draw(self, alphas: Alphas, progress: float) -> tuple[Mixture, Path | None]:
        """Return the mixture, and the path if one architecture is executed.

        ``progress`` is the share of the training that is done.
        """

    def mean(self, alphas: Alphas) -> dict[str, torch.Tensor]:
        """Return the mean of the mixtures that are drawn."""
        return {name: alpha.softmax(dim=0) for name, alpha in alphas.items()}

    def penalty(self, alphas: Alphas) -> torch.Tensor | float:  # noqa: ARG002
        """Return what is added to the loss of the alphas."""
        return 0.0


class Softmax(Mixtures):
    """All operations, with the softmax of the alphas (DARTS)."""

    def draw(
        self,
        alphas: Alphas,
        progress: float,  # noqa: ARG002
    ) -> tuple[Mixture, None]:
        """Return the softmax of the alphas."""
        return self.mean(alphas), None  # eq. (2) of DARTS


class Gumbel(Mixtures):
    """One operation of each place, drawn with the softmax of the alphas (GDAS)."""

    executes_all: ClassVar[bool] = False

    def draw(self, alphas: Alphas, progress: float) -> tuple[Mixture, Path]:
        """Return one option of each choice, with the weight 1."""
        temperature = _HOT + (_COLD - _HOT) * progress
        drawn = _one_hot(_as_matrix(alphas), temperature)
        # A device is waited for once: the host must know what is to be executed.
        path = dict(zip(alphas, _numbers(drawn).tolist(), strict=True))
        mixture = {
            name: row[: len(alpha)]
            for (name, alpha), row in zip(alphas.items(), drawn.unbind(), strict=True)
        }
        for name, number in path.items():
            if number < 0:
                raise ValueError(
                    f"The alphas of {name!r} are {alphas[name].tolist()}: pass a "
                    "smaller alpha_lr to DARTS."
                )
        return mixture, path


class DirichletMixtures(Mixtures):
    """All operations, with weights that are drawn around the alphas (DrNAS)."""

    def draw(
        self,
        alphas: Alphas,
        progress: float,  # noqa: ARG002
    ) -> tuple[Mixture, None]:
        """Return weights that are drawn, and differentiable."""
        return {n: _dirichlet(alpha).rsample() for n, alpha in alphas.items()}, None

    def mean(self, alphas: Alphas) -> dict[str, torch.Tensor]:
        """Return the mean of the distributions."""
        return {name: _dirichlet(alpha).mean for name, alpha in alphas.items()}

    def penalty(self, alphas: Alphas) -> torch.Tensor:
        """Return how far the distributions are from the uniform ones."""
        terms = [
            kl_divergence(_dirichlet(alpha), _dirichlet(torch.zeros_like(alpha)))
            for alpha in alphas.values()
        ]
        return _DIVERGENCE * torch.stack(terms).sum()


#: By the names that users know.
MIXTURES: dict[str, Mixtures] = {
    "softmax": Softmax(),
    "gumbel": Gumbel(),
    "dirichlet": DirichletMixtures(),
}


def perturbed(mixture: Mixture, radius: float) -> Mixture:
    """Add uniform noise to weights, which stay weights (SmoothDARTS-RS)."""
    noisy = {
        name: (values + radius * (2 * torch.rand_like(values) - 1)).clamp(min=0)
        for name, values in mixture.items()
    }
    return {
        name: values / values.sum().clamp(min=torch.finfo(values.dtype).tiny)
        for name, values in noisy.items()
    }


def _as_matrix(alphas: Alphas) -> torch.Tensor:
    """Return the alphas as rows of one length, which -inf fills: never drawn."""
    rows = list(alphas.values())
    return pad_sequence(rows, batch_first=True, padding_value=-torch.inf)


def _one_hot(alphas: torch.Tensor, temperature: float) -> torch.Tensor:
    """Draw an option of each row; not a number where alphas are not finite.

    The gradient is that of the softmax with Gumbel noise.
    """
    # A draw of zero would make the noise infinite.
    tiny = torch.finfo(alphas.dtype).tiny
    noise = -torch.empty_like(alphas).exponential_().clamp(min=tiny).log()
    soft = ((alphas.log_softmax(dim=1) + noise) / temperature).softmax(dim=1)
    largest = soft.argmax(dim=1, keepdim=True)
    hard = torch.zeros_like(soft).scatter_(1, largest, 1.0)
    return hard - soft.detach() + soft


def _numbers(drawn: torch.Tensor) -> torch.Tensor:
    """Return which option of each row was drawn, -1 where there is none."""
    is_drawn = drawn.isfinite().all(dim=1)
    return torch.where(is_drawn, drawn.argmax(dim=1), -1)


def _dirichlet(alpha: torch.Tensor) -> Dirichlet:
    """Return the distribution whose concentration is elu(alpha) + 1."""
    # To validate it would mean to wait for a device, once for each choice.
    return Dirichlet(functional.elu(alpha) + 1, validate_args=False)
