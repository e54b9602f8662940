//! One A4 page per figure: title, map, legend, scale bar, north arrow, CRS, units, source, review number.

use super::graticule::{graticule, overview};
use super::layer::{OUTLINE_ID, ProjectLayer, tree_layer};
use super::symbol::{FACES, families, outline_renderer};
use super::xml::{El, el, exact};
use crate::figure::{footer_lines, scale_bar_km, text_width, wrap};
use crate::style::{Figure, MapStyle, Scale};
use crate::{Label, Lang, MapData, Rgb, words};
use carbonzone_types::packed::base64;

/// What a page needs to know.
pub(crate) struct Page<'a> {
    pub data: &'a MapData,
    pub figure: &'a Figure,
    /// Of the layout, in the layout manager.
    pub name: String,
    pub number: usize,
    pub lang: Lang,
    pub layers: &'a [ProjectLayer],
    pub shown: Vec<String>,
    pub frame: [f64; 4],
    /// Legend heading by layer id.
    pub styles: &'a [(String, Label)],
    /// Styles without names by layer id, for the small map of a chart page.
    pub plain: Vec<(String, El)>,
}

/// Size of the headings of the legend, points.
const HEADING: f64 = 8.5;
/// Size of its rows, points, and the smallest that is still read on paper.
const ROW: f64 = 7.5;
const SMALLEST_ROW: f64 = 5.5;
const MM_PER_POINT: f64 = 0.352_8;
const LEFT: f64 = 10.0;
const TOP: f64 = 26.0;
const COLUMN: f64 = 220.0;

/// Place and size of an item in millimetres.
#[derive(Clone, Copy)]
struct Place {
    x: f64,
    y: f64,
    w: f64,
    h: f64,
}

fn place(x: f64, y: f64, w: f64, h: f64) -> Place {
    Place { x, y, w, h }
}

impl Page<'_> {
    fn uuid(&self, n: usize) -> String {
        format!("{{00000000-0000-4000-8000-{:04}{n:08}}}", self.number)
    }

    fn shown_layers(&self) -> Vec<&ProjectLayer> {
        self.shown.iter().filter_map(|id| self.layers.iter().find(|l| l.listed.id == *id)).collect()
    }

    fn item(&self, kind: u32, n: usize, at: Place) -> El {
        el("LayoutItem")
            .a("type", kind)
            .a("uuid", self.uuid(n))
            .a("templateUuid", self.uuid(n))
            .a("id", "")
            .a("position", format!("{},{},mm", at.x, at.y))
            .a("positionOnPage", format!("{},{},mm", at.x, at.y))
            .a("size", format!("{},{},mm", at.w, at.h))
            .a("zValue", n)
            .all("visibility=1 opacity=1 referencePoint=0 blendMode=0 itemRotation=0 excludeFromExports=0")
            .all("positionLock=false groupUuid=")
    }
}

fn bare(item: El) -> El {
    item.a("background", "false").a("frame", "false").children(frame_colours())
}

fn frame_colours() -> Vec<El> {
    let colour = |name, v: u8| el(name).a("red", v).a("green", v).a("blue", v).a("alpha", 255);
    vec![colour("FrameColor", 0), colour("BackgroundColor", 255)]
}

/// Font of an item: `text-style` for new versions, `description` for 3.22.
fn font(tag: &'static str, size: f64, bold: bool, color: Rgb) -> Vec<El> {
    let weight = if bold { 75 } else { 50 };
    vec![
        el("text-style")
            .a("fontFamily", FACES[0])
            .a("fontSize", size)
            .a("fontSizeUnit", "Point")
            .a("fontWeight", weight)
            .a("textColor", format!("{},{},{},255", color.0, color.1, color.2))
            .a("textOpacity", 1)
            .child(families()),
        el(tag).a("description", format!("{},{size},-1,5,{weight},0,0,0,0,0", FACES[0])).a("style", ""),
    ]
}

const BLACK: Rgb = Rgb(0, 0, 0);
const GREY: Rgb = Rgb(0x55, 0x55, 0x55);
const ALERT: Rgb = Rgb(0xb2, 0x18, 0x2b);

/// How a text of the page looks.
#[derive(Clone, Copy)]
struct Look {
    size: f64,
    bold: bool,
    color: Rgb,
    centre: bool,
}

const NOTE: Look = Look { size: 7.0, bold: false, color: GREY, centre: false };

/// A text. Colours of labels are read from `FontColor` in 3.22.
fn label(page: &Page<'_>, n: usize, at: Place, text: &str, look: Look) -> El {
    let Look { size, bold, color, centre } = look;
    let font_colour =
        el("FontColor").a("red", color.0).a("green", color.1).a("blue", color.2).a("alpha", 255);
    bare(page.item(65641, n, at))
        .a("labelText", text)
        .a("halign", if centre { 4 } else { 1 })
        .a("valign", if centre { 128 } else { 32 })
        .all("htmlState=0 marginX=0 marginY=0")
        .child(font_colour)
        .children(font("LabelFont", size, bold, color))
}

/// Left edge of texts in the right column: the legend keeps 2 mm around its rows.
const COLUMN_TEXT: f64 = COLUMN + 2.0;

pub(crate) fn layout(page: &Page<'_>) -> El {
    let chart = page.figure.map().is_none();
    let map_at = if chart { place(COLUMN, TOP, 67.0, 67.0) } else { place(LEFT, TOP, 204.0, 160.0) };
    let mut items = vec![map(page, map_at, chart)];
    // The picture of a chart carries its own title.
    items.push(if chart { picture(page) } else { title(page) });
    let column_top = if chart { TOP + 70.0 } else { TOP };
    items.push(legend(page, column_top));
    if !chart {
        items.push(method(page, column_top));
        items.push(locator(page));
    }
    items.push(scale_bar(page, map_at));
    items.push(north(page));
    items.push(notes(page));
    // The picture of a chart carries its own stamp.
    if let Some(data_label) = page.data.manifest.data_label().filter(|_| !chart) {
        let text = words::data_label(data_label).lines(page.lang).join(
            "
",
        );
        let look = Look { size: 9.0, bold: true, color: ALERT, centre: false };
        items.push(label(page, 9, place(COLUMN_TEXT, 152.0, 65.0, 11.0), &text, look));
    }
    let white = || {
        super::symbol::fill(
            "",
            Rgb(255, 255, 255),
            crate::style::Hatch::None,
            super::symbol::Outline::Seamless,
        )
    };
    let sheet = page
        .item(65638, 0, place(0.0, 0.0, 297.0, 210.0))
        .all("background=true frame=false")
        .children(frame_colours())
        .child(white());
    el("Layout")
        .a("name", &page.name)
        .all("units=mm printResolution=300 worldFileMap=")
        .child(el("PageCollection").child(white()).child(sheet))
        .children(items)
        .child(for_programs(page.figure))
        .child(
            el("Atlas")
                .all("enabled=0 coverageLayer= hideCoverage=0 filterFeatures=0 sortFeatures=0")
                .all("filenamePattern= pageNameExpression="),
        )
}

/// Extent padded to the shape of the item, or QGIS would resize the item.
fn padded([x0, y0, x1, y1]: [f64; 4], at: Place) -> [f64; 4] {
    let scale = ((x1 - x0) / at.w).max((y1 - y0) / at.h) * 1.04;
    let (cx, cy) = (f64::midpoint(x0, x1), f64::midpoint(y0, y1));
    let (dx, dy) = (scale * at.w / 2.0, scale * at.h / 2.0);
    [cx - dx, cy - dy, cx + dx, cy + dy]
}

fn map(page: &Page<'_>, at: Place, chart: bool) -> El {
    let [_, y0, _, y1] = padded(page.frame, at);
    let numbers = || font("annotationFontProperties", 6.0, false, GREY);
    map_item(page, 1, at, &page.shown_layers())
        .a("keepLayerStyles", if page.plain.is_empty() { "false" } else { "true" })
        .children(own_styles(page))
        .children((!chart).then(|| graticule(page.uuid(11), y1 - y0, numbers(), page.lang)))
}

/// The whole place on a small map with the frame of the page's map, which moves when the page's map is moved.
fn locator(page: &Page<'_>) -> El {
    let outline: Vec<&ProjectLayer> = page.layers.iter().filter(|l| l.listed.id == OUTLINE_ID).collect();
    let style = el("qgis").a("version", "3.22.0").a("labelsEnabled", 0).child(outline_renderer(""));
    let styles = outline.iter().map(|l| layer_style(page, l, style.clone())).collect::<Vec<_>>();
    map_item(page, 10, place(COLUMN_TEXT, 113.0, 45.0, 36.0), &outline)
        .a("keepLayerStyles", "true")
        .child(el("LayerStyles").children(styles))
        .child(overview(page.uuid(12), page.uuid(1), page.lang))
}

fn map_item(page: &Page<'_>, n: usize, at: Place, layers: &[&ProjectLayer]) -> El {
    let [x0, y0, x1, y1] = padded(page.frame, at);
    let layers = layers.iter().map(|l| {
        let l = &l.listed;
        let item = el("Layer").a("name", l.name.text(page.lang)).a("source", l.source());
        item.a("provider", l.provider()).text(l.id.clone())
    });
    page.item(65639, n, at)
        .all("background=true frame=true outlineWidthM=0.3,mm followPreset=false followPresetName=")
        .all("keepLayerSet=true drawCanvasItems=true mapRotation=0")
        .children(frame_colours())
        .child(
            el("Extent").a("xmin", exact(x0)).a("ymin", exact(y0)).a("xmax", exact(x1)).a("ymax", exact(y1)),
        )
        .child(el("LayerSet").children(layers))
}

/// Styles that hold on this map only.
fn own_styles(page: &Page<'_>) -> Option<El> {
    let style = |l: &&ProjectLayer| {
        let (_, style) = page.plain.iter().find(|(id, _)| *id == l.listed.id)?;
        Some(layer_style(page, l, style.clone()))
    };
    let styles: Vec<El> = page.shown_layers().iter().filter_map(style).collect();
    (!styles.is_empty()).then(|| el("LayerStyles").children(styles))
}

fn layer_style(page: &Page<'_>, layer: &ProjectLayer, style: El) -> El {
    let l = &layer.listed;
    let item = el("LayerStyle").a("layerid", &l.id).a("name", l.name.text(page.lang));
    item.a("source", l.source()).a("provider", l.provider()).child(style)
}

/// Which figure a page shows.
fn for_programs(figure: &Figure) -> El {
    let key = el("Option").a("name", "carbonzone/figure").a("type", "QString").a("value", &figure.name);
    el("customproperties").child(el("Option").a("type", "Map").child(key))
}

fn title(page: &Page<'_>) -> El {
    let text = page.figure.title.lines(page.lang).join("\n");
    let size = if page.lang == Lang::Both { 13.0 } else { 16.0 };
    label(
        page,
        2,
        place(LEFT, 7.0, 277.0, 16.0),
        &text,
        Look { size, bold: true, color: BLACK, centre: true },
    )
}

fn picture(page: &Page<'_>) -> El {
    bare(page.item(65640, 7, place(LEFT, 10.0, 204.0, 176.0)))
        .a("file", format!("./figures/{}.png", page.figure.name))
        .all("mode=1 resizeMode=0 northMode=0 northOffset=0 mapUuid= pictureRotation=0")
        // At the top, in the middle.
        .a("anchorPoint", 1)
}

fn legend(page: &Page<'_>, top: f64) -> El {
    let style = |name: &str, top: f64, size: f64, bold: bool| {
        el("style")
            .a("name", name)
            .a("marginTop", top)
            .a("marginBottom", 1)
            .a("marginLeft", if name == "symbolLabel" { 2 } else { 0 })
            .a("alignment", 1)
            .children(font("styleFont", size, bold, BLACK))
    };
    let row = row_size(page);
    // The theme first, the boundary below it.
    let mut members = page.shown_layers();
    members.sort_by_key(|l| !page.styles.iter().any(|(id, _)| *id == l.listed.id));
    let members = members.into_iter().map(|l| tree_layer(l, true, page.lang).child(legend_heading(page, l)));
    bare(page.item(65642, 3, place(COLUMN, top, 70.0, 80.0)))
        .a("title", "")
        .a("map_uuid", page.uuid(1))
        .all("resizeToContents=1 symbolWidth=6 symbolHeight=3.5 columnCount=1 legendFilterByAtlas=0")
        .child(
            el("styles")
                .child(style("title", 0.0, 10.0, true))
                .child(style("group", 2.0, HEADING, true))
                .child(style("subgroup", 2.0, HEADING, true))
                .child(style("symbol", 1.2, row, false))
                .child(style("symbolLabel", 1.2, row, false)),
        )
        .child(el("layer-tree-group").children(members))
}

/// Size of the rows: smaller where the longest does not fit into the right column beside its symbol.
fn row_size(page: &Page<'_>) -> f64 {
    let room = (287.0 - COLUMN - 10.0) / MM_PER_POINT;
    let entries = page.figure.map().map(MapStyle::entries).unwrap_or_default();
    let plain = page
        .shown_layers()
        .into_iter()
        .map(|l| &l.listed)
        .filter(|l| page.styles.iter().all(|(id, _)| *id != l.id));
    let labels = entries.iter().map(|(label, _)| label).chain(plain.map(|l| &l.name));
    let widths = labels.map(|label| text_width(&label.text(page.lang), ROW));
    let widest = widths.fold(room, f64::max);
    (ROW * room / widest).max(SMALLEST_ROW)
}

/// Heading in lines that fit into the right column.
fn heading_lines(heading: &Label, lang: Lang) -> Vec<String> {
    // Bold letters are wider than those that `wrap` measures.
    let room = (287.0 - COLUMN) / MM_PER_POINT / 1.06;
    heading.lines(lang).iter().flat_map(|line| wrap(line, HEADING, room)).collect()
}

/// Heading of a layer in the legend: quantity and unit; the boundary's only row explains itself.
fn legend_heading(page: &Page<'_>, layer: &ProjectLayer) -> El {
    let option =
        |name: &str, value: &str| el("Option").a("name", name).a("type", "QString").a("value", value);
    let map = el("Option").a("type", "Map");
    let map = match page.styles.iter().find(|(id, _)| *id == layer.listed.id) {
        Some((_, heading)) => {
            map.child(option("legend/title-label", &heading_lines(heading, page.lang).join("\n")))
        }
        None => map.child(option("legend/title-style", "hidden")),
    };
    el("customproperties").child(map)
}

/// Classification under the legend, whose height follows from its rows (measured in QGIS 3.22).
fn method(page: &Page<'_>, top: f64) -> El {
    let mut lines = Vec::new();
    let (mut rows, mut head) = (0, 0);
    if let Some(style) = page.figure.map() {
        rows = style.entries().len() + usize::from(style.no_data() > 0);
        head = heading_lines(&style.heading_with_unit(), page.lang).len();
        if let Scale::Graduated { method, .. } = &style.scale {
            lines.extend(method.lines(page.lang));
        }
    }
    // Layers without a heading (the boundary) take one row.
    let plain = page.shown.len().saturating_sub(1);
    let height = 3.5 + 6.1 * plain as f64 + 4.6 * head as f64 + 4.75 * rows as f64 + 3.0;
    label(page, 8, place(COLUMN_TEXT, top + height, 65.0, 28.0), &lines.join("\n"), NOTE)
}

fn scale_bar(page: &Page<'_>, map: Place) -> El {
    let [x0, _, x1, _] = padded(page.frame, map);
    // The bar must fit into the column: at most 45 mm long.
    let widest_km = (x1 - x0) / 1000.0 * 45.0 / map.w;
    let longest = crate::number::nice_below(widest_km);
    // Beside a chart the map is small: its bar takes the room there is, or its numbers would meet.
    let km = if page.figure.map().is_none() { longest } else { scale_bar_km(x1 - x0).min(longest) };
    let colour = |name, v: u8| el(name).a("red", v).a("green", v).a("blue", v).a("alpha", 255);
    bare(page.item(65646, 4, place(COLUMN_TEXT - 1.0, 170.0, 55.0, 13.0)))
        .a("mapUuid", page.uuid(1))
        .a("style", "Single Box")
        .all("unitType=km unitLabel=km numMapUnitsPerScaleBarUnit=1 numSegments=2 numSegmentsLeft=0")
        .a("numUnitsPerSegment", km / 2.0)
        .all("segmentSizeMode=0 minBarWidth=30 maxBarWidth=50 segmentMillimeters=10 height=2.5")
        .all("labelBarSpace=1.5 boxContentSpace=1 alignment=0 labelVerticalPlacement=0")
        .all("labelHorizontalPlacement=0 outlineWidth=0.3 lineJoinStyle=miter lineCapStyle=square")
        .children(font("scaleBarFont", 8.0, false, BLACK))
        .child(colour("fillColor", 0))
        .child(colour("fillColor2", 255))
        .child(colour("strokeColor", 0))
}

fn north(page: &Page<'_>) -> El {
    const ARROW: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 40 60\" width=\"40\" height=\"60\">\
        <path d=\"M20 16 L32 58 L20 48 L8 58 Z\" fill=\"#222\"/>\
        <text x=\"20\" y=\"12\" font-size=\"14\" font-weight=\"bold\" text-anchor=\"middle\" font-family=\"sans-serif\">N</text></svg>";
    let file = format!("base64:{}", base64(ARROW.as_bytes()));
    bare(page.item(65640, 5, place(274.0, 165.0, 13.0, 18.0)))
        .a("file", file)
        .all("mode=0 resizeMode=0 northMode=0 northOffset=0")
        .a("mapUuid", page.uuid(1))
        .all("pictureRotation=0 svgFillColor=0,0,0,255 svgBorderColor=0,0,0,255 svgBorderWidth=0.2")
        .all("anchorPoint=4")
}

fn notes(page: &Page<'_>) -> El {
    let mut lines = footer_lines(page.data, page.lang, true);
    if page.figure.map().is_none() {
        // The picture of a chart carries its own source line.
        let own = footer_lines(page.data, page.lang, false);
        lines.retain(|line| !own.contains(line));
    }
    let text = lines.join("\n");
    label(page, 6, place(LEFT, 190.0, 277.0, 16.0), &text, NOTE)
}
