"""The Python kernels and their peers on the same GeoDataFrames, conversion included.

    build/venv-peers/bin/python scripts/bench_python.py LAYERS [--sample 200000] [--markdown FILE]

LAYERS is a folder written by the example `kernel_times` of carbonzone-geom (parcels, zones, points, roads). Every contender gets
the same frames, made before; its time runs from the frames to the numbers. Seconds are CPU seconds (user and system), best of
three for ours; slow contenders get a strided sample of the parcels, and their seconds are scaled by the number of parcels.
"""

import argparse
import os
import platform
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import exactextract
import geopandas as gpd
import numpy as np
import shapely
from bench_peers import cells_of, cpu_model, full_cpu, load, timed
from exactextract.raster import NumPyRasterSource
from tobler.area_weighted import area_interpolate

import carbonzone as cz

CRS = "EPSG:4549"


def frames(folder):
    parcels = gpd.GeoDataFrame(geometry=load(folder, "parcels"), crs=CRS)
    zones = gpd.GeoDataFrame(geometry=load(folder, "zones"), crs=CRS)
    cells, bounds = cells_of(parcels.total_bounds)
    points = gpd.GeoDataFrame(geometry=shapely.points(np.fromfile(folder / "points.x"), np.fromfile(folder / "points.y")), crs=CRS)
    roads = gpd.GeoDataFrame(geometry=shapely.linestrings(np.fromfile(folder / "roads.xyxy").reshape(-1, 2, 2)), crs=CRS)
    return parcels, zones, gpd.GeoDataFrame(geometry=cells, crs=CRS), bounds, points, roads


def closure(pieces, parcels, column="i"):
    """Largest relative difference between a parcel's pieces and its area."""
    covered = np.bincount(pieces[column], pieces.area, len(parcels))
    return float(np.abs(covered / parcels.area.to_numpy() - 1).max())


def some_of(layer, sample):
    found = layer.iloc[:: max(1, -(-len(layer) // sample))].reset_index(drop=True)
    return found.assign(i=np.arange(len(found)), t=1.0)


def stages(folder, sample):
    """Rows (stage, contender, seconds and closure)."""
    parcels, zones, cells, bounds, points, roads = frames(folder)
    x0, y0, x1, y1 = bounds
    grid = (x0, y0, 1000.0, round((x1 - x0) / 1000), round((y1 - y0) / 1000))
    area = parcels.area.to_numpy()

    def covered(pieces):
        return float(np.abs((np.bincount(pieces.src, pieces.m2, len(parcels)) + pieces.outside_m2) / area - 1).max())

    def best(call):
        return min((timed(call) for _ in range(3)), key=lambda t: t["cpu_s"])

    yield "grid", "carbonzone", best(lambda: covered(cz.overlay(parcels, grid=grid)))
    few = some_of(parcels, sample)
    of = {"sample": len(few), "of": len(parcels)}
    yield "grid", "geopandas.overlay", timed(lambda: closure(gpd.overlay(few, cells, how="intersection"), few)) | of
    yield "grid", "tobler", timed(lambda: interpolated(few, cells)) | of
    tenth = some_of(parcels, sample // 20)
    yield "grid", "exactextract", timed(lambda: coverage(tenth, bounds)) | {"sample": len(tenth), "of": len(parcels)}
    yield "townships", "carbonzone", best(lambda: covered(cz.overlay(parcels, zones)))
    yield "townships", "geopandas.overlay", timed(lambda: closure(gpd.overlay(few, zones, how="intersection"), few)) | of
    yield "townships", "tobler", timed(lambda: interpolated(few, zones)) | of
    yield "points", "carbonzone", best(lambda: counted(parcels, points))
    yield "points", "geopandas.sjoin", timed(lambda: joined(parcels, points))
    yield "roads", "carbonzone", best(lambda: measured(parcels, roads))
    yield "roads", "geopandas.overlay", timed(lambda: lines(parcels, roads))


def interpolated(few, target):
    got = area_interpolate(few, target, extensive_variables=["t"])["t"].sum()
    return float(abs(got / len(few) - 1))


def coverage(few, bounds):
    x0, y0, x1, y1 = bounds
    rows, cols = int((y1 - y0) // 1000), int((x1 - x0) // 1000)
    raster = NumPyRasterSource(np.zeros((rows, cols)), xmin=x0, xmax=x1, ymin=y0, ymax=y1)
    found = exactextract.exact_extract(raster, few[["geometry"]], ["coverage"], output="pandas")
    parts = found["coverage"].map(np.sum).to_numpy(dtype=float) * 1e6
    return float(np.abs(parts / few.area.to_numpy() - 1).max())


def counted(parcels, points):
    owners = cz.points_in(parcels, points)
    np.bincount(owners[owners >= 0], minlength=len(parcels))


def joined(parcels, points):
    gpd.sjoin(points, parcels, predicate="within").groupby("index_right").size()


def measured(parcels, roads):
    _, parcel, metres = cz.lengths_in(parcels, roads)
    np.bincount(parcel, metres, len(parcels))


def lines(parcels, roads):
    pieces = gpd.overlay(roads, parcels.assign(i=np.arange(len(parcels))), how="intersection", keep_geom_type=True)
    np.bincount(pieces["i"], pieces.length, len(parcels))


def report(folder, sample):
    warnings.filterwarnings("ignore", module="geopandas|tobler|shapely")
    rows = list(stages(folder, sample))
    names = ", ".join(f"{name} {version(name)}" for name in ("geopandas", "shapely", "tobler", "exactextract", "pyarrow", "numpy"))
    text = [
        f"The wheel beside its peers, from GeoDataFrames to numbers. {time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores ({cpu_model()}), "
        f"Python {platform.python_version()}, carbonzone {cz.__version__}, {names}, load average {os.getloadavg()[0]:.1f} when written.",
        "",
        "| stage | contender | CPU s | times ours | closure | sample |",
        "|---|---|---|---|---|---|",
    ]
    ours = {stage: result["cpu_s"] for stage, contender, result in rows if contender == "carbonzone"}
    for stage, contender, result in rows:
        seconds = full_cpu(result)
        part = f"{result['sample']:,} of {result['of']:,}, scaled" if result.get("sample", 0) != result.get("of", 0) else "all"
        closed = "" if result["closure"] is None else f"{result['closure']:.1e}"
        text.append(f"| {stage} | {contender} | {seconds:.2f} | {seconds / ours[stage]:.1f} | {closed} | {part} |")
    return "\n".join(text) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("layers", type=Path)
    parser.add_argument("--sample", type=int, default=200_000)
    parser.add_argument("--markdown", type=Path)
    args = parser.parse_args()
    text = report(args.layers, args.sample)
    print(text)
    if args.markdown:
        args.markdown.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
