//! The sheets of the form and their columns, in both languages.

use super::words::Words;
use super::{ColumnDef, SheetDef};

/// A column that may be empty.
const fn column(
    key: &'static str,
    en: &'static str,
    zh: &'static str,
    help: [&'static str; 2],
    words: Words,
) -> ColumnDef {
    ColumnDef { key, en, zh, help, words, required: false }
}

/// A column that every row needs.
const fn needed(
    key: &'static str,
    en: &'static str,
    zh: &'static str,
    help: [&'static str; 2],
    words: Words,
) -> ColumnDef {
    ColumnDef { key, en, zh, help, words, required: true }
}

const MORE: ColumnDef = column(
    "more",
    "other settings",
    "其他设置",
    [
        "Other keys of the pipeline file, one per line: key = value.",
        "配置文件的其他键，每行一个：key = value。",
    ],
    Words::None,
);
const NOTE: ColumnDef =
    column("note", "note", "备注", ["For you; it is not read.", "供自己使用，程序不读。"], Words::None);

pub const CITY: SheetDef = SheetDef {
    en: "city",
    zh: "城市",
    help: [
        "The place, and how it is computed. An empty value is the default.",
        "城市与计算设置。值留空则用默认值。",
    ],
    columns: &[
        needed(
            "key",
            "setting",
            "设置",
            ["A setting, or a key of the pipeline file.", "设置名，或配置文件的键。"],
            Words::None,
        ),
        column("value", "value", "值", ["Its value.", "设置的值。"], Words::None),
        NOTE,
    ],
};

pub const LAYER_SHEET: SheetDef = SheetDef {
    en: "layers",
    zh: "图层",
    help: [
        "One row per layer, one per table of the zones. Paths are relative to this workbook.",
        "每个图层一行，每张分区统计表一行。路径相对于本工作簿。",
    ],
    columns: &[
        needed("layer", "layer", "图层", ["What it is.", "这是哪种图层。"], Words::Layers),
        column(
            "path",
            "file",
            "文件",
            ["File, relative to this workbook.", "文件路径，相对于本工作簿。"],
            Words::None,
        ),
        column(
            "sheet",
            "layer or sheet in it",
            "其中的图层或工作表",
            ["Only if the file has several.", "文件含多个时才填。"],
            Words::None,
        ),
        column(
            "id",
            "id column",
            "编号列",
            [
                "Column with the id; of a zone table the column that names the zone.",
                "编号所在的列；分区表为对应分区的列。",
            ],
            Words::None,
        ),
        column(
            "class",
            "class column",
            "类别列",
            [
                "Land-use code, type of POI, class of road; of plants the rule.",
                "用地代码、兴趣点类型、道路等级所在的列；点源为规则。",
            ],
            Words::None,
        ),
        column(
            "scheme",
            "code table",
            "编码表",
            ["A table that is shipped, or a CSV of your own.", "自带的编码表，或自己的 CSV 文件。"],
            Words::Schemes,
        ),
        column(
            "kind",
            "kind",
            "类型",
            [
                "Zones: townships or counties. People: points, polygons, raster. Roads: nearest, inside. Table: by id or name.",
                "分区：乡镇街道或区县。人口：点、面、栅格。道路：最近、以内。分区表：按编号或名称。",
            ],
            Words::Kinds,
        ),
        column("name", "name column", "名称列", ["Column with the name.", "名称所在的列。"], Words::None),
        column(
            "district",
            "district column",
            "区县列",
            ["Column with the district.", "所属区县所在的列。"],
            Words::None,
        ),
        column(
            "amount",
            "people or amount column",
            "人口或数量列",
            [
                "Column with people; of POI their weight, of plants tonnes.",
                "人口所在的列；兴趣点为权重，点源为吨数。",
            ],
            Words::None,
        ),
        column(
            "gdp",
            "GDP column",
            "GDP 列",
            ["Column with GDP in 1e4 CNY.", "GDP 所在的列（万元）。"],
            Words::None,
        ),
        column("x", "x or longitude column", "经度列", ["Of a table of points.", "点表才填。"], Words::None),
        column("y", "y or latitude column", "纬度列", ["Of a table of points.", "点表才填。"], Words::None),
        column(
            "crs",
            "coordinates",
            "坐标系",
            [
                "Only if the file does not say it. Amap: GCJ-02, Baidu: BD-09.",
                "文件没有说明时才填。高德：GCJ-02，百度：BD-09。",
            ],
            Words::Crs,
        ),
        column(
            "encoding",
            "encoding",
            "文字编码",
            ["Only if texts are garbled.", "文字乱码时才填。"],
            Words::Encodings,
        ),
        column(
            "where",
            "only where",
            "筛选条件",
            ["Only features for which this SQL holds.", "只取满足该 SQL 条件的要素。"],
            Words::None,
        ),
        column(
            "snap_m",
            "reach (m)",
            "吸附距离（米）",
            [
                "What lies beside its class goes to the nearest parcel within this distance.",
                "落在本类用地以外的，移到此距离内最近的地块。",
            ],
            Words::None,
        ),
        MORE,
        NOTE,
    ],
};

pub const TOTALS: SheetDef = SheetDef {
    en: "totals",
    zh: "总量",
    help: [
        "The totals of the city, one row each, all in one unit. Sinks are positive. Delete the row (and its rule) of what you do not have.",
        "全市各项总量，每项一行，单位相同。碳汇填正数。没有的项连同其规则一起删除。",
    ],
    columns: &[
        needed(
            "sector",
            "sector",
            "部门",
            ["Sector; sink for what is absorbed.", "部门；吸收填碳汇。"],
            Words::Sectors,
        ),
        needed(
            "land_group",
            "land group",
            "用地组",
            ["The rules name it with the sector.", "规则以部门和用地组引用它。"],
            Words::Groups,
        ),
        column(
            "amount",
            "amount",
            "数量",
            ["CO2 equivalents of one year.", "一年的二氧化碳当量。"],
            Words::None,
        ),
        column("unit", "unit", "单位", ["The same in all rows.", "各行相同。"], Words::Units),
        column("source", "source", "来源", ["Where the number comes from.", "数据出处。"], Words::None),
        MORE,
        NOTE,
    ],
};

pub const RULES: SheetDef = SheetDef {
    en: "rules",
    zh: "规则",
    help: [
        "Which total goes to which land, by what. Several words in a cell: separate them by ;",
        "哪项总量按什么分到哪些用地。一格多个词用 ; 隔开。",
    ],
    columns: &[
        needed("id", "rule", "规则", ["A name of your own, each once.", "自定名称，不可重复。"], Words::None),
        needed("sector", "sector", "部门", ["As in the totals.", "与总量表一致。"], Words::Sectors),
        needed("land_group", "land group", "用地组", ["As in the totals.", "与总量表一致。"], Words::Groups),
        needed(
            "land",
            "on this land",
            "分到的用地",
            ["One or several kinds of land.", "一种或多种用地。"],
            Words::Land,
        ),
        needed(
            "proxies",
            "in proportion to",
            "分配依据",
            ["In order; the first that is not zero everywhere is used.", "按顺序；取第一个不全为零的。"],
            Words::Proxies,
        ),
        column("activity", "activity", "活动", ["In words.", "文字说明。"], Words::None),
        column(
            "share",
            "share",
            "占比",
            ["Part of the total; empty is all of it.", "占总量的比例；空为全部。"],
            Words::None,
        ),
        column("source", "source", "来源", ["Where the rule comes from.", "规则出处。"], Words::None),
        MORE,
        NOTE,
    ],
};
