"""What the sums of one cell say, in the measures that people read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flyball.watch import sums as at
from flyball.watch.bins import area, calibration_error

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """The measures of one cell; None where the examples do not define a measure, never NaN.

    Attributes:
        kind: `binary` (outcomes yes or no) or `number`.
        examples: how many, those taken back not counted.
        weight: sum of their weights.
        mean_outcome: weighted; of a binary cell the base rate.
        mean_prediction: weighted.
        log_loss: mean log loss, in nats (binary).
        log_loss_error: its standard error.
        base_entropy: log loss of the constant that always answers the cell's own base rate, in nats (binary).
        normalised_entropy: log loss over `base_entropy`; below 1 beats that constant (He et al., "Practical Lessons
            from Predicting Clicks on Ads at Facebook", ADKDD 2014, section 2).
        normalised_entropy_global: log loss over the entropy of the whole's base rate.
        auc: area under the ROC curve, from bins (binary).
        auc_resolution: the area of the very scores lies within this of `auc`; no standard error.
        calibration: predicted over actual, sum w p / sum w y; above 1 predicts too much.
        calibration_deviation: how far chance moves `calibration`, one standard deviation: the one that the predictions
            themselves claim (binary), or that of the mean error (number).
        calibration_z: (sum w p - sum w y) in such standard deviations; positive means that too much was predicted.
        brier: mean squared error of the probability (binary).
        ece: root of the debiased squared calibration error over 15 bins of equal weight (binary).
        rmse: root of the mean squared error (number).
        rmse_error: its standard error.
        mae: mean absolute error (number).
        deviation: standard deviation of the outcomes: the rmse of the constant that always answers their mean (number).
        r2: 1 - (rmse / deviation)^2 (number).
        bias: mean of prediction - outcome (number).

    >>> Scorecard(kind="binary", examples=0, weight=0.0).log_loss is None
    True
    """

    kind: at.BoardKind
    examples: int
    weight: float
    mean_outcome: float | None = None
    mean_prediction: float | None = None
    log_loss: float | None = None
    log_loss_error: float | None = None
    base_entropy: float | None = None
    normalised_entropy: float | None = None
    normalised_entropy_global: float | None = None
    auc: float | None = None
    auc_resolution: float | None = None
    calibration: float | None = None
    calibration_deviation: float | None = None
    calibration_z: float | None = None
    brier: float | None = None
    ece: float | None = None
    rmse: float | None = None
    rmse_error: float | None = None
    mae: float | None = None
    deviation: float | None = None
    r2: float | None = None
    bias: float | None = None


def entropy(rate: float) -> float:
    """The log loss, in nats, of always answering `rate` where that is the true rate; 0 at 0 and 1.

    >>> round(entropy(0.5), 6), entropy(0.0), entropy(1.0)
    (0.693147, 0.0, 0.0)
    """
    if rate <= 0.0 or rate >= 1.0:
        return 0.0
    return -rate * math.log(rate) - (1.0 - rate) * math.log1p(-rate)


def scorecard(
    kind: at.BoardKind, sums: Floats, bins: Floats | None = None, *, base_rate: float | None = None
) -> Scorecard:
    """The scorecard of one cell.

    Args:
        kind: what the cell's outcomes are.
        sums: the cell's sums, in the order of `flyball.watch.sums`.
        bins: its log-odds bins, shape (bins, 3); without them there is no auc and no ece.
        base_rate: the mean outcome of the whole, for `normalised_entropy_global`.

    >>> import numpy as np
    >>> card = scorecard("binary", np.array([4.0, 4.0, 4.0, 1.0, 2.0, 2.4, 2.4, 1.6, 0.8, 0.9]))
    >>> card.examples, card.calibration, card.log_loss
    (4, 2.0, 0.6)
    """
    examples = round(float(sums[at.EXAMPLES]))
    weight = float(sums[at.WEIGHT])
    if examples <= 0 or weight <= 0.0:
        return Scorecard(kind=kind, examples=max(examples, 0), weight=0.0)
    if kind == "binary":
        return _binary(examples, weight, [float(x) for x in sums], bins, base_rate)
    return _number(examples, weight, [float(x) for x in sums])


def _binary(examples: int, weight: float, sums: list[float], bins: Floats | None, base_rate: float | None) -> Scorecard:
    rate = min(max(sums[at.OUTCOMES] / weight, 0.0), 1.0)
    loss = max(sums[at.LOSS] / weight, 0.0)
    base = entropy(rate)
    curve = area(bins) if bins is not None else None
    per_weight = _ratio(weight, sums[at.WEIGHT_SQUARES]) or 1.0
    surplus = sums[at.PREDICTIONS] - sums[at.OUTCOMES]
    chance = math.sqrt(max(sums[at.VARIANCE], 0.0))
    return Scorecard(
        kind="binary",
        examples=examples,
        weight=weight,
        mean_outcome=rate,
        mean_prediction=sums[at.PREDICTIONS] / weight,
        log_loss=loss,
        log_loss_error=_error_of_mean(
            examples, weight, loss, sums[at.WEIGHT_SQUARES], sums[at.LOSS_CROSS], sums[at.LOSS_SQUARES]
        ),
        base_entropy=base,
        normalised_entropy=_ratio(loss, base),
        normalised_entropy_global=_ratio(loss, entropy(base_rate)) if base_rate is not None else None,
        auc=curve[0] if curve is not None else None,
        auc_resolution=curve[1] if curve is not None else None,
        calibration=_ratio(sums[at.PREDICTIONS], sums[at.OUTCOMES]),
        calibration_deviation=_ratio(chance, sums[at.OUTCOMES]),
        calibration_z=_ratio(surplus, chance),
        brier=max(sums[at.BRIER] / weight, 0.0),
        ece=calibration_error(bins, per_weight=per_weight) if bins is not None else None,
    )


def _number(examples: int, weight: float, sums: list[float]) -> Scorecard:
    mean = sums[at.OUTCOMES] / weight
    bias = (sums[at.PREDICTIONS] - sums[at.OUTCOMES]) / weight
    square = max(sums[at.SQUARES] / weight, 0.0)
    rmse = math.sqrt(square)
    power = sums[at.OUTCOME_SQUARES] / weight
    variance = power - mean * mean
    # Below this the difference of two nearly equal sums holds rounding only.
    deviation = math.sqrt(variance) if variance > 1e-12 * power else None
    error_of_square = _error_of_mean(
        examples, weight, square, sums[at.WEIGHT_SQUARES], sums[at.ERROR_SQUARES], sums[at.ERROR_FOURTHS]
    )
    error_of_bias = _error_of_mean(
        examples, weight, bias, sums[at.WEIGHT_SQUARES], sums[at.ERROR_CROSS], sums[at.ERROR_SQUARES]
    )
    return Scorecard(
        kind="number",
        examples=examples,
        weight=weight,
        mean_outcome=mean,
        mean_prediction=sums[at.PREDICTIONS] / weight,
        calibration=_ratio(sums[at.PREDICTIONS], sums[at.OUTCOMES]),
        calibration_deviation=_ratio(error_of_bias, abs(mean)) if error_of_bias is not None else None,
        calibration_z=_ratio(bias, error_of_bias) if error_of_bias is not None else None,
        rmse=rmse,
        rmse_error=_ratio(error_of_square, 2.0 * rmse) if error_of_square is not None else None,
        mae=max(sums[at.ABSOLUTE] / weight, 0.0),
        deviation=deviation,
        r2=1.0 - square / variance if deviation is not None else None,
        bias=bias,
    )


def _ratio(above: float, below: float) -> float | None:
    """`above / below`, or None where that is no finite number."""
    if below == 0.0 or not math.isfinite(above / below):
        return None
    return above / below


def _error_of_mean(
    examples: int, weight: float, mean: float, squares: float, cross: float, cross_squares: float
) -> float | None:
    """The standard error of a weighted mean m = sum w x / sum w: the root of sum w^2 (x - m)^2, over sum w."""
    if examples < 2:
        return None
    return math.sqrt(max(cross_squares - 2.0 * mean * cross + mean * mean * squares, 0.0)) / weight
