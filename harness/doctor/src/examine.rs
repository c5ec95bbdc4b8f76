//! Asks every check.

use std::collections::BTreeSet;

use alertdrill_core::Finding;

use crate::case::Case;
use crate::checkout::Checkout;
use crate::checks::checks;
use crate::knowledge::Knowledge;

/// What every check finds in these variants of a project, in the order of files and lines; what
/// several variants have in common is said once.
#[must_use]
pub fn examine(variants: &[Checkout]) -> Vec<Finding> {
    let known: Vec<_> = variants.iter().map(Knowledge::of).collect();
    let cases = Case::of_all(variants, &known);
    let findings = cases.iter().flat_map(|case| {
        let findings: Vec<_> = checks().flat_map(|check| (check.run)(case)).collect();
        findings
    });
    findings.collect::<BTreeSet<_>>().into_iter().collect()
}
