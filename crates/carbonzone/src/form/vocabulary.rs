//! The words of the form in both languages: sheets, columns, settings, and what a cell may hold.

use super::columns::{CITY, LAYER_SHEET, RULES, TOTALS};
use super::words::Words;
use super::{LayerDef, Setting, SettingKind, SheetDef};
use carbonzone_report::words;

const LAYERS: &[[&str; 3]] = &[
    ["parcels", "parcels", "地块"],
    ["poi", "POI", "兴趣点"],
    ["population", "population", "人口"],
    ["roads", "roads", "道路"],
    ["zones", "zones", "分区"],
    ["table", "zone table", "分区表"],
    ["point_sources", "plants", "点源"],
];
const KINDS: &[[&str; 3]] = &[
    ["townships", "townships", "乡镇街道"],
    ["counties", "counties", "区县"],
    ["districts", "districts", "市辖区"],
    ["municipalities", "municipalities", "市镇"],
    ["neighborhoods", "neighborhoods", "街区"],
    ["points", "points", "点"],
    ["polygons", "polygons", "面"],
    ["raster", "raster", "栅格"],
    ["zones", "by zone table", "按分区表"],
    ["nearest", "nearest", "最近地块"],
    ["inside", "inside", "地块以内"],
    ["both_sides", "both sides", "道路两侧"],
    ["id", "by id", "按编号"],
    ["name", "by name", "按名称"],
    ["county", "by county", "按区县"],
];
const SCHEMES: &[[&str; 3]] = &[
    ["gbt21010", "gbt21010", "gbt21010"],
    ["gbt21010_2007", "gbt21010_2007", "gbt21010_2007"],
    ["planning2023", "planning2023", "planning2023"],
    ["euluc", "euluc", "euluc"],
    ["osm", "osm", "osm"],
    ["corine", "corine", "corine"],
    ["worldcover", "worldcover", "worldcover"],
    ["clcd", "clcd", "clcd"],
    ["amap", "amap", "amap"],
];
const CRS: &[[&str; 3]] = &[
    ["EPSG:4326", "EPSG:4326", "EPSG:4326"],
    ["EPSG:4490", "EPSG:4490", "EPSG:4490"],
    ["GCJ-02", "GCJ-02", "GCJ-02"],
    ["BD-09", "BD-09", "BD-09"],
];
const ENCODINGS: &[[&str; 3]] =
    &[["UTF-8", "UTF-8", "UTF-8"], ["GBK", "GBK", "GBK"], ["Big5", "Big5", "Big5"]];
const UNITS: &[[&str; 3]] = &[["t", "t", "吨"], ["1e4 t", "1e4 t", "万吨"], ["Mt", "Mt", "百万吨"]];
const PROXIES: &[[&str; 3]] = &[
    ["poi:industry", "POI of industry", "工业兴趣点"],
    ["poi:commercial", "POI of commerce", "商业兴趣点"],
    ["poi:public", "POI of public services", "公共服务兴趣点"],
    ["population", "people", "居民人口"],
    ["road_corrected", "corrected road length", "修正道路长度"],
    ["road:road", "road length", "道路长度"],
    ["road:rail", "rail length", "铁路长度"],
    ["road:water", "waterway length", "航道长度"],
    ["road:air", "runway length", "跑道长度"],
    ["sink_area", "area by sink coefficient", "按碳汇系数的面积"],
    ["area", "area", "面积"],
];
const BOOLS: &[[&str; 3]] = &[["true", "yes", "是"], ["false", "no", "否"]];
const BORDERS: &[[&str; 3]] =
    &[["keep", "keep whole parcels", "保留整个地块"], ["clip", "clip at the border", "按边界裁剪"]];
const SINK_SETS: &[[&str; 3]] = &[
    ["lit_low", "lit_low", "lit_low"],
    ["lit_high", "lit_high", "lit_high"],
    ["guiyang", "guiyang", "guiyang"],
];
const ZONING: &[[&str; 3]] = &[
    ["suzhou_four_zones", "four zones (Suzhou)", "四类分区（苏州）"],
    ["guiyang_three_levels", "three levels (Guiyang)", "三级分区（贵阳）"],
];
const LANGUAGES: &[[&str; 3]] =
    &[["en", "English", "英文"], ["zh", "Chinese", "中文"], ["both", "both", "中英双语"]];
const SECTORS: &[&str] = &[
    "industry",
    "construction",
    "transport",
    "agriculture",
    "waste",
    "energy",
    "respiration",
    "land",
    "sink",
];
/// Kinds of land, those with buildings first.
const LAND: &[&str] = &[
    "urban_residential",
    "rural_homestead",
    "commercial",
    "industrial",
    "mining",
    "admin_public",
    "municipal_utilities",
    "transport_road",
    "transport_rail",
    "transport_water",
    "transport_air",
    "cultivated_garden",
    "facility_agri",
    "forest",
    "grassland",
    "park",
    "water",
    "wetland",
    "unused",
    "built_up",
];
/// Land with buildings.
pub const BUILT: &[&str] = LAND.split_at(8).0;
/// Groups that totals have beside the kinds of land.
const GROUPS: &[&str] = &["transport", "forest_grassland_water"];

/// Key, English and Chinese of every word of a list.
pub fn word_pairs(words: Words) -> Vec<[String; 3]> {
    let of = |list: &[[&str; 3]]| list.iter().map(|w| w.map(str::to_owned)).collect();
    let land = |keys: &mut dyn Iterator<Item = &&str>| {
        let one = |key: &&str| {
            let label = words::land_group(key);
            [(*key).to_owned(), label.en, label.zh]
        };
        keys.map(one).collect()
    };
    match words {
        Words::None => Vec::new(),
        Words::Layers => of(LAYERS),
        Words::Kinds => of(KINDS),
        Words::Schemes => of(SCHEMES),
        Words::Crs => of(CRS),
        Words::Encodings => of(ENCODINGS),
        Words::Units => of(UNITS),
        Words::Proxies => of(PROXIES),
        Words::Bools => of(BOOLS),
        Words::Borders => of(BORDERS),
        Words::SinkSets => of(SINK_SETS),
        Words::Zoning => of(ZONING),
        Words::Languages => of(LANGUAGES),
        Words::Sectors => {
            let one = |key: &&str| {
                let label = words::sector(key);
                [(*key).to_owned(), label.en, label.zh]
            };
            SECTORS.iter().map(one).collect()
        }
        Words::Land => land(&mut LAND.iter()),
        Words::Groups => {
            let mut out: Vec<[String; 3]> = land(&mut LAND.iter().chain(GROUPS));
            out.push(["land".to_owned(), "Land".to_owned(), "各类土地".to_owned()]);
            out.push(["county".to_owned(), "Whole counties".to_owned(), "全区县".to_owned()]);
            out
        }
    }
}

/// The sheets that are read.
pub const SHEETS: [&SheetDef; 4] = [&CITY, &LAYER_SHEET, &TOTALS, &RULES];
/// The sheet with the words, English and Chinese; it is not read.
pub const WORDS_SHEET: [&str; 2] = ["words", "词表"];

/// Columns of where a layer comes from, and their keys; a table of the zones has its own.
pub const SOURCE: &[(&str, &str)] = &[
    ("path", "source.path"),
    ("sheet", "source.layer"),
    ("x", "source.x"),
    ("y", "source.y"),
    ("crs", "source.crs"),
    ("encoding", "source.encoding"),
    ("where", "source.where"),
];

pub const LAYER_DEFS: &[LayerDef] = &[
    LayerDef {
        key: "parcels",
        section: "[layers.parcels]",
        source: SOURCE,
        keys: &[("id", "id"), ("class", "land_use"), ("scheme", "scheme"), ("name", "land_use_name")],
    },
    LayerDef {
        key: "poi",
        section: "[layers.poi]",
        source: SOURCE,
        keys: &[
            ("id", "id"),
            ("class", "type"),
            ("scheme", "groups"),
            ("name", "name"),
            ("amount", "weight"),
            ("snap_m", "snap_m"),
        ],
    },
    LayerDef {
        key: "population",
        section: "[layers.population]",
        source: SOURCE,
        keys: &[("kind", "kind"), ("amount", "weight"), ("snap_m", "snap_m")],
    },
    LayerDef {
        key: "roads",
        section: "[layers.roads]",
        source: SOURCE,
        keys: &[("class", "class"), ("scheme", "scheme"), ("kind", "assignment"), ("snap_m", "snap_m")],
    },
    LayerDef {
        key: "zones",
        section: "[layers.zones]",
        source: SOURCE,
        keys: &[
            ("id", "id"),
            ("kind", "kind"),
            ("name", "name"),
            ("district", "district"),
            ("amount", "population"),
            ("gdp", "gdp"),
        ],
    },
    LayerDef {
        key: "table",
        section: "[[layers.zones.tables]]",
        source: &[("path", "path"), ("sheet", "sheet"), ("encoding", "encoding"), ("where", "where")],
        keys: &[("id", "key"), ("kind", "on"), ("amount", "population"), ("gdp", "gdp")],
    },
    LayerDef {
        key: "point_sources",
        section: "[layers.point_sources]",
        source: SOURCE,
        keys: &[("id", "id"), ("class", "rule"), ("amount", "tonnes"), ("snap_m", "snap_m")],
    },
];

const fn setting(
    key: &'static str,
    en: &'static str,
    zh: &'static str,
    help: [&'static str; 2],
    kind: SettingKind,
) -> Setting {
    Setting { key, en, zh, help, kind }
}

pub const SETTINGS: &[Setting] = &[
    setting(
        "city.name",
        "name",
        "名称",
        ["Short, ASCII letters: folder and files are named after it.", "短的英文名：用作文件夹和文件名。"],
        SettingKind::Text,
    ),
    setting("city.title_en", "title in English", "英文标题", ["On maps.", "用于地图。"], SettingKind::Text),
    setting("city.title_zh", "title in Chinese", "中文标题", ["On maps.", "用于地图。"], SettingKind::Text),
    setting("city.year", "year", "年份", ["Year of the inventory.", "清单年份。"], SettingKind::Number),
    setting(
        "city.crs",
        "working coordinates",
        "工作坐标系",
        ["Projected, in metres, e.g. EPSG:4549.", "以米为单位的投影坐标系，如 EPSG:4549。"],
        SettingKind::Text,
    ),
    setting(
        "city.border",
        "parcels at the border",
        "跨界地块",
        ["Parcels that cross the outer border of the zones.", "跨越分区外边界的地块。"],
        SettingKind::Word(Words::Borders),
    ),
    setting(
        "city.source",
        "source of the data",
        "资料来源",
        ["Printed on every map.", "印在每张图上。"],
        SettingKind::Text,
    ),
    setting(
        "city.synthetic",
        "synthetic data",
        "合成数据",
        ["Yes if any input is not real: every output says so.", "有任何输入不真实则为是：所有成果都会注明。"],
        SettingKind::Bool,
    ),
    setting(
        "city.illustrative",
        "illustrative numbers",
        "示例数据",
        ["Yes if totals are only examples: every output says so.", "总量只是示例则为是：所有成果都会注明。"],
        SettingKind::Bool,
    ),
    setting(
        "aggregate.cell_m",
        "grid cell (m)",
        "网格边长（米）",
        ["Default 1000.", "默认 1000。"],
        SettingKind::Number,
    ),
    setting(
        "sinks.set",
        "sink coefficients",
        "碳汇系数",
        ["Only for rules by sink coefficient.", "按碳汇系数分配时才用。"],
        SettingKind::Word(Words::SinkSets),
    ),
    setting(
        "zoning.scheme",
        "zoning",
        "分区方案",
        ["How zones are classified.", "如何划分类型。"],
        SettingKind::Word(Words::Zoning),
    ),
    setting(
        "outputs.language",
        "language of the outputs",
        "成果语言",
        ["Of maps and report.", "地图和报告的语言。"],
        SettingKind::Word(Words::Languages),
    ),
];
