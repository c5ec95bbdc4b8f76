//! What a job scrapes, and all series that it gives after relabelling.

mod whose;

use std::collections::{BTreeMap, BTreeSet};

use alertdrill_project::yaml_tree::{Node, Place};

use super::Family;
use super::catalogue::{EVERY_SCRAPE, exporter};
use super::exporter::Exporter;
use super::identity::{Identity, Reach, of_service};
use super::mentions::Mentions;
use super::program::Programs;
use super::relabelling::{Fate, steps, target_labels};
use super::series::Labels;
use super::source::Hidden;
use crate::checkout::{Checkout, Job, SourceFile};
use crate::network::{FindsNothing, finds_nothing};

/// First words of the names that libraries give by themselves.
const OF_LIBRARIES: [&str; 101] = [
    "actix",
    "agroal",
    "airflow",
    "api",
    "app",
    "application",
    "aspnetcore",
    "axum",
    "base",
    "cache",
    "camel",
    "celery",
    "client",
    "connection",
    "cpu",
    "db",
    "disk",
    "django",
    "dotnet",
    "echo",
    "ecto",
    "eureka",
    "exceptions",
    "executor",
    "express",
    "faraday",
    "fastapi",
    "fastify",
    "feign",
    "fiber",
    "flask",
    "gin",
    "go",
    "grpc",
    "gunicorn",
    "hibernate",
    "hikari",
    "hikaricp",
    "http",
    "http3",
    "httpclient",
    "hystrix",
    "jdbc",
    "jetty",
    "jvm",
    "kafka",
    "kestrel",
    "koa",
    "laravel",
    "lettuce",
    "logback",
    "memory",
    "messaging",
    "microsoft",
    "mongodb",
    "mysql",
    "mysql2",
    "nest",
    "netty",
    "nodejs",
    "phoenix",
    "php",
    "postgres",
    "prisma",
    "process",
    "promhttp",
    "puma",
    "python",
    "quartz",
    "queue",
    "rabbitmq",
    "rails",
    "reactor",
    "redis",
    "request",
    "requests",
    "resilience4j",
    "response",
    "rocket",
    "rpc",
    "ruby",
    "runtime",
    "scheduled",
    "server",
    "sidekiq",
    "spring",
    "sql",
    "starlette",
    "swoole",
    "system",
    "target",
    "task",
    "tasks",
    "tomcat",
    "undertow",
    "uwsgi",
    "vendor",
    "vertx",
    "vm",
    "worker",
    "zipkin",
];

/// Those of them that no library of the Java virtual machine has.
const BESIDE_THE_JVM: [&str; 43] = [
    "actix",
    "airflow",
    "api",
    "app",
    "aspnetcore",
    "axum",
    "celery",
    "django",
    "dotnet",
    "echo",
    "ecto",
    "express",
    "faraday",
    "fastapi",
    "fastify",
    "fiber",
    "flask",
    "gin",
    "go",
    "gunicorn",
    "kestrel",
    "koa",
    "laravel",
    "microsoft",
    "mysql",
    "mysql2",
    "nest",
    "nodejs",
    "phoenix",
    "php",
    "prisma",
    "promhttp",
    "puma",
    "python",
    "rails",
    "request",
    "requests",
    "rocket",
    "ruby",
    "sidekiq",
    "starlette",
    "swoole",
    "uwsgi",
];

/// First words of names that programs have and no file or query of a machine.
const OF_PROGRAMS: [&str; 8] = [
    "http",
    "flask",
    "fastapi",
    "django",
    "starlette",
    "nodejs",
    "jvm",
    "gin",
];

/// One kind of thing that a job scrapes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Endpoint {
    pub(crate) job: String,
    /// The file in which the job stands.
    pub(crate) file: SourceFile,
    pub(super) identity: Identity,
    /// Of its first target, for messages and likeness of names.
    pub(super) address: String,
    /// The labels of its targets; `None` if they are not known.
    pub(super) target_labels: Option<Labels>,
    /// Whether its own labels win over those of the scrape, `job` among them.
    pub(super) honors_labels: bool,
    /// Labels that its program gives to all its metrics, each with one value.
    pub(super) common_labels: BTreeSet<String>,
    /// The first words of all names of its exporters.
    first_words: BTreeSet<String>,
    pub(super) families: Vec<Family>,
    pub(super) series: Vec<OwnSeries>,
    pub(super) dropped: Vec<(String, Option<String>, Place)>,
}

/// A series that an endpoint gives: its name, which family it is of, and its own labels.
#[derive(Clone, Debug)]
pub(super) struct OwnSeries {
    pub(super) name: String,
    pub(super) family: usize,
    pub(super) labels: Option<Labels>,
}

/// Everything that is scraped.
pub(super) fn endpoints(checkout: &Checkout, programs: &mut Programs<'_>) -> Vec<Endpoint> {
    let Some(prometheus) = &checkout.prometheus else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for job in &prometheus.jobs {
        let mut seen = BTreeSet::new();
        for target in &job.targets {
            let identity = Identity::of(checkout, programs, job, target);
            let written: BTreeMap<_, _> = target
                .labels
                .iter()
                .map(|(name, value)| (name.text.clone(), value.text.clone()))
                .collect();
            if seen.insert((key_of(&identity, &target.address.text), written.clone())) {
                found.push(endpoint(job, identity, &target.address.text, &written));
            }
        }
        let finds_none = matches!(
            finds_nothing(checkout, job),
            Some(FindsNothing::NoCluster(_))
        );
        if job.finds_targets && !finds_none {
            for identity in discovered(checkout, programs, job) {
                let mut it = endpoint(job, identity, "", &BTreeMap::new());
                it.target_labels = None;
                found.push(it);
            }
        }
    }
    found
}

/// What a job finds by itself: of the engine, the services of the project.
fn discovered(checkout: &Checkout, programs: &mut Programs<'_>, job: &Job) -> Vec<Identity> {
    let mut ways = job.node.entries().iter().filter_map(|(key, _)| key.text());
    let asks_the_engine = ways
        .by_ref()
        .filter(|key| key.ends_with("_sd_configs"))
        .all(|key| key == "docker_sd_configs");
    let usual = Identity::of_job(job);
    let is_known = usual.reach != Reach::Anything || job.asks_a_prober();
    let services = checkout.compose.iter().flat_map(|it| &it.services);
    let mut found: Vec<Identity> = Vec::new();
    if asks_the_engine && !is_known {
        found.extend(services.map(|(name, service)| {
            let identity = of_service(programs, job, name, service, None);
            Identity {
                // Which of them it finds is not asked.
                reach: match identity.reach {
                    Reach::Listed => Reach::LikelyListed,
                    Reach::Nothing => Reach::Written,
                    reach => reach,
                },
                ..identity
            }
        }));
    }
    if found.is_empty() { vec![usual] } else { found }
}

/// What makes two targets the same: what they are, or where if that is not known.
fn key_of(identity: &Identity, address: &str) -> String {
    let exporters = identity.exporters.iter().map(|it| it.name.as_str());
    let exporters = exporters.collect::<Vec<_>>().join(",");
    let folder = identity
        .program
        .as_ref()
        .map(|it| it.folder.display().to_string());
    match (exporters.as_str(), folder) {
        ("", None) => address.to_owned(),
        (exporters, folder) => format!("{exporters} {}", folder.unwrap_or_default()),
    }
}

/// The tags that Spring Boot gives to all meters by its environment.
fn tags_of_settings(settings: &str) -> impl Iterator<Item = String> + '_ {
    settings.split_whitespace().filter_map(|word| {
        let (name, _) = word.split_once('=')?;
        let tag = name.strip_prefix("MANAGEMENT_METRICS_TAGS_")?;
        Some(tag.to_ascii_lowercase())
    })
}

fn endpoint(
    job: &Job,
    identity: Identity,
    address: &str,
    written: &BTreeMap<String, String>,
) -> Endpoint {
    let common = identity.program.as_ref();
    let mut common = common.map_or_else(BTreeSet::new, |it| it.scan.common_labels.clone());
    common.extend(tags_of_settings(
        identity.settings.as_deref().unwrap_or_default(),
    ));
    let own = identity
        .program
        .iter()
        .flat_map(|program| program.scan.families.clone());
    let listed = identity
        .exporters
        .iter()
        .copied()
        .chain(exporter(EVERY_SCRAPE));
    let program = identity.program.as_ref();
    let has_own_buckets = |exporter: &Exporter| {
        program.is_some_and(|it| it.scan.own_buckets.contains(exporter.name.as_str()))
    };
    let mut families: Vec<Family> = listed
        .flat_map(|exporter| {
            let is_by_default = !has_own_buckets(exporter);
            exporter.families.iter().map(move |family| Family {
                highest_bucket: family.highest_bucket.filter(|_| is_by_default),
                ..family.clone()
            })
        })
        .chain(own)
        .collect();
    for family in &mut families {
        family.jobs = BTreeSet::from([job.name.text.clone()]);
        if let Some(labels) = &mut family.labels {
            for label in &common {
                labels.insert(label.clone(), None);
            }
        }
    }
    let listed = identity.exporters.iter().flat_map(|it| &it.families);
    let first_words = listed.filter_map(|family| family.name.split('_').next());
    let first_words = first_words.map(str::to_owned).collect();
    let mut endpoint = Endpoint {
        job: job.name.text.clone(),
        file: job.file.clone(),
        identity,
        address: address.to_owned(),
        target_labels: target_labels(&job.node, written),
        honors_labels: job.node.get("honor_labels").is_some_and(Node::is_true),
        common_labels: common,
        first_words,
        families,
        series: Vec::new(),
        dropped: Vec::new(),
    };
    endpoint.relabel(job);
    endpoint
}

impl Endpoint {
    /// Fills the series in, as relabelling leaves them.
    fn relabel(&mut self, job: &Job) {
        let steps = steps(&job.node, "metric_relabel_configs");
        for (index, family) in self.families.iter().enumerate() {
            for (ending, label) in family.series() {
                let first = format!("{}{ending}", family.name);
                let mut labels = family.labels.clone();
                if let (Some(labels), Some(label)) = (&mut labels, label) {
                    labels.insert((*label).to_owned(), None);
                }
                let mut name = first.clone();
                // What Prometheus adds itself is not relabelled.
                let is_added =
                    name == "up" || name.starts_with("scrape_") || name.starts_with("ALERTS");
                let steps = if is_added { &[][..] } else { steps.as_slice() };
                let mut kept = true;
                for step in steps {
                    let before = name.clone();
                    let fate = step.apply(&mut name, &mut labels);
                    match fate {
                        Fate::Kept => {}
                        Fate::Unknown => labels = None,
                        Fate::Dropped => {
                            self.dropped.push((before, None, step.place));
                            kept = false;
                            break;
                        }
                    }
                    if name != before {
                        self.dropped.push((before, Some(name.clone()), step.place));
                    }
                }
                if kept {
                    self.series.push(OwnSeries {
                        name,
                        family: index,
                        labels,
                    });
                }
            }
        }
    }

    /// Whether it may give a series of this name that is not listed.
    pub(super) fn may_export(&self, name: &str, mentions: &Mentions) -> bool {
        let mut listed = self.identity.exporters.iter();
        if listed.any(|exporter| exporter.knows_all_like(name)) {
            // One that is told of metrics (queries, text files) may be told of any name.
            return matches!(self.identity.reach, Reach::Anything | Reach::Own);
        }
        // Only rules record names with colons, and who hands on what others recorded.
        let is_recorded = name.contains(':') && self.identity.reach != Reach::Anything;
        if self.identity.reach == Reach::Nothing || is_recorded {
            return false;
        }
        let first = name.split('_').next().unwrap_or_default();
        let has_alike = self.first_words.contains(first);
        match self.identity.reach {
            Reach::Anything => true,
            Reach::Own => {
                let known = super::catalogue::who_knows_all_like(name);
                let is_told_by_its_machine = self.identity.program.is_none()
                    && self.is_told_of_more()
                    && OF_PROGRAMS.contains(&first);
                (known.is_none() || self.sounds_like(first)) && !is_told_by_its_machine
            }
            Reach::Written => {
                let known = super::catalogue::who_knows_all_like(name);
                let is_open = self.hides(first) || mentions.is_set(first);
                let program = self.identity.program.as_ref();
                let folder = program.map(|program| program.folder.as_path());
                let is_written = is_open || mentions.mention(name, folder);
                let may_be_its =
                    known.is_none() || self.sounds_like(first) || mentions.writes(name);
                may_be_its && is_written && !mentions.is_never_sent(name)
            }
            Reach::Nothing => false,
            Reach::Listed | Reach::LikelyListed => {
                has_alike && !self.identity.exporters.iter().all(|it| it.is_library())
            }
        }
    }

    /// Whether a library of its program may give it names that begin so, which no source has.
    fn hides(&self, first: &str) -> bool {
        let program = self.identity.program.as_ref();
        let hidden = program.map_or(Hidden::None, |program| program.scan.hidden);
        OF_LIBRARIES.contains(&first)
            && match hidden {
                Hidden::None => false,
                Hidden::OfTheJvm => !BESIDE_THE_JVM.contains(&first),
                Hidden::OfAny => true,
            }
    }

    /// Whether it is a program of which nothing that runs serves metrics.
    pub(super) fn serves_none(&self) -> bool {
        let program = self.identity.program.as_ref();
        program.is_some_and(|program| program.serves_none)
    }
}
