"""Grid search: all configurations of a finite space."""

from sklearn_automl.exceptions import SearchSpaceExhausted
from sklearn_automl.samplers._base import Sampler
from sklearn_automl.space import Configuration

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

    def _start(self) -> None:
        configs = list(self._space)
        if self.shuffle:
            self._rng.shuffle(configs)
        self._grid = iter(configs)

    def _next_new(self) -> Configuration:
        while not self._is_new(config := self._propose()):
            pass  # an initial configuration comes up again at its place in the grid
        return config

    def _propose(self) -> Configuration:
        try:
            return next(self._grid)
        except StopIteration:
            raise SearchSpaceExhausted from None
