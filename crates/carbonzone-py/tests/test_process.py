"""What the kernels do to the process: threads, signals, memory, import."""

from __future__ import annotations

import locale
import os
import resource
import signal
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pytest
from conftest import CAMBRIDGE

import carbonzone as cz

X0, Y0 = 300_000.0, 3_400_000.0

#: Many-cornered polygons over each other: a long computation from little data.
LONG = """
import numpy as np, shapely, carbonzone as cz
def star(k, n=60_000):
    turn = np.linspace(0, 2 * np.pi, n, endpoint=False) + k
    far = 5_000 + 500 * np.sin(turn * 5_000)
    return shapely.Polygon(np.column_stack([3e5 + far * np.cos(turn), 3e6 + far * np.sin(turn)]))
stars = [star(k) for k in np.linspace(0, 0.001, 64)]
print("ready", flush=True)
cz.overlay(stars, stars)
print("done", flush=True)
"""


def interrupted(code: str) -> tuple[int, str]:
    """Exit code and standard error of a program that has Ctrl-C in the middle, and then has to end by itself."""
    # A job in the background of a shell ignores Ctrl-C, and so would its children.
    child = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    time.sleep(0.7)
    assert child.poll() is None, "it ended before it could be interrupted"
    child.send_signal(signal.SIGINT)
    try:
        _, stderr = child.communicate(timeout=30)
    finally:
        child.kill()
    return child.returncode, stderr


def test_ctrl_c_stops_a_kernel() -> None:
    code, stderr = interrupted(LONG)
    assert "KeyboardInterrupt" in stderr and code != 0


def test_ctrl_c_stops_the_command(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code = f"""
import carbonzone as cz
told = []
def ready(progress):
    if not told:
        told.append(progress)
        print("ready", flush=True)
while True:
    cz.run({str(CAMBRIDGE)!r}, {str(out)!r}, progress=ready)
"""
    exit_code, stderr = interrupted(code)
    assert "KeyboardInterrupt" in stderr and exit_code != 0


def test_other_threads_go_on_while_a_kernel_works(parcels: gpd.GeoDataFrame) -> None:
    steps = 0
    stop = threading.Event()

    def count() -> None:
        nonlocal steps
        while not stop.is_set():
            steps += 1

    counter = threading.Thread(target=count)
    counter.start()
    many = parcels.sample(600, replace=True, random_state=1)
    before = steps
    cz.overlay(many, grid=(X0, Y0, 1, 2000, 2000), threads=1)
    during = steps - before
    stop.set()
    counter.join()
    assert during > 1_000


def test_kernels_in_many_threads_give_the_same_bits(parcels: gpd.GeoDataFrame) -> None:
    once = cz.overlay(parcels, grid=(X0, Y0, 70, 30, 30)).m2.tobytes()
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda _: cz.overlay(parcels, grid=(X0, Y0, 70, 30, 30)).m2.tobytes(), range(32))
        assert set(found) == {once}


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="counts threads as Linux shows them")
def test_no_thread_stays_behind(parcels: gpd.GeoDataFrame) -> None:
    def threads() -> int:
        return len(list(Path("/proc/self/task").iterdir()))

    cz.areas(parcels)
    time.sleep(0.2)
    before = threads()
    for _ in range(20):
        cz.overlay(parcels, grid=(X0, Y0, 100, 20, 20), threads=4)
    time.sleep(0.2)
    assert threads() <= before


def test_memory_does_not_grow_over_many_calls(parcels: gpd.GeoDataFrame) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("reads memory as Linux shows it")

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

    few = parcels.iloc[:40]
    arrow, edges = pa.table(few.to_arrow()), pa.table(few.boundary.to_frame("geometry").to_arrow())
    land = {"space_type": ["industrial"] * 40, "area_m2": [1.0] * 40}
    rule = {"id": "factories", "budget": "industry:industrial", "land": ["industrial"], "proxies": ["area"]}
    units = {"gross_t": [30.0, 70.0], "sink_t": [1.0, 1.0], "gdp": [60.0, 40.0]}

    def everything() -> None:
        cz.overlay(arrow, grid=(X0, Y0, 100, 20, 20)).spread([1.0] * 40)
        cz.overlay(arrow, arrow)
        cz.lengths_in(arrow, edges)
        cz.line_proxy(arrow, edges)
        cz.allocate(land, {"industry:industrial": 1.0}, [rule])
        cz.classify(units)
        with pytest.raises(cz.CarbonzoneError):
            cz.points_in(arrow, edges)

    for _ in range(100):
        everything()
    # What leaks grows in every round; allocators of threads that begin late grow in one.
    growth = []
    for _ in range(3):
        before = resident()
        for _ in range(400):
            everything()
        growth.append(resident() - before)
    assert min(growth) < 3 << 20, growth


def state_of_the_process() -> dict[str, object]:
    return {
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "signals": [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)],
        "locale": locale.setlocale(locale.LC_ALL),
        "numpy": np.geterr(),
        "warnings": list(warnings.filters),
        "hooks": (sys.excepthook, threading.excepthook, sys.unraisablehook),
        "path": list(sys.path),
        "limits": resource.getrlimit(resource.RLIMIT_NOFILE),
        "open files": len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").is_dir() else 0,
    }


def test_nothing_in_the_process_changes(parcels: gpd.GeoDataFrame) -> None:
    parcels.to_arrow()
    cz.areas(parcels)
    before = state_of_the_process()
    cz.overlay(parcels, grid=(X0, Y0, 250, 8, 8))
    cz.points_in(parcels, parcels.geometry.centroid)
    with pytest.raises(cz.CarbonzoneError):
        cz.areas(parcels.to_crs("EPSG:4326"))
    assert not cz.check(CAMBRIDGE).blocks
    assert state_of_the_process() == before


def test_two_runs_at_once_are_two_runs(cambridge: cz.Run, tmp_path: Path) -> None:
    def run(industry: float) -> cz.Run:
        return cz.run(CAMBRIDGE, tmp_path / str(industry), set={"zoning.borderline_pct": industry}, maps=False)

    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(run, (0.0, 50.0)))
    tonnes = [run.zones["gross_t"].to_pylist() for run in (cambridge, *runs)]
    assert tonnes[0] == tonnes[1] == tonnes[2]
    few, many = (sum(run.zones["borderline"].to_pylist()) for run in runs)
    assert few == 0 < many


def test_importing_is_quick_and_brings_no_heavy_module() -> None:
    heavy = "[m for m in ('numpy', 'pyarrow', 'geopandas') if m in sys.modules]"
    code = f"import sys, time as t; a = t.thread_time(); import carbonzone; b = t.thread_time(); h = {heavy}; import geopandas; print(b - a, t.thread_time() - b, h)"
    ours, theirs, brought = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split(maxsplit=2)
    assert brought.strip() == "[]" and float(ours) < float(theirs) / 4


def test_the_environment_of_other_packages_does_not_reach_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PROJ_LIB", "PROJ_DATA", "GDAL_DATA"):
        monkeypatch.setenv(name, str(tmp_path))
    assert not cz.check(CAMBRIDGE).blocks
    assert os.environ["PROJ_DATA"] == str(tmp_path)


def test_without_the_command_the_kernels_work_and_runs_say_what_to_do(parcels: gpd.GeoDataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARBONZONE_COMMAND", "/no/such/program")
    with pytest.raises(cz.CarbonzoneError) as caught:
        cz.check(CAMBRIDGE)
    assert caught.value.findings[0].code == "no_command"
    assert len(cz.areas(parcels)) == 400
