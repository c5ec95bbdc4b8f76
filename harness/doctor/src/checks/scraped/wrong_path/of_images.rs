//! What well-known images serve, and do not.

use alertdrill_project::Service;

use crate::checks::check::Said;
use crate::checks::scraped::scraped_targets::Asked;
use crate::network::{ImageFacts, ServiceTexts, exporter_at, image_facts};

/// Images that serve what their configuration says.
const BY_CONFIGURATION: [&str; 13] = [
    "nginx",
    "nginx-unprivileged",
    "httpd",
    "php",
    "tomcat",
    "haproxy",
    "traefik",
    "envoy",
    "caddy",
    "kong",
    "jenkins",
    "wiremock",
    "mockserver",
];

/// Programs that serve no metrics by themselves, by the command that starts them.
const SERVE_NONE: [&str; 2] = ["airflow", "mlflow"];

/// Of an image that is known.
pub(super) fn of_image(
    it: &Asked<'_>,
    facts: &ImageFacts,
    texts: &ServiceTexts<'_>,
    has_mounts: bool,
) -> Option<Said> {
    let (address, path, image) = (it.address, it.path, facts.name);
    if facts.metrics.is_empty() {
        if let Some(said) = on_an_exporters_port(it, facts, texts) {
            return Some(said);
        }
        let settings = texts.settings();
        let may_be_set_up = match facts.only_with {
            // Files beside them speak of metrics that they send, or keep.
            _ if SERVE_NONE.contains(&image) => {
                let is_told = |word: &str| facts.is_told(&settings, word);
                is_told("prometheus")
                    || is_told("exporter")
                    || texts.mention("airflow-exporter")
                    || texts.mention("airflow_exporter")
                    || texts.mention("airflow-prometheus")
            }
            Some(_) if image == "traefik" && says_all_of_traefik(texts, &settings) => {
                texts.mention("metrics")
            }
            Some(setting) => {
                let key = setting.rsplit(['.', '-', '_']).next().unwrap_or(setting);
                has_mounts
                    || texts.mention(setting)
                    || texts.mention(key)
                    || texts.mention("metrics")
            }
            None => {
                texts.mention("metrics")
                    || texts.mention("prometheus")
                    || BY_CONFIGURATION.contains(&image) && has_mounts && !says_all(texts)
            }
        };
        let is = if texts.is_built() {
            "runs"
        } else {
            "is the image"
        };
        return (!may_be_set_up).then(|| {
            Said::error(
                format!("`{address}` serves no metrics: it {is} `{image}`"),
                "scrape an exporter for it, or set up its own metrics, or take the target away",
            )
        });
    }
    if let Some(said) = on_another_port(it, facts, texts) {
        return Some(said);
    }
    let mut there = facts.metrics.iter();
    let is_its_port = facts.metrics.iter().any(|(port, _)| Some(*port) == it.port);
    let asks = |served: &str| path == served || path.starts_with(&format!("{served}/"));
    let is_there = there.any(|(_, served)| asks(served));
    if !is_its_port
        || is_there
        || texts.mention(path)
        || texts.mention("prefix")
        || has_subpath(texts)
    {
        return None;
    }
    let served = facts
        .metrics
        .first()
        .map(|(_, path)| *path)
        .unwrap_or_default();
    Some(Said::error(
        format!(
            "`{address}` serves no metrics at `{path}`: the image `{image}` has them at `{served}`"
        ),
        format!("write `metrics_path: {served}`"),
    ))
}

/// What is known of a program that a service's command starts in an image of its own.
pub(super) fn runs(service: &Service) -> Option<&'static ImageFacts> {
    let word = service.entrypoint.first().or(service.command.first())?;
    let program = word
        .rsplit('/')
        .next()
        .filter(|it| SERVE_NONE.contains(it))?;
    image_facts(program)
}

/// That an exporter would listen there, and it is none.
fn on_an_exporters_port(
    it: &Asked<'_>,
    facts: &ImageFacts,
    texts: &ServiceTexts<'_>,
) -> Option<Said> {
    let port = it.port.filter(|port| !facts.ports.contains(port))?;
    let exporter = exporter_at(port).filter(|_| !texts.mention_number(port))?;
    let (address, image) = (it.address, facts.name);
    Some(Said::warning(
        format!(
            "`{address}` may serve no metrics: {port} is the port of `{exporter}`, and this is \
             the image `{image}`"
        ),
        format!("run `{exporter}` beside it and scrape that, or take the target away"),
    ))
}

/// That it is a port of the image's, and not the one with its metrics.
fn on_another_port(it: &Asked<'_>, facts: &ImageFacts, texts: &ServiceTexts<'_>) -> Option<Said> {
    let port = it.port?;
    let of_metrics = facts.metrics.iter().any(|(there, _)| *there == port);
    // Its second port has metrics of its own.
    let has_two = facts.name == "kube-state-metrics";
    if of_metrics || has_two || !facts.ports.contains(&port) || texts.mention("metrics") {
        return None;
    }
    let (there, path) = facts.metrics.first()?;
    let (address, image) = (it.address, facts.name);
    Some(Said::error(
        format!(
            "`{address}` serves no metrics on that port: the image `{image}` has them on {there}"
        ),
        format!("write the port {there}, and `metrics_path: {path}`"),
    ))
}

fn has_subpath(texts: &ServiceTexts<'_>) -> bool {
    texts.mention("sub_path") || texts.mention("external-url") || texts.mention("external_url")
}

/// Whether what traefik is started with is in the checkout: its flags, or its file.
fn says_all_of_traefik(texts: &ServiceTexts<'_>, settings: &str) -> bool {
    let settings = settings.to_lowercase();
    let has_flags = settings.contains("--entrypoints") || settings.contains("--providers");
    let mut files = texts.files();
    has_flags
        || files.any(|file| {
            let end = file.path.extension().and_then(|end| end.to_str());
            let is_one = end.is_some_and(|end| ["yml", "yaml", "toml"].contains(&end));
            // Its other files, of routes, have entry points, too.
            is_one && file.text.to_lowercase().contains("providers")
        })
}

/// Whether all that configures a web server is in the checkout, so that it can be seen that it says
/// nothing of metrics.
fn says_all(texts: &ServiceTexts<'_>) -> bool {
    let mut files = texts.files();
    files.any(|file| {
        file.path.extension().is_some_and(|end| end == "conf")
            && ["server", "<virtualhost", "listen"]
                .iter()
                .any(|word| file.text.contains(word))
            && ![
                "include ",
                "proxy_pass",
                "stub_status",
                "fastcgi_pass",
                "proxypass",
            ]
            .iter()
            .any(|word| {
                file.text
                    .replace("include /etc/nginx/mime.types", "")
                    .replace("include mime.types", "")
                    .contains(word)
            })
    })
}
