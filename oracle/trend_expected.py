"""Expected values for carbonzone-zoning, from independent implementations.

    python3 -m venv VENV && VENV/bin/pip install -r oracle/requirements-trend.txt
    VENV/bin/python oracle/trend_expected.py crates/carbonzone-zoning/tests/expected/trend.json

Mann-Kendall, Hamed-Rao: pymannkendall. Theil-Sen, tau-b, Spearman, power fit: scipy. Natural breaks: jenkspy.
Moran, Gi*: esda. Respiration, windows, entropy weights, fit through the origin: numpy, written from the
formulas of docs/method.md.
"""

import json
import platform
import sys
import warnings
from importlib.metadata import version

import esda
import jenkspy
import libpysal
import numpy as np
import pymannkendall as mk
import scipy
from scipy import stats

SEED = 20241108


def metadata():
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "pymannkendall": version("pymannkendall"),
        "jenkspy": jenkspy.__version__,
        "libpysal": libpysal.__version__,
        "esda": esda.__version__,
        "seed": SEED,
        "script": "oracle/trend_expected.py",
    }


def trend_case(name, values):
    times = np.arange(2001, 2001 + len(values), dtype=float)
    x = np.array(values, dtype=float)
    test = mk.original_test(x)
    case = {
        "name": name,
        "values": [float(v) for v in x],
        "s": float(test.s),
        "variance": float(test.var_s),
        "z": float(test.z),
        "p": float(test.p),
        "slope": float(stats.theilslopes(x, times)[0]),
        "intercept": float(stats.theilslopes(x, times)[1]),
        "tau_b": float(stats.kendalltau(times, x, variant="b").statistic),
    }
    corrected = mk.hamed_rao_modification_test(x)
    case["hamed_rao"] = {"variance": float(corrected.var_s), "z": float(corrected.z), "p": float(corrected.p)}
    return case


def trend_cases(rng):
    cases = [trend_case("method_e4", [1, 1.3, 1.2, 1.6, 1.9, 2.4, 2.3, 2.8, 3.1, 3.0])]
    for n in (5, 8, 20, 40):
        cases.append(trend_case(f"noise_{n}", rng.normal(size=n)))
        cases.append(trend_case(f"rising_{n}", 0.3 * np.arange(n) + rng.normal(size=n)))
        cases.append(trend_case(f"ties_{n}", np.round(rng.normal(size=n) * 1.5)))
    walk = np.cumsum(rng.normal(size=30))
    cases.append(trend_case("random_walk_30", walk))
    ar = [0.0]
    for e in rng.normal(size=24):
        ar.append(0.8 * ar[-1] + e)
    cases.append(trend_case("autoregressive_25", ar))
    for n in (30, 60):
        cases.append(trend_case(f"wave_{n}", np.sin(np.arange(n) / 4) + 0.2 * rng.normal(size=n)))
        cases.append(trend_case(f"rising_wave_{n}", 0.1 * np.arange(n) + np.sin(np.arange(n) / 3)))
    cases.append(trend_case("falling_ties_12", [9, 9, 8, 8, 8, 7, 7, 5, 5, 5, 4, 4]))
    return cases


def spearman_cases(rng):
    out = []
    for n in (5, 30, 157):
        a = np.round(rng.normal(size=n), 1)
        b = np.round(a + rng.normal(size=n), 1)
        out.append({"a": a.tolist(), "b": b.tolist(), "rho": float(stats.spearmanr(a, b).statistic)})
    return out


def respiration_cases(rng):
    t0 = np.array([1, 4, 9, 16, 21, 26, 27, 26, 21, 16, 9, 3], dtype=float)
    r0 = np.array([10, 13, 25, 40, 60, 80, 150, 110, 70, 45, 25, 10], dtype=float)
    out = []
    for i in range(5):
        t = t0 if i == 0 else t0 + rng.normal(scale=3, size=12)
        r = r0 if i == 0 else np.maximum(0, r0 + rng.normal(scale=30, size=12))
        rh = np.sum(0.22 * (np.exp(0.0912 * t) + np.log(0.3145 * r + 1)) * 30 * 0.465)
        out.append({"temperature_c": t.tolist(), "precipitation_mm": r.tolist(), "rh_gc_m2": float(rh)})
    return out


def window_cases(rng):
    cases = [([1, 1.2, 1.1, 1.5, 1.8], [1, 1, 1.05, 1, 1.1])]
    for _ in range(8):
        cases.append((np.exp(rng.normal(size=5)), np.exp(rng.normal(scale=0.3, size=5))))
    out = []
    for e, a in cases:
        e, a = np.array(e, dtype=float), np.array(a, dtype=float)
        r = e / a
        level = e.sum() / (e.sum() + a.sum())
        trend = (1 + stats.kendalltau(np.arange(5), np.log(r), variant="b").statistic) / 2
        persistence = float(np.mean(r > 1.1))
        out.append({
            "emission_t": e.tolist(),
            "absorption_t": a.tolist(),
            "level": float(level),
            "trend": float(trend),
            "persistence": persistence,
            "ciri": float(0.5 * level + 0.25 * trend + 0.25 * persistence),
        })
    return out


def entropy_case(rng):
    x = rng.uniform(size=(12, 3))
    x = (x - x.min(axis=0)) / (x.max(axis=0) - x.min(axis=0))
    p = x / x.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        e = -np.nansum(np.where(p > 0, p * np.log(p), 0), axis=0) / np.log(len(x))
    return {"columns": x.T.tolist(), "weights": ((1 - e) / np.sum(1 - e)).tolist()}


def break_cases(rng):
    out = []
    for n, k in ((10, 3), (97, 5), (400, 5), (60, 7)):
        values = np.round(np.exp(rng.normal(scale=1.2, size=n)), 4)
        breaks = jenkspy.jenks_breaks(values.tolist(), n_classes=k)
        edges = np.array(breaks[1:])
        cls = np.searchsorted(edges, values, side="left")
        within = sum(((values[cls == j] - values[cls == j].mean()) ** 2).sum() for j in range(k))
        gvf = 1 - within / ((values - values.mean()) ** 2).sum()
        out.append({"classes": k, "values": values.tolist(), "uppers": edges.tolist(), "gvf": float(gvf)})
    return out


def spatial_cases(rng):
    out = []
    for side, queen in ((3, False), (6, False), (6, True)):
        w = libpysal.weights.lat2W(side, side, rook=not queen)
        n = side * side
        if side == 3:
            x = np.array([1, 2, 3, 2, 4, 6, 3, 6, 9], dtype=float)
        else:
            x = np.add.outer(np.arange(side), np.arange(side)).ravel() + rng.normal(size=n)
        pairs = sorted({(min(i, j), max(i, j)) for i in w.neighbors for j in w.neighbors[i]})
        case = {"n": n, "pairs": [list(map(int, p)) for p in pairs], "values": x.tolist()}
        for name, transform in (("binary", "B"), ("row_standardised", "R")):
            m = esda.Moran(x, w, transformation=transform, permutations=0)
            case[name] = {"i": float(m.I), "variance": float(m.VI_norm), "z": float(m.z_norm), "p": float(m.p_norm)}
        g = esda.G_Local(x, w, transform="B", star=True, permutations=0)
        case["gi_star"] = np.asarray(g.Zs, dtype=float).tolist()
        local = esda.Moran_Local(x, w, transformation="r", permutations=9, seed=1)
        # esda scales by n - 1; carbonzone by n (method F).
        case["local_moran_times_n_over_n_minus_1"] = (np.asarray(local.Is, dtype=float) * n / (n - 1)).tolist()
        out.append(case)
    return out


def light_case(rng):
    light = np.exp(rng.normal(loc=6, size=40))
    e = 120 * light**0.8 * np.exp(rng.normal(scale=0.3, size=40))
    k = float(np.linalg.lstsq(light[:, None], e, rcond=None)[0][0])
    power = stats.linregress(np.log(light), np.log(e))

    def quality(estimate):
        return {
            "r2": float(1 - ((e - estimate) ** 2).sum() / ((e - e.mean()) ** 2).sum()),
            "mape_pct": float(100 * np.mean(np.abs((e - estimate) / e))),
        }

    a, b = float(np.exp(power.intercept)), float(power.slope)
    return {
        "light": light.tolist(),
        "emission_t": e.tolist(),
        "proportional": {"factor": k, "exponent": 1.0, **quality(k * light)},
        "power": {"factor": a, "exponent": b, **quality(a * light**b)},
    }


def main(path):
    warnings.filterwarnings("ignore")
    rng = np.random.default_rng(SEED)
    expected = {
        "tools": metadata(),
        "trend": trend_cases(rng),
        "spearman": spearman_cases(rng),
        "respiration": respiration_cases(rng),
        "window": window_cases(rng),
        "entropy": entropy_case(rng),
        "breaks": break_cases(rng),
        "spatial": spatial_cases(rng),
        "light": light_case(rng),
    }
    with open(path, "w", encoding="utf-8") as f:
        sections = [f"{json.dumps(k)}: {json.dumps(v, allow_nan=False)}" for k, v in expected.items()]
        f.write("{\n" + ",\n".join(sections) + "\n}\n")


if __name__ == "__main__":
    main(sys.argv[1])
