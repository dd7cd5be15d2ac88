"""The unit cube of a space: many configurations at a time, as arrays."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from sklearn_automl.space._domains import Choice
from sklearn_automl.space._parameter import Configuration, Parameter
from sklearn_automl.space._space import SearchSpace

__all__ = ["UnitCube"]

# Above this many values a domain is as good as continuous.
_MAX_LEVELS = 10_000


class UnitCube:
    """The unit cube, in which samplers model and mutate configurations.

    A point has a coordinate in [0, 1] for each column of the space. The values of a
    discrete column are its levels, numbered from 0 on, and ``edges`` tells where they
    meet. A point is *complete* if the coordinates of inactive parameters are numbers
    too. In other points they are NaN.

    Parameters
    ----------
    space : SearchSpace
        The space.

    needed_by : str
        What needs the cube. The error names it.

    Raises
    ------
    ValueError
        If values of a distribution can be drawn, but not mapped to the unit interval.
    """

    def __init__(self, space: SearchSpace, needed_by: str) -> None:
        for parameter in space.columns:
            if not parameter.domain.is_encodable:
                raise ValueError(
                    f"{needed_by} cannot model the distribution of "
                    f"{parameter.name!r} ({parameter.domain!r}): it has an rvs method, "
                    "but no ppf and cdf. Pass a distribution of scipy.stats or a list "
                    "of values, or take a search with sampler='random'."
                )
        self.space = space
        self.n_columns = len(space.columns)
        domains = [parameter.domain for parameter in space.columns]
        self.is_categorical = np.array([domain.is_categorical for domain in domains])
        #: Of a discrete column where its levels meet, None of a continuous one.
        self.edges: list[np.ndarray | None] = [
            # The values of a list are never as good as continuous.
            domain.edges()
            if domain.size <= _MAX_LEVELS or isinstance(domain, Choice)
            else None
            for domain in domains
        ]
        self.n_levels = np.array([0 if e is None else len(e) - 1 for e in self.edges])
        self._columns_of = [
            [space.column_of(b, parameter) for parameter in branch]
            for b, branch in enumerate(space.branches)
        ]
        # ``Condition.holds`` as arrays, for many points at a time.
        self._tables_of = [
            [self._tables(b, parameter) for parameter in branch]
            for b, branch in enumerate(space.branches)
        ]
        self._groups = self._find_groups()

    @property
    def n_active_most(self) -> int:
        """The largest number of columns that a configuration has."""
        return max(map(len, self._columns_of)) + (len(self._columns_of) > 1)

    def sample(self, rng: Generator, n: int) -> np.ndarray:
        """Draw complete points, distributed as the configurations of the space.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of randomness.

        n : int
            How many.

        Returns
        -------
        points : ndarray of shape (n, n_columns)
            Complete points.
        """
        return self.snap(rng.random((n, self.n_columns)))

    def snap(self, points: np.ndarray) -> np.ndarray:
        """Move coordinates into [0, 1], and discrete ones to the middle of a level.

        Parameters
        ----------
        points : ndarray of shape (n, n_columns)
            Any numbers; NaN stays.

        Returns
        -------
        points : ndarray of shape (n, n_columns)
            New points.
        """
        points = np.clip(points, 0.0, 1.0)
        for j, edges in enumerate(self.edges):
            if edges is not None:
                centres = (edges[1:] + edges[:-1]) / 2
                centres = np.append(centres, np.nan)  # of what is not there
                points[:, j] = centres[self.levels(points, j)]
        return points

    def levels(self, points: np.ndarray, column: int) -> np.ndarray:
        """Return levels of a discrete column; for NaN, the number of levels.

        Parameters
        ----------
        points : ndarray of shape (n, n_columns)
            Points.
        column : int
            Number of the column.

        Returns
        -------
        levels : ndarray of shape (n,)
            From 0 on.
        """
        edges = self.edges[column]
        if edges is None:
            raise ValueError(f"column {column} has no levels.")
        coordinates = points[:, column]
        levels: np.ndarray = np.searchsorted(edges[1:-1], coordinates, side="right")
        return np.where(np.isnan(coordinates), len(edges) - 1, levels)

    def is_active(self, points: np.ndarray) -> np.ndarray:
        """Tell for each coordinate of complete points whether its parameter exists.

        Parameters
        ----------
        points : ndarray of shape (n, n_columns)
            Complete points.

        Returns
        -------
        is_active : ndarray of shape (n, n_columns)
            Booleans.
        """
        active = np.zeros(points.shape, dtype=bool)
        chosen = np.zeros(len(points), dtype=int)
        if len(self._columns_of) > 1:
            active[:, 0] = True
            chosen = self.levels(points, 0)
        for b, columns in enumerate(self._columns_of):
            # Parents come first: their activity is known where it is asked for.
            for column, tables in zip(columns, self._tables_of[b], strict=True):
                on = chosen == b
                for parent, holds in tables:
                    levels = self.levels(points, parent)
                    levels[~active[:, parent]] = self.n_levels[parent]
                    on &= holds[levels]
                active[on, column] = True
        return active

    def mask(self, points: np.ndarray) -> np.ndarray:
        """Return complete points with NaN where a parameter is inactive.

        Parameters
        ----------
        points : ndarray of shape (n, n_columns)
            Complete points.

        Returns
        -------
        points : ndarray of shape (n, n_columns)
            New points, as ``SearchSpace.encode`` gives them.
        """
        masked: np.ndarray = np.where(self.is_active(points), points, np.nan)
        return masked

    def complete(self, points: np.ndarray, rng: Generator) -> np.ndarray:
        """Return points with random coordinates where they were NaN.

        Parameters
        ----------
        points : ndarray of shape (n, n_columns)
            Points.

        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        points : ndarray of shape (n, n_columns)
            Complete points.
        """
        completed: np.ndarray = np.where(
            np.isnan(points), rng.random(points.shape), points
        )
        return completed

    def encode(self, configs: Sequence[Configuration]) -> np.ndarray:
        """Return the points of configurations.

        Parameters
        ----------
        configs : sequence of dict
            Configurations of the space.

        Returns
        -------
        points : ndarray of shape (n, n_columns)
            NaN where a parameter is inactive.
        """
        points = [self.space.encode(config) for config in configs]
        return np.array(points).reshape(-1, self.n_columns)

    def decode(self, point: np.ndarray) -> Configuration:
        """Return the configuration at a point.

        Parameters
        ----------
        point : ndarray of shape (n_columns,)
            Complete or not.

        Returns
        -------
        config : dict
            Values of the active parameters.
        """
        return self.space.decode(point)

    def groups(self) -> list[list[int]]:
        """Return columns that are always active together.

        Returns
        -------
        groups : list of list of int
            Numbers of columns; the unconditional ones come first.
        """
        return self._groups

    def _tables(self, b: int, parameter: Parameter) -> list[tuple[int, np.ndarray]]:
        """Return the parent's column of each condition, and at which levels it holds.

        The last entry of a table is for a parent that is inactive.
        """
        parents = {p.name: p for p in self.space.branches[b]}
        tables = []
        for condition in parameter.conditions:
            parent = parents[condition.parent]
            configs = [{parent.name: value} for value in parent.domain.values()]
            holds = np.array([condition.holds(config) for config in [*configs, {}]])
            tables.append((self.space.column_of(b, parent), holds))
        return tables

    def _find_groups(self) -> list[list[int]]:
        groups: dict[object, list[int]] = {(): []}
        for column in range(self.n_columns):
            groups.setdefault(self._activity(column), []).append(column)
        return [columns for columns in groups.values() if columns]

    def _activity(self, column: int) -> object:
        """Return what decides whether a column is active, () if nothing does."""
        where = [
            (b, branch[columns.index(column)])
            for b, (branch, columns) in enumerate(
                zip(self.space.branches, self._columns_of, strict=True)
            )
            if column in columns
        ]
        if len(where) == len(self.space.branches):
            conditions = {_conditions(parameter) for _, parameter in where}
            if len(conditions) == 1:
                return conditions.pop()
        return tuple((b, _conditions(parameter)) for b, parameter in where)


def _conditions(parameter: Parameter) -> tuple[object, ...]:
    return tuple((c.parent, c.keys) for c in parameter.conditions)
