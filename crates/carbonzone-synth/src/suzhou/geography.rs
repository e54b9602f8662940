//! The facts in the working plane: township partition, water and corridor shapes. The same for every seed and size.

use crate::error::{Result, SynthError};
use crate::features::FeatureIndex;
use crate::partition::{Centre, Partition, PartitionSpec, partition};
use crate::projection::Projection;
use crate::shape::{Point, Ring, bounds, natural_ring, ribbon, signed_area, smooth_line};
use crate::suzhou::facts::{SuzhouFacts, TownKind, WaterKind};

/// Seed of everything that must not change with the user's seed.
pub(crate) const GEOGRAPHY_SEED: u64 = 0x5A2_4000;

/// What a feature of the index is (numbers as in [`FeatureIndex`]; 0 is the outline).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FeatureKind {
    Outline,
    /// A lake, the Yangtze or a harbour: one parcel of this class.
    Whole {
        code: &'static str,
        name_zh: String,
    },
    /// A railway, motorway or canal: parcels of this class, one per block.
    Corridor {
        code: &'static str,
    },
}

/// A main line in the plane.
#[derive(Debug, Clone)]
pub(crate) struct PlaneLine {
    pub name_zh: String,
    pub class: &'static str,
    pub line: Vec<Point>,
}

/// A town in the plane.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Town {
    pub centre: Point,
    pub kind: TownKind,
    pub industry: f64,
    pub radius_m: f64,
    pub unit: usize,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct PlaneHill {
    pub centre: Point,
    pub a: f64,
    pub b: f64,
    pub angle: f64,
}

#[derive(Debug)]
pub(crate) struct Geography {
    pub extent: [f64; 4],
    pub partition: Partition,
    pub features: Vec<FeatureKind>,
    pub index: FeatureIndex,
    pub lines: Vec<PlaneLine>,
    pub towns: Vec<Town>,
    pub hills: Vec<PlaneHill>,
    pub sites: Vec<(Point, &'static str, String)>,
    pub yangtze_shore: Vec<Point>,
}

impl Geography {
    pub fn build(facts: &SuzhouFacts, projection: &dyn Projection) -> Result<Self> {
        let plane = |points: &[Point]| -> Result<Vec<Point>> {
            let mut out = points.to_vec();
            projection.to_xy(&mut out)?;
            Ok(out)
        };
        let outline = natural_ring(&plane(&facts.outline)?, GEOGRAPHY_SEED, 350.0, 0.11);
        let towns = towns(facts, &plane)?;
        let centres: Vec<Centre> = towns
            .iter()
            .zip(&facts.townships)
            .enumerate()
            .map(|(z, (t, f))| Centre { at: t.centre, grow_m: f.grow_km * 1000.0, zone: z as u16 })
            .collect();
        let partition = partition(&PartitionSpec {
            outline: &outline,
            centres: &centres,
            spacing_m: 260.0,
            bend_m: 1500.0,
            wavelength_m: 5200.0,
            seed: GEOGRAPHY_SEED ^ 0x77,
        });
        let lines = lines(facts, &plane)?;
        let (features, areas) = features(facts, &plane, &partition, &lines)?;
        let b = bounds(&outline);
        let extent = [b[0] - 4000.0, b[1] - 4000.0, b[2] + 4000.0, b[3] + 4000.0];
        let borders: Vec<(Point, Point)> = partition
            .borders
            .iter()
            .filter(|s| s.left != crate::partition::OUTSIDE && s.right != crate::partition::OUTSIDE)
            .map(|s| (s.a, s.b))
            .collect();
        let index = FeatureIndex::new(extent, 450.0, &areas, &borders);
        let sites = facts
            .sites
            .iter()
            .map(|s| {
                let code = crate::suzhou::land_class::class(&s.code).ok_or_else(|| SynthError::Facts {
                    place: "suzhou",
                    reason: format!(
                        "sites.csv: `{}` has the land-use code `{}`, which is not known here",
                        s.name_zh, s.code
                    ),
                })?;
                Ok((plane(&[s.at])?[0], code.0, s.name_zh.clone()))
            })
            .collect::<Result<_>>()?;
        let hills = facts
            .hills
            .iter()
            .map(|h| {
                Ok(PlaneHill {
                    centre: plane(&[h.centre])?[0],
                    a: h.a_km * 1000.0,
                    b: h.b_km * 1000.0,
                    angle: h.angle_deg.to_radians(),
                })
            })
            .collect::<Result<_>>()?;
        let yangtze_shore = yangtze_shore(facts, &plane)?;
        Ok(Self { extent, partition, features, index, lines, towns, hills, sites, yangtze_shore })
    }
}

type Plane<'a> = dyn Fn(&[Point]) -> Result<Vec<Point>> + 'a;

fn towns(facts: &SuzhouFacts, plane: &Plane) -> Result<Vec<Town>> {
    facts
        .townships
        .iter()
        .map(|t| {
            Ok(Town {
                centre: plane(&[t.centre])?[0],
                kind: t.kind,
                industry: t.industry,
                radius_m: t.town_km * 1000.0,
                unit: t.unit,
            })
        })
        .collect()
}

fn lines(facts: &SuzhouFacts, plane: &Plane) -> Result<Vec<PlaneLine>> {
    facts
        .lines
        .iter()
        .map(|l| {
            let class = match l.class.as_str() {
                "rail" => "rail",
                "motorway" => "motorway",
                _ => "waterway",
            };
            Ok(PlaneLine { name_zh: l.name_zh.clone(), class, line: smooth_line(&plane(&l.line)?) })
        })
        .collect()
}

/// Feature kinds and their directed rings. Later features win where they overlap: canals, motorways and railways over land, lakes over
/// those, harbours over the river.
fn features(
    facts: &SuzhouFacts,
    plane: &Plane,
    partition: &Partition,
    lines: &[PlaneLine],
) -> Result<(Vec<FeatureKind>, Vec<Vec<Ring>>)> {
    let outline: Vec<Ring> = partition.outline().into_iter().flatten().collect();
    let (mut kinds, mut areas) = (vec![FeatureKind::Outline], vec![outline]);
    for class in ["waterway", "motorway", "rail"] {
        let code = match class {
            "rail" => "1001",
            "motorway" => "1003",
            _ => "1101",
        };
        for (fact, line) in facts.lines.iter().zip(lines).filter(|(f, l)| l.class == class && f.width_m > 0.0)
        {
            kinds.push(FeatureKind::Corridor { code });
            areas.push(vec![turned(ribbon(&line.line, fact.width_m), true)]);
        }
    }
    for w in facts.waters.iter().filter(|w| w.kind != WaterKind::Island) {
        let code = crate::suzhou::land_class::class(&w.code).ok_or_else(|| SynthError::Facts {
            place: "suzhou",
            reason: format!(
                "lakes.csv: `{}` has the land-use code `{}`, which is not known here",
                w.name_zh, w.code
            ),
        })?;
        kinds.push(FeatureKind::Whole { code: code.0, name_zh: w.name_zh.clone() });
        let roughness = if w.kind == WaterKind::Port { 0.02 } else { 0.13 };
        let shore = |ring: &[Point], ccw| -> Result<Ring> {
            Ok(turned(natural_ring(&plane(ring)?, GEOGRAPHY_SEED ^ 0x1A4E, 220.0, roughness), ccw))
        };
        let mut rings = vec![shore(&w.ring, true)?];
        if w.kind == WaterKind::Water {
            for island in
                facts.waters.iter().filter(|i| i.kind == WaterKind::Island && i.name_zh == w.name_zh)
            {
                rings.push(shore(&island.ring, false)?);
            }
        }
        areas.push(rings);
    }
    Ok((kinds, areas))
}

fn turned(mut ring: Ring, counter_clockwise: bool) -> Ring {
    if (signed_area(&ring) > 0.0) != counter_clockwise {
        ring.reverse();
    }
    ring
}

/// Points along the river's bank, for the distance to it.
fn yangtze_shore(facts: &SuzhouFacts, plane: &Plane) -> Result<Vec<Point>> {
    let Some(river) = facts.waters.iter().find(|w| w.code == "1101" && w.kind == WaterKind::Water) else {
        return Ok(Vec::new());
    };
    let ring = plane(&river.ring)?;
    Ok(natural_ring(&ring, GEOGRAPHY_SEED ^ 0x1A4E, 900.0, 0.0))
}
