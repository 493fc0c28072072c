"""How many rows each source gives: by count, or by weight and temperature."""

from __future__ import annotations

from collections.abc import Mapping

from kg2instruct.mix.recipe import Recipe, SourceSpec


def targets(recipe: Recipe, available: Mapping[int, int]) -> dict[int, int]:
    """Rows to take of each source of which `available` rows are left, by the source's number.

    A count is scaled and at most what there is. Sources with a weight share `rows` in proportion to
    weight^(1/temperature); without `rows` they give as many as the first of them to run out allows. What a
    source lacks falls to the others with a weight. With a temperature other than 1, sources with neither
    weigh as much as they have rows; with 1 they are taken whole.
    """
    taken: dict[int, int] = {}
    weights: dict[int, float] = {}
    for number, have in available.items():
        spec = recipe.sources[number]
        if spec.count is not None:
            taken[number] = min(have, round(spec.count * recipe.scale))
        elif spec.weight is not None:
            weights[number] = spec.weight ** (1 / recipe.temperature)
        elif recipe.temperature != 1 or recipe.rows is not None:
            weights[number] = have ** (1 / recipe.temperature) if have else 0.0
        else:
            taken[number] = min(have, round(have * min(recipe.scale, 1)))
    return {**taken, **_shares(weights, available, recipe)}


def _shares(weights: dict[int, float], available: Mapping[int, int], recipe: Recipe) -> dict[int, int]:
    open_weights = {number: weight for number, weight in weights.items() if weight > 0 and available[number]}
    whole = sum(open_weights.values())
    if recipe.rows is None:
        least = min((available[x] / weight for x, weight in open_weights.items()), default=0)
        total = int(least * whole * min(recipe.scale, 1) + 1e-9)
    else:
        total = round(recipe.rows * recipe.scale)
    given = dict.fromkeys(weights, 0)
    while total > 0 and open_weights:
        whole = sum(open_weights.values())
        short = [x for x, weight in open_weights.items() if available[x] <= total * weight / whole]
        if not short:
            given |= _rounded({x: total * weight / whole for x, weight in open_weights.items()}, total)
            break
        for number in short:
            given[number] = available[number]
            total -= available[number]
            del open_weights[number]
    return given


def _rounded(shares: Mapping[int, float], total: int) -> dict[int, int]:
    """Whole numbers that add up to the total, largest remainders first."""
    floors = {number: int(share) for number, share in shares.items()}
    order = sorted(shares, key=lambda number: (floors[number] - shares[number], number))
    for number in order[: total - sum(floors.values())]:
        floors[number] += 1
    return floors


def asked_of(spec: SourceSpec, recipe: Recipe) -> int | None:
    """How many rows a source was asked for by count; None where it has none."""
    return None if spec.count is None else round(spec.count * recipe.scale)
