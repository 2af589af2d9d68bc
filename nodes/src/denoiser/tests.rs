//! The nodes of this group, on a network small enough for a test.
