//! A graph of states as compact JSON: what occurs often stands in a table, and is referred to by number.
//! `assets/machine.js` reads it.

use std::collections::HashMap;
use std::hash::Hash;

use super::json;
use crate::kernel::{Memory, Place};
use crate::telling::states::{Edge, End, Shown, Standing, StateGraph, Told};

/// Values, each once, by number.
struct Table<T> {
    all: Vec<String>,
    numbers: HashMap<T, usize>,
}

impl<T: Hash + Eq + Clone> Table<T> {
    fn new() -> Self {
        Table { all: Vec::new(), numbers: HashMap::new() }
    }

    fn number(&mut self, value: &T, encode: impl FnOnce() -> String) -> usize {
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        self.all.push(encode());
        self.numbers.insert(value.clone(), self.all.len() - 1);
        self.all.len() - 1
    }
}

/// The tables that the states refer to.
struct Tables<'a> {
    /// What a page calls a file.
    file: &'a dyn Fn(&str) -> String,
    texts: Table<String>,
    places: Table<Place>,
    tolds: Table<Told>,
    stands: Table<Standing>,
    shows: Table<Shown>,
    ends: Table<End>,
}

/// What stands where nothing is told.
const NONE: &str = "-1";

impl<'a> Tables<'a> {
    fn new(file: &'a dyn Fn(&str) -> String) -> Self {
        Tables {
            file,
            texts: Table::new(),
            places: Table::new(),
            tolds: Table::new(),
            stands: Table::new(),
            shows: Table::new(),
            ends: Table::new(),
        }
    }

    fn text(&mut self, text: &str) -> usize {
        self.texts.number(&text.to_owned(), || json::text(text))
    }

    fn maybe(&mut self, text: Option<&String>) -> String {
        text.map_or_else(|| NONE.to_owned(), |text| self.text(text).to_string())
    }

    fn place(&mut self, place: Option<&Place>) -> String {
        let Some(place) = place else { return NONE.to_owned() };
        let file = self.file;
        let encode = || format!("[{},{}]", json::text(&file(&place.file)), place.line);
        self.places.number(place, encode).to_string()
    }

    fn told(&mut self, told: &Told) -> usize {
        let (text, place) = (self.text(&told.text), self.place(told.place.as_ref()));
        self.tolds.number(told, || format!("[{},{text},{place}]", told.thread))
    }

    fn standing(&mut self, standing: &Standing) -> usize {
        let (does, waits) = (self.text(&standing.does), self.maybe(standing.waits.as_ref()));
        let place = self.place(standing.place.as_ref());
        self.stands.number(standing, || format!("[{},{does},{waits},{place}]", standing.thread))
    }

    fn shown(&mut self, shown: &Shown) -> usize {
        let (value, note) = (self.maybe(shown.value.as_ref()), self.maybe(shown.note.as_ref()));
        self.shows.number(shown, || format!("[{},{value},{note}]", shown.object))
    }

    fn end(&mut self, end: &End) -> usize {
        let fails = |yes: bool| ("fails", yes.to_string());
        self.ends.number(end, || match end {
            End::Well(None) => json::object(&[fails(false)]),
            End::Well(Some(outcome)) => {
                json::object(&[fails(false), ("outcome", json::text(outcome))])
            }
            End::Fails { kind, message, place } => json::object(&[
                fails(true),
                ("kind", json::text(&kind.to_string())),
                ("message", json::text(message)),
                ("at", place.as_ref().map_or("null".to_owned(), |at| json::text(&at.short()))),
            ]),
        })
    }

    fn edge(&mut self, edge: &Edge) -> String {
        let sign = self.text(&edge.sign());
        let flags = usize::from(edge.wakes) + 2 * usize::from(edge.gives_way);
        let told: Vec<_> = edge.told.iter().map(|told| self.told(told)).collect();
        let mut parts: Vec<_> = [edge.thread, sign, flags, edge.to].map(|n| n.to_string()).into();
        parts.push(json::numbers(told));
        if !edge.started.is_empty() {
            parts.push(json::numbers(edge.started.iter().copied()));
        }
        json::list(parts)
    }
}

/// Of a graph that is but one execution.
pub(super) struct Only<'a> {
    /// Why there is no more.
    pub(super) why: &'a str,
    /// The steps that are preemptions.
    pub(super) preempted: &'a [usize],
}

/// The graph as JSON; `file` says what the page calls a file.
pub(super) fn encode(
    graph: &StateGraph,
    file: &dyn Fn(&str) -> String,
    only: Option<&Only<'_>>,
) -> String {
    let mut tables = Tables::new(file);
    let mut states = Vec::new();
    for state in &graph.states {
        let stands: Vec<_> = state.threads.iter().map(|one| tables.standing(one)).collect();
        let shows: Vec<_> = state.objects.iter().map(|one| tables.shown(one)).collect();
        let steps: Vec<_> = state.steps.iter().map(|edge| tables.edge(edge)).collect();
        let mut parts = vec![json::numbers(stands), json::numbers(shows), json::list(steps)];
        parts.extend(state.end.as_ref().map(|end| tables.end(end).to_string()));
        states.push(json::list(parts));
    }
    let start: Vec<_> = graph.start.iter().map(|told| tables.told(told)).collect();
    let best = graph.shortest_failure();
    let memory = if graph.memory == Memory::C11 { "c11" } else { "sc" };
    let null = || "null".to_owned();
    json::object(&[
        ("memory", json::text(memory)),
        ("only", only.map_or_else(null, |only| json::text(only.why))),
        ("preempted", json::numbers(only.iter().flat_map(|only| only.preempted).copied())),
        ("threads", json::texts(&graph.threads)),
        ("objects", json::texts(&graph.objects)),
        ("start", json::numbers(start)),
        ("started", json::numbers(graph.started.iter().copied())),
        ("texts", json::list(&tables.texts.all)),
        ("places", json::list(&tables.places.all)),
        ("tolds", json::list(&tables.tolds.all)),
        ("stands", json::list(&tables.stands.all)),
        ("shows", json::list(&tables.shows.all)),
        ("ends", graph.ends().count().to_string()),
        ("failing", graph.ends().filter(|end| end.fails()).count().to_string()),
        ("endTable", json::list(&tables.ends.all)),
        ("best", best.as_ref().map_or_else(null, |(path, _)| json::numbers(path.iter().copied()))),
        ("fewest", best.map_or_else(null, |(_, preemptions)| preemptions.to_string())),
        ("states", json::list(states)),
    ])
}
