"""A city in parts: the bits of the command, whatever the partitions, batches and engines."""

from __future__ import annotations

import json
import pickle
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import call

import carbonzone as cz
from carbonzone import scale


def assert_same_bits(result: scale.CityResult, run: cz.Run) -> None:
    """Every number that both have: zones, cells, ledger, rules, balances, findings."""
    for found, table in ((result.zones, run.zones), (result.cells, run.grid)):
        shared = [name for name in found.column_names if name in table.columns]
        assert {"unit_id", "gross_t", "sink_t", "net_t", "industry_t"} <= set(shared)
        assert found["unit_id"].to_pylist() == table["unit_id"].to_pylist()
        for name in shared:
            assert bits(found[name]) == bits(table[name]), (result.city, name)
    assert {"ecc", "esc", "zone", "area_m2", "population_persons"} <= set(result.zones.column_names)
    assert result.record["rules"] == run.record["rules"]
    assert result.record["balances"] == run.record["balances"]
    assert result.ledger.to_pylist() == [{k: row.get(k) for k in result.ledger.column_names} for row in run.record["ledger"]]
    told = [f for f in result.findings if f.code != "left_out_of_parts"]
    assert sorted(map(str, told)) == sorted(map(str, run.findings))
    totals = scale.ProvinceResult({result.city: result}, {}).totals
    assert (totals["gross"], totals["sink"]) == (run.totals["gross_t"], run.totals["sink_t"])


def bits(column: Any) -> list[Any]:
    values = column.to_pylist()
    return [v.hex() if isinstance(v, float) else v for v in values]


def same(a: scale.CityResult, b: scale.CityResult) -> bool:
    tables = all(getattr(a, name).equals(getattr(b, name)) for name in ("zones", "cells", "totals", "ledger"))
    return tables and a.findings == b.findings and a.record == b.record


@pytest.mark.parametrize("key", ["city-01", "city-02"])
def test_parts_have_the_bits_of_the_command(parts: Path, runs: dict[str, cz.Run], key: str) -> None:
    city = scale.open_city(parts / f"city={key}")
    assert len(city.parts) == 17
    assert_same_bits(scale.run_city(city), runs[key])


@pytest.mark.parametrize(("tasks", "batch_rows"), [(1, 1_000_000), (7, 1), (16, 33)])
def test_bits_do_not_depend_on_partitions_and_batches(parts: Path, runs: dict[str, cz.Run], tasks: int, batch_rows: int) -> None:
    """What an engine does, by hand: tasks in any order, states merged."""
    city = scale.open_city(parts / "city=city-02")

    def tasks_of() -> Iterator[list[Any]]:
        for task in reversed(range(tasks)):
            yield [b for file in city.parts[task::tasks] for b in city.read(file, batch_rows=batch_rows)]

    shares = scale.decide(city, scale.merge(*(scale.weigh(city, batches) for batches in tasks_of())))
    assert shares.need_another_pass
    smooth = scale.merge(*(scale.smoothed(city, shares, batches) for batches in tasks_of()))
    shares = scale.with_smoothed(city, shares, smooth)
    sums = [scale.sums(city, pickle.loads(pickle.dumps(shares)), batches, threads=1) for batches in tasks_of()]
    assert_same_bits(scale.finish(city, shares, scale.merge(*sums)), runs["city-02"])


def test_tonnes_per_parcel_are_those_of_the_command(parts: Path, runs: dict[str, cz.Run]) -> None:
    city = scale.open_city(parts / "city=city-01")
    shares = scale.decide(city, scale.weigh(city, city.read_all()))
    placed = pa.concat_tables(scale.place(city, shares, city.read_all(batch_rows=100)))
    by_row = placed.sort_by("row")
    parcels = runs["city-01"].parcels
    assert by_row["unit_id"].to_pylist() == parcels["unit_id"].to_pylist()
    for name in ("industry_t", "construction_t", "gross_t", "sink_t", "net_t"):
        assert bits(by_row[name]) == bits(parcels[name]), name


def test_parts_that_are_missing_or_come_twice_are_told(parts: Path) -> None:
    city = scale.open_city(parts / "city=city-01")
    batches = list(city.read_all())
    shares = scale.decide(city, scale.weigh(city, batches))
    for wrong in (batches[1:], batches + batches[:1]):
        with pytest.raises(cz.CarbonzoneError) as told:
            scale.decide(city, scale.weigh(city, wrong))
        assert told.value.findings[0].code == "parcels_incomplete"
        with pytest.raises(cz.CarbonzoneError) as told:
            scale.finish(city, shares, scale.sums(city, shares, wrong))
        assert told.value.findings[0].code == "parcels_incomplete"
    with pytest.raises(cz.CarbonzoneError) as told:
        scale.weigh(city, [b.drop_columns(["poi:industry"]) for b in batches])
    assert (told.value.findings[0].code, told.value.findings[0].field) == ("unknown_field", "poi:industry")
    with pytest.raises(cz.CarbonzoneError) as told:
        scale.weigh(city, [b.set_column(b.schema.get_field_index("area_m2"), "area_m2", pa.nulls(b.num_rows, pa.float64())) for b in batches])
    assert (told.value.findings[0].code, told.value.findings[0].field) == ("bad_value", "area_m2")


def test_states_beyond_38_digits_are_refused() -> None:
    large = pa.array([10**38 - 1], pa.decimal128(38, 0))
    states = pa.table({"kind": ["zone_t"], "unit": [0], "name": ["industry"], "state": large})
    with pytest.raises(cz.CarbonzoneError) as told:
        scale.merge(states, states)
    assert told.value.findings[0].code == "sum_out_of_range"
    with pytest.raises(cz.CarbonzoneError) as told:
        scale.merge(states.set_column(3, "state", pa.nulls(1, pa.decimal128(38, 0))))
    assert told.value.findings[0].code == "sum_out_of_range"


def copied(parts: Path, to: Path) -> scale.Province:
    shutil.copytree(parts, to)
    return scale.open_province(to)


def test_files_that_are_not_those_that_were_written_are_told(parts: Path, tmp_path: Path) -> None:
    province = copied(parts, tmp_path / "parts")
    folder = tmp_path / "parts" / "city=city-01"
    part = folder / "part-00003.parquet"
    whole = part.read_bytes()

    def code() -> tuple[str, str | None]:
        with pytest.raises(cz.CarbonzoneError) as told:
            scale.run_city(province.city("city-01"))
        return told.value.findings[0].code, told.value.findings[0].field

    for broken in (whole[:-100], whole[:500] + bytes([whole[500] ^ 1]) + whole[501:], b""):
        part.write_bytes(broken)
        assert code() == ("corrupt_part", None)
    table = pq.read_table(pa.BufferReader(whole))
    pq.write_table(table.drop_columns(["population"]), part)
    assert code() == ("part_schema", "population")
    at = table.column_names.index("area_m2")
    pq.write_table(table.set_column(at, "area_m2", table["area_m2"].cast(pa.float32())), part)
    assert code() == ("part_schema", "area_m2")
    pq.write_table(table.append_column("row", table["row"]), part)
    assert code() == ("part_schema", "row"), "the column is there twice"
    part.unlink()
    assert code() == ("missing_part", None)
    part.write_bytes(whole)
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    (folder / "plan.json").write_text(json.dumps({**plan, "format": 99}), encoding="utf-8")
    assert code()[0] == "plan"
    (folder / "zones.parquet").write_bytes(b"PAR1")
    with pytest.raises(cz.CarbonzoneError) as told:
        province.city("city-01")
    assert told.value.findings[0].code == "corrupt_part"
    record = json.loads((tmp_path / "parts" / "province.json").read_text(encoding="utf-8"))
    record["cities"].append(record["cities"][0])
    (tmp_path / "parts" / "province.json").write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(cz.CarbonzoneError) as told:
        scale.open_province(tmp_path / "parts")
    assert told.value.findings[0].code == "duplicate_city"


def test_results_come_back_and_a_province_is_more_than_its_cities(parts: Path, tmp_path: Path) -> None:
    province = scale.open_province(parts)
    assert province.unfinished(tmp_path) == ["city-01", "city-02"]
    results = {key: scale.run_city(province.city(key)) for key in province.keys}
    results["city-01"].save(tmp_path)
    assert province.unfinished(tmp_path) == ["city-02"]
    loaded = scale.CityResult.load(tmp_path, "city-01")
    assert loaded is not None and same(loaded, results["city-01"])
    half = scale.ProvinceResult.collect(province, tmp_path, {}, ["city-01"])
    assert half.exit_code == 1 and half.failed["city-02"][0].code == "lost_task"
    results["city-02"].save(tmp_path)
    both = scale.ProvinceResult.collect(province, tmp_path, {}, [])
    assert both.exit_code == 0
    # States are whole numbers: Python's own integers add them to the same sum.
    states = [s for r in results.values() for s, n in zip(r.totals["state"], r.totals["name"], strict=True) if str(n) != "sink"]
    assert both.totals["gross"] == sum(int(s.as_py()) for s in states) / 2**64
    cities = both.indices()
    assert cities["city"].to_pylist() == ["city-01", "city-02"]
    gross, gdp = cities["gross_t"].to_pylist(), cities["gdp_1e4cny"].to_pylist()
    expected = [(g / sum(gdp)) / (c / sum(gross)) for g, c in zip(gdp, gross, strict=True)]
    assert cities["ecc"].to_pylist() == pytest.approx(expected, rel=1e-12)
    units = both.units()
    assert units.num_rows == both.zones.num_rows == 194
    assert units["ecc"].to_pylist() != both.zones["ecc"].to_pylist(), "within the province, not within the city"
    assert set(both.ledger["city"].to_pylist()) == {"city-01", "city-02"}
    both.save(tmp_path)
    assert pq.read_table(tmp_path / "units.parquet").equals(units)
    said = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert said["totals_t"] == both.totals and said["findings"][0]["city"] == "city-01"


def test_a_full_disk_is_told_and_the_city_is_not_finished(parts: Path, tmp_path: Path) -> None:
    """The system refuses what is longer than 20,000 bytes: results of a city are."""
    program = (
        "import resource, signal, sys\n"
        "from carbonzone import CarbonzoneError, scale\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "result = scale.run_city(scale.open_city(sys.argv[1]))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\n"
        "try:\n    result.save(sys.argv[2])\n"
        "except CarbonzoneError as error:\n    sys.exit(error.findings[0].code)\n"
    )
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    done = subprocess.run(
        [sys.executable, "-c", program, parts / "city=city-01", tmp_path], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (1, "disk_full")
    assert not (tmp_path / "city=city-01" / "result.json").exists()
    assert not list(tmp_path.glob("**/*.partial"))
    assert scale.open_province(parts).unfinished(tmp_path) == ["city-01", "city-02"]


def test_a_city_with_errors_stops_no_other(cities: Path, tmp_path: Path) -> None:
    shutil.copytree(cities, tmp_path / "cities")
    pipeline = tmp_path / "cities" / "city-01" / "pipeline.toml"
    pipeline.write_text(pipeline.read_text(encoding="utf-8").replace("DLBM", "NOWHERE"), encoding="utf-8")
    told = call("partition", tmp_path / "cities", "--out", tmp_path / "parts", "--quiet", code=1)
    assert "NOWHERE" in "\n".join(told.messages)
    province = scale.open_province(tmp_path / "parts")
    assert province.keys == ["city-02"] and province.failed["city-01"].blocks
    scale.run_city(province.city("city-02")).save(tmp_path / "out")
    result = scale.ProvinceResult.collect(province, tmp_path / "out", {}, [])
    assert (result.exit_code, list(result.cities), list(result.failed)) == (1, ["city-02"], ["city-01"])
    assert result.findings[0][0] == "city-01"
