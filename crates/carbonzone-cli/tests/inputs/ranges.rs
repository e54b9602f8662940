//! Numbers that no city has: each is a finding of `check` with its key or its cell, and never a NaN in a result.

use crate::assert_mentions;
use crate::common::expect;
use crate::common::tiny::Tiny;

/// File, text that stands in it, what takes its place.
type Edits<'a> = &'a [(&'a str, &'a str, &'a str)];

/// What `check` says of a small city with changed files and more settings; it must refuse it.
fn refused(edits: Edits<'_>, more: &str) -> String {
    let tiny = Tiny::new();
    for (file, from, to) in edits {
        let path = format!("city/{file}");
        let text = tiny.read(&path);
        assert!(text.contains(from), "{file} has no `{from}`");
        tiny.write(&path, &text.replacen(from, to, 1));
    }
    tiny.write("city/plants.csv", "id,t,rule,x,y\nmill,1e300,r1,500100,3400100\n");
    let text = tiny.read("city/p.toml") + more;
    tiny.write("city/p.toml", &text);
    let (stdout, stderr) = expect(1, &["check", &tiny.path("city/p.toml"), "--quiet"]);
    assert!(stderr.is_empty() && !stdout.contains("NaN"), "{stdout}\n{stderr}");
    stdout
}

#[test]
fn amounts_of_tables_and_layers_have_a_limit() {
    let places: [(Edits<'_>, &str, &[&str]); 4] = [
        (&[("stats.csv", "a,100,10", "a,1e300,10")], "", &["not_a_number", "cell B2", "\"1e300\"", "1e15"]),
        (&[("stats.csv", "b,200,20", "b,200,2e15")], "", &["not_a_number", "cell C3", "1e15"]),
        (&[("stats.csv", "b,200,20", "b,200,-1e300")], "", &["not_a_number", "cell C3", "1e15"]),
        (
            &[],
            "[layers.point_sources]\nsource = { path = \"plants.csv\", crs = \"EPSG:4549\" }\nid = \"id\"\ntonnes = \"t\"\nrule = \"rule\"\n",
            &["negative_or_nan_value", "mill", "1e15"],
        ),
    ];
    for (edits, more, needles) in places {
        assert_mentions(&refused(edits, more), needles);
    }
}

#[test]
fn numbers_of_the_pipeline_file_have_a_limit_and_are_named_at_once() {
    let said = refused(
        &[("p.toml", "amount = 1000.0", "amount = 1e300"), ("p.toml", "amount = 50.0", "amount = 2e15")],
        "smoothing = 1e300\n[aggregate]\ncell_m = 1e300\n[zoning]\ngdp_total = 1e16\nborderline_pct = 1e4\n\
         [sinks]\ncoefficients_t_ha = { forest = 1e7 }\n",
    );
    assert_mentions(
        &said,
        &[
            "cell_size",
            "more than 0, at most 1000000 m",
            "allocate.1.smoothing",
            "zoning.gdp_total",
            "zoning.borderline_pct",
            "sinks.coefficients_t_ha.forest",
            "total industry:a",
            "total sink:d",
            "from 0 to 1e15 t",
        ],
    );
}

#[test]
fn a_cell_that_is_no_size_at_all_is_refused_too() {
    for cell in ["1e-300", "5e-324", "0.0", "-0.0"] {
        let said = refused(&[], &format!("[aggregate]\ncell_m = {cell}\n"));
        assert!(said.contains("error[cell_size]") || said.contains("error[grid]"), "{cell}: {said}");
    }
}
