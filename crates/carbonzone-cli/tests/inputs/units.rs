//! Units of the zone tables that are none of persons or money, and those that are written in other ways.

use crate::assert_mentions;
use crate::tables::Town;

#[test]
fn densities_households_and_numbers_per_head_are_no_persons_and_no_gdp() {
    let mut town = Town::new();
    let table = |population: &str, gdp: &str| {
        format!("id,{population},{gdp}\nZ1,9000,90000\nZ2,5000,50000\nZ3,2000,20000\n")
    };
    for (population, gdp, word) in [
        ("population", "gdp（万元/人）", "/人"),
        ("population", "人均gdp（元）", "人均"),
        ("population", "gdp growth %", "%"),
        ("population（户）", "gdp", "户"),
        ("population（人/平方公里）", "gdp", "/平方公里"),
        ("population density", "gdp", "density"),
    ] {
        town.write("stats.csv", table(population, gdp));
        let config =
            format!("path = \"stats.csv\"\nkey = \"id\"\npopulation = \"{population}\"\ngdp = \"{gdp}\"");
        town.table = config.leak();
        assert_mentions(
            &town.refused(),
            &["error[unit_suspect]", &format!("names {word}, which cannot be converted")],
        );
    }
    // 億元, 10⁴人 and a bare 万 are units.
    for (population, gdp) in [("population（10⁴人）", "gdp（億元）"), ("population_万", "gdp_亿")]
    {
        let rows = "Z1,0.9,9\nZ2,0.5,5\nZ3,0.2,2\n";
        town.write("stats.csv", format!("id,{population},{gdp}\n{rows}"));
        let config =
            format!("path = \"stats.csv\"\nkey = \"id\"\npopulation = \"{population}\"\ngdp = \"{gdp}\"");
        town.table = config.leak();
        assert_mentions(&town.run().0, &["info[unit_converted]"]);
        assert_eq!(town.zone_numbers("population_persons"), [9000.0, 5000.0, 2000.0]);
        assert_eq!(town.zone_numbers("gdp_1e4cny"), [90000.0, 50000.0, 20000.0]);
    }
}

#[test]
fn a_zone_table_that_cannot_be_read_is_told_once() {
    let mut town = Town::new();
    town.population = "kind = \"zones\"";
    town.write("stats.csv", "id,population,gdp\nZ1,9000,90000,1\nZ2,5000,50000\nZ3,2000,20000\n");
    let said = town.refused();
    assert!(said.contains("error[ragged_rows]") && !said.contains("population_of_zones"), "{said}");
}
