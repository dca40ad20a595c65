"""What is served: all models of one definition; replaced as a whole, by one assignment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flyball.serve.predictor import Predictor
from flyball.serve.problem import not_found
from flyball.serve.wire import InputShown, ModelShown
from flyball.system.excerpt import excerpt
from flyball.system.mistake import did_you_mean, one_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyball.learn.table import Words
    from flyball.system.event import Event
    from flyball.system.outcome import Outcome
    from flyball.system.system import System


@dataclass(frozen=True, slots=True)
class Serving:
    """All that a request needs of the definition; a request uses one of these throughout.

    Args:
        system: the definition.
        models: the predictors by the names of their models.
        outcomes: the declared outcomes by name.
        events: the declared events by name.

    >>> from flyball import Input, Model, Outcome, System
    >>> from flyball.learn.table import Table
    >>> system = System("flights", models=[Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))])
    >>> Serving.of(system, {"late": 1}, {"late": Table(width_bits=2).words}).model("late").version
    1
    """

    system: System
    models: Mapping[str, Predictor]
    outcomes: Mapping[str, Outcome]
    events: Mapping[str, Event]

    @staticmethod
    def of(
        system: System, versions: Mapping[str, int], tables: Mapping[str, Words], *, strict: bool = False
    ) -> Serving:
        """What is served of a definition.

        Args:
            system: the definition.
            versions: each model's version.
            tables: the `words` of each model's table.
            strict: whether inputs that a model does not know are refused.

        Raises:
            FunctionUnknown: one of the users' own functions is not there.
        """
        definition = system.digest[:16]
        models = {
            name: Predictor(system, name, versions[name], tables[name], strict=strict, definition=definition)
            for name in (model.name for model in system.models)
        }
        return Serving(system=system, models=models, outcomes=system.outcomes, events=system.events)

    def model(self, name: str) -> Predictor:
        """The predictor of the model of this name.

        Raises:
            Refused: there is none.
        """
        found = self.models.get(name)
        if found is None:
            names = sorted(self.models)
            hint = did_you_mean(name, names, "see GET /v1/models")
            raise not_found(f"no model is named {excerpt(name)}; accepted: {one_of(names)}; {hint}", hint=hint)
        return found

    def shown(self, name: str) -> ModelShown:
        """What callers may know of a model.

        Raises:
            Refused: there is none of this name.
        """
        found = self.model(name)
        nodes = [found.program.nodes[place] for place in found.program.leaves]
        return ModelShown(
            name=name,
            version=found.version,
            outcome=found.declared.outcome.name,
            inputs=[InputShown(node.name, node.kind.value) for node in nodes],
            deadline=found.declared.deadline,
            fallback=found.fallback,
        )
