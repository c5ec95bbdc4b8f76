//! How soon people are told of an alert, and of its end, as the alert's owner promises.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::seconds;

/// How soon people are told of an alert, and of its end, as the alert's owner promises.
///
/// These come from the drill or the project's settings, never from the configuration under test:
/// what Alertmanager has loaded says how soon it can tell, not how soon it must. What a drill does
/// not promise, the settings do; what neither does, has the value that the method of that name
/// gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Promises {
    /// From the firing of an alert until its receiver is told.
    #[serde(
        with = "seconds::optional",
        rename = "delivered_within_s",
        skip_serializing_if = "Option::is_none"
    )]
    pub delivered_within: Option<Duration>,
    /// From the instant at which what the alert is about has recovered until the alert ends.
    #[serde(
        with = "seconds::optional",
        rename = "ended_within_s",
        skip_serializing_if = "Option::is_none"
    )]
    pub ended_within: Option<Duration>,
    /// From the end of an alert until its receiver is told of it.
    #[serde(
        with = "seconds::optional",
        rename = "end_delivered_within_s",
        skip_serializing_if = "Option::is_none"
    )]
    pub end_delivered_within: Option<Duration>,
    /// While an alert fires, its receiver is not told again sooner than this.
    #[serde(
        with = "seconds::optional",
        rename = "reminded_after_s",
        skip_serializing_if = "Option::is_none"
    )]
    pub reminded_after: Option<Duration>,
    /// While an alert fires, its receiver is told again no later than this.
    #[serde(
        with = "seconds::optional",
        rename = "reminded_within_s",
        skip_serializing_if = "Option::is_none"
    )]
    pub reminded_within: Option<Duration>,
}

impl Promises {
    /// These promises, and those of `others` where these say nothing.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            delivered_within: self.delivered_within.or(others.delivered_within),
            ended_within: self.ended_within.or(others.ended_within),
            end_delivered_within: self.end_delivered_within.or(others.end_delivered_within),
            reminded_after: self.reminded_after.or(others.reminded_after),
            reminded_within: self.reminded_within.or(others.reminded_within),
        }
    }

    /// A minute, unless promised otherwise: Alertmanager's default `group_wait` is half of it.
    #[must_use]
    pub fn delivered_within(&self) -> Duration {
        self.delivered_within.unwrap_or(Duration::from_mins(1))
    }

    /// Three minutes, unless promised otherwise: a scrape, its time-out and an evaluation by
    /// Prometheus's defaults take more than two.
    #[must_use]
    pub fn ended_within(&self) -> Duration {
        self.ended_within.unwrap_or(Duration::from_mins(3))
    }

    /// Six minutes, unless promised otherwise: Alertmanager's default `group_interval` is five.
    #[must_use]
    pub fn end_delivered_within(&self) -> Duration {
        self.end_delivered_within.unwrap_or(Duration::from_mins(6))
    }

    /// An hour, unless promised otherwise.
    #[must_use]
    pub fn reminded_after(&self) -> Duration {
        self.reminded_after.unwrap_or(Duration::from_hours(1))
    }

    /// A day, unless promised otherwise.
    #[must_use]
    pub fn reminded_within(&self) -> Duration {
        self.reminded_within.unwrap_or(Duration::from_hours(24))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drill_promises_first_then_the_settings_then_the_documented_default() {
        let drill: Promises = serde_json::from_str(r#"{"delivered_within_s": 20}"#).unwrap();
        let settings: Promises =
            serde_json::from_str(r#"{"delivered_within_s": 40, "ended_within_s": 30}"#).unwrap();
        let together = drill.or(settings);
        let promised_s = [
            together.delivered_within(),
            together.ended_within(),
            together.end_delivered_within(),
        ]
        .map(|promise| promise.as_secs());
        assert_eq!(promised_s, [20, 30, 360]);
    }
}
