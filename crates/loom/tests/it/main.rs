//! What a user of loom writes, and what comes of it.
