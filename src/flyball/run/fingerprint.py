"""Fingerprints of files: whether an interrupted replay may go on with this one."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from flyball.system.canonical import canonical

if TYPE_CHECKING:
    from pathlib import Path

    from flyball.system.canonical import JSON


def file_fingerprint(path: Path, how: JSON) -> str:
    """A SHA-256, in hexadecimal, of a file's contents and of how it is read; its name takes no part.

    Args:
        path: the file.
        how: everything else that decides which records it becomes, as JSON's values.

    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.csv"
    >>> _ = path.write_text("a")
    >>> file_fingerprint(path, {"tz": "UTC"}) == file_fingerprint(path, {"tz": None})
    False
    """
    with path.open("rb") as file:
        whole = hashlib.file_digest(file, "sha256")
    whole.update(canonical(how).encode())
    return whole.hexdigest()
