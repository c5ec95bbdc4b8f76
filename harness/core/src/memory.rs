//! A system in memory: what tests break in milliseconds.
