"""Bayesian optimisation with a Gaussian process (Snoek, Larochelle and Adams,
"Practical Bayesian optimization of machine learning algorithms", NeurIPS 2012).

Equations are those of Rasmussen and Williams, "Gaussian processes for machine
learning", MIT Press 2006.
"""

import math
from abc import abstractmethod

import numpy as np
from scipy.linalg import cho_solve, cholesky, lapack, solve_triangular
from scipy.optimize import minimize
from scipy.spatial.distance import cdist

from sklearn_automl.samplers._surrogate import Surrogate, SurrogateSampler

__all__ = ["GaussianPosterior", "GaussianProcess", "GaussianProcessSampler"]

_SQRT_5 = math.sqrt(5)

# The next two numbers and the length scale's median are those of the Gaussian process
# that was best among 20 models on the problem of `benchmarks/bench_models.py lcbench`.

# The hyperparameters are fitted again when so many observations are new.
_REFIT_AFTER = 5

# The optimiser of the hyperparameters takes so many steps at most. It starts where it
# ended the last time.
_N_STEPS = 20

# Log-normal priors: medians, and standard deviations of the logarithm.
_LENGTH_SCALE_MEDIAN, _LENGTH_SCALE_SD = 0.3, 0.7  # the median times sqrt(d)
_NOISE_MEDIAN, _NOISE_SD = 0.02, 1.0
_BOUNDS = (-7.0, 4.0)  # of all logarithms: exp keeps the matrix within range

# With less noise than this, the matrix cannot be factorised where points are close.
_JITTER = 1e-6


class GaussianProcessSampler(SurrogateSampler):
    """Propose what a Gaussian process expects to improve most.

    This is Bayesian optimisation [1]_. The process is fitted to observations with any
    amount of the resource, and this amount is one of its inputs [2]_. The improvement
    is predicted at the highest resource.

    Parameters
    ----------
    acquisition : {"log_ei", "eips", "lcb"}, default="log_ei"
        What is maximised. "log_ei" is the logarithm of the expected improvement on the
        best predicted mean [3]_. "eips" is the logarithm of the expected improvement
        per predicted second [1]_, and needs the seconds of each observation. "lcb" is
        the negative of a lower confidence bound, which is the mean minus two standard
        deviations.

    n_initial : int, default=6
        Number of observations, of any resource, before the first model. Until then
        configurations come from a Sobol sequence. At least 2.

    random_fraction : float, default=0.2
        Probability that a later proposal is drawn from the space itself. Between 0
        and 1.

    max_points : int, default=250
        The largest number of observations that the model is fitted to. Observations
        with the highest resources come first. Of those with the same resource, the five
        best and the latest are kept. At least 2.

    Attributes
    ----------
    n_proposals : Counter
        The number of proposals from the model, and for each other reason the number of
        proposals that were made for it.

    Raises
    ------
    ValueError
        If an option is out of its range; by :meth:`bind`, if a distribution of the
        space has no ``ppf`` and ``cdf``.

    See Also
    --------
    ForestSampler : The same with a random forest.
    KDESampler : The densities of BOHB.

    Notes
    -----
    The kernel is Matern 5/2, as in [1]_, with a length scale for each parameter and for
    the resource. ``benchmarks/bench_models.py lcbench --ablation`` compares the
    defaults with other values of the options.

    The sampler deviates from [1]_ as follows:

    * Length scales and noise are the most probable ones under log-normal priors,
      instead of samples from their posterior. They are fitted after every 5
      observations.
    * Running configurations count as observed with their predicted means at the highest
      resource, instead of an average over possible results.
    * The improvement is that on the best predicted mean, not on the best observation,
      because observations are noisy, and most have a lower resource.
    * Large losses are clipped, so that a failure or an outlier does not hide all other
      differences. The limit is as far above the median as the best loss is below it.
    * The distance between two different values of a categorical parameter is one
      (Hamming).
    * An inactive number has the median of its distribution as its value. The parameter
      it depends on tells the model that it is inactive.
    * The share `random_fraction` of the proposals is random.

    References
    ----------
    .. [1] J. Snoek, H. Larochelle and R. P. Adams, "Practical Bayesian optimization of
       machine learning algorithms", NeurIPS 2012. :arxiv:`1206.2944`

    .. [2] K. Swersky, J. Snoek and R. P. Adams, "Multi-task Bayesian optimization",
       NeurIPS 2013.

    .. [3] S. Ament, S. Daulton, D. Eriksson, M. Balandat and E. Bakshy, "Unexpected
       improvements to expected improvement for Bayesian optimization", NeurIPS 2023.
       :arxiv:`2310.20708`

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.stats import uniform
    >>> from sklearn_automl.samplers import GaussianProcessSampler, Observation
    >>> from sklearn_automl.space import SearchSpace
    >>> space = SearchSpace({"x": uniform(-1, 2)})
    >>> sampler = GaussianProcessSampler(random_fraction=0)
    >>> sampler = sampler.bind(space, np.random.default_rng(0))
    >>> configs = []
    >>> for _ in range(12):
    ...     configs.append(sampler.ask())
    ...     loss = configs[-1]["x"] ** 2
    ...     sampler.tell(Observation(configs[-1], loss, resource=1))
    >>> min(abs(config["x"]) for config in configs) < 0.05
    True
    """

    def start(self) -> None:
        super().start()
        self._theta: np.ndarray | None = None
        self._cost_theta: np.ndarray | None = None
        self._n_fitted = self._n_costs_fitted = 0

    def _fit(self, inputs: np.ndarray, scores: np.ndarray) -> "GaussianProcess":
        process = self._process(inputs, scores, self._theta)
        # Deviation: one fit, the most probable hyperparameters, after every 5 results,
        # because samples of them would take many fits for each proposal.
        if self._theta is None or self._n_told() - self._n_fitted >= _REFIT_AFTER:
            process.fit()
            self._theta, self._n_fitted = process.theta, self._n_told()
        return process

    def _fit_costs(self, inputs: np.ndarray, values: np.ndarray) -> "GaussianProcess":
        process = self._process(inputs, values, self._cost_theta)
        n_new = self._n_told() - self._n_costs_fitted
        if self._cost_theta is None or n_new >= _REFIT_AFTER:
            process.fit()
            self._cost_theta, self._n_costs_fitted = process.theta, self._n_told()
        return process

    def _process(
        self, inputs: np.ndarray, values: np.ndarray, theta: np.ndarray | None
    ) -> "GaussianProcess":
        return GaussianProcess(inputs, values, self._inputs.n_levels > 0, theta)

    def _n_told(self) -> int:
        return sum(seen.n for seen in self._seen.values())


class GaussianPosterior(Surrogate):
    """Predict with a Gaussian process whose kernel matrix is factorised.

    The process has mean zero and variance one, and a subclass has the kernel.

    See Also
    --------
    Surrogate : The base class.
    GaussianProcessSampler : Uses such a posterior.

    Notes
    -----
    The prediction is that of Algorithm 2.1 in [1]_. A subclass writes ``_kernel``, the
    covariance of each row of one array with each row of another one, and
    :meth:`believe`. Its constructor sets ``_x``, the observed inputs, ``_chol``, the
    lower Cholesky factor of their covariance with noise, and ``_alpha``, the product of
    the inverse of that covariance and the observed values. Inputs that are only
    believed are the last rows of ``_x``, and have no entry in ``_alpha``.

    References
    ----------
    .. [1] C. E. Rasmussen and C. K. I. Williams, "Gaussian processes for machine
       learning", MIT Press 2006.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.spatial.distance import cdist
    >>> from sklearn_automl.samplers import GaussianPosterior
    >>> class SquaredExponential(GaussianPosterior):
    ...     def __init__(self, x, y):
    ...         self._x, self._y = x, y
    ...         covariance = self._kernel(x, x) + 1e-6 * np.eye(len(x))
    ...         self._chol = np.linalg.cholesky(covariance)
    ...         self._alpha = np.linalg.solve(covariance, y)
    ...
    ...     def _kernel(self, a, b):
    ...         return np.exp(-cdist(a, b, "sqeuclidean"))
    ...
    ...     def believe(self, inputs):
    ...         mean, _ = self.predict(inputs)
    ...         y = np.append(self._y, mean)
    ...         self.__init__(np.vstack([self._x, inputs]), y)
    >>> process = SquaredExponential(np.array([[0.0], [1.0]]), np.array([3.0, 4.0]))
    >>> mean, sd = process.predict(np.array([[1.0], [9.0]]))
    >>> mean.round(3).tolist(), sd.round(2).tolist()
    ([4.0, 0.0], [0.0, 1.0])
    """

    _x: np.ndarray
    _chol: np.ndarray
    _alpha: np.ndarray

    @abstractmethod
    def _kernel(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Return the covariance of each row of a with each row of b."""

    def predict(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what the process expects of the noiseless function.

        Parameters
        ----------
        inputs : ndarray of shape (n, n_inputs)
            The inputs to predict at.

        Returns
        -------
        mean : ndarray of shape (n,)
            The expected value.

        sd : ndarray of shape (n,)
            The standard deviation of the value, positive.
        """
        k = self._kernel(inputs, self._x)
        # eq. (2.25). A believed value is the predicted one, so it does not change the
        # mean.
        mean = k[:, : len(self._alpha)] @ self._alpha
        # eq. (2.26)
        v = solve_triangular(self._chol, k.T, lower=True, check_finite=False)
        variance = 1 - np.einsum("ij,ij->j", v, v)
        return mean, np.sqrt(np.maximum(variance, 1e-12))


class GaussianProcess(GaussianPosterior):
    """A Gaussian process with mean zero and variance one, and observation noise.

    x, y : the observations
    is_categorical : for each input, whether it is the number of a level
    theta : the logarithms of the length scales and of the noise's variance
    """

    def __init__(
        self,
        x: np.ndarray,
        y: np.ndarray,
        is_categorical: np.ndarray,
        theta: np.ndarray | None = None,
    ) -> None:
        self._x, self._y, self._is_categorical = x, y, is_categorical
        d = len(is_categorical)
        scale = math.log(_LENGTH_SCALE_MEDIAN * math.sqrt(d))
        self._prior_mean = np.array([*[scale] * d, math.log(_NOISE_MEDIAN)])
        self._prior_sd = np.array([*[_LENGTH_SCALE_SD] * d, _NOISE_SD])
        self._set(self._prior_mean if theta is None else theta)

    def fit(self) -> None:
        """Find the most probable hyperparameters, starting at the present ones."""
        found = minimize(
            self._objective,
            self.theta,
            args=(self._squared_differences(),),
            jac=True,
            method="L-BFGS-B",
            bounds=[_BOUNDS] * len(self.theta),
            options={"maxiter": _N_STEPS},
        )
        self._set(found.x)

    def believe(self, inputs: np.ndarray) -> None:
        """Count the predicted means as observations: only the variance changes."""
        k = self._kernel(inputs, self._x)
        cross = solve_triangular(self._chol, k.T, lower=True, check_finite=False)
        own = self._kernel(inputs, inputs) - cross.T @ cross
        own[np.diag_indices_from(own)] += self._noise
        n, m = len(self._x), len(inputs)
        chol = np.zeros((n + m, n + m))
        chol[:n, :n], chol[n:, :n] = self._chol, cross.T
        chol[n:, n:] = cholesky(own, lower=True, check_finite=False)
        self._chol = chol
        self._x = np.vstack([self._x, inputs])

    def _set(self, theta: np.ndarray) -> None:
        self.theta = theta
        self._scales = np.exp(theta[:-1])
        self._noise = math.exp(theta[-1]) + _JITTER
        kernel = self._kernel(self._x, self._x)
        kernel[np.diag_indices_from(kernel)] += self._noise
        self._chol = cholesky(kernel, lower=True, check_finite=False)
        self._alpha = cho_solve((self._chol, True), self._y, check_finite=False)

    def _kernel(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        numeric = ~self._is_categorical
        scaled = [x[:, numeric] / self._scales[numeric] for x in (a, b)]
        squares = cdist(*scaled, "sqeuclidean")
        for j in np.flatnonzero(self._is_categorical):
            squares += _hamming(a[:, j], b[:, j]) / self._scales[j] ** 2
        value, _ = _matern(squares)
        return value

    def _squared_differences(self) -> np.ndarray:
        """Return the squared differences in each input, shape (d, n * n)."""
        columns = self._x.T
        squares: np.ndarray = (columns[:, :, None] - columns[:, None, :]) ** 2
        for j in np.flatnonzero(self._is_categorical):
            squares[j] = _hamming(columns[j], columns[j])
        return squares.reshape(len(squares), -1)

    def _objective(
        self, theta: np.ndarray, squares: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """Return the negative logarithm of the posterior, and its gradient.

        ``squares`` are the squared differences, which do not depend on theta.
        """
        n = len(self._x)
        inverse_squares = np.exp(-2 * theta[:-1])
        noise = math.exp(theta[-1])
        kernel, slope = _matern((inverse_squares @ squares).reshape(n, n))
        kernel[np.diag_indices(n)] += noise + _JITTER
        chol, info = lapack.dpotrf(kernel, lower=1, clean=1)
        if info != 0:
            # The matrix is not positive definite after rounding: the optimiser turns
            # back from here.
            return 1e10, np.zeros_like(theta)
        alpha = cho_solve((chol, True), self._y, check_finite=False)
        inverse, _ = lapack.dpotri(chol, lower=1)
        inverse = np.tril(inverse) + np.tril(inverse, -1).T
        weights = inverse - np.outer(alpha, alpha)
        # eq. (2.30) without its constant, and eq. (5.9), its gradient.
        value = 0.5 * self._y @ alpha + np.log(np.diag(chol)).sum()
        gradient = np.empty_like(theta)
        # d k / d log(l_j) = -2 slope * (x_j - x'_j)**2 / l_j**2
        of_squares = squares @ (weights * slope).ravel()
        gradient[:-1] = -of_squares * inverse_squares
        gradient[-1] = 0.5 * noise * np.trace(weights)
        z = (theta - self._prior_mean) / self._prior_sd
        return value + 0.5 * z @ z, gradient + z / self._prior_sd


def _hamming(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return 1 for two different levels, 1/2 for one and none (-1), 0 else."""
    differ: np.ndarray = (a[:, None] != b) * np.add.outer(a >= 0, b >= 0, dtype=float)
    return differ / 2


def _matern(squares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return Matern 5/2 of squared distances, and its derivative by them."""
    # eq. (4.17) with nu = 5/2
    r = _SQRT_5 * np.sqrt(squares)
    decay = np.exp(-r)
    return (1 + r + 5 / 3 * squares) * decay, -5 / 6 * (1 + r) * decay
