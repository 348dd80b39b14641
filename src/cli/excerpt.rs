//! Takes a scenario's file apart: its story, and the code of each program, line by line.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use std::collections::HashSet;
use syn::{Ident, spanned::Spanned, visit::Visit};

/// A file of Rust, item by item.
#[derive(Debug)]
pub struct File {
    /// What it is called, as in `transfer.rs`.
    pub name: String,
    lines: Vec<&'static str>,
    items: Vec<Item>,
    /// What it imports.
    imports: HashSet<String>,
}

/// A type, one of its implementations, a function, a constant.
#[derive(Debug, PartialEq, Eq)]
pub struct Item {
    /// What it is called; an implementation is called as its type.
    pub name: String,
    /// Its first and its last line, counted from one, comments and attributes included.
    pub lines: (usize, usize),
    /// Every name in it.
    words: HashSet<String>,
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
    debug.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or(debug)
}

/// Every name in a piece of code.
#[derive(Default)]
struct Words(HashSet<String>);

impl Words {
    fn add_tokens(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Ident(word) => self.visit_ident(&word),
                TokenTree::Group(group) => self.add_tokens(group.stream()),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }
}

impl Visit<'_> for Words {
    fn visit_ident(&mut self, word: &Ident) {
        self.0.insert(word.to_string());
    }

    fn visit_macro(&mut self, call: &syn::Macro) {
        self.add_tokens(call.tokens.clone());
    }
}

impl File {
    /// Takes `source` apart.
    ///
    /// # Panics
    ///
    /// If it is no Rust, which the compiler has seen to.
    #[must_use]
    pub fn new(name: impl Into<String>, source: &'static str) -> Self {
        let parsed = syn::parse_file(source).expect("it has been compiled");
        let mut file = Self {
            name: name.into(),
            lines: source.lines().collect(),
            items: Vec::new(),
            imports: HashSet::new(),
        };
        parsed.items.iter().for_each(|item| file.add(item));
        file
    }

    fn add(&mut self, item: &syn::Item) {
        let name = match item {
            syn::Item::Use(import) => return self.add_import(import),
            syn::Item::Macro(call) if call.mac.path.is_ident("programs") => {
                return programs(call.mac.tokens.clone()).for_each(|(name, span, words)| {
                    let lines = self.lines_of(span);
                    self.items.push(Item { name, lines, words });
                });
            }
            syn::Item::Impl(implementation) => match &*implementation.self_ty {
                syn::Type::Path(of) => of.path.segments.last().map(|last| &last.ident),
                _ => None,
            },
            syn::Item::Struct(item) => Some(&item.ident),
            syn::Item::Enum(item) => Some(&item.ident),
            syn::Item::Trait(item) => Some(&item.ident),
            syn::Item::Type(item) => Some(&item.ident),
            syn::Item::Fn(item) => Some(&item.sig.ident),
            syn::Item::Const(item) => Some(&item.ident),
            syn::Item::Static(item) => Some(&item.ident),
            syn::Item::Macro(item) => item.ident.as_ref(),
            _ => None,
        };
        let Some(name) = name.map(ToString::to_string) else { return };
        let mut words = Words::default();
        words.visit_item(item);
        let lines = self.lines_of(item.span());
        self.items.push(Item { name, lines, words: words.0 });
    }

    fn add_import(&mut self, import: &syn::ItemUse) {
        let mut words = Words::default();
        words.visit_use_tree(&import.tree);
        self.imports.extend(words.0);
    }

    /// The lines of an item, with the comment right above it.
    fn lines_of(&self, span: Span) -> (usize, usize) {
        let is_comment = |line: &&&str| line.starts_with("//") && !line.starts_with("//!");
        let first = span.start().line;
        let above = self.lines[..first - 1].iter().rev().take_while(is_comment).count();
        (first - above, span.end().line)
    }

    /// The items that `name` is made of: itself, and whatever of this file it uses, directly or not,
    /// in the order of the file.
    #[must_use]
    pub fn of(&self, name: &str) -> Vec<&Item> {
        self.uses([name.to_owned()].into())
    }

    /// The items that `user`, some items of `file`, import from here, with what they use.
    #[must_use]
    pub fn imported_by(&self, file: &Self, user: &[&Item]) -> Vec<&Item> {
        let used = |import: &&String| user.iter().any(|item| item.words.contains(*import));
        self.uses(file.imports.iter().filter(used).cloned().collect())
    }

    fn uses(&self, mut wanted: HashSet<String>) -> Vec<&Item> {
        loop {
            let used = self.items.iter().filter(|item| wanted.contains(&item.name));
            let words: HashSet<_> = used.flat_map(|item| &item.words).collect();
            let more = self.items.iter().map(|item| &item.name);
            let more: Vec<_> =
                more.filter(|name| words.contains(name) && !wanted.contains(*name)).collect();
            if more.is_empty() {
                return self.items.iter().filter(|item| wanted.contains(&item.name)).collect();
            }
            wanted.extend(more.into_iter().cloned());
        }
    }

    /// The item's lines with their numbers, moved to the margin; the derived `Debug`, which every program
    /// has, is left out.
    pub fn code<'a>(&'a self, item: &Item) -> impl Iterator<Item = (usize, &'static str)> + 'a {
        let (first, last) = item.lines;
        let lines = &self.lines[first - 1..last];
        let margin = lines[0].len() - lines[0].trim_start().len();
        let flush = move |line: &&'static str| line.get(margin..).unwrap_or_default();
        (first..).zip(lines.iter().map(flush)).filter(|&(_, line)| line != "#[derive(Debug)]")
    }
}

/// The programs within the macro that holds those of a contract: each begins with its name and ends with its
/// body.
fn programs(tokens: TokenStream) -> impl Iterator<Item = (String, Span, HashSet<String>)> {
    let is_body = |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
    let is_end = |token: &TokenTree| matches!(token, TokenTree::Punct(end) if end.as_char() == ';');
    let mut tokens: Vec<_> = tokens.into_iter().collect();
    // The kind of primitive that they are about.
    let head = tokens.iter().position(is_end).map_or(0, |end| end + 1);
    let tokens = tokens.split_off(head);
    let programs: Vec<_> = tokens.split_inclusive(is_body).map(program).collect();
    programs.into_iter().flatten()
}

fn program(tokens: &[TokenTree]) -> Option<(String, Span, HashSet<String>)> {
    let name = tokens.iter().find_map(|token| match token {
        TokenTree::Ident(name) => Some(name.to_string()),
        _ => None,
    })?;
    let span = tokens.first()?.span().join(tokens.last()?.span())?;
    let mut words = Words::default();
    words.add_tokens(tokens.iter().cloned().collect());
    Some((name, span, words.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
//! A story
//!
//!  of two lines.

use super::{apart, sharing};
use crate::{
    a::B,
};

pub static SCENARIO: Scenario = Scenario { program: &One };

// Not a doc comment.
/// Helps.
fn helper(x: u8) -> u8 {
    deeper()
}

fn deeper() {}

struct Wrapped<B: Backend>([B; 2]);

impl<B: Backend> Wrapped<B> {
    fn open() -> Self {
        assert!(helper(3));
    }
}

#[derive(Debug)]
struct One;

impl Program for One {
    fn run<B: Backend>(&self) {
        // Other is not used.
        Wrapped::<B>::open(sharing());
    }
}

#[derive(Debug)]
struct Other {
    size: usize,
}

programs! {
    <K: Kind>;

    /// Two of them.
    Two<B> {
        let other = Other { size: 2 };
    }

    Three(threads: usize)<B> {
        together();
    }
}
";

    const ABOVE: &str = "\
fn sharing() {
    close();
}

fn close() {}

fn apart() {}
";

    fn names(items: &[&Item]) -> Vec<String> {
        items.iter().map(|item| item.name.clone()).collect()
    }

    #[test]
    fn the_story_is_the_module_doc() {
        assert_eq!(story(SOURCE), "A story\n\n of two lines.");
    }

    #[test]
    fn a_program_comes_with_what_it_uses() {
        let file = File::new("one.rs", SOURCE);
        let one = file.of("One");
        assert_eq!(names(&one), ["helper", "deeper", "Wrapped", "Wrapped", "One", "One"]);
        let above = File::new("mod.rs", ABOVE);
        assert_eq!(names(&above.imported_by(&file, &one)), ["sharing", "close"]);
        let other = file.of("Other");
        assert!(above.imported_by(&file, &other).is_empty());
        let code: Vec<_> = file.code(other[0]).collect();
        assert_eq!(code, [(39, "struct Other {"), (40, "    size: usize,"), (41, "}")]);
    }

    #[test]
    fn a_comment_is_part_of_what_stands_below_it() {
        let file = File::new("one.rs", SOURCE);
        let first = file.code(file.of("helper")[0]).next();
        assert_eq!(first, Some((12, "// Not a doc comment.")));
    }

    #[test]
    fn the_programs_of_contracts_stand_in_a_macro() {
        let file = File::new("one.rs", SOURCE);
        assert_eq!(names(&file.of("Two")), ["Other", "Two"]);
        let code: Vec<_> = file.code(file.of("Three")[0]).collect();
        let expected = ["Three(threads: usize)<B> {", "    together();", "}"];
        assert_eq!(code, [(51, expected[0]), (52, expected[1]), (53, expected[2])]);
        assert_eq!(file.code(file.of("Two")[1]).next(), Some((46, "/// Two of them.")));
    }
}
