"""Small layers, and one real city run by the command."""

from __future__ import annotations

import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

import carbonzone as cz
from carbonzone import _command

# Nobody looks at pixels here: the notebooks draw the figures of a city.
os.environ.setdefault("CARBONZONE_DPI", "36")
CRS = "EPSG:32651"
REPOSITORY = Path(__file__).resolve().parents[3]
CAMBRIDGE = REPOSITORY / "pipelines" / "cambridge.toml"


def boxes(columns: int, rows: int, size: float, x0: float = 300_000.0, y0: float = 3_400_000.0) -> gpd.GeoDataFrame:
    """Squares, row by row from the south."""
    x, y = np.meshgrid(np.arange(columns) * size + x0, np.arange(rows) * size + y0)
    shapes = shapely.box(x.ravel(), y.ravel(), x.ravel() + size, y.ravel() + size)
    return gpd.GeoDataFrame({"id": [f"p{i:04d}" for i in range(columns * rows)]}, geometry=shapes, crs=CRS)


@pytest.fixture
def parcels() -> gpd.GeoDataFrame:
    """20 x 20 squares of 100 m."""
    return boxes(20, 20, 100.0)


@pytest.fixture
def zones() -> gpd.GeoDataFrame:
    """2 x 2 squares of 1050 m: their common edges run through parcels."""
    return boxes(2, 2, 1050.0)


@pytest.fixture(scope="session")
def cambridge(tmp_path_factory: pytest.TempPathFactory) -> cz.Run:
    """The city that ships, run by the command."""
    return cz.run(CAMBRIDGE, tmp_path_factory.mktemp("run") / "cambridge", maps=False)


def call(*arguments: object, code: int = 0) -> _command.Outcome:
    return _command.call([str(a) for a in arguments], events=False).require(code)


@pytest.fixture(scope="session")
def cities(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two synthetic cities of 1,000 parcels; smoothing, two plants and land that no parcel has in the second."""
    folder = tmp_path_factory.mktemp("cities") / "cities"
    call("synth", "suzhou", "--parcels", 1000, "--cities", 2, "--seed", 3, "--quiet", "--out", folder)
    second = folder / "city-02" / "pipeline.toml"
    text = second.read_text(encoding="utf-8")
    text = text.replace('id = "manufacturing"', 'id = "manufacturing"\nsmoothing = 0.5', 1)
    text = text.replace('land = ["rural_homestead"]', 'land = ["fishery"]\non_missing_class = { redirect = ["rural_homestead"] }', 1)
    text += '\n[layers.point_sources]\nsource = { path = "plants.csv", x = "x", y = "y", crs = "EPSG:4549" }\n'
    second.write_text(text + 'id = "id"\ntonnes = "t"\nrule = "rule"\n', encoding="utf-8")
    at = gpd.read_file(folder / "city-02" / "parcels.gpkg").geometry.iloc[[7, 700]].representative_point()
    rows = [f"{k},{p.x},{p.y},{1e6 * (k + 1) / 3},supply" for k, p in enumerate(at)]
    (folder / "city-02" / "plants.csv").write_text("\n".join(["id,x,y,t,rule", *rows]), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def parts(cities: Path) -> Path:
    """Both in parts of at most 60 parcels: 17 each."""
    call("partition", cities, "--out", cities.parent / "parts", "--rows", 60, "--quiet")
    return cities.parent / "parts"


@pytest.fixture(scope="session")
def runs(cities: Path) -> dict[str, cz.Run]:
    """The same cities by the command."""
    return {
        key: cz.run(cities / key / "pipeline.toml", cities.parent / "runs" / key, maps=False) for key in ("city-01", "city-02")
    }
