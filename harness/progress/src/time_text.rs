//! Times as people read them at a glance.

use std::time::Duration;

use jiff::Zoned;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// How long something has taken, as a clock shows it: `0:45`, `12:03`, `1:02:03`.
pub(crate) fn taken(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, rest) = (seconds / HOUR, seconds % HOUR / MINUTE, seconds % MINUTE);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{rest:02}")
    } else {
        format!("{minutes}:{rest:02}")
    }
}

/// How much time is left, as exact as an estimate can be: `40 s`, `6 min`, `1 h 5 min`.
pub(crate) fn left(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < MINUTE {
        return format!("{} s", seconds.div_ceil(10).max(1) * 10);
    }
    let minutes = seconds.div_ceil(MINUTE);
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// The time of day, where the clock says `now`, once `left` has passed: `14:07`.
pub(crate) fn clock_after(now: &Zoned, left: Duration) -> String {
    let then = now.checked_add(left).unwrap_or_else(|_| now.clone());
    then.strftime("%H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_taken_long_is_shown_as_a_clock_shows_it() {
        let texts = [0, 45, 60, 723, 3723].map(|s| taken(Duration::from_secs(s)));
        assert_eq!(texts, ["0:00", "0:45", "1:00", "12:03", "1:02:03"]);
    }

    #[test]
    fn what_is_left_is_rounded_up_and_never_nothing() {
        let texts = [0, 31, 59, 60, 301, 3600, 3900].map(|s| left(Duration::from_secs(s)));
        let wanted = ["10 s", "40 s", "60 s", "1 min", "6 min", "1 h", "1 h 5 min"];
        assert_eq!(texts, wanted);
    }

    #[test]
    fn clock_goes_on_after_midnight() {
        let now: Zoned = "2026-11-27T23:58:00[UTC]".parse().unwrap();
        assert_eq!(clock_after(&now, Duration::from_secs(540)), "00:07");
    }
}
