"""Grid search: all configurations of a finite space."""

from sklearn_automl.exceptions import SearchSpaceExhausted
from sklearn_automl.samplers._base import Proposal, Sampler

__all__ = ["GridSampler"]


class GridSampler(Sampler):
    """Propose every configuration of a finite space once.

    Parameters
    ----------
    shuffle : bool, default=False
        Whether to go through the grid in random order. Without, the order is that of
        :class:`sklearn.model_selection.ParameterGrid`.

    See Also
    --------
    RandomSampler : Independent draws, for spaces of any size.

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
            if self.is_new(config):  # an initial one comes up again at its place
                return Proposal(config, "grid")
        raise SearchSpaceExhausted
