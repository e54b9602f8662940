"""Checked by `mypy --strict`, never run: the types that users see."""

from __future__ import annotations

import geopandas as gpd  # type: ignore[import-untyped]
import numpy as np
import numpy.typing as npt
from typing_extensions import assert_type

import carbonzone as cz


def of_kernels(parcels: gpd.GeoDataFrame) -> None:
    pieces = cz.overlay(parcels, grid=(0.0, 0.0, 1000.0, 10, 10), invalid="repair", threads=2)
    assert_type(pieces, cz.Overlay)
    assert_type(pieces.src, npt.NDArray[np.uint32])
    assert_type(pieces.m2, npt.NDArray[np.float64])
    assert_type(pieces.spread([1.0]), tuple[npt.NDArray[np.float64], float])
    src, dst, m2 = pieces
    assert_type(cz.points_in(parcels, parcels), npt.NDArray[np.int64])
    assert_type(cz.lengths_in(parcels, parcels)[2], npt.NDArray[np.float64])
    assert_type(cz.point_proxy(parcels, parcels, snap_m=50.0).per_parcel, npt.NDArray[np.float64])
    assert_type(cz.line_proxy(parcels, parcels, assignment="nearest").tally, dict[str, float])
    cz.line_proxy(parcels, parcels, assignment="beside")  # type: ignore[arg-type]
    assert_type(cz.allocate(parcels, {"a:b": 1.0}, []).findings, cz.Findings)
    cz.overlay(parcels, grid=(0.0, 0.0, 1000.0, 10))  # type: ignore[arg-type]
    cz.overlay(parcels, invalid="guess")  # type: ignore[arg-type]
    cz.indices(parcels, ecc_direction="up")  # type: ignore[arg-type]


def of_runs() -> None:
    run = cz.run("city.toml", set={"layers.poi.snap_m": 50}, progress=print)
    assert_type(run, cz.Run)
    assert_type(run.zones, cz.Table)
    assert_type(run.findings.errors, cz.Findings)
    assert_type(run.findings[0], cz.Finding)
    assert_type(run.findings[0].hint, str | None)
    assert_type(cz.check("city.toml").blocks, bool)
    assert_type(cz.inventory("book.xlsx").budgets, dict[str, float])
    cz.run("city.toml", sets={})  # type: ignore[call-arg]


def of_errors() -> None:
    try:
        cz.open("out")
    except cz.CarbonzoneError as error:
        assert_type(error.findings, cz.Findings)
