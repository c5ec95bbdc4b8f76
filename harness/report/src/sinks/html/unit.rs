//! The units of values, by Grafana's names: of a panel as it says, of an expression as the names
//! of its metrics say.

/// The unit of what an expression gives, as far as the names of its metrics tell it
/// (<https://prometheus.io/docs/practices/naming/>); `short`, which is a number of something, else.
pub(super) fn unit_of(query: &str) -> &'static str {
    let has = |part: &str| query.contains(part);
    // A comparison says whether something is so, and a division may have any unit.
    if has(" / ") {
        return "short";
    }
    if has("rate(") {
        return if has("_seconds") { "short" } else { "cps" };
    }
    let suffixes = [
        ("_bytes", "bytes"),
        ("_minutes", "m"),
        ("_percent", "percent"),
        ("_ratio", "percentunit"),
    ];
    let found = suffixes.into_iter().find(|(suffix, _)| has(suffix));
    match found {
        Some((_, unit)) => unit,
        // An instant is a number of seconds that nobody reads; an age is one that everybody does.
        None if has("_timestamp_seconds") && !has("time()") => "short",
        None if has("_seconds") => "s",
        None => "short",
    }
}

/// A value in its unit, short enough for a line of text.
pub(super) fn with_unit(value: f64, unit: &str) -> String {
    let short = |value: f64, suffixes: [&str; 4], factor: f64| {
        let power = (0..3)
            .take_while(|power| value.abs() >= factor.powi(power + 1))
            .count();
        let scaled = value / factor.powi(i32::try_from(power).unwrap_or_default());
        let digits = usize::from(scaled.abs() < 10.0 && scaled.fract() != 0.0);
        format!("{scaled:.digits$} {}", suffixes[power])
            .trim_end()
            .to_owned()
    };
    match unit {
        "bytes" => short(value, ["B", "KiB", "MiB", "GiB"], 1024.0),
        "percent" => format!("{value:.0} %"),
        "percentunit" => format!("{:.0} %", value * 100.0),
        "s" | "dateTimeFromNow" => super::time_text::duration(value),
        "m" => super::time_text::duration(value * 60.0),
        "cps" => format!("{value:.1}/s"),
        _ => short(value, ["", "k", "M", "G"], 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_in_their_units() {
        assert_eq!(with_unit(3.0 * 1024.0 * 1024.0, "bytes"), "3 MiB");
        assert_eq!(with_unit(1500.0, "short"), "1.5 k");
        assert_eq!(with_unit(0.0, "short"), "0");
        assert_eq!(with_unit(50.04, "cps"), "50.0/s");
        assert_eq!(with_unit(85.0, "s"), "1 min 25 s");
        assert_eq!(with_unit(30.0, "m"), "30 min");
    }

    #[test]
    fn unit_of_an_expression_is_that_which_its_metrics_are_named_after() {
        let units = [
            ("avg by (exchange) (mv_processing_delay_seconds)", "s"),
            ("time() - last_message_timestamp_seconds", "s"),
            ("last_message_timestamp_seconds", "short"),
            ("container_memory_usage_bytes", "bytes"),
            ("rate(http_requests_total[1m])", "cps"),
            ("rate(a_total[1m]) / rate(b_total[1m])", "short"),
            ("rate(busy_seconds_total[1m])", "short"),
            ("offload_lag_minutes", "m"),
            ("up", "short"),
        ];
        for (query, unit) in units {
            assert_eq!(unit_of(query), unit, "{query}");
        }
    }
}
