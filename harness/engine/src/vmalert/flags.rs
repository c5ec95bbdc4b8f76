//! The flags that a server of VictoriaMetrics's family runs with, read from its own metrics: there
//! it tells defaults too, which `/flags` leaves out.

use std::collections::BTreeMap;
use std::time::Duration;

use alertdrill_core::{Result, prometheus_duration};

use super::exposition::samples_of;

/// The flags of a server.
#[derive(Debug, Default)]
pub(super) struct Flags(BTreeMap<String, Flag>);

#[derive(Debug)]
struct Flag {
    value: String,
    is_set: bool,
}

impl Flags {
    /// The flags that the metrics `exposed` tell.
    pub(super) fn of(exposed: &str) -> Self {
        let samples = samples_of("flag", exposed).into_iter();
        let flags = samples.filter_map(|mut sample| {
            let name = sample.labels.remove("name")?;
            let flag = Flag {
                value: sample.labels.remove("value")?,
                is_set: sample.labels.get("is_set").is_some_and(|it| it == "true"),
            };
            Some((name, flag))
        });
        Self(flags.collect())
    }

    /// Whether somebody has given the flag a value.
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|flag| flag.is_set)
    }

    /// The duration that a flag says; nothing, if this version has no such flag.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::BadAnswer`] of a value that is no duration.
    pub(super) fn duration(&self, name: &str) -> Result<Duration> {
        match self.0.get(name).map(|flag| flag.value.as_str()) {
            None | Some("") => Ok(Duration::ZERO),
            Some(text) => prometheus_duration(text),
        }
    }
}
