"""Fenced blocks are read as Markdown shows them."""

from __future__ import annotations

from console import blocks

PAGE = """
# Title

```console
$ make demo
setting up
$ flyball check ads.py \\
>   --json
{}
```

<!-- not run: needs a port -->

```console
$ flyball up
```

<!-- file: ads.py -->
```python
import flyball as fb
```

<!-- file: lost.py -->
Prose between.

```text
$ no command
```
"""


def test_commands_are_the_lines_behind_a_dollar() -> None:
    """Output is left alone, and a backslash goes on."""
    assert blocks(PAGE)[0].commands == [(5, "make demo"), (7, "flyball check ads.py \\\n  --json")]


def test_a_comment_before_a_block_orders_what_to_do_with_it() -> None:
    """Prose between them breaks the order off."""
    assert [(block.language, block.order, block.detail) for block in blocks(PAGE)] == [
        ("console", "", ""),
        ("console", "not run", "needs a port"),
        ("python", "file", "ads.py"),
        ("text", "", ""),
    ]


def test_a_page_without_blocks_has_none() -> None:
    """Inline code is no block."""
    assert blocks("Run `make demo`.") == []
