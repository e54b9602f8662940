"""Many cities, or one city that is too large for a task, on an engine that exists.

``carbonzone partition`` makes cities ready: parcels with their proxies in GeoParquet parts. The functions here take Arrow batches
of any size and give *states*: exact sums as ``decimal(38,0)``, which any engine adds up in any order to the same bits.

- In this process: `run_city`, or step by step `weigh`, `decide`, `sums`, `finish`; `place` gives tonnes per parcel.
- `carbonzone.scale.spark`: cities as tasks on Spark, or one city over many tasks.
- `carbonzone.scale.datafusion`: the same on DataFusion, for one large machine without Java.

Nothing here needs GDAL.
"""

from ._passes import CityResult, Shares, decide, finish, merge, place, run_city, smoothed, sums, weigh, with_smoothed
from ._province import Province, ProvinceResult, open_province
from ._storage import City, open_city

__all__ = [
    "City",
    "CityResult",
    "Province",
    "ProvinceResult",
    "Shares",
    "decide",
    "finish",
    "merge",
    "open_city",
    "open_province",
    "place",
    "run_city",
    "smoothed",
    "sums",
    "weigh",
    "with_smoothed",
]
