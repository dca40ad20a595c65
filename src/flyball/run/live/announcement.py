"""Announcements: what a loop tells of its tables when it is ready, passed on by the supervisor with their descriptors.

A loop that starts anew makes new tables and announces them; until then workers go on with the old ones, which the
kernel frees when the last worker has let go of them.

>>> here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
>>> table = os.memfd_create("table")
>>> said = Announcement(definition="{}", versions={"ctr": 1}, models=["ctr"])
>>> send(here, said, [table])
>>> heard, descriptors = receive_any(there)
>>> heard == said, len(descriptors)
(True, 1)
>>> here.close(), there.close()
(None, None)
"""

from __future__ import annotations

import os
import socket

import msgspec

MOST_DESCRIPTORS = 250
"""Of one message; the kernel allows 253."""


class Announcement(msgspec.Struct, frozen=True):
    """What is served.

    Args:
        definition: canonical JSON of the system.
        versions: each model's version.
        models: the models, in the order of the descriptors of their tables.
    """

    definition: str
    versions: dict[str, int]
    models: list[str]


def send(link: socket.socket, said: Announcement, tables: list[int]) -> None:
    """Sends an announcement; the text goes by a descriptor too, since a message may not be long.

    Raises:
        OSError: the other side has ended.
    """
    document = os.memfd_create("flyball-announcement")
    try:
        with os.fdopen(os.dup(document), "wb") as file:
            file.write(msgspec.json.encode(said))
        socket.send_fds(link, [b"announcement"], [document, *tables])
    finally:
        os.close(document)


def receive_any(link: socket.socket) -> tuple[Announcement, list[int]] | bytes | None:
    """The next announcement with the descriptors of its tables, or a plain word; `None` where the other side has ended.

    Raises:
        BlockingIOError: none is there, and the socket does not wait.
    """
    try:
        data, descriptors, _, _ = socket.recv_fds(link, 64, MOST_DESCRIPTORS)
    except ConnectionResetError:
        return None
    if not descriptors:
        return data or None
    document, *tables = descriptors
    with os.fdopen(document, "rb") as file:
        file.seek(0)
        return msgspec.json.decode(file.read(), type=Announcement), tables
