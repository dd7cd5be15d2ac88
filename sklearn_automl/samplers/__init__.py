"""Samplers: which configuration comes next."""

from typing import Any

from sklearn_automl.samplers._auto import choose_sampler
from sklearn_automl.samplers._base import Observation, Proposal, Sampler
from sklearn_automl.samplers._cma_es import CMAESSampler
from sklearn_automl.samplers._differential_evolution import (
    DifferentialEvolutionSampler,
)
from sklearn_automl.samplers._forest import ForestSampler
from sklearn_automl.samplers._gaussian_process import (
    GaussianPosterior,
    GaussianProcessSampler,
)
from sklearn_automl.samplers._genetic import GeneticSampler
from sklearn_automl.samplers._grid import GridSampler
from sklearn_automl.samplers._history import ModelSampler
from sklearn_automl.samplers._incumbents import PastTask, choose_incumbents
from sklearn_automl.samplers._kde import KDESampler
from sklearn_automl.samplers._particle_swarm import ParticleSwarmSampler
from sklearn_automl.samplers._population import Ranked
from sklearn_automl.samplers._random import RandomSampler
from sklearn_automl.samplers._regularized_evolution import (
    RegularizedEvolutionSampler,
)
from sklearn_automl.samplers._suggested import SuggestingSampler
from sklearn_automl.samplers._surrogate import Surrogate

__all__ = [
    "CMAESSampler",
    "DifferentialEvolutionSampler",
    "ForestSampler",
    "GaussianPosterior",
    "GaussianProcessSampler",
    "GeneticSampler",
    "GridSampler",
    "KDESampler",
    "ModelSampler",
    "Observation",
    "ParticleSwarmSampler",
    "PastTask",
    "Proposal",
    "RandomSampler",
    "Ranked",
    "RegularizedEvolutionSampler",
    "Sampler",
    "SuggestingSampler",
    "Surrogate",
    "choose_incumbents",
    "choose_sampler",
    "make_sampler",
    "sampler_names",
]

# The classes of samplers by the names that the searches take.
_SAMPLERS: dict[str, type[Sampler]] = {
    "cma_es": CMAESSampler,
    "differential_evolution": DifferentialEvolutionSampler,
    "genetic": GeneticSampler,
    "gp": GaussianProcessSampler,
    "grid": GridSampler,
    "kde": KDESampler,
    "particle_swarm": ParticleSwarmSampler,
    "random": RandomSampler,
    "regularized_evolution": RegularizedEvolutionSampler,
    "rf": ForestSampler,
}


def make_sampler(name: str, **options: Any) -> Sampler:
    """Return the sampler of a name.

    Parameters
    ----------
    name : str
        One of :func:`sampler_names`.

    **options : dict
        Options for the constructor of the sampler. The others have their defaults.

    Returns
    -------
    sampler : Sampler
        A sampler that is not bound to a space yet.

    Raises
    ------
    KeyError
        If no sampler has this name.

    ValueError
        If an option is out of its range.

    See Also
    --------
    sampler_names : The names.

    Examples
    --------
    >>> from sklearn_automl.samplers import make_sampler
    >>> make_sampler("kde", n_candidates=128).n_candidates
    128
    """
    return _SAMPLERS[name](**options)


def sampler_names(*, learns: bool | None = None) -> set[str]:
    """Return the names that :func:`make_sampler` knows.

    Parameters
    ----------
    learns : bool, default=None
        True for samplers that learn from results, False for samplers that do not, None
        for all.

    Returns
    -------
    names : set of str
        The names.

    See Also
    --------
    make_sampler : Makes the sampler of a name.

    Examples
    --------
    >>> from sklearn_automl.samplers import sampler_names
    >>> "kde" in sampler_names()
    True
    >>> sorted(sampler_names(learns=False))
    ['grid', 'random']
    """
    return {
        name
        for name, sampler in _SAMPLERS.items()
        if learns is None or sampler.learns == learns
    }
