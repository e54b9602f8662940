"""`make province`: a synthetic province on Spark local[2], compared bit by bit with runs of the command, and what it costs.

Makes the cities and their parts (build/province), runs the command on each, then the same cities on Spark and DataFusion, and a
city in parts over 1, 7 and 16 partitions. Prints rows per second, the overhead of the engine, and the growth with the cities.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "province"
# The growth is measured so many times, the best counts.
ROUNDS = 5


def cpu_s() -> float:
    """CPU seconds of this process and all below it, Java included: what a busy machine does not stretch."""
    below: dict[int, list[int]] = {}
    used: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, rest = int(stat.parent.name), stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        below.setdefault(int(rest[1]), []).append(pid)
        used[pid] = sum(map(int, rest[11:15]))
    total, todo = 0, [os.getpid()]
    while todo:
        pid = todo.pop()
        total += used.get(pid, 0)
        todo += below.get(pid, [])
    return total / os.sysconf("SC_CLK_TCK")


class Took(NamedTuple):
    """Seconds by the clock and of processors."""

    wall: float
    cpu: float


def timed(work: Callable[[], Any]) -> tuple[Took, Any]:
    begun, used = time.perf_counter(), cpu_s()
    result = work()
    return Took(time.perf_counter() - begun, cpu_s() - used), result


def bits(column: Any) -> list[Any]:
    return [v.hex() if isinstance(v, float) else v for v in column.to_pylist()]


def differences(result: Any, run: Any) -> list[str]:
    """Columns, rules, balances and ledger rows that are not the same to the bit."""
    wrong = []
    for found, table in ((result.zones, run.zones), (result.cells, run.grid)):
        shared = [name for name in found.column_names if name in table.columns]
        if len(shared) < 10 or found.num_rows == 0:
            wrong.append("nothing to compare")
        wrong += [name for name in shared if bits(found[name]) != bits(table[name])]
    wrong += [name for name in ("rules", "balances") if result.record[name] != run.record[name]]
    ledger = [{k: row.get(k) for k in result.ledger.column_names} for row in run.record["ledger"]]
    return wrong + (["ledger"] if result.ledger.to_pylist() != ledger else [])


def without_engine(province: Any, keys: list[str]) -> None:
    """The kernels on the same parts, in this process, one core."""
    from carbonzone import scale

    for key in keys:
        scale.run_city(province.city(key), threads=1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--command", required=True)
    parser.add_argument("--cities", type=int, default=13)
    parser.add_argument("--parcels", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=2020)
    parser.add_argument("--markdown", type=Path, required=True)
    given = parser.parse_args()
    os.environ["CARBONZONE_COMMAND"] = str(Path(given.command).resolve())
    os.environ["PYSPARK_PYTHON"] = sys.executable
    import carbonzone as cz
    from carbonzone import _command, scale
    from carbonzone.scale import datafusion
    from carbonzone.scale import spark as on_spark
    from pyspark.sql import SparkSession

    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    cities, parts = FOLDER / "cities", FOLDER / "parts"

    def call(*arguments: object) -> None:
        _command.call([str(a) for a in arguments], events=False).require(0)

    synth = ("synth", "suzhou", "--parcels", given.parcels, "--cities", given.cities, "--seed", given.seed)
    call(*synth, "--quiet", "--out", cities)
    partition_s, _ = timed(lambda: call("partition", cities, "--out", parts, "--rows", max(1, given.parcels // 16), "--quiet"))
    province = scale.open_province(parts)
    rows = sum(province.city(key).plan["parcels"] for key in province.keys)
    print(f"{len(province.keys)} cities, {rows:,} parcels; made ready in {partition_s.wall:.1f} s", flush=True)

    def by_command() -> dict[str, Any]:
        return {k: cz.run(cities / k / "pipeline.toml", FOLDER / "runs" / k, maps=False, threads=1) for k in province.keys}

    command_s, runs = timed(by_command)
    kernels_s, _ = timed(lambda: without_engine(province, province.keys))
    builder = SparkSession.builder.master("local[2,4]").config("spark.ui.enabled", "false").config("spark.log.level", "ERROR")
    session_s, spark = timed(builder.config("spark.sql.shuffle.partitions", "2").getOrCreate)
    first = scale.Province(province.url, province.keys[:2])
    warm_s, _ = timed(lambda: on_spark.run_province(spark, first, FOLDER / "warm"))
    wrong = 0

    def compare(name: str, results: dict[str, Any]) -> None:
        nonlocal wrong
        for key in province.keys:
            found = differences(results[key], runs[key]) if key in results else ["no result"]
            if found:
                wrong += 1
                print(f"{name}, {key}: differs in {', '.join(found)}")
        print(f"{name}: {len(results)} cities compared with runs of the command, bit by bit", flush=True)

    out = FOLDER / "spark"
    result = on_spark.run_province(spark, province, out)
    compare("Spark, a city per task", result.cities)
    print(f"province: {result.totals['gross']:.3f} t, sinks {result.totals['sink']:.3f} t")
    result.save(out)

    def again(some: Any, number: int) -> Took:
        """Once more, into a folder of its own."""
        return timed(lambda: on_spark.run_province(spark, some, FOLDER / f"spark-{len(some.keys)}-{number}"))[0]

    # Rounds over all sizes: the engine gets faster while it runs, and no size shall have that for itself alone.
    sizes = [scale.Province(province.url, province.keys[:n]) for n in sorted({2, 4, 8, given.cities}) if n <= given.cities]
    rounds = [[again(some, k) for some in sizes] for k in range(ROUNDS)]
    growth = []
    for some, took in zip(sizes, zip(*rounds)):
        parcels = sum(some.city(k).plan["parcels"] for k in some.keys)
        growth.append((len(some.keys), parcels, min(took, key=lambda t: t.cpu)))
    spark_s = growth[-1][2]
    fusion_s, fusion = timed(lambda: datafusion.run_province(province, FOLDER / "datafusion", partitions=2))
    compare("DataFusion, 2 partitions", fusion.cities)
    one = province.city(province.keys[0])
    in_parts = []
    for partitions in (1, 7, 16):
        seconds, result = timed(lambda n=partitions: on_spark.run_city(spark, one, partitions=n))
        other = datafusion.run_city(one, partitions=partitions)
        for name, found in (("Spark", result), ("DataFusion", other)):
            if differing := differences(found, runs[one.key]):
                wrong += 1
                print(f"{name}, {partitions} partitions: differs in {', '.join(differing)}")
        in_parts.append((partitions, seconds))
    print("one city over 1, 7 and 16 partitions on both engines: compared with the command", flush=True)
    spark.stop()
    text = report(locals())
    given.markdown.write_text(text, encoding="utf-8")
    print(text)
    print(f"{wrong} differences; written to {given.markdown}")
    return 1 if wrong else 0


def line(points: list[tuple[int, float]]) -> tuple[float, float]:
    """Start and slope of the straight line through points, by least squares."""
    n, x, y = len(points), sum(p[0] for p in points), sum(p[1] for p in points)
    xx, xy = sum(p[0] ** 2 for p in points), sum(p[0] * p[1] for p in points)
    if n < 2:
        return 0.0, y / x
    slope = (n * xy - x * y) / (n * xx - x * x)
    return (y - slope * x) / n, slope


def report(v: dict[str, Any]) -> str:
    rows, memory = v["rows"], resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    lines = [
        f"{date.today()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {len(v['province'].keys)} cities, {rows:,} parcels.",
        "",
        "| step | s | CPU s | rows per CPU s | µs per parcel and core |",
        "|---|---|---|---|---|",
    ]
    steps = [
        ("`carbonzone partition`, all cities (once)", v["partition_s"]),
        ("`carbonzone run --no-maps --threads 1`, city after city", v["command_s"]),
        ("the kernels on the parts, one process, one core", v["kernels_s"]),
        ("Spark local[2], a city per task", v["spark_s"]),
        ("DataFusion, 2 partitions, city after city", v["fusion_s"]),
    ]
    lines += [f"| {name} | {s.wall:.1f} | {s.cpu:.1f} | {rows / s.cpu:,.0f} | {1e6 * s.cpu / rows:.0f} |" for name, s in steps]
    over = 100 * (v["spark_s"].cpu / v["kernels_s"].cpu - 1)
    lines += ["", f"Spark's overhead over the kernels alone: {over:.0f} % of CPU. Before it, once: session {v['session_s'].wall:.1f} s "]
    lines[-1] += f"({v['session_s'].cpu:.1f} CPU s), first two cities {v['warm_s'].wall:.1f} s. Largest process {memory:,.0f} MB."
    lines += ["", f"Best of {ROUNDS}, by CPU:", "", "| cities | parcels | s | CPU s | µs of CPU per parcel | without the start of the job |"]
    lines.append("|---|---|---|---|---|---|")
    start, each = line([(parcels, took.cpu) for _, parcels, took in v["growth"]])
    for n, parcels, took in v["growth"]:
        cells = (f"{took.wall:.1f}", f"{took.cpu:.2f}", f"{1e6 * took.cpu / parcels:.1f}", f"{1e6 * (took.cpu - start) / parcels:.1f}")
        lines.append(f"| {n} | {parcels:,} | " + " | ".join(cells) + " |")
    off = max(abs(took.cpu - start - each * parcels) / (each * parcels) for _, parcels, took in v["growth"])
    lines += ["", f"A job starts in {start:.2f} CPU s and takes {1e6 * each:.1f} µs per parcel; furthest off that line: {100 * off:.0f} %."]
    lines += ["", "| partitions of one city (Spark, two passes) | s | CPU s |", "|---|---|---|"]
    lines += [f"| {n} | {s.wall:.1f} | {s.cpu:.1f} |" for n, s in v["in_parts"]]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
