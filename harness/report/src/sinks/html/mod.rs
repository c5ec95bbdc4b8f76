//! `index.html`: a run as a person looks at it, in one file that needs nothing else.
//!
//! From the bottom up: an axis of time, marks and bands on it, plots of lines, what is made of them
//! (charts of panels, graphs of expressions, bars of latencies), a drill's row, the page.

mod axis;
mod chart;
mod drill_row;
mod graph;
mod latency_bar;
mod marks;
mod page;
mod plot;

pub(super) use page::html_page;
