//! Checks of `[layers]` that serde cannot see: keys that need each other.

use crate::config::{Downscale, Pipeline, TableKey};
use crate::load_config::{Loaded, suggest};
use carbonzone_types::{Finding, Findings};

/// Proxies that GDP can be shared out by, besides `poi:<group>`.
const GDP_PROXIES: [&str; 3] = ["people", "light", "area"];

/// Findings with the place in the file.
pub fn check(loaded: &Loaded, findings: &mut Findings) {
    let mut out = Report { loaded, findings };
    check_land_use(&loaded.pipeline, &mut out);
    check_land_over(&loaded.pipeline, &mut out);
    match loaded.pipeline.layers.zones.downscale() {
        Some(downscale) => check_downscale(&loaded.pipeline, downscale, &mut out),
        None => refuse_county_tables(&loaded.pipeline, &mut out),
    }
}

struct Report<'a> {
    loaded: &'a Loaded,
    findings: &'a mut Findings,
}

impl Report<'_> {
    fn add(&mut self, finding: Finding, keys: &[&str]) {
        self.findings.push(self.loaded.at(finding, keys));
    }
}

/// Polygons need a field with the code; the values of a raster are the codes.
fn check_land_use(pipeline: &Pipeline, out: &mut Report<'_>) {
    let parcels = &pipeline.layers.parcels;
    if parcels.is_raster() {
        for (key, given) in [
            ("land_use", !parcels.land_use.is_empty()),
            ("land_use_name", parcels.land_use_name.is_some()),
            ("id", parcels.id.is_some()),
            ("area", parcels.area.is_some()),
        ] {
            if given {
                out.add(
                    Finding::error("raster_has_no_fields", format!("a raster has no field for `{key}`"))
                        .input("parcels", &parcels.source.path)
                        .hint("take the key out: the pixel values are the codes, parcels are numbered"),
                    &["layers", "parcels", key],
                );
            }
        }
    } else if parcels.land_use.is_empty() {
        out.add(
            Finding::error("land_use", "no field with the land-use code is named")
                .layer("parcels")
                .field("layers.parcels.land_use")
                .expected("land_use = \"<field>\"")
                .hint("any name: `check` then lists the fields that are there"),
            &["layers", "parcels"],
        );
    }
}

/// Land laid over the parcels: named, with a code.
fn check_land_over(pipeline: &Pipeline, out: &mut Report<'_>) {
    let layers = &pipeline.layers.land_over;
    for (i, over) in layers.iter().enumerate() {
        let index = i.to_string();
        let keys = ["layers", "land_over", &index];
        let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        if over.name.is_empty() || !over.name.chars().all(plain) || over.name == "parcels" {
            let finding = Finding::error("land_over_name", "the land layer needs a name of its own")
                .value(over.name.clone())
                .expected("letters, digits, _ and -; not \"parcels\"");
            out.add(finding, &[&keys[..], &["name"]].concat());
        } else if layers[..i].iter().any(|other| other.name == over.name) {
            let message = format!("two land layers are called \"{}\"", over.name);
            out.add(Finding::error("land_over_name", message).hint("rename one of them"), &keys);
        }
        if over.as_parcels().is_raster() {
            let finding = Finding::error("land_over_raster", "land laid over the parcels must be polygons")
                .layer(over.name.clone())
                .file(over.source.path.display().to_string());
            out.add(finding.hint("polygonize the raster first"), &keys);
        }
        if over.land_use.is_empty() == over.code.is_none() {
            let message = format!("the land layer \"{}\" needs its land use, in one way", over.name);
            let finding = Finding::error("land_use", message)
                .field("layers.land_over.land_use")
                .expected("land_use = \"<field>\", or code = \"<code>\" for all of it");
            out.add(finding, &keys);
        }
    }
}

fn check_downscale(pipeline: &Pipeline, downscale: &Downscale, out: &mut Report<'_>) {
    let keys = ["layers", "zones", "gdp", "downscale", "proxies"];
    if downscale.proxies.is_empty() {
        out.add(
            Finding::error("gdp_proxies", "GDP needs a proxy to be shared out by")
                .expected("proxies = [\"poi:commercial\", \"people\"]"),
            &keys,
        );
    }
    for (i, proxy) in downscale.proxies.iter().enumerate() {
        if downscale.proxies[..i].contains(proxy) {
            out.add(Finding::error("gdp_proxies", "the proxy is named twice").value(proxy), &keys);
        } else if let Some(finding) = unusable(pipeline, downscale, proxy) {
            out.add(finding.value(proxy), &keys);
        }
    }
    let tables = &pipeline.layers.zones.tables;
    if !tables.iter().any(|t| t.on == TableKey::County && t.gdp.is_some()) {
        out.add(
            Finding::error("gdp_of_counties", "no table gives the GDP of the counties")
                .field("layers.zones.tables")
                .expected("a [[layers.zones.tables]] with on = \"county\" and gdp = \"<column>\""),
            &["layers", "zones", "gdp"],
        );
    }
    for (i, table) in tables.iter().enumerate() {
        let at = ["layers", "zones", "tables", &i.to_string()].map(str::to_owned);
        let at: Vec<&str> = at.iter().map(String::as_str).collect();
        if table.on != TableKey::County && table.gdp.is_some() {
            out.add(
                Finding::error("gdp_twice", "GDP comes from this table and from the counties")
                    .hint("take `gdp` out of the table, or take out `gdp.downscale`"),
                &at,
            );
        }
        if table.on == TableKey::County && table.population.is_some() {
            out.add(
                Finding::error("county_population", "only GDP is shared out from counties, not population")
                    .hint("take `population` out of this table"),
                &at,
            );
        }
    }
}

/// Why a proxy of GDP cannot be used.
fn unusable(pipeline: &Pipeline, downscale: &Downscale, proxy: &str) -> Option<Finding> {
    let layers = &pipeline.layers;
    let error = |message: &str| Finding::error("gdp_proxies", message);
    match proxy {
        "area" => None,
        "light" => downscale.light.is_none().then(|| {
            error("the proxy \"light\" needs a raster")
                .hint("light = { path = \"viirs_2020.tif\" } beside `proxies`")
        }),
        "people" => {
            let of_zones = layers.zones.population.is_some()
                || layers.zones.tables.iter().any(|t| t.population.is_some());
            (layers.population.is_none() && !of_zones).then(|| {
                error("the proxy \"people\" needs people")
                    .hint("add [layers.population], or a population column of the zones")
            })
        }
        _ if proxy.strip_prefix("poi:").is_some_and(|g| !g.is_empty()) => {
            layers.poi.is_none().then(|| error("the proxy needs points of interest").hint("add [layers.poi]"))
        }
        _ => {
            let finding = error("unknown proxy of GDP").expected("poi:<group>, people, light, area");
            let known = GDP_PROXIES.into_iter().chain(["poi:commercial", "poi:industry"]);
            Some(match proxy {
                "population" => finding.hint("did you mean \"people\"?"),
                _ => suggest(finding, proxy, known),
            })
        }
    }
}

/// A county table is of use only to the downscaling.
fn refuse_county_tables(pipeline: &Pipeline, out: &mut Report<'_>) {
    for (i, table) in pipeline.layers.zones.tables.iter().enumerate() {
        if table.on == TableKey::County {
            out.add(
                Finding::error("county_table", "a table of counties is used only to share out GDP")
                    .expected(
                        "[layers.zones.gdp] with downscale = { from = \"<county field>\", proxies = [...] }",
                    )
                    .hint("for a table of zones: on = \"id\" or on = \"name\""),
                &["layers", "zones", "tables", &i.to_string(), "on"],
            );
        }
    }
}
