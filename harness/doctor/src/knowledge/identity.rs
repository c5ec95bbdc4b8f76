//! What it is that a job scrapes.

use alertdrill_project::Service;

use super::catalogue::{PROBE, exporter, exporters};
use super::exporter::Exporter;
use super::program::{Program, Programs, last_part};
use crate::checkout::{Checkout, Job, Target};

/// Whose names tell of programs that hand on what others give them.
const HAND_ON: [&str; 14] = [
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
/// Ports that any program may have.
const COMMON_PORTS: [u16; 9] = [80, 443, 3000, 5000, 8000, 8001, 8080, 8081, 9090];

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
        match service {
            Some((name, service)) => of_service(programs, job, name, service),
            None => of_address(checkout, programs, job, &target.address.text),
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
        let reach = match (program.scan.is_whole(), is_surely_it) {
            (true, true) => Reach::Listed,
            (true, false) => Reach::LikelyListed,
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

    fn own() -> Self {
        Self {
            reach: Reach::Own,
            ..Self::default()
        }
    }
}

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

fn of_service(programs: &mut Programs<'_>, job: &Job, name: &str, service: &Service) -> Identity {
    let environment = service
        .environment
        .iter()
        .map(|(key, value)| format!("{key}={}", value.as_deref().unwrap_or_default()));
    let words = service.entrypoint.iter().chain(&service.command).cloned();
    let command = words.chain(environment).collect::<Vec<_>>().join(" ");
    let image = service.image.as_deref().map(last_part);
    let is_built = service.build.is_some();
    if let (Some(image), false) = (image, is_built)
        && let Some(found) = by_image(image, &job.metrics_path)
    {
        return Identity::listed(found, Some(command));
    }
    let program = programs.of_service(service);
    if is_built {
        let runs = service.entrypoint.first().or(service.command.first());
        let runs = runs.and_then(|word| word.rsplit('/').next());
        let is_of_its_own = program
            .as_ref()
            .is_some_and(|it| !it.folder.as_os_str().is_empty() && it.scan.has_any());
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
        Some(program) if program.scan.is_whole() => Identity::program(program, false),
        Some(program) => Identity {
            reach: Reach::Own,
            ..Identity::program(program, false)
        },
        None if image.contains("exporter") => Identity::default(),
        None => Identity::own(),
    }
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
        return Identity::own();
    }
    Identity::default()
}

/// Those of one image that serve this path; all of them if none does.
fn at_path(found: Vec<&'static Exporter>, path: &str) -> Option<Vec<&'static Exporter>> {
    let at_path: Vec<_> = found.iter().copied().filter(|it| it.path == path).collect();
    let best = if at_path.is_empty() { found } else { at_path };
    (!best.is_empty()).then_some(best)
}

fn by_image(image: &str, path: &str) -> Option<Vec<&'static Exporter>> {
    let has_it = |exporter: &&Exporter| exporter.images.iter().any(|it| it == image);
    at_path(exporters().iter().filter(has_it).collect(), path)
}

/// By a word in a name of somebody: `my-node-exporter-1`.
fn by_name(name: &str, path: &str) -> Option<Vec<&'static Exporter>> {
    let name = plain(name);
    let mut found: Vec<(usize, &Exporter)> = Vec::new();
    for exporter in exporters() {
        let names = exporter
            .images
            .iter()
            .chain(Some(&exporter.name))
            .map(|it| plain(it));
        let longest = names
            .filter(|it| {
                let is_exporter = it.contains("exporter") || it == "cadvisor";
                // `prometheus` in a job's name is no more than a word.
                *it == name || (is_exporter && name.contains(it.as_str()))
            })
            .map(|it| it.len())
            .max();
        found.extend(longest.map(|length| (length, exporter)));
    }
    let usual: Option<&str> = match name.as_str() {
        "node" | "nodes" | "nodeexporter" | "linux" => Some("node_exporter"),
        "redis" | "redisexporter" => Some("redis_exporter"),
        "mysql" | "mysqlexporter" | "mysqldexporter" => Some("mysqld_exporter"),
        "postgres" | "postgresql" | "postgresexporter" | "pgexporter" => Some("postgres_exporter"),
        "blackboxexporter" => Some("blackbox_exporter"),
        _ => None,
    };
    if found.is_empty()
        && usual.is_some_and(|usual| name.ends_with("exporter") || usual == "node_exporter")
    {
        return usual.and_then(exporter).map(|it| vec![it]);
    }
    let longest = found.iter().map(|(length, _)| *length).max()?;
    let best = found.into_iter().filter(|(length, _)| *length == longest);
    at_path(best.map(|(_, exporter)| exporter).collect(), path)
}

/// A name without what people write in different ways.
pub(super) fn plain(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    name.chars().filter(char::is_ascii_alphanumeric).collect()
}

fn by_port(port: u16, path: &str) -> Option<Vec<&'static Exporter>> {
    if COMMON_PORTS.contains(&port) {
        return None;
    }
    let has_it =
        |exporter: &&Exporter| exporter.name.contains("exporter") && exporter.ports.contains(&port);
    at_path(exporters().iter().filter(has_it).collect(), path)
}
