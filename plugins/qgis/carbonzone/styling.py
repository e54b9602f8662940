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
SCENARIO_CHANGES = [
    ("less", "#2166ac", "Less gross emission"),
    ("same", "#d9d9d9", "No change"),
    ("more", "#b2182b", "More gross emission"),
]


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
    style_change(layer, "net_t_diff", CHANGES, '[% "zone_a" %] → [% "zone_b" %]')


def style_scenario(layer):
    """Less, the same or more gross emission by the plan; the chance of another class in the tip."""
    chance = '[% "zone_base" %] → [% "zone" %]<br>{0}: [% round(100 * "p_changes") %] %'.format(tr("Chance of another class"))
    style_change(layer, "change_t", SCENARIO_CHANGES, chance)


def style_change(layer, field, changes, zones):
    """Colours by the sign of a field, tonnes and zones in the tip."""
    categories = [QgsRendererCategory(value, fill(color), tr(name)) for value, color, name in changes]
    expression = "CASE WHEN \"{0}\" < 0 THEN 'less' WHEN \"{0}\" > 0 THEN 'more' ELSE 'same' END".format(field)
    layer.setRenderer(QgsCategorizedSymbolRenderer(expression, categories))
    layer.setMapTipTemplate('<b>[% "name" %]</b><br>[% format_number("{0}", 0) %] t CO₂e<br>{1}'.format(field, zones))
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
