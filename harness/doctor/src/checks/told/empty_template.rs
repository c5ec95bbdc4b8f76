//! A receiver's template that prints nothing where it means a value, or that cannot be filled in.

mod fields;
mod references;
mod unsaid;

use std::collections::BTreeSet;

use alertdrill_core::Finding;
use alertdrill_project::yaml_tree::{Node, Value};

use self::fields::{is_field, no_field};
use self::references::{Of, Reference, references_of};
use self::unsaid::unsaid;
use super::filled_in::Reading;
use super::told_case::ToldCase;
use crate::checks::check::{Case, Check, Said};
use crate::routing::{Alert, LabelValue, Receiver};

pub(in crate::checks) const EMPTY_TEMPLATE: Check = Check {
    id: "told/empty-template",
    title: "a receiver's template prints nothing",
    run,
};

/// What only a notification has.
const OF_NOTIFICATIONS: [&str; 6] = [
    "GroupLabels",
    "CommonLabels",
    "CommonAnnotations",
    "ExternalURL",
    "Receiver",
    "Alerts",
];
/// What only an alert has.
const OF_ALERTS: [&str; 2] = ["Labels", "Annotations"];
/// What can be asked of labels, and is no label.
const METHODS: [&str; 5] = ["SortedPairs", "Names", "Values", "Remove", "String"];

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(told) = ToldCase::of(case) else {
        return Vec::new();
    };
    let alerts = told.alerts();
    let named = named_receivers(&told.alertmanager.node);
    let reading = Reading::of(case, told.alertmanager.service.as_deref());
    let mut findings = Vec::new();
    for receiver in &told.routing.receivers {
        if !named.contains(receiver.name.text.as_str()) {
            continue;
        }
        let groups = groups_of(&told, receiver);
        let look = Look {
            told: &told,
            alerts: &alerts,
            receiver,
            groups,
            is_filled_in: reading == Reading::FilledIn,
        };
        let file = &told.alertmanager.file;
        for (_, config) in &receiver.configs {
            let texts = texts_of([config]);
            if let Some((node, offset, said)) = unsaid(&told, &alerts, receiver, &texts) {
                let place = file.place_in(node, offset);
                findings.push(said.at(EMPTY_TEMPLATE.id, &file.path, place));
            }
        }
        let mut said = BTreeSet::new();
        for node in texts_of(receiver.configs.iter().map(|(_, node)| node)) {
            let text = node.text().unwrap_or_default();
            for reference in references_of(text) {
                let Some(found) = look.at(&reference) else {
                    continue;
                };
                if said.insert(found.message.clone()) {
                    let place = file.place_in(node, reference.offset);
                    findings.push(found.at(EMPTY_TEMPLATE.id, &file.path, place));
                }
            }
        }
    }
    findings
}

/// The receivers that a route names, even one that names two.
fn named_receivers(configuration: &Node) -> BTreeSet<&str> {
    let mut named = BTreeSet::new();
    let mut open: Vec<_> = configuration.get("route").into_iter().collect();
    while let Some(route) = open.pop() {
        let receivers = route.entries().iter();
        let receivers = receivers.filter(|(key, _)| key.text() == Some("receiver"));
        named.extend(receivers.filter_map(|(_, name)| name.text()));
        open.extend(route.get("routes").map_or(&[][..], Node::items));
    }
    named
}

/// The labels by which the routes to a receiver group their alerts; `None` if that is not known.
fn groups_of(told: &ToldCase<'_>, receiver: &Receiver) -> Option<BTreeSet<String>> {
    let routes = told.routing.routes().into_iter();
    let mut to_it = routes.filter(|route| route.receiver == receiver.name.text);
    let first: BTreeSet<_> = to_it.next()?.group_by.iter().cloned().collect();
    let groups = to_it.fold(first, |mut all, route| {
        all.extend(route.group_by.iter().cloned());
        all
    });
    let is_known = !groups
        .iter()
        .any(|label| label == "..." || label.contains("${"));
    is_known.then_some(groups)
}

/// The templates in what is written of a receiver.
fn texts_of<'a>(configs: impl IntoIterator<Item = &'a Node>) -> Vec<&'a Node> {
    let mut open: Vec<_> = configs.into_iter().collect();
    open.reverse();
    let mut texts = Vec::new();
    while let Some(node) = open.pop() {
        match &node.value {
            Value::Map(entries) => open.extend(entries.iter().rev().map(|(_, value)| value)),
            Value::List(items) => open.extend(items.iter().rev()),
            Value::Text { text, .. } if text.contains("{{") && !is_of_others(text) => {
                texts.push(node);
            }
            Value::Text { .. } | Value::Null => {}
        }
    }
    texts
}

/// Whether another program fills it in first.
fn is_of_others(text: &str) -> bool {
    let marks = [
        "{%", "{{`", "{{ `", "{{\"{{", "{{ \"{{", "{{ '{{", "{{'{{", ".Values.",
    ];
    marks.iter().any(|mark| text.contains(mark))
}

struct Look<'a> {
    told: &'a ToldCase<'a>,
    alerts: &'a [Alert<'a>],
    receiver: &'a Receiver,
    /// The labels by which what reaches it is grouped; `None` if that is not known.
    groups: Option<BTreeSet<String>>,
    /// Whether another program likely fills in templates of its own first.
    is_filled_in: bool,
}

impl Look<'_> {
    fn at(&self, reference: &Reference<'_>) -> Option<Said> {
        let shown = reference.fields.join(".");
        match (reference.of, reference.fields.as_slice()) {
            (Of::Prometheus, _) => Some(Said::error(
                format!(
                    "`${shown}` is of Prometheus's templates: Alertmanager does not know it, and \
                     sends nothing"
                ),
                "write `.CommonLabels.…`, or `{{ range .Alerts }}{{ .Labels.… }}{{ end }}`",
            )),
            (Of::Notification, [first, ..]) if OF_ALERTS.contains(first) => Some(Said::error(
                format!(
                    "`.{shown}` is of an alert, and a notification has several: Alertmanager \
                     cannot fill it in, and sends nothing"
                ),
                format!(
                    "write `{{{{ range .Alerts }}}}{{{{ .{shown} }}}}{{{{ end }}}}`, or \
                     `.Common{shown}`"
                ),
            )),
            (Of::Alert, [first, ..]) if OF_NOTIFICATIONS.contains(first) => Some(Said::error(
                format!(
                    "`.{shown}` is of the notification, and stands where `.` is an alert: \
                     Alertmanager cannot fill it in, and sends nothing"
                ),
                format!("write `$.{shown}`"),
            )),
            (of, [first, ..]) if !self.is_filled_in && !is_field(of, first) => {
                Some(no_field(&shown, of, first))
            }
            (_, [_, name, ..]) if METHODS.contains(name) => None,
            (Of::Notification, ["GroupLabels", name, ..]) => self.group_label(reference, name),
            (Of::Notification, ["CommonLabels", name, ..]) | (Of::Alert, ["Labels", name, ..]) => {
                self.label(reference, name)
            }
            (Of::Notification, ["CommonAnnotations", name, ..])
            | (Of::Alert, ["Annotations", name, ..]) => self.annotation(reference, name),
            _ => None,
        }
    }

    fn group_label(&self, reference: &Reference<'_>, name: &str) -> Option<Said> {
        let known = self.groups.as_ref()?;
        if known.contains(name) {
            return self.label(reference, name);
        }
        if reference.is_asked_for && !reference.is_compared {
            return None;
        }
        let receiver = &self.receiver.name.text;
        let groups: Vec<_> = known.iter().map(|it| format!("`{it}`")).collect();
        let groups = if groups.is_empty() {
            "by nothing".to_owned()
        } else {
            format!("by {}", groups.join(", "))
        };
        Some(Said::warning(
            format!(
                "`.GroupLabels.{name}` is always empty: what reaches `{receiver}` is grouped \
                 {groups}"
            ),
            format!("write `.CommonLabels.{name}`, or group by it, too"),
        ))
    }

    fn label(&self, reference: &Reference<'_>, name: &str) -> Option<Said> {
        let is_empty = |alert: &Alert<'_>| alert.value_of(name) == LabelValue::Absent;
        if reference.is_asked_for
            || !self.told.knows_all_alerts()
            || !self.alerts.iter().all(is_empty)
        {
            return None;
        }
        Some(Said::warning(
            format!(
                "`.{}` is always empty: no alert has that label",
                shown(reference)
            ),
            "give the label to your rules, or print another",
        ))
    }

    fn annotation(&self, reference: &Reference<'_>, name: &str) -> Option<Said> {
        if reference.is_asked_for || self.told.may_have_annotation(name) {
            return None;
        }
        let annotations = self.alerts.iter().flat_map(|alert| &alert.rule.annotations);
        let names: BTreeSet<_> = annotations.map(|(name, _)| name.text.as_str()).collect();
        let names: Vec<_> = names.into_iter().map(|name| format!("`{name}`")).collect();
        let have = match names.len() {
            0 => String::new(),
            1..=6 => format!("; they have {}", names.join(", ")),
            many => format!("; they have {many} others"),
        };
        Some(Said::warning(
            format!(
                "`.{}` is always empty: no alert has that annotation{have}",
                shown(reference)
            ),
            "give the annotation to your rules, or print another",
        ))
    }
}

fn shown(reference: &Reference<'_>) -> String {
    reference.fields.join(".")
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "told/empty-template";

    fn project(text: &str) -> String {
        format!(
            "--- alertmanager.yml
route:
  receiver: a
  group_by: [alertname, job]
  routes: [{{receiver: b, matchers: [severity=page], group_by: [severity]}}]
receivers:
  - name: a
    webhook_configs: [{{url: 'https://a.example.org'}}]
    slack_configs:
      - api_url_file: /a
        text: '{text}'
  - name: b
  - name: c
    slack_configs: [{{api_url_file: /a, text: '{{{{ .Labels.x }}}}'}}]
--- rules.yml
groups:
  - name: g
    rules:
      - alert: Down
        expr: up{{job=\"a\"}} == 0
        labels: {{severity: page}}
        annotations: {{summary: s}}
      - {{alert: Slow, expr: sum by (job) (x) > 1, labels: {{severity: info}}}}
"
        )
    }

    #[test]
    fn what_is_always_empty_is_found() {
        for (text, expected) in [
            (
                "on {{ .GroupLabels.severity }}",
                "22 warning: `.GroupLabels.severity` is always empty: what reaches `a` is grouped \
                 by `alertname`, `job`",
            ),
            (
                "{{ if eq .GroupLabels.severity \"page\" }}!{{ end }}",
                "25 warning: `.GroupLabels.severity` is always empty",
            ),
            (
                "{{ index .GroupLabels \"instance\" }}",
                "25 warning: `.GroupLabels.instance` is always empty",
            ),
            (
                "{{ .CommonAnnotations.title }}",
                "19 warning: `.CommonAnnotations.title` is always empty: no alert has that \
                 annotation; they have `summary`",
            ),
            (
                "{{ range .Alerts }}{{ .Annotations.description }}{{ end }}",
                "38 warning: `.Annotations.description` is always empty",
            ),
        ] {
            let expected = format!("alertmanager.yml:10:{expected}");
            assert_finds(ID, &project(text), &[&expected]);
        }
        let grouped = project("{{ .GroupLabels.team }}")
            .replace("up{job=\"a\"}", "sum(up)")
            .replace("[alertname, job]", "[alertname, team]");
        let expected = "alertmanager.yml:10:19 warning: `.GroupLabels.team` is always empty: no \
                        alert has that label";
        assert_finds(ID, &grouped, &[expected]);
        let summed = project("{{ .CommonLabels.team }}").replace("up{job=\"a\"}", "sum(up)");
        let expected = "alertmanager.yml:10:19 warning: `.CommonLabels.team` is always empty: no \
                        alert has that label";
        assert_finds(ID, &summed, &[expected]);
    }

    #[test]
    fn what_cannot_be_filled_in_is_found() {
        for (text, expected) in [
            (
                "{{ .Annotations.summary }}",
                "19 error: `.Annotations.summary` is of an alert, and a notification has several",
            ),
            (
                "{{ range .Alerts }}{{ .CommonLabels.job }}{{ end }}",
                "38 error: `.CommonLabels.job` is of the notification",
            ),
            ("{{ $labels.job }}", "19 error: `$labels` is of Prometheus"),
            (
                "{{ .StartsAt.Format \"15:04\" }}",
                "19 error: `.StartsAt.Format` is no field of a notification",
            ),
            (
                "{{ range .Alerts }}{{ .Value }}{{ end }}",
                "38 error: `.Value` is no field of an alert",
            ),
        ] {
            let expected = format!("alertmanager.yml:10:{expected}");
            assert_finds(ID, &project(text), &[&expected]);
        }
    }

    #[test]
    fn look_alikes_are_silent() {
        for text in [
            "{{ .GroupLabels.alertname }} {{ .CommonLabels.severity }} {{ .CommonLabels.instance \
             }}",
            "{{ .CommonLabels.whatever }} {{ .CommonAnnotations.summary }} {{ .Status }}",
            "{{ range .Alerts }}{{ .Labels.job }} {{ .Annotations.summary }} {{ .StartsAt }}{{ end \
             }}",
            "{{ range $a := .Alerts.Firing }}{{ $a.Labels.job }} {{ $.GroupLabels.job }}{{ end }}",
            "{{ if .CommonAnnotations.title }}{{ .CommonAnnotations.title }}{{ end }}",
            "{{ or .GroupLabels.severity \"none\" }} {{ with .CommonAnnotations.title }}{{ . }}{{ \
             end }}",
            "{{ range .CommonLabels.SortedPairs }}{{ .Name }}={{ .Value }}{{ end }}",
            "{{ .GroupLabels.SortedPairs.Values | join \" \" }} {{ len .Alerts }}",
            "{{ range .Alerts }}{{ range .Labels.SortedPairs }}{{ .Name }}{{ end }}{{ end }}",
            "{{ template \"slack.text\" . }} {{ $x := .CommonLabels.job }}{{ $x }}",
            "{{ with index .Alerts 0 }}{{ .Labels.job }}{{ end }}",
            "{{ (index .Alerts 0).Labels.job }} {{ (index .Alerts.Firing 0).Annotations.x }}",
            "{{ $first := index .Alerts 0 }}{{ $first.Labels.job }}",
            "{{ range .Alerts }}{{ $labels := .Labels }}{{ $labels.job }}{{ end }}",
            "{{ range .Alerts }}{{ if eq .Status \"firing\" }}{{ .Labels.job }}{{ end }}{{ end }}",
        ] {
            assert_silent(ID, &project(text));
        }
        let all = project("{{ .GroupLabels.severity }}");
        assert_silent(ID, &all.replace("[alertname, job]", "['...']"));
        assert_silent(ID, &all.replace("receiver: b,", "receiver: a,"));
    }
}
