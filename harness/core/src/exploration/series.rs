//! Every series of a recording, at the same steps.

use std::time::Duration;

use crate::{Labels, UtcInstant};

/// Every series between two instants, at steps as far apart as scrapes are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeriesTable {
    /// The first step.
    pub start: Option<UtcInstant>,
    /// From one step to the next.
    pub step: Duration,
    /// The series.
    pub series: Vec<TabledSeries>,
}

/// One series, with a value or none for each step.
#[derive(Clone, Debug, PartialEq)]
pub struct TabledSeries {
    /// The name of its metric.
    pub metric: String,
    /// Its other labels.
    pub labels: Labels,
    /// Its value at each step; `None` where it has ended, or not begun.
    pub values: Vec<Option<f64>>,
}

impl SeriesTable {
    /// The number of the last step that is not after `instant`.
    #[must_use]
    pub fn step_at(&self, instant: UtcInstant) -> usize {
        let Some(start) = self.start else {
            return 0;
        };
        let steps = instant.time_since(start).div_duration_f64(self.step);
        // A recording has few steps.
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is not below 0, and small"
        )]
        let number = steps.clamp(0.0, 1e9) as usize;
        number
    }

    /// The instant of a step.
    #[must_use]
    pub fn instant_of(&self, step: usize) -> Option<UtcInstant> {
        let after = self.step.saturating_mul(u32::try_from(step).ok()?);
        Some(self.start?.plus(after))
    }
}

impl TabledSeries {
    /// Its values from one step to another, both counted.
    #[must_use]
    pub fn between(&self, from: usize, until: usize) -> &[Option<f64>] {
        let end = (until + 1).min(self.values.len());
        self.values.get(from.min(end)..end).unwrap_or_default()
    }

    /// The last value at `step` or before.
    #[must_use]
    pub fn last_until(&self, step: usize) -> Option<f64> {
        let values = self
            .values
            .get(..=step.min(self.values.len().checked_sub(1)?))?;
        values.last().copied().flatten()
    }

    /// Its name and labels, as a selector.
    #[must_use]
    pub fn selector(&self) -> String {
        crate::selector(&self.metric, &self.labels)
    }
}
