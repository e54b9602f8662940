"""Expected values of the statistics, from independent implementations.

    python3 -m venv VENV && VENV/bin/pip install -r oracle/requirements-statistics.txt
    VENV/bin/python oracle/statistics_expected.py

Weights and neighbours: libpysal. Moran (global and local), Gi*: esda. Mean centre and ellipse: pointpats. Gini, Theil: inequality.
False discovery: scipy. Writes crates/carbonzone-zoning/tests/expected/statistics.json and crates/carbonzone-geom/tests/expected/contiguity.json.

Differences that are known and taken out here: esda's local I is (n-1)/n of Anselin's equation 12; its `p_sim` is one-sided.
"""

import json
import platform
import warnings
from importlib.metadata import version
from pathlib import Path

import esda
import geopandas as gpd
import libpysal
import numpy as np
import shapely
from inequality.gini import Gini
from inequality.theil import TheilD
from libpysal.weights import KNN, DistanceBand, Queen, Rook
from pointpats import centrography
from scipy.stats import false_discovery_control

SEED = 20241108
PERMUTATIONS = 9999
ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ["numpy", "scipy", "esda", "libpysal", "pointpats", "inequality", "shapely", "geopandas"]


def metadata():
    return {"python": platform.python_version(), **{p: version(p) for p in PACKAGES}, "seed": SEED, "script": "oracle/statistics_expected.py"}


def floats(values):
    return [float(v) for v in values]


def neighbours(w):
    return [sorted(int(j) for j in w.neighbors[i]) for i in range(w.n)]


def spatial_case(name, points, values, w):
    """One set of points with binary weights: rows for Moran, binary for Gi*."""
    n = len(values)
    w.transform = "r"
    moran = esda.Moran(values, w, permutations=0)
    np.random.seed(SEED)
    local = esda.Moran_Local(values, w, permutations=PERMUTATIONS, seed=SEED, n_jobs=1)
    w.transform = "b"
    star = esda.G_Local(values, w, transform="B", permutations=0, star=True)
    textbook = local.Is * n / (n - 1)
    return {
        "name": name,
        "points": [floats(p) for p in points],
        "values": floats(values),
        "neighbours": neighbours(w),
        "moran": {"i": float(moran.I), "variance": float(moran.VI_norm), "z": float(moran.z_norm), "p": float(moran.p_norm)},
        "local_i": floats(textbook),
        "local_z": floats((textbook - local.EIc) / np.sqrt(local.VIc)),
        "p_sim_one_sided": floats(local.p_sim),
        "quadrant": [int(q) for q in local.q],
        "gi_star": floats(star.Zs),
        "q": floats(false_discovery_control(local.p_sim, method="bh")),
    }


def spatial_cases(rng):
    cases = []
    for n, k, distance in [(40, 4, 30_000.0), (97, 6, 18_000.0)]:
        points = rng.uniform(0, 80_000, size=(n, 2)) + [586_000, 3_480_000]
        # A smooth surface with noise, skewed like emissions per area.
        values = np.exp(2 * np.sin(points[:, 0] / 2e4) * np.cos(points[:, 1] / 2.5e4) + 0.6 * rng.normal(size=n))
        cases.append(spatial_case(f"k_nearest_{n}", points, values, KNN.from_array(points, k=k)))
        band = DistanceBand.from_array(points, threshold=distance, binary=True, silence_warnings=True)
        assert not band.islands
        cases.append(spatial_case(f"distance_band_{n}", points, values, band))
    return cases


def ellipse_cases(rng):
    cases = []
    for n in (3, 11, 60):
        points = rng.normal(size=(n, 2)) @ np.array([[9_000, 4_000], [0, 3_000]]) + [586_000, 3_480_000]
        weights = rng.uniform(0.1, 5.0, size=n)
        major, minor, angle = centrography.ellipse(points, weights=weights, method="crimestat")
        cases.append({
            "points": [floats(p) for p in points],
            "weights": floats(weights),
            "centre": floats(centrography.weighted_mean_center(points, weights)),
            "major": float(major),
            "minor": float(minor),
            # pointpats gives radians counter-clockwise from east.
            "azimuth": float((90.0 - np.degrees(angle)) % 180.0),
        })
    return cases


def inequality_cases(rng):
    """Weighted by whole numbers: the packages know equal units only, so every unit stands there as often as it weighs."""
    cases = []
    for n in (6, 30):
        base = rng.integers(1, 40, size=n)
        amount = rng.gamma(0.7, 100.0, size=n)
        group = rng.integers(0, 4, size=n)
        each = np.repeat(amount / base, base)
        theil = TheilD(each, np.repeat(group, base))
        cases.append({
            "amount": floats(amount),
            "base": floats(base),
            "group": [int(g) for g in group],
            "gini": float(Gini(each).g),
            "theil": float(theil.T),
            "between": float(np.ravel(theil.bg)[0]),
            "within": float(np.ravel(theil.wg)[0]),
        })
    return cases


def contiguity_case(rng):
    """Voronoi polygons with the vertices of their neighbours, on whole millimetres, and a grid with its corners."""
    points = shapely.MultiPoint(rng.uniform(0, 60_000, size=(45, 2)))
    box = shapely.box(0, 0, 60_000, 60_000)
    cells = [shapely.intersection(c, box) for c in shapely.voronoi_polygons(points, extend_to=box).geoms]
    cells = [c for c in shapely.set_precision(cells, 0.001) if not c.is_empty]
    grid = [shapely.box(1e5 + 500 * i, 500 * j, 1e5 + 500 * (i + 1), 500 * (j + 1)) for j in range(4) for i in range(5)]
    moved = [shapely.transform(c, lambda xy: xy + [586_000, 3_480_000]) for c in cells + grid]
    frame = gpd.GeoDataFrame(geometry=moved)
    pairs = lambda w: [[i, j] for i in range(w.n) for j in sorted(w.neighbors[i]) if i < j]
    return {
        "polygons": [[floats(p) for p in g.exterior.coords] for g in frame.geometry],
        "centroids": [floats((g.centroid.x, g.centroid.y)) for g in frame.geometry],
        "queen": pairs(Queen.from_dataframe(frame, use_index=False)),
        "rook": pairs(Rook.from_dataframe(frame, use_index=False)),
    }


def write(path, data):
    lines = [f"{json.dumps(k)}: {json.dumps(v, allow_nan=False)}" for k, v in data.items()]
    (ROOT / path).write_text("{\n" + ",\n".join(lines) + "\n}\n")


def main():
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(SEED)
    write("crates/carbonzone-zoning/tests/expected/statistics.json", {
        "metadata": metadata(),
        "permutations": PERMUTATIONS,
        "spatial": spatial_cases(rng),
        "ellipse": ellipse_cases(rng),
        "inequality": inequality_cases(rng),
    })
    write("crates/carbonzone-geom/tests/expected/contiguity.json", {"metadata": metadata(), **contiguity_case(rng)})


if __name__ == "__main__":
    main()
