"""An ablation as JSON.

>>> from flyball.run.ablation import Ablation
>>> empty = Ablation(system="ads", model="ctr", source="a.csv", examples=0, loss_name="log loss", loss=0.0,
...                  setting=(0.1, 1.0, 0.0, 0.0), worths=(), probes=(), alpha=0.05, least=0.0, seconds=1.0,
...                  memory_bytes=0)
>>> ablation_json(empty)["signals"]
[]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flyball.run.ablation import Ablation
    from flyball.run.report import JSON
    from flyball.watch.interval import Interval
    from flyball.watch.worth import Worth


def ablation_json(found: Ablation) -> dict[str, JSON]:
    """A finished ablation as `--json` prints it, and the control API."""
    alpha, beta, l1, l2 = found.setting
    return {
        "system": found.system,
        "model": found.model,
        "source": found.source,
        "examples": found.examples,
        "seconds": found.seconds,
        "loss_name": found.loss_name,
        "loss": found.loss,
        "least": found.least,
        "alpha": found.alpha,
        "setting": {"alpha": alpha, "beta": beta, "l1": l1, "l2": l2},
        "signals": [_worth_json(worth) for worth in found.worths if worth.kind in {"signal", "input"}],
        "groups": [_worth_json(worth) for worth in found.worths if worth.kind == "group"],
        "pairs": [_worth_json(worth) for worth in found.worths if worth.kind == "pair"],
        "probes": [_worth_json(worth) for worth in found.probes],
        "false_alarms": found.false_alarms,
        "slices": [
            {
                "dimension": each.dimension,
                "value": each.value,
                "signal": each.signal,
                "share": each.share,
                "loss": each.loss,
                "change": _interval_json(each.change),
            }
            for each in found.slices
        ],
        "memory_bytes": found.memory_bytes,
        "refused": sum(rejection.count for rejection in found.rejections),
        "notes": list(found.notes),
    }


def _worth_json(worth: Worth) -> dict[str, JSON]:
    return {
        "name": worth.name,
        "kind": worth.kind,
        "members": list(worth.members),
        "left_out": list(worth.left_out),
        "change": _interval_json(worth.change),
        "early": _interval_json(worth.early),
        "late": _interval_json(worth.late),
        "verdict": worth.verdict,
    }


def _interval_json(change: Interval | None) -> JSON:
    return None if change is None else {"low": change.low, "mean": change.mean, "high": change.high}
