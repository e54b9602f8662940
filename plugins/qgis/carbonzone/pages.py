"""Pages in plain HTML: fact sheet, findings, comparison. No QGIS in here."""

from html import escape

from .strings import in_language, said, tr

STYLE = (
    "<style>body{font-family:'Noto Sans CJK SC','Microsoft YaHei','PingFang SC',sans-serif;font-size:10pt}"
    "table{border-collapse:collapse;margin:6px 0}td,th{border:1px solid #bbb;padding:2px 6px;text-align:left}"
    "td.n{text-align:right}.error,.fatal{color:#b2182b}.warning{color:#a65e00}.info{color:#555}"
    ".stamp{color:#b2182b;font-weight:bold}</style>"
)
SECTORS = {
    "industry": "Industry",
    "construction": "Buildings",
    "transport": "Transport",
    "agriculture": "Agriculture",
    "waste": "Waste",
    "sink": "Carbon sink",
    "respiration": "Human respiration",
    "energy": "Energy use",
    "land": "Land use",
}
#: Proxies; those of a group of points or a mode of roads end with it.
PROXIES = {
    "population": "people",
    "road_corrected": "length of roads, corrected by points of interest",
    "sink_area": "area × coefficient",
    "area": "area",
    "poi:industry": "points of interest: industry",
    "poi:commercial": "points of interest: trade and services",
    "poi:public": "points of interest: public services",
    "road:road": "length of roads",
    "road:rail": "length of railways",
    "road:water": "length of waterways",
}
SAFETIES = {
    "safe": "sure",
    "likely": "likely",
    "toss_up": "toss-up",
    "other_likelier": "another class is likelier",
}
SEVERITIES = {"fatal": "Error", "error": "Error", "warning": "Warning", "info": "Note"}


def page(title, body):
    """A whole page."""
    head = '<meta charset="utf-8"><title>{0}</title>{1}'.format(escape(title), STYLE)
    return "<!DOCTYPE html><html><head>{0}</head><body><h2>{1}</h2>{2}</body></html>".format(head, escape(title), body)


def table(head, rows):
    """A table; numbers stand on the right."""
    cells = lambda row: "".join(cell(c) for c in row)  # noqa: E731
    top = "".join("<th>{0}</th>".format(escape(h)) for h in head)
    return "<table><tr>{0}</tr>{1}</table>".format(top, "".join("<tr>{0}</tr>".format(cells(r)) for r in rows))


def cell(value):
    """A cell; None is a dash."""
    if value is None:
        return "<td>–</td>"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return '<td class="n">{0}</td>'.format(tonnes(value))
    return "<td>{0}</td>".format(escape(str(value)))


def tonnes(value):
    """A number as it is read: thousands apart, three digits for small ones."""
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        return "{0:,.0f}".format(value)
    return "{0:.3g}".format(value)


def share(part, whole):
    """Percent of a whole."""
    return "{0:.2f} %".format(100.0 * part / whole) if whole else "–"


def fact_sheet(explanation):
    """What `carbonzone explain --format json` says of a unit."""
    year = " ({0})".format(explanation["year"]) if explanation["year"] else ""
    parts = []
    if explanation["synthetic"]:
        parts.append('<p class="stamp">{0}</p>'.format(escape(tr("SYNTHETIC DATA: not real"))))
    totals = [[tr("Gross"), explanation["gross_t"]], [tr("Sink"), explanation["sink_t"]], [tr("Net"), explanation["net_t"]]]
    parts.append(table([tr("Emission"), "t CO₂e"], totals))
    parts += [zone_of(judged, explanation.get("how_sure") or []) for judged in explanation.get("advice") or []]
    if explanation.get("measures"):
        parts.append("<h3>{0}</h3>".format(escape(tr("What its numbers call for"))))
        parts.append("<ul>{0}</ul>".format("".join(measure_of(m) for m in explanation["measures"])))
    if explanation["against_city"]:
        parts.append("<h3>{0}</h3>".format(escape(tr("Beside the city"))))
        rows = [[said(b, "label"), rate(b, "value"), rate(b, "city")] for b in explanation["against_city"]]
        parts.append(table([tr("Number"), tr("Here"), tr("City")], rows))
        parts += [beside(b) for b in explanation["against_city"]]
    parts.append("<h3>{0}</h3>".format(escape(tr("Where the tonnes come from"))))
    lines = sorted(explanation["lines"], key=lambda line: -abs(line["amount_t"]))
    rows = [line_of(line) for line in lines if line["amount_t"]]
    parts.append(table([tr("Sector"), "t CO₂e", tr("Share"), tr("Proxy: here of all")], rows))
    parts.append(left_open(explanation))
    if explanation["largest_parcels"]:
        parts.append("<h3>{0}</h3>".format(escape(tr("Parcels that weigh most"))))
        rows = [[p["id"], p["land_use"], p["gross_t"]] for p in explanation["largest_parcels"]]
        parts.append(table([tr("Parcel"), tr("Land use"), "t CO₂e"], rows))
    sources = sorted({line["budget_source"] for line in lines if line["budget_source"]})
    if sources:
        parts.append("<h3>{0}</h3><ul>{1}</ul>".format(
            escape(tr("Sources")), "".join("<li>{0}</li>".format(escape(s)) for s in sources)
        ))
    return page(explanation["unit"] + year, "".join(parts))


def zone_of(judged, how_sure):
    """The class of a township, and how sure it is."""
    text = in_language(judged["class"])
    sure = [s["class"]["probability"] for s in how_sure if s["basis"] == judged["basis"]]
    levels = [s["safety"] for s in how_sure if s["basis"] == judged["basis"]]
    if sure:
        text += " ({0:.0f} %, {1})".format(100.0 * sure[0], tr(SAFETIES.get(levels[0], levels[0])))
    basis = said(judged, "basis")
    basis = " ({0})".format(basis) if basis else ""
    return "<p>{0}{1}: <b>{2}</b></p>".format(escape(tr("Zone")), escape(basis), escape(text))


def measure_of(measure):
    """A measure, with the numbers that call for it."""
    because = in_language(measure["because"])
    return '<li>{0} <span class="info">{1}</span></li>'.format(escape(in_language(measure["text"])), escape(because))


def line_of(line):
    """A row of the parts of a unit."""
    name = tr(PROXIES[line["proxy"]]) if line["proxy"] in PROXIES else line["proxy"]
    proxy = "{0}: {1} / {2}".format(name, tonnes(line["weight"]), tonnes(line["weight_total"]))
    proxy += " ({0})".format(tr("fallback")) if line["fallback"] else ""
    sector = tr(SECTORS[line["sector"]]) if line["sector"] in SECTORS else line["sector"]
    what = sector if line["activity"] in ("", sector) else "{0}: {1}".format(sector, line["activity"])
    return [what, line["amount_t"], share(line["amount_t"], line["budget_t"]), proxy]


def rate(number, side):
    """A number of a township or of the city; the compensating rate is read in percent."""
    value = number[side]
    return "{0:.2f} %".format(100.0 * value) if number["key"] == "ccr" and value is not None else value


def beside(number):
    """What a number of the city is, and what it says."""
    text = "{0}: {1}".format(tr("City"), said(number, "city_is"))
    meaning = said(number, "meaning")
    text = "{0}; {1}".format(text, meaning) if meaning else text
    return '<p class="info"><b>{0}</b> {1}</p>'.format(escape(said(number, "label")), escape(text))


def left_open(explanation):
    """What the parts leave open of the written values."""
    gross, sink = explanation["unexplained_gross_t"], explanation["unexplained_sink_t"]
    if abs(gross) < 0.5 and abs(sink) < 0.5:
        return "<p>{0}</p>".format(escape(tr("The parts add up to the values of the layer.")))
    text = tr("Left open: {0} t of gross, {1} t of sinks.").format(tonnes(gross), tonnes(sink))
    return "<p>{0}</p>".format(escape(text))


def findings_page(findings, pipeline):
    """All findings, worst first within each layer."""
    order = {"fatal": 0, "error": 1, "warning": 2, "info": 3}
    parts = ["<p>{0}</p>".format(escape(pipeline))]
    if not findings:
        parts.append("<p>{0}</p>".format(escape(tr("Nothing to tell: the pipeline can be run."))))
    for layer in dict.fromkeys(f.get("layer", "") for f in findings):
        parts.append("<h3>{0}</h3>".format(escape(layer or tr("Pipeline file"))))
        mine = sorted((f for f in findings if f.get("layer", "") == layer), key=lambda f: order[f["severity"]])
        parts += [finding_html(f) for f in mine]
    return page(tr("Findings"), "".join(parts))


def finding_html(finding):
    """A finding as a paragraph."""
    severity = finding["severity"]
    places = [("file", "file"), ("feature", "feature"), ("field", "field"), ("value", "value")]
    place = ", ".join("{0} {1}".format(tr(word), finding[key]) for key, word in places if finding.get(key))
    out = '<p><b class="{0}">{1}</b> {2}'.format(severity, escape(tr(SEVERITIES[severity])), escape(said(finding, "message")))
    for word, text in [("where", place), ("expected", finding.get("expected")), ("hint", said(finding, "hint"))]:
        if text:
            out += "<br><i>{0}:</i> {1}".format(escape(tr(word)), escape(text))
    return out + ' <small class="info">[{0}]</small></p>'.format(escape(finding["code"]))


def text_page(title, text):
    """Text of the engine as it stands."""
    return page(title, "<pre>{0}</pre>".format(escape(text)))
