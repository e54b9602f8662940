//! The written formats, guarded without QGIS or a browser. `INSTA_UPDATE=always cargo test -p carbonzone-report` re-records.
#![allow(missing_docs, clippy::unwrap_used)]

use crate::common;
use carbonzone_report::figure::{Fonts, draw};
use carbonzone_report::style::{Figure, Scale, figures, figures_of_years, project_maps};
use carbonzone_report::{Lang, MapData, RenderOptions, html, qgis, render};
use carbonzone_types::NoProgress;
use quick_xml::events::Event;

/// Numbers with more than six digits are rounded to six significant ones, so that another machine's last bit does not matter;
/// packed data become their kind only.
fn stable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let number: usize = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        if c.is_ascii_digit()
            && number > 7
            && rest[..number].matches('.').count() == 1
            && !rest[..number].ends_with('.')
        {
            let value: f64 = rest[..number].parse().unwrap();
            out.push_str(&((value * 1e3).round() / 1e3).to_string());
            rest = &rest[number..];
        } else if let Some(data) = rest.strip_prefix("base64,").or_else(|| rest.strip_prefix("base64:")) {
            out.push_str("base64 ...");
            rest = data.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "+/=".contains(c));
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

fn small() -> (MapData, Vec<Figure>, RenderOptions) {
    let data = common::city(100);
    let options = RenderOptions::default();
    let all = figures(&data, &options).unwrap();
    (data, all, options)
}

fn named<'a>(all: &'a [Figure], name: &str) -> &'a Figure {
    all.iter().find(|f| f.name == name).unwrap()
}

#[test]
fn figure_names_are_those_of_the_paper() {
    let (_, all, _) = small();
    let names: Vec<&str> = all.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "fig4_shares",
            "fig5a_parcels",
            "fig5b_grid",
            "grid_intensity",
            "fig6a_emission",
            "fig6b_sink",
            "fig7_ccr",
            "fig8a_ecc",
            "fig8b_esc",
            "fig9a_zones",
            "fig9b_counts",
            "fig9c_shares",
        ]
    );
}

#[test]
fn project_xml_is_as_recorded() {
    let (data, all, options) = small();
    let qgs = qgis::project(&data, &all, &[], &options).unwrap().qgs;
    // Layouts differ in their map layer only: two of them are recorded, a chart and a map.
    let pages: Vec<&str> = qgs.split("<Layout ").collect();
    let rest = qgs.split("</Layouts>").nth(1).unwrap();
    let recorded = format!("{}<Layout {}<Layout {}...</Layouts>{rest}", pages[0], pages[1], pages[2]);
    insta::assert_snapshot!("project", stable(&recorded));
}

#[test]
fn qml_of_zones_and_rasters_is_as_recorded() {
    let (data, all, options) = small();
    for (file, text) in qgis::sidecars(&data, &all, &options, Lang::Both).unwrap() {
        insta::assert_snapshot!(file.replace('.', "_"), stable(&text));
    }
    let ecc = named(&all, "fig8a_ecc").map().unwrap();
    insta::assert_snapshot!(
        "fig8a_ecc_qml",
        stable(&qgis::vector_qml(ecc, &qgis::Names::of(&data.zones, Lang::En), Lang::En).unwrap())
    );
}

#[test]
fn figures_are_as_recorded() {
    let (data, all, _) = small();
    for name in
        ["fig4_shares", "fig5a_parcels", "fig6a_emission", "fig9a_zones", "fig9b_counts", "fig9c_shares"]
    {
        let text = draw(&data, named(&all, name), Lang::Both, &Fonts::shipped()).unwrap().svg().to_owned();
        insta::assert_snapshot!(format!("{name}_svg"), stable(&text));
    }
}

/// The rules that QGIS enforces silently: unique ids of more than ten characters that every reference meets.
#[test]
fn every_reference_in_the_project_meets_a_layer() {
    let (data, all, options) = small();
    let qgs = qgis::project(&data, &all, &[], &options).unwrap().qgs;
    let mut reader = quick_xml::Reader::from_str(&qgs);
    let (mut path, mut ids, mut used) = (Vec::new(), Vec::new(), Vec::new());
    let (mut themes, mut layouts, mut uuids) = (0, 0, Vec::new());
    loop {
        let event = reader.read_event().unwrap();
        let (start, empty) = match &event {
            Event::Start(s) => (Some(s.clone()), false),
            Event::Empty(s) => (Some(s.clone()), true),
            _ => (None, false),
        };
        if let Some(start) = start {
            let name = start.name().0.to_owned();
            let attribute = |key: &str| {
                start.attributes().flatten().find(|a| a.key.0 == key).map(|a| a.value.into_owned())
            };
            match name.as_str() {
                "layer-tree-layer" => used.push(attribute("id").unwrap()),
                "layer" if path.last().is_some_and(|p| p == "visibility-preset") => {
                    used.push(attribute("id").unwrap());
                }
                "visibility-preset" => themes += 1,
                "Layout" => layouts += 1,
                "LayoutItem" => uuids.push(attribute("uuid").unwrap()),
                _ => {}
            }
            if !empty {
                path.push(name);
            }
        }
        match event {
            Event::End(_) => drop(path.pop()),
            Event::Text(t) => {
                let text = t.trim().to_owned();
                match path.last().map(String::as_str) {
                    Some("id") => ids.push(text),
                    Some("Layer") => used.push(text),
                    _ => {}
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(ids.iter().all(|id| id.len() > 10), "{ids:?}");
    let mut unique = ids.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), ids.len());
    assert!(used.iter().all(|id| ids.contains(id)), "{used:?}");
    let total = uuids.len();
    uuids.sort();
    uuids.dedup();
    assert_eq!(uuids.len(), total, "layout items share a uuid");
    // Nine maps, the two bands of the grid, and the raster of zones.
    assert_eq!((themes, layouts), (12, 12));
}

#[test]
fn project_paths_are_relative_with_forward_slashes() {
    let (data, all, options) = small();
    let qgs = qgis::project(&data, &all, &[], &options).unwrap().qgs;
    for line in qgs.lines().filter(|l| l.contains("<datasource>")) {
        assert!(line.contains("<datasource>./") && !line.contains('\\'), "{line}");
    }
    assert!(qgs.contains("<Absolute type=\"bool\">false</Absolute>"));
}

#[test]
fn every_layer_style_row_is_a_style_and_one_per_table_is_the_default() {
    let (data, all, _) = small();
    let rows = qgis::layer_styles(&data, &all, &[], Lang::Both).unwrap();
    for table in ["parcels", "grid_1km", "townships", "zones"] {
        assert_eq!(rows.iter().filter(|r| r.table == table && r.default).count(), 1, "{table}");
    }
    assert!(rows.iter().all(|r| r.name.chars().count() <= 30 && r.qml.contains("<renderer-v2")));
}

/// A class as a writer wrote it: legend text, bounds (empty for categories) and `#rrggbb`.
type Written = (String, String, String, String);

fn attribute<'a>(tag: &'a str, name: &str) -> &'a str {
    let start = tag.find(&format!(" {name}=\"")).unwrap() + name.len() + 3;
    &tag[start..start + tag[start..].find('"').unwrap()]
}

/// The classes of a `<renderer-v2>`, read back from its XML.
fn classes_of_xml(xml: &str) -> Vec<Written> {
    let colour = |symbol: &str| {
        let at = xml.find(&format!("<symbol type=\"fill\" name=\"{symbol}\"")).unwrap();
        let option = xml[at..].find("<Option name=\"color\"").unwrap() + at;
        let rgb: Vec<u8> =
            attribute(&xml[option..], "value").split(',').take(3).map(|v| v.parse().unwrap()).collect();
        format!("#{:02x}{:02x}{:02x}", rgb[0], rgb[1], rgb[2])
    };
    let tags = xml.split('<').filter(|t| t.starts_with("range ") || t.starts_with("category "));
    let bound = |tag: &str, name: &str| {
        if tag.starts_with("range ") { attribute(tag, name).to_owned() } else { String::new() }
    };
    tags.map(|t| {
        (
            attribute(t, "label").to_owned(),
            bound(t, "lower"),
            bound(t, "upper"),
            colour(attribute(t, "symbol")),
        )
    })
    .collect()
}

/// The classes of the style model in the same form, without the one for missing values.
fn classes_of_model(figure: &Figure, lang: Lang) -> Vec<Written> {
    match &figure.map().unwrap().scale {
        Scale::Graduated { classes, .. } => classes
            .iter()
            .map(|c| (c.label.text(lang), format!("{:?}", c.lower), format!("{:?}", c.upper), c.color.hex()))
            .collect(),
        Scale::Categorized { categories, .. } => categories
            .iter()
            .map(|c| (c.label.text(lang), String::new(), String::new(), c.color.hex()))
            .collect(),
    }
}

/// What a reader sees of an SVG: its texts without tags, blanks of broken lines put back.
fn seen(svg: &str) -> String {
    let texts = svg.lines().filter(|l| l.starts_with("<text"));
    let plain = |l: &str| {
        l.split('<').filter_map(|p| p.split_once('>')).map(|(_, t)| t.to_owned()).collect::<String>()
    };
    texts.map(plain).collect::<Vec<_>>().join(" ").replace("&lt;", "<").replace("&gt;", ">")
}

#[test]
fn every_writer_says_the_same_breaks_colours_and_labels() {
    let (data, all, options) = small();
    for lang in [Lang::En, Lang::Zh] {
        let options = RenderOptions { lang, ..options.clone() };
        let qgs = qgis::project(&data, &all, &[], &options).unwrap().qgs;
        let rows = qgis::layer_styles(&data, &all, &[], lang).unwrap();
        let page =
            html::page((&data, &data), &data.manifest, &all, &[], &options, &Fonts::shipped()).unwrap().html;
        let payload = page.split("id=\"data\">").nth(1).unwrap().split("</script>").next().unwrap();
        let payload: serde_json::Value = serde_json::from_str(payload).unwrap();
        let of_page = |name: &str| -> Vec<(String, String)> {
            let styles =
                payload["layers"].as_array().unwrap().iter().flat_map(|l| l["styles"].as_array().unwrap());
            let style = styles.into_iter().find(|s| s["name"] == name).unwrap();
            let text = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
            let key = if lang == Lang::En { "en" } else { "zh" };
            style["rows"]
                .as_array()
                .unwrap()
                .iter()
                .map(|r| (text(&r["label"][key]), text(&r["color"])))
                .collect()
        };
        let mut maps = 0;
        for figure in all.iter().filter(|f| f.map().is_some()) {
            maps += 1;
            let model = classes_of_model(figure, lang);
            let compare = |found: Vec<Written>, writer: &str| {
                assert_eq!(&found[..model.len()], &model[..], "{} in {writer}", figure.name);
                // At most the class of missing values follows.
                assert!(found.len() <= model.len() + 1, "{} in {writer}", figure.name);
            };
            let layer =
                qgs.split("<maplayer ").find(|l| l.contains(&format!("<id>lyr_figure_{}</id>", figure.name)));
            compare(classes_of_xml(layer.unwrap()), "the project");
            compare(
                classes_of_xml(&rows.iter().find(|r| r.name == figure.name).unwrap().qml),
                "layer_styles",
            );
            let drawing = draw(&data, figure, lang, &Fonts::shipped()).unwrap().svg().to_owned();
            let texts = seen(&drawing).replace(' ', "");
            for (label, _, _, colour) in &model {
                assert!(
                    texts.contains(&label.replace(' ', "")),
                    "{}: \"{label}\" in the figure",
                    figure.name
                );
                let drawn = drawing.matches(colour.as_str()).count();
                assert!(
                    figure.name == "fig5a_parcels" || drawn > 0,
                    "{}: {colour} in the figure",
                    figure.name
                );
            }
            let short: Vec<(String, String)> = model.iter().map(|c| (c.0.clone(), c.3.clone())).collect();
            assert_eq!(of_page(&figure.name), short, "{} in the page", figure.name);
        }
        assert_eq!(maps, 9);
    }
}

#[test]
fn every_shown_band_of_the_grid_is_a_layer_with_the_classes_of_its_figure_and_a_theme() {
    let (data, all, options) = small();
    let options = RenderOptions { lang: Lang::En, ..options };
    let project = qgis::project(&data, &all, &[], &options).unwrap();
    let qgs = &project.qgs;
    let layer = |id: &str| qgs.split("<maplayer ").find(|l| l.contains(&format!("<id>{id}</id>"))).unwrap();
    let net = layer("lyr_raster_grid_1km_3");
    assert!(net.contains("band=\"3\"") && net.contains("<layername>Net carbon emission ("), "{net}");
    let items: Vec<(String, String)> = net
        .split('<')
        .filter(|t| t.starts_with("item "))
        .map(|t| (attribute(t, "label").to_owned(), attribute(t, "color").to_owned()))
        .collect();
    let model = classes_of_model(named(&all, "fig5b_grid"), Lang::En);
    assert_eq!(items, model.iter().map(|c| (c.0.clone(), c.3.clone())).collect::<Vec<_>>());
    let gross = layer("lyr_raster_grid_1km_1");
    assert!(gross.contains("band=\"1\"") && gross.contains("<layername>Gross emission ("), "{gross}");
    for theme in ["grid_1km_gross_t", "grid_1km_net_t", "zones_raster"] {
        let listed = project.list.themes.iter().find(|t| t.key == theme).unwrap();
        assert!(qgs.contains(&format!("<visibility-preset name=\"{}\"", listed.name.en)), "{theme}");
    }
}

#[test]
fn planners_get_themes_for_sectors_rates_and_borderline_zones_and_every_layer_its_style() {
    let (data, all, options) = small();
    let further = project_maps(&data, &options).unwrap();
    let project = qgis::project(&data, &all, &further, &options).unwrap();
    let keys: Vec<&str> = project.list.themes.iter().map(|t| t.key.as_str()).collect();
    for key in ["townships_industry_t", "townships_gross_t_km2", "grid_1km_transport_t", "parcels_industry_t"]
    {
        assert!(keys.contains(&key), "{key} in {keys:?}");
    }
    let near = data.zones.table.texts("borderline").unwrap().iter().flatten().any(|v| v == "true");
    assert_eq!(keys.contains(&"townships_borderline"), near);
    let mut names: Vec<String> = project.list.themes.iter().map(|t| t.name.text(options.lang)).collect();
    assert!(names.iter().zip(&keys).all(|(name, key)| name != key));
    names.sort();
    names.dedup();
    assert_eq!(names.len(), keys.len());
    let rows = qgis::layer_styles(&data, &all, &further, options.lang).unwrap();
    for layer in project.list.layers.iter().filter(|l| l.kind == qgis::LayerKind::Vector) {
        let style = layer.style.as_ref().unwrap();
        let found = rows.iter().filter(|r| Some(&r.table) == layer.table.as_ref() && r.name == *style);
        assert_eq!(found.count(), 1, "{layer:?}");
    }
    // Further maps have no page: a page per figure, with one graticule and one locator per page of a map.
    assert_eq!(project.qgs.matches("<Layout ").count(), all.len());
    let maps = all.iter().filter(|f| f.map().is_some()).count();
    assert_eq!(project.qgs.matches("<ComposerMapGrid ").count(), maps);
    assert_eq!(project.qgs.matches("<ComposerMapOverview ").count(), maps);
}

#[test]
fn english_projects_write_english_names_where_there_are_any() {
    let (mut data, all, options) = small();
    let english = RenderOptions { lang: Lang::En, ..options.clone() };
    let label = "fieldName=\"coalesce(&quot;name_en&quot;, &quot;name&quot;)\" isExpression=\"1\"";
    assert!(qgis::project(&data, &all, &[], &english).unwrap().qgs.contains(label));
    assert!(qgis::layer_styles(&data, &all, &[], Lang::En).unwrap().iter().any(|r| r.qml.contains(label)));
    let sidecars = qgis::sidecars(&data, &all, &english, Lang::En).unwrap();
    assert!(sidecars.iter().any(|(file, text)| file == "townships.qml" && text.contains(label)));
    assert!(!qgis::project(&data, &all, &[], &options).unwrap().qgs.contains("fieldName=\"coalesce"));
    data.zones.table.columns.retain(|c| c.name != "name_en");
    let qgs = qgis::project(&data, &all, &[], &english).unwrap().qgs;
    assert!(!qgs.contains("name_en") && qgs.contains("fieldName=\"name\" isExpression=\"0\""));
}

#[test]
fn units_without_a_value_have_a_class_of_their_own_in_qgis() {
    let (data, all, _) = small();
    let names = qgis::Names::of(&data.zones, Lang::En);
    let qml = qgis::vector_qml(named(&all, "fig8a_ecc").map().unwrap(), &names, Lang::En).unwrap();
    assert!(qml.contains("attr=\"coalesce(&quot;ecc&quot;, -"), "{qml}");
    assert!(qml.contains("label=\"no data\""));
}

#[test]
fn english_figures_write_english_names() {
    let (data, all, _) = small();
    for figure in all.iter().filter(|f| f.name != "fig5a_parcels") {
        let text = draw(&data, figure, Lang::En, &Fonts::shipped()).unwrap().svg().to_owned();
        let drawn =
            text.lines().filter(|l| l.starts_with("<text") && !l.contains("Source:")).collect::<String>();
        assert!(drawn.chars().all(|c| u32::from(c) < 0x2e80), "{}", figure.name);
        assert!(
            figure.map().is_none() || drawn.contains("Gucheng"),
            "{}: the English names are drawn",
            figure.name
        );
    }
}

#[test]
fn a_character_that_no_font_has_is_told_in_the_record_and_the_page() {
    let dir = tempfile::tempdir().unwrap();
    let mut data = common::city(100);
    data.manifest.title_zh = "古\u{10fff0}城".to_owned();
    let options = RenderOptions { dpi: 40, ..RenderOptions::default() };
    let done = render(&data, &options, dir.path(), &NoProgress).unwrap();
    assert_eq!(done.findings.len(), 1, "{:?}", done.findings);
    done.note_in(&mut data.manifest);
    done.note_in(&mut data.manifest);
    let noted: Vec<_> = data.manifest.findings.iter().filter(|f| f.code == "character_not_drawn").collect();
    assert!(noted.len() == 1 && noted[0].message.contains("U+10FFF0"), "{noted:?}");
    assert_eq!(data.manifest.fonts[0].family, "Noto Sans CJK SC");
    assert_eq!(data.manifest.fonts.len(), 1, "the small digits of CO₂ and km² need no other face");
    let page = std::fs::read_to_string(dir.path().join("report.html")).unwrap();
    assert!(page.contains("U+10FFF0"));
}

#[test]
fn the_page_needs_no_other_file_and_escapes_names() {
    let (mut data, _, options) = small();
    "</script><b>Evil & Co".clone_into(&mut data.manifest.title_en);
    let page = html::page(
        (&data, &data),
        &data.manifest,
        &figures(&data, &options).unwrap(),
        &[],
        &options,
        &Fonts::shipped(),
    )
    .unwrap()
    .html;
    assert!(!page.contains("<b>Evil"), "names are escaped");
    // Names of namespaces in the workbook that the page can make are no addresses: nothing asks for them.
    let names = page.matches("'http://schemas.openxmlformats.org/'").count();
    let outside = page.matches("http").count() - page.matches("http-equiv").count() - names;
    assert_eq!(outside, 0, "no address of any kind");
    assert!(page.contains("default-src 'none'"));
    assert_eq!(page.matches("</script>").count(), 2);
}

#[test]
fn a_study_without_parcels_grid_and_indices_still_has_maps() {
    let (mut data, _, options) = small();
    data.parcels = None;
    data.grid = None;
    data.rasters.clear();
    data.manifest.indicators.clear();
    "counties".clone_into(&mut data.zones.name);
    "counties".clone_into(&mut data.manifest.zones_layer);
    let all = figures(&data, &options).unwrap();
    assert!(all.iter().any(|f| f.name == "fig6a_emission"));
    assert!(named(&all, "fig6a_emission").title.en.starts_with("Carbon emission by county"));
    qgis::project(&data, &all, &[], &options).unwrap();
    html::page(
        (&data, &data),
        &data.manifest,
        &figures(&data, &options).unwrap(),
        &[],
        &options,
        &Fonts::shipped(),
    )
    .unwrap();
}

#[test]
fn several_years_share_their_classes_and_each_year_has_its_maps() {
    let data = common::two_years(100);
    let options = RenderOptions::default();
    let all = figures_of_years(&data, &options).unwrap();
    let (now, then) = (named(&all, "fig6a_emission"), named(&all, "fig6a_emission_2015"));
    let bounds = |f: &Figure| match &f.map().unwrap().scale {
        Scale::Graduated { classes, .. } => classes.iter().map(|c| c.upper).collect::<Vec<_>>(),
        Scale::Categorized { .. } => panic!("graduated expected"),
    };
    assert_eq!(bounds(now), bounds(then));
    let said = |f: &Figure| match &f.map().unwrap().scale {
        Scale::Graduated { method, .. } => method.en.contains("classes of all 2 years 2015–2020 together"),
        Scale::Categorized { .. } => false,
    };
    assert!(said(now) && said(then), "n counts the units of both years");
    assert!(now.title.en.contains("2020") && then.title.en.contains("2015"));
    let counts = |f: &Figure| {
        let entries = f.map().unwrap().entries();
        entries.iter().map(|(_, n)| n.parse::<usize>().unwrap()).sum::<usize>()
    };
    assert_eq!((counts(now), counts(then)), (12, 12));
    assert!(all.iter().any(|f| f.name == "fig_series"));
    let qgs = qgis::project(&data, &all, &[], &options).unwrap().qgs;
    assert!(
        qgs.contains("layername=townships|subset=&quot;year&quot; = 2015"),
        "the layer of 2015 shows that year"
    );
    assert!(qgs.contains("startExpression=\"make_datetime("), "there is a temporal layer");
}

#[test]
fn rendering_writes_every_file_it_names() {
    let dir = tempfile::tempdir().unwrap();
    let options = RenderOptions { dpi: 40, ..RenderOptions::default() };
    let done = render(&common::two_years(100), &options, dir.path(), &NoProgress).unwrap();
    assert!(
        done.files
            .iter()
            .all(|(f, what)| dir.path().join(f).metadata().unwrap().len() > 100 && !what.is_empty())
    );
    for file in
        ["demo.qgz", "report.html", "townships.qml", "figures/fig9a_zones.png", "figures/fig_series.svg"]
    {
        assert!(done.files.iter().any(|(f, _)| f == std::path::Path::new(file)), "{file}");
    }
    assert!(
        !done.files.iter().any(|(f, _)| f == std::path::Path::new("demo.qml")),
        "never a style beside the GeoPackage"
    );
    the_page_has_every_year(&std::fs::read_to_string(dir.path().join("report.html")).unwrap());
}

/// A slider over the years; classes and numbers of the zones for each of them, in one set of classes for all.
fn the_page_has_every_year(page: &str) {
    assert!(page.contains("id=\"year\" type=\"range\" min=\"0\" max=\"1\""));
    let data = page.split("id=\"data\">").nth(1).unwrap().split("</script>").next().unwrap();
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["years"], serde_json::json!([2015, 2020]));
    let zones = &data["layers"][0];
    let numbers = |year: usize, field: &str| zones["years"][year][field].as_str().unwrap().to_owned();
    assert!(numbers(0, "gross_t") != numbers(1, "gross_t"), "both years have their numbers");
    assert_eq!(numbers(1, "gross_t"), zones["columns"]["gross_t"].as_str().unwrap());
    let styles = zones["styles"].as_array().unwrap();
    for style in styles {
        assert_eq!(style["years"].as_array().unwrap().len(), 2);
        assert_eq!(style["years"][1], style["classes"], "{}", style["field"]);
    }
    let pooled = |style: &serde_json::Value| style["method"]["en"].as_str().unwrap().contains("all 2 years");
    assert!(styles.iter().any(pooled), "the cuts are of all years");
}

#[test]
fn derived_gdp_is_said_in_the_legend_of_the_economic_index() {
    let (mut data, _, options) = small();
    let plain = data.clone();
    let mut method = |name: &str, derived: &dyn Fn(usize) -> bool| {
        let column = (0..12).map(|i| Some(derived(i))).collect();
        data.zones.table = plain.zones.table.clone();
        data.zones.table.push("gdp_derived", carbonzone_types::ColumnData::Bool(column));
        let all = figures(&data, &options).unwrap();
        match &named(&all, name).map().unwrap().scale {
            Scale::Graduated { method, .. } => method.clone(),
            Scale::Categorized { .. } => panic!("graduated expected"),
        }
    };
    let name = plain.zones.table.texts("name_en").unwrap()[3].clone().unwrap();
    let one = method("fig8a_ecc", &|i| i == 3);
    assert!(one.en.ends_with(&format!("; GDP of {name} is derived, not reported")), "{one:?}");
    assert!(method("fig8a_ecc", &|_| true).zh.ends_with("；全部 12 个乡镇（街道）的GDP为推算值，非统计值"));
    assert!(method("fig8a_ecc", &|i| i < 5).en.contains("GDP of 5 of 12 townships is derived"));
    assert!(!method("fig8a_ecc", &|_| false).en.contains("GDP"));
    assert!(!method("fig8b_esc", &|_| true).en.contains("GDP"));
}

#[test]
fn long_legend_headings_break_in_print_layouts() {
    let (mut data, _, options) = small();
    let ecc = data.manifest.indicators.iter_mut().find(|i| i.key == "ecc").unwrap();
    ecc.label_en = "Economic contribution coefficient of emissions (ECC)".to_owned();
    let all = figures(&data, &options).unwrap();
    let qgs = qgis::project(&data, &all, &[], &options).unwrap().qgs;
    let broken = ["\n", "&#10;", "&#xA;", "&#xa;"].iter().any(|newline| {
        qgs.contains(&format!("Economic contribution coefficient of{newline}emissions (ECC)"))
    });
    assert!(broken, "the heading has two lines");
}

#[test]
fn the_print_layout_of_a_chart_says_its_source_once() {
    let (data, all, options) = small();
    let qgs = qgis::project(&data, &all, &[], &options).unwrap().qgs;
    let layout = |name: &str| {
        let short = all.iter().find(|f| f.name == name).unwrap().short.text(options.lang);
        assert!(!short.contains("fig"), "{short}: a name for people");
        let from = qgs.find(&format!("<Layout name=\"{short}\"")).unwrap();
        qgs[from..].split("</Layout>").next().unwrap().to_owned()
    };
    assert!(!data.manifest.source_note.is_empty());
    assert!(layout("fig8a_ecc").contains(&data.manifest.source_note));
    assert!(!layout("fig9b_counts").contains(&data.manifest.source_note), "the picture says it");
    assert!(layout("fig9b_counts").contains(&data.manifest.crs));
}

#[test]
fn the_facts_of_the_page_count_the_classes_of_the_year_shown() {
    let (mut data, all, options) = small();
    for class in &mut data.manifest.zone_classes {
        class.count = 9_876;
    }
    let page =
        html::page((&data, &data), &data.manifest, &all, &[], &options, &Fonts::shipped()).unwrap().html;
    let facts = page.split("<ul class=\"facts\">").nth(1).unwrap().split("</ul>").next().unwrap();
    let Scale::Categorized { categories, .. } = &named(&all, "fig9a_zones").map().unwrap().scale else {
        panic!("categories expected")
    };
    assert!(!facts.contains("9876"), "{facts}");
    for category in categories.iter().filter(|c| c.count > 0) {
        let at = facts.find(&category.label.en).unwrap();
        let value = facts[..at].rsplit("<b>").next().unwrap();
        assert!(value.starts_with(&format!("{}</b>", category.count)), "{value}");
    }
}
