"""The arithmetic of rungs, in integers: a float logarithm would lose some."""

from collections.abc import Sequence

__all__ = [
    "Rung",
    "fit_rungs",
    "halving_rungs",
    "hyperband_rungs",
    "limit_brackets",
    "n_halvings",
    "rung_resources",
    "rung_sizes",
]

#: How many trials a rung has, and the resource that each of them gets: (n_i, r_i).
Rung = tuple[int, int]


def n_halvings(min_resource: int, max_resource: int, eta: int) -> int:
    """Return the largest s with ``min_resource * eta**s <= max_resource``.

    This is ``floor(log(R / r, eta))`` without the logarithm: ``math.log(243, 3)`` is
    4.999..., which costs Hyperband its most aggressive bracket.
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

    They are divided from the top, so that the last one is ``max_resource`` whatever
    ``eta`` is. Multiples of the lowest resource would end below it.
    """
    return tuple(max_resource // eta ** (s - i) for i in range(s + 1))


def rung_sizes(n: int, eta: int, s: int) -> tuple[int, ...]:
    """Return how many of ``n`` trials reach each of s + 1 rungs."""
    return tuple(n // eta**i for i in range(s + 1))


def halving_rungs(n: int, max_resource: int, eta: int, s: int) -> list[Rung]:
    """Return (n_i, r_i) of at most s + 1 rungs, each with at least one trial."""
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
    """Return (n_i, r_i) of every rung of every bracket, the most aggressive first."""
    s_max = n_halvings(min_resource, max_resource, eta)
    brackets = []
    for s in reversed(range(s_max + 1)):
        n = -(-(s_max + 1) * eta**s // (s + 1))  # Alg. 1, line 2, the ceiling
        sizes, resources = rung_sizes(n, eta, s), rung_resources(max_resource, eta, s)
        brackets.append(list(zip(sizes, resources, strict=True)))
    return brackets


def limit_brackets(
    brackets: list[list[Rung]], n_available: float, eta: int
) -> list[list[Rung]]:
    """Return the brackets that a space of ``n_available`` configurations can fill."""
    limited = []
    for rungs in brackets:
        n = rungs[0][0]
        if n_available < n:
            rungs = fit_rungs(rungs, int(n_available), eta)
        if rungs:
            limited.append(rungs)
        n_available -= min(n, n_available)
    return limited
