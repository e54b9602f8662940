"""Styles that the plugin gives to layers of its own."""

from collections import namedtuple

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsFillSymbol,
    QgsGraduatedSymbolRenderer,
    QgsPalLayerSettings,
    QgsRendererCategory,
    QgsRendererRange,
    QgsVectorLayerSimpleLabeling,
)

from .strings import tr

Level = namedtuple("Level", "least most color name")
#: Probability of the class printed, as the engine judges it: at least 95 %, at least 75 %, less.
LEVELS = [
    Level(0.95, 1.0, "#2166ac", "Sure (95 % or more)"),
    Level(0.75, 0.95, "#92c5de", "Likely (75 to 95 %)"),
    Level(0.0, 0.75, "#f4a582", "Unsure (less than 75 %)"),
]
#: Change of net emission: less, the same, more.
CHANGES = [("less", "#2166ac", "Less net emission"), ("same", "#d9d9d9", "No change"), ("more", "#b2182b", "More net emission")]


def fill(color):
    """A plain fill with a thin outline."""
    return QgsFillSymbol.createSimple({"color": color, "outline_color": "35,35,35,120", "outline_width": "0.1"})


def style_confidence(layer):
    """Classes of zone_confidence, names on the map, chances and driver in the tip."""
    # Below 0.95 and below 0.75: ranges are closed on both ends, the first that fits holds.
    ranges = [QgsRendererRange(v.least, v.most, fill(v.color), tr(v.name)) for v in LEVELS]
    layer.setRenderer(QgsGraduatedSymbolRenderer("zone_confidence", ranges))
    chances = [f.name() for f in layer.fields() if f.name().startswith("p_")]
    rows = "".join("<tr><td>{0}</td><td>[% round(100 * \"{0}\", 1) %] %</td></tr>".format(c) for c in chances)
    driver = '<br>{0}: [% coalesce("confidence_driver", \'–\') %]'.format(tr("Decided by"))
    layer.setMapTipTemplate('<b>[% "name" %]</b><table>{0}</table>{1}'.format(rows, driver))
    label(layer)


def style_difference(layer):
    """Less, the same or more net emission."""
    categories = [QgsRendererCategory(value, fill(color), tr(name)) for value, color, name in CHANGES]
    expression = "CASE WHEN \"net_t_diff\" < 0 THEN 'less' WHEN \"net_t_diff\" > 0 THEN 'more' ELSE 'same' END"
    layer.setRenderer(QgsCategorizedSymbolRenderer(expression, categories))
    tip = '<b>[% "name" %]</b><br>[% format_number("net_t_diff", 0) %] t CO₂e<br>[% "zone_a" %] → [% "zone_b" %]'
    layer.setMapTipTemplate(tip)
    label(layer)


def label(layer):
    """Names of the townships; the display field."""
    if layer.fields().lookupField("name") < 0:
        return
    settings = QgsPalLayerSettings()
    settings.fieldName = "name"
    layer.setLabeling(QgsVectorLayerSimpleLabeling(settings))
    layer.setLabelsEnabled(True)
    layer.setDisplayExpression('"name"')
