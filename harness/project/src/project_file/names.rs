//! The names that a project has, and complaints about those that it has not.

use std::collections::{BTreeMap, BTreeSet};

use alertdrill_core::promql::result_labels_of;
use alertdrill_core::{Labels, LoadedRule, Replica, agree, selector};

use super::drills::labels_of;
use super::faults::Name;
use super::file::ProjectFile;
use super::source_text::{Complaint, help_by_nearest};
use super::yaml::At;
use crate::ComposeModel;

/// The names that a project has.
pub(super) struct Names<'a> {
    file: &'a ProjectFile,
    model: &'a ComposeModel,
    rules: &'a [LoadedRule],
    pub(super) complaints: Vec<Complaint>,
}

impl<'a> Names<'a> {
    pub(super) fn new(
        file: &'a ProjectFile,
        model: &'a ComposeModel,
        rules: &'a [LoadedRule],
    ) -> Self {
        Self {
            file,
            model,
            rules,
            complaints: Vec::new(),
        }
    }

    pub(super) fn complain(
        &mut self,
        name: Name<'_>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.complaints
            .push(Complaint::at(name.place, message, help));
    }

    /// The text for each lane of the paths that it names in braces; the text alone of none.
    pub(super) fn on_each_lane(&self, text: &str) -> Vec<String> {
        let mut texts = vec![text.to_owned()];
        for path in self.file.paths.iter().filter(|path| !path.lanes.is_empty()) {
            let placeholder = path.placeholder();
            if text.contains(&placeholder) {
                let lanes = path.lanes.iter();
                let on = |lane: &String| {
                    let texts = texts.iter();
                    texts
                        .map(|text| text.replace(&placeholder, lane))
                        .collect::<Vec<_>>()
                };
                texts = lanes.flat_map(on).collect();
            }
        }
        texts
    }

    fn services(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.model.services.keys().map(String::as_str)
    }

    /// Complains of a service that the project does not have.
    pub(super) fn service(&mut self, name: Name<'_>) {
        self.one_of(name, "services", &self.services().collect());
    }

    /// Complains of a service that the project does not have, of one that several containers run
    /// where one has to be meant, and of a container that the service does not have.
    pub(super) fn container(&mut self, name: Name<'_>) {
        self.service(name);
        for text in self.on_each_lane(name.text) {
            let meant = Replica::of(&text);
            let Some(service) = self.model.services.get(meant.service) else {
                continue;
            };
            let count = service.replicas();
            let names: Vec<_> = match count {
                1 => vec![format!("`{}`", meant.service)],
                _ => (1..=count)
                    .map(|number| format!("`{}#{number}`", meant.service))
                    .collect(),
            };
            let is_one = match meant.number {
                None => count == 1,
                Some(number) => (1..=count).any(|known| known.to_string() == number),
            };
            if !is_one {
                let message = match meant.number {
                    None => format!("{count} containers run `{text}`, and one has to be meant"),
                    Some(_) => format!("the service `{}` has no `{text}`", meant.service),
                };
                self.complain(name, message, format!("write {}", names.join(" or ")));
                return;
            }
        }
    }

    /// Complains of what is no service, no path and no lane.
    pub(super) fn holding(&mut self, name: Name<'_>) {
        let file = self.file;
        let paths = file.paths.iter();
        let paths = paths.flat_map(|path| path.lanes.iter().chain([&path.name]));
        let names = self.services().chain(paths.map(String::as_str)).collect();
        self.one_of(name, "services, paths and lanes", &names);
    }

    fn one_of(&mut self, name: Name<'_>, whats: &str, names: &BTreeSet<&str>) {
        let unknown = self.on_each_lane(name.text).into_iter();
        let unknown = unknown.filter(|text| !names.contains(Replica::of(text).service));
        if let Some(unknown) = unknown.take(1).next() {
            let project = &self.model.name;
            let help = help_by_nearest(&unknown, whats, names.iter().copied());
            let what = if whats == "services" {
                "service"
            } else {
                "service, path or lane"
            };
            let message = format!("no {what} `{unknown}` in the compose project `{project}`");
            self.complain(name, message, help);
        }
    }

    /// The network that `service` is cut off from: the one that is written, or its only one.
    pub(super) fn network(
        &mut self,
        service: Name<'_>,
        written: Option<Name<'_>>,
    ) -> Option<String> {
        let model = self.model;
        let services = self.on_each_lane(service.text);
        let networks = services
            .iter()
            .filter_map(|service| model.services.get(Replica::of(service).service));
        let networks: Vec<BTreeSet<&str>> = networks
            .map(|service| service.networks.keys().map(String::as_str).collect())
            .collect();
        let of_all = networks
            .iter()
            .cloned()
            .reduce(|one, other| &one & &other)?;
        let named = service.text;
        if let Some(network) = written {
            for network_of_lane in self.on_each_lane(network.text) {
                if !networks
                    .iter()
                    .any(|networks| networks.contains(network_of_lane.as_str()))
                {
                    let message = format!("`{named}` is not on a network `{network_of_lane}`");
                    let whats = format!("networks of `{named}`");
                    let help = help_by_nearest(&network_of_lane, &whats, of_all.iter().copied());
                    self.complain(network, message, help);
                    return None;
                }
            }
            return Some(network.text.to_owned());
        }
        let mut of_all = of_all.into_iter();
        match (of_all.next(), of_all.next()) {
            (Some(network), None) => Some(network.to_owned()),
            (None, _) => {
                let message = format!("`{named}` is on no network that it could be cut off from");
                self.complain(service, message, "stop or pause it instead");
                None
            }
            (Some(one), Some(other)) => {
                let message =
                    format!("`{named}` is on several networks, `{one}` and `{other}` among them");
                let help = format!("say which: `cut_off: {{service: {named}, from: {one}}}`");
                self.complain(service, message, help);
                None
            }
        }
    }

    /// The rules that an alert of this name and these labels can come from; complains if there are
    /// none.
    pub(super) fn rules_of(
        &mut self,
        alert: Name<'_>,
        labels: &BTreeMap<String, At<String>>,
    ) -> Vec<&'a LoadedRule> {
        let names = self.on_each_lane(alert.text);
        let rules = self.rules;
        let of_name = |name: &String| -> Vec<&'a LoadedRule> {
            rules.iter().filter(|rule| rule.alert == *name).collect()
        };
        if let Some(unknown) = names.iter().find(|name| of_name(name).is_empty()) {
            let message = format!("no alerting rule `{unknown}` is loaded by Prometheus");
            let alerts = rules.iter().map(|rule| rule.alert.as_str());
            let help = help_by_nearest(unknown, "alerts", alerts);
            self.complain(alert, message, help);
            return Vec::new();
        }
        let of_name: Vec<_> = names.iter().flat_map(of_name).collect();
        let mut known = labels_of(labels);
        known.retain(|_, value| !value.contains('{'));
        let agreeing = of_name
            .iter()
            .copied()
            .filter(|rule| agree(&known, &rule.fixed_labels()));
        let agreeing: Vec<_> = agreeing.collect();
        if agreeing.is_empty() {
            self.labels_of_no_rule(alert, labels, &known, &of_name);
        } else {
            self.impossible_label(alert, labels, &agreeing);
        }
        agreeing
    }

    /// Complains of the labels that contradict those of every rule of the name.
    fn labels_of_no_rule(
        &mut self,
        alert: Name<'_>,
        labels: &BTreeMap<String, At<String>>,
        known: &Labels,
        rules: &[&LoadedRule],
    ) {
        let contradicts = |name: &str, value: &str| {
            let own = rules.iter().filter_map(|rule| rule.labels.get(name));
            let own: Vec<_> = own.collect();
            own.len() == rules.len() && own.iter().all(|own| *own != value)
        };
        let wrong = known
            .iter()
            .find(|(name, value)| contradicts(name, value))
            .or_else(|| known.iter().next());
        let Some((name, value)) = wrong else {
            return;
        };
        let place = labels.get(name).map_or(alert.place, |label| label.place);
        let rules = rules.iter();
        let own: Vec<_> = rules
            .map(|rule| selector(&rule.alert, &rule.labels))
            .collect();
        let message = format!(
            "no rule `{}` gives the label {name}=\"{value}\"",
            alert.text
        );
        let help = format!("the rules of this name give {}", own.join(", "));
        self.complaints.push(Complaint::at(place, message, help));
    }

    /// Complains of a label that no rule's samples can have and that no rule adds.
    fn impossible_label(
        &mut self,
        alert: Name<'_>,
        labels: &BTreeMap<String, At<String>>,
        rules: &[&LoadedRule],
    ) {
        let mut possible: BTreeSet<String> = BTreeSet::new();
        for rule in rules {
            let Ok(Some(given)) = result_labels_of(&rule.query) else {
                return;
            };
            possible.extend(given);
            possible.extend(rule.labels.keys().cloned());
        }
        for (name, value) in labels {
            if !possible.contains(name) {
                let message = format!("`{}` can never have the label `{name}`", alert.text);
                let names = possible.iter().map(String::as_str);
                let help = help_by_nearest(name, "labels that its rule gives", names);
                self.complaints
                    .push(Complaint::at(value.place, message, help));
            }
        }
    }

    /// The severity that the rules give, where none is written; complains if they differ.
    pub(super) fn severity_of(&mut self, alert: Name<'_>, rules: &[&LoadedRule]) -> Option<String> {
        let own = rules.iter().map(|rule| rule.labels.get("severity"));
        let own: BTreeSet<&str> = own.map(|own| own.map_or("", String::as_str)).collect();
        let is_template = own.iter().any(|severity| severity.contains("{{"));
        let mut each = own.iter();
        match (each.next(), each.next()) {
            (Some(severity), None) if !is_template => Some((*severity).to_owned()),
            (None, _) => None,
            _ => {
                let message = format!("the severity of `{}` is not certain", alert.text);
                let own = own.iter().filter(|severity| !severity.is_empty());
                let own: Vec<_> = own.map(|severity| format!("`{severity}`")).collect();
                let help = format!("write `severity: …`; its rules give {}", own.join(", "));
                self.complain(alert, message, help);
                None
            }
        }
    }
}
