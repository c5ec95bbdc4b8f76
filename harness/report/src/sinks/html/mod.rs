//! `index.html`: a run as a person looks at it, in one file that needs nothing else.
//!
//! From the bottom up: times in words and in seconds of the run, marks and bands in time, lines as
//! data, what is made of them (charts and states of panels, graphs of expressions, bars of
//! latencies), a drill's row and story, the table of alerts, the top, the page. What is drawn on a
//! canvas a library draws in the browser: `templates/vendor`.

mod alert_table;
mod chart;
mod detection;
mod drill_row;
mod graph;
mod head;
mod latency_bar;
mod map_cell;
mod map_page;
mod marks;
mod mutants_page;
mod page;
mod plot;
mod run_time;
mod states;
mod story;
mod time_text;
mod unit;

pub use map_cell::{CellGraphs, GraphLine};
pub use map_page::map_page;
pub use mutants_page::mutants_page;
pub(super) use page::{Evidence, html_page};
