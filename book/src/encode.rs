//! A graph of states as compact JSON, packed for a page to load.

use crate::code::file_name;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::{Compression, write::DeflateEncoder};
use raceproof_suite::dpor::{
    Memory, Place, StateGraph,
    telling::states::{Edge, End, Shown, Standing, Told},
};
use serde_json::{Value, json};
use std::{collections::HashMap, hash::Hash, io::Write};

/// Values, each once, by number.
struct Table<T> {
    all: Vec<Value>,
    numbers: HashMap<T, usize>,
}

impl<T: Hash + Eq + Clone> Table<T> {
    fn new() -> Self {
        Self { all: Vec::new(), numbers: HashMap::new() }
    }

    fn number(&mut self, value: &T, encode: impl FnOnce() -> Value) -> usize {
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        self.all.push(encode());
        self.numbers.insert(value.clone(), self.all.len() - 1);
        self.all.len() - 1
    }
}

/// The tables that the states refer to.
struct Tables {
    texts: Table<String>,
    places: Table<Place>,
    tolds: Table<Told>,
    stands: Table<Standing>,
    shows: Table<Shown>,
    ends: Table<End>,
}

impl Tables {
    fn new() -> Self {
        Self {
            texts: Table::new(),
            places: Table::new(),
            tolds: Table::new(),
            stands: Table::new(),
            shows: Table::new(),
            ends: Table::new(),
        }
    }

    fn text(&mut self, text: &str) -> usize {
        self.texts.number(&text.to_owned(), || text.into())
    }

    fn maybe(&mut self, text: Option<&String>) -> Value {
        text.map_or(json!(-1), |text| json!(self.text(text)))
    }

    fn place(&mut self, place: Option<&Place>) -> Value {
        let Some(place) = place else { return json!(-1) };
        let encode = || json!([file_name(&place.file), place.line]);
        json!(self.places.number(place, encode))
    }

    fn told(&mut self, told: &Told) -> usize {
        let (text, place) = (self.text(&told.text), self.place(told.place.as_ref()));
        self.tolds.number(told, || json!([told.thread, text, place]))
    }

    fn standing(&mut self, standing: &Standing) -> usize {
        let (does, waits) = (self.text(&standing.does), self.maybe(standing.waits.as_ref()));
        let place = self.place(standing.place.as_ref());
        self.stands.number(standing, || json!([standing.thread, does, waits, place]))
    }

    fn shown(&mut self, shown: &Shown) -> usize {
        let (value, note) = (self.maybe(shown.value.as_ref()), self.maybe(shown.note.as_ref()));
        self.shows.number(shown, || json!([shown.object, value, note]))
    }

    fn end(&mut self, end: &End) -> usize {
        self.ends.number(end, || match end {
            End::Well(None) => json!({ "fails": false }),
            End::Well(Some(outcome)) => json!({ "fails": false, "outcome": outcome }),
            End::Fails { kind, message, place } => {
                let at = place.as_ref().map(Place::short);
                json!({ "fails": true, "kind": kind.to_string(), "message": message, "at": at })
            }
        })
    }

    fn edge(&mut self, edge: &Edge) -> Value {
        let sign = self.text(&edge.sign());
        let flags = usize::from(edge.wakes) + 2 * usize::from(edge.gives_way);
        let told: Vec<_> = edge.told.iter().map(|told| self.told(told)).collect();
        match edge.started.is_empty() {
            true => json!([edge.thread, sign, flags, edge.to, told]),
            false => json!([edge.thread, sign, flags, edge.to, told, edge.started]),
        }
    }
}

/// The graph as JSON. The page's script, `machine.js`, says what stands where.
pub(crate) fn json(graph: &StateGraph) -> Value {
    let mut tables = Tables::new();
    let states: Vec<Value> = graph
        .states
        .iter()
        .map(|state| {
            let stands: Vec<_> = state.threads.iter().map(|one| tables.standing(one)).collect();
            let shows: Vec<_> = state.objects.iter().map(|one| tables.shown(one)).collect();
            let steps: Vec<_> = state.steps.iter().map(|edge| tables.edge(edge)).collect();
            match &state.end {
                Some(end) => json!([stands, shows, steps, tables.end(end)]),
                None => json!([stands, shows, steps]),
            }
        })
        .collect();
    let start: Vec<_> = graph.start.iter().map(|told| tables.told(told)).collect();
    let best = graph.shortest_failure();
    json!({
        "memory": if graph.memory == Memory::C11 { "c11" } else { "sc" },
        "threads": graph.threads,
        "objects": graph.objects,
        "start": start,
        "started": graph.started,
        "texts": tables.texts.all,
        "places": tables.places.all,
        "tolds": tables.tolds.all,
        "stands": tables.stands.all,
        "shows": tables.shows.all,
        "ends": graph.ends().count(),
        "failing": graph.ends().filter(|end| end.fails()).count(),
        "endTable": tables.ends.all,
        "best": best.as_ref().map(|(path, _)| path),
        "fewest": best.map(|(_, preemptions)| preemptions),
        "states": states,
    })
}

/// A script that hands the graph to the page: JSON, deflated, in base 64.
pub(crate) fn script(id: &str, graph: &StateGraph) -> String {
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::best());
    let text = json(graph).to_string();
    packed.write_all(text.as_bytes()).expect("memory takes all");
    let packed = STANDARD.encode(packed.finish().expect("memory takes all"));
    format!("raceproof.data({},\"{packed}\");\n", json!(id))
}
