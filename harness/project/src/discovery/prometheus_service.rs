//! Which service of the project is Prometheus.

use alertdrill_core::{Error, Result, nearest};

use super::command_line::CommandLine;
use super::dockerfile::Dockerfile;
use super::found::{FoundServer, Wishes};
use super::mounts::Mounts;
use super::prometheus_configuration::looks_like_a_configuration;
use crate::{ComposeModel, Service};

/// Where Prometheus listens unless it is told otherwise.
const DEFAULT_PORT: u16 = 9090;
/// What evaluates or scrapes like Prometheus, by parts of its image's name, and is none.
const NOT_PROMETHEUS: [&str; 12] = [
    "victoria-metrics",
    "victoriametrics",
    "vmagent",
    "vmsingle",
    "vmalert",
    "mimir",
    "cortex",
    "thanos",
    "agent",
    "alloy",
    "promtail",
    "opentelemetry-collector",
];
/// The longest file that is looked at for what it is.
const LONGEST_CONFIGURATION_BYTES: u64 = 1_000_000;

/// The service that is Prometheus, and why it is thought so if that was a guess.
///
/// # Errors
/// [`Error::NoSuchService`] of one that is wished for and is not there; [`Error::BadDescription`]
/// if there is none, or more than one.
pub(super) fn find_prometheus(
    model: &ComposeModel,
    wishes: &Wishes,
) -> Result<(FoundServer, Option<String>)> {
    if let Some(wished) = &wishes.prometheus {
        let server = found_server(model, &wished.service, wished.port)?;
        return Ok((server, None));
    }
    let by_name: Vec<_> = services_like(model, is_prometheus);
    let (found, reason) = if by_name.is_empty() {
        let by_file = services_like(model, |model, service| {
            mounts_a_configuration(model, service)
        });
        (by_file, Some("it mounts a file with `scrape_configs`"))
    } else {
        (by_name, None)
    };
    match found.as_slice() {
        [only] => Ok((
            found_server(model, only, None)?,
            reason.map(|reason| format!("{only} is taken for Prometheus: {reason}")),
        )),
        [] => Err(no_prometheus(model)),
        several => Err(Error::BadDescription {
            what: format!("the compose project `{}`", model.name),
            reason: format!(
                "it has more than one Prometheus: {}; say which one is meant, as \
                 `prometheus: {}` in alertdrill.yml or `--prometheus {}`",
                several.join(", "),
                several[0],
                several[0]
            ),
        }),
    }
}

/// The services that are Prometheus: by image or flags; without one, those that mount a file with
/// `scrape_configs`.
#[must_use]
pub fn prometheus_services(model: &ComposeModel) -> Vec<&str> {
    let found = services_like(model, is_prometheus);
    if found.is_empty() {
        return services_like(model, mounts_a_configuration);
    }
    found
}

/// The services that evaluate or scrape like Prometheus and are none.
#[must_use]
pub fn services_of_its_kind(model: &ComposeModel) -> Vec<&str> {
    services_like(model, |_, service| {
        images(service).iter().any(|image| is_another(image))
    })
}

/// The image's name without its registry, its folders, its tag and its digest.
#[must_use]
pub fn short_name(image: &str) -> &str {
    let without_digest = image.split('@').next().unwrap_or(image);
    let last = without_digest.rsplit('/').next().unwrap_or(without_digest);
    last.split(':').next().unwrap_or(last)
}

/// What a service's container is made of: its image, and the one that its Dockerfile starts from.
#[must_use]
pub fn images(service: &Service) -> Vec<String> {
    let base = service.build.as_ref().and_then(Dockerfile::of);
    let base = base.and_then(|dockerfile| dockerfile.from);
    service.image.iter().cloned().chain(base).collect()
}

/// The names of the services of which `is_meant` holds.
pub(super) fn services_like(
    model: &ComposeModel,
    is_meant: impl Fn(&ComposeModel, &Service) -> bool,
) -> Vec<&str> {
    let services = model.services.iter();
    let meant = services.filter(|(_, service)| is_meant(model, service));
    meant.map(|(name, _)| name.as_str()).collect()
}

/// The service `name`.
///
/// # Errors
/// [`Error::BadDescription`] with the nearest name if there is none.
pub(super) fn service<'a>(model: &'a ComposeModel, name: &str) -> Result<&'a Service> {
    model.services.get(name).ok_or_else(|| {
        let names = model.services.keys().map(String::as_str);
        let hint = match nearest(name, names) {
            Some(nearest) => format!("the nearest is `{nearest}`"),
            None => "it has none at all".to_owned(),
        };
        Error::BadDescription {
            what: format!("the compose project `{}`", model.name),
            reason: format!("it has no service `{name}`; {hint}"),
        }
    })
}

fn found_server(model: &ComposeModel, name: &str, port: Option<u16>) -> Result<FoundServer> {
    let service = service(model, name)?;
    let command_line = CommandLine::of(service, &Mounts::of(model, service));
    Ok(FoundServer {
        service: name.to_owned(),
        port: port.unwrap_or_else(|| listens_on(&command_line, DEFAULT_PORT)),
        path_prefix: path_prefix(&command_line),
    })
}

/// The port that the server is told to listen on, else `default`.
pub(super) fn listens_on(command_line: &CommandLine, default: u16) -> u16 {
    let address = command_line.flag("web.listen-address");
    let port = address.and_then(|address| address.rsplit(':').next()?.parse().ok());
    port.unwrap_or(default)
}

/// What the server's paths begin with: what its flags say, or the path of its address outside.
pub(super) fn path_prefix(command_line: &CommandLine) -> String {
    let outside = command_line.flag("web.external-url").map(|url| {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("")
    });
    let prefix = command_line.flag("web.route-prefix").or(outside);
    match prefix.unwrap_or_default().trim_matches('/') {
        "" => String::new(),
        prefix => format!("/{prefix}"),
    }
}

fn is_prometheus(model: &ComposeModel, service: &Service) -> bool {
    let images = images(service);
    if images.iter().any(|image| short_name(image) == "prometheus") {
        return true;
    }
    if images.iter().any(|image| is_another(image)) {
        return false;
    }
    let command_line = CommandLine::of(service, &Mounts::of(model, service));
    let has_configuration = command_line.flag("config.file").is_some();
    has_configuration && command_line.has_flag_like("storage.tsdb.")
}

fn is_another(image: &str) -> bool {
    let name = short_name(image);
    NOT_PROMETHEUS.iter().any(|other| name.contains(other))
}

fn mounts_a_configuration(model: &ComposeModel, service: &Service) -> bool {
    if images(service).iter().any(|image| is_another(image)) {
        return false;
    }
    Mounts::of(model, service).files().into_iter().any(|file| {
        let path = &file.on_host;
        let is_yaml = path
            .extension()
            .is_some_and(|end| end == "yml" || end == "yaml");
        let is_small = std::fs::metadata(path)
            .is_ok_and(|metadata| metadata.len() <= LONGEST_CONFIGURATION_BYTES);
        let text = (is_yaml && is_small).then(|| std::fs::read_to_string(path));
        text.is_some_and(|text| text.is_ok_and(|text| looks_like_a_configuration(&text)))
    })
}

fn no_prometheus(model: &ComposeModel) -> Error {
    let others = services_like(model, |_, service| {
        images(service).iter().any(|image| is_another(image))
    });
    let others: Vec<_> = others
        .into_iter()
        .filter(|name| !name.contains("promtail"))
        .collect();
    let looked_for = "it has no Prometheus: no image of that name, no command with its flags, no \
                      mounted file with `scrape_configs`";
    let advice = if others.is_empty() {
        let profiles = "if it starts by a profile, name that with --profile";
        format!(
            "name its service, as `prometheus: SERVICE`, or its compose file with --compose; {profiles}"
        )
    } else {
        format!(
            "{} is of the same kind and is no Prometheus: alertdrill reads Prometheus's own API \
             and samples",
            others.join(", ")
        )
    };
    Error::BadDescription {
        what: format!("the compose project `{}`", model.name),
        reason: format!("{looked_for}; {advice}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn image_is_known_by_its_last_part() {
        assert_eq!(
            short_name("registry.example:443/prometheus/node-exporter:v1.8@sha256:a"),
            "node-exporter"
        );
    }
}
