"""Gradient-based search (Liu, Simonyan and Yang, "DARTS: Differentiable architecture
search", ICLR 2019, Algorithm 1), and what later work has mended of it.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from sklearn_automl._options import check_between, check_integer, check_positive
from sklearn_automl.nas.strategies._one_shot import OneShotStrategy
from sklearn_automl.nas.strategies.darts._alphas import AlphaOptions, Alphas
from sklearn_automl.nas.strategies.darts._derivation import derived_path
from sklearn_automl.nas.strategies.darts._mixtures import MIXTURES, Mixtures
from sklearn_automl.nas.strategies.darts._perturbation import perturbation_weights
from sklearn_automl.nas.supernet.options import SupernetOptions
from sklearn_automl.nas.supernet.training import SupernetTraining
from sklearn_automl.space import Configuration

__all__ = ["DARTS"]

_DERIVATIONS = ("argmax", "perturbation")

# A step of a mixture takes longer than one of a single architecture, but it trains all
# operations. See `benchmarks/bench_nas.py mnist1d-lean`.
_STEPS_OF_MIXTURES = 150


class DARTS(OneShotStrategy):
    """Learn by gradients how much each operation counts, then keep the strongest.

    One supernet contains all architectures. At each place it sums all operations,
    weighted by the softmax of numbers called alphas. Steps of the weights of
    operations, on one half of the training rows, alternate with steps of the alphas, on
    the other half [1]_. At the end, the strongest operation of each place is kept.
    Short trainings compare this architecture with derivations of earlier epochs and
    with a random architecture.

    .. versionadded:: 0.1

    Parameters
    ----------
    order : {1, 2}, default=1
        With 1, a step of the alphas uses the current weights. With 2, it takes the next
        step of the weights into account, by a finite difference. This takes two to
        three times as long.

    sampler : {"softmax", "gumbel", "dirichlet"}, default="softmax"
        What is executed. "softmax" executes all operations. "gumbel" executes one
        operation at each place, which is drawn with the weights as probabilities (GDAS
        [2]_). "dirichlet" executes all operations, with weights that are drawn around
        the alphas (DrNAS [3]_).

    derivation : {"argmax", "perturbation"}, default="argmax"
        Which operation is the strongest. "argmax" takes the operation with the largest
        weight. "perturbation" takes the operation whose absence makes the loss grow
        most (DARTS-PT [4]_). This takes longer than the training of the supernet.

    n_epochs : int, default=None
        Epochs of the supernet. None for about 150 steps, or 1,000 with
        ``sampler="gumbel"``: at least 5 and at most 100 epochs.

    warm_up : float, default=0.25
        Share of the epochs at the beginning in which the alphas do not change (as in
        PC-DARTS [5]_).

    auxiliary_skip : bool, default=False
        Whether an identity is added to each place. Its strength falls from 1 to 0
        (DARTS- [6]_). Gradients then flow even if other identities are not strong.

    max_skips : int, default=2
        The largest number of identities in a cell that is derived (P-DARTS [7]_), or of
        layers of a chain that are left out. None for no limit.

    stop_at_skips : bool, default=False
        Whether the search ends when more than `max_skips` identities are strongest
        (DARTS+ [8]_).

    perturbation : float, default=0.0
        Radius of uniform noise that is added to the softmax in steps of the weights.
        The radius grows from a tenth of this value to this value (SmoothDARTS-RS [9]_,
        where it is 0.3).

    channel_share : int, default=None
        One in `channel_share` channels goes through the operations, and the others pass
        them by (PC-DARTS [5]_, where it is 4). It must divide the width of the space.
        None for 2 if this is possible everywhere, and for 1 otherwise.

    alpha_lr : float, default=0.05
        Learning rate of Adam, which changes the alphas.

    optimizer : {"adamw", "sgd"}, default=None
        Optimizer of the weights. "sgd", as in [1]_, has a momentum of 0.9. None for
        "sgd" with ``order=2``, which computes the step of SGD, and for "adamw"
        otherwise. With "adamw" the weights are useful after a hundred steps.

    lr : float, default=None
        The largest learning rate of the weights. The rate falls along half a cosine.
        None for 0.025 with "sgd" and 0.02 with "adamw".

    weight_decay : float, default=0.0003
        Weight decay of the weights.

    n_derived : int, default=2
        Number of derived architectures that are compared: the last one, and different
        ones of earlier epochs.

    n_random : int, default=1
        Number of random architectures that are compared with the derived ones.

    mixed_precision : bool, default=False
        Whether the supernet computes in bfloat16 where torch does so automatically.

    Attributes
    ----------
    n_proposals : Counter
        How many candidates were derived, and how many are random.

    See Also
    --------
    RandomWS : Scores random architectures with shared weights.
    ENAS : Learns a policy from scores with shared weights.

    Notes
    -----
    With ``optimizer="sgd", channel_share=1, max_skips=None, warm_up=0`` this is [1]_,
    with a few differences. There are fewer epochs. So the learning rate of the alphas
    is larger (0.05 instead of 3e-4): otherwise a search of 150 steps would not change
    them. The learning rate of the weights falls with each step, not with each epoch.
    Batch normalisation uses the statistics of the batch, so there are no moving
    averages that the steps of the alphas would change. "none" takes part only if the
    space has it or a node keeps two of its edges. The finite difference of ``order=2``
    repeats the same dropout. Batches are those of the estimator. If the space has
    several heads, the head is searched too.

    There are also differences from the other papers. In [2]_, operations that are not
    drawn have a separate gradient. Here they have one only through the softmax. Where
    axes are halved, channels that pass by are pooled over three places, and in [5]_
    over two. In [7]_ and [8]_, the identities of normal cells are counted. Here the
    identities of each kind of cell are counted.

    References
    ----------
    .. [1] H. Liu, K. Simonyan and Y. Yang, "DARTS: Differentiable architecture
       search", ICLR 2019. :arxiv:`1806.09055`

    .. [2] X. Dong and Y. Yang, "Searching for a robust neural architecture in four GPU
       hours", CVPR 2019. :arxiv:`1910.04465`

    .. [3] X. Chen et al., "DrNAS: Dirichlet neural architecture search", ICLR 2021.
       :arxiv:`2006.10355`

    .. [4] R. Wang et al., "Rethinking architecture selection in differentiable NAS",
       ICLR 2021. :arxiv:`2108.04392`

    .. [5] Y. Xu et al., "PC-DARTS: Partial channel connections for memory-efficient
       architecture search", ICLR 2020. :arxiv:`1907.05737`

    .. [6] X. Chu et al., "DARTS-: Robustly stepping out of performance collapse without
       indicators", ICLR 2021. :arxiv:`2009.01027`

    .. [7] X. Chen, L. Xie, J. Wu and Q. Tian, "Progressive differentiable architecture
       search", ICCV 2019. :arxiv:`1904.12760`

    .. [8] H. Liang et al., "DARTS+: Improved differentiable architecture search with
       early stopping", 2019. :arxiv:`1909.06035`

    .. [9] X. Chen and C.-J. Hsieh, "Stabilizing differentiable architecture search via
       perturbation-based regularization", ICML 2020. :arxiv:`2002.05283`

    Examples
    --------
    >>> from sklearn_automl.nas.strategies import DARTS
    >>> DARTS(order=2, channel_share=2)
    DARTS(channel_share=2, order=2)
    """

    def __init__(
        self,
        order: int = 1,
        sampler: str = "softmax",
        derivation: str = "argmax",
        *,
        n_epochs: int | None = None,
        warm_up: float = 0.25,
        auxiliary_skip: bool = False,
        max_skips: int | None = 2,
        stop_at_skips: bool = False,
        perturbation: float = 0.0,
        channel_share: int | None = None,
        alpha_lr: float = 0.05,
        optimizer: str | None = None,
        lr: float | None = None,
        weight_decay: float = 3e-4,
        n_derived: int = 2,
        n_random: int = 1,
        mixed_precision: bool = False,
    ) -> None:
        self.order = order
        self.sampler = sampler
        self.derivation = derivation
        self.n_epochs = n_epochs
        self.warm_up = warm_up
        self.auxiliary_skip = auxiliary_skip
        self.max_skips = max_skips
        self.stop_at_skips = stop_at_skips
        self.perturbation = perturbation
        self.channel_share = channel_share
        self.alpha_lr = alpha_lr
        self.optimizer = optimizer
        self.lr = lr
        self.weight_decay = weight_decay
        self.n_derived = n_derived
        self.n_random = n_random
        self.mixed_precision = mixed_precision

    def _check_options(self) -> None:
        super()._check_options()
        if self.order not in (1, 2):
            raise self._refuse("order", "1 or 2")
        if self.order == 2 and self.supernet_options().optimizer != "sgd":
            raise self._refuse(
                "optimizer", "'sgd' with order=2, which looks through it"
            )
        # Where one operation is executed, no other has a step, and it has no share.
        if not self._mixtures.executes_all and self.order == 2:
            raise self._refuse("sampler", "'softmax' or 'dirichlet' with order=2")
        if not self._mixtures.executes_all and self.perturbation:
            raise self._refuse("perturbation", f"0 with sampler={self.sampler!r}")
        self._check_one_of("derivation", _DERIVATIONS)
        self._check_option(check_between, "warm_up", 0, 1)
        for name in ("auxiliary_skip", "stop_at_skips"):
            if not isinstance(getattr(self, name), bool | np.bool_):
                raise self._refuse(name, "True or False")
        if self.max_skips is not None:
            self._check_option(check_integer, "max_skips", 0)
        elif self.stop_at_skips:
            raise self._refuse("max_skips", "an integer with stop_at_skips=True")
        self._check_option(check_between, "perturbation", 0, 1)
        self._check_option(check_positive, "alpha_lr")

    def _optimizer(self) -> str:
        if self.optimizer is None and self.order == 2:
            return "sgd"
        return super()._optimizer()

    def supernet_options(self) -> SupernetOptions:
        """Return how the weights are trained: all of them in each step, in fewer."""
        options = super().supernet_options()
        if self._mixtures.executes_all:
            return replace(options, n_steps=_STEPS_OF_MIXTURES)
        return options

    @property
    def _mixtures(self) -> Mixtures:
        """What is executed in a step."""
        self._check_one_of("sampler", tuple(MIXTURES))
        return MIXTURES[self.sampler]

    def make_learner(self) -> Alphas:
        """Return what learns the alphas while the supernet is trained."""
        options = AlphaOptions(
            mixtures=self._mixtures,
            order=self.order,
            lr=self.alpha_lr,
            warm_up=self.warm_up,
            auxiliary_skip=self.auxiliary_skip,
            max_skips=self.max_skips,
            stop_at_skips=self.stop_at_skips,
            perturbation=self.perturbation,
            weight_decay=self.weight_decay,
        )
        return Alphas(options)

    def _derive(
        self, training: SupernetTraining, learner: Alphas
    ) -> Iterator[Configuration]:
        space = training.space
        if self.derivation == "perturbation":
            weights = perturbation_weights(
                training, learner.mixture, learner.option_weights
            )
            yield space.config_of(derived_path(space, weights, self.max_skips))
        # Alg. 1, the last line: the architecture that the alphas mean.
        for path in [learner.path(), *reversed(learner.paths)]:
            yield space.config_of(path)
