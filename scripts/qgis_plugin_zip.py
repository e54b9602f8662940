#!/usr/bin/env python3
"""Checks a QGIS plugin by the rules of the plugin repository and packs it: qgis_plugin_zip.py FOLDER ZIP."""
import ast, configparser, os, re, sys, zipfile

LARGEST = 2 * 1024 * 1024
#: What stands in the zip: sources, texts, drawings. Anything else is refused, binaries above all.
ENDS = {".py", ".txt", ".svg", ".ts", ".html", ".css", ""}
NEEDED = ["name", "qgisMinimumVersion", "description", "version", "author", "email", "about", "tracker", "repository"]
WANTED = {"qgisMinimumVersion": "3.22", "qgisMaximumVersion": "4.99", "hasProcessingProvider": "yes"}
#: A fixed time: the same files give the same zip.
TIME = (2000, 1, 1, 0, 0, 0)


def faults(folder, files):
    """What the repository would refuse."""
    out = []
    metadata = configparser.ConfigParser(interpolation=None)
    metadata.optionxform = str
    metadata.read(os.path.join(folder, "metadata.txt"), encoding="utf-8")
    general = metadata["general"]
    out += ["metadata.txt: %s is missing" % k for k in NEEDED if not general.get(k, "").strip()]
    out += ["metadata.txt: %s is not %s" % (k, v) for k, v in WANTED.items() if general.get(k) != v]
    out += ["metadata.txt: version %s" % general["version"] for _ in [0] if not re.fullmatch(r"\d+\.\d+\.\d+", general["version"])]
    out += ["metadata.txt: %s is no address" % k for k in ("tracker", "repository", "homepage") if not general.get(k, "").startswith("https://")]
    icon = general.get("icon", "")
    out += ["%s is missing" % f for f in ("__init__.py", "LICENSE", icon) if f not in files]
    for name in files:
        end = os.path.splitext(name)[1]
        with open(os.path.join(folder, name), "rb") as file:
            data = file.read()
        if end not in ENDS or b"\0" in data:
            out.append("%s: no file of a plugin in pure Python" % name)
        if end == ".py":
            out += ["%s: %s" % (name, fault) for fault in python_faults(data)]
    with open(os.path.join(folder, "__init__.py"), encoding="utf-8") as file:
        out += ["__init__.py: no classFactory" for _ in [0] if "def classFactory" not in file.read()]
    return out


def python_faults(data):
    """Imports that tie the plugin to one Qt, calls that the repository warns of, and syntax of QGIS 3.22's Python."""
    tree = ast.parse(data, feature_version=(3, 7))
    for node in ast.walk(tree):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        yield from ("imports %s: take qgis.PyQt" % n for n in names if n.split(".")[0] in ("PyQt5", "PyQt6", "PySide2", "PySide6"))
        if isinstance(node, ast.Call):
            called = getattr(node.func, "id", "")
            if called in ("eval", "exec") or any(k.arg == "shell" and getattr(k.value, "value", False) for k in node.keywords):
                yield "line %d: runs text as a program" % node.lineno


def main():
    folder, target = sys.argv[1:]
    files = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if f != "__pycache__")
        files += [os.path.relpath(os.path.join(place, n), folder).replace(os.sep, "/") for n in names]
    files.sort()
    found = faults(folder, files)
    root = os.path.basename(os.path.normpath(folder))
    os.makedirs(os.path.dirname(target) or ".", exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in files:
            with open(os.path.join(folder, name), "rb") as file:
                entry = zipfile.ZipInfo("%s/%s" % (root, name), TIME)
                entry.external_attr = 0o644 << 16
                packed.writestr(entry, file.read(), zipfile.ZIP_DEFLATED)
    size = os.path.getsize(target)
    if size > LARGEST:
        found.append("%d bytes, more than %d" % (size, LARGEST))
    for fault in found:
        print("FAIL: " + fault)
    if found:
        os.remove(target)
        sys.exit(1)
    print("%s: %d files, %.0f kB" % (target, len(files), size / 1000))


if __name__ == "__main__":
    main()
