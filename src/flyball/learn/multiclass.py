"""One of several classes: softmax cross-entropy over one table, each feature's key crossed with the class.

A coordinate is a pair (feature, class), with a z and an n of its own, learned as in `flyball.learn.ftrl` with the
gradient of the cross-entropy by its class's margin: probability minus 1 for the class that it was, the probability for
the others. Keys are crossed here, for one example at a time. The two limits of the kernel, for F features and C
classes: F x C cache lines of 64 bytes read and written back (16 bytes of each are used); F x C times the operations of
`flyball.learn.ftrl`, and C exponentials.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from flyball.learn.ftrl import LEARN, Desk, fetch, longest, margin_of, step, weigh, write_back
from flyball.learn.growth import FULL
from flyball.learn.kernel import inner, kernel
from flyball.learn.loss import SMALLEST
from flyball.learn.maths import exp, log
from flyball.learn.seeker import aim, look, walk
from flyball.learn.slots import ZERO_KEY, insert, mix
from flyball.learn.table import Table
from flyball.learn.word import uint64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flyball.learn.features import Features

    Words = NDArray[Any]
    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Flags = NDArray[np.uint8]

FARTHEST = 1e100
"""Margins are cut here: their differences are finite."""


class Room(NamedTuple):
    """Room for two examples on their way, the present one and the next; example i is in row i modulo 2.

    Attributes:
        keys: shape (2, most), class after class, for each its keys in the order of the features.
        at: shape (2, most), the word of each key's slot, or where its search begins.
        left: shape (most + 1,), the places of the keys that are not in the table.
        grads: shape (most,).
        desk: the pairs, roots and coefficients of the present example.

    >>> room_of(30, 3).keys.shape
    (2, 90)
    """

    keys: Words
    at: Integers
    left: Integers
    grads: Floats
    desk: Desk


@kernel
def room_of(most: int, classes: int) -> Room:
    """Room for examples of at most `most` features."""
    whole = most * classes
    desk = Desk(np.empty(whole, np.uint64), np.empty(whole), np.empty(whole))
    at, left = np.empty((2, whole), np.int64), np.empty(whole + 1, np.int64)
    return Room(np.empty((2, whole), np.uint64), at, left, np.empty(whole), desk)


@inner
def cross(keys: Words, salt: int, crossed: Words) -> None:
    """The keys of features together with the class of this salt."""
    for j in range(len(keys)):
        key = mix(keys[j] + uint64(salt))
        crossed[j] = key if key != uint64(0) else uint64(ZERO_KEY)


@inner
def approach(words: Words, salts: Words, keys: Words, crossed: Words, at: Integers) -> None:
    """Crosses the features of an example with every class and asks the cache for where their slots begin."""
    count = len(keys)
    for c in range(len(salts)):
        cross(keys, salts[c], crossed[c * count : (c + 1) * count])
    aim(words, crossed, at)


@inner
def find_all(words: Words, keys: Words, at: Integers, left: Integers) -> int:
    """Finishes what `aim` began; how many keys the table does not hold, whose places `left` begins with."""
    absent = look(words, keys, at, left)
    return walk(words, keys, at, left, absent) if absent > 0 else absent


@inner
def take_all(words: Words, keys: Words, at: Integers, left: Integers, absent: int) -> bool:
    """Takes slots for the keys that have none; False when the table is full."""
    k = 0
    while k < absent:
        place = insert(words, keys[left[k]])
        if place == FULL:
            return False
        if place >= 0:
            at[left[k]] = place
            k += 1
            continue
        # A segment split: slots that were found before may have moved.
        aim(words, keys, at)
        absent, k = find_all(words, keys, at, left), 0
    return True


@inner
def soften(margins: Floats) -> None:
    """Margins become probabilities, of the same shape; their order stays."""
    most = -FARTHEST
    for c in range(len(margins)):
        margins[c] = min(max(margins[c], -FARTHEST), FARTHEST)
        most = max(most, margins[c])
    total = 0.0
    for c in range(len(margins)):
        margins[c] = exp(margins[c] - most)
        total += margins[c]
    for c in range(len(margins)):
        margins[c] /= total


@kernel
def run(
    words: Words,
    hyper: Floats,
    salts: Words,
    starts: Integers,
    keys: Words,
    values: Floats,
    todo: Flags,
    labels: Floats,
    noises: Words,
    losses: Floats,
) -> int:
    """Learns in the given order; how many examples were done before the table was full.

    Example i has features `starts[i]:starts[i + 1]`; it is learned from where `todo[i]` has LEARN. `labels` has shape
    (n, 2): the place of the class among `salts`, and the weight. `losses` gets -ln p of the class, before learning.
    """
    room, margins = room_of(longest(starts), len(salts)), np.empty(len(salts))
    last = len(starts) - 1
    if last > 0:
        size = (starts[1] - starts[0]) * len(salts)
        approach(words, salts, keys[starts[0] : starts[1]], room.keys[0, :size], room.at[0, :size])
    for i in range(last):
        here, there, mine = i & 1, (i + 1) & 1, values[starts[i] : starts[i + 1]]
        size, learns = len(mine) * len(salts), todo[i] & LEARN != 0
        crossed, at, pairs = room.keys[here, :size], room.at[here, :size], room.desk.pairs[:size]
        absent = find_all(words, crossed, at, room.left)
        if learns and not take_all(words, crossed, at, room.left, absent):
            return i
        if i + 1 < last:
            end = (starts[i + 2] - starts[i + 1]) * len(salts)
            coming = keys[starts[i + 1] : starts[i + 2]]
            approach(words, salts, coming, room.keys[there, :end], room.at[there, :end])
        fetch(words, at, pairs)
        if not learns:
            for k in range(absent):
                pairs[room.left[k]] = uint64(0)
        weigh(pairs, hyper, room.desk.roots, room.desk.held)
        sum_classes(room.desk.held, mine, margins)
        soften(margins)
        losses[i] = -log(max(margins[int(labels[i, 0])], SMALLEST))
        if learns:
            slopes(margins, labels[i], mine, room.grads)
            step(hyper, 1.0, noises[i], crossed, room.grads[:size], room.desk)
            write_back(words, at, pairs)
    return last


@inner
def sum_classes(held: Floats, values: Floats, margins: Floats) -> None:
    """The margin of each class, summed in the order of the features."""
    count = len(values)
    for c in range(len(margins)):
        total = 0.0
        for j in range(count):
            total += held[c * count + j] * values[j]
        margins[c] = total


@inner
def slopes(odds: Floats, label: Floats, values: Floats, grads: Floats) -> None:
    """The gradient of each coordinate: the weight times (probability minus 1 or 0) times the value."""
    count = len(values)
    for c in range(len(odds)):
        slope = label[1] * (odds[c] - (1.0 if c == int(label[0]) else 0.0))
        for j in range(count):
            grads[c * count + j] = slope * values[j]


@kernel
def predict(
    words: Words, hyper: Floats, salts: Words, starts: Integers, keys: Words, values: Floats, odds: Floats
) -> None:
    """The margin of every class for every example, shape (n, classes), nothing learned."""
    crossed = np.empty(longest(starts), np.uint64)
    for i in range(len(starts) - 1):
        count, mine = starts[i + 1] - starts[i], values[starts[i] : starts[i + 1]]
        for c in range(len(salts)):
            cross(keys[starts[i] : starts[i + 1]], salts[c], crossed[:count])
            odds[i, c] = margin_of(words, hyper, crossed, mine, 0, count)


@kernel
def soften_all(margins: Floats) -> None:
    """Margins become probabilities, in place; shape (n, classes).

    >>> margins = np.zeros((1, 4))
    >>> soften_all(margins)
    >>> margins.tolist()
    [[0.25, 0.25, 0.25, 0.25]]
    """
    for i in range(len(margins)):
        soften(margins[i])


@dataclass(frozen=True, slots=True, eq=False)
class Softmax:
    """How a model of several classes learns: the counterpart of `flyball.learn.recipe.Recipe`.

    Args:
        hyper: alpha, beta, l1 and l2.
        salts: one random word (uint64) for each class: it and the feature's key make the coordinate's key, so a class
            keeps its coefficients wherever it stands among the others.

    >>> softmax = Softmax(np.array([0.5, 0.1, 0.0, 0.0]), np.array([11, 22, 33], np.uint64))
    >>> len(softmax.table())
    0
    """

    hyper: Floats
    salts: Words

    def table(self, *, max_segments: int = 8192) -> Table:
        """An empty table for what is learned so."""
        return Table(max_segments=max_segments)

    def run(
        self, table: Table, features: Features, *, todo: Flags, labels: Floats, noises: Words, losses: Floats
    ) -> int:
        """Learns rows in their order (see `flyball.learn.multiclass.run`); how many before the table was full.

        Args:
            table: made by `table`.
            features: of n rows.
            todo: shape (n,), `ftrl.LEARN` where a row is to be learned from.
            labels: shape (n, 2): the place of the class, and the weight.
            noises: shape (n,), the random bits of the rounding.
            losses: shape (n,), gets -ln p of the class before learning.
        """
        rows = (features.starts, features.keys, features.values, todo, labels, noises, losses)
        return run(table.words, self.hyper, self.salts, *rows)

    def margins(self, table: Table, features: Features) -> Floats:
        """The margin of every class, shape (n, classes); nothing is learned."""
        found = np.empty((features.rows, len(self.salts)))
        predict(table.words, self.hyper, self.salts, features.starts, features.keys, features.values, found)
        return found
