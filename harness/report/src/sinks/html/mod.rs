//! `index.html`: a run as a person looks at it, in one file that needs nothing else.

mod axis;
mod chart;
mod drill_row;
mod graph;
mod latency_bar;
pub(crate) mod page;
mod plot;
#[cfg(test)]
pub(crate) mod tests;
