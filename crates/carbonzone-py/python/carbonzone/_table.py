"""Arrow tables of a run, with the ways out to pandas, geopandas and maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._findings import CarbonzoneError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import pyarrow as pa

__all__ = ["Table"]

#: Greys of classes that say nothing.
_MISSING = "#d9d9d9"
#: Sequential colours for amounts.
_AMOUNTS = "YlOrRd"


class Table:
    """An Arrow table; a geometry column is ``geoarrow.wkb`` with its CRS.

    ``pyarrow.table(t)``, ``polars.DataFrame(t)`` and everything else that takes Arrow streams takes it without a copy.
    """

    __slots__ = ("arrow", "kind")

    def __init__(self, arrow: pa.Table, kind: str) -> None:
        #: The table.
        self.arrow: pa.Table = arrow
        #: ``zones``, ``grid``, ``parcels``, ``ledger``.
        self.kind: str = kind

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.arrow.__arrow_c_stream__(requested_schema)

    def __len__(self) -> int:
        return int(self.arrow.num_rows)

    def __getitem__(self, column: str) -> pa.ChunkedArray:
        if column not in self.columns:
            raise KeyError(f"no column {column!r}; there are {', '.join(self.columns)}")
        return self.arrow.column(column)

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return list(self.arrow.column_names)

    @property
    def geometry(self) -> str | None:
        """Name of the geometry column."""
        named = [f.name for f in self.arrow.schema if (f.metadata or {}).get(b"ARROW:extension:name") == b"geoarrow.wkb"]
        return named[0] if named else None

    def to_pandas(self) -> pd.DataFrame:
        """Without the geometry."""
        table = self.arrow.drop_columns([self.geometry]) if self.geometry else self.arrow
        return table.to_pandas()

    def to_geopandas(self) -> gpd.GeoDataFrame:
        """As a GeoDataFrame in the CRS of the run."""
        if self.geometry is None:
            raise CarbonzoneError.of("no_geometry", f"the {self.kind} have no geometry", layer=self.kind, hint="to_pandas()")
        import geopandas as gpd

        return gpd.GeoDataFrame.from_arrow(self.arrow)

    def _coloured(self, column: str | None, lang: str) -> tuple[gpd.GeoDataFrame, str, dict[str, str] | None]:
        """Features, the column that is shown, and colours by class if it is one."""
        if lang not in ("en", "zh"):
            raise CarbonzoneError.of("bad_parameter", "unknown language", field="lang", value=lang, expected="en, zh")
        gdf = self.to_geopandas()
        if column is None:
            column = f"zone_{lang}" if "zone_color" in gdf else "net_t_km2" if "net_t_km2" in gdf else "net_t"
        if column not in gdf:
            raise CarbonzoneError.of("unknown_field", f"no column {column}", layer=self.kind, expected=", ".join(self.columns))
        if not column.startswith("zone") or "zone_color" not in gdf:
            return gdf, column, None
        in_order = gdf.sort_values("zone_id") if "zone_id" in gdf else gdf
        classes = dict(zip(in_order[column], in_order["zone_color"], strict=True))
        return gdf, column, classes

    def plot(self, column: str | None = None, *, lang: str = "en", **options: Any) -> Any:
        """A map with matplotlib: zones in the colours of their classes, all else by amount. What is synthetic or illustrative says so.

        Parameters
        ----------
        column : str, optional
            What is shown; default: the zone class, else ``net_t_km2`` (t CO2e per km2), else ``net_t``.
        lang : 'en' or 'zh'
            Language of the class names.
        **options
            For ``GeoDataFrame.plot``.

        Returns
        -------
        matplotlib.axes.Axes
        """
        gdf, column, classes = self._coloured(column, lang)
        axes = self._drawn(gdf, column, classes, options)
        said = [word for word in ("synthetic", "illustrative") if word in gdf and gdf[word].any()]
        axes.annotate(", ".join(said), (0, 0), xycoords="axes fraction", fontsize="small", color="#b00000")
        return axes

    @staticmethod
    def _drawn(gdf: gpd.GeoDataFrame, column: str, classes: dict[str, str] | None, options: dict[str, Any]) -> Any:
        if classes is None:
            return gdf.plot(column=column, **{"cmap": _AMOUNTS, "legend": True, "missing_kwds": {"color": _MISSING}, **options})
        from matplotlib.patches import Patch

        axes = gdf.plot(color=gdf["zone_color"].tolist(), **{"edgecolor": "white", "linewidth": 0.4, **options})
        axes.legend(handles=[Patch(color=color, label=name) for name, color in classes.items()], loc="best", fontsize="small")
        axes.set_axis_off()
        return axes

    def explore(self, column: str | None = None, *, lang: str = "en", **options: Any) -> Any:
        """A map to move about in, with folium: zones in the colours of their classes, all else by amount.

        Parameters are those of `plot`; further options go to ``GeoDataFrame.explore``.

        Returns
        -------
        folium.Map
        """
        gdf, column, classes = self._coloured(column, lang)
        if classes is None:
            return gdf.explore(column=column, **{"cmap": _AMOUNTS, **options})
        style = {"categories": list(classes), "cmap": list(classes.values()), "categorical": True}
        return gdf.explore(column=column, **{**style, **options})

    def __repr__(self) -> str:
        return f"<{self.kind}: {len(self)} rows, {', '.join(self.columns)}>"
