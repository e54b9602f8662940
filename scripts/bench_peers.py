"""The compute stages of carbonzone and of its peers on the same generated city, in one run.

    python3 -m venv .venv-peers && .venv-peers/bin/pip install -r oracle/requirements-peers.txt
    cargo build --release -p carbonzone-geom --example kernel_times
    (cd bench-peers && cargo build --release)
    .venv-peers/bin/python scripts/bench_peers.py [--whole 1000000] [--repeat 3] [--city FOLDER] [--parcels 200000] [--target target/release] [--burn bench-peers/target/release] [--markdown FILE]

Every contender runs in its own process. Compared are CPU seconds (user + system), because wall time on a shared machine says little,
peak memory of the process, and the closure: the largest |sum of the pieces / area of the parcel - 1|. Slow contenders get a strided
sample of the layer; their seconds are then scaled by the number of parcels, which the table marks with the sample size.

First comes the whole job: `carbonzone run` on `--whole` parcels, all layers GeoPackage, parcel GeoPackage, township CSV and GeoTIFF
out, against `scripts/peer_job.py` (pyogrio and shapely 2 in threads) and `ogr2ogr` copying the parcel layer without a spatial
index, in turns, `--repeat` times, medians, with as many threads as there are cores, at most 16; carbonzone alone also with fewer;
and a city of a tenth of the size for the cost per parcel. `--whole 0` leaves it out,
`--parcels 0` the stages.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path


def load(folder, name):
    """Polygons written by kernel_times, as shapely geometries."""
    import numpy as np
    import shapely

    xy = np.fromfile(folder / f"{name}.xy").reshape(-1, 2)
    rings, parts = (np.fromfile(folder / f"{name}.{k}", dtype="<u4").astype(np.int64) for k in ("ring_off", "part_off"))
    return shapely.from_ragged_array(shapely.GeometryType.POLYGON, xy, (rings, parts))


def cells_of(bounds):
    import numpy as np
    import shapely

    x0, y0, x1, y1 = bounds[0] // 1000 * 1000, bounds[1] // 1000 * 1000, -(-bounds[2] // 1000) * 1000, -(-bounds[3] // 1000) * 1000
    xs, ys = np.meshgrid(np.arange(x0, x1, 1000.0), np.arange(y1 - 1000, y0 - 1000, -1000.0))
    return shapely.box(xs.ravel(), ys.ravel(), xs.ravel() + 1000, ys.ravel() + 1000), (x0, y0, x1, y1)


def overlay(sources, targets):
    """Vectorised shapely 2: tree join, whole pairs kept, the others intersected."""
    import numpy as np
    import shapely

    shapely.prepare(targets)
    tree = shapely.STRtree(sources)
    t, s = tree.query(targets, predicate="intersects")
    inside = shapely.contains_properly(targets[t], sources[s])
    area = np.empty(len(s))
    area[inside] = shapely.area(sources[s[inside]])
    area[~inside] = shapely.area(shapely.intersection(sources[s[~inside]], targets[t[~inside]]))
    covered = np.bincount(s, area, len(sources))
    return float(np.abs(covered / shapely.area(sources) - 1).max())


def timed(f):
    before, wall = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    closure = f()
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return {"cpu_s": cpu, "wall_s": time.perf_counter() - wall, "closure": closure}


def run_shapely(folder, _sample):
    import numpy as np
    import shapely

    parcels, zones = load(folder, "parcels"), load(folder, "zones")
    cells, _ = cells_of(shapely.total_bounds(parcels))
    out = {"grid": timed(lambda: overlay(parcels, cells))}
    out["zones"] = timed(lambda: overlay(parcels, zones))
    x, y = np.fromfile(folder / "points.x"), np.fromfile(folder / "points.y")

    def points():
        tree = shapely.STRtree(parcels)
        p, _ = tree.query(shapely.points(x, y), predicate="within")
        np.bincount(p, minlength=len(x))

    out["points"] = timed(points)
    roads = shapely.linestrings(np.fromfile(folder / "roads.xyxy").reshape(-1, 2, 2))

    def lengths():
        tree = shapely.STRtree(parcels)
        r, p = tree.query(roads, predicate="intersects")
        length = shapely.length(shapely.intersection(roads[r], parcels[p]))
        np.bincount(p, length)

    out["roads"] = timed(lengths)
    return out


def run_geopandas(folder, sample):
    import geopandas as gpd
    import numpy as np
    import shapely

    parcels = load(folder, "parcels")
    some = parcels[:: max(1, len(parcels) // sample)]
    cells, _ = cells_of(shapely.total_bounds(parcels))
    a, b = gpd.GeoDataFrame({"i": np.arange(len(some))}, geometry=some), gpd.GeoDataFrame(geometry=cells)

    def grid():
        pieces = gpd.overlay(a, b, how="intersection")
        covered = np.bincount(pieces["i"], pieces.area, len(some))
        return float(np.abs(covered / shapely.area(some) - 1).max())

    out = {"grid": timed(grid) | {"sample": len(some), "of": len(parcels)}}
    layer = gpd.GeoDataFrame(geometry=parcels)
    x, y = np.fromfile(folder / "points.x"), np.fromfile(folder / "points.y")

    def points():
        gpd.sjoin(gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y)), layer, predicate="within").groupby("index_right").size()

    out["points"] = timed(points)
    return out


def run_tobler(folder, sample):
    import geopandas as gpd
    import shapely
    from tobler.area_weighted import area_interpolate

    parcels, zones = load(folder, "parcels"), load(folder, "zones")
    cells, _ = cells_of(shapely.total_bounds(parcels))
    out = {}
    for stage, targets, n in (("grid", cells, sample), ("zones", zones, sample)):
        some = gpd.GeoDataFrame(geometry=parcels[:: max(1, len(parcels) // n)], crs="EPSG:4549").assign(t=1.0)
        target = gpd.GeoDataFrame(geometry=targets, crs="EPSG:4549")

        def spread(some=some, target=target):
            got = area_interpolate(some, target, extensive_variables=["t"])["t"].sum()
            return abs(got / len(some) - 1)

        out[stage] = timed(spread) | {"sample": len(some), "of": len(parcels)}
    return out


def run_exactextract(folder, sample):
    import exactextract
    import numpy as np
    import shapely
    from exactextract.raster import NumPyRasterSource

    parcels = load(folder, "parcels")
    some = parcels[:: max(1, len(parcels) // sample)]
    _, (x0, y0, x1, y1) = cells_of(shapely.total_bounds(parcels))
    rows, cols = int((y1 - y0) // 1000), int((x1 - x0) // 1000)
    raster = NumPyRasterSource(np.arange(rows * cols, dtype=float).reshape(rows, cols), xmin=x0, xmax=x1, ymin=y0, ymax=y1)
    features = [{"type": "Feature", "geometry": shapely.geometry.mapping(p), "properties": {}} for p in some]

    def grid():
        found = exactextract.exact_extract(raster, features, ["coverage"])
        covered = np.array([f["properties"]["coverage"].astype(float).sum() for f in found]) * 1e6
        return float(np.abs(covered / shapely.area(some) - 1).max())

    return {"grid": timed(grid) | {"sample": len(some), "of": len(parcels)}}


def run_geos_fractions(folder, _sample):
    """`GEOSGridIntersectionFractions` (GEOS 3.14) through the library bundled with shapely; one call per parcel across a grid line,
    on the window of its box. The others are taken whole with shapely's vectorised area. Of each call about 1 us is ctypes."""
    import ctypes

    import numpy as np
    import shapely

    if shapely.geos_version < (3, 14, 0):
        raise RuntimeError(f"GEOS {shapely.geos_version_string} has no GEOSGridIntersectionFractions")
    bundled = next((Path(shapely.__file__).parents[1] / "shapely.libs").glob("libgeos_c*"))
    geos = ctypes.CDLL(str(bundled))
    geos.GEOS_init_r.restype = ctypes.c_void_p
    fractions = geos.GEOSGridIntersectionFractions_r
    pointer, number, count = ctypes.c_void_p, ctypes.c_double, ctypes.c_uint
    fractions.argtypes = [pointer, pointer, number, number, number, number, count, count, pointer]
    fractions.restype = ctypes.c_int
    handle = geos.GEOS_init_r()
    parcels = load(folder, "parcels")

    def grid():
        box = shapely.bounds(parcels)
        low, high = np.floor(box[:, :2] / 1000).astype(int), np.ceil(box[:, 2:] / 1000).astype(int)
        shape = high - low
        areas = shapely.area(parcels)
        covered = areas.copy()
        across = np.flatnonzero(shape.prod(axis=1) > 1)
        buffer = np.empty(int(shape.prod(axis=1).max()), dtype=np.float32)
        address = buffer.ctypes.data
        windows = np.hstack([low * 1000.0, high * 1000.0])[across].tolist()
        for k, (x0, y0, x1, y1), (nx, ny) in zip(across.tolist(), windows, shape[across].tolist()):
            cells = buffer[: nx * ny]
            cells.fill(0.0)
            if not fractions(handle, parcels[k]._geom, x0, y0, x1, y1, nx, ny, address):
                raise RuntimeError(f"GEOSGridIntersectionFractions failed on parcel {k}")
            covered[k] = cells.sum(dtype=float) * 1e6
        return float(np.abs(covered / areas - 1).max())

    return {"grid": timed(grid)}


def run_duckdb(folder, sample):
    import duckdb
    import numpy as np
    import shapely

    db = duckdb.connect(config={"threads": 1})
    try:
        from duckdb_extensions import import_extension

        import_extension("spatial", con=db)
        db.execute("LOAD spatial;")
    except (ImportError, TypeError, RuntimeError):
        db.execute("INSTALL spatial; LOAD spatial;")
    parcels, zones = load(folder, "parcels"), load(folder, "zones")
    some = parcels[:: max(1, len(parcels) // sample)]
    cells, _ = cells_of(shapely.total_bounds(parcels))
    import pandas as pd

    for name, layer in (("parcels", some), ("cells", cells), ("zones", zones)):
        frame = pd.DataFrame({"i": np.arange(len(layer)), "w": shapely.to_wkb(layer)})
        db.register("frame", frame)
        db.execute(f"CREATE TABLE {name} AS SELECT i, ST_GeomFromWKB(w) AS g FROM frame")
    out = {}
    for stage, table in (("grid", "cells"), ("zones", "zones")):

        def join(table=table):
            got = db.execute(
                "SELECT max(abs(s / a - 1)) FROM (SELECT sum(ST_Area(ST_Intersection(p.g, t.g))) AS s, any_value(ST_Area(p.g)) AS a "
                f"FROM parcels p JOIN {table} t ON ST_Intersects(p.g, t.g) GROUP BY p.i)"
            ).fetchone()[0]
            return float(got)

        out[stage] = timed(join) | {"sample": len(some), "of": len(parcels)}
    return out


PEERS = {
    "shapely": (run_shapely, ["shapely"]),
    "geopandas": (run_geopandas, ["geopandas", "shapely"]),
    "tobler": (run_tobler, ["tobler", "geopandas"]),
    "exactextract": (run_exactextract, ["exactextract"]),
    "duckdb": (run_duckdb, ["duckdb"]),
    "GEOS grid fractions": (run_geos_fractions, ["shapely"]),
}
SAMPLE = {"GEOS grid fractions": 0, "shapely": 0, "geopandas": 50_000, "tobler": 10_000, "exactextract": 5_000, "duckdb": 5_000}


def child(peer, folder):
    """Runs one peer in this process and prints its numbers."""
    result = PEERS[peer][0](Path(folder), SAMPLE[peer])
    result["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(result))


def ask(command):
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        last = (ran.stderr.strip().splitlines() or ["no message"])[-1]
        return {"failed": last[:200]}
    return json.loads(ran.stdout.strip().splitlines()[-1])


def measured(command):
    """Runs a command: wall and CPU seconds, peak memory of its largest process, what it printed."""
    import tempfile as temporary

    with temporary.TemporaryFile() as out, temporary.TemporaryFile() as err:
        start = time.perf_counter()
        process = subprocess.Popen([str(c) for c in command], stdout=out, stderr=err)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - start
        text, messages = (f.seek(0) or f.read().decode(errors="replace") for f in (out, err))
    result = {"wall_s": wall, "cpu_s": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1024, "out": text}
    if process.returncode != 0:
        result["failed"] = (messages.strip().splitlines() or ["no message"])[-1][:200]
    return result


def pipeline_for(city, folder):
    """The pipeline of the synthetic Suzhou with all layers as GeoPackages of the city."""
    text = Path("pipelines/suzhou.toml").read_text()
    text = text.replace("../build/synth/suzhou", str(city.resolve()))
    text = text.replace('poi.csv", x = "lon", y = "lat"', 'poi.gpkg"')
    text = text.replace('population.csv", x = "lon", y = "lat", crs = "EPSG:4326"', 'population.gpkg"')
    text = text.replace('roads.shp", encoding = "GBK"', 'roads.gpkg"')
    path = folder / f"{city.name}.toml"
    path.write_text(text)
    return path


def make_city(carbonzone, parcels, folder):
    city = folder / f"city-{parcels}"
    if not (city / "SYNTHETIC.txt").exists():
        made = measured([carbonzone, "synth", "suzhou", "--parcels", parcels, "--all-gpkg", "--out", city, "--quiet"])
        if "failed" in made:
            sys.exit(f"carbonzone synth: {made['failed']}")
    return city


def pinned(threads):
    """What keeps a command on so many cores."""
    return ["taskset", "-c", ",".join(map(str, sorted(os.sched_getaffinity(0))[:threads]))]


def thread_counts():
    """1, 2, 4, 8, 16, as far as the machine has cores."""
    cores = len(os.sched_getaffinity(0))
    return [n for n in (1, 2, 4, 8, 16) if n <= cores]


def our_job(carbonzone, pipeline, folder, threads):
    """`carbonzone run` without figures, project and report, into a folder that is not there, as for the others; adds the stages of its run.json."""
    import shutil

    out = folder / f"out-{pipeline.stem}"
    shutil.rmtree(out, ignore_errors=True)
    command = [carbonzone, "run", pipeline, "--out", out, "--overwrite", "--threads", threads, "--no-maps", "--no-summary", "--quiet"]
    run = measured(pinned(threads) + command)
    if "failed" not in run:
        record = json.loads((out / "run.json").read_text())
        run["stages"] = [(s["stage"], s["seconds"], s["cpu_seconds"]) for s in record["stages"]]
        run["gdal"] = record["libraries"]
    return run


def whole_job(args, folder):
    """The table of the whole job."""
    import shutil

    city = Path(args.city) if args.city else make_city(args.carbonzone, args.whole, folder)
    small = make_city(args.carbonzone, max(1000, args.whole // 10), folder)
    jobs = {p: pipeline_for(p, folder) for p in (city, small)}
    counts = thread_counts()
    most = counts[-1]
    runs = {"carbonzone": [], "small": [], "peer": [], "ogr2ogr": []} | {n: [] for n in counts[:-1]}
    for _ in range(args.repeat):
        for n in counts[:-1]:
            runs[n].append(our_job(args.carbonzone, jobs[city], folder, n))
        runs["carbonzone"].append(our_job(args.carbonzone, jobs[city], folder, most))
        runs["small"].append(our_job(args.carbonzone, jobs[small], folder, most))
        shutil.rmtree(folder / "peer", ignore_errors=True)
        peer = [sys.executable, Path(__file__).parent / "peer_job.py", city, folder / "peer", most]
        runs["peer"].append(measured(pinned(most) + peer))
        copy = folder / "copy.gpkg"
        copy.unlink(missing_ok=True)
        command = ["ogr2ogr", "-f", "GPKG", "-lco", "SPATIAL_INDEX=NO", copy, city / "parcels.gpkg"]
        runs["ogr2ogr"].append(measured(command) if shutil.which("ogr2ogr") else {"failed": "not installed"})
    return whole_report(args, runs)


def median(runs, key):
    values = sorted(r[key] for r in runs if "failed" not in r)
    return values[len(values) // 2] if values else float("nan")


def whole_report(args, runs):
    ours, peer = runs["carbonzone"], runs["peer"]
    wall, memory = median(ours, "wall_s"), median(ours, "peak_mb")
    lines = [
        f"Whole job, {args.whole:,} parcels, median of {args.repeat}. {time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores ({cpu_model()}), "
        f"load average {os.getloadavg()[0]:.1f} when written.",
        "",
        "| contender | wall s | times ours | CPU s | peak MB | times ours |",
        "|---|---|---|---|---|---|",
    ]
    most = thread_counts()[-1]
    names = {"carbonzone": f"carbonzone, {most} threads", "peer": f"shapely 2 + pyogrio, {most} threads", "ogr2ogr": "ogr2ogr, copy of the parcel layer, no index"}
    for key, name in names.items():
        failed = [r["failed"] for r in runs[key] if "failed" in r]
        if failed:
            lines.append(f"| {name} | did not run: {failed[0]} | | | | |")
            continue
        w, m = median(runs[key], "wall_s"), median(runs[key], "peak_mb")
        lines.append(f"| {name} | {w:.2f} | {w / wall:.2f} | {median(runs[key], 'cpu_s'):.2f} | {m:.0f} | {m / memory:.2f} |")
    small = median(runs["small"], "wall_s") / max(1000, args.whole // 10)
    lines += ["", f"Cost per parcel at {args.whole:,}: {wall / args.whole * 1e6:.2f} µs, at a tenth of it {small * 1e6:.2f} µs: ratio {wall / args.whole / small:.2f}."]
    good = next((r for r in ours if "stages" in r), None)
    if good:
        lines += ["", "| threads of carbonzone | wall s | times one thread | CPU s | peak MB |", "|---|---|---|---|---|"]
        one = median(runs.get(1, ours), "wall_s")
        for n in thread_counts():
            got = runs.get(n, ours)
            w = median(got, "wall_s")
            lines.append(f"| {n} | {w:.2f} | {one / w:.2f} | {median(got, 'cpu_s'):.2f} | {median(got, 'peak_mb'):.0f} |")
        lines += ["", "| stage of carbonzone | wall s | CPU s |", "|---|---|---|"]
        lines += [f"| {stage} | {seconds:.2f} | {cpu:.2f} |" for stage, seconds, cpu in good["stages"] if seconds >= 0.005]
        lines += ["", f"Libraries of carbonzone: {good['gdal']}."]
    good = next((json.loads(r["out"].strip().splitlines()[-1]) for r in peer if "failed" not in r), None)
    if good:
        lines += ["", "| stage of the peer script | wall s | CPU s |", "|---|---|---|"]
        lines += [f"| {stage} | {t['wall_s']:.2f} | {t['cpu_s']:.2f} |" for stage, t in good["stages"].items()]
        lines += ["", "Versions of the peer: " + ", ".join(f"{k} {v}" for k, v in good["versions"].items()) + "."]
    version_of = subprocess.run(["ogr2ogr", "--version"], capture_output=True, text=True, check=False) if "failed" not in runs["ogr2ogr"][0] else None
    if version_of:
        lines.append(f"ogr2ogr: {version_of.stdout.strip()}.")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--whole", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--city", help="folder of a city made before with --all-gpkg")
    parser.add_argument("--carbonzone", default="target/release/carbonzone")
    parser.add_argument("--parcels", type=int, default=200_000)
    parser.add_argument("--target", default="target/release")
    parser.add_argument("--burn", default="bench-peers/target/release")
    parser.add_argument("--markdown")
    parser.add_argument("--child", nargs=2)
    args = parser.parse_args()
    if args.child:
        return child(*args.child)
    with tempfile.TemporaryDirectory() as folder:
        parts = []
        if args.whole > 0:
            parts.append(whole_job(args, Path(folder)))
        if args.parcels > 0:
            parts.append(stages(args, folder))
    text = "\n".join(parts)
    print(text)
    if args.markdown:
        Path(args.markdown).write_text(text)


def stages(args, folder):
    ours = ask([f"{args.target}/examples/kernel_times", str(args.parcels), "1", folder])
    two = ask([f"{args.target}/examples/kernel_times", str(args.parcels), "2"])
    burn = ask([f"{args.burn}/carbonzone-bench-peers", folder])
    peers = {p: ask([sys.executable, __file__, "--child", p, folder]) for p in PEERS}
    return report(ours, two, burn, peers)


def full_cpu(stage):
    """CPU seconds scaled from the sample to the layer."""
    return stage["cpu_s"] * stage.get("of", 1) / stage.get("sample", 1)


def report(ours, two, burn, peers):
    f = ours["facts"]
    names = ", ".join(f"{p} {version(p)}" for p in sorted({uses[0] for _, uses in PEERS.values()}))
    lines = [
        f"{f['parcels']:,} parcels of 17 vertices, {f['zones']} zones of {f['zone_vertices'] // f['zones']:,} vertices, 1 km cells, {f['points']:,} points, "
        f"{f['roads']:,} road segments. {time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores ({cpu_model()}), Python {platform.python_version()}, {names}, "
        f"load average {os.getloadavg()[0]:.1f} when written.",
        "",
        "| stage | contender | CPU s | times ours | closure | sample |",
        "|---|---|---|---|---|---|",
    ]
    closures = {"grid": f"{f['grid_closure']:.1e}", "zones": f"{f['zone_closure']:.1e}"}
    index = ours["point_index"]["cpu_s"]
    whole = 0.0
    for stage in ("grid", "zones", "points", "roads"):
        own = ours[stage]["cpu_s"] + (index if stage == "points" else 0.0)
        whole += own
        note = " (index included)" if stage == "points" else ""
        lines.append(f"| {stage} | carbonzone{note} | {own:.2f} | 1 | {closures.get(stage, '')} | all |")
        rivals = {p: r[stage] for p, r in peers.items() if stage in r}
        if stage == "grid" and "cpu_s" in burn:
            rivals["controlledburn 0.2.4"] = burn
        for p, r in rivals.items():
            cpu = full_cpu(r)
            sample = f"{r['sample']:,} of {r['of']:,}, scaled" if "sample" in r else "all"
            closure = "" if r.get("closure") is None else f"{r['closure']:.1e}"
            lines.append(f"| {stage} | {p} | {cpu:.2f} | {cpu / max(own, 0.01):.1f} | {closure} | {sample} |")
    best = peers["shapely"]
    if "grid" in best:
        total = sum(full_cpu(best[s]) for s in ("grid", "zones", "points", "roads"))
        lines.append(f"| all four | carbonzone | {whole:.2f} | 1 | | all |")
        lines.append(f"| all four | shapely script | {total:.2f} | {total / whole:.1f} | | all |")
    lines += ["", f"Peak memory: carbonzone {f['peak_mb']:.0f} MB with all layers; " + "; ".join(
        f"{p} {r['peak_mb']:.0f} MB" for p, r in peers.items() if "peak_mb" in r) + "."]
    lines += [f"- {p}: did not run: {r['failed']}" for p, r in {**peers, "controlledburn": burn}.items() if "failed" in r]
    wall = lambda r: sum(r[s]["wall_s"] for s in ("grid", "zones", "point_index", "points", "roads"))
    lines += ["", f"Two threads against one, wall time of the compute stages: {wall(ours):.2f} s and {wall(two):.2f} s, ratio {wall(ours) / wall(two):.2f}."]
    return "\n".join(lines) + "\n"


def cpu_model():
    try:
        return next(l.split(":")[1].strip() for l in Path("/proc/cpuinfo").read_text().splitlines() if l.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


if __name__ == "__main__":
    sys.exit(main())
