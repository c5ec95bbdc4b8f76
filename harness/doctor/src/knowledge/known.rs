//! Answers what is known of a metric.

use std::collections::BTreeSet;

use promql_parser::parser::VectorSelector;

use super::{Family, MetricKind};
use crate::checkout::Checkout;

/// What is known of a metric's name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Known<'a> {
    /// It is exported, by one or several.
    There(Vec<&'a Family>),
    /// Nothing in the project exports it; this name is the nearest that is exported.
    NotThere { nearest: Option<&'a str> },
    /// Something that is scraped may export it: its source or its name is not known.
    Unsure,
}

/// What is known of all metrics of a project.
#[derive(Debug, Default)]
pub(crate) struct Knowledge {
    families: Vec<Family>,
}

impl Knowledge {
    /// What the files of `checkout` tell.
    pub(crate) fn of(checkout: &Checkout) -> Self {
        let _ = checkout;
        Self::default()
    }

    /// What is known of the series name `name` (`x_bucket` is there if the histogram `x` is).
    pub(crate) fn metric(&self, name: &str) -> Known<'_> {
        let found: Vec<_> = self
            .families
            .iter()
            .filter(|family| family.name == name)
            .collect();
        if found.is_empty() {
            Known::Unsure
        } else {
            Known::There(found)
        }
    }

    /// What the samples of the series name `name` are: of a histogram's `_bucket`, `_sum` and
    /// `_count` a counter. From what exports it, else from the name's own ending, else `None`.
    pub(crate) fn kind_of(&self, name: &str) -> Option<MetricKind> {
        if name.ends_with("_total") || name.ends_with("_bucket") {
            return Some(MetricKind::Counter);
        }
        let _ = self.metric(name);
        None
    }

    /// All labels that series of this selector can have, those that Prometheus adds and those of
    /// their targets among them; `None` if that is not known.
    pub(crate) fn labels_of(&self, selector: &VectorSelector) -> Option<BTreeSet<String>> {
        let _ = selector;
        None
    }
}
