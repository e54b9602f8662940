"""Cities on Spark 4: each city a task, or one city over many tasks.

The workers need the wheel (no GDAL, no Java packages), and ``PYSPARK_PYTHON`` must name their Python. Parts and results are read
and written by the tasks themselves, from and to a folder that all workers see, or object storage; Spark moves states, not parcels.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from .._findings import Findings
from ._passes import CityResult, decide, finish, with_smoothed
from ._province import Province, ProvinceResult
from ._storage import BATCH_ROWS, City, StrPath
from ._tasks import Pass, city_task, findings_of, parts_task, pass_one, pass_two, raise_errors, smoothing

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["run_city", "run_province"]

_STATES = "kind string, unit bigint, name string, state decimal(38,0)"


def run_province(
    spark: SparkSession, province: Province, out: StrPath, *, batch_rows: int = BATCH_ROWS, leave: Collection[str] = ()
) -> ProvinceResult:
    """Computes every city in a task of its own; one city at a time and core, a batch of parcels in memory.

    Cities that are finished in ``out`` are not computed again. A city that cannot be computed is in ``.failed`` with its
    findings and stops no other. A task whose worker dies is given to another by Spark; a city whose task dies as often as Spark
    tries (``spark.task.maxFailures``) is told as ``lost_task``.

    Parameters
    ----------
    spark : SparkSession
    province : Province
        `carbonzone.scale.open_province`.
    out : path or URL
        Where results go, ``city=KEY`` below it; all workers must see it.
    batch_rows : int
        Parcels per batch; the results do not depend on it.
    leave : collection of str
        Cities that are not tried.

    Returns
    -------
    ProvinceResult
    """
    unfinished = province.unfinished(out)
    resumed = [key for key in province.keys if key not in unfinished]
    keys = [key for key in unfinished if key not in leave]
    failed: dict[str, Findings] = {}
    if keys:
        url, target = province.url, str(out)

        def task(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            import pyarrow

            for batch in batches:
                for number in batch["id"].to_pylist():
                    why = city_task(f"{url}/city={keys[number]}", target, batch_rows)
                    yield pyarrow.RecordBatch.from_pydict({"city": [keys[number]], "why": [why]})

        try:
            told = spark.range(0, len(keys), 1, len(keys)).mapInArrow(task, "city string, why string").collect()
            failed = {row["city"]: findings_of(row["why"]) for row in told if row["why"]}
        except Exception as error:  # noqa: BLE001
            # The job ends with the task that died too often. What others finished is there; the rest is told as lost.
            if "SparkException" not in str(error) and "Py4JJavaError" not in type(error).__name__:
                raise
    return ProvinceResult.collect(province, out, failed, resumed)


def run_city(spark: SparkSession, city: City, *, partitions: int | None = None, batch_rows: int = BATCH_ROWS) -> CityResult:
    """Computes one city over many tasks: two passes over its parts, states summed by Spark as ``decimal(38,0)``.

    Parameters
    ----------
    spark : SparkSession
    city : City
        `carbonzone.scale.open_city`.
    partitions : int, optional
        Tasks per pass; default: one per part. The result does not depend on it.
    batch_rows : int
        Parcels per batch; the results do not depend on it.

    Returns
    -------
    CityResult

    Raises
    ------
    CarbonzoneError
        What any task found wrong.
    """
    n = partitions or len(city.parts)
    shares = decide(city, _summed(spark, city, pass_one, n, batch_rows))
    if shares.need_another_pass:
        shares = with_smoothed(city, shares, _summed(spark, city, smoothing(shares), n, batch_rows))
    return finish(city, shares, _summed(spark, city, pass_two(shares), n, batch_rows))


def _summed(spark: SparkSession, city: City, work: Pass, partitions: int, batch_rows: int) -> Any:
    shared = spark.sparkContext.broadcast(city)

    def task(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        here = shared.value
        files = (here.parts[number] for batch in batches for number in batch["id"].to_pylist())
        for states in parts_task(here, files, work, batch_rows):
            yield from states.to_batches()

    parts = spark.range(0, len(city.parts), 1, partitions)
    try:
        return raise_errors(added_up(parts.mapInArrow(task, _STATES)))
    finally:
        shared.destroy()


def added_up(states: DataFrame) -> pa.Table:
    """States summed by Spark; NULL where a sum has more than 38 digits."""
    from pyspark.sql.functions import try_sum

    return states.groupBy("kind", "unit", "name").agg(try_sum("state").alias("state")).toArrow()
