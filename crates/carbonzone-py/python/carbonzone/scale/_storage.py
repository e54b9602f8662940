"""Where parts lie and results go: folders, or object storage by URL."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import uuid
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .. import _lib
from .._findings import CarbonzoneError, Finding, Findings

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["City", "Place", "open_city"]

StrPath = str | os.PathLike[str]

#: Parcels that are decoded at a time.
BATCH_ROWS = 65_536


class Place:
    """A folder, local or in object storage (``s3://``, ``gs://``, ``hdfs://``), by pyarrow's file systems."""

    __slots__ = ("url",)

    def __init__(self, url: StrPath) -> None:
        #: Path or URL.
        self.url: str = os.fspath(url).rstrip("/")

    def __truediv__(self, name: str) -> Place:
        return Place(f"{self.url}/{name}")

    def _at(self) -> tuple[Any, str]:
        from pyarrow import fs

        if "://" in self.url:
            system, path = fs.FileSystem.from_uri(self.url)
            return system, path
        return fs.LocalFileSystem(), os.path.abspath(self.url)

    def read(self) -> bytes:
        """All bytes of a file."""
        system, path = self._at()
        with system.open_input_file(path) as file:
            return bytes(file.read())

    def exists(self) -> bool:
        """True if a file or folder is there."""
        system, path = self._at()
        return str(system.get_file_info(path).type.name) != "NotFound"

    def write(self, content: bytes) -> None:
        """A file that is there as a whole or not at all."""
        system, path = self._at()
        system.create_dir(path.rsplit("/", 1)[0], recursive=True)
        if "://" in self.url and not self.url.startswith("file://"):
            # An object appears when it is complete.
            with system.open_output_stream(path) as file:
                file.write(content)
            return
        making = f"{path}.{uuid.uuid4().hex}.partial"
        try:
            with system.open_output_stream(making) as file:
                file.write(content)
            system.move(making, path)
        except BaseException:
            if system.get_file_info(making).type.name == "File":
                system.delete_file(making)
            raise

    def remove(self) -> None:
        """Removes a file, if it is there."""
        system, path = self._at()
        if self.exists():
            system.delete_file(path)

    def write_table(self, table: pa.Table) -> None:
        """Parquet."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd")
        self.write(sink.getvalue().to_pybytes())

    def read_table(self) -> pa.Table:
        """Parquet."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        return pq.read_table(pa.BufferReader(self.read()))


def refusal(error: OSError, place: str) -> CarbonzoneError:
    """What the storage said, for people."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return CarbonzoneError.of(
        "disk_full" if full else "storage",
        "there is no room for the results" if full else "the storage refuses",
        file=place,
        value=str(error),
        hint="make room and start again: cities that are finished are not computed again"
        if full
        else "start again when it answers: cities that are finished are not computed again",
    )


class City:
    """A city in parts, as ``carbonzone partition`` left it. Small and picklable: plan and zones, no parcels."""

    def __init__(self, url: str, plan: bytes, zones: bytes) -> None:
        #: Its folder.
        self.url: str = url
        self._plan_bytes = plan
        self._zones_bytes = zones
        #: What ``plan.json`` says.
        self.plan: dict[str, Any] = json.loads(plan)

    def __reduce__(self) -> tuple[Any, ...]:
        return (City, (self.url, self._plan_bytes, self._zones_bytes))

    @property
    def key(self) -> str:
        """Key of the city: ``city.name`` of its pipeline file."""
        return str(self.plan["city"])

    @property
    def digest(self) -> str:
        """SHA-256 of the plan, which names that of every part: the same digest, the same results."""
        return hashlib.sha256(self._plan_bytes).hexdigest()

    @property
    def parts(self) -> list[str]:
        """Files of parcels."""
        return [str(part["file"]) for part in self.plan["parts"]]

    @property
    def findings(self) -> Findings:
        """What was noticed when the city was made ready."""
        return Findings(Finding.from_dict(item) for item in self.plan["findings"])

    @cached_property
    def kernel(self) -> _lib.CityPlan:
        """The compiled side."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        zones = pq.read_table(pa.BufferReader(self._zones_bytes), columns=["geometry"])
        return _lib.CityPlan(self._plan_bytes.decode(), zones["geometry"])

    @cached_property
    def schema(self) -> pa.Schema:
        """Columns that the passes need."""
        import pyarrow as pa

        proxies = [(name, pa.float64()) for name in self.plan["proxies"]]
        head = [("row", pa.int64()), ("unit_id", pa.string()), ("space_type", pa.string()), ("area_m2", pa.float64())]
        return pa.schema([*head, *proxies, ("geometry", pa.binary())])

    def _part(self, file: str) -> dict[str, Any]:
        for part in self.plan["parts"]:
            if part["file"] == file:
                found: dict[str, Any] = part
                return found
        raise CarbonzoneError.of("unknown_part", f"{self.key} has no such part", value=file, expected=", ".join(self.parts))

    def content(self, file: str) -> bytes:
        """Bytes of a part, checked.

        Raises
        ------
        CarbonzoneError
            If it is missing, or not the file that was written.
        """
        part, place = self._part(file), f"{self.url}/{file}"
        try:
            content = Place(place).read()
        except FileNotFoundError as error:
            raise CarbonzoneError.of(
                "missing_part", f"a part of {self.key} is missing", layer="parcels", file=place, hint="copy the folder of the city again"
            ) from error
        except OSError as error:
            raise refusal(error, place) from error
        if len(content) != part["bytes"] or hashlib.sha256(content).hexdigest() != part["sha256"]:
            self._refuse_schema(content, place)
            raise CarbonzoneError.of(
                "corrupt_part",
                f"a part of {self.key} is not the file that was written",
                layer="parcels",
                file=place,
                value=f"{len(content)} bytes",
                expected=f"{part['bytes']} bytes with SHA-256 {part['sha256'][:16]}...",
                hint="copy the folder of the city again, or make it again with `carbonzone partition`",
            )
        return content

    def _refuse_schema(self, content: bytes, place: str) -> None:
        """A readable part with other columns was written by somebody else: the columns say more than a checksum."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            schema = pq.read_schema(pa.BufferReader(content))
        except (pa.ArrowInvalid, OSError):
            return
        for wanted in self.schema:
            found = [str(schema.field(at).type) for at in schema.get_all_field_indices(wanted.name)]
            if found != [str(wanted.type)]:
                raise CarbonzoneError.of(
                    "part_schema",
                    f"a part of {self.key} has other columns than its plan",
                    layer="parcels",
                    file=place,
                    field=wanted.name,
                    value=" and ".join(found) or "no such column",
                    expected=str(wanted.type),
                    hint="parts of one city are written together: make them again with `carbonzone partition`",
                )

    def read(self, file: str, *, batch_rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """Parcels of a part, in batches of at most so many rows."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        source = pq.ParquetFile(pa.BufferReader(self.content(file)))
        yield from source.iter_batches(batch_size=batch_rows, columns=self.schema.names)

    def read_all(self, *, batch_rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """Parcels of all parts."""
        for file in self.parts:
            yield from self.read(file, batch_rows=batch_rows)

    def __repr__(self) -> str:
        return f"<City {self.key}: {self.plan['parcels']} parcels in {len(self.parts)} parts, {self.url}>"


def open_city(url: StrPath) -> City:
    """Opens the folder of a city, ``.../city=KEY``: a path, or a URL of object storage.

    Raises
    ------
    CarbonzoneError
        If it is none, or not whole.
    """
    place = Place(url)
    try:
        plan = (place / "plan.json").read()
        said = json.loads(plan)
        zones = (place / said["zones"]["file"]).read()
        if hashlib.sha256(zones).hexdigest() != said["zones"]["sha256"]:
            raise CarbonzoneError.of(
                "corrupt_part", "the zones are not the file that was written", layer="zones", file=f"{place.url}/{said['zones']['file']}"
            )
    except FileNotFoundError as error:
        raise CarbonzoneError.of(
            "no_city", "this is no folder of a city in parts", file=place.url, value=str(error), hint="`carbonzone partition` makes it"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise CarbonzoneError.of("plan", "the plan of the city cannot be read", file=f"{place.url}/plan.json", value=str(error)) from error
    except OSError as error:
        raise refusal(error, place.url) from error
    return City(place.url, plan, zones)
