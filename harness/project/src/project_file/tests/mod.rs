//! What a file gives, and what is said of a wrong one.

mod drills;
mod form;
mod names;
mod published;
mod refused;
