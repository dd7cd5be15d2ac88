"""How the weights of a supernet are trained."""

import math
from dataclasses import dataclass

import numpy as np

from sklearn_automl._options import (
    check_between,
    check_integer,
    check_positive,
    refusal,
)

__all__ = ["SupernetOptions", "WeightSharing"]


@dataclass(frozen=True)
class SupernetOptions:
    """How the weights of a supernet are trained.

    What is None is made to suit the data, the space, or the optimizer, which is "sgd"
    or "adamw". Without a number of epochs about ``n_steps`` steps are made.
    """

    n_epochs: int | None = None
    optimizer: str = "sgd"
    lr: float | None = None
    weight_decay: float = 3e-4
    channel_share: int | None = 1
    mixed_precision: bool = False
    n_steps: int = 1000

    def check(self, owner: str) -> None:
        """Raise a ValueError if one cannot be used; ``owner`` is whose it is."""
        if self.n_epochs is not None:
            check_integer("n_epochs", self.n_epochs, 1, owner=owner)
        if self.optimizer not in ("sgd", "adamw"):
            raise refusal("optimizer", self.optimizer, owner, "'sgd' or 'adamw'")
        if self.lr is not None:
            check_positive("lr", self.lr, owner=owner)
        check_between("weight_decay", self.weight_decay, 0, math.inf, owner=owner)
        if self.channel_share is not None:
            check_integer("channel_share", self.channel_share, 1, owner=owner)
        if not isinstance(self.mixed_precision, bool | np.bool_):
            allowed = "True or False"
            raise refusal("mixed_precision", self.mixed_precision, owner, allowed)


@dataclass(frozen=True)
class WeightSharing:
    """Which part of a search has a supernet: at most one of the two may.

    Parameters
    ----------
    deriving : SupernetOptions or None
        Of the supernet that the strategy derives architectures from.

    scoring : SupernetOptions or None
        Of the supernet that the estimation scores architectures with.
    """

    deriving: SupernetOptions | None
    scoring: SupernetOptions | None

    @property
    def options(self) -> SupernetOptions | None:
        """How the supernet is trained, None without one."""
        return self.deriving or self.scoring

    @property
    def is_double(self) -> bool:
        """Whether there would be two supernets."""
        return self.deriving is not None and self.scoring is not None
