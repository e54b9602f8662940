"""Compares expected values that were just made again with the committed ones.

    python oracle/same_numbers.py FILE.json ...

Numbers may differ by rounding of another machine (1e-12 relative, 1e-9 at values around 0 in a list of larger ones); anything else, a text or a
length, must be the same, but for the versions under `tools`. Files whose numbers agree are put back as committed. Exit 1 with the first differences of each file.
"""

import json
import subprocess
import sys

RELATIVE = 1e-12


def differences(old, new, path="", scale=0.0):
    """Paths at which two JSON values differ by more than rounding."""
    if isinstance(old, bool) or isinstance(new, bool) or type(old) is not type(new) and not {type(old), type(new)} <= {int, float}:
        return [] if old == new and type(old) is type(new) else [f"{path}: {old!r} became {new!r}"]
    if isinstance(old, dict):
        if old.keys() != new.keys():
            return [f"{path}: keys {sorted(old.keys() ^ new.keys())} differ"]
        return [d for k in old if k != "tools" for d in differences(old[k], new[k], f"{path}.{k}")]
    if isinstance(old, list):
        if len(old) != len(new):
            return [f"{path}: {len(old)} values became {len(new)}"]
        largest = max((abs(v) for v in old if isinstance(v, (int, float)) and not isinstance(v, bool)), default=0.0)
        return [d for k, (a, b) in enumerate(zip(old, new)) for d in differences(a, b, f"{path}[{k}]", largest)]
    if isinstance(old, (int, float)):
        same = old == new or abs(old - new) <= RELATIVE * max(abs(old), scale)
        return [] if same else [f"{path}: {old!r} became {new!r}"]
    return [] if old == new else [f"{path}: {old!r} became {new!r}"]


def main(files):
    wrong = 0
    for file in files:
        committed = subprocess.run(["git", "show", f"HEAD:{file}"], capture_output=True, text=True, check=True).stdout
        with open(file, encoding="utf-8") as f:
            made = f.read()
        found = differences(json.loads(committed), json.loads(made))
        print(f"{file}: {'the same numbers' if not found else f'{len(found)} values differ'}")
        for line in found[:5]:
            print("  " + line)
        wrong += bool(found)
        if not found and made != committed:
            with open(file, "w", encoding="utf-8") as f:
                f.write(committed)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
