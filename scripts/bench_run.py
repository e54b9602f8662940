#!/usr/bin/env python3
"""One city, one or several builds of carbonzone, several numbers of threads: whole runs in turns, medians, and where the time goes.

    scripts/bench_run.py [--parcels 300000] [--threads 1,2] [--repeat 3] [--maps] [--city FOLDER] [--markdown FILE] [NAME=]BINARY ...

The city is the synthetic Suzhou with every layer as GeoPackage. The order of the builds changes from round to round, so that a machine
that gets slower does not count against one of them; each run is pinned to as many cores as it has threads. Stages come from run.json:
seconds, CPU seconds of all threads, and "alone": the seconds in which only one thread can have been busy, if otherwise all were:
(n x seconds - CPU seconds) / (n - 1) for n threads. Other work on the machine counts as alone: repeat it on an idle one.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from bench_peers import cpu_model, make_city, measured, pinned, pipeline_for


def run(binary, pipeline, out, threads, maps):
    """One run on so many cores; gives its numbers and stages."""
    command = [*pinned(threads), binary, "run", pipeline, "--out", out, "--overwrite", "--threads", threads, "--no-summary", "--quiet"]
    got = measured(command + ([] if maps else ["--no-maps"]))
    if "failed" in got:
        sys.exit(f"{binary}: {got['failed']}")
    got["stages"] = json.loads((out / "run.json").read_text())["stages"]
    return got


def median(values):
    ordered = sorted(values)
    return ordered[len(ordered) // 2]


def alone(seconds, cpu, threads):
    return max(0.0, (threads * seconds - cpu) / (threads - 1)) if threads > 1 else seconds


def stage_table(runs, threads):
    """Medians over the runs, stage by stage, in the order of the last one."""
    names = list(dict.fromkeys(s["stage"] for s in runs[-1]["stages"]))
    total = lambda r, name, key: sum(s.get(key, 0.0) for s in r["stages"] if s["stage"] == name)
    lines = ["| stage | wall s | CPU s | alone s |", "|---|---|---|---|"]
    sums = [0.0, 0.0, 0.0]
    for name in names:
        wall, cpu = (median([total(r, name, key) for r in runs]) for key in ("seconds", "cpu_seconds"))
        row = (wall, cpu, alone(wall, cpu, threads))
        sums = [a + b for a, b in zip(sums, row)]
        if wall >= 0.005:
            lines.append(f"| {name} | " + " | ".join(f"{v:.2f}" for v in row) + " |")
    return lines + ["| all stages | " + " | ".join(f"{v:.2f}" for v in sums) + " |"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("builds", nargs="+", help="[NAME=]BINARY")
    parser.add_argument("--parcels", type=int, default=300_000)
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--maps", action="store_true", help="with figures, project and report")
    parser.add_argument("--city", help="folder of a city made before with --all-gpkg")
    parser.add_argument("--markdown")
    args = parser.parse_args()
    builds = dict(b.split("=", 1) if "=" in b else (Path(b).name, b) for b in args.builds)
    counts = [int(n) for n in args.threads.split(",")]
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        folder = Path(folder)
        city = Path(args.city) if args.city else make_city(list(builds.values())[-1], args.parcels, folder)
        pipeline = pipeline_for(city, folder)
        runs = {(name, n): [] for name in builds for n in counts}
        for k in range(args.repeat):
            order = list(builds) if k % 2 == 0 else list(builds)[::-1]
            for n in counts:
                for name in order:
                    runs[name, n].append(run(builds[name], pipeline, folder / "out", n, args.maps))
    lines = [
        f"{city.name}, {'with' if args.maps else 'without'} maps, median of {args.repeat}. {time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores ({cpu_model()}), "
        f"{platform.system()} {platform.release()}, load average {os.getloadavg()[0]:.1f} when written.",
        "",
        "| build | threads | wall s | CPU s | peak MB |",
        "|---|---|---|---|---|",
    ]
    for (name, n), got in runs.items():
        lines.append(f"| {name} | {n} | " + " | ".join(f"{median([g[k] for g in got]):.2f}" for k in ("wall_s", "cpu_s", "peak_mb")) + " |")
    for (name, n), got in runs.items():
        lines += ["", f"{name}, {n} threads:", "", *stage_table(got, n)]
    text = "\n".join(lines) + "\n"
    print(text)
    if args.markdown:
        Path(args.markdown).write_text(text)


if __name__ == "__main__":
    main()
