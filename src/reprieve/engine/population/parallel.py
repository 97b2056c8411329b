"""Many people in fixed blocks, on one core, all cores or a cluster, with the same numbers.

A block is the unit of work and of randomness: block k of a run always holds the same people
and always draws from child k of the run's seed, so neither the number of workers nor the order
in which they finish can move a number. Results come back in block order.
"""

import logging
import os
import re
import socket
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from reprieve.errors import InputError, ModelError

T = TypeVar("T")
Progress = Callable[[int, int], None]

BLOCK = 2000  # people; small enough for a core's share of memory, large enough to hide overhead
MOST_PEOPLE = 100_000_000
MOST_WORKERS = 1024
CONNECT_S = 5.0  # a scheduler that is there answers much sooner
_ADDRESS = re.compile(
    r"(?:tcp|tls|ws|wss|ucx)://(?P<host>\[[0-9a-fA-F:.]+\]|[\w.-]+):(?P<port>\d{1,5})"
)


@dataclass(frozen=True, slots=True)
class Block:
    """People `start` to `stop` (exclusive) of a run; `seed` is this block's own."""

    index: int
    start: int
    stop: int
    seed: np.random.SeedSequence

    def __len__(self) -> int:
        return self.stop - self.start

    def rng(self, stream: int | None = None) -> np.random.Generator:
        """A fresh generator, the same at every call; each `stream` is independent of the others."""
        if stream is None:
            return np.random.default_rng(self.seed)
        key = (*self.seed.spawn_key, stream)
        return np.random.default_rng(np.random.SeedSequence(self.seed.entropy, spawn_key=key))


def blocks(n: int, block: int = BLOCK, seed: int = 0) -> Iterator[Block]:
    """Cut n people into blocks of fixed size.

    Child seeds are made by position (`spawn_key`), so block k is the same whatever n is:
    a larger run begins with the people of a smaller one.

    Raises
    ------
    InputError
        n or block below 1, n above 1e8, or a negative seed.
    """
    if not 1 <= n <= MOST_PEOPLE:
        raise InputError(f"The number of people was {n}; expected 1 to {MOST_PEOPLE:,}.")
    if block < 1:
        raise InputError(f"The block size was {block}; expected 1 or more.")
    if seed < 0:
        raise InputError(f"The seed was {seed}; expected 0 or more.")
    for index, start in enumerate(range(0, n, block)):
        child = np.random.SeedSequence(seed, spawn_key=(index,))
        yield Block(index, start, min(start + block, n), child)


def each_block(
    fn: Callable[[Block], T],
    n: int,
    block: int = BLOCK,
    seed: int = 0,
    workers: int | None = None,
    cluster: str | None = None,
    progress: Progress | None = None,
) -> Iterator[T]:
    """`fn` of every block, one after another in block order.

    Only a few blocks are under way at a time, so what is kept is what the caller keeps: fold the
    results and a million people need no more memory than a thousand.

    Parameters
    ----------
    fn : takes a `Block`, returns something small (a summary, not the people); on a cluster it
        must be picklable. Kernels release the interpreter lock, so threads suffice here.
    n, block, seed : as in `blocks`
    workers : threads; None takes one per usable core
    cluster : address of a Dask scheduler ("tcp://host:8786"); None stays on this machine
    progress : called with (people done, n) as blocks arrive, from the calling thread

    Raises
    ------
    InputError
        As `blocks`, workers below 1 or above 1024, or a cluster that is no scheme://host:port.
    ModelError
        The cluster cannot be reached, or the optional extra `scale` is not installed.
    """
    if workers is not None and not 1 <= workers <= MOST_WORKERS:
        raise InputError(f"The number of workers was {workers}; expected 1 to {MOST_WORKERS:,}.")
    if cluster is not None:
        _checked_address(cluster)
    pieces = list(blocks(n, block, seed))
    count = min(workers or usable_cores(), len(pieces))
    if cluster is not None:
        results = _on_cluster(fn, pieces, cluster)
    elif count == 1:
        results = map(fn, pieces)
    else:
        results = _on_threads(fn, pieces, count)
    for piece, result in zip(pieces, results, strict=True):
        if progress is not None:
            progress(piece.stop, n)
        yield result


def map_blocks(
    fn: Callable[[Block], T],
    n: int,
    block: int = BLOCK,
    seed: int = 0,
    workers: int | None = None,
    cluster: str | None = None,
    progress: Progress | None = None,
) -> list[T]:
    """`fn` of every block as a list in block order; arguments and errors of `each_block`."""
    return list(each_block(fn, n, block, seed, workers, cluster, progress))


def usable_cores() -> int:
    """Cores that this process may use."""
    try:
        return max(1, len(os.sched_getaffinity(0)))
    except AttributeError:  # not Linux
        return max(1, os.cpu_count() or 1)


def _in_order(submit: Callable[[Block], Any], pieces: list[Block], window: int) -> Iterator[Any]:
    """Results in order of the blocks, with at most `window` of them under way or waiting."""
    waiting: deque[Any] = deque()
    try:
        for piece in pieces:
            waiting.append(submit(piece))
            if len(waiting) == window:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def _on_threads(fn: Callable[[Block], T], pieces: list[Block], count: int) -> Iterator[T]:
    with ThreadPoolExecutor(count, thread_name_prefix="block") as pool:
        yield from _in_order(lambda piece: pool.submit(fn, piece), pieces, 2 * count)


def _on_cluster(fn: Callable[[Block], T], pieces: list[Block], address: str) -> Iterator[T]:
    try:
        from distributed import Client
    except ImportError as error:
        raise ModelError(
            "--cluster needs Dask distributed, which is not installed; "
            "install the extra with: pip install 'reprieve[scale]'."
        ) from error
    with _quiet(), _client(Client, address) as client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise ModelError(
                f"The Dask scheduler at '{address}' has no workers; start one with "
                f"`dask worker {address}`."
            )
        window = 2 * threads
        # pure=False: two runs with equal arguments are still two runs
        yield from _in_order(lambda piece: client.submit(fn, piece, pure=False), pieces, window)


def _checked_address(address: str) -> tuple[str, int]:
    """Host and port of a scheduler's address."""
    found = _ADDRESS.fullmatch(address.strip())
    if not found or not 1 <= int(found["port"]) <= 65535:
        raise InputError(
            f"'{address}' is no address of a Dask scheduler; expected scheme://host:port, such as "
            "tcp://127.0.0.1:8786."
        )
    return found["host"].strip("[]"), int(found["port"])


def _client(make: Any, address: str) -> Any:
    """A client of the scheduler, or one sentence; Dask alone would try and log for long."""
    host, port = _checked_address(address)
    try:
        with socket.create_connection((host, port), timeout=CONNECT_S) as probe:
            # a scheduler greets first; Dask waits without end for one that does not
            if address.strip().startswith("tcp:") and not probe.recv(1):
                raise ConnectionError
        return make(address.strip(), timeout=f"{CONNECT_S:g}s", set_as_default=False)
    except (OSError, TimeoutError, ValueError, RuntimeError) as error:
        raise ModelError(
            f"No Dask scheduler answered at '{address}'; start one with `dask scheduler` "
            "and give its address, such as tcp://127.0.0.1:8786."
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """What Dask logs about a connection stays unsaid: the refusal says it in one sentence."""
    logger = logging.getLogger("distributed")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)
