"""River's habits: what its pipelines, evaluations and checks ask of an estimator, without River being installed."""

from __future__ import annotations

import copy
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

BASES = {"classifier": "MiniBatchClassifier", "regressor": "MiniBatchRegressor"}
"""Which of River's classes an estimator of this type counts as."""


class RiverHabits:
    """The half of River's protocol that has nothing to do with learning.

    Where River is loaded, `isinstance(estimator, river.base.Classifier)` holds: the class is registered there when an
    estimator is made.

    >>> from flyball import FTRLClassifier
    >>> FTRLClassifier(alpha=0.1).clone({"alpha": 0.2}).alpha
    0.2
    """

    _estimator_type: str

    def __new__(cls, *_: object, **__: object) -> Self:
        """Makes River know the class, if River is there."""
        base = sys.modules.get("river.base")
        if base is not None:
            getattr(base, BASES[cls._estimator_type]).register(cls)
        return super().__new__(cls)

    def clone(self, new_params: dict[str, Any] | None = None, include_attributes: bool = False) -> Self:  # noqa: FBT001, FBT002  # River's signature
        """An estimator with the same settings that has learned nothing.

        Args:
            new_params: settings that shall be others.
            include_attributes: whether it shall have learned the same.
        """
        made = type(self)(**{**copy.deepcopy(self._get_params()), **(new_params or {})})
        if include_attributes:
            settings = self._get_params()
            made.__dict__.update(
                {name: copy.deepcopy(value) for name, value in self.__dict__.items() if name not in settings}
            )
        return made

    def mutate(self, new_attrs: dict[str, Any]) -> None:
        """River's way to change settings between examples; there are none that may.

        Raises:
            ValueError: any is given.
        """
        for name in new_attrs:
            raise ValueError(f"{name!r} is not a mutable attribute of {type(self).__name__}; clone it with new_params")

    def _get_params(self) -> dict[str, Any]:
        settings: dict[str, Any] = self.get_params(deep=False)  # type: ignore[attr-defined]  # scikit-learn's BaseEstimator has it
        return settings

    @classmethod
    def _unit_test_params(cls) -> Iterator[dict[str, Any]]:
        yield {}

    def _unit_test_skips(self) -> set[str]:
        return set()

    @property
    def _supervised(self) -> bool:
        return True

    @property
    def _mutable_attributes(self) -> set[str]:
        return set()

    @property
    def _is_stochastic(self) -> bool:
        return False

    @property
    def _tags(self) -> set[str]:
        return set()
