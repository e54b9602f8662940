//! The sections of the report, and what each assumes.

use super::Statistics;
use super::change::Change;
use super::clusters::{CONTACT_M, Clusters};
use super::config::{Neighbours, StatisticsConfig};
use crate::studies::cells::{count, label, number, text};
use carbonzone_report::{Label, ReportTable, words};
use carbonzone_types::{Statement, T_PER_1E4_T};
use carbonzone_zoning::decoupling::Decoupling;

/// Clusters with their names.
pub const CLUSTERS: [(&str, &str, &str); 4] = [
    ("high_high", "high among high", "高—高"),
    ("low_low", "low among low", "低—低"),
    ("high_low", "high among low", "高—低"),
    ("low_high", "low among high", "低—高"),
];
/// Hot and cold spots with their names.
pub const HOT_SPOTS: [(&str, &str, &str); 6] = [
    ("hot_99", "hot spot, 99 %", "热点（99 %）"),
    ("hot_95", "hot spot, 95 %", "热点（95 %）"),
    ("hot_90", "hot spot, 90 %", "热点（90 %）"),
    ("cold_90", "cold spot, 90 %", "冷点（90 %）"),
    ("cold_95", "cold spot, 95 %", "冷点（95 %）"),
    ("cold_99", "cold spot, 99 %", "冷点（99 %）"),
];
/// Units in clusters that are listed.
const MOST_LISTED: usize = 60;

/// What clusters assume.
pub fn of_clusters(config: &StatisticsConfig) -> Statement {
    let field = words::field(config.value.field());
    let (weights, weights_zh) = match config.weights {
        Neighbours::Queen => (
            format!("units that touch, at a corner at least (queen; borders up to {CONTACT_M} m apart)"),
            format!("至少有一个公共点的单元（queen；边界间距不超过 {CONTACT_M} m）"),
        ),
        Neighbours::Rook => (
            format!("units that share a piece of border (rook; borders up to {CONTACT_M} m apart)"),
            format!("有公共边的单元（rook；边界间距不超过 {CONTACT_M} m）"),
        ),
        Neighbours::KNearest => {
            (format!("the {} nearest centroids", config.k), format!("最近的 {} 个质心", config.k))
        }
        Neighbours::DistanceBand => {
            let m = config.distance_m.unwrap_or_default();
            (format!("centroids within {m} m"), format!("质心距离不超过 {m} m"))
        }
    };
    let rate = 100.0 * config.false_discovery;
    let (tested, tested_zh) = if config.permutations > 0 {
        (
            format!(
                "{} permutations of the other values (seed {}), two-sided; cells, and more than 5,000 units: normal distribution",
                config.permutations, config.seed
            ),
            format!(
                "其余数值随机置换 {} 次（种子 {}），双侧；网格及超过 5000 个单元时按正态分布",
                config.permutations, config.seed
            ),
        )
    } else {
        ("normal distribution, two-sided".to_owned(), "正态分布，双侧".to_owned())
    };
    Statement::new(
        format!(
            "Value: {}. Neighbours: {weights}; local I with weights that sum to 1, Gi* with the unit itself and equal weights. Probabilities: {tested}. \
             A cluster is significant at a false discovery rate of {rate} % (Benjamini–Hochberg); hot and cold spots at 10, 5 and 1 %. A cluster says that \
             neighbours are alike, not why.",
            field.en.to_lowercase()
        ),
        format!(
            "变量：{}。邻接：{weights_zh}；局部莫兰指数采用行标准化权重，Gi* 含自身且等权。概率：{tested_zh}。\
             聚类按错误发现率 {rate} %（Benjamini–Hochberg）判定显著；冷热点按 10 %、5 %、1 %。聚类只说明相邻单元相似，不说明原因。",
            field.zh
        ),
    )
}

/// What inequality assumes.
pub fn of_inequality() -> Statement {
    Statement::new(
        "Gross emissions of the units against their people, GDP and area; every unit counts with its base, and inside a unit all are taken as equal, so \
         the true inequality is larger. Gini 0: everywhere the same per base. Theil: parts between and within districts add up.",
        "以各单元碳排放总量分别对人口、GDP、面积计算；各单元按其基数加权，单元内部视为均等，故实际不均衡程度更大。基尼系数为 0 表示处处相同；\
         泰尔指数可分解为区县间与区县内两部分。",
    )
}

/// What centres assume.
pub fn of_centres(cells: bool) -> Statement {
    let (place, place_zh) = if cells {
        ("the centre of its cell", "所在网格中心")
    } else {
        ("the centroid of its unit", "所在单元质心")
    };
    Statement::new(
        format!(
            "Every tonne lies at {place}, in the plane of the working CRS. Half axes: standard deviation × √2·√n/√(n−2) (the size of CrimeStat). Directions \
             clockwise from grid north."
        ),
        format!(
            "每吨排放置于{place_zh}，在工作坐标系平面内计算。半轴长为标准差 × √2·√n/√(n−2)（CrimeStat 定义）；方向自坐标北顺时针计。"
        ),
    )
}

/// What the decomposition assumes, or why there is none.
pub fn of_changes(some: bool) -> Statement {
    if !some {
        return Statement::new(
            "No decomposition of changes: it needs several years with people and GDP of the units.",
            "未作变化分解：需要多个年份的人口与 GDP。",
        );
    }
    Statement::new(
        "Additive LMDI of gross emissions: people × GDP per person × emissions per GDP (intensity) × share of the sector (structure). GDP as given: unless it \
         is at constant prices, price changes count as growth and lower the intensity. The effects add up to the change. Elasticity and state after Tapio.",
        "碳排放总量的加法 LMDI 分解：人口 × 人均 GDP × 单位 GDP 排放（强度）× 部门占比（结构）。GDP 按给定值：若非不变价，价格变动会计入增长并压低强度。\
         各效应之和等于变化量。弹性与状态按 Tapio 划分。",
    )
}

/// Names of the effects, in the order of `KAYA`.
pub fn effects() -> [Label; 4] {
    [
        label("People", "人口"),
        label("GDP per person", "人均GDP"),
        label("Intensity", "强度"),
        label("Structure", "结构"),
    ]
}

pub fn state(state: Decoupling) -> Label {
    let zh = match state {
        Decoupling::StrongDecoupling => "强脱钩",
        Decoupling::WeakDecoupling => "弱脱钩",
        Decoupling::ExpansiveCoupling => "扩张连结",
        Decoupling::ExpansiveNegativeDecoupling => "扩张负脱钩",
        Decoupling::StrongNegativeDecoupling => "强负脱钩",
        Decoupling::WeakNegativeDecoupling => "弱负脱钩",
        Decoupling::RecessiveCoupling => "衰退连结",
        Decoupling::RecessiveDecoupling => "衰退脱钩",
    };
    Label::new(state.key().replace('_', " "), zh)
}

impl Statistics {
    /// Tables of the report, each with what it assumes.
    pub fn report_tables(&self) -> Vec<ReportTable> {
        let all = [
            self.autocorrelation_report(),
            self.clusters_report(),
            self.inequality_report(),
            self.centres_report(),
            self.changes_report(),
        ];
        all.into_iter().filter(|t| !t.rows.is_empty()).collect()
    }

    fn autocorrelation_report(&self) -> ReportTable {
        let row = |(layer, year, clusters): (&str, i32, &Clusters)| {
            let m = clusters.global.as_ref()?;
            let title = words::zones_plural(layer);
            let title = if layer == self.layer {
                title
            } else {
                Label::new(layer.replace('_', " "), layer.replace("grid_", "网格 "))
            };
            let (cluster, spots) = (clusters.cluster(), clusters.hot_spot());
            let of = |values: &[Option<&str>], keys: &[&str]| {
                count(values.iter().flatten().filter(|v| keys.contains(v)).count() as u64)
            };
            let mut cells = vec![
                title,
                text(&year.to_string()),
                number(Some(m.i), 3),
                number(Some(m.z), 2),
                probability(m.p_normal),
            ];
            cells.push(m.p_permutation.map_or_else(|| text("–"), probability));
            cells.extend(CLUSTERS.iter().map(|(key, ..)| of(&cluster, &[*key])));
            cells.push(of(&spots, &["hot_99", "hot_95", "hot_90"]));
            cells.push(of(&spots, &["cold_99", "cold_95", "cold_90"]));
            Some(cells)
        };
        ReportTable {
            note: Label::from(&of_clusters(&self.config)),
            ..ReportTable::shipped("autocorrelation", self.layers().filter_map(row).collect())
        }
    }

    /// Units in clusters in the last year.
    fn clusters_report(&self) -> ReportTable {
        let mut rows = Vec::new();
        if let Some((_, clusters)) = self.years.last() {
            let (cluster, spots) = (clusters.cluster(), clusters.hot_spot());
            let named = |key: Option<&str>| {
                let all = CLUSTERS.iter().chain(&HOT_SPOTS);
                let found = all.clone().find(|(k, ..)| Some(*k) == key);
                found.map_or_else(|| text("–"), |(_, en, zh)| Label::new(*en, *zh))
            };
            for i in 0..self.ids.len() {
                let in_one = [cluster[i], spots[i]].into_iter().flatten().any(|key| key != "not_significant");
                if in_one {
                    rows.push(vec![
                        self.shown[i].clone(),
                        named(cluster[i]),
                        number(clusters.local[i].as_ref().map(|l| l.i), 3),
                        clusters.local_q[i].map_or_else(|| text("–"), probability),
                        named(spots[i]),
                        number(clusters.gi[i], 2),
                        clusters.gi_q[i].map_or_else(|| text("–"), probability),
                    ]);
                }
            }
        }
        let more = rows.len().saturating_sub(MOST_LISTED);
        rows.truncate(MOST_LISTED);
        let more = match more {
            0 => Label::default(),
            n => Label::new(format!("{n} more in the table of the units."), format!("另有 {n} 个见单元表。")),
        };
        ReportTable { note: more, ..ReportTable::shipped("clusters", rows) }
    }

    fn inequality_report(&self) -> ReportTable {
        let base = |key: &str| match key {
            "people" => label("people", "人口"),
            "gdp" => label("GDP", "GDP"),
            _ => label("area", "面积"),
        };
        let row = |u: &super::spread::Unequal| {
            let r = &u.record;
            vec![
                text(&r.year.map(|y| y.to_string()).unwrap_or_default()),
                base(&r.base),
                count(r.units),
                number(Some(r.gini), 3),
                number(Some(r.theil), 3),
                number(r.between, 3),
                number(r.within, 3),
            ]
        };
        let rows = self.unequal.iter().map(row).collect();
        ReportTable { note: Label::from(&of_inequality()), ..ReportTable::shipped("inequality", rows) }
    }

    fn centres_report(&self) -> ReportTable {
        let kind = |key: &str| if key == "gross" { words::field("gross_t") } else { words::sector(key) };
        let km = |m: f64| number(Some(m / 1000.0), 2);
        let row = |c: &super::spread::Centre| {
            vec![
                text(&c.year.to_string()),
                kind(&c.kind),
                number(Some(c.tonnes / T_PER_1E4_T), 2),
                number(Some(c.ellipse.centre[0]), 0),
                number(Some(c.ellipse.centre[1]), 0),
                km(c.ellipse.major_m),
                km(c.ellipse.minor_m),
                number(Some(c.ellipse.azimuth_deg), 1),
                c.shift.map_or_else(|| text("–"), |s| km(s.0)),
                number(c.shift.map(|s| s.1), 0),
            ]
        };
        let rows = self.centres.iter().map(row).collect();
        ReportTable { note: Label::from(&of_centres(self.by_cell)), ..ReportTable::shipped("centres", rows) }
    }

    fn changes_report(&self) -> ReportTable {
        let t = |t: f64| number(Some(t / T_PER_1E4_T), 2);
        let row = |c: &Change| {
            let name = c.unit.map_or_else(|| label("All", "合计"), |u| self.shown[u].clone());
            let mut cells = vec![text(&format!("{}–{}", c.from, c.to)), name, t(c.after_t - c.before_t)];
            cells.extend(c.effects_t.iter().map(|e| t(*e)));
            cells.push(number(c.decoupling.map(|d| d.0), 2));
            cells.push(c.decoupling.map_or_else(|| text("–"), |d| state(d.1)));
            cells
        };
        let rows = self.changes.iter().map(row).collect();
        ReportTable { note: Label::from(&of_changes(true)), ..ReportTable::shipped("changes", rows) }
    }
}

/// A probability; very small ones as a bound.
fn probability(p: f64) -> Label {
    if p < 0.0001 { text("<0.0001") } else { number(Some(p), 4) }
}
