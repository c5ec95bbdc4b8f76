//! A [`Duration`] that may be left out, as a number of seconds.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

#[allow(clippy::ref_option, reason = "the signature is serde's")]
pub(super) fn serialize<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    duration.map(|duration| duration.as_secs_f64()).serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let seconds = Option::<f64>::deserialize(deserializer)?;
    seconds.map(|seconds| Duration::try_from_secs_f64(seconds).map_err(de::Error::custom)).transpose()
}
