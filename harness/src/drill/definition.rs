//! A drill as data: what is broken, which alerts that must cause, which it may cause.
//!
//! Plain values that serialise, so that a plan can be printed, kept and loaded again without a stack; an unknown field or
//! fault is an error, not something to skip.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One test: a fault, the alerts it must cause, the alerts it may cause.
///
/// ```
/// use std::time::Duration;
/// use alertdrill::drill::{Drill, ExpectedAlert, Fault, Severity};
///
/// let drill = Drill::new("feed_handler_stopped", Fault::stop("feed-handler-binance")).expect_alert(
///     ExpectedAlert::new("FeedHandlerDown", Severity::Critical, Duration::from_secs(120)).label("exchange", "binance"),
/// );
/// let json = serde_json::to_string(&drill).unwrap();
/// assert_eq!(serde_json::from_str::<Drill>(&json).unwrap(), drill);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drill {
    /// What goes wrong, in `snake_case`; names the test and the files of its records.
    pub name: String,
    /// Injected in this order, reverted in the opposite one.
    pub faults: Vec<Fault>,
    /// The alerts that must fire, be delivered, and resolve.
    pub expect: Vec<ExpectedAlert>,
    /// The alerts that may fire beside them; any other one is collateral.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tolerate: Vec<Tolerated>,
}

impl Drill {
    /// A drill of one fault that expects nothing yet.
    #[must_use]
    pub fn new(name: impl Into<String>, fault: Fault) -> Self {
        Self { name: name.into(), faults: vec![fault], expect: Vec::new(), tolerate: Vec::new() }
    }

    /// The same drill, expecting one alert more.
    #[must_use]
    pub fn expect_alert(mut self, alert: ExpectedAlert) -> Self {
        self.expect.push(alert);
        self
    }

    /// The same drill, tolerating one alert more.
    #[must_use]
    pub fn tolerate(mut self, tolerated: Tolerated) -> Self {
        self.tolerate.push(tolerated);
        self
    }
}

/// A real disturbance of a real component. How each is injected, seen and reverted: one file each under `fault/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// The service's container is stopped, as `docker stop` does.
    ServiceStopped {
        /// The service, as the compose file names it.
        service: String,
    },
}

impl Fault {
    /// Stops `service`.
    #[must_use]
    pub fn stop(service: impl Into<String>) -> Self {
        Self::ServiceStopped { service: service.into() }
    }

    /// The kind, as it stands in records and reports.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::ServiceStopped { .. } => "service_stopped",
        }
    }

    /// What it is aimed at, as it stands in records and reports.
    #[must_use]
    pub fn target(&self) -> &str {
        match self {
            Self::ServiceStopped { service } => service,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ServiceStopped { service } => write!(f, "{service} stopped"),
        }
    }
}

/// An alert that the drill's fault must cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedAlert {
    /// The alert's name.
    pub alert: String,
    /// Labels that it must carry, severity apart. They also tell which rule is meant where several share the name: the
    /// one whose own labels do not contradict these.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Its label `severity`; Alertmanager's receiver of the same name must be told.
    pub severity: Severity,
    /// What the alert's owner promises: the longest time from the fault to firing.
    #[serde(with = "seconds", rename = "deadline_s")]
    pub deadline: Duration,
    /// How long the rule's expression may take to become true after the fault has its effect.
    #[serde(default)]
    pub onset: Onset,
    /// How long the expression may take to become false after the fault is reverted, scrape and evaluation not counted.
    #[serde(with = "seconds", rename = "recovery_s")]
    pub recovery: Duration,
}

impl ExpectedAlert {
    /// An alert whose expression turns true with the fault itself and recovers within 10 s of its revert.
    #[must_use]
    pub fn new(alert: impl Into<String>, severity: Severity, deadline: Duration) -> Self {
        Self {
            alert: alert.into(),
            labels: BTreeMap::new(),
            severity,
            deadline,
            onset: Onset::default(),
            recovery: Duration::from_secs(10),
        }
    }

    /// The same alert, required to carry one label more.
    #[must_use]
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(name.into(), value.into());
        self
    }

    /// The same alert, whose expression needs `earliest` to `latest` to become true.
    #[must_use]
    pub fn onset(mut self, earliest: Duration, latest: Duration) -> Self {
        self.onset = Onset { earliest, latest };
        self
    }
}

impl fmt::Display for ExpectedAlert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.alert)?;
        if !self.labels.is_empty() {
            let labels: Vec<_> = self.labels.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
            write!(f, "{{{}}}", labels.join(", "))?;
        }
        Ok(())
    }
}

/// Time from a fault's effect to the rule's expression becoming true: a queue has to grow, a silence to last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Onset {
    /// The shortest it can be.
    #[serde(with = "seconds", rename = "earliest_s")]
    pub earliest: Duration,
    /// The longest it can be.
    #[serde(with = "seconds", rename = "latest_s")]
    pub latest: Duration,
}

/// An alert that may fire during the drill, and why that is no fault of the rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tolerated {
    /// The alert's name.
    pub alert: String,
    /// Labels that it must carry to be tolerated.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Printed with the verdict, even when all is well.
    pub reason: String,
}

/// How bad it is: the label `severity`, by which Alertmanager chooses whom to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Somebody should look in working hours.
    Warning,
    /// Somebody is woken.
    Critical,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "warning",
            Self::Critical => "critical",
        })
    }
}

/// A [`Duration`] as a number of seconds: fields that it serialises are named `…_s`.
pub mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de};

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
        Duration::try_from_secs_f64(f64::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_fault_is_an_error_and_not_skipped() {
        let error = serde_json::from_str::<Fault>(r#"{"kind": "meteor_strike", "service": "kafka"}"#).unwrap_err();
        assert!(error.to_string().contains("unknown variant `meteor_strike`"), "{error}");
    }

    #[test]
    fn unknown_field_of_a_drill_is_an_error() {
        let error = serde_json::from_str::<Drill>(r#"{"name": "x", "faults": [], "expect": [], "dead_line": 3}"#).unwrap_err();
        assert!(error.to_string().contains("unknown field `dead_line`"), "{error}");
    }

    #[test]
    fn negative_deadline_is_an_error() {
        let drill = r#"{"alert": "A", "severity": "critical", "deadline_s": -1, "recovery_s": 1}"#;
        assert!(serde_json::from_str::<ExpectedAlert>(drill).is_err());
    }
}
