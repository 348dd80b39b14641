//! Takes a scenario's file apart: its story, and the code of each program.
//!
//! Works on text as rustfmt leaves it, where an item begins and ends at the left margin.

/// The text of a file, item by item.
#[derive(Debug)]
pub struct Excerpts<'a> {
    items: Vec<Item<'a>>,
}

/// A type, one of its implementations, a function, a constant.
#[derive(Debug, PartialEq, Eq)]
pub struct Item<'a> {
    /// What it is called; an implementation is called as its type.
    pub name: &'a str,
    /// Its lines, doc comment and attributes included.
    pub lines: Vec<&'a str>,
}

/// The module doc of `source`, without its marks.
#[must_use]
pub fn story(source: &str) -> String {
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    let lines: Vec<_> = lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    lines.join("\n")
}

/// The name of the struct whose `Debug` form this is.
#[must_use]
pub fn struct_name(debug: &str) -> &str {
    debug.split(|c: char| !is_of_a_name(c)).next().unwrap_or(debug)
}

fn is_of_a_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

impl<'a> Excerpts<'a> {
    /// Takes `source` apart.
    #[must_use]
    pub fn new(source: &'a str) -> Self {
        let mut items = Vec::new();
        for lines in pieces(source.lines().filter(|line| !line.starts_with("//!"))) {
            match lines[..] {
                [first, ref within @ .., _] if PROGRAMS.contains(&first) => {
                    items.extend(programs(within));
                }
                _ => items.extend(name(&lines).map(|name| Item { name, lines })),
            }
        }
        Self { items }
    }

    /// The items that `name` is made of: itself, and whatever of this file it uses, directly or not,
    /// in the order of the file.
    #[must_use]
    pub fn of(&self, name: &str) -> Vec<&Item<'a>> {
        let mut wanted = vec![name];
        let mut looked_at = 0;
        while let Some(&name) = wanted.get(looked_at) {
            looked_at += 1;
            for item in self.items.iter().filter(|item| item.name == name) {
                for other in &self.items {
                    if !wanted.contains(&other.name) && item.mentions(other.name) {
                        wanted.push(other.name);
                    }
                }
            }
        }
        self.items.iter().filter(|item| wanted.contains(&item.name)).collect()
    }
}

impl Item<'_> {
    /// Whether the code, comments apart, has `name` as a word.
    fn mentions(&self, name: &str) -> bool {
        self.lines
            .iter()
            .map(|line| line.split("//").next().unwrap_or(line))
            .flat_map(|line| line.split(|c: char| !is_of_a_name(c)))
            .any(|word| word == name)
    }

    /// The code; the derived `Debug`, which every program has, is left out.
    #[must_use]
    pub fn code(&self) -> String {
        let lines: Vec<_> =
            self.lines.iter().copied().filter(|&line| line != "#[derive(Debug)]").collect();
        lines.join("\n")
    }
}

/// The first lines of the macros that hold the programs of contracts.
const PROGRAMS: [&str; 2] = ["programs! {", "own! {"];

/// The programs within such a macro. Each begins with its name and stands one level deep.
fn programs<'a>(lines: &[&'a str]) -> impl Iterator<Item = Item<'a>> {
    let flush = lines.iter().map(|line| line.strip_prefix("    ").unwrap_or(line));
    let programs = pieces(flush).into_iter().filter(|lines| !lines[0].starts_with('<'));
    programs.map(|lines| Item { name: struct_name(lines[0]), lines })
}

/// The lines of each item.
fn pieces<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Vec<&'a str>> {
    let mut pieces = Vec::new();
    let mut piece = Vec::new();
    for line in lines {
        if piece.is_empty() && line.is_empty() {
            continue;
        }
        piece.push(line);
        if is_last(line) {
            pieces.push(std::mem::take(&mut piece));
        }
    }
    pieces
}

/// Whether an item ends with this line.
fn is_last(line: &str) -> bool {
    let at_margin = !line.starts_with([' ', '/', '#']);
    at_margin && (line.ends_with('}') || line.ends_with(';'))
}

/// What an item is called; `None` for an import.
fn name<'a>(lines: &[&'a str]) -> Option<&'a str> {
    let head = lines.iter().find(|line| !line.starts_with(['/', '#']))?;
    let mut rest = *head;
    for word in ["pub(super) ", "pub(crate) ", "pub ", "const fn ", "async "] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    if let Some(implementation) = rest.strip_prefix("impl") {
        return Some(struct_name(implemented(implementation)));
    }
    for word in ["struct ", "enum ", "trait ", "type ", "fn ", "const ", "static ", "mod "] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    (!rest.starts_with("use ")).then(|| struct_name(rest)).filter(|name| !name.is_empty())
}

/// The type of an implementation, from what follows `impl`.
fn implemented(head: &str) -> &str {
    let mut depth = 0;
    let end_of_generics = head.char_indices().find(|&(_, c)| {
        depth += i32::from(c == '<') - i32::from(c == '>');
        depth == 0
    });
    let rest = end_of_generics.map_or(head, |(index, c)| &head[index + c.len_utf8()..]);
    rest.split_once(" for ").map_or(rest, |(_, of)| of).trim_start()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{contracts, program, scenarios};

    const SOURCE: &str = "\
//! A story
//!
//!  of two lines.

use crate::{
    a::B,
};

pub static SCENARIO: Scenario = Scenario { program: &One };

/// Helps.
fn helper(x: u8) -> u8 {
    deeper()
}

fn deeper() {}

struct Wrapped<B: Backend>([B; 2]);

impl<B: Backend> Wrapped<B> {
    fn open() -> Self {
        helper(3)
    }
}

#[derive(Debug)]
struct One;

impl Program for One {
    fn run<B: Backend>(&self) {
        // Other is not used.
        Wrapped::<B>::open();
    }
}

#[derive(Debug)]
struct Other {
    size: usize,
}
";

    #[test]
    fn the_story_is_the_module_doc() {
        assert_eq!(story(SOURCE), "A story\n\n of two lines.");
    }

    #[test]
    fn a_program_comes_with_what_it_uses() {
        let excerpts = Excerpts::new(SOURCE);
        let names: Vec<_> = excerpts.of("One").iter().map(|item| item.name).collect();
        assert_eq!(names, ["helper", "deeper", "Wrapped", "Wrapped", "One", "One"]);
        let other = excerpts.of("Other");
        assert_eq!(other[0].code(), "struct Other {\n    size: usize,\n}");
        assert_eq!(other.len(), 1);
    }

    #[test]
    fn every_program_of_a_contract_is_found() {
        for (scenario, variant) in program::variants(contracts::ALL) {
            let debug = format!("{:?}", variant.program);
            let items = Excerpts::new(scenario.source);
            let items = items.of(struct_name(&debug));
            let program = items.iter().find(|item| item.name == struct_name(&debug));
            let name = format!("{}/{}", scenario.id, variant.id);
            let lines = &program.unwrap_or_else(|| panic!("{name}")).lines;
            let head = lines.iter().find(|line| !line.starts_with(['/', '#']));
            // In one of the macros, or written out.
            let begins = |line: &&str| line.ends_with("<B> {") || line.starts_with("struct ");
            assert!(head.is_some_and(begins), "{name}: {head:?}");
            assert!(items.iter().all(|item| item.name != "SCENARIO"), "{name}");
        }
    }

    #[test]
    fn every_program_of_the_registry_is_found() {
        for (scenario, variant) in program::variants(scenarios::ALL) {
            let debug = format!("{:?}", variant.program);
            let items = Excerpts::new(scenario.source);
            let code: String =
                items.of(struct_name(&debug)).iter().map(|item| item.code()).collect();
            let name = struct_name(&debug);
            assert!(code.contains(&format!("struct {name}")), "{}/{}", scenario.id, variant.id);
            assert!(code.contains(&format!("for {name} {{")), "{}/{}", scenario.id, variant.id);
            assert!(!code.contains("SCENARIO"), "{}/{}", scenario.id, variant.id);
        }
    }
}
