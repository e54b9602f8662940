//! Symbols, renderers and labels.

use super::xml::{El, el, exact};
use crate::palette::NO_DATA;
use crate::style::{ClassKind, Hatch, MapStyle, Scale, no_data_text};
use crate::{Lang, MapLayer, Rgb};

/// Faces for names, on any system; QGIS takes the first that is there.
pub(crate) const FACES: [&str; 6] =
    ["Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "SimHei"];

fn rgba(c: Rgb, alpha: u8) -> String {
    format!("{},{},{},{alpha}", c.0, c.1, c.2)
}

/// A layer of a symbol; its options as `color=0,0,0,255;style=solid`.
fn layer(class: &str, options: &str) -> El {
    let option = |(k, v): (&str, &str)| el("Option").a("name", k).a("type", "QString").a("value", v);
    let options = options.split(';').filter_map(|pair| pair.split_once('=')).map(option);
    el("layer")
        .a("class", class)
        .all("enabled=1 locked=0 pass=0")
        .child(el("Option").a("type", "Map").children(options))
}

/// Outline of polygons.
#[derive(Clone, Copy)]
pub(crate) enum Outline {
    /// Thin grey line.
    Thin,
    /// The fill's colour, so that neighbours show no seam.
    Seamless,
}

/// A fill symbol: colour, outline, and the second sign above it.
pub(crate) fn fill(name: &str, color: Rgb, hatch: Hatch, outline: Outline) -> El {
    let (line, width) = match outline {
        Outline::Thin => ("50,50,50,200".to_owned(), "0.15"),
        Outline::Seamless => (rgba(color, 255), "0.1"),
    };
    let color_text = rgba(color, 255);
    let base = format!(
        "color={color_text};style=solid;outline_color={line};outline_style=solid;outline_width={width};\
         outline_width_unit=MM;joinstyle=bevel"
    );
    let base = layer("SimpleFill", &base);
    symbol("fill", name).child(base).children(marks(name, color, hatch))
}

fn symbol(kind: &str, name: &str) -> El {
    el("symbol").a("type", kind).a("name", name).a("alpha", 1).a("clip_to_extent", 1).a("force_rhr", 0)
}

/// A line symbol: colour with opacity, width in millimetres.
pub(crate) fn plain_line(name: &str, color: &str, width: &str) -> El {
    let line =
        format!("line_color={color};line_style=solid;line_width={width};line_width_unit=MM;joinstyle=round");
    symbol("line", name).child(layer("SimpleLine", &line))
}

/// A fill symbol that is an outline only.
pub(crate) fn plain_outline(color: &str, width: &str) -> El {
    let outline = format!(
        "style=no;outline_color={color};outline_style=solid;outline_width={width};outline_width_unit=MM"
    );
    symbol("fill", "").child(layer("SimpleFill", &outline))
}

fn marks(name: &str, color: Rgb, hatch: Hatch) -> Vec<El> {
    let ink = color.darker(0.7);
    match hatch {
        Hatch::None => Vec::new(),
        Hatch::Rising => vec![lines(name, 1, ink, "45")],
        Hatch::Falling => vec![lines(name, 1, ink, "135")],
        Hatch::Horizontal => vec![lines(name, 1, ink, "0")],
        Hatch::Cross => vec![lines(name, 1, ink, "0"), lines(name, 2, ink, "90")],
        Hatch::Dots => vec![dots(name, ink)],
    }
}

fn lines(name: &str, index: usize, ink: Rgb, angle: &str) -> El {
    let color = rgba(ink, 255);
    let line = format!("line_color={color};line_width=0.18;line_width_unit=MM;line_style=solid");
    let line = layer("SimpleLine", &line);
    let pattern = format!(
        "angle={angle};distance=1.9;distance_unit=MM;line_width=0.18;line_width_unit=MM;color={color}"
    );
    layer("LinePatternFill", &pattern).child(symbol("line", &format!("@{name}@{index}")).child(line))
}

fn dots(name: &str, ink: Rgb) -> El {
    let mark = format!("name=circle;color={};outline_style=no;size=0.45;size_unit=MM", rgba(ink, 255));
    let mark = layer("SimpleMarker", &mark);
    let pattern = "distance_x=1.9;distance_y=1.9;distance_x_unit=MM;distance_y_unit=MM";
    layer("PointPatternFill", pattern).child(symbol("marker", &format!("@{name}@1")).child(mark))
}

/// Value that stands for NULL in the expression of a graduated renderer: below every class.
fn stand_in(lowest: f64) -> f64 {
    -10f64.powi((lowest.abs() + 1.0).log10().ceil() as i32 + 3)
}

/// The renderer of a vector layer.
///
/// A field with NULLs is read through `coalesce`, because QGIS draws nothing for NULL: they get a class of their own.
pub(crate) fn renderer(style: &MapStyle, lang: Lang, outline: Outline) -> El {
    match &style.scale {
        Scale::Graduated { .. } => graduated(style, lang, outline),
        Scale::Categorized { .. } => categorized(style, lang, outline),
    }
}

fn graduated(style: &MapStyle, lang: Lang, outline: Outline) -> El {
    let Scale::Graduated { classes, no_data, .. } = &style.scale else { return el("renderer-v2") };
    let lowest = classes.first().map_or(0.0, |c| c.lower);
    let stand_in = stand_in(lowest);
    let field = style.expression.clone().unwrap_or_else(|| format!("\"{}\"", style.field));
    let attribute = match (*no_data > 0, &style.expression) {
        (true, _) => format!("coalesce({field}, {stand_in})"),
        (false, Some(expression)) => expression.clone(),
        (false, None) => style.field.clone(),
    };
    let mut ranges = Vec::new();
    let mut symbols = Vec::new();
    for (i, class) in classes.iter().enumerate() {
        let name = i.to_string();
        ranges.push(range(class.lower, class.upper, &name, &class.label.text(lang)));
        symbols.push(fill(&name, class.color, class.hatch, outline));
    }
    if *no_data > 0 {
        let name = classes.len().to_string();
        ranges.push(range(stand_in, stand_in, &name, &no_data_text().text(lang)));
        symbols.push(fill(&name, NO_DATA, Hatch::Cross, outline));
    }
    debug_assert!(classes.iter().all(|c| c.kind == ClassKind::Exact || c.lower <= c.upper));
    el("renderer-v2")
        .a("type", "graduatedSymbol")
        .a("attr", attribute)
        .all("graduatedMethod=GraduatedColor symbollevels=0 forceraster=0 enableorderby=0")
        .child(el("ranges").children(ranges))
        .child(el("symbols").children(symbols))
        .child(
            el("classificationMethod")
                .a("id", "Jenks")
                .child(el("symmetricMode").a("enabled", 0).a("symmetrypoint", 0).a("astride", 0))
                .child(el("labelFormat").a("format", "%1 - %2").all("labelprecision=0 trimtrailingzeroes=1"))
                .child(el("extraInformation")),
        )
}

fn range(lower: f64, upper: f64, symbol: &str, label: &str) -> El {
    el("range")
        .a("lower", exact(lower))
        .a("upper", exact(upper))
        .a("symbol", symbol)
        .a("label", label)
        .a("render", "true")
}

fn categorized(style: &MapStyle, lang: Lang, outline: Outline) -> El {
    let Scale::Categorized { categories, no_data } = &style.scale else { return el("renderer-v2") };
    let mut items = Vec::new();
    let mut symbols = Vec::new();
    for (i, category) in categories.iter().enumerate() {
        let name = i.to_string();
        items.push(item(&category.value, &name, &category.label.text(lang)));
        symbols.push(fill(&name, category.color, category.hatch, outline));
    }
    if *no_data > 0 {
        // The empty value catches everything else, NULL included.
        let name = categories.len().to_string();
        items.push(item("", &name, &no_data_text().text(lang)));
        symbols.push(fill(&name, NO_DATA, Hatch::Cross, outline));
    }
    el("renderer-v2")
        .a("type", "categorizedSymbol")
        .a("attr", style.expression.as_ref().unwrap_or(&style.field))
        .all("symbollevels=0 forceraster=0 enableorderby=0")
        .child(el("categories").children(items))
        .child(el("symbols").children(symbols))
}

fn item(value: &str, symbol: &str, label: &str) -> El {
    el("category").a("value", value).a("symbol", symbol).a("label", label).all("render=true type=string")
}

/// Outline of the zones without a fill, drawn above parcels and cells.
pub(crate) fn outline_renderer(label: &str) -> El {
    outlined(label, "", "solid", "0.22")
}

/// A heavy dashed outline around the zones whose field `borderline` is true.
pub(crate) fn borderline_renderer(label: &str) -> El {
    outlined(label, "\"borderline\"", "dash", "0.6")
}

/// A thin outline around every feature.
pub(crate) fn outlines_renderer(label: &str) -> El {
    outlined(label, "", "solid", "0.4")
}

/// An outline without a fill around what a filter holds for; an empty filter holds for all.
fn outlined(label: &str, filter: &str, style: &str, width: &str) -> El {
    let line = format!(
        "color=255,255,255,0;style=no;outline_color=40,40,40,255;outline_style={style};outline_width={width};\
         outline_width_unit=MM;joinstyle=round"
    );
    one_rule(label, filter, symbol("fill", "0").child(layer("SimpleFill", &line)))
}

/// Borders of the districts, drawn by the first zone of each around all of its zones.
const DISTRICT_BORDER: &str = "CASE WHEN $id = minimum($id, group_by:=\"district\") \
    THEN boundary(buffer(collect($geometry, group_by:=\"district\"), 0)) END";

pub(crate) fn district_renderer(label: &str) -> El {
    let generator = format!("SymbolType=Line;geometryModifier={DISTRICT_BORDER};units=MapUnit");
    let generator = layer("GeometryGenerator", &generator);
    one_rule(
        label,
        "",
        symbol("fill", "0").child(generator.child(plain_line("@0@0", "20,20,20,255", "0.45"))),
    )
}

/// One symbol for every feature that a filter holds for, with a row of its own in the legend; an empty filter holds for all.
fn one_rule(label: &str, filter: &str, symbol: El) -> El {
    let rule = el("rule").a("key", "{00000000-0000-4000-8000-000000000002}").a("symbol", 0).a("label", label);
    let rule = if filter.is_empty() { rule } else { rule.a("filter", filter) };
    el("renderer-v2")
        .all("type=RuleRenderer symbollevels=0 forceraster=0 enableorderby=0")
        .child(el("rules").a("key", "{00000000-0000-4000-8000-000000000001}").child(rule))
        .child(el("symbols").child(symbol))
}

/// What the names on a map are read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    field: String,
    expression: bool,
    /// Size in tenths of a point.
    size: u32,
}

impl Names {
    /// The English name where the language is English and there is one, else the name.
    pub fn of(zones: &MapLayer, lang: Lang) -> Self {
        let mut years = zones.table.numbers("year").unwrap_or_default();
        years.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
        years.dedup();
        let units = zones.table.rows() / years.len().max(1);
        let size = (10.0 * 6.5 * crate::figure::enlargement(units)).round() as u32;
        let known = |field: &str| zones.table.texts(field).is_some_and(|v| v.iter().any(Option::is_some));
        if lang == Lang::En && known("name_en") {
            return Self { field: "coalesce(\"name_en\", \"name\")".to_owned(), expression: true, size };
        }
        let field = if zones.has("name") { "name" } else { "unit_id" };
        Self { field: field.to_owned(), expression: false, size }
    }
}

/// Names with a white halo.
pub(crate) fn labeling(names: &Names) -> El {
    let text = el("text-style")
        .a("fieldName", &names.field)
        .a("isExpression", u8::from(names.expression))
        .a("fontFamily", FACES[0])
        .a("fontSize", f64::from(names.size) / 10.0)
        .all("fontSizeUnit=Point fontWeight=50 textColor=40,40,40,255 textOpacity=1")
        .child(families())
        .child(
            el("text-buffer")
                .all("bufferDraw=1 bufferSize=0.6 bufferSizeUnits=MM bufferColor=255,255,255,255")
                .all("bufferOpacity=1"),
        );
    el("labeling").a("type", "simple").child(
        el("settings")
            .a("calloutType", "simple")
            .child(text)
            .child(el("text-format"))
            // Horizontal, inside the zone where there is room.
            .child(el("placement").a("placement", 4).a("priority", 5).a("polygonPlacementFlags", 2))
            .child(el("rendering").all("obstacle=1 scaleVisibility=0 fontLimitPixelSize=0 drawLabels=1")),
    )
}

pub(crate) fn families() -> El {
    el("families").children(FACES.iter().map(|f| el("family").a("name", *f)))
}

/// The drawing of one raster band in the style's classes.
pub(crate) fn raster_pipe(style: &MapStyle, band: u32, lang: Lang) -> El {
    let renderer = match &style.scale {
        Scale::Graduated { classes, .. } => {
            let low = classes.first().map_or(0.0, |c| c.lower);
            let high = classes.last().map_or(0.0, |c| c.upper);
            let last = classes.len().saturating_sub(1);
            let items = classes.iter().enumerate().map(|(i, class)| {
                // A raster class ends at its upper bound; the class of exact zeros ends at zero.
                let value = if i == last { "inf".to_owned() } else { exact(class.upper) };
                el("item")
                    .a("value", value)
                    .a("color", class.color.hex())
                    .a("alpha", 255)
                    .a("label", class.label.text(lang))
            });
            let shader = el("colorrampshader")
                .all("colorRampType=DISCRETE classificationMode=1 clip=0")
                .a("minimumValue", exact(low))
                .a("maximumValue", exact(high))
                .a("labelPrecision", 0)
                .children(items);
            el("rasterrenderer")
                .a("type", "singlebandpseudocolor")
                .a("band", band)
                .all("opacity=1 alphaBand=-1")
                .a("classificationMin", exact(low))
                .a("classificationMax", exact(high))
                .child(el("rasterTransparency"))
                .child(
                    el("minMaxOrigin")
                        .child(el("limits").text("None"))
                        .child(el("extent").text("WholeRaster"))
                        .child(el("statAccuracy").text("Estimated")),
                )
                .child(el("rastershader").child(shader))
        }
        Scale::Categorized { categories, .. } => {
            let entries = categories.iter().map(|c| {
                el("paletteEntry")
                    .a("value", c.code)
                    .a("color", c.color.hex())
                    .a("alpha", 255)
                    .a("label", c.label.text(lang))
            });
            el("rasterrenderer")
                .a("type", "paletted")
                .a("band", band)
                .all("opacity=1 alphaBand=-1")
                .child(el("rasterTransparency"))
                .child(el("colorPalette").children(entries))
        }
    };
    el("pipe").child(renderer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stand_in_of_null_lies_below_every_class() {
        for lowest in [-36.0, 0.0, -2.5e6, 0.09] {
            assert!(stand_in(lowest) < lowest - 100.0, "{lowest}");
        }
    }
}
