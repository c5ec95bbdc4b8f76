//! Asks every check.

use std::collections::BTreeSet;

use alertdrill_core::Finding;

use crate::checkout::{Checkout, RulesFile};
use crate::checks::{Case, checks};
use crate::knowledge::Knowledge;

/// What every check finds in these variants of a project, in the order of files and lines; what
/// several variants have in common is said once.
#[must_use]
pub fn examine(variants: &[Checkout]) -> Vec<Finding> {
    let findings = variants.iter().flat_map(|checkout| {
        let case = Case {
            checkout,
            knowledge: Knowledge::of(checkout),
            unloaded: checkout
                .unloaded
                .iter()
                .map(|it| RulesFile::read(&it.file))
                .collect(),
        };
        let findings: Vec<_> = checks().flat_map(|check| (check.run)(&case)).collect();
        findings
    });
    findings.collect::<BTreeSet<_>>().into_iter().collect()
}
