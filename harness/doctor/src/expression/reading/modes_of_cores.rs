//! The mean over the modes of cores: a core is in one mode at a time, so its modes share 1, and the
//! mean of several is at most their part. Who means the whole load takes 1 less the mode `idle`.

use promql_parser::label::MatchOp;
use promql_parser::parser::{AggregateExpr, Expr, LabelModifier};

use crate::expression::parts::selector;
use crate::expression::{Interval, argument, bare, name_of};

/// The modes that `node_exporter` tells of.
const MODES: [&str; 8] = [
    "idle", "iowait", "irq", "nice", "softirq", "steal", "system", "user",
];

/// The values of a mean over modes of cores; `None` if `aggregate` is something else.
pub(super) fn mean_over_modes(aggregate: &AggregateExpr) -> Option<Interval> {
    let keeps_modes = match &aggregate.modifier {
        None => false,
        Some(LabelModifier::Include(by)) => by.labels.iter().any(|label| label == "mode"),
        Some(LabelModifier::Exclude(without)) => !without.labels.iter().any(|it| it == "mode"),
    };
    let Expr::Call(call) = bare(&aggregate.expr) else {
        return None;
    };
    let is_a_rate = matches!(call.func.name, "rate" | "irate");
    let of = selector(argument(call)?)?;
    let is_of_cores = matches!(name_of(of)?, "node_cpu_seconds_total" | "node_cpu");
    let is_a_mean = aggregate.op.to_string() == "avg";
    if keeps_modes || !is_a_rate || !is_of_cores || !is_a_mean {
        return None;
    }
    let matchers = of.matchers.matchers.iter().filter(|it| it.name == "mode");
    let matchers: Vec<_> = matchers.collect();
    let is_taken = |mode: &&&str| {
        matchers.iter().all(|matcher| match matcher.op {
            MatchOp::Equal => matcher.value == **mode,
            _ => matcher.is_match(mode),
        })
    };
    let taken = u32::try_from(MODES.iter().filter(is_taken).count()).ok()?;
    (taken > 1).then(|| Interval::between(0.0, 1.0 / f64::from(taken)))
}
