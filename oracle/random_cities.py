"""Random whole cities: `carbonzone run` against numpy and GEOS.

    python oracle/random_cities.py target/release/carbonzone [cities] [first]

Every city has its own parcels (holes, parts, stars, overlaps, across borders), zones, POI, people, lines, budgets, rules and formats,
made from its number (city_made.py). What the run must give is computed from docs/method.md alone (city_expected.py): tonnes by sector
of every parcel, cell and zone, indices, sums of the ledger. Prints the largest differences; exit 1 beyond the tolerance. A city that
differs is kept in build/oracle-cities/.
"""

import csv
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from importlib.metadata import version
from pathlib import Path

import city_made
import numpy as np
import pyogrio
import shapely
from city_expected import TOLERANCE, Expected

SEED = 2020
KEPT = Path("build/oracle-cities")


class Differences:
    """The largest relative differences, and every one beyond the tolerance."""

    def __init__(self):
        self.worst, self.compared, self.found = defaultdict(float), Counter(), []

    def compare(self, what, ids, ours, theirs, scale=None):
        """`scale`: what the relative difference is measured by, the value itself if it is not given."""
        ours, theirs = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
        missing = np.isnan(ours) != np.isnan(theirs)
        scale = np.abs(theirs) if scale is None else np.maximum(np.abs(theirs), scale)
        same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
        with np.errstate(divide="ignore", invalid="ignore"):
            relative = np.where(same, 0.0, np.abs(ours - theirs) / scale)
        relative[missing] = np.inf
        kind = what.split(".")[0]
        self.compared[kind] += len(relative)
        self.worst[kind] = max(self.worst[kind], relative.max(initial=0.0))
        for k in np.flatnonzero(~(relative <= TOLERANCE))[:3]:
            self.found.append(f"{what} of {ids[k]}: ours {float(ours[k])!r}, oracle {float(theirs[k])!r}, relative {relative[k]:.1e}")


def layer(path, name, columns):
    meta, _, _, values = pyogrio.raw.read(path, layer=name, read_geometry=False, columns=columns)
    return dict(zip(meta["fields"], values))


def numbers(rows, column):
    return [float(r[column]) if r[column] != "" else np.nan for r in rows]


def compare_units(out, expected, differences):
    sectors = list(expected.tonnes)
    names = {s: f"{s}_t" for s in sectors}
    gpkg = out / "tiny.gpkg"
    ours = layer(gpkg, "parcels", ["unit_id", "area_m2", *names.values()])
    order = {u: k for k, u in enumerate(ours["unit_id"])}
    if set(order) != set(expected.parcel_ids):
        differences.found.append(f"parcels differ: {set(order) ^ set(expected.parcel_ids)}")
        return
    at = [order[i] for i in expected.parcel_ids]
    differences.compare("parcels.area", expected.parcel_ids, ours["area_m2"][at], expected.area, expected.area * expected.slack)
    for s in sectors:
        tonnes = expected.tonnes[s]
        scale = np.maximum(1e-12 * tonnes.sum(), tonnes * expected.slack)
        differences.compare(f"parcels.{s}", expected.parcel_ids, ours[names[s]][at], tonnes, scale)
    names |= {"gross": "gross_t", "net": "net_t"}
    grid = next(n for n, _ in pyogrio.list_layers(gpkg) if n.startswith("grid_"))
    ours = layer(gpkg, grid, ["unit_id", "covered_m2", *names.values()])
    order = {u: k for k, u in enumerate(ours["unit_id"])}
    ids = np.array(expected.cell_ids)
    # A cell that a parcel touches by less than a millimetre squared may be left out.
    used = np.array([i in order for i in ids])
    if (expected.covered[~used] > 1e-3).any() or len(order) != used.sum():
        differences.found.append(f"cells differ: {ids[~used & (expected.covered > 1e-3)][:5]}")
        return
    at = [order[i] for i in ids[used]]
    for s, column in names.items():
        # A cell holds parts of parcels: the difference is measured by the tonnes of the parcels that reach into it.
        differences.compare(f"cells.{s}", ids[used], ours[column][at], expected.cells[s][used], np.abs(expected.touching["cells"]["gross" if s == "net" else s][used]))
    differences.compare("cells.covered", ids[used], ours["covered_m2"][at], expected.covered[used], expected.options["cell_m"] ** 2)


def compare_zones(out, expected, differences):
    with open(out / "townships.csv", encoding="utf-8-sig", newline="") as f:
        rows = {r["unit_id"]: r for r in csv.DictReader(f)}
    ids = expected.zone_ids
    rows = [rows[i] for i in ids]
    for s in [*expected.tonnes, "gross", "net"]:
        scale = expected.by_zone["gross"] + expected.by_zone["sink"] if s == "net" else 1e-12 * expected.by_zone[s].sum()
        differences.compare(f"zones.{s}", ids, numbers(rows, f"{s}_t"), expected.by_zone[s], scale)
    for name in ("ccr", "ecc", "esc"):
        differences.compare(f"indices.{name}", ids, numbers(rows, name), getattr(expected, name))


def compare_ledger(out, expected, differences):
    ours = defaultdict(float)
    with open(out / "ledger.csv", encoding="utf-8-sig", newline="") as f:
        for r in csv.DictReader(f):
            if r["amount_t"]:
                ours[r["stage"], r["sector"]] += float(r["amount_t"])
    keys = [k for k in expected.ledger]
    budget = [expected.ledger["budget", sector] for _, sector in keys]
    differences.compare("ledger.sum", keys, [ours[k] for k in keys], [expected.ledger[k] for k in keys], budget)


def one(program, number, differences, seen):
    city = city_made.made(SEED, number)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        pipeline = city_made.write(folder, city)
        before = len(differences.found)
        ran = subprocess.run([program, "run", pipeline, "--out", folder / "out", "--quiet", "--no-maps", "--no-summary"], capture_output=True, text=True, check=False)
        if ran.returncode != 0:
            errors = [line for line in ran.stderr.splitlines() if line.startswith("error")]
            differences.found.append(f"exit {ran.returncode}: {errors}")
        else:
            expected = Expected(city)
            compare_units(folder / "out", expected, differences)
            compare_zones(folder / "out", expected, differences)
            compare_ledger(folder / "out", expected, differences)
            seen.update([*city.options["formats"].values(), "people " + city.options["people"], "border " + city.options["border"], *expected.used.values()])
            seen.update(["redirect" for r in city.rules if expected.land(r)[0] != r["land"]])
            seen["parcels"] += len(city.parcels)
            seen["overlapping pairs"] += len(expected.common)
        for line in differences.found[before:]:
            print(f"city {number}: {line}")
        if len(differences.found) > before:
            shutil.copytree(folder, KEPT / str(number), dirs_exist_ok=True)


def main():
    program, cities, first = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 240, int(sys.argv[3]) if len(sys.argv) > 3 else 0
    shutil.rmtree(KEPT, ignore_errors=True)
    differences, seen = Differences(), Counter()
    for number in range(first, first + cities):
        one(str(Path(program).resolve()), number, differences, seen)
    print(f"random_cities: {cities} cities, shapely {version('shapely')}, GEOS {shapely.geos_version_string}, pyogrio {version('pyogrio')}")
    print("  " + ", ".join(f"{k} {n}" for k, n in sorted(seen.items())))
    for kind, worst in differences.worst.items():
        print(f"  {kind:<8} {differences.compared[kind]:>9} values, largest relative difference {worst:.1e}")
    print(f"  {len(differences.found)} differences beyond {TOLERANCE:.0e}" + (f"; the cities are in {KEPT}" if differences.found else ""))
    return 1 if differences.found else 0


if __name__ == "__main__":
    sys.exit(main())
