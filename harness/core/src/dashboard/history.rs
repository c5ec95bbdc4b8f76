//! What the panels of a dashboard showed during a run.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::concerns::Concerns;
use crate::{Labels, UtcInstant, seconds};

/// The instants of a history: the first, and how far they are apart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// The first instant.
    pub from: UtcInstant,
    /// From one to the next.
    #[serde(with = "seconds", rename = "every_s")]
    pub every: Duration,
}

impl Sampling {
    /// The number of the last instant that is not after `at`; `None` before the first.
    #[must_use]
    pub fn last_until(&self, at: UtcInstant) -> Option<usize> {
        let steps = at.seconds_since(self.from) / self.every.as_secs_f64();
        // A run has some hundred steps.
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is above 0 and small"
        )]
        (steps >= 0.0).then_some(steps as usize)
    }

    /// The instant with this number.
    #[must_use]
    pub fn at(&self, number: usize) -> UtcInstant {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        self.from.plus(self.every.saturating_mul(number))
    }
}

/// What a dashboard showed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoardHistory {
    /// When.
    #[serde(rename = "step")]
    pub sampling: Sampling,
    /// Per panel, what it showed.
    pub panels: Vec<PanelHistory>,
}

/// What a panel showed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PanelHistory {
    /// The panel's title.
    pub title: String,
    /// Grafana's name of the unit of its values.
    pub unit: Option<String>,
    /// From where on its values are shown in another colour.
    pub thresholds: Vec<f64>,
    /// What its values stand for, if they are no numbers but states; empty in what was saved before
    /// that was kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub states: Vec<PanelState>,
    /// Its series.
    pub series: Vec<SeriesHistory>,
}

/// A state that a value of a panel stands for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PanelState {
    /// The value.
    pub value: f64,
    /// What the panel shows in its place.
    pub name: String,
    /// Grafana's name of the colour that it is shown in.
    pub colour: String,
}

/// What a series of a panel showed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeriesHistory {
    /// Which of the panel's queries it belongs to.
    pub query: usize,
    /// Its name in the panel's legend.
    pub name: String,
    /// Its labels.
    pub labels: Labels,
    /// What of the system it tells of.
    pub concerns: Concerns,
    /// Its value at each step, as the panel shows it.
    pub values: Vec<Option<f64>>,
}

/// The unit in which Grafana shows a date as how long ago it is.
const FROM_NOW: &str = "dateTimeFromNow";

impl PanelHistory {
    /// The same panel, with instants (in milliseconds of the epoch) as what a reader sees: how many
    /// seconds ago they are.
    #[must_use]
    pub fn with_dates_as_ages(mut self, sampling: Sampling) -> Self {
        if self.unit.as_deref() == Some(FROM_NOW) {
            for series in &mut self.series {
                for (number, value) in series.values.iter_mut().enumerate() {
                    let now_s = sampling.at(number).epoch_s();
                    *value = value.map(|epoch_ms| now_s - epoch_ms / 1000.0);
                }
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_is_shown_as_how_long_ago_it_is() {
        let from = UtcInstant::from_epoch_s(1000.0).unwrap();
        let step = Sampling {
            from,
            every: Duration::from_secs(5),
        };
        let series = SeriesHistory {
            query: 0,
            name: String::new(),
            labels: Labels::new(),
            concerns: Concerns::Nothing,
            values: vec![Some(990_000.0), None, Some(1_010_000.0)],
        };
        let panel = PanelHistory {
            title: String::new(),
            unit: Some("dateTimeFromNow".into()),
            thresholds: vec![],
            states: vec![],
            series: vec![series],
        };
        assert_eq!(
            panel.with_dates_as_ages(step).series[0].values,
            [Some(10.0), None, Some(0.0)]
        );
    }

    #[test]
    fn last_step_until_an_instant_is_found() {
        let from = UtcInstant::from_epoch_s(1000.0).unwrap();
        let step = Sampling {
            from,
            every: Duration::from_secs(5),
        };
        let last_until = |epoch_s| step.last_until(UtcInstant::from_epoch_s(epoch_s).unwrap());
        assert_eq!(
            [last_until(999.0), last_until(1000.0), last_until(1009.9)],
            [None, Some(0), Some(1)]
        );
    }
}
