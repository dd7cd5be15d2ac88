"""Random search (Bergstra and Bengio, JMLR 13, 2012)."""

from sklearn_automl.samplers._base import Proposal, Sampler

__all__ = ["RandomSampler"]


class RandomSampler(Sampler):
    """Draw every configuration independently from the distributions of the space.

    This is random search [1]_. It takes no options.

    Attributes
    ----------
    n_proposals : Counter
        The number of configurations that were asked for, by how they were found.

    See Also
    --------
    GridSampler : Every configuration of a finite space, in order.

    Notes
    -----
    Unlike in [1]_, no configuration is proposed twice, so a finite space is used up in
    the end.

    References
    ----------
    .. [1] J. Bergstra and Y. Bengio, "Random search for hyper-parameter
       optimization", Journal of Machine Learning Research 13, 2012.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.stats import randint
    >>> from sklearn_automl.samplers import RandomSampler
    >>> from sklearn_automl.space import SearchSpace
    >>> space = SearchSpace({"max_depth": randint(1, 4)})
    >>> sampler = RandomSampler().bind(space, np.random.default_rng(0))
    >>> sorted(sampler.ask()["max_depth"] for _ in range(3))
    [1, 2, 3]
    """

    def propose(self, resource: float) -> Proposal:  # noqa: ARG002
        # Deviation: ``ask`` of the base class refuses a repeat because the evaluation
        # of one shows nothing new.
        return Proposal(self.space.sample(self.rng), "random")
