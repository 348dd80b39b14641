//! The map of scc.

use std::collections::BTreeMap;

use raceproof::linearizable;
use raceproof::linearizable::Clients;
use scc::HashMap;

use crate::Structure;

fn clients() -> Clients<HashMap<u8, u8>, BTreeMap<u8, u8>> {
    linearizable! { @clients
        object: HashMap<u8, u8> = HashMap::new();
        spec: BTreeMap<u8, u8> = BTreeMap::new();
        fn insert(&self, key in alike([1, 2])) -> bool {
            does: |map| map.insert_sync(key, 1).is_ok(),
            spec: |map| if map.contains_key(&key) { false } else { map.insert(key, 1); true }
        }
        fn read(&self, key in alike([1, 2])) -> Option<u8> {
            does: |map| map.read_sync(&key, |_, value| *value),
            spec: |map| map.get(&key).copied()
        }
        fn remove(&self, key in alike([1, 2])) -> Option<u8> {
            does: |map| map.remove_sync(&key).map(|(_, value)| value),
            spec: |map| map.remove(&key)
        }
    }
}

pub(crate) fn all() -> Vec<Structure> {
    let what = "scc 3.8.8, `HashMap`: `insert_sync`, `read_sync`, `remove_sync`";
    let reason = Some(
        "No fault of the map was found, and nothing is proved of it: its garbage lies in a collector in a `thread_local!` of std, which all \
         threads of a model share and which is there in the next execution as well (`docs/loom.md` says which statics an execution has of \
         its own). So the model does not do the same when it is run again.",
    );
    vec![Structure { name: "map", what, check: |limits| limits.check(clients()), reason }]
}
