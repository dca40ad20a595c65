"""The page's own files: read once, under names that change with them, so that browsers keep them for ever."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

KINDS: Final = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One file.

    >>> Asset(media="text/css", data=b"x", packed=b"").data
    b'x'
    """

    media: str
    data: bytes
    packed: bytes


class Assets:
    """All files of `flyball/web/static`.

    >>> assets = Assets()
    >>> assets.get("page.css").media, assets.get("../gate.py") is None, len(assets.digest)
    ('text/css; charset=utf-8', True, 16)
    """

    def __init__(self) -> None:
        found = {}
        whole = hashlib.sha256()
        for entry in sorted(files("flyball.web").joinpath("static").iterdir(), key=lambda entry: entry.name):
            media = KINDS.get(entry.name.rpartition(".")[2])
            if media is not None:
                data = entry.read_bytes()
                whole.update(data)
                found[entry.name] = Asset(media=media, data=data, packed=gzip.compress(data, mtime=0))
        self._held = found
        self.digest = whole.hexdigest()[:16]

    def get(self, name: str) -> Asset | None:
        """The file of this name, if there is one."""
        return self._held.get(name)
