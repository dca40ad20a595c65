"""The book of ids."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from flyball.run.live.block import Block, new_block
from flyball.run.live.book import SharedBook

if TYPE_CHECKING:
    from collections.abc import Sequence

LINES = 64


def small_book() -> SharedBook:
    """Room for 448 ids."""
    return SharedBook(Block(new_block("book", LINES * 64)))


def test_an_id_is_new_once() -> None:
    """However often it is asked."""
    book = small_book()
    told = [book.claim("ctr", 1, "r1") for _ in range(3)]
    assert told == [True, False, False], told


def test_models_and_versions_have_ids_of_their_own() -> None:
    """One id may be asked of each."""
    book = small_book()
    told = [book.claim(model, version, "r1") for model in ("a", "b") for version in (1, 2)]
    assert all(told), told


def test_the_newest_ids_stay_when_the_book_is_full() -> None:
    """Nearly all of them."""
    book = small_book()
    for i in range(20 * LINES):
        book.claim("ctr", 1, f"r{i}")
    newest = [f"r{i}" for i in range(20 * LINES - LINES, 20 * LINES)]
    forgotten = [id for id in newest if book.claim("ctr", 1, id)]
    assert len(forgotten) <= 2, f"{len(forgotten)} of the newest {len(newest)} ids were forgotten"


def test_of_threads_that_claim_one_id_at_most_one_is_first() -> None:
    """The kernel runs without the interpreter's lock."""
    book = small_book()

    def claims(ids: Sequence[str]) -> list[bool]:
        return [book.claim("ctr", 1, id) for id in ids]

    with ThreadPoolExecutor(4) as pool:
        for turn in range(50):
            ids = [f"{turn}:{i}" for i in range(20)]
            told = list(pool.map(claims, [ids] * 4))
            first = [sum(each) for each in zip(*told, strict=True)]
            assert max(first) <= 1, f"{max(first)} were told to be first"
