"""A city's carbon inventory, allocated to parcels, aggregated to grid and townships, zoned by carbon balance.

Two halves:

- **Kernels** on tables in memory, in this process, without GDAL: `overlay`, `points_in`, `lengths_in`, `areas`, `point_proxy`,
  `line_proxy`, `allocate`, `indices`, `classify`, `inventory`. They free the GIL, keep nothing in the process, and end within a moment of Ctrl-C.
- **Runs** by the command ``carbonzone`` in a child process: `run`, `check`, `explain`, `sensitivity`, `confidence`, `open`, and
  `City` for a city that is in GeoDataFrames.

Units: metres, square metres, tonnes CO2e per year. Whatever cannot be accepted is a `CarbonzoneError` with ``.findings``; whatever
was mended is a `CarbonzoneWarning`.
"""

from ._city import City, layer
from ._command import Progress, command_path
from ._findings import CarbonzoneError, CarbonzoneWarning, Finding, Findings
from ._inventory import Inventory, inventory
from ._kernels import Allocation, Overlay, allocate, areas, classify, indices, lengths_in, overlay, points_in
from ._lib import __version__
from ._proxies import Proxy, line_proxy, point_proxy
from ._run import Run, check, confidence, explain, open, run, sensitivity
from ._table import Table

__all__ = [
    "Allocation",
    "CarbonzoneError",
    "CarbonzoneWarning",
    "City",
    "Finding",
    "Findings",
    "Inventory",
    "Overlay",
    "Progress",
    "Proxy",
    "Run",
    "Table",
    "__version__",
    "allocate",
    "areas",
    "check",
    "classify",
    "command_path",
    "confidence",
    "explain",
    "indices",
    "inventory",
    "layer",
    "lengths_in",
    "line_proxy",
    "open",
    "overlay",
    "point_proxy",
    "points_in",
    "run",
    "sensitivity",
]
