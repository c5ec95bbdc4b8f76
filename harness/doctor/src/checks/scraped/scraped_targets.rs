//! What Prometheus scrapes, as it is written.

use alertdrill_project::yaml_tree::{Node, Place};

use crate::checkout::{Checkout, Job, Prometheus, SourceFile};
use crate::network::{Answers, Names, host_and_port};

/// Where Prometheus itself listens unless it is told otherwise.
pub(super) const PROMETHEUS_PORT: u16 = 9090;

/// An address that a container of the project asks.
pub(super) struct Asked<'a> {
    pub(super) job: &'a Job,
    /// `api:8080`, or the URL that a prober is asked about.
    pub(super) address: &'a str,
    pub(super) port: Option<u16>,
    pub(super) path: &'a str,
    pub(super) file: &'a SourceFile,
    pub(super) place: Place,
    /// The service whose container asks: Prometheus, or a prober.
    pub(super) asker: &'a str,
    /// Whether a prober is asked about it, so that it is not scraped itself.
    pub(super) is_probed: bool,
    pub(super) answers: Answers<'a>,
}

/// Every address that Prometheus, or a prober in its place, asks, in a project whose Prometheus is
/// a service of its compose project.
pub(super) fn asked<'a>(checkout: &'a Checkout, names: &Names<'a>) -> Vec<Asked<'a>> {
    let Some(prometheus) = &checkout.prometheus else {
        return Vec::new();
    };
    let Some(itself) = prometheus.service.as_deref() else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for job in &prometheus.jobs {
        let replaced = replaced_address(job);
        let asker = match replaced {
            Replaced::No => Some(itself),
            Replaced::By(prober) => {
                let (host, port) = host_and_port(prober.text().unwrap_or_default());
                let answers = names.answers(host, itself);
                let service = match &answers {
                    Answers::Service(name) => Some(*name),
                    _ => None,
                };
                all.push(Asked {
                    job,
                    address: prober.text().unwrap_or_default(),
                    port,
                    path: &job.metrics_path,
                    file: &job.file,
                    place: prober.place,
                    asker: itself,
                    is_probed: false,
                    answers,
                });
                service
            }
            Replaced::Somehow => None,
        };
        let Some(asker) = asker else {
            continue;
        };
        for target in &job.targets {
            let address = target.address.text.as_str();
            let (host, port) = host_and_port(address);
            all.push(Asked {
                job,
                address,
                port: port.or(Some(by_scheme(job))),
                path: &job.metrics_path,
                file: &target.file,
                place: target.address.place,
                asker,
                is_probed: !matches!(replaced, Replaced::No),
                answers: names.answers(host, asker),
            });
        }
    }
    all
}

fn by_scheme(job: &Job) -> u16 {
    let is_https = job.node.text_at(&["scheme"]) == Some("https");
    if is_https { 443 } else { 80 }
}

/// Whether relabelling writes another address in place of a target's own.
enum Replaced<'a> {
    No,
    /// By this one, which is asked about the target.
    By(&'a Node),
    /// By something that is not written as it is.
    Somehow,
}

fn replaced_address(job: &Job) -> Replaced<'_> {
    let steps = job.node.get("relabel_configs").map_or(&[][..], Node::items);
    let mut writes = steps
        .iter()
        .filter(|step| step.text_at(&["target_label"]) == Some("__address__"));
    let Some(step) = writes.next_back() else {
        return Replaced::No;
    };
    let replacement = step.get("replacement");
    let is_plain = |node: &&Node| node.text().is_some_and(|text| !text.contains('$'));
    match replacement.filter(is_plain) {
        Some(prober) if job.asks_a_prober() => Replaced::By(prober),
        _ => Replaced::Somehow,
    }
}

/// The port on which Prometheus itself listens; `None` if that is not known.
pub(super) fn own_port(checkout: &Checkout, prometheus: &Prometheus) -> Option<u16> {
    let compose = checkout.compose.as_ref()?;
    let service = compose.services.get(prometheus.service.as_ref()?)?;
    let words = service.command.iter().chain(&service.entrypoint);
    let mut words = words.skip_while(|word| !word.contains("listen-address"));
    let Some(flag) = words.next() else {
        return Some(PROMETHEUS_PORT);
    };
    let value = flag.split_once('=').map(|(_, value)| value);
    value
        .or_else(|| words.next().map(String::as_str))?
        .rsplit(':')
        .next()?
        .parse()
        .ok()
}

/// Whether others may write into Prometheus.
pub(super) fn is_written_to(checkout: &Checkout, prometheus: &Prometheus) -> bool {
    let service = prometheus.service.as_ref().and_then(|name| {
        let compose = checkout.compose.as_ref()?;
        compose.services.get(name)
    });
    let has_flag = service.is_some_and(|service| {
        let mut words = service.command.iter().chain(&service.entrypoint);
        words.any(|word| word.contains("remote-write-receiver") || word.contains("otlp"))
    });
    let reads = prometheus.node.get("remote_read");
    has_flag || reads.is_some_and(|node| !node.items().is_empty())
}
