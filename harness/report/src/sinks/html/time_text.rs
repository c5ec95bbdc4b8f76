//! Times as people write them.

use alertdrill_core::UtcInstant;

/// A length of time: `8.3 s`, `25 s`, `1 min 25 s`, `2 h 5 min`. Below a minute tenths are told,
/// for there they may decide.
pub(super) fn duration(seconds: f64) -> String {
    let sign = if seconds <= -0.05 { "−" } else { "" };
    let seconds = seconds.abs();
    if seconds < 59.95 {
        let tenths = format!("{seconds:.1}");
        return format!("{sign}{} s", tenths.strip_suffix(".0").unwrap_or(&tenths));
    }
    let whole = seconds.round();
    let (hours, minutes) = ((whole / 3600.0).floor(), (whole % 3600.0 / 60.0).floor());
    let parts = if hours > 0.0 {
        [(hours, "h"), (minutes, "min")]
    } else {
        [(minutes, "min"), (whole % 60.0, "s")]
    };
    let parts = parts.into_iter().filter(|(count, _)| *count > 0.0);
    let parts: Vec<_> = parts
        .map(|(count, unit)| format!("{count:.0} {unit}"))
        .collect();
    format!("{sign}{}", parts.join(" "))
}

/// A range of times, or the one time that both are.
pub(super) fn between(shortest_s: f64, longest_s: f64) -> String {
    let (shortest, longest) = (duration(shortest_s), duration(longest_s));
    if shortest == longest {
        return longest;
    }
    format!("{shortest} to {longest}")
}

/// The time of day: `14:03:12 UTC`.
pub(super) fn clock(at: UtcInstant) -> String {
    let text = at.to_string();
    let time = text.split('T').nth(1).unwrap_or(&text);
    format!("{} UTC", time.get(..8).unwrap_or(time))
}

/// The day and the time of day: `2026-11-27, 14:03:12 UTC`.
pub(super) fn day_and_clock(at: UtcInstant) -> String {
    let text = at.to_string();
    let day = text.split('T').next().unwrap_or_default();
    format!("{day}, {}", clock(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_people_write_them() {
        let written = [0.0, 8.34, 25.0, 59.96, 85.2, 119.8, 3600.0, 7512.0, -3.2].map(duration);
        assert_eq!(
            written,
            [
                "0 s",
                "8.3 s",
                "25 s",
                "1 min",
                "1 min 25 s",
                "2 min",
                "1 h",
                "2 h 5 min",
                "−3.2 s"
            ]
        );
        assert_eq!(between(60.0, 60.2), "1 min");
        assert_eq!(between(5.0, 60.0), "5 s to 1 min");
        let at = UtcInstant::from_epoch_s(1_763_876_592.9).unwrap();
        assert_eq!(clock(at), "05:43:12 UTC");
        assert_eq!(day_and_clock(at), "2025-11-23, 05:43:12 UTC");
    }
}
