"""The arithmetic of rungs, in integers: a float logarithm would lose some."""

__all__ = ["n_halvings", "rung_resources", "rung_sizes"]


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
