//! What routes cannot keep, each seen with literal configurations of Alertmanager.

use super::*;
use crate::{Drill, Fault, Promises, infeasible, routes_of};

const TWO_RECEIVERS: &str = "
  - {name: pager, webhook_configs: [{url: x}]}
  - {name: everyone, webhook_configs: [{url: x}]}
  - {name: nobody}
  - {name: mail, email_configs: [{to: x}]}
";

fn rule() -> LoadedRule {
    LoadedRule {
        labels: [("severity".to_owned(), "critical".to_owned())].into(),
        ..LoadedRule::example("Down")
    }
}

fn expected() -> ExpectedAlert {
    ExpectedAlert::new("Down", "critical", Duration::from_secs(120))
        .label("exchange", "okx")
        .receiver("pager")
}

/// What speaks against a drill of `expected` with these routes.
fn reasons_of(expected: ExpectedAlert, route: &str) -> Vec<(ReasonKind, String)> {
    let yaml = format!("route: {route}\nreceivers: {TWO_RECEIVERS}");
    let routes = routes_of(&yaml).unwrap();
    let drill = Drill::new("x", Fault::stop("handler")).expect_alert(expected);
    let reasons = infeasible(&drill, &[rule()], Some(&routes)).into_iter();
    reasons
        .map(|reason| (reason.kind, reason.message))
        .collect()
}

#[track_caller]
fn assert_cannot(route: &str, kind: ReasonKind, words: &str) {
    let reasons = reasons_of(expected(), route);
    let kinds: Vec<_> = reasons.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, [kind], "{reasons:#?}");
    assert!(reasons[0].1.contains(words), "{reasons:#?}");
}

#[test]
fn routes_that_keep_every_promise_speak_against_nothing() {
    for route in [
        "{receiver: pager}",
        "{receiver: everyone, routes: [{receiver: pager, matchers: [severity=critical]}]}",
        "{receiver: everyone, routes: [{receiver: pager, match_re: {alertname: Do.n}}]}",
        "{receiver: pager, routes: [{receiver: everyone, matchers: [exchange=kraken]}]}",
    ] {
        assert_eq!(reasons_of(expected(), route), [], "{route}");
    }
}

#[test]
fn route_that_tells_another_receiver_fails_before_anything_is_broken() {
    let route = "{receiver: pager, routes: [{receiver: everyone, matchers: [exchange=okx]}]}";
    let reasons = reasons_of(expected(), route);
    let kinds: Vec<_> = reasons.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, [ReasonKind::WrongReceiver, ReasonKind::NotDelivered]);
    let words = "would not be delivered to `pager`, as its owner promises: \
                 the route {exchange=\"okx\"} tells `everyone`";
    assert!(reasons[1].1.contains(words), "{reasons:#?}");
}

#[test]
fn route_that_continues_to_a_receiver_that_nobody_named_fails_unless_that_may_be_told() {
    let route = "{receiver: pager, routes: [\
                 {receiver: everyone, matchers: [severity=critical], continue: true}, \
                 {receiver: pager, matchers: [severity=critical]}]}";
    let words = "would be told to `everyone` by the route {severity=\"critical\"}";
    assert_cannot(route, ReasonKind::WrongReceiver, words);
    let mut expected = expected();
    expected.may_be_told = vec!["everyone".to_owned()];
    assert_eq!(reasons_of(expected, route), []);
}

#[test]
fn two_routes_to_the_promised_receiver_would_tell_it_twice() {
    let route = "{receiver: pager, routes: [\
                 {receiver: pager, matchers: [severity=critical], continue: true}, \
                 {receiver: pager, matchers: [exchange=okx]}]}";
    assert_cannot(
        route,
        ReasonKind::DeliveredTwice,
        "more than once: by the route",
    );
}

#[test]
fn receiver_without_an_integration_or_without_ends_fails_before_anything_is_broken() {
    let told = |receiver: &str| {
        let expected = expected().receiver(receiver);
        reasons_of(expected, &format!("{{receiver: {receiver}}}"))
    };
    let nobody = told("nobody");
    assert_eq!(nobody[0].0, ReasonKind::NotDelivered, "{nobody:#?}");
    assert!(
        nobody[0].1.contains("`nobody` has no integration"),
        "{nobody:#?}"
    );
    let mail = told("mail");
    assert_eq!(mail[0].0, ReasonKind::ResolveNotDelivered, "{mail:#?}");
    assert!(
        mail[0].1.contains("false for email of the receiver `mail`"),
        "{mail:#?}"
    );
}

#[test]
fn waits_that_cannot_keep_a_promise_fail_with_both_figures_and_the_route() {
    for (waits, kind, words) in [
        (
            "group_wait: 90s",
            ReasonKind::NotDelivered,
            "delivered 90 s after it fires, its owner promises at most 60 s: \
             that is the `group_wait` of the root route",
        ),
        (
            "group_interval: 10m",
            ReasonKind::ResolveNotDelivered,
            "as late as 600 s after it, its owner promises at most 360 s",
        ),
        (
            "repeat_interval: 10m",
            ReasonKind::DeliveredTwice,
            "again every 600 s, its owner promises not before 3600 s",
        ),
        (
            "repeat_interval: 7d",
            ReasonKind::NotDelivered,
            "reminded only after 604800 s, its owner promises at most 86400 s",
        ),
    ] {
        assert_cannot(&format!("{{receiver: pager, {waits}}}"), kind, words);
    }
    // Alertmanager looks only every ten minutes.
    let rounded_up = "{receiver: pager, group_interval: 6m, repeat_interval: 59m}";
    assert_eq!(reasons_of(expected(), rounded_up), []);
}

#[test]
fn promises_are_the_drills_own_and_never_those_of_the_configuration() {
    let mut expected = expected();
    expected.promises = Promises {
        delivered_within: Some(Duration::from_secs(5)),
        ..Promises::default()
    };
    let reasons = reasons_of(expected, "{receiver: pager, group_wait: 10s}");
    assert!(reasons[0].1.contains("at most 5 s"), "{reasons:#?}");
}

#[test]
fn what_hangs_on_a_label_that_only_the_fired_alert_has_is_left_to_the_drill() {
    let unknown = "{receiver: pager, routes: [{receiver: everyone, matchers: [job=x]}]}";
    assert_eq!(reasons_of(expected(), unknown), []);
    let late_anyway = "{receiver: pager, group_wait: 2m, \
                       routes: [{receiver: pager, matchers: [job=x]}]}";
    assert_cannot(
        late_anyway,
        ReasonKind::NotDelivered,
        "120 s after it fires",
    );
}

#[test]
fn rule_that_keeps_firing_for_too_long_cannot_end_in_time() {
    let rule = LoadedRule {
        keep_firing_for: Duration::from_secs(160),
        ..rule()
    };
    let drill = Drill::new("x", Fault::stop("handler")).expect_alert(expected());
    let reasons = infeasible(&drill, &[rule], None);
    let kinds: Vec<_> = reasons.iter().map(|reason| reason.kind).collect();
    assert_eq!(kinds, [ReasonKind::NotResolved]);
    let words = "go on firing for 185 s after its cause has recovered, its owner promises at most \
                 180 s: `keep_firing_for` is 160 s";
    assert!(reasons[0].message.contains(words), "{reasons:#?}");
}
