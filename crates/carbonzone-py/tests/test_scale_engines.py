"""Spark and DataFusion on real sessions: the bits of a run in this process, and what they do with faults.

`make test-scale` runs these: pyspark (PyPI) and Java are not part of `make ci`. DataFusion is tested wherever it is installed.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from test_scale import assert_same_bits, same

import carbonzone as cz
from carbonzone import scale
from carbonzone.scale import _tasks


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Spark on two cores; a task is tried four times."""
    pytest.importorskip("pyspark")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2,4]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.sql.shuffle.partitions", "2").config("spark.log.level", "OFF")
    session = builder.config("spark.local.dir", str(tmp_path_factory.mktemp("spark"))).getOrCreate()
    yield session
    session.stop()


@pytest.mark.parametrize("partitions", [1, 7, 16])
def test_spark_gives_the_bits_of_the_command(spark: Any, parts: Path, runs: dict[str, cz.Run], partitions: int) -> None:
    from carbonzone.scale.spark import run_city

    city = scale.open_city(parts / "city=city-02")
    batch_rows = {1: 1_000_000, 7: 1, 16: 1000}[partitions]
    assert_same_bits(run_city(spark, city, partitions=partitions, batch_rows=batch_rows), runs["city-02"])


@pytest.mark.parametrize("partitions", [1, 7, 16])
def test_datafusion_gives_the_bits_of_the_command(parts: Path, runs: dict[str, cz.Run], partitions: int) -> None:
    pytest.importorskip("datafusion")
    from carbonzone.scale.datafusion import run_city

    city = scale.open_city(parts / "city=city-02")
    batch_rows = {1: 1_000_000, 7: 1, 16: 1000}[partitions]
    assert_same_bits(run_city(city, partitions=partitions, batch_rows=batch_rows), runs["city-02"])


def test_a_province_on_spark_resumes_and_has_the_results_of_datafusion(spark: Any, parts: Path, tmp_path: Path) -> None:
    pytest.importorskip("datafusion")
    from carbonzone.scale import datafusion
    from carbonzone.scale.spark import run_province

    province = scale.open_province(parts)
    result = run_province(spark, province, tmp_path / "spark")
    assert (result.exit_code, result.resumed) == (0, [])
    shutil.rmtree(tmp_path / "spark" / "city=city-02")
    before = (tmp_path / "spark" / "city=city-01" / "result.json").stat().st_mtime_ns
    again = run_province(spark, province, tmp_path / "spark")
    assert again.resumed == ["city-01"]
    assert (tmp_path / "spark" / "city=city-01" / "result.json").stat().st_mtime_ns == before
    other = datafusion.run_province(province, tmp_path / "datafusion", partitions=3)
    for key in province.keys:
        assert same(result.cities[key], again.cities[key]) and same(result.cities[key], other.cities[key])
    assert result.indices().equals(other.indices()) and result.units().equals(other.units())


def test_a_worker_that_is_killed_changes_nothing(spark: Any, parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first try of every city ends with the death of its worker, in the middle of writing the result."""
    from carbonzone.scale import spark as adapter

    marks = str(tmp_path)

    def killed_once(url: str, out: str, batch_rows: int) -> str:
        import os
        import signal
        from pathlib import Path

        from carbonzone.scale import CityResult
        from carbonzone.scale._tasks import city_task

        mark = Path(marks) / url.rsplit("=", 1)[1]
        if not mark.exists():
            mark.touch()
            CityResult.save = lambda self, out: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[method-assign]
        return city_task(url, out, batch_rows)

    monkeypatch.setattr(adapter, "city_task", killed_once)
    province = scale.open_province(parts)
    result = adapter.run_province(spark, province, tmp_path / "out")
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == ["city-01", "city-02"], "no worker was killed"
    assert result.exit_code == 0
    for key, found in result.cities.items():
        assert same(found, scale.run_city(province.city(key)))


def test_a_city_whose_worker_always_dies_is_told_and_the_next_run_goes_on(
    spark: Any, parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from carbonzone.scale import spark as adapter

    def always_killed(url: str, out: str, batch_rows: int) -> str:
        import os
        import signal

        from carbonzone.scale._tasks import city_task

        if url.endswith("city-02"):
            os.kill(os.getpid(), signal.SIGKILL)
        return city_task(url, out, batch_rows)

    province = scale.open_province(parts)
    with monkeypatch.context() as patched:
        patched.setattr(adapter, "city_task", always_killed)
        result = adapter.run_province(spark, province, tmp_path)
    assert result.exit_code == 1 and result.failed["city-02"][0].code == "lost_task"
    after = adapter.run_province(spark, province, tmp_path)
    assert after.exit_code == 0 and set(after.resumed) == set(result.cities)


def broken(parts: Path, to: Path) -> scale.Province:
    """The parts, with two of the first city spoilt: one is cut, one has other columns."""
    shutil.copytree(parts, to)
    folder = to / "city=city-01"
    cut = folder / "part-00002.parquet"
    cut.write_bytes(cut.read_bytes()[:-50])
    other = folder / "part-00009.parquet"
    pq.write_table(pq.read_table(pa.BufferReader(other.read_bytes())).drop_columns(["population"]), other)
    return scale.open_province(to)


def test_spoilt_parts_are_named_and_stop_no_other_city(spark: Any, parts: Path, tmp_path: Path) -> None:
    pytest.importorskip("datafusion")
    from carbonzone.scale import datafusion
    from carbonzone.scale.spark import run_city, run_province

    province = broken(parts, tmp_path / "parts")
    result = run_province(spark, province, tmp_path / "out")
    assert (result.exit_code, list(result.cities)) == (1, ["city-02"])
    assert [f.code for f in result.failed["city-01"]] == ["corrupt_part"]
    with pytest.raises(cz.CarbonzoneError) as told:
        run_city(spark, province.city("city-01"))
    assert sorted(f.code for f in told.value.findings) == ["corrupt_part", "part_schema"], "all at once"
    again = datafusion.run_province(province, tmp_path / "datafusion")
    assert list(again.failed) == ["city-01"] and same(again.cities["city-02"], result.cities["city-02"])


def test_a_task_with_a_full_disk_is_told_and_its_city_made_up_for(
    spark: Any, parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system refuses the files of one task beyond 20,000 bytes."""
    from carbonzone.scale import spark as adapter

    def limited(url: str, out: str, batch_rows: int) -> str:
        import resource
        import signal

        from carbonzone.scale._tasks import city_task

        if not url.endswith("city-01"):
            return city_task(url, out, batch_rows)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
        try:
            return city_task(url, out, batch_rows)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    province = scale.open_province(parts)
    with monkeypatch.context() as patched:
        patched.setattr(adapter, "city_task", limited)
        result = adapter.run_province(spark, province, tmp_path)
    assert (list(result.cities), [f.code for f in result.failed["city-01"]]) == (["city-02"], ["disk_full"])
    after = adapter.run_province(spark, province, tmp_path)
    assert after.exit_code == 0 and after.resumed == ["city-02"]


def test_a_sum_beyond_38_digits_is_told(spark: Any) -> None:
    from decimal import Decimal

    from carbonzone.scale.spark import added_up

    rows = [("zone_t", 0, "industry", Decimal(10**37))] * 11
    states = spark.createDataFrame(rows, "kind string, unit bigint, name string, state decimal(38,0)")
    with pytest.raises(cz.CarbonzoneError) as told:
        scale.merge(added_up(states))
    assert told.value.findings[0].code == "sum_out_of_range"
    assert scale.merge(added_up(states.limit(9)))["state"].to_pylist() == [Decimal(9 * 10**37)]


def test_submit_ends_with_the_exit_code_of_its_cities(spark: Any, parts: Path, tmp_path: Path, capsys: Any) -> None:
    """Last: it ends the session."""
    from carbonzone.scale.submit import main

    province = broken(parts, tmp_path / "parts")
    assert main([province.url, str(tmp_path / "out"), "--in-parts", "city-01"]) == 1
    told = capsys.readouterr()
    assert "1 cities finished, 0 of them before; 1 failed" in told.out and "corrupt_part" in told.err
    assert (tmp_path / "out" / "cities.parquet").exists()


def test_tasks_tell_failures_as_rows(parts: Path) -> None:
    city = scale.open_city(parts / "city=city-01")
    states = pa.concat_tables(_tasks.parts_task(city, ["part-00000.parquet", "nowhere"], _tasks.pass_one, 100))
    with pytest.raises(cz.CarbonzoneError) as told:
        _tasks.raise_errors(states)
    assert told.value.findings[0].code == "unknown_part"
