"""Small layers, and one real city run by the command."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

import carbonzone as cz

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
