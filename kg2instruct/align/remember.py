"""A method that keeps what it found: `functools.lru_cache` by instance, and without the order of use, which costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

K = TypeVar("K")
V = TypeVar("V")

_CACHED = 50_000


class _Kept(dict[K, V]):
    """Results by argument; simply emptied when there are too many, since the common ones are soon back."""

    def __init__(self, compute: Callable[[K], V]) -> None:
        self.compute = compute

    def __missing__(self, key: K) -> V:
        found = self.compute(key)
        if len(self) >= _CACHED:
            self.clear()
        self[key] = found
        return found


class remember(Generic[K, V]):  # noqa: N801
    """Compute a method of one argument, which has to be hashable, once for each.

    As with `lazy`, the first access puts into the instance's `__dict__` what later ones find there.
    """

    def __init__(self, compute: Callable[[Any, K], V]) -> None:
        self.compute = compute
        self.name = compute.__name__
        self.__doc__ = compute.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> remember[K, V]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> Callable[[K], V]: ...

    def __get__(self, instance: object | None, owner: type) -> remember[K, V] | Callable[[K], V]:
        if instance is None:
            return self
        kept: _Kept[K, V] = _Kept(self.compute.__get__(instance, owner))
        found = instance.__dict__[self.name] = kept.__getitem__
        return found
