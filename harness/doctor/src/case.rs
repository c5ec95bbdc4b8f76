//! What a check looks at.

use crate::checkout::{Checkout, RulesFile};
use crate::knowledge::Knowledge;

/// What a check looks at: what the files of one variant say, and what is known of its metrics.
pub(crate) struct Case<'a> {
    pub(crate) checkout: &'a Checkout,
    pub(crate) knowledge: Knowledge,
    /// What the files say that are rules and are not loaded.
    pub(crate) unloaded: Vec<RulesFile>,
}

impl<'a> Case<'a> {
    pub(crate) fn of(checkout: &'a Checkout) -> Self {
        let unloaded = checkout.unloaded.iter();
        Self {
            checkout,
            knowledge: Knowledge::of(checkout),
            unloaded: unloaded.map(|it| RulesFile::read(&it.file)).collect(),
        }
    }
}
