//! A target that serves its metrics to who has a token, and a job that has none.

mod spring_security;

use alertdrill_core::Finding;
use alertdrill_project::discovery::short_name;
use alertdrill_project::{ComposeModel, Service};

use super::scraped_targets::asked;
use crate::checkout::{Checkout, Job};
use crate::checks::check::{Case, Check, Said};
use crate::network::{Answers, Names, ServiceTexts};

pub(in crate::checks) const NEEDS_TOKEN: Check = Check {
    id: "scraped/needs-token",
    title: "a target serves its metrics with a token only, and its job has none",
    run,
};

/// An image whose metrics are not for everybody.
struct Guarded {
    /// The last part of its name.
    image: &'static str,
    /// How the paths of its metrics begin.
    paths: &'static [&'static str],
    /// The variable that opens them, and its value.
    opened_by: Option<(&'static str, &'static str)>,
    help: &'static str,
}

// Sources: the documentation of each server, on its metrics.
const GUARDED: [Guarded; 4] = [
    Guarded {
        image: "minio",
        paths: &["/minio/"],
        opened_by: Some(("MINIO_PROMETHEUS_AUTH_TYPE", "public")),
        help: "set `MINIO_PROMETHEUS_AUTH_TYPE: public` where only Prometheus reaches it, or give \
               the job the `bearer_token` of `mc admin prometheus generate`",
    },
    Guarded {
        image: "uptime-kuma",
        paths: &["/metrics"],
        opened_by: None,
        help: "give the job `basic_auth` with an API key of it",
    },
    Guarded {
        image: "home-assistant",
        paths: &["/api/prometheus"],
        opened_by: None,
        help: "give the job a long-lived access token as `authorization: {credentials: …}`",
    },
    Guarded {
        image: "sonarqube",
        paths: &["/api/monitoring/metrics"],
        opened_by: None,
        help: "give the job the passcode of `SONAR_WEB_SYSTEMPASSCODE` as its bearer token",
    },
];

/// What of a job, or of a server's settings, gives a token or another way in.
const WAYS_IN: [&str; 7] = [
    "authorization",
    "bearer_token",
    "bearer_token_file",
    "basic_auth",
    "oauth2",
    "params",
    "http_headers",
];

fn run(case: &Case<'_>) -> Vec<Finding> {
    let checkout = case.checkout;
    let (Some(compose), Some(names)) = (&checkout.compose, Names::of(checkout)) else {
        return Vec::new();
    };
    let targets = asked(checkout, &names);
    let findings = targets.iter().filter_map(|it| {
        let Answers::Service(name) = it.answers else {
            return None;
        };
        if it.is_probed || has_a_way_in(it.job) {
            return None;
        }
        let said = by_image(checkout, compose, name, it.path).or_else(|| {
            let texts = ServiceTexts::of(checkout, names.service(name)?);
            spring_security::guards(name, it.path, &texts)
        })?;
        Some(said.about(&it.job.name.text, NEEDS_TOKEN.id, &it.file.path, it.place))
    });
    findings.collect()
}

fn by_image(checkout: &Checkout, compose: &ComposeModel, name: &str, path: &str) -> Option<Said> {
    let (service, guarded) = guarded(checkout, compose, name)?;
    let serves_there = guarded.paths.iter().any(|it| path.starts_with(it));
    (serves_there && !is_open(service, guarded)).then(|| {
        // Settings of the others may open them.
        let (severity, may): (fn(String, &str) -> Said, _) = match guarded.opened_by {
            Some(_) => (|what, help| Said::error(what, help), "gives"),
            None => (|what, help| Said::warning(what, help), "may give"),
        };
        severity(
            format!("`{name}` {may} its metrics at `{path}` to who has a token only, and the job has none"),
            guarded.help,
        )
    })
}

fn has_a_way_in(job: &Job) -> bool {
    WAYS_IN.iter().any(|key| job.node.get(key).is_some())
}

/// What guards a service's metrics; `None` of one of which a file that is not at hand tells more.
fn guarded<'a>(
    checkout: &Checkout,
    compose: &'a ComposeModel,
    name: &str,
) -> Option<(&'a Service, &'static Guarded)> {
    let service = compose.services.get(name)?;
    let image = service.image.as_deref().map(short_name)?;
    let guarded = GUARDED.iter().find(|it| it.image == image)?;
    let places = checkout.compose_places.services.get(name)?;
    let is_all_told = service.build.is_none() && !places.keys.contains_key("env_file");
    is_all_told.then_some((service, guarded))
}

fn is_open(service: &Service, guarded: &Guarded) -> bool {
    guarded.opened_by.is_some_and(|(variable, value)| {
        let told = service.environment.get(variable);
        let mut words = service.command.iter().chain(&service.entrypoint);
        told.is_some_and(|told| {
            told.as_deref()
                .is_none_or(|it| it == value || it.contains('$'))
        }) || words.any(|word| word.contains(variable))
    })
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "scraped/needs-token";

    fn project(environment: &str, job: &str) -> String {
        format!(
            "--- docker-compose.yml
services:
  prometheus:
    image: prom/prometheus
    volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml']
  minio:
    image: minio/minio
    command: server /data
{environment}--- prometheus.yml
scrape_configs:
  - job_name: minio
    metrics_path: /minio/v2/metrics/cluster
    static_configs: [{{targets: ['minio:9000']}}]
{job}"
        )
    }

    #[test]
    fn job_without_a_token_is_found() {
        for environment in ["", "    environment: {MINIO_PROMETHEUS_AUTH_TYPE: jwt}\n"] {
            assert_finds(
                ID,
                &project(environment, ""),
                &["prometheus.yml:4:33 error: `minio` gives its metrics at \
                     `/minio/v2/metrics/cluster` to who has a token only, and the job has none"],
            );
        }
    }

    #[test]
    fn metrics_that_are_for_everybody_and_jobs_with_a_token_are_silent() {
        let public = "    environment: {MINIO_PROMETHEUS_AUTH_TYPE: public}\n";
        assert_silent(ID, &project(public, ""));
        assert_silent(ID, &project("    env_file: .env\n", ""));
        assert_silent(ID, &project("", "    bearer_token: abc\n"));
        assert_silent(
            ID,
            &project("", "    authorization: {credentials_file: /token}\n"),
        );
        let health = project("", "").replace("/minio/v2/metrics/cluster", "/metrics");
        assert_silent(ID, &health);
    }
}
