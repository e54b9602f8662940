//! Names of units that tell them apart: two townships of one name are shown with their districts.

use crate::Label;
use carbonzone_types::AttributeTable;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of the units of a layer, one entry per row; a unit of several years has several rows.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// Ids.
    pub ids: &'a [String],
    /// Names.
    pub names: &'a [String],
    /// English names, where given.
    pub english: &'a [Option<String>],
    /// Districts, where given.
    pub districts: &'a [Option<String>],
    /// Their English names, where given.
    pub districts_en: &'a [Option<String>],
}

impl Named<'_> {
    /// The name of every row in both languages: as given where no other unit has it, else with the district, and with the id
    /// where that does not tell units apart either.
    ///
    /// ```
    /// use carbonzone_report::names::Named;
    /// let ids = ["1", "2", "3"].map(str::to_owned);
    /// let names = ["虞山街道", "玉山镇", "虎丘"].map(str::to_owned);
    /// let english = ["Yushan", "Yushan", "Huqiu"].map(|n| Some(n.to_owned()));
    /// let districts = ["常熟市", "昆山市", "姑苏区"].map(|n| Some(n.to_owned()));
    /// let in_english = ["Changshu", "Kunshan", "Gusu"].map(|n| Some(n.to_owned()));
    /// let of = Named { ids: &ids, names: &names, english: &english, districts: &districts, districts_en: &in_english };
    /// let shown = of.shown();
    /// assert_eq!((shown[0].en.as_str(), shown[0].zh.as_str()), ("Yushan (Changshu)", "虞山街道"));
    /// assert_eq!(shown[2].en, "Huqiu");
    /// ```
    pub fn shown(&self) -> Vec<Label> {
        let zh: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let english = |row: usize| self.english.get(row).and_then(Option::as_deref).filter(|n| !n.is_empty());
        let en: Vec<&str> = (0..zh.len()).map(|row| english(row).unwrap_or(zh[row])).collect();
        let english = |(row, zh): (usize, &Option<String>)| {
            self.districts_en.get(row).cloned().flatten().or_else(|| zh.clone())
        };
        let districts_en: Vec<Option<String>> = self.districts.iter().enumerate().map(english).collect();
        let (en, zh) = (
            self.told_apart(&en, &districts_en, [" (", ")"]),
            self.told_apart(&zh, self.districts, ["（", "）"]),
        );
        en.into_iter().zip(zh).map(|(en, zh)| Label::new(en, zh)).collect()
    }

    fn told_apart(
        &self,
        names: &[&str],
        districts: &[Option<String>],
        [open, close]: [&str; 2],
    ) -> Vec<String> {
        let id = |row: usize| self.ids.get(row).map_or("", String::as_str);
        let district = |row: usize| districts.get(row).and_then(Option::as_deref).unwrap_or_default();
        let mut bearers: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut in_district: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
        for (row, name) in names.iter().enumerate() {
            bearers.entry(name).or_default().insert(id(row));
            in_district.entry((name, district(row))).or_default().insert(id(row));
        }
        let one = |(row, name): (usize, &&str)| {
            let district = district(row);
            let own = bearers[name].len() < 2;
            let by = if district.is_empty() || in_district[&(*name, district)].len() > 1 {
                [district, id(row)].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" ")
            } else {
                district.to_owned()
            };
            if own || by == **name { (*name).to_owned() } else { format!("{name}{open}{by}{close}") }
        };
        names.iter().enumerate().map(one).collect()
    }
}

/// The name of every row of a table: `name`, else `unit_id`, else the row number; in English `name_en`, where it is given. A name
/// that two units bear is shown with `district` ([`Named`]).
pub fn of_table(table: &AttributeTable) -> Vec<Label> {
    let none = || vec![None; table.rows()];
    let texts = |field: &str| table.texts(field).unwrap_or_else(none);
    let or_number = |(row, text): (usize, Option<String>)| text.unwrap_or_else(|| format!("#{}", row + 1));
    let ids: Vec<String> = texts("unit_id").into_iter().enumerate().map(or_number).collect();
    let named = texts("name").into_iter().zip(&ids);
    let names: Vec<String> = named.map(|(name, id)| name.unwrap_or_else(|| id.clone())).collect();
    let (english, districts, districts_en) = (texts("name_en"), texts("district"), texts("district_en"));
    let (english, districts, districts_en) = (&*english, &*districts, &*districts_en);
    Named { ids: &ids, names: &names, english, districts, districts_en }.shown()
}

/// The district of every row in both languages; empty where there is none.
pub fn districts_of(table: &AttributeTable) -> Vec<Label> {
    let texts = |field: &str| table.texts(field).unwrap_or_else(|| vec![None; table.rows()]);
    let both = texts("district").into_iter().zip(texts("district_en"));
    both.map(|(zh, en)| (zh.unwrap_or_default(), en))
        .map(|(zh, en)| Label::new(en.unwrap_or_else(|| zh.clone()), zh))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(rows: &[[&str; 4]]) -> Vec<String> {
        let column = |k: usize| rows.iter().map(|r| r[k].to_owned()).collect::<Vec<_>>();
        let known = |k: usize| rows.iter().map(|r| Some(r[k].to_owned()).filter(|t| !t.is_empty())).collect();
        let (ids, names) = (column(0), column(1));
        let (english, districts): (Vec<_>, Vec<_>) = (known(2), known(3));
        let districts_en = vec![None; districts.len()];
        let of = Named {
            ids: &ids,
            names: &names,
            english: &english,
            districts: &districts,
            districts_en: &districts_en,
        };
        of.shown().into_iter().map(|l| format!("{} | {}", l.en, l.zh)).collect()
    }

    #[test]
    fn a_name_that_two_units_bear_is_shown_with_what_tells_them_apart() {
        let plain = [["1", "甲", "A", "north"], ["2", "乙", "B", "north"]];
        assert_eq!(shown(&plain), ["A | 甲", "B | 乙"]);
        let zh_only = [["1", "甲", "", "north"], ["2", "甲", "", "south"]];
        assert_eq!(shown(&zh_only), ["甲 (north) | 甲（north）", "甲 (south) | 甲（south）"]);
        let same_district = [["1", "甲", "A", "north"], ["2", "甲", "B", "north"]];
        assert_eq!(shown(&same_district), ["A | 甲（north 1）", "B | 甲（north 2）"]);
        let no_district = [["1", "甲", "A", ""], ["2", "乙", "A", ""]];
        assert_eq!(shown(&no_district), ["A (1) | 甲", "A (2) | 乙"]);
        let one_known = [["1", "甲", "A", "north"], ["2", "甲", "A", ""]];
        assert_eq!(shown(&one_known), ["A (north) | 甲（north）", "A (2) | 甲（2）"]);
    }

    #[test]
    fn one_unit_in_several_years_is_one_unit() {
        let years = [["1", "甲", "A", "north"], ["1", "甲", "A", "north"], ["2", "乙", "B", ""]];
        assert_eq!(shown(&years), ["A | 甲", "A | 甲", "B | 乙"]);
        // A unit without any name is named by its id; nothing is added to that.
        assert_eq!(shown(&[["7", "7", "", ""], ["7", "7", "", ""]]), ["7 | 7", "7 | 7"]);
    }
}
