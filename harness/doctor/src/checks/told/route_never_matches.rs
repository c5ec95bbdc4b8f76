//! A route that no alert takes.

use alertdrill_core::Finding;

use super::told_case::{ToldCase, misfit, values_in_words};
use crate::checks::check::{Case, Check, Said};
use crate::routing::{Alert, LabelValue, Matcher, Route, Verdict, verdict_of_all};

pub(in crate::checks) const ROUTE_NEVER_MATCHES: Check = Check {
    id: "told/route-never-matches",
    title: "no alert takes a route",
    run,
};

const HELP: &str = "let the route and the rules agree on a label and its values, or take the route \
                    away";

/// Severities that people name before they have such a rule.
const USUAL_SEVERITIES: [&str; 5] = ["critical", "warning", "info", "error", "none"];

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(told) = ToldCase::of(case) else {
        return Vec::new();
    };
    let Some(root) = &told.routing.root else {
        return Vec::new();
    };
    let alerts = told.alerts();
    let mut search = Search {
        told: &told,
        alerts: &alerts,
        knows_all: told.knows_all_alerts(),
        findings: Vec::new(),
    };
    let all: Vec<_> = alerts.iter().collect();
    search.look_below(root, &all);
    search.findings
}

struct Search<'a> {
    told: &'a ToldCase<'a>,
    alerts: &'a [Alert<'a>],
    knows_all: bool,
    findings: Vec<Finding>,
}

impl<'a> Search<'a> {
    /// `reaching` are the alerts that may come to `route`.
    fn look_below(&mut self, route: &Route, reaching: &[&'a Alert<'a>]) {
        let mut left = reaching.to_vec();
        // The children that take alerts from those after them.
        let mut takers: Vec<&Route> = Vec::new();
        for child in &route.children {
            if self.says_contradiction(child) {
                continue;
            }
            if !self.knows_all {
                self.look_below(child, &[]);
                continue;
            }
            let may_take = |alert: &&&Alert<'_>| child.takes(alert) != Verdict::No;
            let meant: Vec<_> = reaching.iter().filter(may_take).copied().collect();
            let taken: Vec<_> = left.iter().filter(may_take).copied().collect();
            if meant.is_empty() {
                self.says_no_alert(child, reaching);
            } else if taken.is_empty() {
                self.says_hidden(child, &takers, meant[0]);
            } else {
                if let Some((said, matcher)) = misfit(&child.matchers, self.alerts) {
                    self.says(said, Some(matcher), child);
                }
                self.look_below(child, &taken);
            }
            if !child.continues {
                left.retain(|alert| child.takes(alert) != Verdict::Yes);
                takers.push(child);
            }
        }
    }

    fn says(&mut self, said: Said, matcher: Option<&Matcher>, route: &Route) {
        let place = matcher.map_or(route.place, |matcher| matcher.place);
        let file = &self.told.alertmanager.file;
        self.findings
            .push(said.at(ROUTE_NEVER_MATCHES.id, &file.path, place));
    }

    fn says_contradiction(&mut self, route: &Route) -> bool {
        let verdict = verdict_of_all(&route.matchers, |_| LabelValue::Unknown);
        if verdict == Verdict::No {
            let message = format!("its matchers exclude each other: {}", route.shown());
            let said = Said::error(message, "write what the route should take");
            self.says(said, route.matchers.first(), route);
        }
        verdict == Verdict::No
    }

    fn says_no_alert(&mut self, route: &Route, reaching: &[&'a Alert<'a>]) {
        let to = format!("so nobody is told by its receiver `{}`", route.receiver);
        let mut alone = route.matchers.iter().filter(|matcher| {
            let mut all = self.alerts.iter();
            all.all(|alert| matcher.takes(&alert.value_of(&matcher.label)) == Verdict::No)
        });
        let (message, matcher) = match alone.next() {
            Some(matcher) => {
                let values = values_in_words(self.alerts, &matcher.label);
                let shown = &matcher.shown;
                (
                    format!("no alert has {shown} ({values}), {to}"),
                    Some(matcher),
                )
            }
            None if reaching.len() < self.alerts.len() => (
                format!("no alert that comes to it has {}, {to}", route.shown()),
                route.matchers.first(),
            ),
            None => (
                format!("no alert has all of {}, {to}", route.shown()),
                route.matchers.first(),
            ),
        };
        let is_usual = matcher.is_some_and(|matcher| {
            let named = matcher.named_values();
            let mut all = named.iter();
            let are_usual = all.all(|value| USUAL_SEVERITIES.contains(value));
            matcher.label == "severity" && !named.is_empty() && are_usual
        });
        let said = if is_usual {
            Said::note(message, HELP)
        } else {
            Said::warning(message, HELP)
        };
        self.says(said, matcher, route);
    }

    fn says_hidden(&mut self, route: &Route, takers: &[&Route], example: &Alert<'_>) {
        let mut takers = takers.iter();
        let taker = takers.find(|taker| taker.takes(example) == Verdict::Yes);
        let Some(taker) = taker else {
            return;
        };
        let shown = match taker.shown() {
            all if all.is_empty() => "has no matchers and takes all".to_owned(),
            shown => format!("takes {shown} and does not `continue`"),
        };
        let line = taker.place.line;
        let said = Said::warning(
            format!(
                "no alert gets to {}: the route in line {line} {shown}",
                route.shown()
            ),
            "put the narrower route first, or write `continue: true` at the one before",
        );
        self.says(said, route.matchers.first(), route);
    }
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "told/route-never-matches";
    const RULES: &str = "--- rules.yml
groups:
  - name: g
    rules:
      - {alert: Down, expr: up == 0, labels: {severity: critical, team: shop}}
      - {alert: Slow, expr: 'sum(rate(x[5m])) > 1', labels: {severity: warning}}
";

    fn project(routes: &str) -> String {
        let receivers = "receivers: [{name: mail, email_configs: [{to: a}]}, {name: b}]";
        format!(
            "--- alertmanager.yml\nroute:\n  receiver: mail\n  routes:\n{routes}{receivers}\n\
             {RULES}"
        )
    }

    #[test]
    fn value_that_no_alert_has_is_found() {
        assert_finds(
            ID,
            &project("    - receiver: b\n      match: {severity: page}\n"),
            &[
                "alertmanager.yml:5:25 warning: no alert has severity=\"page\" (they have \
               `critical`, `warning`), so nobody is told by its receiver `b`",
            ],
        );
        assert_finds(
            ID,
            &project("    - receiver: b\n      matchers:\n        - severity = info\n"),
            &["alertmanager.yml:6:22 note: no alert has severity=\"info\""],
        );
    }

    #[test]
    fn alternative_that_fits_a_part_of_a_value_only_is_found() {
        let route = |pattern: &str| {
            project(&format!(
                "    - receiver: b\n      match_re: {{severity: '{pattern}'}}\n"
            ))
        };
        let expected = "alertmanager.yml:5:28 warning: `crit` takes no alert: a pattern must fit all \
                        of `severity`, and `critical` has more than that";
        assert_finds(ID, &route("crit|warning"), &[expected]);
        assert_silent(ID, &route("critical|warning|info"));
        assert_silent(ID, &route("crit|critical|warning"));
    }

    #[test]
    fn route_behind_a_wider_one_is_found() {
        assert_finds(
            ID,
            &project(
                "    - match_re: {severity: critical|warning}\n    - matchers: \
                 [severity=critical]\n",
            ),
            &[
                "alertmanager.yml:5:27 warning: no alert gets to severity=\"critical\": the route \
                 in \
               line 4 takes severity=~\"critical|warning\" and does not `continue`",
            ],
        );
        assert_finds(
            ID,
            &project("    - receiver: b\n    - matchers: [severity=critical]\n"),
            &[
                "alertmanager.yml:5:27 warning: no alert gets to severity=\"critical\": the route \
                 in \
               line 4 has no matchers and takes all",
            ],
        );
    }

    #[test]
    fn matchers_that_exclude_each_other_are_found_without_rules() {
        assert_finds(
            ID,
            "--- alertmanager.yml\nroute: {receiver: a, routes: [{matchers: [b=c, b=d]}]}\n\
             receivers: [{name: a}]\n--- rules.yml\ngroups: []\n",
            &["alertmanager.yml:1:45 error: its matchers exclude each other: b=\"c\", b=\"d\""],
        );
    }

    #[test]
    fn matcher_of_a_child_is_looked_at_with_its_parents() {
        assert_finds(
            ID,
            &project(
                "    - match: {severity: warning}\n      routes: [{match: {severity: critical}}]\n",
            ),
            &["alertmanager.yml:5:35 note: no alert that comes to it has"],
        );
    }

    #[test]
    fn look_alikes_are_silent() {
        for routes in [
            "    - match: {severity: critical}\n    - match: {severity: warning}\n",
            "    - match: {severity: critical}\n      continue: true\n    - match_re: {severity: \
             critical|warning}\n",
            // A label that a metric may have.
            "    - match: {service: shop}\n",
            "    - match: {alertname: Down}\n      routes: [{match: {instance: a}}]\n",
            "    - match: {severity: '${SEVERITY}'}\n",
            "    - matchers: ['severity!=\"info\"']\n",
            "    - matchers: ['team=\"\"']\n",
            "    - matchers: ['severity=~\"crit.*\"']\n",
        ] {
            assert_silent(ID, &project(routes));
        }
        let no_rules = "--- alertmanager.yml\nroute: {receiver: a, routes: [{match: {b: c}}]}\n\
        receivers: [{name: a}]\n--- rules.yml\ngroups: []\n";
        assert_silent(ID, no_rules);
    }

    #[test]
    fn labels_that_prometheus_adds_or_rewrites_are_known() {
        let route = "    - match: {severity: page}\n";
        for alerting in [
            "global: {external_labels: {severity: page}}\n",
            "alerting: {alert_relabel_configs: [{target_label: severity, replacement: page}]}\n",
            "scrape_configs: [{job_name: a, static_configs: [{targets: [a], labels: {severity: \
             page}}]}]\n",
        ] {
            let rules = "--- rules.yml\ngroups: [{name: g, rules: [{alert: A, expr: up == 0}]}]\n";
            let project = project(route).replace(RULES, rules);
            assert_silent(
                ID,
                &format!("{project}--- prometheus.yml\nrule_files: [rules.yml]\n{alerting}"),
            );
        }
    }
}
