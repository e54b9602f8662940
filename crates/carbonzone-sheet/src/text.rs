//! Full-width characters, odd spaces and label comparison.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Text as it should be read: full-width ASCII (`２０２０年（合成）`) becomes half-width, every kind of white space
/// becomes one blank, soft hyphens, zero-width characters and byte order marks vanish, ends are trimmed.
///
/// ```
/// use carbonzone_sheet::normalise_text;
/// assert_eq!(normalise_text("　２０２０年（万吨）\u{a0}"), "2020年(万吨)");
/// ```
pub fn normalise_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = false;
    for c in text.chars().filter_map(half_width) {
        if c.is_whitespace() {
            blank = !out.is_empty();
        } else {
            if blank {
                out.push(' ');
                blank = false;
            }
            out.push(c);
        }
    }
    out
}

/// The half-width form of a character; `None` for characters without width.
fn half_width(c: char) -> Option<char> {
    match c {
        '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{ad}' => None,
        '\u{3000}' | '\u{a0}' | '\u{2007}' | '\u{202f}' => Some(' '),
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0),
        '【' | '〔' => Some('['),
        '】' | '〕' => Some(']'),
        '−' | '﹣' => Some('-'),
        '﹪' => Some('%'),
        _ => Some(c),
    }
}

/// Traditional characters of headers, sectors, fuels, crops and units, each before its simplified one.
const TRADITIONAL: &str = "業业農农廢废棄弃築筑運运輸输電电氣气熱热萬万億亿噸吨畝亩頃顷頭头隻只鎮镇鄉乡縣县區区總总計计單单類类項项數数據据匯汇濕湿樹树園园墾垦積积產产糧粮穀谷麥麦煙烟葉叶養养豬猪雞鸡鴨鸭鵝鹅馬马驢驴騾骡駱骆駝驼魚鱼蝦虾鋼钢鐵铁鋁铝銅铜鋅锌鉛铅潤润瀝沥車车輛辆轎轿貨货載载燒烧處处備备註注稱称終终費费門门資资來来標标準准飲饮購购體体機机構构設设險险動动內内場场關关長长輕轻輪轮過过廠厂漁渔礦矿鑛矿廈厦館馆護护裝装藥药網网絡络貿贸學学銀银軌轨飛飞點点兩两統统國国際际與与個个為为發发價价財财稅税歲岁餘余級级別别層层樓楼無无廳厅廁厕蓋盖溫温濃浓燈灯環环綠绿壓压復复戶户";

/// The text in simplified characters, as far as the words of tables go.
pub fn simplified(text: &str) -> String {
    static PAIRS: LazyLock<BTreeMap<char, char>> = LazyLock::new(|| {
        let all: Vec<char> = TRADITIONAL.chars().collect();
        all.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
    });
    if text.is_ascii() {
        return text.to_owned();
    }
    text.chars().map(|c| PAIRS.get(&c).copied().unwrap_or(c)).collect()
}

/// Key under which labels are compared: [`normalise_text`], in simplified characters, lower case, without blanks, `_`, `-` and `*`.
///
/// ```
/// use carbonzone_sheet::label_key;
/// assert_eq!(label_key("Land_Group "), label_key("land group"));
/// assert_eq!(label_key("廢棄物處理（萬噸）"), label_key("废弃物处理(万吨)"));
/// ```
pub fn label_key(text: &str) -> String {
    simplified(&normalise_text(text))
        .chars()
        .filter(|c| !matches!(c, ' ' | '_' | '-' | '*'))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_width_digits_brackets_and_spaces_become_half_width() {
        assert_eq!(normalise_text("１２，３４５．６％"), "12,345.6%");
        assert_eq!(normalise_text("地区\u{3000}生产  总值\n(亿元)"), "地区 生产 总值 (亿元)");
        assert_eq!(normalise_text("\u{feff}name\u{200b}"), "name");
    }

    #[test]
    fn chinese_characters_and_units_stay_as_they_are() {
        assert_eq!(normalise_text("万吨标准煤"), "万吨标准煤");
        assert_eq!(normalise_text("kg·km²"), "kg·km²");
    }
}
