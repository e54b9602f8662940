"""Expected values for carbonzone-confidence, from scipy and SALib.

    scripts/venv build/venv-confidence oracle/requirements-confidence.txt
    build/venv-confidence/bin/python oracle/confidence_expected.py

Quantiles of the relative errors: scipy. Quantiles of one share of a Dirichlet distribution: its marginal is a beta
distribution (scipy). Grouped Sobol indices of the Ishigami function: SALib, analytic values beside.
"""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import scipy
from SALib.analyze import sobol as analyze
from SALib.sample import sobol as sample
from scipy import stats

TARGET = Path("crates/carbonzone-confidence/tests/expected/confidence.json")
PROBABILITIES = [0.001, 0.025, 0.05, 0.5, 0.95, 0.975, 0.999]


def normal(half_width_pct):
    sd = half_width_pct / 100 / stats.norm.ppf(0.975)
    return stats.truncnorm(-1 / sd, 1 / sd, loc=1, scale=sd)


def lognormal(half_width_pct):
    cv = half_width_pct / 100 / stats.norm.ppf(0.975)
    sigma = np.sqrt(np.log1p(cv**2))
    return stats.lognorm(sigma, scale=np.exp(-(sigma**2) / 2))


def relative(half_width_pct):
    made = normal if half_width_pct / 100 / stats.norm.ppf(0.975) <= 0.3 else lognormal
    return {
        "half_width_pct": half_width_pct,
        "probabilities": PROBABILITIES,
        "quantiles": made(half_width_pct).ppf(PROBABILITIES).tolist(),
    }


def share(n, s, cv):
    """One share s of n under the concentration that gives an average share this cv."""
    concentration = (n - 1) / cv**2 - 1
    marginal = stats.beta(concentration * s, concentration * (1 - s))
    return {
        "n": n,
        "share": s,
        "cv": cv,
        "mean": marginal.mean(),
        "sd": marginal.std(),
        "p05": marginal.ppf(0.05),
        "p50": marginal.ppf(0.5),
        "p95": marginal.ppf(0.95),
    }


def ishigami():
    problem = {"num_vars": 3, "names": ["x1", "x2", "x3"], "bounds": [[-np.pi, np.pi]] * 3}
    x = sample.sample(problem, 1 << 16, calc_second_order=False, seed=1)
    y = np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
    found = analyze.analyze(problem, y, calc_second_order=False, seed=1)
    variance = 7**2 / 8 + 0.1 * np.pi**4 / 5 + 0.1**2 * np.pi**8 / 18 + 0.5
    v1 = 0.5 * (1 + 0.1 * np.pi**4 / 5) ** 2
    v13 = 0.1**2 * np.pi**8 * (1 / 18 - 1 / 50)
    return {
        "salib": {"first": found["S1"].tolist(), "total": found["ST"].tolist()},
        "first": [v1 / variance, 7**2 / 8 / variance, 0.0],
        "total": [(v1 + v13) / variance, 7**2 / 8 / variance, v13 / variance],
    }


def main():
    out = {
        "tools": {name: version(name) for name in ["numpy", "scipy", "SALib"]},
        "script": "oracle/confidence_expected.py",
        "relative": [relative(p) for p in [5.0, 19.6, 40.0, 58.0, 60.0, 100.0, 200.0]],
        "shares": [share(97, 1 / 97, 0.2), share(97, 0.2, 0.2), share(97, 0.001, 0.5), share(10, 0.4, 1.0)],
        "ishigami": ishigami(),
    }
    TARGET.write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
