"""What the kernels do to the process: threads, signals, memory, import."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import geopandas as gpd
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


def interrupted(code: str) -> tuple[float, int, str]:
    """Seconds from Ctrl-C to the end, exit code, standard error."""
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    time.sleep(0.7)
    assert child.poll() is None, "it ended before it could be interrupted"
    began = time.monotonic()
    child.send_signal(signal.SIGINT)
    _, stderr = child.communicate(timeout=30)
    return time.monotonic() - began, child.returncode, stderr


def test_ctrl_c_stops_a_kernel_within_a_second() -> None:
    seconds, code, stderr = interrupted(LONG)
    assert "KeyboardInterrupt" in stderr and code != 0
    assert seconds < 1.0


def test_ctrl_c_stops_the_command_within_a_second(tmp_path: Path) -> None:
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
    seconds, exit_code, stderr = interrupted(code)
    assert "KeyboardInterrupt" in stderr and exit_code != 0 and seconds < 1.0


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


def test_memory_does_not_grow_over_a_thousand_calls(parcels: gpd.GeoDataFrame) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("reads memory as Linux shows it")

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

    arrow = pa.table(parcels.iloc[:40].to_arrow())
    for _ in range(200):
        cz.overlay(arrow, grid=(X0, Y0, 100, 20, 20))
    before = resident()
    for _ in range(1_000):
        cz.overlay(arrow, grid=(X0, Y0, 100, 20, 20))
    assert resident() - before < 8 << 20


def test_importing_is_quick_and_brings_no_heavy_module() -> None:
    code = "import sys, time; t = time.perf_counter(); import carbonzone; print(time.perf_counter() - t, 'pyarrow' in sys.modules, 'geopandas' in sys.modules)"
    best = min((subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout for _ in range(3)), key=lambda s: float(s.split()[0]))
    seconds, *heavy = best.split()
    assert float(seconds) < 0.3 and heavy == ["False", "False"]


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
