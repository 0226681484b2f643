"""The result of a fit: strengths, and how sure they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from tagraph.data import FloatArray, IntArray
from tagraph.errors import InputError
from tagraph.stages.bradley_terry.careless import CarelessOdds
from tagraph.stages.bradley_terry.covariance import Covariance
from tagraph.stages.bradley_terry.odds import read_odds
from tagraph.stages.bradley_terry.options import BradleyTerryOptions
from tagraph.tables import frame, html_table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Judges:
    """What each judge adds of its own.

    Attributes:
        position: What being shown first adds, in logits, shape (n_judges,); 0 if not fitted.
        tie: Tie term, shape (n_judges,); NaN if not fitted. Davidson's log nu, or with a threshold
            eta, log((e^(2 eta) - 1) / 2), which is nearly the same where ties are rare.
        sharpness: By what the judge multiplies differences of strength, shape (n_judges,).
        careless: Chances that it names the first, and the second, unread, shape (n_judges, 2).
    """

    position: FloatArray
    tie: FloatArray
    sharpness: FloatArray
    careless: FloatArray


@dataclass(frozen=True, eq=False, repr=False)
class Scores:
    """Strengths of items on the logit scale, higher is better.

    Attributes:
        strength: Shape (n_items,), mean zero over each component; 0 for an item never compared.
        component: Connected component of each item, numbered by their smallest item, shape
            (n_items,); without a prior, strengths of different components share no scale.
        n_comparisons: Verdicts each item took part in, shape (n_items,); 0 marks one never seen.
        judges: Position, tie, sharpness and carelessness of each judge.
        slopes: What one unit of each covariate adds, in logits, shape (n_covariates,).
        prior: Standard deviation of the prior that was used; infinite for none.
        ties_by_threshold: Whether ties come from a threshold (Rao and Kupper, 1967), which the
            verdicts decide where the fit integrates; otherwise they are Davidson's.
        options: Options of the fit.
        covariance: Laplace's approximation at the maximum, computed when asked for.
    """

    strength: FloatArray
    component: IntArray
    n_comparisons: IntArray
    judges: Judges
    slopes: FloatArray
    prior: float
    ties_by_threshold: bool
    options: BradleyTerryOptions
    covariance: Covariance = field(repr=False)

    def __len__(self) -> int:
        return len(self.strength)

    @property
    def position(self) -> float:
        """What being shown first adds, in logits, with the first judge; 0 if it was not fitted."""
        return float(self.judges.position[0])

    @property
    def tie(self) -> float:
        """Tie term of the first judge (`Judges.tie`); NaN if it was not fitted."""
        return float(self.judges.tie[0])

    def odds(self, lead: FloatArray) -> CarelessOdds:
        """Return what the first judge says where the first leads by `lead` logits.

        Args:
            lead: Difference of strength plus position.
        """
        tie = np.asarray(self.tie) if np.isfinite(self.tie) else None
        read = read_odds(lead, tie, threshold=self.ties_by_threshold)
        first, second = self.judges.careless[0]
        return CarelessOdds(read, (np.asarray(first), np.asarray(second)), tie is not None)

    def standard_error(self) -> FloatArray:
        """Return the standard error of each strength about its component's mean, shape (n_items,).

        An item that was never compared has the prior's standard deviation. Exact: one dense inverse
        per component, so a component of n items costs n^2 numbers and n^3 steps.
        """
        error: FloatArray = np.sqrt(np.maximum(self.covariance.diagonal, 0.0))
        if not self.covariance.curvature.precision:
            error[self.n_comparisons == 0] = np.inf
        return error

    def difference_error(self, left: ArrayLike, right: ArrayLike) -> FloatArray:
        """Return the standard error of `strength[left] - strength[right]`, shape (m,).

        Infinite between components when there is no prior.

        Raises:
            InputError: The two differ in shape, or an index is out of range.
        """
        i, j = np.asarray(left, dtype=np.int64), np.asarray(right, dtype=np.int64)
        if i.shape != j.shape or i.ndim != 1:
            raise InputError(f"left and right must be of one length, not {i.shape} and {j.shape}")
        if i.size and not 0 <= min(i.min(), j.min()) <= max(i.max(), j.max()) < len(self):
            raise InputError(f"left or right names an item outside 0 to {len(self) - 1}")
        variance = self.covariance.of_differences(i, j)
        if not self.covariance.curvature.precision:
            variance[self.component[i] != self.component[j]] = np.inf
        error: FloatArray = np.sqrt(np.maximum(variance, 0.0))
        return error

    def term_errors(self) -> tuple[float, float]:
        """Return the standard errors of position and tie; NaN for one that was not fitted.

        Those of the first judge; `judge_errors` has all.
        """
        position, tie = self.judge_errors()[0].tolist()
        return position, tie

    def judge_errors(self) -> FloatArray:
        """Return the standard errors of each judge's position and tie, shape (n_judges, 2)."""
        error, n_judges = self._term_errors(), len(self.judges.position)
        errors = np.stack([error[:n_judges], error[-n_judges:]], axis=1)
        fitted = np.array([self.options.position, self.options.ties])
        return np.where(fitted, errors, np.nan)

    def slope_errors(self) -> FloatArray:
        """Return the standard error of each covariate's slope, shape (n_covariates,)."""
        n_judges = len(self.judges.position)
        return self._term_errors()[n_judges : n_judges + len(self.slopes)]

    def _term_errors(self) -> FloatArray:
        """Return the standard errors of all terms."""
        error: FloatArray = np.sqrt(np.diag(self.covariance.coupling[1]))
        return error

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per item, the strongest first, equals to six digits by item."""
        return frame(self._rows(), _COLUMNS)

    def _rows(self, limit: int | None = None) -> list[tuple[Any, ...]]:
        order = np.argsort(-self.strength.round(6), kind="stable")[:limit]
        columns = (self.strength, self.standard_error(), self.n_comparisons, self.component)
        return list(zip(order.tolist(), *(c[order].tolist() for c in columns), strict=True))

    def _title(self) -> str:
        return f"{len(self):,} strengths, position {self.position:+.2f}, tie {self.tie:+.2f}"

    def __repr__(self) -> str:
        return f"<{self._title()}>"

    def _repr_html_(self) -> str:
        rows = [(i, f"{s:.3f}", f"{e:.3f}", n, c) for i, s, e, n, c in self._rows(20)]
        return html_table(self._title(), _COLUMNS, rows)


_COLUMNS = ["item", "strength", "standard_error", "n_comparisons", "component"]
