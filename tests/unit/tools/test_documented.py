"""The rule of examples can fail, and exempts what cannot show one."""

from __future__ import annotations

import pytest

import documented
from finding import Source

WITHOUT = '    """Adds."""\n'
WITH = '    """Adds.\n\n    >>> 1 + 1\n    2\n    """\n'


def messages(text: str, path: str = "src/flyball/learn/a.py") -> list[str]:
    """What the rule says about a package of one file."""
    return [finding.message for finding in documented.check([Source.of(path, text)])]


@pytest.mark.parametrize("head", ["def add():", "async def add():", "class add:"])
def test_a_public_definition_shows_an_example(head: str) -> None:
    """The same definition passes with one and fails without."""
    assert messages(f"{head}\n{WITH}") == []
    assert messages(f"{head}\n{WITHOUT}") == ["public 'add' shows no example ('>>>') in its docstring or its module's"]


def test_a_public_definition_has_a_docstring() -> None:
    """Without one there is nothing to show an example in."""
    assert messages("def add(): ...") == ["public 'add' has no docstring"]


def test_an_example_of_the_module_counts_for_what_it_names() -> None:
    """Small values that belong together share one example."""
    module = '"""Sums.\n\n>>> Add()\nAdd()\n"""\n'

    assert messages(f"{module}class Add:\n{WITHOUT}") == []
    assert len(messages(f"{module}class Adder:\n{WITHOUT}")) == 1


@pytest.mark.parametrize(
    "text",
    [
        f"def _add():\n{WITHOUT}",
        f"@njit(nogil=True)\ndef add():\n{WITHOUT}",
        f"@numba.njit\ndef add():\n{WITHOUT}",
        f"@app.command('add')\ndef add():\n{WITHOUT}",
        f"@pytest.fixture\ndef add():\n{WITHOUT}",
        f"def pytest_configure():\n{WITHOUT}",
        f"class Log(Protocol):\n{WITHOUT}",
        f"class Store(Protocol[T]):\n{WITHOUT}",
        f"class Refused(FlyballError):\n{WITHOUT}\nclass AddRefused(Refused):\n{WITHOUT}",
    ],
)
def test_what_cannot_show_an_example_is_exempt(text: str) -> None:
    """Private names, kernels, commands, fixtures, hooks, ports and errors."""
    assert messages(text) == []


def test_a_public_method_has_a_docstring() -> None:
    """An example is asked of the class, a sentence of each method."""
    assert messages(f"class Add:\n{WITH}\n    def to(self): ...\n    def _to(self): ...") == [
        "public method 'Add.to' has no docstring"
    ]
    assert messages(f"class Add:\n{WITH}\n    @override\n    def to(self): ...") == []


def test_an_example_that_is_not_run_is_refused() -> None:
    """A skipped example proves nothing."""
    text = "def add():\n    '''Adds.\n\n    >>> 1 + 1  # doctest: {}SKIP\n    3\n    '''".format("+")

    assert messages(text) == ["an example that is not run proves nothing; make it run or leave it out"]


@pytest.mark.parametrize(
    "path", ["tests/unit/test_a.py", "tools/a.py", "src/flyball/_hidden/a.py", "src/flyball/_a.py"]
)
def test_only_the_public_package_is_held_to_it(path: str) -> None:
    """Tests and tools are read, not called."""
    assert messages("def add(): ...", path) == []
