//! How a run is shown: on a terminal, as files of its folder, on a job's page. Each file here is
//! one form; [`phrases`] are the words that they share.

mod annotations;
mod coverage_table;
mod drill_line;
mod end_table;
mod failure;
mod findings_json;
mod findings_sarif;
mod findings_text;
mod html;
mod incident_table;
mod job_summary;
mod junit;
#[cfg(test)]
mod map_examples;
mod map_table;
mod measured_lines;
mod mutation_json;
mod mutation_text;
mod phrases;
mod replay_summary;
mod run_files;
mod saved_rules;

pub use annotations::{annotations, slower_annotations};
pub use coverage_table::CoverageTable;
pub use drill_line::drill_line;
pub use end_table::end_table;
pub use failure::failure_text;
pub use findings_json::{findings_json, findings_schema};
pub use findings_sarif::findings_sarif;
pub use findings_text::FindingsText;
pub use html::{CellGraphs, GraphLine, map_page, mutants_page};
pub use incident_table::{
    firings_table, incident_table, incident_totals, untold_lines, verdict_changes_text,
};
pub use job_summary::save_summary;
pub use map_table::{
    baseline_text, blind_spots_text, exploration_text, map_table, map_tally, rule_changes_text,
};
pub use measured_lines::measured_lines;
pub use mutation_json::mutation_json;
pub use mutation_text::mutation_text;
pub use phrases::tally;
pub use replay_summary::{near_text, replay_summary};
pub use run_files::{save_report, save_so_far};
pub use saved_rules::{JudgedDrill, SavedRules, refused_text, saved_again_text, saved_text};
