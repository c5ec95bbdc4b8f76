//! One incident, one alert.

use super::*;

fn with_label(name: &str, value: &str) -> Labels {
    let mut labels = binance_down();
    labels.insert(name.to_owned(), value.to_owned());
    labels
}

fn fires_beside(labels: &Labels) -> Story {
    Story::good().alert(labels, 20, 80, 110)
}

#[test]
fn second_alert_of_the_same_name_for_one_cause_fails_the_drill() {
    assert_fails_with(
        &fires_beside(&with_label("instance", "b")),
        ReasonKind::SecondAlert,
        "fired at +80.0 s for the same cause as FeedHandlerDown{",
    );
}

#[test]
fn second_alert_that_the_drill_declares_is_another_ones_matter() {
    let declaring = drill().tolerate(
        "FeedHandlerDown",
        &[("exchange", "binance"), ("instance", "b")],
        "two containers",
    );
    let story = fires_beside(&with_label("instance", "b"));
    assert_eq!(kinds(&judge(&declaring, &story.timeline)), []);
}

#[test]
fn alert_of_the_expected_severity_is_the_one_that_is_judged() {
    // The warning fires first, from a rule with a shorter `for`.
    let story = Story::good()
        .alert(&with_label("severity", "warning"), 20, 35, 110)
        .with(|timeline| {
            let mut warning = rule("FeedHandlerDown", 15);
            warning.labels = labels(&[("severity", "warning")]);
            timeline.rules.insert(0, warning);
        });
    let verdict = story.verdict();
    assert_eq!(verdict.reasons, []);
    assert_eq!(verdict.alerts[0].firing_at, Some(at(80.0)));
}

#[test]
fn copy_of_a_rule_under_another_severity_is_a_second_alert() {
    let story = fires_beside(&with_label("severity", "warning")).with(|timeline| {
        let mut copy = rule("FeedHandlerDown", 60);
        copy.labels = labels(&[("severity", "warning")]);
        timeline.rules.push(copy);
    });
    assert_fails_with(&story, ReasonKind::SecondAlert, "severity=\"warning\"");
}

#[test]
fn severity_that_a_template_raises_is_one_alert_that_goes_on() {
    let raised = Story::silent()
        .alert(&with_label("severity", "warning"), 20, 80, 80)
        .alert(&binance_down(), 95, 95, 110)
        .with(|timeline| {
            let template = "{{ if gt $value 5.0 }}critical{{ else }}warning{{ end }}";
            timeline.rules[0].labels = labels(&[("severity", template)]);
        });
    let raised = notified(raised, DeliveryStatus::Firing, 105.0);
    let raised = notified(raised, DeliveryStatus::Resolved, 150.0);
    assert_eq!(raised.verdict().reasons, []);
}

#[test]
fn copy_that_is_written_otherwise_and_fires_at_once_is_a_second_alert() {
    let story = fires_beside(&with_label("severity", "warning")).with(|timeline| {
        let mut copy = rule("FeedHandlerDown", 60);
        copy.labels = labels(&[("severity", "warning")]);
        copy.query = "0 == up".to_owned();
        timeline.rules.push(copy);
    });
    assert_fails_with(&story, ReasonKind::SecondAlert, "severity=\"warning\"");
}
