//! Points of interest and population points inside the parcels of a block.

use crate::error::Result;
use crate::projection::Projection;
use crate::rng::Rng;
use crate::shape::{Parts, Point, bounds, in_parts, inner_point};
use crate::sink::{PoiRow, PopulationRow};
use crate::suzhou::fields::shares;
use crate::suzhou::landuse::Use;

/// A parcel as a host of points.
#[derive(Debug, Clone)]
pub(crate) struct Host {
    pub parts: Parts,
    pub area_m2: f64,
    pub usage: Use,
    pub code: &'static str,
    /// A known place: gets its first point before all others.
    pub site: bool,
    pub urban: f64,
    pub town: String,
}

const INDUSTRY: [(&str, &str); 8] = [
    ("170300", "机械厂"),
    ("170300", "电子厂"),
    ("170300|170200", "纺织有限公司"),
    ("120100", "工业园"),
    ("170204", "精密机械有限公司"),
    ("170205", "化工有限公司"),
    ("170200", "科技有限公司"),
    ("060400", "超市"),
];
const COMMERCE: [(&str, &str); 10] = [
    ("050100", "饭店"),
    ("050300", "快餐店"),
    ("060100", "商场"),
    ("060400", "便利店"),
    ("070000", "营业厅"),
    ("080600", "影城"),
    ("100100", "宾馆"),
    ("160100", "银行"),
    ("120201", "商务大厦"),
    ("060200|070000", "便民店"),
];
const HOMES: [(&str, &str); 5] = [
    ("120302", "小区"),
    ("060200", "便利店"),
    ("050300", "小吃店"),
    ("071100", "美发店"),
    ("090300", "诊所"),
];
const UTILITY: [(&str, &str); 4] = [
    ("170300", "热电厂"),
    ("170300", "污水处理厂"),
    ("170300", "自来水厂"),
    ("170300|170205", "能源有限公司"),
];

fn poi_kind(host: &Host, rng: &mut Rng) -> (&'static str, &'static str) {
    let public: &[(&str, &str)] = match host.code {
        "0803" | "08H2" => {
            &[("141202", "中学"), ("141203", "小学"), ("141204", "幼儿园"), ("140500", "图书馆")]
        }
        "08H2A" => &[("141201", "大学"), ("141201", "学院"), ("140500", "图书馆")],
        "0804" => &[("141300", "研究所"), ("120201", "科研楼")],
        "0805" => &[("090100", "医院"), ("090300", "社区卫生服务中心")],
        "0810" => &[("110101", "公园"), ("200300", "公共厕所")],
        "0808" => &[("080100", "体育馆"), ("140000", "少年宫")],
        "0807" => &[("140100", "博物馆"), ("140500", "图书馆")],
        _ => &[("130100", "政府办公室"), ("130500", "派出所"), ("130600", "社区居委会")],
    };
    match host.usage {
        Use::Industrial => *rng.pick(&INDUSTRY),
        Use::Commercial => *rng.pick(&COMMERCE),
        Use::Housing | Use::Village => *rng.pick(&HOMES),
        Use::Utility => *rng.pick(&UTILITY),
        Use::Public => *rng.pick(public),
        Use::Road => *rng.pick(&[
            ("150700", "公交站"),
            ("150900", "停车场"),
            ("180200", "收费站"),
            ("010100", "加油站"),
        ]),
        Use::Rail => *rng.pick(&[("150200", "火车站"), ("150500", "地铁站")]),
        Use::Port => *rng.pick(&[("150300", "码头"), ("170300", "船厂")]),
        Use::Farm => ("170400", "农场"),
        Use::Open => *rng.pick(&[("110200", "风景区"), ("190100", "自然村")]),
    }
}

fn poi_weight(h: &Host) -> f64 {
    let per = match h.usage {
        Use::Commercial => 7.0,
        Use::Public | Use::Housing => 2.6,
        Use::Industrial => 2.4,
        Use::Village => 0.7,
        Use::Utility => 1.1,
        Use::Port | Use::Rail => 0.25,
        Use::Road => 0.22,
        Use::Farm => 0.012,
        Use::Open => 0.01,
    };
    per * h.area_m2.sqrt() * (0.25 + h.urban)
}

fn night_weight(h: &Host) -> f64 {
    let per = match h.usage {
        Use::Housing => 1.0,
        Use::Village => 0.34,
        Use::Commercial => 0.12,
        Use::Industrial => 0.07,
        Use::Public => 0.08,
        Use::Utility | Use::Port | Use::Rail | Use::Road => 0.01,
        Use::Farm => 0.002,
        Use::Open => 0.000_5,
    };
    per * h.area_m2 * (0.25 + h.urban * h.urban * 1.6)
}

fn day_weight(h: &Host) -> f64 {
    let per = match h.usage {
        Use::Housing => 0.34,
        Use::Village => 0.16,
        Use::Commercial => 1.5,
        Use::Industrial => 0.55,
        Use::Public => 0.8,
        Use::Utility | Use::Port | Use::Rail | Use::Road => 0.06,
        Use::Farm => 0.004,
        Use::Open => 0.001,
    };
    per * h.area_m2 * (0.25 + h.urban * h.urban * 1.6)
}

/// A random point in a parcel.
pub(crate) fn point_in(parts: &Parts, rng: &mut Rng) -> Point {
    let part = rng.below(parts.len());
    let Some(outer) = parts[part].first() else { return [0.0, 0.0] };
    let b = bounds(outer);
    for _ in 0..24 {
        let p = [rng.range(b[0], b[2]), rng.range(b[1], b[3])];
        if in_parts(&parts[part..=part], p) {
            return p;
        }
    }
    inner_point(&parts[part..=part]).unwrap_or(outer[0])
}

/// The hosts of `n` points: sites first, then by weight at equal steps.
fn choose_hosts(hosts: &[Host], n: usize, weight: impl Fn(&Host) -> f64, rng: &mut Rng) -> Vec<usize> {
    let mut out: Vec<usize> = (0..hosts.len()).filter(|&i| hosts[i].site).take(n).collect();
    let weights: Vec<f64> = hosts.iter().map(weight).collect();
    let total: f64 = weights.iter().sum();
    let rest = n - out.len();
    if rest == 0 {
        return out;
    }
    let (start, step) = (rng.unit(), total / rest as f64);
    let (mut sum, mut next) = (0.0, 0usize);
    for (i, w) in weights.iter().enumerate() {
        sum += w;
        while next < rest && (start + next as f64) * step < sum {
            out.push(i);
            next += 1;
        }
    }
    out.resize(n, hosts.len() - 1);
    out
}

/// `n` points of interest. `first` numbers them.
pub(crate) fn pois(
    hosts: &[Host],
    n: usize,
    first: u64,
    rng: &mut Rng,
    projection: &dyn Projection,
) -> Result<Vec<PoiRow>> {
    let mut points = Vec::with_capacity(n);
    let mut rows = Vec::with_capacity(n);
    for (k, i) in choose_hosts(hosts, n, poi_weight, rng).into_iter().enumerate() {
        let host = &hosts[i];
        let (typecode, word) = poi_kind(host, rng);
        let mut p = point_in(&host.parts, rng);
        let stray = rng.unit();
        if !host.site && stray < 0.02 {
            // Beside the entrance: often on the street or in the parcel next door.
            p = [p[0] + rng.range(-60.0, 60.0), p[1] + rng.range(-60.0, 60.0)];
        } else if !host.site && stray < 0.0215 {
            // A wrong position, far outside the city.
            p = [p[0] + 90_000.0, p[1] + rng.range(20_000.0, 60_000.0)];
        }
        points.push(p);
        let number = first + k as u64;
        rows.push(PoiRow {
            id: format!("B{number:09}"),
            name_zh: format!("{}{}{word}", host.town, SYLLABLES[rng.below(SYLLABLES.len())]),
            lon_gcj02: 0.0,
            lat_gcj02: 0.0,
            typecode,
        });
    }
    projection.to_lonlat(&mut points)?;
    for (row, p) in rows.iter_mut().zip(points) {
        let (lon, lat) = carbonzone_geom::gcj02::wgs84_to_gcj02(p[0], p[1]);
        (row.lon_gcj02, row.lat_gcj02) = (rounded(lon, 1e6), rounded(lat, 1e6));
    }
    Ok(rows)
}

const SYLLABLES: [&str; 24] = [
    "永丰", "金鼎", "华盛", "新苏", "东吴", "恒通", "锦绣", "天润", "瑞安", "宏达", "江南", "万和", "嘉禾",
    "友联", "明珠", "康泰", "鸿运", "中兴", "吉祥", "海川", "文正", "紫金", "联众", "百汇",
];

/// Hundredths of persons to hand out in a block, at night and by day.
#[derive(Debug, Clone, Copy)]
pub(crate) struct People {
    pub night_cents: u64,
    pub day_cents: u64,
}

/// `n` population points that share the block's people exactly.
pub(crate) fn population(
    hosts: &[Host],
    n: usize,
    people: People,
    rng: &mut Rng,
    projection: &dyn Projection,
) -> Result<Vec<PopulationRow>> {
    let weight = |h: &Host| 0.6 * night_weight(h) + 0.4 * day_weight(h);
    let chosen = choose_hosts(hosts, n, weight, rng);
    let mut per_host = vec![0usize; hosts.len()];
    for &i in &chosen {
        per_host[i] += 1;
    }
    let spread = |f: &dyn Fn(&Host) -> f64, rng: &mut Rng| -> Vec<f64> {
        chosen.iter().map(|&i| f(&hosts[i]) / per_host[i] as f64 * rng.range(0.5, 1.5)).collect()
    };
    let (night, day) = (spread(&night_weight, rng), spread(&day_weight, rng));
    let mixed = |share: f64| -> Vec<f64> {
        let (a, b) = (night.iter().sum::<f64>().max(1e-12), day.iter().sum::<f64>().max(1e-12));
        night.iter().zip(&day).map(|(x, y)| (1.0 - share) * x / a + share * y / b).collect()
    };
    let total = |share: f64| {
        (people.night_cents as f64 * (1.0 - share) + people.day_cents as f64 * share).round() as u64
    };
    let groups = [
        shares(people.night_cents, &night),
        shares(total(0.45), &mixed(0.45)),
        shares(people.day_cents, &day),
        shares(total(0.25), &mixed(0.25)),
    ];
    let mut points: Vec<Point> = chosen.iter().map(|&i| point_in(&hosts[i].parts, rng)).collect();
    projection.to_lonlat(&mut points)?;
    let persons = |g: usize, k: usize| groups[g][k] as f64 / 100.0;
    Ok(points
        .into_iter()
        .enumerate()
        .map(|(k, p)| PopulationRow {
            lon: rounded(p[0], 1e6),
            lat: rounded(p[1], 1e6),
            people_22_06: persons(0, k),
            people_06_10: persons(1, k),
            people_10_17: persons(2, k),
            people_17_22: persons(3, k),
        })
        .collect())
}

/// Six decimals of a degree are a tenth of a metre.
fn rounded(v: f64, scale: f64) -> f64 {
    (v * scale).round() / scale
}
