//! What a rule engine waits beside Prometheus's own configuration.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_yaml_ng::{Mapping, Value};

use crate::{Error, Result, TextFile, seconds};

/// How often and how late a rule engine evaluates that reads it from flags of its own, as vmalert
/// does, and not from Prometheus's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvaluationDelays {
    /// The interval of a group that says none.
    #[serde(with = "seconds", rename = "evaluation_interval_s")]
    pub evaluation_interval: Duration,
    /// How far back an evaluation looks, beside that it rounds down to whole intervals.
    #[serde(with = "seconds", rename = "evaluation_delay_s")]
    pub evaluation_delay: Duration,
}

impl EvaluationDelays {
    /// Prometheus's `configuration` as it would be if Prometheus were to wait as long.
    ///
    /// # Errors
    /// [`Error::BadDescription`] of a file that is not understood.
    pub fn in_place_of_those_in(self, configuration: &TextFile) -> Result<TextFile> {
        let not_understood = |error: serde_yaml_ng::Error| Error::BadDescription {
            what: configuration.path.display().to_string(),
            reason: error.to_string(),
        };
        let mut written: Mapping =
            serde_yaml_ng::from_str(&configuration.text).map_err(not_understood)?;
        let global = written.get("global").and_then(Value::as_mapping);
        let mut global = global.cloned().unwrap_or_default();
        let milliseconds = |duration: Duration| Value::from(format!("{}ms", duration.as_millis()));
        let interval = self.evaluation_interval;
        global.insert("evaluation_interval".into(), milliseconds(interval));
        let looks_back = self.evaluation_delay + interval;
        global.insert("rule_query_offset".into(), milliseconds(looks_back));
        written.insert("global".into(), global.into());
        let text = serde_yaml_ng::to_string(&written).map_err(not_understood)?;
        Ok(TextFile::new(&configuration.path, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Onset, Window, rules_of};

    #[test]
    fn window_of_a_written_rule_ends_later_by_the_delay_and_one_interval() {
        let configuration = TextFile::new(
            "prometheus.yml",
            "global: {scrape_interval: 15s, evaluation_interval: 1m}\nscrape_configs: []\n",
        );
        let rules = TextFile::new(
            "rules.yml",
            "groups: [{name: g, rules: [{alert: A, expr: x > 1, for: 1m}]}]\n",
        );
        let delays = EvaluationDelays {
            evaluation_interval: Duration::from_secs(15),
            evaluation_delay: Duration::from_secs(30),
        };
        let window = |configuration: &TextFile| {
            let rules = rules_of(configuration, std::slice::from_ref(&rules)).unwrap();
            let window = Window::derive(&rules[0], Onset::default());
            (window.earliest.as_secs(), window.latest.as_secs())
        };
        let late = delays.in_place_of_those_in(&configuration).unwrap();
        let (as_prometheus, as_vmalert) = (window(&configuration), window(&late));
        assert_eq!(as_vmalert.0, as_prometheus.0);
        assert_eq!(as_vmalert.1, as_prometheus.1 - 60 + 15 + 45);
    }
}
