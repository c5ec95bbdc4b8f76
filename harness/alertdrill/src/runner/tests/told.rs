//! Whole lives of drills whose alerts are told to the wrong people, too late or too often.

use std::time::Duration;

use alertdrill_core::{DeliveryStatus, ExpectedAlert, Matcher, Outcome, ReasonKind, Route};

use super::judged::{alert, api_stopped, comes_to, lived_in, rule};
use crate::runner::simulated::rule::{Mistake, SimulatedRule, down};
use crate::runner::simulated::world::World;

#[test]
fn each_way_of_telling_the_wrong_people_has_its_own_reason() {
    let late = Mistake::DeliveredLate(40);
    let to_another = vec![ReasonKind::WrongReceiver, ReasonKind::NotDelivered];
    for (mistake, reasons) in [
        (Mistake::OtherReceiver, to_another),
        (Mistake::OtherReceiverToo, vec![ReasonKind::WrongReceiver]),
        (late, vec![ReasonKind::NotDelivered]),
    ] {
        let (outcome, kinds) = comes_to(&api_stopped(), vec![rule().mistaken(mistake)]);
        assert_eq!((outcome, kinds), (Outcome::Fail, reasons), "{mistake:?}");
    }
}

#[test]
fn late_delivery_is_told_from_none() {
    let world = World::new([rule().mistaken(Mistake::DeliveredLate(40))]);
    let (_, _, timeline) = lived_in(world, &api_stopped(), |_| {});
    assert!(!timeline.deliveries.is_empty());
}

#[test]
fn route_that_cannot_keep_a_promise_fails_before_anything_is_broken() {
    let mut world = World::new([rule()]);
    world.routes.root.group_wait = Duration::from_secs(90);
    let (outcome, kinds, timeline) = lived_in(world, &api_stopped(), |_| {});
    assert_eq!(
        (outcome, kinds),
        (Outcome::Fail, vec![ReasonKind::NotDelivered])
    );
    assert!(timeline.faults.is_empty());
}

#[test]
fn route_to_another_receiver_fails_before_anything_is_broken() {
    let mut world = World::new([rule()]);
    let root = &mut world.routes.root;
    let matchers = vec![Matcher::try_from(r#"alertname="ApiDown""#.to_owned()).unwrap()];
    root.routes = vec![Route {
        receiver: "everyone".to_owned(),
        matchers,
        ..root.clone()
    }];
    let (outcome, kinds, timeline) = lived_in(world, &api_stopped(), |_| {});
    let reasons = vec![ReasonKind::WrongReceiver, ReasonKind::NotDelivered];
    assert_eq!((outcome, kinds), (Outcome::Fail, reasons));
    assert!(timeline.faults.is_empty());
}

#[test]
fn alert_that_is_told_again_because_its_group_has_another_one_more_passes() {
    let mut second = SimulatedRule::new("ShopDown", "api");
    second.loaded.for_duration = Duration::from_secs(30);
    let mut world = World::new([rule(), second]);
    world.routes.root.group_by.clear();
    let shop_down = ExpectedAlert::new("ShopDown", "critical", Duration::from_secs(90));
    let drill = api_stopped().expect_alert(shop_down.when(down("api")));
    let (outcome, kinds, timeline) = lived_in(world, &drill, |_| {});
    assert_eq!((outcome, kinds), (Outcome::Pass, vec![]));
    let is_of_the_first = |labels: &alertdrill_core::Labels| labels["alertname"] == alert().alert;
    let told = timeline
        .deliveries
        .iter()
        .filter(|told| is_of_the_first(&told.labels) && told.status == DeliveryStatus::Firing);
    assert_eq!(told.count(), 2);
}
