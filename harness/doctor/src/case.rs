//! What a check looks at.

use crate::checkout::{Checkout, RulesFile};
use crate::knowledge::Knowledge;

/// What a check looks at: what the files of one variant say, and what is known of its metrics.
pub(crate) struct Case<'a> {
    pub(crate) checkout: &'a Checkout,
    pub(crate) knowledge: &'a Knowledge,
    /// Every variant with the same Alertmanager, itself among them, each with what is known of its
    /// metrics: the alerts of all of them come to it.
    pub(crate) senders: Vec<(&'a Checkout, &'a Knowledge)>,
    /// What the files say that are rules and are not loaded.
    pub(crate) unloaded: Vec<RulesFile>,
}

impl<'a> Case<'a> {
    /// The cases of all variants of a project, with what is known of each.
    pub(crate) fn of_all(variants: &'a [Checkout], known: &'a [Knowledge]) -> Vec<Self> {
        let all = || variants.iter().zip(known);
        let cases = all().map(|(checkout, knowledge)| {
            let has_the_same = |other: &Checkout| {
                std::ptr::eq(other, checkout) || other.has_the_alertmanager_of(checkout)
            };
            let unloaded = checkout.unloaded.iter();
            Self {
                checkout,
                knowledge,
                senders: all().filter(|(other, _)| has_the_same(other)).collect(),
                unloaded: unloaded.map(|it| RulesFile::read(&it.file)).collect(),
            }
        });
        cases.collect()
    }
}
