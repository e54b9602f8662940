"""Lines of crates/*/src/**/*.rs since commit 13ca5ed by the kind of commit that changed them (docs/adr/0023): python3 scripts/lines_by_change.py [--blame]

With --blame also: which kind of commit today's lines come from, as `git blame -w -M -C` has it (some minutes).
"""

import collections
import re
import subprocess
import sys

THEN = "13ca5ed"
WHAT = {
    "refactor": "no feature: refactorings",
    "build": "no feature: what is built, and how",
    "style": "no feature: form",
    "revert": "no feature: taken back",
    "feat": "features",
    "fix": "what was wrong, or read wrong in silence",
    "perf": "speed",
    "test": "tests in the files",
    "docs": "documentation",
}


def git(*words):
    return subprocess.run(["git", *words], capture_output=True, check=True).stdout.decode(errors="replace")


def kind(subject):
    first = re.match(r"[a-z]+", subject)
    return first.group(0) if first and first.group(0) in WHAT else "merged"


def sources(rev):
    return [f for f in git("ls-tree", "-r", "--name-only", rev, "crates").split("\n") if re.match(r"crates/[^/]+/src/.*\.rs$", f)]


def lines(rev):
    return sum(git("show", f"{rev}:{f}").count("\n") for f in sources(rev))


commits, added, removed = (collections.Counter() for _ in range(3))
for commit in git("log", "--no-merges", "--numstat", "-M", "-C", "--format=@%s", f"{THEN}..HEAD", "--", "crates/*/src/*.rs").split("\n@"):
    subject, *files = commit.lstrip("@").split("\n")
    commits[kind(subject)] += 1
    for plus, minus, _ in (f.split("\t") for f in files if f):
        added[kind(subject)] += int(plus)
        removed[kind(subject)] += int(minus)
then, now = lines(THEN), lines("HEAD")
print("| | commits | lines added | removed | net |\n|---|---:|---:|---:|---:|")
for k, what in WHAT.items():
    print(f"| {what} (`{k}`) | {commits[k]} | {added[k]:,} | {removed[k]:,} | {added[k] - removed[k]:+,} |")
rest = now - then - sum(added[k] - removed[k] for k in WHAT)
print(f"| where branches were merged | | | | {rest:+,} |")
print(f"| **all: {then:,} then, {now:,} now** | | | | **{now - then:+,}** |")

if "--blame" in sys.argv:
    old = set(git("rev-list", THEN).split())
    came, subjects = collections.Counter(), {}
    for file in sources("HEAD"):
        for commit in re.findall(r"^([0-9a-f]{40}) \d+ \d+", git("blame", "-w", "-M", "-C", "--line-porcelain", "HEAD", "--", file), re.M):
            if commit not in subjects:
                subjects[commit] = "then" if commit in old else kind(git("log", "-1", "--format=%s", commit))
            came[subjects[commit]] += 1
    print("\n| today's lines | |\n|---|---:|")
    for k, n in came.most_common():
        print(f"| {k} | {n:,} |")
