"""Cities on DataFusion: one large machine, no Java.

DataFusion reads the parts, cuts them into partitions and sums the states; each partition is a thread, and the kernels in it free
the GIL.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from .._findings import CarbonzoneError, Findings
from ._passes import CityResult, as_states, decide, finish, with_smoothed
from ._province import Province, ProvinceResult
from ._storage import BATCH_ROWS, City, StrPath
from ._tasks import Pass, error_states, pass_one, pass_two, raise_errors, smoothing

if TYPE_CHECKING:
    from datafusion import SessionContext

__all__ = ["run_city", "run_province", "session"]


def session(partitions: int | None = None, batch_rows: int = BATCH_ROWS) -> SessionContext:
    """A DataFusion session with so many partitions (default: all processors) and batches of so many rows."""
    import datafusion

    config = datafusion.SessionConfig().with_batch_size(batch_rows)
    if partitions is not None:
        config = config.with_target_partitions(partitions).set("datafusion.optimizer.repartition_file_min_size", "0")
    return datafusion.SessionContext(config)


def run_province(
    province: Province, out: StrPath, *, partitions: int | None = None, batch_rows: int = BATCH_ROWS
) -> ProvinceResult:
    """Computes every city, one after the other, each over all partitions; resume and failures as on Spark.

    Parameters and result are those of `carbonzone.scale.spark.run_province`; ``partitions`` are those of each city.
    """
    failed: dict[str, Findings] = {}
    keys = province.unfinished(out)
    for key in keys:
        try:
            run_city(province.city(key), partitions=partitions, batch_rows=batch_rows).save(out)
        except CarbonzoneError as error:
            failed[key] = error.findings
    resumed = [key for key in province.keys if key not in keys]
    return ProvinceResult.collect(province, out, failed, resumed)


def run_city(city: City, *, partitions: int | None = None, batch_rows: int = BATCH_ROWS) -> CityResult:
    """Computes one city in two passes over its parts. The result does not depend on partitions and batches.

    Raises
    ------
    CarbonzoneError
        What any partition found wrong.
    """
    for file in city.parts:
        city.content(file)
    shares = decide(city, _summed(city, pass_one, partitions, batch_rows))
    if shares.need_another_pass:
        shares = with_smoothed(city, shares, _summed(city, smoothing(shares), partitions, batch_rows))
    return finish(city, shares, _summed(city, pass_two(shares), partitions, batch_rows))


def _summed(city: City, work: Pass, partitions: int | None, batch_rows: int) -> Any:
    import pyarrow as pa

    context = session(partitions, batch_rows)
    names = ", ".join(f'"{name}"' for name in city.schema.names)
    files = [f"{city.url}/{file}" for file in city.parts]
    for number, file in enumerate(files):
        context.register_parquet(f"part_{number}", file)
    query = " UNION ALL ".join(f"SELECT {names} FROM part_{number}" for number in range(len(files)))
    streams = context.sql(query).repartition(partitions or _processors()).execute_stream_partitioned()

    def batches(stream: Any) -> Iterator[pa.RecordBatch]:
        for batch in stream:
            yield batch.to_pyarrow()

    def states(stream: Any) -> pa.Table:
        try:
            return as_states(work(city, batches(stream)))
        except CarbonzoneError as error:
            return error_states(error)

    city.kernel  # noqa: B018 - made once, before the threads
    with ThreadPoolExecutor(len(streams)) as pool:
        found = pa.concat_tables(pool.map(states, streams))
    context.from_arrow(found, name="states")
    summed = context.sql("SELECT kind, unit, name, sum(state) AS state FROM states GROUP BY kind, unit, name")
    return raise_errors(summed.to_arrow_table())


def _processors() -> int:
    import os

    return os.cpu_count() or 1
