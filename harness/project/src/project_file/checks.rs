//! Compares every name of a file with what the project has.

use alertdrill_core::plan::Plan;
use alertdrill_core::{Drill, Fault, LoadedRule, Replica};

use super::drills::silent_claim;
use super::faults::{Name, Verb, verb_of};
use super::file::ProjectFile;
use super::names::Names;
use super::source_text::Complaint;
use super::written::{AttachTo, Break, WrittenDrill, WrittenFile};
use super::yaml::{OneOrMany, ShortOrLong};
use crate::ComposeModel;

/// The plan of `file` with what only the project can tell, and every name that the project does not
/// have.
pub(super) fn completed_plan(
    file: &ProjectFile,
    model: &ComposeModel,
    rules: &[LoadedRule],
) -> (Plan, Vec<Complaint>) {
    let mut names = Names::new(file, model, rules);
    let written = &file.written;
    check_servers(&mut names, file);
    check_lists(&mut names, written);
    check_alerts(&mut names, written);
    let mut plan = file.plan.clone();
    for (drill, written) in plan.drills.iter_mut().zip(written.each_drill()) {
        complete(&mut names, file, drill, &written.value);
    }
    check_attached(&mut names, written);
    (plan, names.complaints)
}

fn check_servers(names: &mut Names<'_>, file: &ProjectFile) {
    let written = &file.written;
    let alertmanager = written.alertmanager.as_ref();
    let alertmanager = alertmanager.filter(|_| !file.has_no_alertmanager);
    let servers = [
        written.prometheus.as_ref(),
        written.rule_engine.as_ref(),
        alertmanager,
        written.grafana.as_ref(),
    ];
    for server in servers.into_iter().flatten() {
        names.service(match &server.value {
            ShortOrLong::Short(text) => Name {
                text,
                place: server.place,
            },
            ShortOrLong::Long(server) => (&server.service).into(),
        });
    }
}

fn check_lists(names: &mut Names<'_>, written: &WrittenFile) {
    let may_break = written.may_break.iter().flat_map(OneOrMany::iter);
    let paths = written.paths.iter().map(|path| &path.value);
    let on_paths = paths.flat_map(|path| path.owns.iter().chain(path.uses.iter()));
    for service in may_break.chain(on_paths) {
        names.service(service.into());
    }
    for watching in written.watched_by.iter() {
        names.holding(watching.into());
    }
}

fn check_alerts(names: &mut Names<'_>, written: &WrittenFile) {
    let no_labels = std::collections::BTreeMap::new();
    for instances in written.instances.iter() {
        let instances = &instances.value;
        names.rules_of((&instances.alert).into(), &instances.labels);
    }
    for watchdog in written.watchdogs.iter() {
        names.rules_of(watchdog.into(), &no_labels);
    }
    for waiver in written.waivers.iter() {
        let rule = &waiver.value.rule;
        let alert = rule.value.split('{').next().unwrap_or_default().trim();
        let name = Name {
            text: alert,
            place: rule.place,
        };
        names.rules_of(name, &no_labels);
    }
}

/// Only what the file allows is touched in a project that other people run.
fn check_attached(names: &mut Names<'_>, written: &WrittenFile) {
    let Some(attach) = &written.attach else {
        return;
    };
    if attach.value == AttachTo::Nothing
        || written.may_break.is_some()
        || written.each_drill().len() == 0
    {
        return;
    }
    names.complaints.push(Complaint::at(
        attach.place,
        "drills are to run on a project that runs already, and nothing says what they may touch",
        "name the services: `may_break: [api]`",
    ));
}

fn complete(names: &mut Names<'_>, file: &ProjectFile, drill: &mut Drill, written: &WrittenDrill) {
    complete_faults(names, file, &mut drill.faults, &written.breaks);
    complete_faults(names, file, &mut drill.once_pending, &written.once_pending);
    for (expected, fires) in drill.expect.iter_mut().zip(written.fires.iter()) {
        let alert = Name::from(&fires.value.alert);
        let rules = names.rules_of(alert, &fires.value.labels);
        if fires.value.severity.is_none()
            && let Some(severity) = names.severity_of(alert, &rules)
        {
            expected.severity = severity;
        }
    }
    for silent in written.silent.iter() {
        let (text, place, labels) = silent_claim(silent);
        let no_labels = std::collections::BTreeMap::new();
        names.rules_of(Name { text, place }, labels.unwrap_or(&no_labels));
    }
    for tolerated in written.tolerate.iter() {
        let tolerated = &tolerated.value;
        names.rules_of((&tolerated.alert).into(), &tolerated.labels);
    }
    for check in written.afterwards.iter() {
        names.container((&check.value.service).into());
    }
    if let Some(moment) = &written.moment {
        names.container((&moment.service).into());
    }
    for holding in written.needs.iter().chain(written.disturbs.iter()) {
        names.holding(holding.into());
    }
}

fn complete_faults(
    names: &mut Names<'_>,
    file: &ProjectFile,
    faults: &mut [Fault],
    written: &OneOrMany<Break>,
) {
    for (fault, written) in faults.iter_mut().zip(written.iter()) {
        // Its mistakes were told when the file was read.
        let Ok(verb) = verb_of(written) else {
            continue;
        };
        if let Some(service) = verb.service() {
            names.container(service);
        }
        if let Some(disturbs) = verb.disturbs() {
            names.holding(disturbs);
        }
        if let Some(touched) = verb.service().or_else(|| verb.disturbs()) {
            check_allowed(names, file, touched);
        }
        if let Verb::CutOff(service, network) = verb
            && let Some(network) = names.network(service, network)
        {
            *fault = Fault::cut_off(service.text, network);
        }
    }
}

fn check_allowed(names: &mut Names<'_>, file: &ProjectFile, touched: Name<'_>) {
    let Some(may_break) = &file.may_break else {
        return;
    };
    let services = names.on_each_lane(touched.text).into_iter();
    let services = services.map(|service| Replica::of(&service).service.to_owned());
    let mut forbidden = services.filter(|service| !may_break.contains(service));
    if let Some(service) = forbidden.next() {
        let message = format!("the file does not allow to break `{service}`");
        let help = format!("add `{service}` to `may_break`, or break one that stands there");
        names.complain(touched, message, help);
    }
}
