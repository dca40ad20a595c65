"""What a model has learned, in words: for one prediction, and for the model as a whole.

>>> import tempfile
>>> from pathlib import Path
>>> import flyball as fb
>>> from flyball.run.learned_model import learned
>>> late = fb.Model("late", signals=[fb.Input("to", str)], outcome=fb.Outcome("delayed"))
>>> directory = Path(tempfile.mkdtemp()) / "state"
>>> with fb.open(fb.System("flights", models=[late]), directory) as fly:
...     _ = fly.predict("late", {"to": "Nome"}, id="r1")
...     _ = fly.outcome("r1", True)
>>> with learned(directory, "late") as found:
...     told, logged = explain_id(found, "r1")
...     knowledge = knowledge_of(found)
...     values = found.model.form.encoder.evaluate(["Rome"])
...     unseen = explain_values(found.model, found.model.form, values)
>>> logged.score, told.prediction > 0.5, [part.name for part in knowledge.signals["to"]]
(0.5, True, ['to=Nome'])
>>> [part.name for part in unseen.parts if not part.known]
['to=Rome']
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flyball.events.leaf import value_of
from flyball.events.record import Prediction
from flyball.learn.encoder import BIAS_KEY
from flyball.learn.explanation import Explanation, MixtureView, Part, coefficients, explain, mixture_view
from flyball.learn.mixture import RATES
from flyball.learn.names import BIAS, names_of
from flyball.learn.writer import output_writer
from flyball.serve.request import typed_inputs
from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from flyball.run.form import Form
    from flyball.run.learned_model import LearnedModel
    from flyball.run.live_model import LiveModel
    from flyball.system.value import Value

LOOKED_AT = 20_000
"""Of how many of the newest predictions the names of features are taken."""
MOST_NAMES = 200_000
"""How many names are kept at most."""


class PredictionUnknown(FlyballError):
    """The state remembers no prediction of this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expert:
    """One of those whose predictions are mixed.

    Attributes:
        name: what it is.
        share: how far it is believed.
        loss: its mean loss over the newest examples; nan before any.

    >>> Expert(name="alpha 0.5, beta 1", share=0.25, loss=0.4).share
    0.25
    """

    name: str
    share: float
    loss: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What a model as a whole has learned.

    Attributes:
        experts: those that are mixed, the most believed first; one that was given its settings has none.
        examples: the weight of the examples by which they are judged.
        loss: the mean loss of what was served over these; nan before any.
        signals: by signal the features of the newest predictions, the largest coefficients first.
        looked_at: how many predictions the names were taken from.

    >>> Knowledge(experts=(), examples=0.0, loss=0.0, signals={}, looked_at=0).looked_at
    0
    """

    experts: tuple[Expert, ...]
    examples: float
    loss: float
    signals: Mapping[str, tuple[Part, ...]]
    looked_at: int


def explain_values(model: LiveModel, form: Form, values: Sequence[Value]) -> Explanation:
    """Explains the prediction for the values of all nodes of a form."""
    return explain(form.recipe, model.table, form.program, values)


def explain_inputs(model: LiveModel, inputs: Mapping[str, object]) -> Explanation:
    """Explains what the model would answer now.

    Raises:
        RequestRefused: a value is not of its declared type.

    >>> import flyball as fb
    >>> late = fb.Model("late", signals=[fb.Input("hour", int)], outcome=fb.Outcome("late"))
    >>> with fb.open(fb.System("flights", models=[late])) as fly:
    ...     explain_inputs(fly.state.engine.models["late"], {"hour": 7}).prediction
    0.5
    """
    form = model.form
    leaves, _ = typed_inputs(form.model, form.program, inputs)
    return explain_values(model, form, form.encoder.evaluate(leaves))


def explain_id(found: LearnedModel, id: str) -> tuple[Explanation, Prediction]:
    """Explains a logged prediction by what is known now, and tells what was answered then.

    Raises:
        PredictionUnknown: no prediction of this id is remembered.
    """
    form = found.model.form
    seqs = (found.engine.joiner.known(form.model, version, id) for version in reversed(found.model.versions))
    seq = next((seq for seq in seqs if seq is not None), None)
    if seq is None:
        raise PredictionUnknown(
            f"no prediction of {form.model!r} with id {id!r} is remembered; give an id as the prediction was given it: "
            "ids are forgotten some time after their outcomes"
        )
    [record] = found.reader.get([seq])
    body = record.body
    assert isinstance(body, Prediction)  # noqa: S101  # the joiner knows predictions by this place
    return explain_values(found.model, form, _values_of(found, body)), body


def _values_of(found: LearnedModel, body: Prediction) -> list[Value]:
    """The values of all nodes of the present form, from inputs as they were logged."""
    form, given = found.model.form, found.engine.inputs_of(body)
    return form.encoder.evaluate([value_of(given.get(name)) for name in form.names])


def knowledge_of(
    found: LearnedModel, *, most: int = 10, progress: Callable[[int, int], None] | None = None
) -> Knowledge:
    """What a model as a whole has learned.

    Args:
        found: the model.
        most: how many coefficients of each signal are told.
        progress: called with the records read and their number.
    """
    form, table = found.model.form, found.model.table
    names: dict[int, tuple[str, str]] = {BIAS_KEY: ("", BIAS)}
    counts: Counter[int] = Counter()
    looked_at = 0
    for body in _newest(found, progress):
        looked_at += 1
        values = _values_of(found, body)
        for key, signal, name in _named(form, values):
            counts[key] += 1
            if len(names) < MOST_NAMES:
                names.setdefault(key, (signal, name))
    keys = list(names)
    weights, squares, rates, known = coefficients(form.recipe, table, keys)
    signals: dict[str, list[Part]] = {}
    for i, key in enumerate(keys):
        signal, name = names[key]
        if known[i]:
            weight, square, rate = float(weights[i]), float(squares[i]), float(rates[i])
            part = Part(signal=signal, name=name, value=1.0, weight=weight, brings=weight, squares=square, rate=rate)
            signals.setdefault(signal, []).append(part)
    view = mixture_view(form.recipe, table)
    return Knowledge(
        experts=tuple(sorted(_experts(form, view), key=lambda expert: -expert.share)),
        examples=view.examples,
        loss=float(view.losses[-1]),
        signals={
            signal: tuple(sorted(parts, key=lambda part: -abs(part.weight))[:most]) for signal, parts in signals.items()
        },
        looked_at=looked_at,
    )


def _named(form: Form, values: Sequence[Value]) -> Iterator[tuple[int, str, str]]:
    """Key, signal and name of each feature of a row."""
    for output, place in enumerate(form.program.outputs):
        keys: list[int] = []
        output_writer(form.program, output)(values, keys, [])
        signal = form.program.nodes[place].name
        for key, name in zip(keys, names_of(form.program, place, values), strict=True):
            yield key, signal, name


def _newest(found: LearnedModel, progress: Callable[[int, int], None] | None) -> Iterator[Prediction]:
    """The newest predictions of the model that the log still holds."""
    last = found.seq
    first = max(found.reader.first_seq - 1, last - 2 * LOOKED_AT)
    for record in found.reader.read(after=first):
        if record.seq > last:
            return
        if isinstance(record.body, Prediction) and record.body.model == found.model.form.model:
            yield record.body
        if progress is not None and (record.seq - first) % 500 == 0:
            progress(record.seq - first, last - first)


def _experts(form: Form, view: MixtureView) -> Iterator[Expert]:
    if form.recipe.lanes == 1:
        return
    recipe = form.recipe
    names = [f"alpha {alpha:g}, beta {beta:g}" for alpha, beta, _, _ in recipe.hyper.tolist()]
    if recipe.without > 0:
        whole = recipe.lanes - recipe.without
        names = [f"{name}, {'with' if i < whole else 'without'} candidates" for i, name in enumerate(names)]
    names += [f"all of them, weighed at rate {rate:g}" for rate in RATES]
    for name, share, loss in zip(names, view.shares.tolist(), view.losses.tolist()[:-1], strict=True):
        yield Expert(name=name, share=share, loss=loss)
