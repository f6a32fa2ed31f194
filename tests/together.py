"""Many who do the same at one moment: each on a thread of its own, all let go together."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

T = TypeVar("T")


def at_once(count: int, attempt: Callable[[int], T]) -> list[T]:
    """What so many attempts gave, by their numbers from 0."""
    together = Barrier(count)

    def wait_and_try(number: int) -> T:
        together.wait()
        return attempt(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(wait_and_try, range(count)))
