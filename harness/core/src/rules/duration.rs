//! Prometheus's own notation of durations.

use std::time::Duration;

use crate::{Error, Result, seconds};

/// Prometheus's duration format: numbers with the units ms, s, m, h, d, w, y, the larger first
/// (<https://prometheus.io/docs/prometheus/latest/configuration/configuration/>, `<duration>`).
///
/// # Errors
/// [`Error::BadAnswer`] of a text that is no such duration.
pub fn prometheus_duration(text: &str) -> Result<Duration> {
    let bad = || Error::BadAnswer {
        attempted: format!("read the duration `{text}`"),
        reason: "it is no Prometheus duration".to_owned(),
    };
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .filter(|end| *end > 0)
            .ok_or_else(bad)?;
        let (number, after) = rest.split_at(digits);
        let unit_end = after
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_end);
        let unit_ms: u64 = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 604_800_000,
            "y" => 31_536_000_000,
            _ => return Err(bad()),
        };
        let ms = number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(unit_ms))
            .ok_or_else(bad)?;
        total = total
            .checked_add(Duration::from_millis(ms))
            .ok_or_else(bad)?;
        rest = after;
    }
    seconds::within_bounds(total).map_err(|reason| Error::BadAnswer {
        attempted: format!("read the duration `{text}`"),
        reason,
    })
}
