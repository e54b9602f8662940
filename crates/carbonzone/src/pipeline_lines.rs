//! The lines of a pipeline file as people write them: encodings, signs of a Chinese keyboard, Windows paths, texts without quotes.
//! What is no TOML is told with the line to write, and read as if it stood there, so that one round tells all that is wrong.

use carbonzone_types::Finding;
use std::ops::Range;
use std::path::Path;
use toml::de::DeTable;

/// Lines that are told in one go, at most.
const MOST: usize = 100;

/// The text of a pipeline file, and the encoding it was read as if that is not UTF-8.
///
/// # Errors
/// If it cannot be read, or is no text.
pub fn of_file(path: &Path) -> std::io::Result<(String, Option<&'static str>)> {
    carbonzone_types::plain_file(path)?;
    let bytes = std::fs::read(path)?;
    let no_text = |why: String| std::io::Error::new(std::io::ErrorKind::InvalidData, why);
    let decoded =
        carbonzone_sheet::decode(&bytes, "", None).map_err(|_| no_text("it is no text".to_owned()))?;
    match decoded.text.split_once('\u{fffd}') {
        Some((before, _)) => {
            let line = before.matches('\n').count() + 1;
            Err(no_text(format!("line {line} holds bytes that are not {}", decoded.encoding)))
        }
        None => Ok((decoded.text, Some(decoded.encoding).filter(|e| *e != "UTF-8"))),
    }
}

/// A text whose lines are TOML.
pub struct Lines {
    original: Vec<String>,
    mended: Vec<String>,
    /// What is wrong with the lines.
    pub findings: Vec<Finding>,
    /// False if a line stays that nobody can read.
    pub sound: bool,
    /// False if a line had to be left out.
    pub whole: bool,
}

impl Lines {
    /// Reads a text line by line.
    pub fn of(text: &str) -> Self {
        let original: Vec<String> = text.split('\n').map(str::to_owned).collect();
        let mut lines =
            Self { mended: original.clone(), original, findings: Vec::new(), sound: true, whole: true };
        lines.mend_escaped_paths();
        lines.sound = lines.mend_faults();
        lines
    }

    /// The text to read on: as it was where it is sound.
    pub fn text(&self) -> String {
        self.mended.join("\n")
    }

    /// True if no line was changed.
    pub fn untouched(&self) -> bool {
        self.mended == self.original
    }

    /// A place in [`Self::text`] as a place in the file: in a changed line, the whole line.
    pub fn in_file(&self, span: Range<usize>) -> Range<usize> {
        if self.untouched() {
            return span;
        }
        let (line, column) = place(&self.mended, span.start);
        let start = start_of(&self.original, line);
        let text = self.original.get(line).map_or("", String::as_str);
        if self.mended.get(line) != self.original.get(line) {
            return start..start + text.len();
        }
        let (last, end) = place(&self.mended, span.end);
        start + column..start_of(&self.original, last) + end
    }

    /// Paths such as `"C:\new"`, in which TOML sees a line end: no fault of TOML, but never meant.
    fn mend_escaped_paths(&mut self) {
        let mut inside = false;
        for i in 0..self.mended.len() {
            let line = &self.mended[i];
            let marks = line.matches("\"\"\"").count() + line.matches("'''").count();
            let (was_inside, plain) = (inside, !inside && marks == 0);
            inside ^= marks % 2 == 1;
            if was_inside || !plain || line.trim_start().starts_with('#') {
                continue;
            }
            if let Some(better) = single_quoted(line).filter(|_| holds_escaped_path(line)) {
                self.replace(
                    i,
                    better,
                    "a path with \\ in double quotes: TOML reads \\n, \\t ... as other signs",
                );
            }
        }
    }

    /// Mends line by line until the text is TOML; false if it cannot be.
    fn mend_faults(&mut self) -> bool {
        while let Some((message, line)) = self.fault() {
            if self.findings.len() >= MOST {
                return false;
            }
            let tried = [Some(line), line.checked_sub(1)];
            let better = tried.into_iter().flatten().find_map(|i| {
                let found = corrections(&self.mended[i]).into_iter();
                found.filter(|(text, _)| self.helps(i, text, line)).map(|(text, why)| (i, text, why)).next()
            });
            if let Some((i, text, why)) = better {
                self.replace(i, text, &why);
                continue;
            }
            let without = format!("#{}", self.mended[line]);
            let helps = self.helps(line, &without, line);
            self.findings.push(self.finding(line, format!("the line cannot be read: {message}")));
            self.whole = false;
            if !helps {
                return false;
            }
            self.mended[line] = without;
        }
        true
    }

    /// What TOML says of the first line that is none, and that line.
    fn fault(&self) -> Option<(String, usize)> {
        let text = self.text();
        let error = DeTable::parse(&text).err()?;
        let at = error.span().map_or(0, |span| span.start);
        Some((error.message().to_owned(), place(&self.mended, at).0))
    }

    /// Whether the fault of a line goes away when another stands in its place.
    fn helps(&self, i: usize, text: &str, fault: usize) -> bool {
        let mut lines = self.mended.clone();
        text.clone_into(&mut lines[i]);
        let all = lines.join("\n");
        let next = DeTable::parse(&all).err().map(|e| place(&lines, e.span().map_or(0, |s| s.start)).0);
        next.is_none_or(|line| line != fault && line != i)
    }

    fn replace(&mut self, i: usize, text: String, why: &str) {
        let finding = self.finding(i, why.to_owned()).hint(format!("write: {}", text.trim()));
        self.findings.push(finding);
        self.mended[i] = text;
    }

    /// A finding about a line as it stands in the file.
    fn finding(&self, i: usize, message: String) -> Finding {
        let line = &self.original[i];
        let start = start_of(&self.original, i) + (line.len() - line.trim_start().len());
        let shown: String = line.trim().chars().take(120).collect();
        Finding::error("pipeline_file", message).value(shown).span(start..start + line.trim().len())
    }
}

/// Line (from 0) and byte in it of a byte of the joined lines.
fn place(lines: &[String], at: usize) -> (usize, usize) {
    let mut start = 0;
    for (i, line) in lines.iter().enumerate() {
        if at <= start + line.len() {
            return (i, at - start);
        }
        start += line.len() + 1;
    }
    (lines.len().saturating_sub(1), 0)
}

/// First byte of a line.
fn start_of(lines: &[String], i: usize) -> usize {
    lines.iter().take(i).map(|line| line.len() + 1).sum()
}

/// Another line in the place of one, if it fits.
type Way = fn(&str) -> Option<String>;

/// Lines to try in the place of one that is no TOML, each with what was wrong.
fn corrections(line: &str) -> Vec<(String, String)> {
    let plain = half_width(line);
    let plain = single_quoted(&plain).filter(|_| holds_escaped_path(&plain)).unwrap_or(plain);
    let keyboard = keyboard_words(line);
    let ways: [(Way, &str); 7] = [
        (single_quoted, "a path with \\ must stand in single quotes (or be written with /)"),
        (with_equals, "a key and its value are joined by ="),
        (small_bool, "a truth value is written true or false"),
        (without_separators, "a number is written without separators"),
        (without_end, "nothing may stand behind the value"),
        (quoted, "a text must stand in quotes"),
        (closed, "the quote is not closed"),
    ];
    let mut out = Vec::new();
    if plain != line {
        out.push((plain.clone(), keyboard.clone()));
    }
    for (way, why) in ways {
        out.extend(way(line).map(|text| (text, why.to_owned())));
        if plain != line {
            out.extend(way(&plain).map(|text| (text, format!("{keyboard}; {why}"))));
        }
    }
    out
}

/// Which signs of a Chinese keyboard a line has.
fn keyboard_words(line: &str) -> String {
    let mut signs: Vec<char> = line.chars().filter(|c| plain_sign(*c).is_some()).collect();
    signs.sort_unstable();
    signs.dedup();
    let list = signs.iter().filter(|c| !c.is_whitespace()).map(char::to_string).collect::<Vec<_>>().join(" ");
    format!("the line has signs of a Chinese keyboard: {list}")
}

/// The sign that TOML wants in the place of one of a Chinese keyboard.
fn plain_sign(c: char) -> Option<char> {
    match c {
        '“' | '”' | '„' | '「' | '」' | '『' | '』' | '«' | '»' => Some('"'),
        '‘' | '’' => Some('\''),
        '【' | '〔' => Some('['),
        '】' | '〕' => Some(']'),
        '、' => Some(','),
        '\u{3000}' | '\u{a0}' => Some(' '),
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0),
        _ => None,
    }
}

/// The line with plain signs outside of its texts. A text may be opened and closed by quotes of a Chinese keyboard.
fn half_width(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut open: Option<char> = None;
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        let plain = plain_sign(c).unwrap_or(c);
        match open {
            None => {
                if matches!(plain, '"' | '\'') {
                    open = Some(c);
                } else if plain == '#' {
                    out.push('#');
                    out.extend(rest);
                    return out;
                }
                out.push(plain);
            }
            Some(quote) => {
                let same = plain_sign(quote).unwrap_or(quote) == plain;
                // A plain quote is closed by a plain one, if there is one left.
                let later = quote.is_ascii() && !c.is_ascii() && rest.as_str().contains(quote);
                if same && !later {
                    open = None;
                    out.push(plain);
                } else {
                    out.push(c);
                }
            }
        }
    }
    out
}

/// The texts in double quotes of a line, with the places of their quotes.
fn double_quoted(line: &str) -> Vec<Range<usize>> {
    let quotes: Vec<usize> = line.match_indices('"').map(|(i, _)| i).collect();
    quotes.chunks_exact(2).map(|pair| pair[0]..pair[1] + 1).collect()
}

/// Texts with a backslash in single quotes.
fn single_quoted(line: &str) -> Option<String> {
    let mut out = line.to_owned();
    for range in double_quoted(line).into_iter().rev() {
        let inner = &line[range.start + 1..range.end - 1];
        if inner.contains('\\') && !inner.contains('\'') {
            out.replace_range(range, &format!("'{}'", inner.replace("\\\\", "\\")));
        }
    }
    (out != line).then_some(out)
}

/// Whether a text in double quotes is a path in which a backslash and the letter behind it mean another sign: `"C:\new"`,
/// `"data\table.csv"`.
fn holds_escaped_path(line: &str) -> bool {
    double_quoted(line).into_iter().any(|range| {
        let inner = &line[range.start + 1..range.end - 1];
        let escapes = |c: char| inner.contains(&format!("\\{c}"));
        let doubled = inner.contains("\\\\");
        let drive =
            inner.as_bytes().get(1) == Some(&b':') && inner.starts_with(|c: char| c.is_ascii_alphabetic());
        let file = inner.rsplit(['\\', '.']).next().is_some_and(|end| {
            inner.contains('.')
                && (2..=8).contains(&end.len())
                && end.chars().all(|c| c.is_ascii_alphanumeric())
        });
        !doubled && (drive || file) && ['b', 't', 'n', 'f', 'r', 'e'].into_iter().any(escapes)
    })
}

/// `key = rest` of a line.
fn parts(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once('=')?;
    let bare = |c: char| c.is_ascii_alphanumeric() || "_-.\"' ".contains(c);
    (!key.trim().is_empty() && key.chars().all(bare)).then_some((key.trim_end(), value.trim()))
}

/// `key: value` as other formats have it.
fn with_equals(line: &str) -> Option<String> {
    let (key, value) = line.split_once(':').filter(|(key, _)| !key.contains(['=', '"', '\'']))?;
    let bare =
        !key.trim().is_empty() && key.trim().chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    bare.then(|| format!("{key} = {}", value.trim())).map(|text| quoted(&text).unwrap_or(text))
}

/// A text without quotes in quotes.
fn quoted(line: &str) -> Option<String> {
    let (key, value) = parts(line)?;
    let (value, comment) = value.split_once(" #").map_or((value, ""), |(v, c)| (v.trim_end(), c));
    let number = value.parse::<f64>().is_ok() || matches!(value, "true" | "false");
    if value.is_empty() || number || value.contains(['"', '\'', '[', '{']) {
        return None;
    }
    let quote = if value.contains('\\') { '\'' } else { '"' };
    let comment = if comment.is_empty() { String::new() } else { format!(" #{comment}") };
    Some(format!("{key} = {quote}{value}{quote}{comment}"))
}

/// A text whose quote at the end, or at the beginning, is missing.
fn closed(line: &str) -> Option<String> {
    let (key, value) = parts(line)?;
    let inner = value.trim_matches('"');
    let one = value.matches('"').count() == 1 && (value.starts_with('"') || value.ends_with('"'));
    (one && !inner.contains(['\'', '[', '{'])).then(|| format!("{key} = \"{inner}\""))
}

/// `True`, `YES`, 是 and the like.
fn small_bool(line: &str) -> Option<String> {
    let (key, value) = parts(line)?;
    let value = match value.to_lowercase().as_str() {
        "true" | "yes" | "on" | "是" => "true",
        "false" | "no" | "off" | "否" => "false",
        _ => return None,
    };
    Some(format!("{key} = {value}"))
}

/// `1,000` and `1 000`.
fn without_separators(line: &str) -> Option<String> {
    let (key, value) = parts(line)?;
    let digits =
        value.chars().all(|c| c.is_ascii_digit() || ",. -+".contains(c)) && value.contains([',', ' ']);
    let number = carbonzone_sheet::parse_number(value).ok().flatten().filter(|_| digits)?;
    Some(format!("{key} = {number}"))
}

/// A comma or semicolon behind the value.
fn without_end(line: &str) -> Option<String> {
    let text = line.trim_end();
    let text = text.strip_suffix([',', ';'])?;
    parts(text).map(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is to be written in the place of a line, and what was wrong.
    fn told(line: &str) -> (String, String) {
        let text = format!("[city]\nname = \"x\"\n{line}\n");
        let lines = Lines::of(&text);
        assert!(lines.sound, "{line}: {:?}", lines.findings);
        let finding = lines.findings.first().cloned().unwrap_or_else(|| Finding::info("", ""));
        if let Some(span) = finding.span {
            assert_eq!(&text[span.start..span.end], line.trim(), "the place is that of the line");
        }
        (finding.hint.unwrap_or_default(), finding.message)
    }

    #[test]
    fn signs_of_a_chinese_keyboard_are_named_with_the_line_to_write() {
        for (line, write) in [
            ("path = “parcels.gpkg”", "write: path = \"parcels.gpkg\""),
            ("path = ‘parcels.gpkg’", "write: path = 'parcels.gpkg'"),
            ("path = \"parcels.gpkg”", "write: path = \"parcels.gpkg\""),
            ("path ＝ \"地块，一.gpkg\"", "write: path = \"地块，一.gpkg\""),
            ("title ＝ “苏州，园区”", "write: title = \"苏州，园区\""),
            (
                "source = ｛ path = \"a.gpkg\"， layer = \"b\" ｝",
                "write: source = { path = \"a.gpkg\", layer = \"b\" }",
            ),
            ("proxies = 【“poi:industry”，“area”】", "write: proxies = [\"poi:industry\",\"area\"]"),
            ("proxies = [\"a\"、\"b\"]", "write: proxies = [\"a\",\"b\"]"),
            ("【layers.poi】", "write: [layers.poi]"),
            ("year = ２０２０", "write: year = 2020"),
            ("　year = 2020　＃年份", "write: year = 2020 #年份"),
        ] {
            let (hint, message) = told(line);
            assert_eq!(hint, write, "{line}: {message}");
            assert!(message.contains("Chinese keyboard"), "{line}: {message}");
        }
        // Such signs within a text are no fault.
        assert_eq!(told("title = \"苏州“园区”，二期\"").0, "");
    }

    #[test]
    fn paths_with_backslashes_are_shown_as_they_must_be_written() {
        for (line, write) in [
            ("path = \"C:\\Users\\me\\parcels.gpkg\"", "write: path = 'C:\\Users\\me\\parcels.gpkg'"),
            ("path = \"C:\\new\\table.gpkg\"", "write: path = 'C:\\new\\table.gpkg'"),
            ("path = \"data\\table.csv\"", "write: path = 'data\\table.csv'"),
            ("path = \"D:\\数据\\地块.shp\"", "write: path = 'D:\\数据\\地块.shp'"),
            ("path = C:\\data\\a.gpkg", "write: path = 'C:\\data\\a.gpkg'"),
            ("path ＝ “D:\\a\\b.gpkg”", "write: path = 'D:\\a\\b.gpkg'"),
        ] {
            assert_eq!(told(line).0, write, "{line}");
        }
        for sound in ["path = 'C:\\new\\a.gpkg'", "path = \"C:\\\\new\\\\a.gpkg\"", "note = \"a\\nb\""] {
            assert_eq!(told(sound).0, "", "{sound}");
        }
    }

    #[test]
    fn other_slips_have_their_line_too() {
        for (line, write) in [
            ("crs = EPSG:4549", "write: crs = \"EPSG:4549\""),
            ("crs: EPSG:4549", "write: crs = \"EPSG:4549\""),
            ("year: 2020", "write: year = 2020"),
            ("crs = \"EPSG:4549", "write: crs = \"EPSG:4549\""),
            ("synthetic = True", "write: synthetic = true"),
            ("synthetic = 是", "write: synthetic = true"),
            ("amount = 1,234,567.5", "write: amount = 1234567.5"),
            ("year = 2020,", "write: year = 2020"),
        ] {
            let (hint, message) = told(line);
            assert_eq!(hint, write, "{line}: {message}");
        }
    }

    #[test]
    fn all_lines_are_told_at_once_and_places_are_those_of_the_file() {
        let text = "[city]\nname = “x”\nyear ＝ 2020\n?!\ncrs = \"EPSG:4549\"\n";
        let lines = Lines::of(text);
        assert!(lines.sound && !lines.whole);
        assert_eq!(lines.findings.len(), 3);
        let mended = lines.text();
        let crs = mended.find("\"EPSG").unwrap();
        let place = lines.in_file(crs..crs + 11);
        assert_eq!(&text[place], "\"EPSG:4549\"");
        let year = mended.find("2020").unwrap();
        assert_eq!(&text[lines.in_file(year..year + 4)], "year ＝ 2020");
    }

    #[test]
    fn a_file_in_gbk_is_read_as_such_and_broken_bytes_are_refused_with_their_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("city.toml");
        // "title_zh = 苏州市工业园区" in GBK.
        let gbk = b"[city]\ntitle_zh = \"\xcb\xd5\xd6\xdd\xca\xd0\xb9\xa4\xd2\xb5\xd4\xb0\xc7\xf8\"\n";
        std::fs::write(&path, gbk).unwrap();
        let (text, encoding) = of_file(&path).unwrap();
        assert!(text.contains("苏州市工业园区") && encoding.is_some_and(|e| e.starts_with("gb")), "{text}");
        std::fs::write(&path, b"a = 1\nb = \"\xff\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\"\n").unwrap();
        assert!(of_file(&path).unwrap_err().to_string().contains("line 2"));
    }
}
