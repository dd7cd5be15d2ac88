"""The generators and the threads of torch, which belong to the user."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

__all__ = ["OwnRandomness", "generators_of", "own_generators", "threads"]

# All threads share torch's generators, and dropout can draw from no others. So one
# training at a time has them, and trainings in two threads do not overlap. To lock each
# step instead would not do: a user's optimizer, callback or backward pass may draw too,
# and the number of threads of torch, which decides last digits, is one for all as well.
# Little is lost. Without a lock, and without the same results each time, two trainings
# in two threads took 0.9 of the time (dense layers), 0.83 (images of 8 x 8) and 0.74
# (28 x 28), because Python runs in one thread at a time. Processes do overlap.
_GENERATORS = threading.RLock()


def generators_of(device: Any) -> list[torch.Generator]:
    """Return the generators that a training on this device draws from.

    Parameters
    ----------
    device : str or torch.device
        Where networks are.

    Returns
    -------
    list of torch.Generator
        That of the CPU, and that of the device if it has one.
    """
    generators = [torch.default_generator]
    device = torch.device(device)
    if device.type == "cuda":
        torch.cuda.init()
        index = torch.cuda.current_device() if device.index is None else device.index
        generators.append(torch.cuda.default_generators[index])
    return generators


@contextmanager
def threads(n: int | None) -> Iterator[None]:
    """Let torch have so many threads; None leaves their number as it is."""
    if n is None or n == torch.get_num_threads():
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def own_generators(device: Any, n_threads: int | None) -> Iterator[None]:
    """Let a training draw from torch's generators, then give them back as they were.

    Parameters
    ----------
    device : str or torch.device
        Where networks are.

    n_threads : int or None
        Threads of torch meanwhile; None to leave them as they are.
    """
    with _GENERATORS, threads(n_threads):
        generators = generators_of(device)
        states = [generator.get_state() for generator in generators]
        try:
            yield
        finally:
            for generator, state in zip(generators, states, strict=True):
                generator.set_state(state)


class OwnRandomness:
    """A net that draws from generators of its own; a mixin of skorch nets."""

    random_state: int
    n_threads: int | None
    device: Any

    def seed(self, place: int) -> None:
        """Seed torch for the weights (0) or for an epoch (its number).

        Parameters
        ----------
        place : int
            What is going to be random.
        """
        sequence = np.random.SeedSequence((self.random_state, place))
        seed = int(sequence.generate_state(1)[0])
        for generator in generators_of(self.device):
            generator.manual_seed(seed)

    @contextmanager
    def own_generators(self) -> Iterator[None]:
        """Give torch's generators, which are the user's, back as they were."""
        with own_generators(self.device, self.n_threads):
            yield
