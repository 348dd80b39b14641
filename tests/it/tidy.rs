//! The rules of this repository that no compiler checks: folders use only the folders below them,
//! every file is registered, and the documents agree with the code.

use raceproof_suite::{
    contracts,
    program::{Expect, Scenario, Variant},
    scenarios,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// The rooms of `src/`, from the ground up. A room may use those before it and no other.
const ROOMS: &[&[&str]] = &[
    &["backend"],
    &["primitives"],
    &["program"],
    &["scenarios"],
    &["contracts"],
    &["check"],
    &["report"],
    &["cli"],
];

/// The folders and files of the checker, in the same way. Those that stand together may use each other.
const CHECKER: &[&[&str]] = &[
    &["random"],
    &["kernel"],
    &["telling"],
    &["execution"],
    &["exploration"],
    &["thread", "sync", "cell", "hint", "time", "statics"],
    &["future", "parking_lot"],
    &["settings", "explorer"],
    &["regressions"],
    &["sheets"],
    &["linearizable"],
    &["model"],
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The `.rs` files of a folder, and of those below it.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The room of `source` that a file is in; `None` for `lib.rs` and `main.rs`.
fn room_of(file: &Path, source: &Path) -> Option<String> {
    let below = file.strip_prefix(source).unwrap();
    let first = below.iter().next().unwrap().to_str().unwrap();
    let room = first.strip_suffix(".rs").unwrap_or(first);
    (!["lib", "main"].contains(&room)).then(|| room.to_owned())
}

/// The rooms that a file names: in paths from `crate`, and in lists such as `use crate::{a, b::c}`. Its
/// unit tests may name any.
struct Rooms(BTreeSet<String>);

impl<'ast> syn::visit::Visit<'ast> for Rooms {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let is_test = |attribute: &syn::Attribute| {
            attribute.path().is_ident("cfg")
                && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
        };
        if !module.attrs.iter().any(is_test) {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let mut segments = path.segments.iter();
        if segments.next().is_some_and(|first| first.ident == "crate")
            && let Some(room) = segments.next()
        {
            self.0.insert(room.ident.to_string());
        }
        syn::visit::visit_path(self, path);
    }

    fn visit_use_path(&mut self, path: &'ast syn::UsePath) {
        if path.ident == "crate" {
            self.first_names(&path.tree);
        }
    }
}

impl Rooms {
    fn first_names(&mut self, tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) => self.0.insert(path.ident.to_string()),
            syn::UseTree::Name(name) => self.0.insert(name.ident.to_string()),
            syn::UseTree::Rename(rename) => self.0.insert(rename.ident.to_string()),
            syn::UseTree::Glob(_) => self.0.insert("*".into()),
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|item| self.first_names(item));
                true
            }
        };
    }
}

fn rooms_named_in(source: &str) -> BTreeSet<String> {
    let file = syn::parse_file(source).expect("the compiler has parsed it");
    let mut rooms = Rooms(BTreeSet::new());
    syn::visit::Visit::visit_file(&mut rooms, &file);
    rooms.0
}

/// The first name in a file of `source` that its room may not use.
fn named_above(source: &Path, rooms: &[&[&str]], beside: &[&str]) -> Option<String> {
    for file in rust_files(source) {
        let Some(room) = room_of(&file, source) else { continue };
        let level = rooms.iter().position(|names| names.contains(&room.as_str()));
        let Some(level) = level else {
            return Some(format!("{}: the list of rooms lacks `{room}`", file.display()));
        };
        for named in rooms_named_in(&fs::read_to_string(&file).unwrap()) {
            // An exported macro stands beside the rooms, under a name that begins with its own.
            let is = |room: &&str| named == **room || named.starts_with(&format!("{room}_"));
            let allowed = beside.contains(&named.as_str())
                || rooms[..=level].iter().any(|names| names.iter().any(is));
            if !allowed {
                return Some(format!("{}: `{room}` uses `{named}`", file.display()));
            }
        }
    }
    None
}

#[test]
fn a_room_uses_only_the_rooms_below_it() {
    // `dpor` is the checker, a crate of its own; `sizes!` is an exported macro of `program`.
    assert_eq!(named_above(&root().join("src"), ROOMS, &["dpor", "sizes"]), None);
    let checker = root().join("crates/raceproof/src");
    assert_eq!(named_above(&checker, CHECKER, &["raceproof_thread_local"]), None);
    let mut upside_down = CHECKER.to_vec();
    upside_down.reverse();
    assert!(named_above(&checker, &upside_down, &[]).is_some());
}

#[test]
fn the_reader_of_rooms_sees_every_form() {
    let source = "use crate::{check::Report, cli as c}; use crate::report; use std::fmt;
        fn f() { crate::program::g(); let _: crate::backend::Engine; }
        #[cfg(test)] mod tests { use crate::scenarios; }";
    let rooms: Vec<_> = rooms_named_in(source).into_iter().collect();
    assert_eq!(rooms, ["backend", "check", "cli", "program", "report"]);
}

/// Whether a page names the rooms of `source`, each as a folder or file, in this order.
fn lists(page: &str, source: &str, rooms: &[&[&str]]) {
    let mut rest = page;
    for room in rooms.iter().flat_map(|names| names.iter()) {
        let folder = root().join(source).join(room).is_dir();
        let name = format!("`{source}/{room}{}`", if folder { "/" } else { ".rs" });
        let at = rest.find(&name).unwrap_or_else(|| panic!("{name} is missing or out of order"));
        rest = &rest[at..];
    }
}

#[test]
fn the_architecture_page_lists_the_rooms_in_order() {
    let page = read("ARCHITECTURE.md");
    lists(&page, "crates/raceproof/src", CHECKER);
    lists(&page, "src", ROOMS);
}

/// The files that may hold unsafe code say so, are in the checker or its facade, and are in the architecture page.
#[test]
fn the_architecture_page_lists_the_files_with_unsafe_code() {
    let page = read("ARCHITECTURE.md");
    for folder in ["src", "crates/raceproof-macros/src", "crates/raceproof/src", "crates/loom/src"]
    {
        for file in rust_files(&root().join(folder)) {
            let unsafe_code = fs::read_to_string(&file).unwrap().contains("#![allow(unsafe_code)]");
            let name = match file.strip_prefix(root().join("crates/raceproof/src")) {
                Err(_) if folder == "crates/loom/src" => file.strip_prefix(root()),
                name => name,
            };
            let told = name.is_ok_and(|name| page.contains(&format!("`{}`", name.display())));
            assert!(!unsafe_code || told, "{}: unsafe code", file.display());
        }
    }
}

#[test]
fn every_scenario_has_a_file_of_its_name_and_every_file_is_registered() {
    let registered: BTreeSet<_> =
        scenarios::ALL.iter().map(|scenario| scenario.id.replace('-', "_")).collect();
    let files: BTreeSet<_> = rust_files(&root().join("src/scenarios"))
        .iter()
        .map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|stem| stem != "mod")
        .collect();
    assert_eq!(files, registered);
}

#[test]
fn every_file_of_a_room_is_declared() {
    for room in ["backend", "primitives", "program", "check", "report", "cli"] {
        for file in rust_files(&root().join("src").join(room)) {
            // A folder is declared where a file of its name would be.
            let module = if file.ends_with("mod.rs") { file.parent().unwrap() } else { &file };
            let index = module.parent().unwrap().join("mod.rs");
            if !index.exists() {
                continue;
            }
            let name = module.file_stem().unwrap().to_str().unwrap();
            let declared = fs::read_to_string(index).unwrap().contains(&format!("mod {name};"));
            assert!(declared, "{} is not declared", file.display());
        }
    }
}

#[test]
fn a_scenario_tells_its_story() {
    for scenario in scenarios::ALL {
        let id = scenario.id;
        let story: Vec<_> =
            scenario.source.lines().take_while(|line| line.starts_with("//!")).collect();
        assert!(story.len() >= 5, "{id}: no story");
        assert!(!scenario.lesson.ends_with('.'), "{id}: a lesson is one line without a full stop");
        let goes_wrong = Variant::goes_wrong;
        assert!(scenario.variants.iter().any(goes_wrong), "{id}: nothing goes wrong");
        assert!(!scenario.variants.iter().all(goes_wrong), "{id}: nothing is fixed");
        for variant in scenario.variants {
            assert!(variant.why.ends_with('.'), "{id}/{}: says no why", variant.id);
            let name = format!("{:?}", variant.program);
            let name = name.split([' ', '(']).next().unwrap();
            let told = scenario.source.contains(&format!("struct {name}"));
            assert!(told, "{id}/{}: {name} is not in its file", variant.id);
            for claim in [Some(variant.claim), variant.c11].into_iter().flatten() {
                let message = match claim.expect {
                    Expect::Fails { message, .. } => message,
                    _ => "-",
                };
                assert!(!message.is_empty(), "{id}/{}: fails with any message", variant.id);
            }
            let missed = !variant.missed_by.is_empty();
            assert!(variant.goes_wrong() || !missed, "{id}/{}: nothing to miss", variant.id);
        }
    }
}

#[test]
fn ids_are_unique_and_in_kebab_case() {
    let mut seen = BTreeSet::new();
    for scenario in scenarios::ALL.iter().chain(contracts::ALL) {
        assert!(seen.insert(scenario.id.into()), "{} twice", scenario.id);
        for variant in scenario.variants {
            let id = format!("{}/{}", scenario.id, variant.id);
            let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-/".contains(c);
            assert!(id.chars().all(kebab), "{id}");
            assert!(seen.insert(id.clone()), "{id} twice");
        }
    }
}

/// The public functions and methods of a file that show no example.
struct Unshown(Vec<String>);

impl Unshown {
    fn look(&mut self, public: &syn::Visibility, name: &syn::Ident, attributes: &[syn::Attribute]) {
        let shows = |attribute: &syn::Attribute| match &attribute.meta {
            syn::Meta::NameValue(doc) if doc.path.is_ident("doc") => match &doc.value {
                syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(line), .. }) => {
                    line.value().trim_start().starts_with("```")
                }
                _ => false,
            },
            _ => false,
        };
        if matches!(public, syn::Visibility::Public(_)) && !attributes.iter().any(shows) {
            self.0.push(name.to_string());
        }
    }
}

impl<'ast> syn::visit::Visit<'ast> for Unshown {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.look(&function.vis, &function.sig.ident, &function.attrs);
    }

    fn visit_impl_item_fn(&mut self, method: &'ast syn::ImplItemFn) {
        self.look(&method.vis, &method.sig.ident, &method.attrs);
    }
}

fn unshown_in(source: &str) -> Vec<String> {
    let file = syn::parse_file(source).expect("the compiler has parsed it");
    let mut unshown = Unshown(Vec::new());
    syn::visit::Visit::visit_file(&mut unshown, &file);
    unshown.0
}

#[test]
fn every_public_function_of_a_primitive_has_an_example() {
    for file in rust_files(&root().join("src/primitives")) {
        let unshown = unshown_in(&fs::read_to_string(&file).unwrap());
        assert!(unshown.is_empty(), "{}: no example of {unshown:?}", file.display());
    }
}

#[test]
fn the_reader_of_examples_sees_functions_and_methods() {
    let source = "
        /// Says so.
        pub fn told() {}
        /// ```
        /// shown();
        /// ```
        pub fn shown() {}
        pub(super) fn hidden() {}
        impl Kind { pub fn bare(&self) {} fn own(&self) {} }";
    assert_eq!(unshown_in(source), ["told", "bare"]);
}

const TABLE: (&str, &str) = ("<!-- scenarios -->\n", "<!-- /scenarios -->");

/// How a variant ends, in a word or two.
fn verdict(expect: Expect) -> String {
    match expect {
        Expect::Fails { kind, .. } => format!("**{kind}**"),
        Expect::Refuses { .. } => "refuses".into(),
        Expect::Reaches { .. } => "reachable".into(),
        Expect::NeverReaches { .. } => "unreachable".into(),
        Expect::Holds => "holds".into(),
    }
}

/// The table of `docs/scenarios.md`.
fn table() -> String {
    let row = |scenario: &Scenario| {
        let variants: Vec<_> = scenario
            .variants
            .iter()
            .map(|variant| {
                let here = verdict(variant.claim.expect);
                let c11 = variant.c11.map(|claim| verdict(claim.expect));
                let c11 = c11.map(|there| format!(" ({there} under C11)")).unwrap_or_default();
                format!("{}: {here}{c11}", variant.id)
            })
            .collect();
        format!("| `{}` | {} | {} |\n", scenario.id, scenario.lesson, variants.join("; "))
    };
    let mut table = String::from("| scenario | lesson | variants |\n| --- | --- | --- |\n");
    table.extend(scenarios::ALL.iter().map(|scenario| row(scenario)));
    table
}

/// Set `RACEPROOF_UPDATE=1` to have the table written instead of compared.
#[test]
fn the_table_of_scenarios_is_the_registry() {
    let page = read("docs/scenarios.md");
    let (start, end) = TABLE;
    let start = page.find(start).expect("docs/scenarios.md marks its table") + start.len();
    let end = page.find(end).expect("docs/scenarios.md marks the end of its table");
    if std::env::var_os("RACEPROOF_UPDATE").is_some() {
        let updated = format!("{}{}{}", &page[..start], table(), &page[end..]);
        fs::write(root().join("docs/scenarios.md"), updated).unwrap();
    } else {
        assert_eq!(page[start..end], table(), "run it again with RACEPROOF_UPDATE=1");
    }
}

/// The names of the types that `src/primitives/native.rs` declares, one alias each.
fn primitives() -> BTreeSet<String> {
    let source = read("src/primitives/native.rs");
    let aliases = source.split("macro_rules! aliases").nth(1).expect("it declares aliases");
    let aliases = aliases.split("($backend:ty, $open").next().expect("a first part");
    let code = aliases.lines().filter(|line| !line.trim_start().starts_with("///"));
    let words = code.flat_map(|line| line.split(|c: char| !c.is_alphanumeric()));
    let is_type = |word: &&str| word.len() > 1 && word.starts_with(char::is_uppercase);
    words.filter(is_type).map(str::to_owned).collect()
}

#[test]
fn the_table_of_primitives_has_all_of_them() {
    let page = read("docs/primitives.md");
    let names = primitives();
    assert!(names.contains("Dict") && names.len() > 30, "{names:?}");
    for name in names {
        let told = page.contains(&format!("`{name}`")) || page.contains(&format!("::{name}`"));
        assert!(told, "docs/primitives.md does not mention `{name}`");
    }
}

/// The names in a page's cell, each with its path in front of it, if it has one.
fn names_in(cell: &str) -> impl Iterator<Item = (Option<&str>, &str)> {
    let quoted = cell.split('`').skip(1).step_by(2);
    quoted.map(|name| match name.rsplit_once("::") {
        Some((path, name)) => (Some(path), name),
        None => (None, name),
    })
}

/// The sources of the primitives by the path of their names: those of a folder whose names have one, and all
/// the others.
fn sources_by_path() -> BTreeMap<Option<&'static str>, String> {
    let folder = root().join("src/primitives");
    let mut sources = BTreeMap::new();
    for file in rust_files(&folder) {
        let path = ["process", "manager"].into_iter().find(|it| file.starts_with(folder.join(it)));
        sources.entry(path).or_insert_with(String::new).push_str(&read(file));
    }
    sources
}

#[test]
fn the_table_for_those_who_come_from_python_is_whole() {
    let page = read("docs/python.md");
    let sources = sources_by_path();
    let exists = |(path, name): (Option<&str>, &str)| {
        ["struct", "enum", "trait", "fn", "type"].iter().any(|kind| {
            [" ", "<", "(", ";", ":"]
                .iter()
                .any(|end| sources[&path].contains(&format!("pub {kind} {name}{end}")))
        })
    };
    assert!(exists((None, "Barrier")) && !exists((None, "Barriers")));
    assert!(exists((Some("process"), "Process")) && !exists((None, "Process")));
    let rows: Vec<_> = rows(&page).skip(1).filter(|row| !row[0].starts_with("---")).collect();
    assert!(rows.len() > 40);
    for row in rows {
        assert!(row.len() == 3 && row.iter().all(|cell| !cell.is_empty()), "{row:?} is not whole");
        assert!(names_in(row[1]).count() > 0, "{row:?} names nothing");
        names_in(row[1]).for_each(|name| assert!(exists(name), "no {name:?}: {row:?}"));
    }
}

#[test]
fn the_changelog_counts_the_scenarios() {
    let count = format!("\n- {} scenarios: ", scenarios::ALL.len());
    assert!(read("CHANGELOG.md").contains(&count), "CHANGELOG.md does not say{count}");
}

/// The rows of a page's tables, cell by cell.
fn rows(page: &str) -> impl Iterator<Item = Vec<&str>> {
    let tables = page.lines().filter(|line| line.starts_with("| "));
    tables.map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
}

#[test]
fn the_front_page_has_the_costs_of_the_benchmarks() {
    let (front, all) = (read("README.md"), read("docs/benchmarks.md"));
    let costs = &front[front.find("## What it costs").expect("the front page tells costs")..];
    let measured: Vec<_> = rows(&all).collect();
    for row in rows(costs) {
        let is = |other: &&Vec<&str>| row.iter().zip(*other).all(|(a, b)| b.starts_with(a));
        assert!(measured.iter().any(|other| is(&other)), "docs/benchmarks.md lacks {row:?}");
    }
}

#[test]
fn the_front_page_is_short() {
    let bytes = read("README.md").len();
    assert!(bytes <= 7 * 1024, "README.md has {bytes} bytes; move some to docs/");
}

#[test]
fn nothing_is_left_open() {
    // In pieces, so that this file does not find itself.
    let marks = [concat!("to", "do!("), concat!("unimplem", "ented!("), concat!("#[ig", "nore")];
    for folder in ["src", "tests", "models", "benches"] {
        for file in rust_files(&root().join(folder)) {
            let source = fs::read_to_string(&file).unwrap();
            for mark in marks {
                assert!(!source.contains(mark), "{}: {mark}", file.display());
            }
        }
    }
}
