"""What failed for want of the resource is judged with more of it, one of a kind first.

A configuration that cannot be fitted on few rows is not beaten by those that can. But
most of those that cannot be fitted on few rows can never be.
"""

import math
from collections import deque
from collections.abc import Hashable

__all__ = ["Failures"]


class Failures:
    """Tells which failed trials are tried with more of the resource, and when.

    The trials of a kind wait while one of them, its probe, is tried with more. If the
    probe can be evaluated, the others follow. If it fails, another one is the probe, on
    a higher rung. If a probe fails with all of the resource, the kind is hopeless.
    """

    def __init__(self) -> None:
        # For each kind the least amount with which a trial of that kind could be
        # evaluated after all; infinite if none ever can.
        self._known: dict[Hashable, float] = {}
        self._waiting: dict[Hashable, deque[int]] = {}
        self._probes: dict[int, Hashable] = {}

    def add(self, trial_id: int, failure: str, resource: int) -> bool:
        """Take note of a failure; return whether the trial waits for another try.

        An empty ``failure`` is one that no more of the resource can mend.
        """
        stood_for = self._probes.pop(trial_id, None)
        if not failure:
            if stood_for is not None:
                self._known[stood_for] = math.inf
            return False
        kind: Hashable = failure
        # Who still fails where others of the kind did not needs more than they do.
        while self._known.get(kind, math.inf) <= resource:
            kind = (kind, self._known[kind])
        if self._known.get(kind) == math.inf:
            return False
        self._waiting.setdefault(kind, deque()).append(trial_id)
        return True

    def least(self, trial_id: int) -> float:
        """Return the amount with which a waiting trial can probably be evaluated.

        Infinite while nothing is known of its kind.
        """
        for kind, waiting in self._waiting.items():
            if trial_id in waiting:
                return self._known.get(kind, math.inf)
        return math.inf

    def passed(self, trial_id: int, resource: int) -> None:
        """Take note that a trial was evaluated; if it was a probe, others follow."""
        stood_for = self._probes.pop(trial_id, None)
        if stood_for is not None:
            self._known[stood_for] = resource

    def followers(self, resource: int) -> list[int]:
        """Return who can be evaluated with this amount, as others of the kind could."""
        return [
            trial_id
            for kind, waiting in self._waiting.items()
            if self._known.get(kind, math.inf) <= resource
            for trial_id in waiting
        ]

    def try_now(self, trial_id: int) -> None:
        """Let a trial wait no more, because it is tried now."""
        for kind, waiting in self._waiting.items():
            if trial_id in waiting:
                waiting.remove(trial_id)
                if kind not in self._known:
                    self._probes[trial_id] = kind

    def next_probes(self) -> list[int]:
        """Return the next probe of each kind of which nothing is known."""
        return [self._waiting[kind][0] for kind in self._unknown()]

    def _unknown(self) -> list[Hashable]:
        """Return the kinds that need a probe, those with the most trials first."""
        probed = set(self._probes.values())
        kinds = [
            kind
            for kind, waiting in self._waiting.items()
            if waiting and kind not in self._known and kind not in probed
        ]
        return sorted(kinds, key=lambda kind: -len(self._waiting[kind]))

    def drop_hopeless(self) -> list[int]:
        """Let those wait no more that can never be evaluated; return them."""
        dropped: list[int] = []
        for kind, waiting in self._waiting.items():
            if self._known.get(kind) == math.inf:
                dropped += waiting
                waiting.clear()
        return dropped

    def drop_all(self) -> list[int]:
        """Let nobody wait any more; return who did."""
        dropped = [i for waiting in self._waiting.values() for i in waiting]
        self._waiting.clear()
        return dropped
