"""Where the layers of a pipeline file are, for showing the features that findings name."""

import json
import os
import re

try:
    import tomllib
except ImportError:  # Python before 3.11
    tomllib = None


def layers_of(path):
    """Role -> (path, layer name, id field, CRS) of the layers of a pipeline file, and the working CRS."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            text = file.read()
        tables = tomllib.loads(text) if tomllib else by_lines(text)
    except (OSError, ValueError):  # what is wrong with the file is a finding of the engine
        return {}, ""
    folder = os.path.dirname(os.path.abspath(path))
    found = {}
    layers = tables.get("layers")
    for role, table in (layers if isinstance(layers, dict) else {}).items():
        source = table.get("source") if isinstance(table, dict) else None
        if isinstance(source, dict) and isinstance(source.get("path"), str):
            place = os.path.join(folder, source["path"])
            found[role] = (place, source.get("layer"), table.get("id"), source.get("crs"))
    city = tables.get("city")
    return found, city.get("crs", "") if isinstance(city, dict) else ""


def by_lines(text):
    """What is needed of TOML where Python has no reader: tables, texts, and inline tables of texts, line by line."""
    tables = {}
    here = tables
    for line in text.splitlines():
        head = re.match(r"\s*\[([A-Za-z0-9_.]+)\]\s*(#.*)?$", line)
        pair = re.match(r"\s*([A-Za-z0-9_]+)\s*=\s*(.*)$", line)
        if head:
            here = tables
            for part in head.group(1).split("."):
                here = here.setdefault(part, {})
        elif re.match(r"\s*\[\[", line):
            here = {}
        elif pair and pair.group(2).startswith("{"):
            inside = re.findall(r'([A-Za-z0-9_]+)\s*=\s*("(?:[^"\\]|\\.)*")', pair.group(2))
            here[pair.group(1)] = {key: unquoted(value) for key, value in inside}
        elif pair and pair.group(2).startswith('"'):
            here[pair.group(1)] = unquoted(re.match(r'"(?:[^"\\]|\\.)*"', pair.group(2)).group(0))
    return tables


def unquoted(text):
    """A basic string of TOML."""
    return json.loads(text, strict=False)
