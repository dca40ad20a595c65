"""What a joiner carries from one record to the next, and what it tells of that."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Self

from flyball.events.exclusions import Exclusions
from flyball.events.gates import Gates
from flyball.events.hold import Hold
from flyball.events.omission import Omission
from flyball.events.pending import Lane, Pending
from flyball.events.register import Register
from flyball.events.rulebook import Rulebook
from flyball.events.snapshot import FORMAT, Snapshot
from flyball.events.strays import Strays
from flyball.events.tally import Tallies
from flyball.system.error import FlyballError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flyball.events.gate import Mode
    from flyball.events.rule import JoinRule
    from flyball.events.tally import Tally


class Ledger:
    """The state of a joiner: saved, restored, asked, and corrected after a rewind; `Joiner` says what it is given.

    >>> Ledger({}, {}).pending
    0
    """

    def __init__(
        self,
        rules: Mapping[str, JoinRule],
        outcomes: Mapping[str, str],
        *,
        max_pending: int = 1_000_000,
        without: tuple[str, Omission] | None = None,
    ) -> None:
        if max_pending < 1:
            raise FlyballError(f"max_pending {max_pending!r} leaves no room for a prediction; give 1 or more")
        self.now: int | None = None
        self._tallies = Tallies()
        self._gates = Gates(max_pending)
        self._exclusions = Exclusions()
        self._omissions: dict[str, Omission] = {}
        self._without = without
        self._register = Register(max_pending)
        self._hold = Hold(max_pending)
        self._strays = Strays(self._hold, self._tallies)
        if without is not None:
            model, omission = without
            for stretch in omission.exclude:
                self._exclusions.add(model, *stretch)
        self.replan(rules, outcomes)

    def replan(self, rules: Mapping[str, JoinRule], outcomes: Mapping[str, str]) -> None:
        """From here on new predictions are joined by these rules; those already made keep theirs.

        Raises:
            RuleRefused: a rule that cannot be followed; then nothing has changed.
        """
        self._book = Rulebook(rules, outcomes)
        self._lanes: dict[tuple[str, int], Lane] = {}

    @property
    def tallies(self) -> Mapping[tuple[str, int], Tally]:
        """The tally of each (model, version), as it stands; version 0 holds what no version can be told for."""
        return MappingProxyType(self._tallies)

    @property
    def unknown_outcomes(self) -> int:
        """How many outcomes had a name that no rule has."""
        return self._strays.unknown

    @property
    def unused_outcomes(self) -> int:
        """How many outcomes had a name that no model waits for."""
        return self._strays.unused

    @property
    def pending(self) -> int:
        """How many predictions have an open window, whether an outcome came already or not."""
        return self._register.open_count

    @property
    def remembered(self) -> int:
        """How many predictions are closed and not yet forgotten."""
        return len(self._register.closed)

    @property
    def max_pending(self) -> int:
        """How many predictions may have an open window at once."""
        return self._register.limit

    @property
    def held(self) -> int:
        """How many outcomes and exposures are held for predictions yet to come."""
        return len(self._hold)

    @property
    def due(self) -> float:
        """When something happens next though no record comes, microseconds: a tick of that time lets it happen."""
        return min(self._register.open.due, self._register.closed.due, self._hold.due)

    @property
    def oldest_needed_seq(self) -> int | None:
        """The first place of a prediction that is open, remembered or held back for learning; None without any.

        What comes before it may leave the log. It asks every prediction: not for a loop that others wait for.
        """
        held = self._gates.first_held
        return min((*(entry.seq for entry in self._register.all()), *(() if held is None else (held,))), default=None)

    def mode(self, model: str) -> Mode:
        """Whether a model learns (`on`), or was paused or frozen."""
        return self._gates.of(model).mode

    def held_back(self, model: str) -> int:
        """How many examples of a paused model wait to be learned from."""
        return len(self._gates.of(model).held)

    def known(self, model: str, version: int, id: str) -> int | None:
        """The place in the log of the prediction remembered under this model, version and id; None without one."""
        entry = self._register.find(model, version, id)
        return None if entry is None else entry.seq

    def _lane_of(self, model: str, version: int, rule: JoinRule) -> Lane:
        return Lane.of(model, version, rule, self._tallies.of(model, version), self._gates.of(model))

    def _withdraw(self, unwanted: Callable[[Pending], bool], now: int) -> None:
        for entry in self._register.withdraw(unwanted):
            entry.discard()
            self._register.remember(entry, now)

    def again(self, model: str) -> Self:
        """A joiner that has seen nothing, and leaves out of this model's learning what rewinds have left out so far.

        It is for the log from its first record on; `correct` is told when it has seen as much as this one.
        """
        without = (model, self._omissions.get(model, Omission()))
        return type(self)({}, {}, max_pending=self._register.limit, without=without)

    def correct(self, model: str, again: Ledger) -> None:
        """After a rewind: what is known to have been learned of this model's predictions is what `again` says.

        A prediction that `again` has forgotten, as one that is full may, is discarded if it is open.
        """
        twins = {entry.seq: entry for entry in again._register.all() if entry.lane.model == model}
        self._withdraw(lambda entry: entry.lane.model == model and entry.seq not in twins, self.now or 0)
        for entry in self._register.all():
            if entry.seq in twins:
                twin = twins[entry.seq]
                entry.learned, entry.learned_weight, entry.revision = twin.learned, twin.learned_weight, twin.revision
                entry.teaches = twin.teaches
        self._gates.of(model).take_over(again._gates.of(model).held)

    def snapshot(self) -> bytes:
        """Everything that the joiner carries to the next record; equal states give equal bytes."""
        rules, entries = self._register.save()
        return Snapshot(
            format=FORMAT,
            now=self.now,
            max_pending=self._register.limit,
            unknown_outcomes=self._strays.unknown,
            unused_outcomes=self._strays.unused,
            gates=self._gates.save(),
            exclusions=sorted(self._exclusions.ranges.items()),
            omissions=sorted(self._omissions.items()),
            tallies=[(model, version, tally) for (model, version), tally in sorted(self._tallies.items(), key=_first)],
            rules=rules,
            entries=entries,
            facts=self._hold.all(),
        ).encode()

    @classmethod
    def restore(
        cls,
        rules: Mapping[str, JoinRule],
        outcomes: Mapping[str, str],
        data: bytes,
        *,
        max_pending: int | None = None,
    ) -> Self:
        """The joiner whose snapshot this is, which goes on as that one would have.

        Args:
            rules: the rules that hold for new predictions, as `Joiner` takes them.
            outcomes: as in `Joiner`.
            data: what `snapshot` returned.
            max_pending: another bound; None keeps that of the snapshot.

        Raises:
            RuleRefused: a rule that cannot be followed.
            SnapshotRefused: foreign bytes, or of another format.
        """
        state = Snapshot.decode(data)
        joiner = cls(rules, outcomes, max_pending=state.max_pending if max_pending is None else max_pending)
        joiner.now = state.now
        joiner._strays.unknown, joiner._strays.unused = state.unknown_outcomes, state.unused_outcomes
        joiner._gates.load(state.gates)
        joiner._omissions.update(state.omissions)
        joiner._exclusions.ranges.update(state.exclusions)
        joiner._tallies.update({(model, version): tally for model, version, tally in state.tallies})
        joiner._register.load(state.rules, state.entries, joiner._lane_of)
        for fact in state.facts:
            joiner._hold.add(fact)
        return joiner


def _first(pair: tuple[tuple[str, int], Tally]) -> tuple[str, int]:
    return pair[0]
