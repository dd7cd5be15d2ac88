"""What spaces, strategies and estimations say of an option that cannot be used."""

from sklearn_automl._options import refusal

__all__ = ["HasOptions"]


class HasOptions:
    """Its constructor stores options, which are checked later."""

    def _refuse(self, name: str, allowed: str) -> ValueError:
        """Return the error about an option."""
        return refusal(name, getattr(self, name), type(self).__name__, allowed)
