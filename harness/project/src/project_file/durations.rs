//! Durations that a file writes as texts.

use std::time::Duration;

use alertdrill_core::prometheus_duration;

use super::source_text::Complaint;
use super::written::DurationText;
use super::yaml::At;

pub(super) fn duration(written: &At<DurationText>) -> Result<Duration, Complaint> {
    duration_of(&At {
        value: written.value.0.clone(),
        place: written.place,
    })
}

pub(super) fn duration_of(written: &At<String>) -> Result<Duration, Complaint> {
    let text = written.value.as_str();
    let is_number = !text.is_empty() && text.chars().all(|char| char.is_ascii_digit());
    let refused = |help: String| {
        let message = format!("`{text}` is no duration");
        Complaint::at(written.place, message, help)
    };
    let example = || "write it with its units: `30s`, `2m`, `1m30s`".to_owned();
    if is_number {
        return Err(refused(format!("is it `{text}s`? A duration has its unit")));
    }
    if text.is_empty() {
        return Err(refused(example()));
    }
    prometheus_duration(text).map_err(|_| refused(example()))
}

pub(super) fn duration_or(
    written: Option<&At<DurationText>>,
    default: Duration,
) -> Result<Duration, Complaint> {
    written.map_or(Ok(default), duration)
}

pub(super) fn optional(written: Option<&At<DurationText>>) -> Result<Option<Duration>, Complaint> {
    written.map(duration).transpose()
}
