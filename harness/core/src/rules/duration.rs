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
        let number_ends = rest.find(|c: char| !c.is_ascii_digit());
        let (number, after) = rest.split_at(number_ends.ok_or_else(bad)?);
        let unit_ends = after.find(|c: char| c.is_ascii_digit());
        let (unit, after) = after.split_at(unit_ends.unwrap_or(after.len()));
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
        let number: u64 = number.parse().map_err(|_| bad())?;
        let ms = number.checked_mul(unit_ms).ok_or_else(bad)?;
        let part = Duration::from_millis(ms);
        total = total.checked_add(part).ok_or_else(bad)?;
        rest = after;
    }
    seconds::within_bounds(total).map_err(|reason| Error::BadAnswer {
        attempted: format!("read the duration `{text}`"),
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duration_is_the_sum_of_its_units() {
        let read_ms = |text| prometheus_duration(text).unwrap().as_millis();
        let read = ["1m30s", "500ms", "1h", "1d", "2w", "0s"].map(read_ms);
        assert_eq!(read, [90_000, 500, 3_600_000, 86_400_000, 1_209_600_000, 0]);
    }

    #[test]
    fn text_that_is_no_duration_and_one_that_is_too_long_are_errors_that_name_it() {
        for text in [
            "s",
            "5",
            "5x",
            "-5s",
            "1 m",
            "101y",
            "99999999999999999999s",
        ] {
            let error = prometheus_duration(text).unwrap_err().to_string();
            assert!(error.contains(&format!("the duration `{text}`")), "{error}");
        }
    }
}
