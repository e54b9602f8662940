//! A small made-up city: 30 × 30 km, 12 zones, about 2,000 parcels, a 1 km grid. Deterministic.
#![allow(dead_code, missing_docs, clippy::unwrap_used, clippy::too_many_lines)]

use carbonzone_geom::Coverage;
use carbonzone_report::{MapData, MapLayer, RasterContent, RasterFile};
use carbonzone_types::{
    AttributeTable, ColumnData, Contribution, FactorSetRecord, Finding, GridSpec, IndicatorRecord,
    InputRecord, LandSectorRecord, LedgerRow, Residual, RuleRecord, RunManifest, SectorTotal, Stage,
    Statement, Totals, ZoneClassRecord,
};
use carbonzone_zoning::{EccDirection, Index};

const X0: f64 = 540_000.0;
const Y0: f64 = 3_440_000.0;
const SIDE: f64 = 30_000.0;
const SECTORS: [&str; 5] = ["industry", "construction", "transport", "agriculture", "waste"];

struct Lcg(u64);
impl Lcg {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

struct Mesh {
    cols: usize,
    rows: usize,
    nodes: Vec<[f64; 2]>,
}

fn mesh(cols: usize, rows: usize, jitter: f64, rng: &mut Lcg) -> Mesh {
    let (dx, dy) = (SIDE / cols as f64, SIDE / rows as f64);
    let mut nodes = Vec::new();
    for j in 0..=rows {
        for i in 0..=cols {
            let inner = |k: usize, n: usize| if k == 0 || k == n { 0.0 } else { jitter };
            let x = X0 + (i as f64 + inner(i, cols) * (rng.unit() - 0.5)) * dx;
            let y = Y0 + (j as f64 + inner(j, rows) * (rng.unit() - 0.5)) * dy;
            nodes.push([x, y]);
        }
    }
    Mesh { cols, rows, nodes }
}

impl Mesh {
    fn ring(&self, i: usize, j: usize) -> Vec<[f64; 2]> {
        let at = |i: usize, j: usize| self.nodes[j * (self.cols + 1) + i];
        vec![at(i, j), at(i + 1, j), at(i + 1, j + 1), at(i, j + 1), at(i, j)]
    }
    fn cells(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        (0..self.rows).flat_map(move |j| (0..self.cols).map(move |i| (i, j)))
    }
}

fn centre(ring: &[[f64; 2]]) -> [f64; 2] {
    let n = (ring.len() - 1) as f64;
    ring[..ring.len() - 1].iter().fold([0.0, 0.0], |a, p| [a[0] + p[0] / n, a[1] + p[1] / n])
}

struct Row {
    centre: [f64; 2],
    area: f64,
    sectors: [f64; 5],
    sink: f64,
    group: &'static str,
}

fn bump(c: [f64; 2], x: f64, y: f64, r: f64) -> f64 {
    (-((c[0] - X0 - x).powi(2) + (c[1] - Y0 - y).powi(2)) / (r * r)).exp()
}

fn parcel(c: [f64; 2], area: f64, rng: &mut Lcg) -> Row {
    let lake = bump(c, 4000.0, 6000.0, 6000.0);
    let core = bump(c, 16_000.0, 16_000.0, 6000.0);
    let works = bump(c, 22_000.0, 26_000.0, 4500.0);
    let mut sectors = [0.0; 5];
    let r = rng.unit();
    let (group, sink) = if lake > 0.45 {
        ("water", area * 2.0e-4)
    } else if r < 0.25 + works {
        sectors[0] = area * 0.12 * (0.02 + 3.0 * works + 0.4 * core) * (0.2 + 2.0 * rng.unit().powi(3));
        sectors[4] = sectors[0] * 0.01;
        ("industrial", 0.0)
    } else if r < 0.45 + core {
        sectors[1] = area * 0.02 * (0.05 + core) * (0.3 + rng.unit());
        ("urban_residential", 0.0)
    } else if r < 0.55 + core {
        sectors[2] = area * 0.01 * (0.1 + core + works) * rng.unit();
        ("transport", 0.0)
    } else if r < 0.62 {
        ("unused", 0.0)
    } else {
        sectors[3] = area * 2.0e-5;
        ("cultivated_garden", area * 4.0e-5 * (1.0 + rng.unit()))
    };
    Row { centre: c, area, sectors, sink, group }
}

const ZONE_NAMES: [&str; 12] = [
    "湖滨镇",
    "南岸街道",
    "东桥镇",
    "太平镇",
    "古城街道",
    "新区街道",
    "金港镇",
    "西山镇",
    "望亭镇",
    "北塘街道",
    "沙洲镇",
    "江滨开发区",
];
const ZONE_NAMES_EN: [&str; 12] = [
    "Hubin", "Nanan", "Dongqiao", "Taiping", "Gucheng", "Xinqu", "Jingang", "Xishan", "Wangting", "Beitang",
    "Shazhou", "Jiangbin",
];
pub const CLASSES: [(u8, &str, &str, &str, &str); 6] = [
    (1, "low_carbon_economic", "Low-carbon economic zone", "低碳经济区", "#009E73"),
    (2, "carbon_source_control", "Carbon source control zone", "碳源控制区", "#E69F00"),
    (3, "carbon_sink_functional", "Carbon sink functional zone", "碳汇功能区", "#56B4E9"),
    (4, "high_carbon_optimization", "High-carbon optimization zone", "高碳优化区", "#CC79A7"),
    (5, "no_emission", "No emission", "无排放", "#D9D9D9"),
    (6, "undefined", "Undefined", "未定义", "#999999"),
];

fn sums(rows: &[&Row]) -> ([f64; 5], f64) {
    let mut s = [0.0; 5];
    let mut sink = 0.0;
    for row in rows {
        for (total, value) in s.iter_mut().zip(row.sectors) {
            *total += value;
        }
        sink += row.sink;
    }
    (s, sink)
}

fn amounts(mut table: AttributeTable, rows: &[([f64; 5], f64)]) -> AttributeTable {
    for (k, sector) in SECTORS.iter().enumerate() {
        let v: Vec<f64> = rows.iter().map(|(s, _)| s[k]).collect();
        table.push(&format!("{sector}_t"), ColumnData::reals(&v));
    }
    let gross: Vec<f64> = rows.iter().map(|(s, _)| s.iter().sum()).collect();
    let sink: Vec<f64> = rows.iter().map(|(_, k)| *k).collect();
    let net: Vec<f64> = gross.iter().zip(&sink).map(|(g, s)| g - s).collect();
    table.push("gross_t", ColumnData::reals(&gross));
    table.push("sink_t", ColumnData::reals(&sink));
    table.push("net_t", ColumnData::reals(&net));
    table
}

/// The demo city with about `parcels` parcels.
pub fn city(parcels: usize) -> MapData {
    let mut rng = Lcg(7);
    let zone_mesh = mesh(4, 3, 0.45, &mut rng);
    let side = (parcels as f64).sqrt().round() as usize;
    let parcel_mesh = mesh(side, side, 0.4, &mut rng);

    let mut coverage = Coverage::new();
    let mut rows = Vec::new();
    for (i, j) in parcel_mesh.cells() {
        let ring = parcel_mesh.ring(i, j);
        coverage.push_rings(&[vec![ring.clone()]]);
        let area = coverage.area_m2(coverage.len() - 1);
        rows.push(parcel(centre(&ring), area, &mut rng));
    }
    let ids: Vec<String> = (0..rows.len()).map(|i| format!("P{i:06}")).collect();
    let land: Vec<&str> = rows.iter().map(|r| r.group).collect();
    let own: Vec<([f64; 5], f64)> = rows.iter().map(|r| (r.sectors, r.sink)).collect();
    let table = AttributeTable::new()
        .with("unit_id", ColumnData::texts(&ids))
        .with("area_m2", ColumnData::reals(&rows.iter().map(|r| r.area).collect::<Vec<_>>()))
        .with("land_use", ColumnData::texts(&land))
        .with("space_type", ColumnData::texts(&land));
    let parcels = MapLayer {
        name: "parcels".to_owned(),
        coverage: coverage.into(),
        cells: None,
        table: amounts(table, &own),
    };

    // Zones: parcels by nearest zone centre, which is enough for a picture.
    let zone_rings: Vec<Vec<[f64; 2]>> = zone_mesh.cells().map(|(i, j)| zone_mesh.ring(i, j)).collect();
    let centres: Vec<[f64; 2]> = zone_rings.iter().map(|r| centre(r)).collect();
    let nearest = |c: [f64; 2]| {
        let d = |z: &[f64; 2]| (z[0] - c[0]).powi(2) + (z[1] - c[1]).powi(2);
        (0..12).min_by(|a, b| d(&centres[*a]).total_cmp(&d(&centres[*b]))).unwrap()
    };
    let zone_of: Vec<usize> = rows.iter().map(|r| nearest(r.centre)).collect();
    let zone_sums: Vec<([f64; 5], f64)> = (0..12)
        .map(|z| {
            sums(&rows.iter().zip(&zone_of).filter(|(_, k)| **k == z).map(|(r, _)| r).collect::<Vec<_>>())
        })
        .collect();
    let mut zone_cov = Coverage::new();
    for ring in &zone_rings {
        zone_cov.push_rings(&[vec![ring.clone()]]);
    }
    let areas = zone_cov.areas_m2();
    let gross: Vec<f64> = zone_sums.iter().map(|(s, _)| s.iter().sum()).collect();
    let sink: Vec<f64> = zone_sums.iter().map(|(_, k)| *k).collect();
    let (g_all, s_all): (f64, f64) = (gross.iter().sum(), sink.iter().sum());
    let gdp: Vec<Option<f64>> = (0..12)
        .map(|z| (z != 7).then(|| 1e6 * (0.3 + 3.0 * bump(centres[z], 16_000.0, 16_000.0, 9000.0))))
        .collect();
    let gdp_all: f64 = gdp.iter().flatten().sum();
    let ecc: Vec<Option<f64>> = (0..12)
        .map(|z| gdp[z].filter(|_| gross[z] > 0.0).map(|g| (g / gdp_all) / (gross[z] / g_all)))
        .collect();
    let esc: Vec<Option<f64>> = (0..12).map(|z| Some((sink[z] / s_all) / (gross[z] / g_all))).collect();
    let ccr: Vec<f64> = (0..12).map(|z| sink[z] / gross[z]).collect();
    let class = |z: usize| match (ecc[z], esc[z].unwrap()) {
        (None, _) => 5,
        (Some(e), s) if e > 1.0 => usize::from(s <= 1.0),
        (Some(_), s) => 2 + usize::from(s <= 1.0),
    };
    let pick = |f: fn(usize) -> &'static str| (0..12).map(|z| f(class(z))).collect::<Vec<_>>();
    let margin = |v: &[Option<f64>]| ColumnData::Real(v.iter().map(|v| v.map(f64::ln)).collect());
    let near: Vec<Option<bool>> = (0..12)
        .map(|z| ecc[z].map(|e| e.ln().abs().min(esc[z].unwrap().ln().abs()) <= 1.05f64.ln()))
        .collect();
    let zone_ids: Vec<String> = (0..12).map(|z| format!("T{z:02}")).collect();
    let base = AttributeTable::new()
        .with("unit_id", ColumnData::texts(&zone_ids))
        .with("name", ColumnData::texts(&ZONE_NAMES))
        .with("name_en", ColumnData::texts(&ZONE_NAMES_EN))
        .with(
            "district",
            ColumnData::texts(&(0..12).map(|z| if z < 6 { "南区" } else { "北区" }).collect::<Vec<_>>()),
        )
        .with("area_m2", ColumnData::reals(&areas));
    let zones_table = amounts(base, &zone_sums)
        .with(
            "population_persons",
            ColumnData::Real((0..12u8).map(|z| Some(30_000.0 + 5000.0 * f64::from(z))).collect()),
        )
        .with("gdp_1e4cny", ColumnData::Real(gdp.clone()))
        .with(
            "gross_t_km2",
            ColumnData::reals(&(0..12).map(|z| gross[z] / areas[z] * 1e6).collect::<Vec<_>>()),
        )
        .with("ccr", ColumnData::reals(&ccr))
        .with("ecc", ColumnData::Real(ecc.clone()))
        .with("esc", ColumnData::Real(esc.clone()))
        .with("zone", ColumnData::texts(&pick(|c| CLASSES[c].1)))
        .with("zone_id", ColumnData::Int((0..12).map(|z| Some(i64::from(CLASSES[class(z)].0))).collect()))
        .with("zone_en", ColumnData::texts(&pick(|c| CLASSES[c].2)))
        .with("zone_zh", ColumnData::texts(&pick(|c| CLASSES[c].3)))
        .with("zone_color", ColumnData::texts(&pick(|c| CLASSES[c].4)))
        .with("ecc_margin", margin(&ecc))
        .with("esc_margin", margin(&esc))
        .with("borderline", ColumnData::Bool(near));
    let zones =
        MapLayer { name: "townships".to_owned(), coverage: zone_cov.into(), cells: None, table: zones_table };

    let spec = GridSpec::covering([X0, Y0, X0 + SIDE, Y0 + SIDE], 1000.0).unwrap();
    let mut cell_rows: Vec<Vec<&Row>> = vec![Vec::new(); spec.len()];
    for row in &rows {
        let col = ((row.centre[0] - spec.x_min) / 1000.0) as u32;
        let r = ((spec.y_max - row.centre[1]) / 1000.0) as u32;
        cell_rows[spec.index(col, r) as usize].push(row);
    }
    let mut grid_cov = Coverage::new();
    let cells: Vec<([f64; 5], f64)> = cell_rows.iter().map(|r| sums(r)).collect();
    let (mut cols, mut rws, mut cell_ids) = (Vec::new(), Vec::new(), Vec::new());
    for index in 0..spec.len() as u32 {
        let (c, r) = spec.col_row(index);
        let [x0, y0, x1, y1] = spec.cell_bounds(c, r);
        grid_cov.push_rings(&[vec![vec![[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]]]]);
        cols.push(Some(i64::from(c)));
        rws.push(Some(i64::from(r)));
        cell_ids.push(spec.cell_id(index));
    }
    let g: Vec<f64> = cells.iter().map(|(s, _)| s.iter().sum::<f64>()).collect();
    let grid_table = amounts(
        AttributeTable::new()
            .with("unit_id", ColumnData::texts(&cell_ids))
            .with("col", ColumnData::Int(cols))
            .with("row", ColumnData::Int(rws))
            .with("area_m2", ColumnData::reals(&vec![1e6; spec.len()])),
        &cells,
    )
    .with("gross_t_km2", ColumnData::reals(&g))
    .with("net_t_km2", ColumnData::reals(&g.iter().zip(&cells).map(|(g, c)| g - c.1).collect::<Vec<_>>()));
    let grid =
        MapLayer { name: "grid_1km".to_owned(), coverage: grid_cov.into(), cells: None, table: grid_table };

    let (city_sectors, city_sink) = sums(&rows.iter().collect::<Vec<_>>());
    let manifest = manifest(spec, &rows, city_sectors, city_sink, &zone_sums, &zone_ids, &zones);
    let raster = |file: &str, band, content| RasterFile { file: file.to_owned(), band, content, year: None };
    MapData {
        manifest,
        parcels: Some(parcels),
        grid: Some(grid),
        zones,
        dissolved: Some("zones".to_owned()),
        rasters: vec![
            raster("grid_1km.tif", 1, RasterContent::GridField("gross_t".to_owned())),
            raster("grid_1km.tif", 3, RasterContent::GridField("net_t".to_owned())),
            raster("zones.tif", 1, RasterContent::ZoneCodes),
        ],
        vector_files: vec![("townships.geojson".to_owned(), "townships".to_owned())],
        what_if: Vec::new(),
        study: carbonzone_report::StudyExtras::default(),
    }
}

/// The demo city in long form: 2015 (smaller) and 2020, without parcels and grid.
pub fn two_years(parcels: usize) -> MapData {
    let mut data = city(parcels);
    data.manifest.years = vec![2015, 2020];
    (data.parcels, data.grid) = (None, None);
    data.rasters.clear();
    let zones = &data.zones;
    let n = zones.coverage.len();
    let order: Vec<u32> = (0..n as u32).chain(0..n as u32).collect();
    let mut table = zones.table.reordered(&order);
    for column in &mut table.columns {
        if let ColumnData::Real(values) = &mut column.data
            && column.name.ends_with("_t")
        {
            values[..n].iter_mut().flatten().for_each(|v| *v *= 0.7);
        }
    }
    table.push("year", ColumnData::Int((0..2 * n).map(|i| Some(if i < n { 2015 } else { 2020 })).collect()));
    data.zones = MapLayer {
        name: zones.name.clone(),
        coverage: zones.coverage.reordered(&order).into(),
        cells: None,
        table,
    };
    data
}

fn manifest(
    spec: GridSpec,
    rows: &[Row],
    sectors: [f64; 5],
    sink_t: f64,
    zone_sums: &[([f64; 5], f64)],
    zone_ids: &[String],
    zones: &MapLayer,
) -> RunManifest {
    let gross_t: f64 = sectors.iter().sum();
    let net_t = gross_t - sink_t;
    let mut totals: Vec<SectorTotal> = SECTORS
        .iter()
        .zip(sectors)
        .map(|(s, t)| SectorTotal {
            sector: (*s).to_owned(),
            amount_t: t,
            share_of_gross_pct: Some(100.0 * t / gross_t),
            share_of_net_pct: Some(100.0 * t / net_t),
        })
        .collect();
    totals.push(SectorTotal {
        sector: "sink".to_owned(),
        amount_t: sink_t,
        share_of_gross_pct: Some(100.0 * sink_t / gross_t),
        share_of_net_pct: Some(-100.0 * sink_t / net_t),
    });
    let mut ledger = Vec::new();
    let mut by_land = Vec::new();
    let mut rules = Vec::new();
    let mut balances = Vec::new();
    for group in ["industrial", "urban_residential", "transport", "cultivated_garden", "water"] {
        for (k, sector) in SECTORS.iter().enumerate() {
            let t: f64 = rows.iter().filter(|r| r.group == group).map(|r| r.sectors[k]).sum();
            if t > 0.0 {
                ledger.push(LedgerRow::tonnes(Stage::Budget, sector, group, t));
                ledger.push(LedgerRow::tonnes(Stage::Placed, sector, group, t));
                by_land.push(LandSectorRecord {
                    space_type: group.to_owned(),
                    sector: (*sector).to_owned(),
                    amount_t: t,
                });
                rules.push(RuleRecord {
                    id: format!("{sector}.{group}"),
                    sector: (*sector).to_owned(),
                    activity: "demo".to_owned(),
                    land_groups: vec![group.to_owned()],
                    budget_t: t,
                    placed_t: t,
                    ..RuleRecord::default()
                });
                balances.push(Residual {
                    year: None,
                    sector: (*sector).to_owned(),
                    balance: "budget = placed + unallocated".to_owned(),
                    left_t: t,
                    right_t: t,
                    relative: 0.0,
                });
            }
        }
    }
    ledger.push(LedgerRow::counted(Stage::Repair, "parcels", 3.0, "parcels").note("bow-tie repaired"));
    let mut contributions = Vec::new();
    for (z, (s, sink)) in zone_sums.iter().enumerate() {
        for (k, sector) in SECTORS.iter().enumerate() {
            contributions.push(Contribution {
                zone: zone_ids[z].clone(),
                rule: format!("{sector}.all"),
                amount_t: s[k],
            });
        }
        contributions.push(Contribution {
            zone: zone_ids[z].clone(),
            rule: "sink.all".to_owned(),
            amount_t: *sink,
        });
    }
    let zone_values = zones.texts("zone").unwrap();
    let text = str::to_owned;
    RunManifest {
        version: "0.1.0".to_owned(),
        commit: "0000000".to_owned(),
        study: "parcels".to_owned(),
        command_line: ["carbonzone", "run", "demo.toml"].map(text).to_vec(),
        pipeline_file: "demo.toml".to_owned(),
        name: "demo".to_owned(),
        title_en: "Demo City".to_owned(),
        title_zh: "示例市".to_owned(),
        years: vec![2020],
        synthetic: true,
        source_note: "made-up numbers of the demo city / 示例数据".to_owned(),
        crs: "EPSG:4549".to_owned(),
        crs_wkt: String::new(),
        area_basis: "planar".to_owned(),
        grid: Some(spec),
        grid_layer: "grid_1km".to_owned(),
        zones_layer: "townships".to_owned(),
        sectors: SECTORS.map(text).to_vec(),
        pipeline: serde_json::json!({"city": {"name": "Demo City", "year": 2020}, "zoning": {"scheme": "suzhou", "borderline_pct": 5.0}}),
        inputs: vec![InputRecord {
            role: "parcels".to_owned(),
            path: "data/parcels.gpkg".to_owned(),
            layer: "parcels".to_owned(),
            bytes: 123_456,
            sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
            features: rows.len() as u64,
            crs: "EPSG:4549".to_owned(),
        }],
        factor_sets: vec![FactorSetRecord {
            set: "lit_high".to_owned(),
            purpose: "land sinks".to_owned(),
            status: "unverified".to_owned(),
            source: "literature".to_owned(),
            amount_t: Some(sink_t),
            unverified_t: Some(sink_t),
        }],
        inventory: serde_json::json!([
            {"sector": "industry", "activity": "bituminous coal", "amount": 1000.0, "unit": "t", "factor": 2.0715, "factor_unit": "tCO2/t", "result_t": 2071.5, "source": "fuel.cn"}
        ]),
        rules,
        contributions,
        totals: Totals {
            gross_t,
            sink_t,
            net_t,
            ccr: Some(sink_t / gross_t),
            ccr_of_zones: Some(sink_t / gross_t),
            source_sink_ratio: None,
            sectors: totals,
        },
        indicators: [
            ("ccr", "Carbon compensating rate (CCR)", "碳补偿率（CCR）", vec![], Index::Ccr),
            (
                "ecc",
                "Economic contribution coefficient (ECC)",
                "经济贡献系数（ECC）",
                vec![1.0],
                Index::Economic(EccDirection::GdpOverEmission),
            ),
            (
                "esc",
                "Ecological support coefficient (ESC)",
                "生态承载系数（ESC）",
                vec![1.0],
                Index::Ecological,
            ),
        ]
        .into_iter()
        .map(|(key, en, zh, thresholds, index)| IndicatorRecord {
            key: key.to_owned(),
            label_en: en.to_owned(),
            label_zh: zh.to_owned(),
            unit: String::new(),
            thresholds,
            equal_is_above: false,
            meaning: index.meaning(Some(sink_t / gross_t)),
        })
        .collect(),
        zone_classes: CLASSES
            .iter()
            .map(|(id, key, en, zh, color)| ZoneClassRecord {
                id: *id,
                key: (*key).to_owned(),
                label_en: (*en).to_owned(),
                label_zh: (*zh).to_owned(),
                color: (*color).to_owned(),
                count: zone_values.iter().filter(|v| v.as_deref() == Some(*key)).count() as u64,
                ..ZoneClassRecord::default()
            })
            .collect(),
        statements: vec![Statement::new("All inputs are synthetic.", "全部输入为合成数据。")],
        ledger,
        by_land,
        balances,
        findings: vec![
            Finding::warning("gdp_missing", "township T07 has no GDP: ECC is NULL")
                .layer("zones")
                .feature("T07")
                .hint("add a row to the GDP table"),
            Finding::info("repaired", "3 parcels were repaired"),
        ],
        threads: 2,
        ..RunManifest::default()
    }
}
