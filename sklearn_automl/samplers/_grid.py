"""Grid search: all configurations of a finite space."""

from sklearn_automl.exceptions import SearchSpaceExhausted
from sklearn_automl.samplers._base import Proposal, Sampler

__all__ = ["GridSampler"]


class GridSampler(Sampler):
    """Propose every configuration of a finite space once.

    Parameters
    ----------
    shuffle : bool, default=False
        Whether to propose the configurations in random order. If False, the order is
        that of :class:`sklearn.model_selection.ParameterGrid`.

    Attributes
    ----------
    n_proposals : Counter
        The number of configurations that were asked for, by how they were found.

    Raises
    ------
    ValueError
        By :meth:`bind`, if the space is not finite.

    See Also
    --------
    RandomSampler : Independent draws, for spaces of any size.

    Notes
    -----
    The whole grid is listed by :meth:`bind`. An initial configuration is not proposed a
    second time when its place in the grid comes.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_automl.samplers import GridSampler
    >>> from sklearn_automl.space import SearchSpace
    >>> space = SearchSpace({"a": [1, 2], "b": [True, False]})
    >>> sampler = GridSampler().bind(space, np.random.default_rng(0))
    >>> sampler.ask(), sampler.ask()
    ({'a': 1, 'b': True}, {'a': 1, 'b': False})
    """

    def __init__(self, *, shuffle: bool = False) -> None:
        self.shuffle = shuffle

    def start(self) -> None:
        configs = list(self.space)
        if self.shuffle:
            self.rng.shuffle(configs)
        self._grid = iter(configs)

    def propose(self, resource: float) -> Proposal:  # noqa: ARG002
        for config in self._grid:
            # An initial configuration appears again at its place in the grid.
            if self.is_new(config):
                return Proposal(config, "grid")
        raise SearchSpaceExhausted
