//! A [`Duration`] as a number of seconds: fields that it serialises are named `…_s`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serializer, de};

/// Writes the duration as seconds.
///
/// # Errors
/// The serializer's own.
pub(super) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

/// Reads seconds.
///
/// # Errors
/// A number that is negative, infinite or too large.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    Duration::try_from_secs_f64(f64::deserialize(deserializer)?).map_err(de::Error::custom)
}
