"""Doing what an administrator wants done: each action is a record in the log.

>>> Doer.__name__
'Doer'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.events.reader import open_reader
from flyball.events.record import Pause, Rewind
from flyball.run.live.vitals import Vital
from flyball.run.rewind import RewindRefused, check_rewind
from flyball.serve.port import DiskFull, LoopDown
from flyball.web.port import ActionRefused, SystemBusy

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from flyball.events.record import Body
    from flyball.run.live.vitals import SharedVitals
    from flyball.serve.port import Channel
    from flyball.web.port import Action


class Doer:
    """Writes actions to the log.

    Args:
        channel: the way to it.
        vitals: the loop's, and the log's time.
        state: the state directory.
        models: the models that there are.
    """

    def __init__(self, channel: Channel, vitals: SharedVitals, state: Path, models: Sequence[str]) -> None:
        self._channel, self._vitals, self._state, self._models = channel, vitals, state, models

    async def act(self, action: Action, _actor: str) -> int:
        """Writes the action to the log, and gives the log's last place once it is durable: its own, or one soon after.

        Raises:
            ActionRefused: a rewind that cannot be done.
            SystemBusy: the loop is down, or its disk is full.
        """
        body, now = record_of(action), self._vitals.now()
        if isinstance(body, Rewind):
            with open_reader(self._state / "log") as reader:
                first_seq = reader.first_seq
            try:
                check_rewind(body, models=self._models, first_seq=first_seq, now=now)
            except RewindRefused as error:
                raise ActionRefused(str(error)) from error
        place = self._channel.offer([(now, body)])
        if place is None:
            raise SystemBusy("too much is waiting to be recorded; try again in a second")
        try:
            await self._channel.committed(place)
        except LoopDown:
            raise SystemBusy("the loop is being started again, and may do it yet; look before you try again") from None
        except DiskFull:
            raise SystemBusy("the disk is full, and nothing was changed; make some space, then try again") from None
        return self._vitals.get(Vital.LAST_SEQ)


def record_of(action: Action) -> Body:
    """The record of an action.

    >>> from flyball.web.port import Action
    >>> record_of(Action(kind="freeze", model="ctr"))
    Pause(model='ctr', mode='freeze')
    """
    if action.kind == "rewind":
        return Rewind(model=action.model, to_ts=action.to_us or 0, exclude=list(action.exclude))
    return Pause(model=action.model, mode=action.kind)
