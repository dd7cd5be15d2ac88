"""Which model proposes best: what was measured, as one function."""

from sklearn_automl.space import SearchSpace

__all__ = ["choose_sampler"]

# With so many evaluations the Gaussian process was best, or level, in all of
# `benchmarks/bench_models.py full xgboost mixed many`: with 20 to 100 evaluations of 7
# and 8 numbers and of 8 to 32 parameters of which half are lists, and with up to 500
# evaluations of 7 numbers. Particle swarm was level with it at 500 ("many"), and a
# proposal takes a fortieth of the time.
_MOST_FOR_GP = 500


def choose_sampler(space: SearchSpace, n_trials: float) -> str:
    """Return the sampler that measured best for a space and a number of evaluations.

    Parameters
    ----------
    space : SearchSpace
        The space.

    n_trials : int or float
        How many configurations are evaluated.

    Returns
    -------
    name : str
        "random" if all of a finite space is evaluated, "particle_swarm" for more than
        500 evaluations of a space that has numbers only, and "gp" otherwise.

    See Also
    --------
    make_sampler : Makes the sampler of a name.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from sklearn_automl.samplers import choose_sampler
    >>> from sklearn_automl.space import SearchSpace
    >>> space = SearchSpace({"C": loguniform(1e-2, 1e2)})
    >>> choose_sampler(space, 50), choose_sampler(space, 5000)
    ('gp', 'particle_swarm')
    """
    if space.size <= n_trials:
        return "random"  # all of it is tried, whatever proposes
    # The choice among alternatives is a category too.
    has_categories = any(p.domain.is_categorical for p in space.columns)
    if n_trials > _MOST_FOR_GP and not has_categories:
        return "particle_swarm"
    return "gp"
