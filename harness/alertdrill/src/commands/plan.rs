//! `alertdrill plan`: what a run would do.

use std::path::Path;

use alertdrill_core::plan::{Outlook, plan_text};
use alertdrill_core::{Result, RunOutcome};

use super::{Done, Selection};
use crate::written::Written;

/// What a run of the selected drills would do; as JSON, the drills themselves. It fails if one of
/// them cannot pass.
///
/// # Errors
/// As [`Selection::plan`], [`Written::read`] and [`Outlook::of`].
pub fn plan(project: &Path, selection: Selection<'_>, as_json: bool) -> Result<Done> {
    let plan = selection.plan(project)?;
    if as_json {
        return Ok(Done {
            text: plan.to_json()?,
            outcome: RunOutcome::Passed,
        });
    }
    let written = Written::read(project)?;
    let Written {
        settings,
        rules,
        routes,
        ..
    } = &written;
    let outlook = Outlook::of(&plan, settings, rules, routes.as_ref())?;
    let outcome = if outlook.is_infeasible() {
        RunOutcome::Failed
    } else {
        RunOutcome::Passed
    };
    Ok(Done {
        text: plan_text(&outlook, &written.rules_shown()),
        outcome,
    })
}
