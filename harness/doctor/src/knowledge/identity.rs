//! What it is that a job scrapes.

mod bare_image;
mod demo;

use alertdrill_project::Service;
use alertdrill_project::discovery::short_name;

use super::catalogue::{PROBE, exporter, exporters};
use super::exporter::Exporter;
use super::program::{Program, Programs};
use super::recognised::{by_image, by_name, by_port};
use crate::checkout::{Checkout, Job, Target};
use crate::network::{Answers, Names, host_and_port};
use bare_image::{SERVE_NONE, bare_image};
use demo::demo;

/// Whose names tell of programs that hand on what others give them.
pub(super) const HAND_ON: [&str; 14] = [
    "otel",
    "opentelemetry",
    "alloy",
    "telegraf",
    "vector",
    "fluent",
    "agent",
    "collector",
    "federat",
    "victoria",
    "vmagent",
    "thanos",
    "mimir",
    "cortex",
];
/// Exporters whose metrics are what they are told.
const OPEN: [&str; 9] = [
    "pushgateway",
    "statsd",
    "graphite",
    "json_exporter",
    "sql_exporter",
    "script",
    "jmx",
    "snmp",
    "mtail",
];
/// What is scraped.
#[derive(Clone, Debug, Default)]
pub(super) struct Identity {
    pub(super) exporters: Vec<&'static Exporter>,
    pub(super) program: Option<Program>,
    pub(super) reach: Reach,
    /// What it is told: its command and environment, its files; `None` if that is not known.
    pub(super) settings: Option<String>,
}

/// What it can export besides what is listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Reach {
    /// Nothing.
    Listed,
    /// Nothing, if the files are those that it is made of, which is likely.
    LikelyListed,
    /// Nothing at all, not even what its like usually have: it serves no metrics.
    Nothing,
    /// Names of its own that the checkout's sources mention, but none of a well-known exporter.
    Written,
    /// Names of its own, but none of a well-known exporter.
    Own,
    /// Anything.
    #[default]
    Anything,
}

impl Identity {
    /// What answers at a target of a job.
    pub(super) fn of(
        checkout: &Checkout,
        programs: &mut Programs<'_>,
        job: &Job,
        target: &Target,
    ) -> Self {
        if job.metrics_path.contains("federate") {
            return Self::default();
        }
        if job.asks_a_prober() {
            return probed(job);
        }
        let service = target.service.as_ref().and_then(|name| {
            let service = checkout.compose.as_ref()?.services.get(name)?;
            Some((name.as_str(), service))
        });
        let address = target.address.text.as_str();
        let (host, port) = host_and_port(address);
        if let Some((name, service)) = service {
            return of_service(programs, job, name, service, port);
        }
        let identity = of_address(checkout, programs, job, address);
        if is_nobody(checkout, host) {
            identity.of_nobody()
        } else {
            identity
        }
    }

    /// What a job scrapes whose targets are not known.
    pub(super) fn of_job(job: &Job) -> Self {
        if job.asks_a_prober() {
            return probed(job);
        }
        match by_name(&job.name.text, &job.metrics_path) {
            Some(found) => Self::listed(found, None),
            None => Self::default(),
        }
    }

    fn listed(exporters: Vec<&'static Exporter>, command: Option<String>) -> Self {
        let is_open = |exporter: &&Exporter| OPEN.iter().any(|it| exporter.name.contains(it));
        let hands_on = |exporter: &&Exporter| HAND_ON.iter().any(|it| exporter.name.contains(it));
        let names_of_its_own = exporters.iter().any(is_open)
            || exporters
                .iter()
                .any(|it| takes_more(it, command.as_deref()));
        let reach = if exporters.iter().any(hands_on) {
            Reach::Anything
        } else if names_of_its_own {
            Reach::Own
        } else {
            Reach::Listed
        };
        Self {
            exporters,
            program: None,
            reach,
            settings: command,
        }
    }

    fn program(program: Program, is_surely_it: bool) -> Self {
        let scan = &program.scan;
        let reach = match (scan.is_whole(), is_surely_it) {
            (true, true) => Reach::Listed,
            (true, false) => Reach::LikelyListed,
            (false, true) if scan.gives_none() => Reach::Nothing,
            (false, _) if program.serves_none => Reach::LikelyListed,
            (false, _) if scan.has_code => Reach::Written,
            (false, _) => Reach::Own,
        };
        let libraries = program.scan.libraries.iter();
        Self {
            exporters: libraries.filter_map(|name| exporter(name)).collect(),
            settings: Some(program.scan.settings.clone()),
            program: Some(program),
            reach,
        }
    }

    /// The same where nobody answers: there is no more of it than the checkout has.
    fn of_nobody(self) -> Self {
        let reads_all = |it: &Program| it.scan.is_whole();
        let reach = match self.reach {
            Reach::Own if self.program.as_ref().is_some_and(reads_all) => Reach::LikelyListed,
            Reach::Own if self.program.as_ref().is_some_and(|it| it.scan.has_code) => {
                Reach::Written
            }
            Reach::Own if !self.exporters.is_empty() => Reach::Listed,
            reach => reach,
        };
        Self { reach, ..self }
    }

    fn own() -> Self {
        Self {
            reach: Reach::Own,
            ..Self::default()
        }
    }
}

/// Exporters that files or queries of their machines tell of more.
pub(super) const TOLD_OF_MORE: [&str; 3] =
    ["node_exporter", "windows_exporter", "postgres_exporter"];

/// Whether an exporter is told of metrics that its list cannot have.
fn takes_more(exporter: &Exporter, command: Option<&str>) -> bool {
    match exporter.name.as_str() {
        // Without its command nobody knows whether it reads text files.
        "node_exporter" | "windows_exporter" => {
            command.is_none_or(|command| command.contains("textfile"))
        }
        "postgres_exporter" => command.is_none_or(|command| {
            let command = command.to_ascii_lowercase();
            command.contains("quer") || command.contains("--config")
        }),
        _ => false,
    }
}

fn probed(job: &Job) -> Identity {
    let text = format!("{:?}", job.node.get("relabel_configs")).to_ascii_lowercase();
    let module = job.node.at(&["params", "module"]).is_some();
    if text.contains("blackbox")
        || text.contains(":9115")
        || (module && job.metrics_path == "/probe")
    {
        return Identity::listed(exporter(PROBE).into_iter().collect(), None);
    }
    // Other exporters that ask many: `/scrape?target=…`.
    let has_it = |exporter: &&Exporter| {
        let mut names = exporter.images.iter();
        exporter.path == job.metrics_path && names.any(|it| text.contains(it.as_str()))
    };
    let found: Vec<_> = exporters().iter().filter(has_it).collect();
    if found.is_empty() {
        Identity::default()
    } else {
        Identity::listed(found, None)
    }
}

/// What a service gives to a job that asks it at `port`.
pub(super) fn of_service(
    programs: &mut Programs<'_>,
    job: &Job,
    name: &str,
    service: &Service,
    port: Option<u16>,
) -> Identity {
    let environment = service
        .environment
        .iter()
        .map(|(key, value)| format!("{key}={}", value.as_deref().unwrap_or_default()));
    let words = service.entrypoint.iter().chain(&service.command).cloned();
    let command = words.chain(environment).collect::<Vec<_>>().join(" ");
    if let Some(found) = demo(service) {
        return Identity::listed(found, Some(command));
    }
    let image = service.image.as_deref().map(short_name);
    let is_built = service.build.is_some();
    if let (Some(image), false) = (image, is_built)
        && let Some(found) = by_image(image, &job.metrics_path)
    {
        let is_statsd = found.iter().any(|it| it.name == "statsd_exporter");
        let identity = Identity::listed(found, Some(command));
        return if is_statsd && programs.send_statsd(name) {
            Identity {
                reach: Reach::Written,
                ..identity
            }
        } else {
            identity
        };
    }
    if let (Some(image), false) = (image, is_built)
        && let Some(identity) = bare_image(image, port, &command, !service.volumes.is_empty())
    {
        return identity;
    }
    let program = programs.of_service(name, service);
    if is_built {
        let runs = service.entrypoint.first().or(service.command.first());
        let runs = runs.and_then(|word| word.rsplit('/').next());
        // A command `node` is Node.js; as somebody's name it is the exporter of a machine.
        let runs = runs.filter(|word| *word != "node");
        if runs.is_some_and(|word| SERVE_NONE.contains(&word))
            && let Some(identity) = bare_image(runs.unwrap_or_default(), port, &command, false)
        {
            return identity;
        }
        let is_of_its_own = program.as_ref().is_some_and(|it| {
            let is_apart = it.is_what_is_run || !it.folder.as_os_str().is_empty();
            is_apart && it.scan.has_any()
        });
        let found = runs
            .and_then(|word| by_name(word, &job.metrics_path))
            .or_else(|| {
                let name = (!is_of_its_own).then_some(name)?;
                by_name(name, &job.metrics_path)
            })
            .or_else(|| by_image(programs.base_image(service)?, &job.metrics_path));
        if let Some(found) = found {
            return Identity::listed(found, Some(command));
        }
        // What is installed into an image is in no source.
        if !is_of_its_own
            && [name, runs.unwrap_or_default()]
                .iter()
                .any(|it| it.contains("export"))
        {
            return Identity::default();
        }
    }
    if let Some(program) = program {
        let mut identity = Identity::program(program, true);
        // What its base image runs besides is in no source.
        if identity.reach == Reach::Nothing && !programs.holds_only_its_own(service) {
            identity.reach = Reach::Own;
        }
        identity.settings.get_or_insert_default().push_str(&command);
        return identity;
    }
    if is_built {
        return Identity::own();
    }
    let image = image.unwrap_or_default();
    let hands_on = |text: &str| HAND_ON.iter().any(|it| text.contains(it));
    if hands_on(image) || hands_on(name) {
        return Identity::default();
    }
    if let Some(found) = by_name(image, &job.metrics_path) {
        return Identity::listed(found, Some(command));
    }
    match programs.named(name) {
        Some(program) => {
            let is_built_there = programs.has_dockerfile(&program.folder);
            let identity = Identity::program(program, false);
            let reach = match identity.reach {
                Reach::Written if !is_built_there => Reach::Own,
                reach => reach,
            };
            Identity { reach, ..identity }
        }
        None if image.contains("exporter") => Identity::default(),
        None => Identity::own(),
    }
}

/// Whether no service answers to a host's name that Prometheus asks.
fn is_nobody(checkout: &Checkout, host: &str) -> bool {
    let asker = checkout
        .prometheus
        .as_ref()
        .and_then(|it| it.service.as_deref());
    let names = Names::of(checkout);
    asker
        .zip(names)
        .is_some_and(|(asker, names)| matches!(names.answers(host, asker), Answers::Nobody { .. }))
}

fn of_address(
    checkout: &Checkout,
    programs: &mut Programs<'_>,
    job: &Job,
    address: &str,
) -> Identity {
    let address = address.split("://").last().unwrap_or_default();
    let address = address.split('/').next().unwrap_or_default();
    let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
    let port: Option<u16> = port.parse().ok();
    let is_itself = ["localhost", "127.0.0.1", "prometheus"].contains(&host) && port == Some(9090);
    if is_itself {
        return Identity::listed(exporter("prometheus").into_iter().collect(), None);
    }
    let hands_on = |text: &str| HAND_ON.iter().any(|it| text.contains(it));
    let first = host.split('.').next().unwrap_or_default();
    if hands_on(host) || hands_on(&job.name.text) {
        return Identity::default();
    }
    let known = by_name(first, &job.metrics_path)
        .or_else(|| by_name(&job.name.text, &job.metrics_path))
        .or_else(|| port.and_then(|port| by_port(port, &job.metrics_path)));
    if let Some(found) = known {
        return Identity::listed(found, None);
    }
    let is_this_machine = [
        "localhost",
        "127.0.0.1",
        "host.docker.internal",
        "172.17.0.1",
    ]
    .contains(&host);
    let is_a_service = !host.contains('.') && !host.is_empty();
    let named = if is_a_service {
        programs.named(host)
    } else {
        None
    };
    if let Some(program) = named {
        return Identity::program(program, false);
    }
    if is_this_machine || (checkout.compose.is_none() && is_a_service) {
        let all = programs.all();
        if !all.scan.families.is_empty() || !all.scan.libraries.is_empty() {
            return Identity::program(all, false);
        }
    }
    if is_a_service && checkout.compose.is_some() && !host.contains("exporter") {
        // A slip in the service's name: its own metrics have the names that are meant.
        let all = programs.all();
        return Identity {
            reach: Reach::Own,
            ..Identity::program(all, false)
        };
    }
    Identity::default()
}
