//! When a stack that starts is steady.

use std::time::Duration;

use alertdrill_core::{LoadedRule, Target as _, UtcInstant};
use alertdrill_engine::RuleEngine as _;

use crate::runner::simulated::rule::SimulatedRule;
use crate::runner::simulated::simulated_stack::{SimulatedStack, simulated};
use crate::runner::simulated::world::World;

/// As of when the rules were evaluated when the stack was taken for steady, and when the last of its
/// services had started, 22 s after the others; the rules look back that far.
fn evaluated_and_started(query_offset: Duration) -> [UtcInstant; 2] {
    let mut rule = SimulatedRule::new("Down", "db");
    rule.loaded = LoadedRule {
        query_offset,
        ..rule.loaded
    };
    simulated(async move {
        let stack = SimulatedStack::new(World::new([rule]));
        let world = &stack.world;
        world.target.stop("api").await.unwrap();
        let starts = async {
            world.clock.sleep(Duration::from_secs(22)).await;
            world.target.start("api").await.unwrap();
            world.clock.now()
        };
        let (steady, started_at) = tokio::join!(stack.becomes_steady(), starts);
        assert!(steady.unwrap().is_reached());
        let evaluated = world.evaluations().await.unwrap();
        [evaluated.until["Down"].until, started_at]
    })
}

#[test]
fn rules_that_look_back_have_seen_a_stack_that_flows_before_it_is_steady() {
    let offset = Duration::from_secs(4);
    let [evaluated_at, started_at] = evaluated_and_started(offset);
    assert!(evaluated_at >= started_at.plus(offset));
    // Others would wait in vain.
    let [evaluated_at, started_at] = evaluated_and_started(Duration::ZERO);
    assert!(evaluated_at < started_at.plus(offset));
}
