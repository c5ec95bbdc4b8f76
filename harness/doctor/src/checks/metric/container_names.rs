//! A container's name, by which a rule asks cAdvisor, that no service of the project gives.

use alertdrill_project::Service;
use promql_parser::label::{MatchOp, Matcher};

use crate::checkout::{Checkout, names_in_project};

/// The labels by which cAdvisor tells containers apart.
const NAME: &str = "name";
const SERVICE: &str = "container_label_com_docker_compose_service";

/// What is said of a matcher of cAdvisor's metric `metric` that no container of the project
/// satisfies; nothing if one may.
pub(super) fn unknown_container(
    checkout: &Checkout,
    metric: &str,
    matcher: &Matcher,
) -> Option<String> {
    let compose = checkout.compose.as_ref()?;
    let is_positive = matches!(matcher.op, MatchOp::Equal | MatchOp::Re(_));
    let asks = metric.starts_with("container_")
        && [NAME, SERVICE].contains(&matcher.name.as_str())
        && is_positive
        && !matcher.value.is_empty();
    if !asks || compose.services.is_empty() {
        return None;
    }
    let is_there = compose.services.iter().any(|(name, service)| {
        if matcher.name == SERVICE {
            matcher.is_match(name)
        } else {
            let projects = checkout.stack_names.iter().chain([&compose.name]);
            may_be_called(name, service, matcher)
                || projects
                    .flat_map(|project| names_in_project(project, name))
                    .any(|name| matcher.is_match(&name))
        }
    });
    // Other projects of the checkout may run beside it.
    let mut elsewhere = checkout.services_elsewhere.iter();
    let is_elsewhere = elsewhere.any(|name| matcher.is_match(name) || is_in(name, &matcher.value));
    (!is_there && !is_elsewhere).then(|| {
        format!(
            "`{matcher}` may match nothing: no service of the project has a container of that name"
        )
    })
}

/// Whether a matcher may mean a service's container: compose puts the project's name before the
/// service's, and a number behind it.
fn may_be_called(name: &str, service: &Service, matcher: &Matcher) -> bool {
    match &service.container_name {
        Some(own) => matcher.is_match(own),
        // Compose calls none of them as its service.
        None if matcher.value == name => false,
        None => {
            is_in(name, &matcher.value)
                || ["-", "_"]
                    .iter()
                    .any(|mark| matcher.is_match(&format!("project{mark}{name}{mark}1")))
        }
    }
}

/// Whether a name stands in a text, in whatever letters and with whatever between its words.
fn is_in(name: &str, text: &str) -> bool {
    let plain = |text: &str| {
        let letters = text.chars().filter(char::is_ascii_alphanumeric);
        letters.collect::<String>().to_ascii_lowercase()
    };
    plain(text).contains(&plain(name))
}
