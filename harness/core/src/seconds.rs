//! A [`Duration`] as a number of seconds: fields that it serialises are named `…_s`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serializer, de};

/// Longer than any wait of a rule or a drill, and so short that sums of several cannot overflow.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// So many seconds.
///
/// # Errors
/// Why they are no duration that a rule or a drill can have.
pub fn duration(seconds: f64) -> Result<Duration, String> {
    let duration =
        Duration::try_from_secs_f64(seconds).map_err(|error| format!("{seconds} s: {error}"))?;
    within_bounds(duration)
}

/// `duration`, if a rule or a drill can have it.
///
/// # Errors
/// That it is too long.
pub fn within_bounds(duration: Duration) -> Result<Duration, String> {
    if duration > LONGEST {
        Err(format!("{} s are more than 100 years", duration.as_secs()))
    } else {
        Ok(duration)
    }
}

/// `duration` in seconds, to a tenth, as messages say it: `12.5 s`.
#[must_use]
pub fn to_a_tenth(duration: Duration) -> String {
    format!("{} s", (duration.as_secs_f64() * 10.0).round() / 10.0)
}

/// `duration` in whole seconds, rounded, without the unit: for estimates, which are no
/// measurements.
#[must_use]
pub fn whole(duration: Duration) -> String {
    format!("{:.0}", duration.as_secs_f64())
}

/// Writes the duration as seconds.
///
/// # Errors
/// The serializer's own.
pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

/// Reads seconds.
///
/// # Errors
/// A number that is negative, infinite or too large.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    duration(f64::deserialize(deserializer)?).map_err(de::Error::custom)
}

/// A [`Duration`] that may be left out.
pub mod optional {
    use super::{Deserialize, Deserializer, Duration, Serializer, de, duration};
    use serde::Serialize as _;

    /// Writes the duration as seconds, or null.
    ///
    /// # Errors
    /// The serializer's own.
    #[allow(clippy::ref_option, reason = "the signature is serde's")]
    pub fn serialize<S: Serializer>(
        duration: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        duration
            .map(|duration| duration.as_secs_f64())
            .serialize(serializer)
    }

    /// Reads seconds, or null.
    ///
    /// # Errors
    /// As [`super::deserialize`].
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        let seconds = Option::<f64>::deserialize(deserializer)?;
        seconds
            .map(|seconds| duration(seconds).map_err(de::Error::custom))
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenths_are_rounded_and_left_out_where_there_are_none() {
        let said = [1_250, 120_000, 49]
            .map(Duration::from_millis)
            .map(to_a_tenth);
        assert_eq!(said, ["1.3 s", "120 s", "0 s"]);
    }

    #[test]
    fn seconds_that_no_wait_can_last_are_refused() {
        for seconds in [-1.0, f64::NAN, f64::INFINITY, 1e12, 1e300] {
            assert!(duration(seconds).is_err(), "{seconds}");
        }
        assert_eq!(duration(1.5), Ok(Duration::from_millis(1500)));
    }
}
