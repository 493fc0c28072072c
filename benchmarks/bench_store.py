"""Cost of building a store against decompressing and decoding the same file, measured in one run.

    python benchmarks/bench_store.py --size-mb 500 [--entities FILE …] [--workers 1]

The file is made of the sample's entities (or those of FILE), copied with changed ids, names, titles and
values until it has the size asked for. All figures are CPU seconds of this process and its workers.
"""

from __future__ import annotations

import argparse
import gzip
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from kg2instruct.streams import open_stream
from kg2instruct.wikidata.build import build_store
from kg2instruct.wikidata.dump import read_blocks
from kg2instruct.wikidata.entities import entity_decoder
from kg2instruct.wikidata.store import Store

SAMPLE = Path(__file__).resolve().parents[1] / "kg2instruct" / "sample" / "entities.jsonl"
LANGS = ("zh", "en")
# Ids of one copy; items outside of the file (countries, classes) stay what they are.
_STRIDE = 1_000_003
_HAN = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏"


def load_entities(paths: list[Path]) -> list[dict[str, Any]]:
    """The items and properties of Wikidata files."""
    entities: list[dict[str, Any]] = []
    for block in read_blocks(paths, []):
        for line in block.data.splitlines():
            line = line.strip().removesuffix(b",")
            if line.startswith(b"{"):
                found = msgspec.json.decode(line)
                entities.extend(found["entities"].values() if "entities" in found else [found])
    return [entity for entity in entities if entity.get("type") in ("item", "property")]


def changed(entity: dict[str, Any], copy: int, known: set[int]) -> dict[str, Any]:
    """A copy of an entity with an id, names, titles and values of its own."""
    mark = "".join(_HAN[copy // len(_HAN) ** place % len(_HAN)] for place in range(3))
    word = f"{copy:x}"

    def moved(number: int) -> int:
        return number % _STRIDE + copy * _STRIDE if number in known else number

    def name(lang: str, text: str) -> str:
        return f"{text}{mark}" if lang.startswith("zh") else f"{text} {word}"

    result = dict(entity)
    if entity["type"] == "item":
        result["id"] = f"Q{moved(int(entity['id'][1:]))}"
    labels = entity.get("labels") or {}
    result["labels"] = {lang: {**term, "value": name(lang, term["value"])} for lang, term in labels.items()}
    aliases = entity.get("aliases") or {}
    result["aliases"] = {
        lang: [{**term, "value": name(lang, term["value"])} for term in terms]
        for lang, terms in aliases.items()
    }
    links = entity.get("sitelinks") or {}
    result["sitelinks"] = {
        site: {**link, "title": name(site[:2], link["title"])} for site, link in links.items()
    }
    claims = entity.get("claims") or {}
    result["claims"] = {pid: [_moved_claim(claim, moved) for claim in group] for pid, group in claims.items()}
    return result


def filled(entity: dict[str, Any], size: int) -> dict[str, Any]:
    """The entity with what a dump holds beside the fields that are read, up to about `size` bytes."""
    missing = size - len(msgspec.json.encode(entity))
    if missing <= 0:
        return entity
    reference = {
        "hash": "9" * 40,
        "snaks": {"P248": [_snak("P248", "string", "y" * 40)]},
        "snaks-order": ["P248"],
    }
    identifiers = max(1, missing // 3 // 600)
    claims = dict(entity.get("claims") or {})
    for pid in range(20_000, 20_000 + identifiers):
        snak = _snak(f"P{pid}", "external-id", f"id{pid:020d}")
        claims[f"P{pid}"] = [
            {"mainsnak": snak, "type": "statement", "rank": "normal", "references": [reference]}
        ]
    codes = [f"x{number:03d}" for number in range(missing * 2 // 3 // 170)]
    others = {code: {"language": code, "value": f"Ein Name in {code}"} for code in codes}
    descriptions = {code: {"language": code, "value": f"was es in der Sprache {code} ist"} for code in codes}
    return {
        **entity,
        "labels": {**others, **(entity.get("labels") or {})},
        "descriptions": descriptions,
        "claims": claims,
    }


def _snak(pid: str, datatype: str, value: str) -> dict[str, Any]:
    data = {"value": value, "type": "string"}
    return {"snaktype": "value", "property": pid, "hash": "8" * 40, "datavalue": data, "datatype": datatype}


def _moved_claim(claim: dict[str, Any], moved: Callable[[int], int]) -> dict[str, Any]:
    value = claim["mainsnak"].get("datavalue", {}).get("value")
    if not isinstance(value, dict) or value.get("entity-type") != "item":
        return claim
    target = moved(int(value["numeric-id"]))
    snak = claim["mainsnak"]
    entry = {**value, "numeric-id": target, "id": f"Q{target}"}
    return {**claim, "mainsnak": {**snak, "datavalue": {**snak["datavalue"], "value": entry}}}


def lines(entities: list[dict[str, Any]], size: int) -> Iterator[bytes]:
    """Lines of a dump with about `size` bytes."""
    known = {int(entity["id"][1:]) for entity in entities if entity["type"] == "item"}
    written, copy = 0, 0
    while written < size:
        for entity in entities:
            if entity["type"] == "item" or copy == 0:
                line = msgspec.json.encode(changed(entity, copy, known)) + b",\n"
                written += len(line)
                yield line
        copy += 1


def write_dump(path: Path, entities: list[dict[str, Any]], size: int) -> tuple[int, int]:
    """Write a gzipped dump; return its bytes of JSON and its entities."""
    total = count = 0
    with gzip.open(path, "wb", compresslevel=4) as out:
        out.write(b"[\n")
        for line in lines(entities, size):
            out.write(line)
            total, count = total + len(line), count + 1
        out.write(b"]\n")
    return total, count


def cpu() -> float:
    """CPU seconds so far of this process and its finished children."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def measured(action: Callable[[], object]) -> tuple[float, float]:
    """CPU and wall seconds of an action."""
    before, start = cpu(), time.perf_counter()
    action()
    return cpu() - before, time.perf_counter() - start


def decompress(path: Path) -> None:
    """Read the file to its end."""
    with open_stream(path) as stream:
        while stream.read(1 << 24):
            pass


def decode(path: Path) -> None:
    """Read the file and decode each line to the typed fields that a store needs."""
    decoder = entity_decoder(LANGS).decode
    with open_stream(path) as stream:
        for line in stream:
            if line.startswith(b"{"):
                decoder(line.rstrip(b",\n"))


def main() -> None:
    """Make the file, measure, print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size-mb", type=float, default=500, help="MB of JSON in the file (default 500)")
    parser.add_argument("--entities", type=Path, nargs="+", default=[SAMPLE], help="Wikidata files to copy")
    parser.add_argument(
        "--entity-bytes",
        type=int,
        default=14_000,
        help="least size of an entity (default 14000, as in dumps)",
    )
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench_store") as name:
        folder = Path(name)
        dump, kb = folder / "dump.json.gz", folder / "kb"
        entities = [filled(entity, options.entity_bytes) for entity in load_entities(options.entities)]
        size, count = write_dump(dump, entities, int(options.size_mb * 1e6))
        one = folder / "one.json"
        one.write_bytes(next(lines(entities, 1)))
        packed = dump.stat().st_size / 1e6
        print(f"{size / 1e6:.0f} MB JSON, {count} entities of {size / count:.0f} B, {packed:.0f} MB gz\n")
        print(f"{'step':<34}{'CPU s':>8}{'wall s':>8}{'MB/s·core':>11}{'ratio':>8}")
        base = 0.0
        steps: list[tuple[str, Callable[[], object]]] = [
            ("decompress", lambda: decompress(dump)),
            ("decompress + typed decode", lambda: decode(dump)),
            ("start (build of one entity)", lambda: build_store([one], folder / "one", langs=LANGS)),
            ("build store, 1 worker", lambda: build_store([dump], kb, langs=LANGS)),
        ]
        if options.workers > 1:
            title = f"build store, {options.workers} workers"
            steps.append((title, lambda: build_store([dump], kb, langs=LANGS, workers=options.workers)))
        steps.append(("open store", lambda: Store.open(kb)))
        for title, action in steps:
            seconds, wall = measured(action)
            base = seconds if "typed" in title else base
            ratio = f"{seconds / base:8.2f}" if title.startswith("build") else ""
            print(f"{title:<34}{seconds:>8.2f}{wall:>8.2f}{size / 1e6 / max(seconds, 1e-9):>11.0f}{ratio}")
        stored = sum(path.stat().st_size for path in kb.rglob("*"))
        print(f"\nstore: {stored / 1e6:.0f} MB, {stored / count:.0f} B an entity")
        shutil.rmtree(kb)


if __name__ == "__main__":
    main()
