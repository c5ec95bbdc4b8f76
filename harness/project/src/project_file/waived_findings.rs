//! Findings of the doctor that a file waives.

use alertdrill_core::WaivedFinding;

use super::source_text::Complaint;
use super::written::{self, WrittenFile};
use super::yaml::At;

/// The waivers of `file`; a date that is none is a complaint.
pub(super) fn waived_findings(file: &WrittenFile) -> Result<Vec<WaivedFinding>, Complaint> {
    file.waived_findings.iter().map(waived).collect()
}

fn waived(written: &At<written::WaivedFinding>) -> Result<WaivedFinding, Complaint> {
    let At { value, place } = written;
    let until = value.until.as_ref().map(|until| {
        until.value.parse().map_err(|_| {
            Complaint::at(
                until.place,
                format!("`{}` is no date", until.value),
                "write the last day on which the finding is kept: `2027-01-31`",
            )
        })
    });
    Ok(WaivedFinding {
        id: value.finding.value.clone(),
        about: value.about.clone(),
        file: value.file.clone(),
        reason: value.reason.value.clone(),
        until: until.transpose()?,
        line: place.line,
        column: place.column,
    })
}
