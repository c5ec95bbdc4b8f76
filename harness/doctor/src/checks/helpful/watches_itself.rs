//! An alert on the end of what it needs itself to be told.

use alertdrill_core::Finding;
use promql_parser::parser::Expr;

use crate::checkout::{Checkout, Job};
use crate::checks::check::{Case, Check, Said};
use crate::expression::{Comparison, bare, conjuncts};
use crate::network::{Answers, Names, host_and_port};

pub(in crate::checks) const WATCHES_ITSELF: Check = Check {
    id: "helpful/watches-itself",
    title: "an alert on the end of what it needs itself",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    let checkout = case.checkout;
    let Some(needed) = Needed::of(case) else {
        return Vec::new();
    };
    let findings = checkout.alerts().filter_map(|rule| {
        let expr = rule.expression.parsed.as_ref().ok()?;
        let [condition] = conjuncts(expr)[..] else {
            return None;
        };
        let jobs = jobs_that_are_down(checkout, condition)?;
        let said = if jobs.iter().all(|job| needed.is_prometheus(job)) {
            Said::warning(
                "it is judged by the Prometheus whose end it tells of: once that is gone, nobody judges \
                 it",
                "let another one watch it: a second Prometheus, or a service outside that expects a \
                 watchdog's message",
            )
        } else if jobs.iter().all(|job| needed.is_alertmanager(job)) {
            Said::warning(
                "it is sent by the Alertmanager whose end it tells of, and there is no other: nobody is \
                 told",
                "let another one tell it: a second Alertmanager, or a service outside that expects a \
                 watchdog's message",
            )
        } else {
            return None;
        };
        Some(said.of_rule(WATCHES_ITSELF.id, rule, rule.place_of("up")))
    });
    findings.collect()
}

/// Who judges and tells the alerts.
struct Needed<'a> {
    names: Names<'a>,
    prometheus: &'a str,
    /// The only Alertmanager; `None` if there are others, or it is not known.
    alertmanager: Option<&'a str>,
}

impl<'a> Needed<'a> {
    fn of(case: &Case<'a>) -> Option<Self> {
        let checkout = case.checkout;
        let prometheus = checkout.prometheus.as_ref()?;
        let names = Names::of(checkout)?;
        let asker = prometheus.service.as_deref()?;
        // Another Prometheus may judge the same rules.
        if case.senders.len() > 1 {
            return None;
        }
        let alertmanager = match prometheus.alertmanagers.as_slice() {
            [only] if !prometheus.finds_alertmanagers => {
                let host = host_and_port(&only.address.text).0;
                match names.answers(host, asker) {
                    Answers::Service(name) => Some(name),
                    _ => None,
                }
            }
            _ => None,
        };
        Some(Self {
            names,
            prometheus: asker,
            alertmanager,
        })
    }

    fn is_only(&self, job: &Job, is_it: impl Fn(&Answers<'_>) -> bool) -> bool {
        let mut targets = job.targets.iter();
        let are_all = targets.all(|target| {
            let host = host_and_port(&target.address.text).0;
            is_it(&self.names.answers(host, self.prometheus))
        });
        are_all && !job.targets.is_empty() && !job.finds_targets && !job.asks_a_prober()
    }

    fn is_prometheus(&self, job: &Job) -> bool {
        let own_port = |job: &Job| {
            let mut targets = job.targets.iter();
            targets.all(|it| host_and_port(&it.address.text).1 == Some(9090))
        };
        own_port(job)
            && self.is_only(job, |answers| match answers {
                Answers::Itself => true,
                Answers::Service(name) => *name == self.prometheus,
                _ => false,
            })
    }

    fn is_alertmanager(&self, job: &Job) -> bool {
        self.is_only(
            job,
            |answers| matches!(answers, Answers::Service(name) if Some(*name) == self.alertmanager),
        )
    }
}

/// The jobs of which `up == 0` tells the end, where it names them.
fn jobs_that_are_down<'a>(checkout: &'a Checkout, condition: &Expr) -> Option<Vec<&'a Job>> {
    let compared = Comparison::of(condition)?;
    let asks_for_end = compared
        .operator
        .takes(compared.number)
        .is_some_and(|taken| taken.holds(0.0) && !taken.holds(1.0));
    let Expr::VectorSelector(selector) = bare(compared.subject) else {
        return None;
    };
    let of_job = selector.matchers.find_matchers("job");
    if !asks_for_end || selector.name.as_deref() != Some("up") || of_job.is_empty() {
        return None;
    }
    let jobs = checkout.prometheus.as_ref()?.jobs.iter();
    let jobs: Vec<_> = jobs
        .filter(|job| of_job.iter().all(|it| it.is_match(&job.name.text)))
        .collect();
    (!jobs.is_empty()).then_some(jobs)
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "helpful/watches-itself";

    fn project(alertmanagers: &str, expression: &str) -> String {
        format!(
            "--- docker-compose.yml
services:
  prometheus:
    image: prom/prometheus
    volumes: ['.:/etc/prometheus']
  alertmanager: {{image: prom/alertmanager}}
  second: {{image: prom/alertmanager}}
  api: {{image: me/api}}
--- prometheus.yml
rule_files: [rules.yml]
alerting: {{alertmanagers: [{{static_configs: [{{targets: [{alertmanagers}]}}]}}]}}
scrape_configs:
  - {{job_name: prometheus, static_configs: [{{targets: ['localhost:9090']}}]}}
  - {{job_name: alertmanager, static_configs: [{{targets: ['alertmanager:9093']}}]}}
  - {{job_name: api, static_configs: [{{targets: ['api:8080']}}]}}
--- rules.yml
groups:
- name: g
  rules:
  - alert: A
    expr: {expression}
"
        )
    }

    const ONE: &str = "'alertmanager:9093'";

    #[test]
    fn alert_on_what_it_needs_is_found() {
        assert_finds(
            ID,
            &project(ONE, "up{job=\"prometheus\"} == 0"),
            &["rules.yml:5:11 warning: it is judged by the Prometheus whose end it tells of"],
        );
        assert_finds(
            ID,
            &project(ONE, "up{job=\"alertmanager\"} < 1"),
            &["rules.yml:5:11 warning: it is sent by the Alertmanager whose end it tells of"],
        );
    }

    #[test]
    fn others_are_silent() {
        for expression in [
            "up == 0",
            "up{job=\"api\"} == 0",
            "up{job=~\"prometheus|api\"} == 0",
            "up{job=\"alertmanager\"} == 1",
            "rate(prometheus_notifications_dropped_total[5m]) > 0",
        ] {
            assert_silent(ID, &project(ONE, expression));
        }
        let two = "'alertmanager:9093', 'second:9093'";
        assert_silent(ID, &project(two, "up{job=\"alertmanager\"} == 0"));
    }
}
