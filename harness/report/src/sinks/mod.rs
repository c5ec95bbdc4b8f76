//! How a run is shown.

pub(crate) mod annotations;
pub(crate) mod coverage_table;
pub(crate) mod drill_line;
pub(crate) mod end_table;
pub(crate) mod failure;
pub(crate) mod html;
pub(crate) mod job_summary;
pub(crate) mod junit;
pub(crate) mod phrases;
