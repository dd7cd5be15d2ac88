"""The papers' algorithms, transcribed literally and slowly, and their tables."""

import math
from fractions import Fraction

# Of Hyperband with eta = 3 and r = 1, for each R: the numbers of brackets,
# configurations and evaluations, and the units of resource without and with
# continuation.
HYPERBAND_TABLE = {
    9: (3, 17, 22, 78, 69),
    27: (4, 49, 69, 423, 357),
    81: (5, 143, 206, 1902, 1581),
    243: (6, 415, 611, 8457, 6831),
    729: (7, 1214, 1806, 33990, 27120),
}

# Configurations, and units of resource without and with continuation, where R is not a
# power of eta.
HYPERBAND_UNEVEN_TABLE = {
    15: (17, 124, 111),
    20: (17, 166, 148),
    30: (49, 460, 390),
    50: (49, 740, 632),
    100: (143, 2276, 1903),
}

# (n_i, r_i) of the brackets of Hyperband with R = 81, eta = 3 and r = 1.
HYPERBAND_81 = [
    [(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)],
    [(34, 3), (11, 9), (3, 27), (1, 81)],
    [(15, 9), (5, 27), (1, 81)],
    [(8, 27), (2, 81)],
    [(5, 81)],
]


def floor_log(x, base):
    """floor(log_base(x)) for a rational x >= 1, by trying the exponents out."""
    exponents = [e for e in range(64) if Fraction(base) ** e <= x]
    return max(exponents)


def hyperband(R, eta, r=1):
    """Algorithm 1 of Li et al. (JMLR 2018) as it is printed, in exact fractions.

    Returns (n_i, r_i) of every rung of every bracket.
    """
    s_max = floor_log(Fraction(R, r), eta)
    B = (s_max + 1) * R
    brackets = []
    for s in range(s_max, -1, -1):
        n = math.ceil(Fraction(B, R) * Fraction(eta**s, s + 1))
        r_0 = Fraction(R, eta**s)
        rungs = []
        for i in range(s + 1):
            n_i = math.floor(Fraction(n, eta**i))
            r_i = r_0 * eta**i
            rungs.append((n_i, r_i))
        brackets.append(rungs)
    return brackets


class SlowASHA:
    """Algorithm 2 of Li et al. (MLSys 2020); each call looks at whole rungs.

    A rung holds the losses that were reported in it. Beyond the paper: a failed trial
    (infinite loss) counts as a member of its rung but is never promoted, and ``report``
    says which trials are over.
    """

    def __init__(self, n_trials, s_max, eta):
        self.n_trials = n_trials
        self.s_max = s_max
        self.eta = eta
        self.rungs = [{} for _ in range(s_max + 1)]
        self.promoted = [set() for _ in range(s_max + 1)]
        self.let_go = set()
        self.n_started = 0

    def top(self, k, n):
        rung = self.rungs[k]
        return sorted(rung, key=lambda trial: (rung[trial], trial))[:n]

    def get_job(self):
        """Return (trial, rung), or None to wait."""
        for k in range(self.s_max - 1, -1, -1):
            candidates = self.top(k, len(self.rungs[k]) // self.eta)
            promotable = [
                trial
                for trial in candidates
                if trial not in self.promoted[k] and self.rungs[k][trial] < math.inf
            ]
            if promotable:
                self.promoted[k].add(promotable[0])
                return promotable[0], k + 1
        if self.n_started < self.n_trials:
            self.n_started += 1
            return self.n_started - 1, 0
        return None

    def report(self, trial, k, loss):
        """Return the trials that cannot run any further, whatever is reported next."""
        self.rungs[k][trial] = loss
        over = [trial] if loss == math.inf or k == self.s_max else []
        n_most = self.n_trials  # that can still come to a rung, in all
        for j in range(self.s_max):
            finite = [t for t in self.rungs[j] if self.rungs[j][t] < math.inf]
            paused = [t for t in finite if t not in self.promoted[j] | self.let_go]
            places = n_most if n_most == math.inf else n_most // self.eta
            lost = [t for t in paused if self.rank(j, t) >= places]
            over += lost
            self.let_go.update(lost)
            n_paused = len(paused) - len(lost)
            n_missing = n_most - len(self.rungs[j])
            n_most = len(self.promoted[j]) + n_paused + n_missing
        return over

    def rank(self, k, trial):
        """How many trials are better in a rung."""
        return self.top(k, None).index(trial)


class SlowStoppingASHA(SlowASHA):
    """The variant that decides at once whether a trial goes on, and never pauses."""

    def __init__(self, n_trials, s_max, eta):
        super().__init__(n_trials, s_max, eta)
        self.going_on = []

    def get_job(self):
        if self.going_on:
            return self.going_on.pop(0)
        if self.n_started < self.n_trials:
            self.n_started += 1
            return self.n_started - 1, 0
        return None

    def report(self, trial, k, loss):
        self.rungs[k][trial] = loss
        n_kept = max(1, len(self.rungs[k]) // self.eta)
        if k < self.s_max and loss < math.inf and trial in self.top(k, n_kept):
            self.going_on.append((trial, k + 1))
            return []
        return [trial]
