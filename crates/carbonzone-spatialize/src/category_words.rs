//! Categories of POI in words: `餐饮服务;中餐厅`, `公司企业:工厂`, `購物服務-商場`.

use crate::poi_class::PoiClass;
use std::collections::BTreeMap;

const WORDS: &str = include_str!("../data/poi_words.csv");

/// What parts the levels of a category; the first kind that stands in the text is taken.
const SEPARATORS: [&[char]; 8] = [
    &[';', '；'],
    &[':', '：'],
    &['>', '＞', '→'],
    &['-', '－', '–', '—'],
    &['/', '／'],
    &['_'],
    &[',', '，', '、'],
    &[' ', '\u{3000}'],
];

/// Traditional characters of the words, each before its simplified one.
const TRADITIONAL: &str = "車车務务銷销維维飲饮購购體体閒闲閑闲醫医療疗風风勝胜業业機机構构會会團团設设險险屬属動动內内電电產产園园樓楼場场塲场關关碼码頭头長长鐵铁輕轻輪轮過过廠厂農农漁渔費费區区礦矿鑛矿廈厦築筑遊游樂乐麗丽館馆\
    賓宾養养護护裝装飾饰藥药網网絡络貿贸氣气運运學学標标門门銀银軌轨飛飞點点訓训賃赁測测藝艺廣广傳传娛娱兩两寫写檢检";

/// Rows of a scheme by the words of the category, coarse and fine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CategoryWords {
    /// Names of the classification itself: a finer one must belong to the coarser one before it.
    names: BTreeMap<String, Vec<usize>>,
    /// Words of other classifications, and finer words: each decides alone.
    alone: BTreeMap<String, usize>,
}

/// The row of a category, and whether all its words are known.
pub(crate) struct Found {
    pub(crate) row: usize,
    /// A finer word is unknown, and the kinds of the category that is known belong to several groups.
    pub(crate) in_part: bool,
}

impl CategoryWords {
    /// The words of the Amap classification, of Baidu and of Tencent.
    pub(crate) fn of_amap(rows: &[PoiClass]) -> Self {
        let mut words = Self::default();
        for (row, class) in rows.iter().enumerate() {
            // People write 餐饮 for 餐饮服务.
            let short = class.name_zh.strip_suffix("服务").filter(|s| s.chars().count() > 1);
            for word in std::iter::once(class.name_zh.as_str()).chain(short) {
                words.names.entry(word.to_owned()).or_default().push(row);
            }
        }
        let listed = WORDS.lines().filter(|l| !l.starts_with('#')).skip(1).filter_map(|l| l.split_once(','));
        for (word, code) in listed {
            if let Some(row) = rows.iter().position(|r| r.code == code) {
                words.alone.insert(word.to_owned(), row);
            }
        }
        words
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The class of a category, from the coarse level to the fine one: `商务住宅;产业园区;产业园区`.
    pub(crate) fn find(&self, text: &str, rows: &[PoiClass]) -> Option<Found> {
        let text = simplified(text);
        let mut found: Option<usize> = None;
        let mut unknown = false;
        for level in levels(&text) {
            let below = |row: &&usize| found.is_none_or(|f| rows[**row].code.starts_with(&rows[f].code));
            let named = self.names.get(level).and_then(|r| r.iter().find(below)).or(self.alone.get(level));
            match named {
                Some(row) => (found, unknown) = (Some(*row), false),
                None => unknown |= !matches!(level, "" | "其他" | "其它"),
            }
        }
        let row = found?;
        let mixed = || {
            let (code, group) = (&rows[row].code, &rows[row].group);
            rows.iter().any(|r| r.code.starts_with(code.as_str()) && r.group != *group)
        };
        Some(Found { row, in_part: unknown && mixed() })
    }
}

/// True if the text holds several categories whose levels are parted by something else than semicolons.
pub(crate) fn semicolons_part_categories(text: &str) -> bool {
    text.contains(SEPARATORS[0]) && (text.contains(SEPARATORS[1]) || text.contains(SEPARATORS[2]))
}

fn levels(text: &str) -> impl Iterator<Item = &str> {
    let text = text.trim();
    let separator = SEPARATORS.into_iter().find(|s| text.contains(*s)).unwrap_or(SEPARATORS[0]);
    text.split(separator).map(str::trim)
}

/// The text in simplified characters, as far as the words of categories go.
fn simplified(text: &str) -> String {
    let pairs: Vec<char> = TRADITIONAL.chars().collect();
    let one = |c: char| pairs.chunks_exact(2).find(|pair| pair[0] == c).map_or(c, |pair| pair[1]);
    text.chars().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MatchKind;
    use crate::poi_scheme::PoiScheme;

    fn find(text: &str) -> Option<(String, MatchKind)> {
        let scheme = PoiScheme::shipped("amap").unwrap();
        scheme.find("", text).map(|(row, kind)| (scheme.classes()[row].code.clone(), kind))
    }

    #[test]
    fn levels_are_parted_by_what_people_write() {
        for text in [
            "公司企业;工厂",
            "公司企业:工厂",
            "公司企业：工厂",
            "公司企业-工厂",
            "公司企业 — 工厂",
            "公司企业>工厂",
            "公司企业/工厂",
            "公司企业_工厂",
            "公司企业，工厂",
            "公司企业 工厂",
            "工厂",
        ] {
            assert_eq!(find(text), Some(("1703".to_owned(), MatchKind::Words)), "{text}");
        }
        assert_eq!(find("汽车服务;汽车养护/装饰;汽车养护").unwrap().1, MatchKind::Words);
    }

    #[test]
    fn traditional_characters_are_understood() {
        for (text, code) in [
            ("餐飲服務;中餐廳", "05"),
            ("購物服務-商場", "06"),
            ("公司企業:工廠", "1703"),
            ("交通設施服務;停車場", "1509"),
            ("醫療保健服務", "09"),
            ("商務住宅;產業園區", "1201"),
            ("公司企業;公司;機械電子", "170204"),
            ("政府機構及社會團體", "13"),
            ("風景名勝", "11"),
            ("房地產：寫字樓", "1202"),
            ("交通設施>飛機場", "1501"),
        ] {
            assert_eq!(find(text), Some((code.to_owned(), MatchKind::Words)), "{text}");
        }
    }

    #[test]
    fn categories_of_baidu_and_tencent_are_known() {
        for (text, code) in [
            ("公司企业;厂矿", "1703"),
            ("公司企业;园区", "1201"),
            ("公司企业;农林园艺", "1704"),
            ("公司企业;其他", "17"),
            ("美食:中国菜", "05"),
            ("房地产;住宅区", "1203"),
            ("旅游景点;博物馆", "14"),
            ("交通设施;加油加气站", "0101"),
            ("基础设施:交通设施:公交车站", "1507"),
            ("教育学校:大学", "14"),
        ] {
            assert_eq!(find(text), Some((code.to_owned(), MatchKind::Words)), "{text}");
        }
    }

    #[test]
    fn a_finer_word_that_is_unknown_is_told_where_it_could_decide() {
        // 公司企业 holds commerce, industry and agriculture; 餐饮服务 only commerce.
        for text in ["公司企业;采石场", "公司企业:化肥", "房地产;内部楼栋", "公司企业;公司;炼油"]
        {
            assert_eq!(find(text).unwrap().1, MatchKind::WordsInPart, "{text}");
        }
        for text in ["餐饮服务;路边摊", "公司企业;公司;广告装饰", "公司企业;公司企业;公司企业"]
        {
            assert_eq!(find(text).unwrap().1, MatchKind::Words, "{text}");
        }
        assert_eq!(find("随便;什么"), None);
    }

    #[test]
    fn each_word_names_a_code_of_the_table() {
        let scheme = PoiScheme::shipped("amap").unwrap();
        let listed = WORDS.lines().filter(|l| !l.starts_with('#')).skip(1).count();
        assert_eq!(CategoryWords::of_amap(scheme.classes()).alone.len(), listed);
        assert_eq!(TRADITIONAL.chars().count() % 2, 0, "pairs of characters");
    }
}
