"""What failed for want of the resource is judged with more of it, one of a kind first.

A configuration that cannot be fitted on few rows is not beaten by those that can. But
most of those that cannot be fitted on few rows can never be.
"""

import math
from collections import Counter
from collections.abc import Hashable

__all__ = ["Failures"]


class Failures:
    """Tells which failed trials are tried with more of the resource, and when.

    The trials of a kind wait while one of them, its probe, is tried with more. If the
    probe can be evaluated, the others follow. If it fails, another one is the probe. If
    ``n_probes`` fail with all of the resource, the kind is hopeless.

    Parameters
    ----------
    n_probes : int, default=1
        A kind is what a message says, without its numbers. 95 components of 90 rows can
        never be fitted, and 70 of 50 can with more rows, so that one probe may not
        speak for all.
    """

    def __init__(self, n_probes: int = 1) -> None:
        self._n_probes = n_probes
        # For each kind the least amount with which a trial of that kind could be
        # evaluated after all; infinite if none ever can.
        self._known: dict[Hashable, float] = {}
        self._waiting: dict[Hashable, dict[int, None]] = {}  # in the order they came
        self._kind_of: dict[int, Hashable] = {}  # of those that wait
        self._probes: dict[int, Hashable] = {}
        self._probed: set[Hashable] = set()
        self._n_failed: Counter[Hashable] = Counter()  # probes, with everything

    def add(self, trial_id: int, failure: str, resource: int) -> bool:
        """Take note of a failure; return whether the trial waits for another try."""
        self.lost(trial_id)
        kind: Hashable = failure
        # Who still fails where others of the kind did not needs more than they do.
        while self._known.get(kind, math.inf) <= resource:
            kind = (kind, self._known[kind])
        if self._known.get(kind) == math.inf:
            return False
        self._waiting.setdefault(kind, {})[trial_id] = None
        self._kind_of[trial_id] = kind
        return True

    def passed(self, trial_id: int, resource: int) -> None:
        """Take note that a trial was evaluated; if it was a probe, others follow."""
        kind = self.lost(trial_id)
        if kind is not None:
            self._known[kind] = resource

    def failed_for_good(self, trial_id: int) -> list[int]:
        """Take note of a failure with all of the resource.

        Returns
        -------
        trial_ids : list of int
            Those that the trial stood for. They wait no more.
        """
        kind = self.lost(trial_id)
        if kind is None:
            return []
        self._n_failed[kind] += 1
        if self._n_failed[kind] < self._n_probes:
            return []
        self._known[kind] = math.inf
        return self._drop(kind)

    def lost(self, trial_id: int) -> Hashable | None:
        """Take note that a try says nothing; return the kind that it was to probe."""
        kind = self._probes.pop(trial_id, None)
        self._probed.discard(kind)
        return kind

    def followers(self, resource: int) -> list[int]:
        """Return who can be evaluated with this amount, as others of the kind could."""
        return [
            trial_id
            for kind, waiting in self._waiting.items()
            if self._known.get(kind, math.inf) <= resource
            for trial_id in waiting
        ]

    def next_probes(self) -> list[int]:
        """Return the next probe of each kind of which nothing is known.

        Kinds with many trials come first.
        """
        kinds = [
            kind
            for kind, waiting in self._waiting.items()
            if waiting and kind not in self._known and kind not in self._probed
        ]
        kinds.sort(key=lambda kind: -len(self._waiting[kind]))
        return [next(iter(self._waiting[kind])) for kind in kinds]

    def next_tries(self) -> list[tuple[int, float]]:
        """Return one trial of each kind, and the amount that it needs at least.

        The amount is 0 where nothing is known of it.
        """
        return [
            (next(iter(waiting)), self._known[kind])
            for kind, waiting in self._waiting.items()
            if waiting and kind in self._known
        ] + [(trial_id, 0) for trial_id in self.next_probes()]

    def try_now(self, trial_id: int) -> None:
        """Let a trial wait no more, because it is tried now."""
        kind = self._kind_of.pop(trial_id, None)
        if kind is None:
            return
        del self._waiting[kind][trial_id]
        if kind not in self._known:
            self._probes[trial_id] = kind
            self._probed.add(kind)

    def drop_all(self) -> list[int]:
        """Let nobody wait any more; return who did."""
        return [trial_id for kind in self._waiting for trial_id in self._drop(kind)]

    def _drop(self, kind: Hashable) -> list[int]:
        dropped = list(self._waiting.get(kind, ()))
        self._waiting[kind] = {}
        for trial_id in dropped:
            del self._kind_of[trial_id]
        return dropped
