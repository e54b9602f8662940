//! Words in headers and values, Chinese and English, and what they stand for.

use carbonzone_sheet::label_key;

/// Headers of people.
pub const PEOPLE: &[&str] = &[
    "people",
    "population",
    "pop",
    "popu",
    "residents",
    "inhabitants",
    "persons",
    "常住人口",
    "户籍人口",
    "总人口",
    "年末人口",
    "人口",
    "人数",
];
/// Headers of economic output.
pub const GDP: &[&str] = &["gdp", "grp", "gva", "地区生产总值", "国内生产总值", "生产总值"];
/// Headers of ids.
pub const ID: &[&str] = &[
    "unit_id",
    "gid",
    "parcel_id",
    "zone_id",
    "id",
    "adcode",
    "code",
    "geocode",
    "bsm",
    "行政区划代码",
    "行政代码",
    "区划代码",
    "代码",
    "编码",
    "编号",
    "标识码",
    "xzqdm",
    "zldwdm",
];
/// Headers of names.
pub const NAME: &[&str] = &[
    "name",
    "name_zh",
    "mc",
    "xzqmc",
    "township",
    "municipality",
    "neighborhood",
    "county",
    "district",
    "ward",
    "乡镇街道",
    "乡镇名称",
    "街道名称",
    "行政区名称",
    "名称",
    "乡镇",
    "街道",
    "区县",
    "县区",
];
/// Headers of the name in English.
pub const NAME_EN: &[&str] = &["name_en", "english", "ename", "英文名"];
/// Headers of the unit above.
pub const DISTRICT: &[&str] = &["district", "county", "区县", "县区", "所属区县", "所属区"];
/// Headers of land-use codes.
pub const LAND_USE: &[&str] = &[
    "dlbm",
    "land_use",
    "landuse",
    "lu_class",
    "lucode",
    "lu_code",
    "usecode",
    "class",
    "code_18",
    "level2",
    "地类编码",
    "用地代码",
    "用地性质",
    "地类",
    "用途",
];
/// Headers of types of POI.
pub const POI_TYPE: &[&str] = &[
    "typecode",
    "category",
    "type",
    "fclass",
    "class",
    "kind",
    "amenity",
    "类型编码",
    "类别",
    "类型",
    "分类",
    "大类",
];
/// Headers of classes of roads.
pub const ROAD_CLASS: &[&str] = &[
    "highway",
    "fclass",
    "railway",
    "roadclass",
    "road_class",
    "class",
    "type",
    "道路等级",
    "道路类型",
    "等级",
];
/// Headers of longitudes and eastings, latitudes and northings.
pub const X: &[&str] =
    &["lon", "lng", "longitude", "long", "x", "经度", "gcj_lng", "wgs_lng", "lon_gcj02", "lng_wgs84"];
/// Their partners.
pub const Y: &[&str] = &["lat", "latitude", "y", "纬度", "gcj_lat", "wgs_lat", "lat_gcj02", "lat_wgs84"];
/// Headers of amounts of emissions.
pub const AMOUNT: &[&str] =
    &["co2e", "co2", "t_co2e", "emission", "emissions", "amount", "排放量", "碳排放", "碳排放量", "总量"];

/// How well a header fits one of the words: 1 as a whole, less as one of its words or its beginning; 0 not at all.
pub fn fits(header: &str, words: &[&str]) -> f64 {
    let key = label_key(header);
    let words_of = header.split(|c: char| !c.is_alphanumeric()).filter(|p| !p.is_empty());
    // `pop2019` is `pop`, and `co2` is `co2`.
    let both = words_of.flat_map(|p| [p, p.trim_end_matches(|c: char| c.is_ascii_digit())]);
    let parts: Vec<String> = both.map(label_key).filter(|p| !p.is_empty()).collect();
    let of = |(place, word): (usize, &&str)| {
        let order = 0.2 * place as f64 / words.len() as f64;
        let word = label_key(word);
        let wide = !word.is_ascii();
        if key == word {
            1.0 - 0.1 * order
        } else if parts.contains(&word) {
            0.8 - order
        } else if (wide && key.contains(&word)) || (word.len() > 3 && key.starts_with(&word)) {
            0.7 - order
        } else {
            0.0
        }
    };
    words.iter().enumerate().map(of).fold(0.0, f64::max)
}

/// The best of these headers, if one fits.
pub fn best<'a>(headers: impl IntoIterator<Item = &'a str>, words: &[&str]) -> Option<(&'a str, f64)> {
    let scored = headers.into_iter().map(|h| (h, fits(h, words))).filter(|(_, score)| *score > 0.0);
    scored.fold(
        None,
        |best: Option<(&str, f64)>, one| if best.is_none_or(|b| one.1 > b.1) { Some(one) } else { best },
    )
}

/// Words of land use with their space type and sink type; the first that a value contains counts.
const LAND: &[(&[&str], &str, &str)] = &[
    (&["rural", "homestead", "village", "宅基地", "农村", "村庄"], "rural_homestead", "none"),
    (&["wetland", "marsh", "swamp", "湿地", "沼泽"], "water", "wetland"),
    (
        &[
            "waterworks",
            "utility",
            "utilities",
            "waste",
            "landfill",
            "sewage",
            "power",
            "公用",
            "市政",
            "环卫",
        ],
        "municipal_utilities",
        "none",
    ),
    (&["airport", "aerodrome", "机场"], "transport_air", "none"),
    (&["railway", "rail", "train", "铁路", "轨道"], "transport_rail", "none"),
    (&["harbour", "harbor", "port", "港口", "码头"], "transport_water", "none"),
    (
        &[
            "transport",
            "road",
            "street",
            "highway",
            "parking",
            "traffic",
            "right_of_way",
            "交通",
            "道路",
            "公路",
            "停车",
        ],
        "transport_road",
        "none",
    ),
    (&["mining", "mine", "quarry", "采矿", "矿"], "mining", "none"),
    (
        &[
            "industrial",
            "industry",
            "factory",
            "warehouse",
            "manufacturing",
            "logistics",
            "工业",
            "仓储",
            "物流",
        ],
        "industrial",
        "none",
    ),
    (
        &[
            "residential",
            "residence",
            "housing",
            "dwelling",
            "apartment",
            "single_family",
            "multi_family",
            "住宅",
            "居住",
        ],
        "urban_residential",
        "none",
    ),
    (
        &[
            "commercial",
            "commerce",
            "retail",
            "business",
            "office",
            "hotel",
            "shop",
            "商业",
            "商服",
            "办公",
            "商务",
        ],
        "commercial",
        "none",
    ),
    (
        &[
            "public",
            "institutional",
            "institution",
            "education",
            "school",
            "university",
            "hospital",
            "health",
            "government",
            "civic",
            "religious",
            "公共",
            "学校",
            "教育",
            "医疗",
            "机关",
            "科研",
            "文化",
            "体育",
        ],
        "admin_public",
        "none",
    ),
    (&["park", "urban_green", "公园", "绿地", "广场"], "park", "urban_green"),
    (&["forest", "wood", "woodland", "shrub", "tree", "scrub", "林地", "林", "灌木"], "forest", "forest"),
    (
        &[
            "orchard",
            "vineyard",
            "agriculture",
            "agricultural",
            "farm",
            "farmland",
            "cropland",
            "crop",
            "arable",
            "cultivated",
            "耕地",
            "园地",
            "农田",
            "水田",
            "旱地",
        ],
        "cultivated_garden",
        "crops",
    ),
    (
        &[
            "grass",
            "grassland",
            "green",
            "meadow",
            "pasture",
            "open",
            "open_space",
            "recreation",
            "草地",
            "草",
        ],
        "grassland",
        "grassland",
    ),
    (
        &["water", "river", "lake", "pond", "reservoir", "canal", "水域", "河流", "湖泊", "坑塘", "水"],
        "water",
        "water",
    ),
    (
        &[
            "bare",
            "vacant",
            "unused",
            "barren",
            "desert",
            "construction",
            "idle",
            "裸地",
            "空闲",
            "未利用",
            "荒",
        ],
        "unused",
        "unused",
    ),
    (
        &["special", "military", "cemetery", "unassessed", "other", "unknown", "特殊", "其他"],
        "special",
        "none",
    ),
];

/// Words of POI with their group and, for traffic, the mode.
const POI: &[(&[&str], &str, &str)] = &[
    (
        &[
            "transport",
            "traffic",
            "transit",
            "bus_stop",
            "station",
            "parking",
            "fuel",
            "stop",
            "交通",
            "停车",
            "加油",
            "车站",
            "公交",
        ],
        "traffic",
        "road",
    ),
    (
        &[
            "industry",
            "industrial",
            "factory",
            "manufacturing",
            "plant",
            "company",
            "enterprise",
            "公司",
            "企业",
            "工厂",
        ],
        "industry",
        "",
    ),
    (
        &[
            "commerce",
            "commercial",
            "retail",
            "shop",
            "shopping",
            "restaurant",
            "food",
            "catering",
            "hotel",
            "bank",
            "finance",
            "office",
            "business",
            "购物",
            "餐饮",
            "住宿",
            "酒店",
            "金融",
            "生活服务",
            "商务",
            "休闲",
        ],
        "commercial",
        "",
    ),
    (
        &[
            "public",
            "education",
            "school",
            "university",
            "hospital",
            "health",
            "medical",
            "government",
            "culture",
            "library",
            "museum",
            "教育",
            "科教",
            "医疗",
            "政府",
            "公共",
            "文化",
        ],
        "public",
        "",
    ),
];

/// Space and sink type of a class in words.
pub fn land(value: &str) -> Option<(&'static str, &'static str)> {
    found(value, LAND)
}

/// Group and mode of a type of POI in words.
pub fn poi(value: &str) -> Option<(&'static str, &'static str)> {
    found(value, POI)
}

type Rows = &'static [(&'static [&'static str], &'static str, &'static str)];

fn found(value: &str, rows: Rows) -> Option<(&'static str, &'static str)> {
    let lower = value.to_lowercase();
    let parts: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|p| !p.is_empty()).collect();
    let joined = parts.join("_");
    let holds = |word: &&str| {
        if word.is_ascii() {
            parts.contains(word) || (word.contains('_') && joined.contains(*word))
        } else {
            lower.contains(*word)
        }
    };
    rows.iter().find(|(words, ..)| words.iter().any(holds)).map(|(_, a, b)| (*a, *b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_known_as_a_whole_by_a_word_and_in_chinese() {
        assert!(
            fits("POPU", PEOPLE) > 0.9
                && fits("pop_2019", PEOPLE) > 0.5
                && fits("常住人口（万人）", PEOPLE) > 0.5
        );
        assert_eq!(fits("popcorn", PEOPLE), 0.0);
        assert!(fits("co2_mt_2017", AMOUNT) > 0.5 && fits("area_km2", AMOUNT) == 0.0);
        assert_eq!(best(["area", "gdp_1e4cny", "name"], GDP).unwrap().0, "gdp_1e4cny");
        assert_eq!(best(["parcel_id", "LOC_ID"], ID).unwrap().0, "parcel_id");
        assert_eq!(best(["shape"], ID), None);
    }

    #[test]
    fn values_in_words_have_a_space_type() {
        for (word, expected) in [
            ("residential", "urban_residential"),
            ("一类居住用地", "urban_residential"),
            ("农村宅基地", "rural_homestead"),
            ("Open Space", "grassland"),
            ("wetland", "water"),
            ("industrial/warehouse", "industrial"),
            ("公园绿地", "park"),
        ] {
            assert_eq!(land(word).map(|(space, _)| space), Some(expected), "{word}");
        }
        assert_eq!(land("zq17"), None);
        assert_eq!(poi("餐饮服务").unwrap().0, "commercial");
        assert_eq!(poi("bus_stop"), Some(("traffic", "road")));
    }
}
