//! Rules of the house that no compiler knows: length of files, number of parameters, no circle of imports across files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Lines of a source file, tests included.
const MOST_LINES: usize = 600;

/// Path of a module within its crate; the root has none.
type Module = Vec<String>;

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let listed = folder.read_dir().expect("a folder of the sources can be listed");
    listed.map(|entry| entry.expect("an entry can be read").path())
}

fn crates() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut all: Vec<PathBuf> = entries(&folder).map(|e| e.join("src")).collect();
    all.retain(|p| p.is_dir());
    all.sort();
    all
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in entries(folder) {
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

fn files() -> Vec<(PathBuf, PathBuf)> {
    let mut out = Vec::new();
    for src in crates() {
        let mut found = Vec::new();
        sources(&src, &mut found);
        out.extend(found.into_iter().map(|file| (src.clone(), file)));
    }
    assert!(out.len() > 200, "the sources are not where this test looks");
    out
}

#[test]
fn no_source_file_is_long() {
    for (_, file) in files() {
        let lines = std::fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= MOST_LINES, "{}: {lines} lines, at most {MOST_LINES}", file.display());
    }
}

#[test]
fn every_file_of_tests_is_compiled() {
    for src in crates() {
        let folder = src.with_file_name("tests");
        if !folder.join("all.rs").is_file() {
            continue;
        }
        let manifest = std::fs::read_to_string(src.with_file_name("Cargo.toml")).unwrap();
        let all = std::fs::read_to_string(folder.join("all.rs")).unwrap();
        for file in entries(&folder) {
            let name = file.file_stem().unwrap().to_string_lossy().into_owned();
            if file.extension().is_some_and(|e| e == "rs") || file.join("main.rs").is_file() {
                let module = [format!("\nmod {name};"), format!("\nmod r#{name};")];
                let named = manifest.contains(&format!("[[test]]\nname = \"{name}\""))
                    || module.iter().any(|m| all.contains(m));
                assert!(named, "{}: neither in all.rs nor in the manifest", file.display());
            }
        }
    }
}

#[test]
fn no_function_is_excused_from_the_limit_of_parameters() {
    for (_, file) in files() {
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(!text.contains("too_many_arguments"), "{}", file.display());
    }
}

/// The code without comments and without its module of tests.
fn code_of(file: &Path) -> String {
    let text = std::fs::read_to_string(file).expect("a source file can be read");
    let before = |text: &str, mark: &str| text.split(mark).next().unwrap_or_default().to_owned();
    let code = before(&text, "#[cfg(test)]\nmod tests {");
    code.lines().map(|line| before(line, "//")).collect::<Vec<_>>().join("\n")
}

fn module_of(src: &Path, file: &Path) -> Module {
    let inside = file.strip_prefix(src).expect("it was found there").with_extension("");
    let mut parts: Module = inside.iter().map(|p| p.to_string_lossy().into_owned()).collect();
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        parts.pop();
    }
    parts
}

/// `a::{b, c::{d, e}}` as `a::b`, `a::c::d`, `a::c::e`, with the names under which they are known here.
fn expanded(tree: &str) -> Vec<(Module, String)> {
    let tree = tree.trim();
    if let Some(open) = tree.find('{') {
        let (before, inner) = (&tree[..open], &tree[open + 1..tree.rfind('}').unwrap_or(tree.len())]);
        let (mut depth, mut from, mut out) = (0, 0, Vec::new());
        for (at, c) in inner.char_indices().chain([(inner.len(), ',')]) {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    let item = inner[from..at].trim();
                    if !item.is_empty() {
                        out.extend(expanded(&format!("{before}{item}")));
                    }
                    from = at + 1;
                }
                _ => {}
            }
        }
        return out;
    }
    let (path, known) = tree.split_once(" as ").unwrap_or((tree, ""));
    let path: Module = path.split("::").map(|p| p.trim().to_owned()).filter(|p| p != "self").collect();
    let known =
        if known.is_empty() { path.last().cloned().unwrap_or_default() } else { known.trim().to_owned() };
    vec![(path, known)]
}

/// The trees of all `use` of a file, and the file without them.
fn uses(code: &str) -> (Vec<String>, String) {
    let (mut trees, mut rest) = (Vec::new(), String::new());
    let mut lines = code.lines();
    while let Some(line) = lines.next() {
        let start = line.trim_start();
        let start = start.strip_prefix("pub(crate) ").or(start.strip_prefix("pub(super) ")).unwrap_or(start);
        let Some(tree) = start.strip_prefix("pub ").unwrap_or(start).strip_prefix("use ") else {
            rest.push_str(line);
            rest.push('\n');
            continue;
        };
        let mut tree = tree.to_owned();
        while !tree.contains(';') {
            tree.push(' ');
            tree.push_str(lines.next().unwrap_or(";"));
        }
        trees.push(tree.trim_end().trim_end_matches(';').to_owned());
    }
    (trees, rest)
}

/// Paths that begin with `crate::` or `super::`, outside of `use`.
fn plain_paths(code: &str) -> Vec<Module> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut out = Vec::new();
    for start in ["crate::", "super::"] {
        for (at, _) in code.match_indices(start) {
            if code[..at].ends_with(|c| is_word(c) || c == ':') {
                continue;
            }
            let end = code[at..].find(|c| !is_word(c) && c != ':').unwrap_or(code.len() - at);
            out.push(code[at..at + end].split("::").filter(|p| !p.is_empty()).map(str::to_owned).collect());
        }
    }
    out
}

struct Crate {
    code: BTreeMap<Module, String>,
    /// What a module hands on from the modules below it: name to path.
    handed_on: BTreeMap<Module, BTreeMap<String, Module>>,
}

impl Crate {
    fn read(src: &Path) -> Self {
        let mut found = Vec::new();
        sources(src, &mut found);
        let code: BTreeMap<Module, String> = found
            .iter()
            .filter(|f| !f.ends_with("tests.rs"))
            .map(|f| (module_of(src, f), code_of(f)))
            .collect();
        let mut handed_on: BTreeMap<Module, BTreeMap<String, Module>> = BTreeMap::new();
        for (module, text) in &code {
            for (path, known) in uses(text).0.iter().flat_map(|tree| expanded(tree)) {
                let full: Module = module.iter().chain(&path).cloned().collect();
                if path.first().is_some_and(|p| {
                    code.contains_key(&[module.as_slice(), std::slice::from_ref(p)].concat())
                }) {
                    handed_on.entry(module.clone()).or_default().insert(known, full);
                }
            }
        }
        Self { code, handed_on }
    }

    /// The file in which the item of a path stands.
    fn home(&self, path: &[String]) -> Module {
        let inside = (0..=path.len()).rev().find(|n| self.code.contains_key(&path[..*n])).unwrap_or(0);
        let module = path[..inside].to_vec();
        let next = path.get(inside).and_then(|name| self.handed_on.get(&module)?.get(name));
        next.map_or(module, |full| self.home(full))
    }

    /// The files whose items a file names.
    fn named_by(&self, module: &Module) -> BTreeSet<Module> {
        let (trees, rest) = uses(&self.code[module]);
        let imports = trees.iter().flat_map(|tree| expanded(tree)).map(|(path, _)| path);
        let absolute = |path: Module| {
            let up = path.iter().take_while(|p| *p == "super").count();
            match path.first().map(String::as_str) {
                Some("crate") => Some(path[1..].to_vec()),
                Some("super") => Some([&module[..module.len().checked_sub(up)?], &path[up..]].concat()),
                _ => None,
            }
        };
        let paths = imports.chain(plain_paths(&rest)).filter_map(absolute);
        paths.map(|path| self.home(&path)).filter(|home| home != module && !home.is_empty()).collect()
    }
}

#[test]
fn no_file_imports_what_imports_it() {
    for src in crates() {
        let of = Crate::read(&src);
        let mut edges: BTreeMap<Module, BTreeSet<Module>> =
            of.code.keys().map(|module| (module.clone(), of.named_by(module))).collect();
        // Files that import nothing more are taken away until none is left, or a circle.
        while let Some(free) = edges.iter().find(|(_, to)| to.is_empty()).map(|(module, _)| module.clone()) {
            edges.remove(&free);
            for to in edges.values_mut() {
                to.remove(&free);
            }
        }
        assert!(edges.is_empty(), "{}: files that import each other: {edges:#?}", src.display());
    }
}

#[test]
fn circles_and_reexports_are_seen() {
    let module = |text: &str| text.split("::").map(str::to_owned).collect::<Module>();
    let code = [
        (vec![], "mod a;\nmod b;\npub use a::One;\n"),
        (module("a"), "use crate::b::{Two, three};\n"),
        (module("b"), "fn f() { super::One::new(); }\n"),
    ];
    let code: BTreeMap<Module, String> = code.into_iter().map(|(m, text)| (m, text.to_owned())).collect();
    let handed_on = [(vec![], [("One".to_owned(), module("a::One"))].into())].into();
    let of = Crate { code, handed_on };
    assert_eq!(of.named_by(&module("a")), [module("b")].into());
    assert_eq!(of.named_by(&module("b")), [module("a")].into(), "the name that the root hands on");
    assert_eq!(expanded("crate::{a, b::{self, c as d}}").len(), 3);
}
