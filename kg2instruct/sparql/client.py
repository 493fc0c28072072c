"""Queries by keys: in batches of a size that the endpoint bears, several at once, each answer kept."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from kg2instruct.sparql.answers import Row, TooSlowError
from kg2instruct.sparql.cache import AnswerCache
from kg2instruct.sparql.endpoint import Answered, Endpoint, TooMuchError
from kg2instruct.sparql.queries import Query

# After so many good batches in a row the size grows again.
_GROW_AFTER = 4
_PAGE_ROWS = 5000
_READ_AT_ONCE = 500
_SECONDS_UNTOLD = 2.0

Tell = Callable[[str, int, int, int], None]
"""Told the name of a query, keys done, keys in all, and bytes received so far."""


class BatchSize:
    """How many keys go into a query: halved when a query was too slow, slowly more when all is well."""

    def __init__(self, most: int) -> None:
        self.most = self.now = max(1, most)
        self._good = 0

    def good(self) -> None:
        """A batch of this size was answered."""
        self._good += 1
        if self._good >= _GROW_AFTER and self.now < self.most:
            self.now, self._good = min(self.most, self.now + max(1, self.now // 2)), 0

    def too_slow(self, size: int) -> None:
        """A batch of `size` was not."""
        self.now, self._good = max(1, min(self.now, size // 2)), 0


class Client:
    """Asks an endpoint by keys, through a cache. `failed` are keys that it gave up on, with the reason."""

    def __init__(self, endpoint: Endpoint, cache: AnswerCache, *, tell: Tell | None = None) -> None:
        self.endpoint, self.cache = endpoint, cache
        self.failed: dict[str, str] = {}
        self._tell = tell or (lambda _name, _done, _all, _bytes: None)
        self._sizes: dict[str, BatchSize] = {}

    def rows(self, query: Query, keys: Iterable[str]) -> Iterator[tuple[str, list[Row]]]:
        """Keys with the rows of each, in the order of the keys, whatever was asked when.

        Raises EndpointError when the endpoint fails for good. A key that is too much for it even alone is
        noted in `failed` and left out.
        """
        wanted = list(dict.fromkeys(keys))
        self.fill(query, wanted)
        for start in range(0, len(wanted), _READ_AT_ONCE):
            some = wanted[start : start + _READ_AT_ONCE]
            found = dict(self.cache.get(query.text, some))
            yield from ((key, found[key]) for key in some if key in found)

    def all_rows(self, query: Query) -> list[Row]:
        """The rows of a query that has no keys."""
        return next((rows for _, rows in self.rows(query, [""])), [])

    def fill(self, query: Query, wanted: Sequence[str]) -> None:
        """Ask what is not in the cache yet."""
        size = self._sizes.setdefault(
            query.name, BatchSize(min(self.endpoint.options.batch, query.most_keys))
        )
        todo = deque(key for key in self.cache.missing(query.text, wanted) if key not in self.failed)
        again: deque[Sequence[str]] = deque()
        running: dict[Future[dict[str, list[Row]] | None], Sequence[str]] = {}
        done = len(wanted) - len(todo)
        pool = ThreadPoolExecutor(self.endpoint.options.parallel)
        try:
            while todo or again or running:
                while (todo or again) and len(running) < self.endpoint.options.parallel:
                    batch = again.popleft() if again else _take(todo, size.now)
                    running[pool.submit(self._ask, query, batch)] = batch
                finished, _ = wait(running, timeout=_SECONDS_UNTOLD, return_when=FIRST_COMPLETED)
                if not finished:
                    self._tell_of(query, done, len(wanted))
                for future in finished:
                    batch = running.pop(future)
                    if (answers := future.result()) is None:
                        size.too_slow(len(batch))
                        again.extend(filter(None, (batch[: len(batch) // 2], batch[len(batch) // 2 :])))
                        continue
                    size.good()
                    self.cache.put(query.text, answers)
                    done += len(batch)
                    self._tell_of(query, done, len(wanted))
        except BaseException:
            self.endpoint.stop()
            raise
        finally:
            # What is still asked when a run ends early is not waited for: it may take more than a minute.
            pool.shutdown(wait=False, cancel_futures=True)

    def _tell_of(self, query: Query, done: int, of: int) -> None:
        trouble = f" (asked again: {self.endpoint.trouble})" if self.endpoint.trouble else ""
        self._tell(query.name + trouble, done, of, self.endpoint.traffic.received)

    def _ask(self, query: Query, keys: Sequence[str]) -> dict[str, list[Row]] | None:
        """The rows of some keys; None where they are to be asked for in two halves."""
        alone = len(keys) == 1
        try:
            answer = self.endpoint.ask(query.of(keys), patient=alone)
        except TooSlowError:
            return None
        except TooMuchError as error:
            self.failed[keys[0]] = str(error)
            return {}
        if answer.cut and not alone:
            return None
        rows = self._pages(query, keys, answer) if answer.cut else answer.rows
        answers: dict[str, list[Row]] = {key: [] for key in keys}
        for row in rows:
            if (listed := answers.get(query.key(row))) is not None:
                listed.append(row)
        return answers

    def _pages(self, query: Query, keys: Sequence[str], first: Answered) -> list[Row]:
        """All rows of an answer that the endpoint cuts off, page by page."""
        size = min(_PAGE_ROWS, first.cut_at)
        rows: list[Row] = []
        while True:
            page = self.endpoint.ask(query.page(keys, size=size, number=len(rows) // size), patient=True)
            rows += page.rows
            if len(page.rows) < size:
                return rows


def _take(keys: deque[str], count: int) -> Sequence[str]:
    return [keys.popleft() for _ in range(min(count, len(keys)))]
