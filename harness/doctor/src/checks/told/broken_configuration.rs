//! A configuration that Alertmanager refuses, so that it does not start.

mod chats;
mod matchers;
mod pagers;
mod receivers;
mod routes;
mod shape;
mod values;
mod walk;
mod whole;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use alertdrill_core::Finding;
use alertdrill_project::yaml_tree::{self, Node, Place};

use self::walk::Walk;
use super::filled_in::Reading;
use crate::checks::check::{Case, Check, Said};

pub(super) use self::values::is_address;

pub(in crate::checks) const BROKEN_CONFIGURATION: Check = Check {
    id: "told/broken-configuration",
    title: "a configuration that Alertmanager refuses",
    run,
};

const HELP: &str = "mend it: Alertmanager does not start with it; see what `amtool check-config` \
                    says";

/// What is not said more often than this: a file that is none of Alertmanager's has many keys.
const MOST: usize = 12;

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(alertmanager) = &case.checkout.alertmanager else {
        return Vec::new();
    };
    let reading = Reading::of(case, alertmanager.service.as_deref());
    let text = &*alertmanager.file.text;
    let complaints = match yaml_tree::parse(text) {
        Ok(documents) => complaints(documents.first(), reading),
        Err(_) if reading != Reading::AsWritten && has_marks(text) => Vec::new(),
        Err(error) => vec![(error.place, format!("it is no YAML: {}", error.reason))],
    };
    let mut seen = BTreeSet::new();
    let complaints = complaints.into_iter().filter(|it| seen.insert(it.clone()));
    let findings = complaints.take(MOST).map(|(place, why)| {
        let message = format!("Alertmanager refuses it: {why}");
        let said = Said::error(message, HELP);
        said.at(BROKEN_CONFIGURATION.id, &alertmanager.file.path, place)
    });
    findings.collect()
}

/// Whether something may fill it in.
fn has_marks(text: &str) -> bool {
    ["{{", "{%", "${"].iter().any(|mark| text.contains(mark))
}

/// What is wrong in the configuration that is the first document of a file.
fn complaints(document: Option<&Node>, reading: Reading) -> Vec<(Place, String)> {
    let start = Place { line: 1, column: 1 };
    let Some(node) = document.filter(|node| !node.is_null()) else {
        return vec![(start, "it is empty".to_owned())];
    };
    let mut walk = Walk::new(node, reading);
    walk.configuration();
    walk.complaints
}
