"""
====================================================
Resume an interrupted search from a checkpoint
====================================================

With ``checkpoint="search.db"`` every finished evaluation is written to a file. If
Ctrl-C, a crash or a restart of the machine ends the process, run the same script again.
The search goes on from the file.
"""

import tempfile
from pathlib import Path

from scipy.stats import loguniform
from sklearn.datasets import load_digits
from sklearn.svm import SVC

from sklearn_automl import HyperbandSearchCV

X, y = load_digits(return_X_y=True)
folder = tempfile.TemporaryDirectory()  # use your path, such as "search.db"
path = Path(folder.name, "search.db")


def make_search(**limits):
    """Return the search. Only its limits may change between two runs."""
    return HyperbandSearchCV(
        SVC(),
        {"C": loguniform(1e-2, 1e3), "gamma": loguniform(1e-6, 1e-1)},
        random_state=0,
        cv=3,
        checkpoint=path,
        **limits,
    )


# %%
# The first run ends too early. Here ``stop_at`` takes the place of a power cut:

first = make_search(stop_at=0.9).fit(X, y)
n_first = len(first.cv_results_["params"])
print(f"{first.stop_reason_} after {n_first} evaluations, best {first.best_score_:.4f}")

# %%
# The second run reads what was finished, and evaluates the rest:

second = make_search().fit(X, y)
n_all = len(second.cv_results_["params"])
print(f"{second.stop_reason_} after {n_all} evaluations, best {second.best_score_:.4f}")
folder.cleanup()

# %%
# The file holds parameters and scores, and no models. If the data, the space or the
# estimator have changed, ``fit`` refuses the file and names what differs
# (:ref:`checkpoints`).
