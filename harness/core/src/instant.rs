//! An instant in UTC with the resolution of a Prometheus sample.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp, Unit};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An instant in UTC, to the millisecond; written as RFC 3339, always with three decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcInstant(Timestamp);

impl UtcInstant {
    /// The beginning of 1970.
    pub const EPOCH: Self = Self(Timestamp::UNIX_EPOCH);

    /// The instant of a Prometheus sample, given as it stands in an API answer: seconds since the
    /// epoch. `None` if out of range.
    #[must_use]
    pub fn from_epoch_s(seconds: f64) -> Option<Self> {
        SignedDuration::try_from_secs_f64(seconds)
            .ok()
            .and_then(|since_epoch| Timestamp::from_duration(since_epoch).ok())
            .map(Self::from)
    }

    /// The instant so many milliseconds after the epoch. `None` if out of range.
    #[must_use]
    pub fn from_epoch_ms(milliseconds: i64) -> Option<Self> {
        Timestamp::from_millisecond(milliseconds).ok().map(Self)
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub fn epoch_ms(self) -> i64 {
        self.0.as_millisecond()
    }

    /// Seconds since the epoch.
    #[must_use]
    #[allow(
        clippy::cast_precision_loss,
        reason = "milliseconds since 1970 are exact in an f64"
    )]
    pub fn epoch_s(self) -> f64 {
        self.0.as_millisecond() as f64 / 1000.0
    }

    /// Seconds from `earlier` to this instant; negative if `earlier` is the later one.
    #[must_use]
    pub fn seconds_since(self, earlier: Self) -> f64 {
        self.0.duration_since(earlier.0).as_secs_f64()
    }

    /// The time from `earlier` to this instant; none if `earlier` is the later one.
    #[must_use]
    pub fn time_since(self, earlier: Self) -> Duration {
        self.0
            .duration_since(earlier.0)
            .try_into()
            .unwrap_or_default()
    }

    /// This instant, moved on by `duration`; the last instant there is, if that lies beyond it.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration).unwrap_or(Timestamp::MAX))
    }

    /// This instant, moved back by `duration`; the first instant there is, if that lies before it.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(duration).unwrap_or(Timestamp::MIN))
    }
}

impl From<Timestamp> for UtcInstant {
    fn from(timestamp: Timestamp) -> Self {
        Self(timestamp.round(Unit::Millisecond).unwrap_or(timestamp))
    }
}

impl fmt::Display for UtcInstant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.0)
    }
}

impl JsonSchema for UtcInstant {
    fn schema_name() -> Cow<'static, str> {
        "UtcInstant".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An instant in UTC, to the millisecond.",
            "type": "string",
            "format": "date-time",
            "pattern": "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$",
        })
    }
}

impl Serialize for UtcInstant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UtcInstant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl FromStr for UtcInstant {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, jiff::Error> {
        text.parse::<Timestamp>().map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instant_is_written_with_milliseconds_even_when_they_are_zero() {
        let instant = UtcInstant::from_epoch_s(1_763_876_543.0).unwrap();
        assert_eq!(instant.to_string(), "2025-11-23T05:42:23.000Z");
    }

    #[test]
    fn instant_survives_a_round_trip_through_json() {
        let instant = UtcInstant::from_epoch_s(1_763_876_543.219).unwrap();
        let json = serde_json::to_string(&instant).unwrap();
        assert_eq!(serde_json::from_str::<UtcInstant>(&json).unwrap(), instant);
    }

    #[test]
    fn seconds_between_instants_are_signed() {
        let early = UtcInstant::from_epoch_s(100.0).unwrap();
        let late = early.plus(Duration::from_millis(1500));
        assert!((late.seconds_since(early) - 1.5).abs() < 1e-9);
        assert!((early.seconds_since(late) + 1.5).abs() < 1e-9);
        assert_eq!(
            (late.time_since(early), early.time_since(late)),
            (Duration::from_millis(1500), Duration::ZERO)
        );
    }

    #[test]
    fn instant_out_of_range_is_none() {
        assert_eq!(UtcInstant::from_epoch_s(f64::NAN), None);
        assert_eq!(UtcInstant::from_epoch_s(1e300), None);
    }
}
