"""What a task does with what it gets, whatever engine it runs on. Failures are rows, so that one city stops no other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .._findings import CarbonzoneError, Finding, Findings
from ._passes import Shares, run_city, smoothed, states_schema, sums, weigh
from ._storage import City, open_city

if TYPE_CHECKING:
    import pyarrow as pa

#: Kind of a row that is a finding and no state.
ERROR = "error"

Pass = Callable[[City, Iterable[Any]], Any]


def city_task(url: str, out: str, batch_rows: int) -> str:
    """Computes and saves a city; the findings why not, as JSON, or an empty text."""
    try:
        run_city(open_city(url), batch_rows=batch_rows, threads=1).save(out)
    except CarbonzoneError as error:
        return findings_json(error.findings)
    return ""


def parts_task(city: City, files: Iterable[str], work: Pass, batch_rows: int) -> Iterator[pa.Table]:
    """States of some parts by a pass; a part that cannot be used gives a row that says why."""

    def parcels() -> Iterator[Any]:
        for file in files:
            yield from city.read(file, batch_rows=batch_rows)

    try:
        yield work(city, parcels())
    except CarbonzoneError as error:
        yield error_states(error)


def error_states(error: CarbonzoneError) -> pa.Table:
    """One row that carries findings."""
    import pyarrow as pa

    row = {"kind": ERROR, "unit": -1, "name": findings_json(error.findings), "state": 0}
    return pa.Table.from_pylist([row], schema=states_schema())


def raise_errors(states: pa.Table) -> pa.Table:
    """States without failures; if there are any, all of them at once.

    Raises
    ------
    CarbonzoneError
        What any task found wrong.
    """
    import pyarrow.compute as pc

    failed = pc.equal(states["kind"], ERROR)
    texts = sorted(set(states.filter(failed)["name"].to_pylist()))
    if texts:
        raise CarbonzoneError(Findings(finding for text in texts for finding in findings_of(text)))
    return states


def pass_one(city: City, batches: Iterable[Any]) -> Any:
    """Pass 1 on one core."""
    return weigh(city, batches, threads=1)


def smoothing(shares: Shares) -> Pass:
    """The pass over smoothed weights."""
    return lambda city, batches: smoothed(city, shares, batches)


def pass_two(shares: Shares) -> Pass:
    """Pass 2 on one core."""
    return lambda city, batches: sums(city, shares, batches, threads=1)


def findings_json(findings: Findings) -> str:
    """Findings as one text."""
    return json.dumps([{k: getattr(f, k) for k in Finding.__dataclass_fields__} for f in findings], ensure_ascii=False)


def findings_of(text: str) -> Findings:
    """Findings from `findings_json`."""
    return Findings(Finding.from_dict(item) for item in json.loads(text))
