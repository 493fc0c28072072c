"""Blocks to part files, in one process or several, going on where an earlier run stopped."""

from __future__ import annotations

import gc
import itertools
import mmap
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import wait as wait_for
from pathlib import Path
from typing import Any, Protocol

import msgspec
from xxhash import xxh3_64_hexdigest

from kg2instruct.errors import Kg2InstructError
from kg2instruct.lang.fold import fold
from kg2instruct.share import Share, ShareDone
from kg2instruct.wikidata.block import BLOCK_BYTES, Block, parse_block
from kg2instruct.wikidata.columns import read_meta, write_part
from kg2instruct.wikidata.entities import entity_decoder

# Parts of another layout are parsed again.
PART_VERSION = 2
_FORKS = os.name == "posix" and "fork" in multiprocessing.get_all_start_methods()


def part_path(folder: Path, block: Block) -> Path:
    """Where the part of a block is."""
    return folder / f"{block.number:07d}.part"


def parse_to_part(block: Block, folder: Path, langs: tuple[str, ...]) -> None:
    """Parse a block and write its part, whole or not at all; the step to be spread over processes."""
    part = parse_block(block, langs)
    meta = {
        "key": part_key(block, langs),
        "counts": part.counts,
        "file": block.file,
        "lines": part.lines,
        "problems": part.problems,
        "latest": int(part.columns["modified"].max(initial=0)),
    }
    write_part(part_path(folder, block), part.columns, meta)


def part_key(block: Block, langs: tuple[str, ...]) -> str:
    """What a part depends on."""
    return f"{PART_VERSION} {','.join(langs)} {block.file} {xxh3_64_hexdigest(block.data)}"


def is_done(block: Block, folder: Path, langs: tuple[str, ...]) -> bool:
    """Whether the part of this very block is there."""
    path = part_path(folder, block)
    return path.exists() and _has_key(path, part_key(block, langs))


def _has_key(path: Path, key: str) -> bool:
    """Whether a part is there and is that of a block with this key."""
    if not path.exists():
        return False
    try:
        return bool(read_meta(path)["key"] == key)
    except (msgspec.DecodeError, ValueError):
        return False  # damaged


def parse_blocks(
    blocks: Iterable[Block],
    folder: Path,
    langs: tuple[str, ...],
    *,
    workers: int,
    done: Callable[[Block], None],
    engine: Engine | None = None,
    share: Share | None = None,
) -> list[Path]:
    """Parse the blocks whose parts are missing; return the parts of all, in order.

    They are parsed by `workers` processes of this machine, unless an engine does it elsewhere. With a share only
    its blocks are; ShareDone is raised while others are missing. Raises Kg2InstructError when a worker dies
    twice over the same block.
    """
    paths: list[Path] = []
    others: dict[Path, str] = {}  # with the keys that their parts will have

    def missing() -> Iterator[Block]:
        for block in blocks:
            paths.append(part_path(folder, block))
            if is_done(block, folder, langs):
                done(block)
            elif share is not None and not share.holds(block.number):
                others[paths[-1]] = part_key(block, langs)
                done(block)
            else:
                yield block

    if engine is not None:
        _parse_elsewhere(missing(), ParseTask(folder, langs), engine, done)
    elif workers <= 1:
        with _collection_paused():
            for block in missing():
                parse_to_part(block, folder, langs)
                done(block)
    else:
        _parse_in_processes(missing(), folder, langs, workers, done)
    waited_for = sum(not _has_key(path, key) for path, key in others.items())
    if waited_for:
        raise ShareDone(
            f"share {share} of the knowledge base is done; {waited_for} of all {len(paths)} blocks are still with "
            "other shares, after which the same command goes on"
        )
    return paths


@dataclass(frozen=True, slots=True)
class ParseTask:
    """Parsing as an engine knows tasks: a block in, its part in `folder`."""

    folder: Path
    langs: tuple[str, ...]

    def open(self) -> None:
        """Load what all blocks need."""
        gc.disable()  # as in workers here
        entity_decoder(self.langs)

    def do(self, unit: Block) -> None:
        """Parse one block."""
        parse_to_part(unit, self.folder, self.langs)


class Over(Protocol):
    """A block that is over; `death` says how its worker died over it, empty when its part is there."""

    @property
    def unit(self) -> Block: ...

    @property
    def death(self) -> str: ...


class Engine(Protocol):
    """Does blocks elsewhere, taken as they are needed, in any order."""

    def spread(self, units: Iterator[Block], task: ParseTask, /) -> Iterator[Over]: ...


def _parse_elsewhere(
    blocks: Iterator[Block], task: ParseTask, engine: Engine, done: Callable[[Block], None]
) -> None:
    died: list[Block] = []
    for over in engine.spread(blocks, task):
        if over.death:
            died.append(over.unit)
        else:
            done(over.unit)
    for block in died:
        for over in engine.spread(iter((block,)), task):
            if over.death:
                raise _died_twice(block, over.death)
            done(block)


def _died_twice(block: Block, how: str) -> Kg2InstructError:
    return Kg2InstructError(
        f"{block.file}: block {block.number}: a worker died twice over it ({how}); "
        "the same command goes on from here"
    )


# Memory in which the parent hands blocks to its forked workers: a pipe would cost a fifth of the parsing.
_slots: list[mmap.mmap] = []


def _parse_in_processes(
    blocks: Iterator[Block], folder: Path, langs: tuple[str, ...], workers: int, done: Callable[[Block], None]
) -> None:
    first = next(blocks, None)
    if first is None:
        return
    # One block in waiting for each one at work keeps memory bounded and workers busy.
    size = 2 * max(len(first.data), BLOCK_BYTES)  # not used where not needed
    _slots[:] = [mmap.mmap(-1, size) for _ in range(2 * workers)]
    free = list(range(len(_slots)))
    # What is loaded before forking is shared.
    entity_decoder(langs)
    fold("一" * 100)
    executor = _executor(workers)
    running: dict[Future[None], tuple[Block, int]] = {}
    todo = itertools.chain((first,), blocks)
    try:
        while True:
            broken = False
            while free and not broken and (block := next(todo, None)) is not None:
                try:
                    future = _submit(executor, block, free[-1], folder, langs)
                    running[future] = block, free.pop()
                except BrokenProcessPool:
                    todo, broken = itertools.chain((block,), todo), True
            if not running and not broken:
                return
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            if broken or any(isinstance(future.exception(), BrokenProcessPool) for future in finished):
                executor.shutdown(wait=True, cancel_futures=True)
                finished = set(running)
                for block, _ in running.values():
                    _parse_alone(block, folder, langs)
                executor = _executor(workers)
            else:
                for future in finished:
                    future.result()
            for future in finished:
                block, slot = running.pop(future)
                free.append(slot)
                done(block)
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
        _slots.clear()


def _submit(
    executor: ProcessPoolExecutor, block: Block, slot: int, folder: Path, langs: tuple[str, ...]
) -> Future[None]:
    size = len(block.data)
    if not _FORKS or size > len(_slots[slot]):
        return executor.submit(parse_to_part, block, folder, langs)
    _slots[slot][:size] = block.data
    return executor.submit(_parse_slot, replace(block, data=b""), slot, size, folder, langs)


def _parse_slot(block: Block, slot: int, size: int, folder: Path, langs: tuple[str, ...]) -> None:
    parse_to_part(replace(block, data=_slots[slot][:size]), folder, langs)


def _parse_alone(block: Block, folder: Path, langs: tuple[str, ...]) -> None:
    """Parse a block during which a worker died, in a process of its own."""
    if is_done(block, folder, langs):
        return
    with _executor(1) as executor:
        try:
            executor.submit(parse_to_part, block, folder, langs).result()
        except BrokenProcessPool as error:
            raise _died_twice(block, "out of memory?") from error


def _executor(workers: int) -> ProcessPoolExecutor:
    context: Any = multiprocessing.get_context("fork" if _FORKS else "spawn")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker)


def _start_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    gc.disable()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Leave when the parent is killed: nobody reads what a worker goes on to write."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)


@contextmanager
def _collection_paused() -> Iterator[None]:
    """Decoded blocks hold no cycles, and looking for them takes a fifth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
