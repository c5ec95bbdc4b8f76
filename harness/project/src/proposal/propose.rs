//! Makes drills of what brings each alert.

use std::collections::BTreeSet;

use alertdrill_core::{LoadedRule, Routes, routes_of};

use super::effect::{Effects, effects_of};
use super::promises::kept_by;
use super::proposed::{ProposedDrill, ProposedPlan, Tolerance, Undrilled, Verb};
use super::topology::Topology;
use crate::ComposeModel;
use crate::discovery::Discovered;

/// Alertmanager's routes, if they can be read; what is wrong with them, a plan says.
fn routes(discovered: &Discovered) -> Option<Routes> {
    let file = discovered.alertmanager_configuration.as_ref()?;
    let text = std::fs::read_to_string(&file.on_host).ok()?;
    routes_of(&text).ok()
}

/// Drills for `rules`, those that were found by `discovered` in the project of `model`.
///
/// Alerts that one fault of one service brings share a drill; those that are certain share none
/// with those that are not. What a fault may bring besides is tolerated, with the reason.
#[must_use]
pub fn propose(
    model: &ComposeModel,
    discovered: &Discovered,
    rules: &[LoadedRule],
) -> ProposedPlan {
    let topology = Topology::of(model, discovered);
    let known: Vec<_> = rules
        .iter()
        .map(|rule| (rule, effects_of(rule, &topology)))
        .collect();
    let mut plan = ProposedPlan {
        promises: routes(discovered).as_ref().map(kept_by).unwrap_or_default(),
        ..ProposedPlan::default()
    };
    for (rule, effects) in &known {
        if effects.is_watchdog && !plan.watchdogs.contains(&rule.alert) {
            plan.watchdogs.push(rule.alert.clone());
        }
        if effects.faults.is_empty()
            && let Some(reason) = &effects.reason
        {
            plan.undrilled.push(Undrilled {
                rule: rule.name_among(rules),
                reason: reason.clone(),
            });
        }
        for effect in &effects.faults {
            let is_its_drill = |drill: &&mut ProposedDrill| {
                (drill.verb, drill.service.as_str(), drill.is_certain)
                    == (effect.verb, effect.service.as_str(), effect.is_certain)
            };
            let drill = if let Some(drill) = plan.drills.iter_mut().find(is_its_drill) {
                drill
            } else {
                plan.drills.push(ProposedDrill {
                    name: String::new(),
                    verb: effect.verb,
                    service: effect.service.clone(),
                    is_certain: effect.is_certain,
                    reasons: Vec::new(),
                    fires: Vec::new(),
                    tolerate: Vec::new(),
                });
                let last = plan.drills.len() - 1;
                &mut plan.drills[last]
            };
            if !drill.reasons.contains(&effect.reason) {
                drill.reasons.push(effect.reason.clone());
            }
            if !drill.fires.contains(&effect.alert) {
                drill.fires.push(effect.alert.clone());
            }
        }
    }
    // Stable: the order of the rules stays.
    plan.drills.sort_by_key(|drill| !drill.is_certain);
    let mut names = BTreeSet::new();
    for drill in &mut plan.drills {
        drill.name = name_of(drill, &mut names);
        drill.tolerate = tolerated(drill, &known);
    }
    plan
}

/// What goes wrong, in `snake_case`, unlike the `names` so far.
fn name_of(drill: &ProposedDrill, names: &mut BTreeSet<String>) -> String {
    let service: String = drill
        .service
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .collect();
    let service = if service.starts_with(|c: char| c.is_ascii_alphabetic()) {
        service
    } else {
        format!("service_{service}")
    };
    let name = format!("{service}_{}", drill.verb.done());
    let others = (2..).map(|number| format!("{name}_felt_by_others_{number}"));
    let candidates = [name.clone(), format!("{name}_felt_by_others")];
    let mut candidates = candidates.into_iter().chain(others);
    let name = candidates
        .find(|name| !names.contains(name))
        .unwrap_or(name);
    names.insert(name.clone());
    name
}

/// What `drill` may bring besides what it must.
fn tolerated(drill: &ProposedDrill, known: &[(&LoadedRule, Effects)]) -> Vec<Tolerance> {
    let mut tolerated: Vec<Tolerance> = Vec::new();
    for (rule, effects) in known {
        let alert = &rule.alert;
        let must_fire = drill.fires.iter().any(|fires| &fires.alert == alert);
        let is_known = tolerated.iter().any(|other| &other.alert == alert);
        if must_fire || is_known {
            continue;
        }
        let brings = effects.faults.iter().find(|effect| {
            // A restart is too short for most rules, but not for all.
            effect.service == drill.service && effect.verb == Verb::Stop
        });
        let reason = effects.touched_by.get(&drill.service).cloned();
        let reason = reason.or_else(|| brings.map(|effect| effect.reason.clone()));
        if let Some(reason) = reason {
            tolerated.push(Tolerance {
                alert: alert.clone(),
                reason,
            });
        }
    }
    tolerated
}
