//! A graph of states, packed for a page to load.

use crate::code::file_name;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::{Compression, write::DeflateEncoder};
use raceproof_suite::dpor::{StateGraph, telling::sheet};
use serde_json::json;
use std::io::Write;

/// A script that hands the graph to the page: JSON, deflated, in base 64.
pub(crate) fn script(id: &str, graph: &StateGraph) -> String {
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::best());
    let text = sheet::graph_json(graph, &file_name);
    packed.write_all(text.as_bytes()).expect("memory takes all");
    let packed = STANDARD.encode(packed.finish().expect("memory takes all"));
    format!("raceproof.data({},\"{packed}\");\n", json!(id))
}
