"""Which architectures are small enough to be tried."""

import numpy as np

from sklearn_automl.exceptions import SearchSpaceExhausted
from sklearn_automl.nas.architecture import Architecture
from sklearn_automl.nas.networks import n_parameters, own_generators
from sklearn_automl.nas.space import ArchitectureSpace
from sklearn_automl.space import Configuration

__all__ = ["SizeLimit"]

# After so many architectures in a row that are too large, there are hardly any others.
# Looking at a whole space would take 0.05 to 0.5 milliseconds for each architecture.
_MAX_REFUSED = 2_000


class SizeLimit:
    """Refuses architectures with too many weights, and gives up after many of them.

    Parameters
    ----------
    space : ArchitectureSpace
        A bound space.

    n_outputs : int
        Of the networks.

    max_params : int or None
        The most weights of a network; None for no limit.

    Attributes
    ----------
    n_refused : int
        Architectures in a row that had too many weights.
    """

    def __init__(
        self, space: ArchitectureSpace, n_outputs: int, max_params: int | None
    ) -> None:
        self._space, self._n_outputs, self._max = space, n_outputs, max_params
        self.n_refused = 0
        self._own_sizes: dict[Architecture, int] = {}

    @property
    def gave_up(self) -> bool:
        """Whether so many were refused that there are hardly any others."""
        return self.n_refused >= _MAX_REFUSED

    def accepts(self, config: Configuration) -> bool:
        """Tell whether an architecture is small enough.

        Parameters
        ----------
        config : dict
            A configuration of the space.

        Returns
        -------
        bool
            True if it may be tried.

        Raises
        ------
        SearchSpaceExhausted
            If there are hardly any others.
        """
        if self.is_within(config):
            self.n_refused = 0
            return True
        self.n_refused += 1
        if self.gave_up:
            raise SearchSpaceExhausted
        return False

    def is_within(self, config: Configuration) -> bool:
        """Tell whether an architecture is small enough; take no note of it.

        Parameters
        ----------
        config : dict
            A configuration of the space.

        Returns
        -------
        bool
            True if it has no more weights than allowed.
        """
        if self._max is None:
            return True
        return self.n_parameters(self._space.architecture(config)) <= self._max

    def allows_any(self, seed: int) -> bool:
        """Tell whether some architecture is small enough to be worth a supernet."""
        rng = np.random.default_rng(seed)
        try:
            while not self.accepts(self._space.decisions.sample(rng)):
                pass
        except SearchSpaceExhausted:
            return False
        return True

    def n_parameters(self, architecture: Architecture) -> int:
        """Return how many weights a network has.

        Parameters
        ----------
        architecture : Architecture
            Of the space.

        Returns
        -------
        int
            The number of its parameters, 0 if it cannot be built: its trial fails, and
            says why.
        """
        try:
            if self._space.makes_own_modules:
                return self._n_own(architecture)
            return n_parameters(architecture, self._space.input_shape, self._n_outputs)
        # An operation of the user's can raise anything.
        except Exception:  # noqa: BLE001
            return 0

    def _n_own(self, architecture: Architecture) -> int:
        """Return how many weights a module of the user's has: it must be made."""
        if architecture not in self._own_sizes:
            with own_generators("cpu", None):
                module = self._space.build(architecture, self._n_outputs)
            self._own_sizes[architecture] = sum(p.numel() for p in module.parameters())
        return self._own_sizes[architecture]
