//! An execution as a page for a browser, on which the reader is the scheduler.

mod graph;
mod json;
mod listing;
mod page;
mod single;

pub(crate) use page::page;
pub(crate) use single::single;

use crate::telling::states::StateGraph;

/// How the stage looks.
pub const STYLE: &str = include_str!("assets/stage.css");

/// The stage: each script by its file's name, in the order in which they are loaded.
pub const SCRIPTS: &[(&str, &str)] = &[
    ("machine.js", include_str!("assets/machine.js")),
    ("order.js", include_str!("assets/order.js")),
    ("progress.js", include_str!("assets/progress.js")),
    ("history.js", include_str!("assets/history.js")),
    ("tree.js", include_str!("assets/tree.js")),
    ("stage.js", include_str!("assets/stage.js")),
];

/// A graph as the JSON that `machine.js` reads; `file` says what the page calls a file.
pub fn graph_json(graph: &StateGraph, file: &dyn Fn(&str) -> String) -> String {
    graph::encode(graph, file, None)
}
