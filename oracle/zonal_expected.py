"""Expected class areas and zonal sums of carbonzone-io from exactextract.

Writes crates/carbonzone-io/tests/expected/zonal.json with the tool versions inside. The raster is not stored: its cells follow
from `patch` and `value` below, which the Rust test repeats. Run from the root of the repository: python oracle/zonal_expected.py
"""

import json
from importlib.metadata import version
from pathlib import Path

import exactextract
import numpy as np
import shapely
from exactextract.raster import NumPyRasterSource
from shapely.geometry import MultiPolygon, Polygon, mapping

OUT = Path("crates/carbonzone-io/tests/expected/zonal.json")
X, Y, CELL, COLS, ROWS = 600_000.0, 2_950_000.0, 30.0, 400, 300


def patch(row, col):
    """Class of a cell, 1 to 6, or 0 for nodata: patches of 5 x 7 cells."""
    h = ((row // 5) * 73_856_093 + (col // 7) * 19_349_663) % 4_294_967_291
    return (h // 97) % 20 % 7


def value(row, col):
    """A count per cell, with a fraction."""
    return ((row * 37 + col * 11) % 101) / 4


def star(rng, cx, cy, n, lo, hi):
    """A star-shaped ring around (cx, cy)."""
    t = (np.arange(n) + rng.uniform(-0.3, 0.3, n)) * 2 * np.pi / n
    r = rng.uniform(lo, hi, n)
    return [(float(cx + a), float(cy + b)) for a, b in zip(r * np.cos(t), r * np.sin(t))]


def counties():
    """A 4 x 3 partition with oblique borders, one corner beyond the raster."""
    rng = np.random.default_rng(520100)
    node = {}
    for i in range(5):
        for j in range(4):
            dx = rng.uniform(-700, 700) if 0 < i < 4 else 0.0
            dy = rng.uniform(-700, 700) if 0 < j < 3 else 0.0
            node[i, j] = (X + 60 + 2970 * i + dx, Y - ROWS * CELL + 45 + 2960 * j + dy)
    node[4, 3] = (X + COLS * CELL + 400.0, Y + 250.0)
    ring = lambda i, j: [node[i, j], node[i + 1, j], node[i + 1, j + 1], node[i, j + 1]]
    return [Polygon(ring(i, j)) for j in range(3) for i in range(4)]


def shapes():
    """Stars, stars with a hole, and pairs of stars as one multipolygon; some smaller than a cell."""
    rng = np.random.default_rng(20261122)
    out = []
    for k in range(24):
        size = [12.0, 90.0, 700.0, 1800.0][k % 4]
        cx, cy = X + rng.uniform(2000, COLS * CELL - 2000), Y - rng.uniform(2000, ROWS * CELL - 2000)
        shell = star(rng, cx, cy, int(rng.integers(5, 24)), 0.3 * size, size)
        if k % 3 == 1:
            out.append(Polygon(shell, [[(cx + 0.3 * (x - cx), cy + 0.3 * (y - cy)) for x, y in shell]]))
        elif k % 3 == 2:
            out.append(MultiPolygon([Polygon(shell), Polygon(star(rng, cx + 3 * size, cy, 8, 0.2 * size, 0.9 * size))]))
        else:
            out.append(Polygon(shell))
    assert all(p.is_valid for p in out)
    return out


def parts(geometry):
    """Parts -> rings -> points, as Coverage::push_rings takes them."""
    polys = geometry.geoms if isinstance(geometry, MultiPolygon) else [geometry]
    return [[list(map(list, ring.coords)) for ring in [p.exterior, *p.interiors]] for p in polys]


def source(array, **more):
    return NumPyRasterSource(array, xmin=X, xmax=X + COLS * CELL, ymin=Y - ROWS * CELL, ymax=Y, **more)


def extract(array, layer, operations, **more):
    features = [{"type": "Feature", "id": str(i), "properties": {}, "geometry": mapping(p)} for i, p in enumerate(layer)]
    return [f["properties"] for f in exactextract.exact_extract(source(array, **more), features, operations)]


def main():
    row, col = np.mgrid[0:ROWS, 0:COLS].astype(np.int64)
    classes, values = patch(row, col).astype(np.int16), value(row, col)
    layer = counties() + shapes()
    tables = extract(classes, layer, ["unique", "frac", "count"], nodata=0)
    sums = extract(values, layer, ["sum"])
    expected = []
    for table, total in zip(tables, sums):
        pixels = {int(c): float(f) * float(table["count"]) for c, f in zip(table["unique"], table["frac"])}
        expected.append({"class_m2": {str(c): n * CELL * CELL for c, n in sorted(pixels.items())}, "sum": float(total["sum"])})
    tools = {t: version(t) for t in ["exactextract", "numpy", "shapely"]} | {"geos": shapely.geos_version_string}
    content = {
        "tools": tools,
        "grid": {"x_min": X, "y_max": Y, "cell": CELL, "cols": COLS, "rows": ROWS},
        "check": {"classes": np.bincount(classes.ravel(), minlength=7).tolist(), "sum": float(values.sum())},
        "polygons": [parts(p) for p in layer],
        "expected": expected,
    }
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(content, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
