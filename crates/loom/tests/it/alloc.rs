//! Memory and values that must not be left over.
#![allow(unsafe_code)]

use loom::alloc::{Layout, Track, alloc, alloc_zeroed, dealloc};

use super::{fails, fails_with};

const LAYOUT: Layout = Layout::new::<u64>();

#[test]
fn memory_that_is_not_freed_is_a_leak() {
    // SAFETY: the layout is not of size 0.
    let told = fails(|| _ = unsafe { alloc(LAYOUT) });
    assert!(told.contains("leak") && told.contains("alloc.rs"), "{told}");
}

#[test]
fn memory_that_is_freed_is_none() {
    loom::model(|| {
        // SAFETY: the layout is not of size 0, and the memory is freed as it was allocated.
        unsafe {
            let memory = alloc_zeroed(LAYOUT);
            assert_eq!(*memory, 0);
            dealloc(memory, LAYOUT);
        }
    });
}

#[test]
fn a_value_that_is_not_dropped_is_a_leak() {
    fails_with("leak", || std::mem::forget(Track::new(1)));
    loom::model(|| {
        let mut value = Track::new(1);
        *value.get_mut() += *value.get_ref();
        assert_eq!(value.into_inner(), 2);
    });
}
