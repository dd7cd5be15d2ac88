"""
====================================================
Run a search on a cluster with Dask
====================================================

The evaluations run on the workers of a Dask cluster. Here the cluster is a
``LocalCluster`` in this process. For a real cluster, pass its address to ``Client``.

It needs the package ``distributed``.
"""

from distributed import Client, LocalCluster
from joblib import parallel_config
from scipy.stats import loguniform
from sklearn.datasets import load_digits
from sklearn.svm import SVC

from sklearn_automl import ASHASearchCV

if __name__ == "__main__":  # workers that are processes import this script
    X, y = load_digits(return_X_y=True)
    search = ASHASearchCV(
        SVC(),
        {"C": loguniform(1e-2, 1e3), "gamma": loguniform(1e-6, 1e-1)},
        n_iter=27,
        random_state=0,
    )
    cluster = LocalCluster(
        n_workers=1,
        threads_per_worker=2,
        processes=False,  # leave this line out for processes
        dashboard_address=None,
    )
    with cluster, Client(cluster), parallel_config(backend="dask"):
        search.fit(X, y)
    print(f"{search.best_score_:.4f} with {search.best_params_}")
    print(f"{len(search.cv_results_['params'])} evaluations, {search.stop_reason_}")

# %%
# If your cluster is already running, do not make a ``LocalCluster``, and pass the
# address of the cluster: ``Client("scheduler-address:8786")``.
#
# The workers need the same versions of Python, scikit-learn and this package. If a
# worker dies, only its evaluation is lost. :ref:`clusters` has the details, and
# describes Ray.
