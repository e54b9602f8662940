"""Random pairs of polygons: GEOS intersection area against the example `pair_areas` of carbonzone-geom.

    python oracle/differential_geos.py target/release/examples/pair_areas [pairs]

Three kinds of pairs in equal parts: independent stars (a third with holes), jittered quadrilaterals that share a side, and copies
of one polygon that were shifted by less than a micrometre. Prints counts and differences; exit 1 beyond the tolerance.
"""

import subprocess
import sys
from importlib.metadata import version

import numpy as np
import shapely
from exact_area import exact_area

X0, Y0 = 500_000.0, 3_450_000.0
# GEOS rounds the vertices of the intersection to 5e-10 m; boundaries here are below 2,000 m. For polygons a micrometre apart it
# falls back to snapping, which moves the boundary by up to the shift: 2,000 m by 1e-6 m. There the exact value decides.
TOLERANCE_M2 = {"independent": 2e-6, "neighbours": 2e-6, "near_copies": 2e-3}
# Our own error against exact rational arithmetic.
EXACT_M2 = 1e-9
CHUNK = 20_000


def star(rng, cx, cy):
    n = int(rng.integers(5, 24))
    t = (np.arange(n) + rng.uniform(-0.4, 0.4, n)) * 2 * np.pi / n
    r = rng.uniform(10, 120, n)
    return np.column_stack([cx + r * np.cos(t), cy + r * np.sin(t)])


def independent(rng, k):
    out = []
    for _ in range(2):
        c = np.array([X0, Y0]) + rng.uniform(-150, 150, 2)
        shell = star(rng, *c)
        out.append(shapely.Polygon(shell, [c + 0.4 * (shell - c)] if k % 9 == 0 else None))
    return out


def neighbours(rng, _k):
    a, b = (np.array([X0, Y0]) + rng.uniform(-150, 150, 2) for _ in range(2))
    d = (b - a)[::-1] * [-1, 1]
    t = np.sort(rng.uniform(0, 1, 4))
    side = [a + u * (b - a) + 0.05 * rng.uniform(-1, 1) * d for u in t]
    left = shapely.Polygon([a, *side, b, b + rng.uniform(0.4, 1) * d, a + rng.uniform(0.4, 1) * d])
    right = shapely.Polygon([a, *side, b, b - rng.uniform(0.4, 1) * d, a - rng.uniform(0.4, 1) * d])
    return left, right


def near_copies(rng, _k):
    shell = star(rng, X0 + rng.uniform(-150, 150), Y0 + rng.uniform(-150, 150))
    return shapely.Polygon(shell), shapely.Polygon(shell + rng.uniform(-1e-6, 1e-6, 2))


def main():
    program, pairs = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    rng = np.random.default_rng(1)
    kinds = [independent, neighbours, near_copies]
    stats = {f.__name__: [0, 0, 0.0, 0.0, 0, 0.0] for f in kinds}
    for start in range(0, pairs, CHUNK):
        n = min(CHUNK, pairs - start)
        which = [kinds[(start + k) % 3] for k in range(n)]
        made = [f(rng, start + k) for k, f in enumerate(which)]
        a, b = np.array([m[0] for m in made]), np.array([m[1] for m in made])
        truth = np.full(n, np.nan)
        for k in range(n):
            try:
                truth[k] = shapely.area(shapely.intersection(a[k], b[k]))
            except shapely.GEOSException:
                stats[which[k].__name__][4] += 1
        lines = "\n".join(f"{p},{q}" for p, q in zip(shapely.to_wkb(a, hex=True), shapely.to_wkb(b, hex=True)))
        ran = subprocess.run([program], input=lines + "\n", capture_output=True, text=True, check=True)
        ours = np.array([list(map(float, line.split(","))) for line in ran.stdout.split()])
        for k, f in enumerate(which):
            s = stats[f.__name__]
            s[0] += 1
            s[1] += int(truth[k] > 1e-6)
            if not np.isnan(truth[k]):
                difference = max(abs(ours[k, 0] - truth[k]), abs(ours[k, 1] - truth[k]))
                # Every pair that sets a new worst difference, and the first ones, are computed exactly.
                if difference > s[2] or s[0] <= 20:
                    s[5] = max(s[5], abs(ours[k] - float(exact_area(a[k], b[k]))).max())
                s[2] = max(s[2], difference)
            s[3] = max(s[3], abs(ours[k, 0] - ours[k, 1]))
    print(f"shapely {version('shapely')}, GEOS {shapely.geos_version_string}, {pairs} pairs")
    print(f"{'kind':<14}{'pairs':>8}{'common':>8}{'max |ours - GEOS| m2':>24}{'max |plain - local| m2':>26}{'max |ours - exact| m2':>24}{'GEOS raised':>13}")
    for name, (count, common, worst, inner, raised, exact) in stats.items():
        print(f"{name:<14}{count:>8}{common:>8}{worst:>24.3e}{inner:>26.3e}{exact:>24.3e}{raised:>13}")
    return 0 if all(s[2] < TOLERANCE_M2[k] and s[5] < EXACT_M2 for k, s in stats.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
