"""The arithmetic of rungs and brackets, in integers: a float logarithm loses some.

"Alg. 1" is that of Li et al., "Hyperband: A novel bandit-based approach to
hyperparameter optimization", JMLR 18, 2018. The bracket sizes follow its formula
``n = ceil((s_max + 1) / (s + 1) * eta**s)``. Its Table 1 and several implementations
take the floor of the fraction first, which gives other numbers of configurations.
"""

from collections.abc import Sequence

__all__ = [
    "Rung",
    "fill_brackets",
    "fit_rungs",
    "halving_rungs",
    "hyperband_rungs",
    "limit_brackets",
    "n_halvings",
    "rung_resources",
    "rung_sizes",
    "widen_first_rung",
]

# Lists of values that make more configurations than this are meant to be sampled.
_MOST_TRIED = 500

#: How many trials a rung has, and the resource that each of them gets: (n_i, r_i).
Rung = tuple[int, int]


def n_halvings(min_resource: int, max_resource: int, eta: int) -> int:
    """Return the largest s with ``min_resource * eta**s <= max_resource``.

    Parameters
    ----------
    min_resource : int
        The least that an evaluation gets, r.

    max_resource : int
        The most that an evaluation gets, R.

    eta : int
        The reduction factor.

    Returns
    -------
    s_max : int
        Number of rungs above the lowest one.

    Raises
    ------
    ValueError
        If `eta` is less than 2, or `min_resource` is not positive.

    Notes
    -----
    This is ``floor(log(R / r, eta))`` without the logarithm: ``math.log(243, 3)`` is
    4.999..., which costs Hyperband its most aggressive bracket.

    Examples
    --------
    >>> from sklearn_automl.schedulers import n_halvings
    >>> n_halvings(1, 243, 3)
    5
    """
    if eta < 2 or min_resource <= 0:
        raise ValueError(
            f"eta={eta!r} must be at least 2, and min_resource={min_resource!r} "
            "positive."
        )
    s = 0
    while min_resource * eta ** (s + 1) <= max_resource:
        s += 1
    return s


def rung_resources(max_resource: int, eta: int, s: int) -> tuple[int, ...]:
    """Return the s + 1 resources ``r_i = max_resource // eta**(s - i)``.

    The resources are divided from the top, so that the last one is ``max_resource``
    whatever ``eta`` is. Multiples of the lowest resource would end below it.
    """
    # Alg. 1, line 6: r_i = r * eta**i, with r = R * eta**-s.
    # Deviation: r_i is rounded down, because a resource is a whole number.
    return tuple(max_resource // eta ** (s - i) for i in range(s + 1))


def rung_sizes(n: int, eta: int, s: int) -> tuple[int, ...]:
    """Return how many of ``n`` trials reach each of s + 1 rungs."""
    # Alg. 1, line 5
    return tuple(n // eta**i for i in range(s + 1))


def halving_rungs(n: int, max_resource: int, eta: int, s: int) -> list[Rung]:
    """Return (n_i, r_i) of at most s + 1 rungs, each with at least one trial."""
    # Deviation: there are no rungs that n trials cannot fill, because the last one,
    # which has all of the resource, would be empty.
    s = min(s, n_halvings(1, n, eta)) if n else 0
    sizes, resources = rung_sizes(n, eta, s), rung_resources(max_resource, eta, s)
    return list(zip(sizes, resources, strict=True))


def fit_rungs(rungs: Sequence[Rung], n: int, eta: int) -> list[Rung]:
    """Return the last rungs of a bracket, for ``n`` trials instead of more."""
    if n == 0:
        return []
    s = min(len(rungs) - 1, n_halvings(1, n, eta))
    resources = [r for _, r in rungs[len(rungs) - 1 - s :]]
    return list(zip(rung_sizes(n, eta, s), resources, strict=True))


def hyperband_rungs(min_resource: int, max_resource: int, eta: int) -> list[list[Rung]]:
    """Return the rungs of Hyperband's brackets, the most aggressive bracket first.

    Parameters
    ----------
    min_resource : int
        The least that an evaluation gets, r.

    max_resource : int
        The most that an evaluation gets, R.

    eta : int
        The reduction factor.

    Returns
    -------
    brackets : list of list of tuple
        The number of trials and the resource of each rung, (n_i, r_i).

    See Also
    --------
    Hyperband : The scheduler that runs them.

    Examples
    --------
    >>> from sklearn_automl.schedulers import hyperband_rungs
    >>> hyperband_rungs(1, 9, 3)
    [[(9, 1), (3, 3), (1, 9)], [(5, 3), (1, 9)], [(3, 9)]]
    """
    s_max = n_halvings(min_resource, max_resource, eta)
    brackets = []
    for s in reversed(range(s_max + 1)):  # Alg. 1, line 1
        n = -(-(s_max + 1) * eta**s // (s + 1))  # Alg. 1, line 2, the ceiling
        sizes, resources = rung_sizes(n, eta, s), rung_resources(max_resource, eta, s)
        brackets.append(list(zip(sizes, resources, strict=True)))
    return brackets


def fill_brackets(
    brackets: list[list[Rung]], n_available: float, eta: int
) -> list[list[Rung]]:
    """Enlarge the first bracket until all brackets together try a finite space.

    A space is left as it is if it has more than ``_MOST_TRIED`` configurations. The
    brackets never cost more than all of it with all of the resource.
    """
    n_missing = n_available - sum(rungs[0][0] for rungs in brackets)
    if n_missing <= 0 or n_available > _MOST_TRIED:
        return brackets
    # Deviation: the sizes of the paper are for an endless space. A finite one that is
    # a little larger than the brackets would be left with holes.
    (n, _), *_ = first = brackets[0]
    sizes = rung_sizes(n + int(n_missing), eta, len(first) - 1)
    return [list(zip(sizes, [r for _, r in first], strict=True)), *brackets[1:]]


def limit_brackets(
    brackets: list[list[Rung]], n_available: float, eta: int
) -> list[list[Rung]]:
    """Return the brackets that a space of ``n_available`` configurations can fill."""
    # Deviation: a bracket gets what the brackets before it have left, because no
    # configuration of a finite space is evaluated twice.
    limited = []
    for rungs in brackets:
        n = rungs[0][0]
        if n_available < n:
            rungs = fit_rungs(rungs, int(n_available), eta)
        if rungs:
            limited.append(rungs)
        n_available -= min(n, n_available)
    return limited


def widen_first_rung(brackets: list[list[Rung]], n: int) -> None:
    """Let the first rung of the first bracket have ``n`` more trials.

    The bracket is replaced, because several iterations have the same one.
    """
    (n_first, resource), *rest = brackets[0]
    brackets[0] = [(n_first + n, resource), *rest]
