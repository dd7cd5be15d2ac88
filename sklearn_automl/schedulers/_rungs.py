"""The arithmetic of rungs, in integers: a float logarithm would lose some."""

__all__ = ["n_halvings", "rung_resources", "rung_sizes"]

# Two float resources this close (relatively) are the same.
_TOLERANCE = 1e-9


def n_halvings(min_resource: float, max_resource: float, eta: int) -> int:
    """Return the largest s with ``min_resource * eta**s <= max_resource``.

    This is ``floor(log(R / r, eta))`` without the logarithm: ``math.log(243, 3)`` is
    4.999..., which costs Hyperband its most aggressive bracket.
    """
    if eta < 2 or min_resource <= 0:
        raise ValueError(
            f"eta={eta!r} must be at least 2, and min_resource={min_resource!r} "
            "positive."
        )
    if not isinstance(min_resource, int) or not isinstance(max_resource, int):
        max_resource *= 1 + _TOLERANCE
    s = 0
    while min_resource * eta ** (s + 1) <= max_resource:
        s += 1
    return s


def rung_resources(max_resource: float, eta: int, s: int) -> tuple[float, ...]:
    """Return the s + 1 resources ``r_0 * eta**i`` with ``r_0 = max_resource / eta**s``.

    An integer ``max_resource`` is divided without rest, so that all resources are
    integers; the last one is then ``max_resource`` only if ``eta**s`` divides it.
    """
    if isinstance(max_resource, int):
        return tuple(max_resource // eta**s * eta**i for i in range(s + 1))
    return tuple(max_resource / eta ** (s - i) for i in range(s + 1))


def rung_sizes(n: int, eta: int, s: int) -> tuple[int, ...]:
    """Return how many of ``n`` trials reach each of s + 1 rungs."""
    return tuple(n // eta**i for i in range(s + 1))
