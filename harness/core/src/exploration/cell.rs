//! One cell of the map: what came of one failure of one service.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::CellKey;
use crate::{Labels, UtcInstant};

/// What came of a failure. The order is from nothing known to somebody told.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum CellOutcome {
    /// The service cannot fail so.
    NotApplicable,
    /// It was not tried, or not to its end.
    NotTried,
    /// The fault was injected and had no effect on the service.
    NoEffect,
    /// It had its effect, and no metric moved: nobody could see it.
    Blind,
    /// A metric moved, and no rule looks at it so.
    Unseen,
    /// A rule saw it, and its alert stayed pending.
    PendingOnly,
    /// An alert fired, and nobody was told.
    Untold,
    /// Somebody was told.
    Pages,
}

impl CellOutcome {
    /// Every outcome, the best last.
    pub const ALL: [Self; 8] = [
        Self::NotApplicable,
        Self::NotTried,
        Self::NoEffect,
        Self::Blind,
        Self::Unseen,
        Self::PendingOnly,
        Self::Untold,
        Self::Pages,
    ];

    /// As it stands in a cell.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::NotApplicable => "–",
            Self::NotTried => "not tried",
            Self::NoEffect => "no effect",
            Self::Blind => "blind",
            Self::Unseen => "no alert",
            Self::PendingOnly => "pending only",
            Self::Untold => "told nobody",
            Self::Pages => "pages",
        }
    }

    /// What it means, in a sentence.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::NotApplicable => "the service cannot fail so",
            Self::NotTried => "not tried, or not to its end",
            Self::NoEffect => "the fault was injected, and the service did not feel it",
            Self::Blind => "it failed, and no metric moved",
            Self::Unseen => "a metric moved, and no alert came",
            Self::PendingOnly => "an alert was pending, and never fired",
            Self::Untold => "an alert fired, and nobody was told",
            Self::Pages => "an alert fired, and somebody was told",
        }
    }

    /// Whether the service failed and nobody was told.
    #[must_use]
    pub fn is_blind_spot(self) -> bool {
        matches!(
            self,
            Self::Blind | Self::Unseen | Self::PendingOnly | Self::Untold
        )
    }

    /// Whether it says what comes of the failure.
    #[must_use]
    pub fn is_known(self) -> bool {
        !matches!(self, Self::NotApplicable | Self::NotTried)
    }
}

impl fmt::Display for CellOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// One cell of the map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MapCell {
    /// Which.
    #[serde(flatten)]
    pub key: CellKey,
    /// What came of it.
    pub outcome: CellOutcome,
    /// Why it is not applicable, was not tried or had no effect; empty if there is nothing to say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub because: String,
    /// The segment of the exploration in which it was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    /// When what happened; `None` if nothing was broken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<CellSpan>,
    /// The alerts that came of it, in the order of their beginning.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alerts: Vec<CellAlert>,
    /// The series that moved most, the most telling first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<MovedSeries>,
    /// How many series moved.
    #[serde(default)]
    pub moved_count: usize,
    /// The other services that it reached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reached: Vec<TouchedService>,
    /// Rules that would have seen it, and nothing else in the recording.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proposals: Vec<ProposedRule>,
}

impl MapCell {
    /// A cell of which nothing is known but why.
    #[must_use]
    pub fn unknown(key: CellKey, outcome: CellOutcome, because: impl Into<String>) -> Self {
        Self {
            key,
            outcome,
            because: because.into(),
            segment: None,
            span: None,
            alerts: Vec::new(),
            moved: Vec::new(),
            moved_count: 0,
            reached: Vec::new(),
            proposals: Vec::new(),
        }
    }

    /// The alert that told somebody first, if one did; else the one that fired first.
    #[must_use]
    pub fn first_page(&self) -> Option<&CellAlert> {
        let told = self.alerts.iter().filter(|alert| alert.told.is_some());
        let fired = self.alerts.iter().filter(|it| it.firing_at.is_some());
        told.min_by_key(|alert| alert.told.as_ref().map(|told| told.at))
            .or_else(|| fired.min_by_key(|alert| alert.firing_at))
    }

    /// Seconds from the fault until an alert fired.
    #[must_use]
    pub fn pages_after_s(&self) -> Option<f64> {
        let fired = self.first_page()?.firing_at?;
        Some(fired.seconds_since(self.span.as_ref()?.injected_at))
    }
}

/// When a failure began, was undone, and was no longer looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CellSpan {
    /// Just before the fault was injected.
    pub injected_at: UtcInstant,
    /// When its effect was seen; `None` if it never was.
    pub effect_at: Option<UtcInstant>,
    /// Just before it was reverted.
    pub reverting_at: Option<UtcInstant>,
    /// When the revert was seen.
    pub reverted_at: Option<UtcInstant>,
    /// The end of observation.
    pub finished_at: UtcInstant,
}

/// An alert that came of a failure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CellAlert {
    /// Its name.
    pub alert: String,
    /// Its labels.
    pub labels: Labels,
    /// The first evaluation that saw it pending.
    pub pending_at: Option<UtcInstant>,
    /// The first evaluation that saw it firing.
    pub firing_at: Option<UtcInstant>,
    /// Who was told of it first, and when.
    pub told: Option<Delivered>,
    /// The first evaluation that no longer saw it; `None` if it was not seen to end.
    pub resolved_at: Option<UtcInstant>,
}

/// That somebody was told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Delivered {
    /// Alertmanager's receiver.
    pub receiver: String,
    /// When it was told.
    pub at: UtcInstant,
}

/// How a series moved.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Movement {
    /// Its value left the range that it has in steady state.
    Left,
    /// It counts, and counted faster or slower than in steady state, or began anew.
    Pace,
    /// It was there and ended.
    Ended,
    /// It was not there and began.
    Began,
}

impl Movement {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Left => "left its range",
            Self::Pace => "counted otherwise",
            Self::Ended => "ended",
            Self::Began => "began",
        }
    }
}

/// A rule that fired in a blind spot and nowhere else, as the rule engine says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProposedRule {
    /// The rule, as it stands in a rules file.
    pub text: String,
    /// What moved that it is about.
    pub because: String,
    /// Seconds from the fault until it fired.
    pub fires_after_s: f64,
}

/// A series that moved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MovedSeries {
    /// The name of its metric.
    pub metric: String,
    /// Its other labels.
    pub labels: Labels,
    /// The service that it tells of, if its labels say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// How it moved.
    pub how: Movement,
    /// What it ranges over in steady state: its value or, of one that counts, how much it counts
    /// a second. `None` if it was not there.
    pub steady: Option<[f64; 2]>,
    /// What it came to, furthest from there; `None` of one that ended.
    pub came_to: Option<f64>,
    /// When that was first seen.
    pub at: UtcInstant,
    /// By how much more than in steady state it moved, as a multiple of what it moves then.
    pub strength: f64,
}

impl MovedSeries {
    /// Its name and labels, as a selector.
    #[must_use]
    pub fn selector(&self) -> String {
        crate::selector(&self.metric, &self.labels)
    }
}

/// Another service that a failure reached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TouchedService {
    /// The service.
    pub service: String,
    /// What became of its own health, in words; `None` if it stayed well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<String>,
    /// How many of its series moved.
    pub moved: usize,
}
