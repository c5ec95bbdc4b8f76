//! A route that names a receiver which is not there.

use alertdrill_core::{Finding, nearest};

use super::told_case::ToldCase;
use crate::checks::check::{Case, Check, Said};

pub(in crate::checks) const RECEIVER_UNDEFINED: Check = Check {
    id: "told/receiver-undefined",
    title: "a route names a receiver that is not there",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(told) = ToldCase::of(case) else {
        return Vec::new();
    };
    let file = &told.alertmanager.file;
    // Its receivers may be filled in when the container starts.
    let is_template = |name: &str| name.contains("${") || name.contains("{{");
    let receivers = &told.routing.receivers;
    if receivers
        .iter()
        .any(|receiver| is_template(&receiver.name.text))
    {
        return Vec::new();
    }
    let mut findings = Vec::new();
    if let Some(root) = told
        .routing
        .root
        .as_ref()
        .filter(|root| root.own_receiver.is_none())
    {
        let said = Said::error(
            "the default route names no receiver, so Alertmanager does not start",
            "write `receiver:` below `route:`",
        );
        findings.push(said.at(RECEIVER_UNDEFINED.id, &file.path, root.place));
    }
    let named = told.routing.routes().into_iter();
    for name in named.filter_map(|route| route.own_receiver.as_ref()) {
        let is_there = told.routing.receiver(&name.text).is_some();
        if is_there || is_template(&name.text) {
            continue;
        }
        let there = receivers.iter().map(|receiver| receiver.name.text.as_str());
        let nearest = nearest(&name.text, there);
        let nearest = nearest.map_or_else(String::new, |name| format!("; the nearest is `{name}`"));
        let said = Said::error(
            format!(
                "there is no receiver `{}`, so Alertmanager does not start{nearest}",
                name.text
            ),
            "add it below `receivers:`, or name one that is there",
        );
        findings.push(said.at(RECEIVER_UNDEFINED.id, &file.path, name.place));
    }
    findings
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    #[test]
    fn receiver_that_is_not_there_is_found_with_the_nearest() {
        assert_finds(
            "told/receiver-undefined",
            "--- alertmanager.yml\nroute:\n  receiver: mail\n  routes:\n    - receiver: \
             pagr\n      matchers: [a=b]\nreceivers: [{name: mail}, {name: pager}]\n--- rules.yml\n\
             groups: []\n",
            &[
                "alertmanager.yml:4:17 error: there is no receiver `pagr`, so Alertmanager does \
                 not \
               start; the nearest is `pager`",
            ],
        );
        assert_finds(
            "told/receiver-undefined",
            "--- alertmanager.yml\nroute:\n  group_by: [a]\nreceivers: [{name: mail}]\n--- \
             rules.yml\ngroups: []\n",
            &["alertmanager.yml:2:3 error: the default route names no receiver"],
        );
    }

    #[test]
    fn look_alikes_are_silent() {
        for configuration in [
            "route: {receiver: a}\nreceivers: [{name: a}]\n",
            "route: {receiver: a, routes: [{matchers: [b=c]}]}\nreceivers: [{name: a}]\n",
            "route: {receiver: '${RECEIVER}'}\nreceivers: [{name: a}]\n",
            "route: {receiver: a}\nreceivers: [{name: '{{ .Name }}'}]\n",
            "receivers: [{name: a}]\n",
            "x: &r {receiver: a}\nroute: {<<: *r}\nreceivers: [{name: a}]\n",
        ] {
            assert_silent(
                "told/receiver-undefined",
                &format!("--- alertmanager.yml\n{configuration}--- rules.yml\ngroups: []\n"),
            );
        }
    }
}
