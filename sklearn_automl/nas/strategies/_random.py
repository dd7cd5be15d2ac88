"""Random search of architectures (Li and Talwalkar, "Random search and reproducibility
for neural architecture search", UAI 2019).
"""

from typing import ClassVar

from sklearn_automl.nas.strategies._base import Strategy
from sklearn_automl.samplers import Proposal

__all__ = ["RandomStrategy"]


class RandomStrategy(Strategy):
    """Draw every decision with equal probabilities.

    Random search is the baseline for all other strategies. It is hard to beat in small
    spaces [1]_.

    .. versionadded:: 0.1

    Attributes
    ----------
    n_proposals : Counter
        How many architectures were proposed.

    See Also
    --------
    Evolution : Changes the best ones that were found.

    Notes
    -----
    A decision that depends on another one is drawn only if the other one has the right
    value. So decisions are uniform, but architectures may not be. For example, if the
    number of layers is a decision, the few small networks are drawn as often as the
    many large ones.

    References
    ----------
    .. [1] L. Li and A. Talwalkar, "Random search and reproducibility for neural
       architecture search", UAI 2019. :arxiv:`1902.07638`

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_automl.nas import ChainSpace
    >>> from sklearn_automl.nas.strategies import RandomStrategy
    >>> space = ChainSpace(n_layers=(1, 3), widths=[8, 16]).bind((4,))
    >>> strategy = RandomStrategy()
    >>> strategy = strategy.bind_architectures(space, np.random.default_rng(0))
    >>> strategy.ask() in space.decisions
    True
    """

    learns: ClassVar[bool] = False

    def __init__(self) -> None:
        pass

    def _check_options(self) -> None:
        pass

    def propose(self, resource: float) -> Proposal:  # noqa: ARG002
        return self._random("random")
