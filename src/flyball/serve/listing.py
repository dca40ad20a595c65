"""Listings: bodies that hold one item, or many under one key."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import msgspec

from flyball.serve.body import check_unique, decode, decode_whole, keys_within
from flyball.serve.problem import Refused, problem

T = TypeVar("T", bound=msgspec.Struct)


class Listing(Generic[T]):
    """Reads such bodies.

    Args:
        item: the struct of one item.
        key: under which many stand.
        most: how many a request may hold.

    >>> from flyball.serve.wire import Told
    >>> listing = Listing(Told, "outcomes", 1024)
    >>> good, bad = listing.read(b'{"outcomes": [{"id": "a", "value": 1}, 7]}')
    >>> good.id, bad.problem.status
    ('a', 422)
    """

    def __init__(self, item: type[T], key: str, most: int) -> None:
        self._item = msgspec.json.Decoder(item)
        self._key = key
        self._most = most
        raws = [(key, list[msgspec.Raw])]
        self._probe: msgspec.json.Decoder[Any] = msgspec.json.Decoder(
            msgspec.defstruct("Probe", [(key, msgspec.Raw | msgspec.UnsetType, msgspec.UNSET)])
        )
        self._many: msgspec.json.Decoder[Any] = msgspec.json.Decoder(
            msgspec.defstruct("Many", raws, forbid_unknown_fields=True)
        )

    def read(self, body: bytes) -> list[T | Refused]:
        """The items, in order; in the place of one that is wrong, why.

        Raises:
            Refused: the body is wrong as a whole, or holds no items, or too many.
        """
        if getattr(decode(self._probe, body), self._key) is msgspec.UNSET:
            return [self._alone(body)]
        raws: list[msgspec.Raw] = getattr(decode(self._many, body), self._key)
        if not 0 < len(raws) <= self._most:
            raise too_many(self._key, len(raws), self._most)
        items = [self._one(raw) for raw in raws]
        right = [item for item in items if not isinstance(item, Refused)]
        keys = 1 + sum(keys_within(item) for item in right)
        # Of an item that cannot be decoded the keys are not known: then no count settles it.
        check_unique(body, keys if len(right) == len(items) else -1)
        return items

    def _alone(self, body: bytes) -> T | Refused:
        try:
            return decode_whole(self._item, body)
        except Refused as refused:
            if refused.problem.kind != "refused":
                raise
            return refused

    def _one(self, raw: msgspec.Raw) -> T | Refused:
        try:
            return decode(self._item, raw)
        except Refused as refused:
            return refused


def too_many(key: str, given: int, most: int) -> Refused:
    """A list is empty or too long.

    >>> print(too_many("outcomes", 0, 1024))
    outcomes has 0 items; accepted: 1 to 1024 in one request
    """
    detail = f"{key} has {given} items; accepted: 1 to {most} in one request"
    return Refused(problem("too-many", detail, accepted=f"1 to {most}"))
