//! How many targets there are whose `up` an aggregation sums or counts.

use promql_parser::parser::{AggregateExpr, Expr};

use super::Reading;
use crate::expression::{Comparison, bare, name_of};

impl Reading<'_> {
    /// The most that `sum(up{…})`, or a count of it, can be; `None` if that is not known.
    pub(super) fn most_targets(&self, aggregate: &AggregateExpr) -> Option<f64> {
        let is_whole = aggregate.modifier.is_none() && aggregate.param.is_none();
        let op = aggregate.op.to_string();
        if !is_whole || !["sum", "count"].contains(&op.as_str()) {
            return None;
        }
        let compared = Comparison::of(&aggregate.expr);
        let subject = compared.map_or(&*aggregate.expr, |it| it.subject);
        let Expr::VectorSelector(selector) = bare(subject) else {
            return None;
        };
        let prometheus = self.checkout.prometheus.as_ref()?;
        let mut matchers = selector.matchers.matchers.iter();
        let names_other = matchers.any(|it| !["job", "instance"].contains(&it.name.as_str()));
        let is_known = !prometheus.has_unread_jobs && selector.matchers.or_matchers.is_empty();
        if name_of(selector) != Some("up") || names_other || !is_known {
            return None;
        }
        let of_job = selector.matchers.find_matchers("job");
        let of_instance = selector.matchers.find_matchers("instance");
        let mut targets: usize = 0;
        for job in &prometheus.jobs {
            let is_asked = of_job.iter().all(|it| it.is_match(&job.name.text));
            if is_asked && (job.finds_targets || job.metrics_path.contains("federate")) {
                return None;
            }
            if is_asked {
                let is_relabelled = job.node.get("relabel_configs").is_some();
                let own = job.targets.iter().filter(|target| {
                    let address = &target.address.text;
                    is_relabelled || of_instance.iter().all(|it| it.is_match(address))
                });
                targets += own.count();
            }
        }
        let targets = u32::try_from(targets).ok()?;
        // No target at all is another finding.
        (targets > 0).then(|| f64::from(targets))
    }
}
