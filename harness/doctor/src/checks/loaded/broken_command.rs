//! A command line with which Prometheus or Alertmanager does not start.

mod flags;

use alertdrill_core::{Finding, nearest};
use alertdrill_project::Service;
use alertdrill_project::discovery::short_name;

use self::flags::{ALERTMANAGER, PROMETHEUS, REMOVED_IN_PROMETHEUS_3};
use crate::checks::check::{Case, Check, Said};
use crate::network::tag;

pub(in crate::checks) const BROKEN_COMMAND: Check = Check {
    id: "loaded/broken-command",
    title: "Prometheus or Alertmanager does not start with its command line",
    run,
};

/// A server's program.
struct Program {
    name: &'static str,
    flags: &'static [&'static str],
    /// Where it looks for a configuration that its command line does not name.
    looks_for: &'static str,
    /// Where its image has the configuration, by the command line of its own.
    has_at: &'static str,
    /// The first versions, which took flags with one dash.
    first_versions: &'static [&'static str],
}

const PROGRAMS: [Program; 2] = [
    Program {
        name: "prometheus",
        flags: PROMETHEUS,
        looks_for: "/prometheus/prometheus.yml",
        has_at: "/etc/prometheus/prometheus.yml",
        first_versions: &["v0.", "v1.", "0.", "1."],
    },
    Program {
        name: "alertmanager",
        flags: ALERTMANAGER,
        looks_for: "/alertmanager/alertmanager.yml",
        has_at: "/etc/alertmanager/alertmanager.yml",
        first_versions: &[
            "v0.0.", "v0.1.", "v0.2.", "v0.3.", "v0.4.", "v0.5.", "v0.6.", "v0.7.", "v0.8.",
            "v0.9.", "v0.10.", "v0.11.", "v0.12.",
        ],
    },
];

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(compose) = &case.checkout.compose else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    for (name, service) in &compose.services {
        let Some(program) = program_of(service) else {
            continue;
        };
        let places = case.checkout.compose_places.services.get(name);
        let Some(at) = places.and_then(|places| places.keys.get("command")) else {
            continue;
        };
        let refused = service
            .command
            .iter()
            .filter_map(|word| refused(word, service, program));
        let said = refused.chain(names_no_configuration(service, program));
        findings.extend(said.map(|said| said.about(name, BROKEN_COMMAND.id, &at.file, at.place)));
    }
    findings
}

/// The program that a service's command line is for; `None` if a shell or another program may read
/// it first.
fn program_of(service: &Service) -> Option<&'static Program> {
    let image = service.image.as_deref()?;
    let is_its_own = service.build.is_none() && service.entrypoint.is_empty();
    let starts_with_a_flag = service.command.first()?.starts_with('-');
    let mut programs = PROGRAMS.iter();
    let program = programs.find(|it| short_name(image) == it.name)?;
    let is_first = program
        .first_versions
        .iter()
        .any(|it| tag(image).starts_with(it));
    (is_its_own && starts_with_a_flag && !is_first).then_some(program)
}

fn refused(word: &str, service: &Service, program: &Program) -> Option<Said> {
    let Some(flag) = word.strip_prefix("--") else {
        let flag = word.strip_prefix('-').filter(|flag| flag.contains('.'))?;
        let flag = flag.split('=').next().unwrap_or(flag);
        return Some(Said::error(
            format!(
                "`{}` does not start: it takes `-{flag}` with two dashes",
                program.name
            ),
            format!("write `--{flag}`"),
        ));
    };
    let flag = flag.split(['=', ' ']).next().unwrap_or(flag);
    let name = flag.strip_prefix("no-").unwrap_or(flag);
    if name.is_empty() || name.contains('$') {
        return None;
    }
    if program.name == "prometheus" && REMOVED_IN_PROMETHEUS_3.contains(&name) {
        let image = service.image.as_deref().unwrap_or_default();
        let is_third = tag(image).trim_start_matches('v').starts_with('3');
        let message = format!("Prometheus 3 has no flag `--{name}`");
        let help = "take it away, or name a version of Prometheus that has it";
        return match tag(image) {
            _ if is_third => Some(Said::error(format!("{message} and does not start"), help)),
            "" | "latest" => Some(Said::warning(
                format!("{message}, so it may not start: the image names no version"),
                help,
            )),
            _ => None,
        };
    }
    if program.flags.contains(&name) {
        return None;
    }
    let nearest = nearest(name, program.flags.iter().copied());
    let nearest = nearest.map_or_else(String::new, |near| format!("; the nearest is `--{near}`"));
    Some(Said::warning(
        format!(
            "`{}` may not start: it has no flag `--{flag}`{nearest}",
            program.name
        ),
        "take the flag away; `--help` lists those that there are",
    ))
}

/// That a command line takes the place of the image's own, which names the configuration.
fn names_no_configuration(service: &Service, program: &Program) -> Option<Said> {
    let names_it = |word: &String| word.contains("config.file") || word.contains('$');
    let mounts = |path: &str| {
        let mut targets = service.volumes.iter().map(|volume| volume.target.as_str());
        targets.any(|target| target == path)
    };
    let looks_for = program.looks_for;
    if service.command.iter().any(names_it) || mounts(looks_for) {
        return None;
    }
    Some(Said::error(
        format!(
            "`{}` does not start: `command` takes the place of the image's own command line, which \
             names the configuration, so it looks for {looks_for}",
            program.name
        ),
        format!("add `--config.file={}`", program.has_at),
    ))
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "loaded/broken-command";

    fn project(service: &str, image: &str, command: &str) -> String {
        format!(
            "--- docker-compose.yml
services:
  prometheus:
    image: prom/prometheus:v2.53.0
    volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml']
  {service}:
    image: {image}
    command: [{command}]
--- prometheus.yml
scrape_configs: []
"
        )
    }

    const CONFIGURED: &str = "'--config.file=/etc/alertmanager/alertmanager.yml'";

    #[test]
    fn flag_that_the_program_does_not_have_is_found() {
        for (flag, expected) in [
            (
                "'--config.expand-env'",
                "warning: `alertmanager` may not start: it has no flag `--config.expand-env`",
            ),
            (
                "'--storage.pth=/data'",
                "warning: `alertmanager` may not start: it has no flag `--storage.pth`; the nearest \
                 is `--storage.path`",
            ),
            (
                "'-log.level=debug'",
                "error: `alertmanager` does not start: it takes `-log.level` with two dashes",
            ),
        ] {
            let command = format!("{CONFIGURED}, {flag}");
            let expected = format!("docker-compose.yml:7:5 {expected}");
            assert_finds(
                ID,
                &project("am", "prom/alertmanager", &command),
                &[&expected],
            );
        }
    }

    #[test]
    fn flag_that_version_3_no_longer_has_is_found() {
        let command = "'--config.file=/etc/prometheus/prometheus.yml', \
                       '--storage.tsdb.allow-overlapping-blocks'";
        for (image, expected) in [
            ("prom/prometheus:v3.2.1", "error: Prometheus 3 has no flag"),
            ("prom/prometheus", "warning: Prometheus 3 has no flag"),
        ] {
            let expected = format!("docker-compose.yml:7:5 {expected}");
            assert_finds(ID, &project("second", image, command), &[&expected]);
        }
        assert_silent(ID, &project("second", "prom/prometheus:v2.45.0", command));
    }

    #[test]
    fn command_that_names_no_configuration_is_found() {
        assert_finds(
            ID,
            &project("am", "prom/alertmanager", "'--log.level=debug'"),
            &[
                "docker-compose.yml:7:5 error: `alertmanager` does not start: `command` takes the \
               place of the image's own command line",
            ],
        );
    }

    #[test]
    fn command_lines_that_work_are_silent() {
        for (image, command) in [
            ("prom/alertmanager", CONFIGURED),
            (
                "prom/alertmanager",
                "'--config.file', '/a.yml', '--cluster.peer=b:9094'",
            ),
            ("prom/alertmanager:v0.7.1", "'-config.file=/a.yml'"),
            ("prom/alertmanager", "sh, -c, 'alertmanager --what'"),
            ("me/alertmanager-bridge", "'--what'"),
            ("prom/prometheus:v1.8.2", "'-storage.local.path=/a'"),
            (
                "prom/prometheus",
                "'--config.file=/a.yml', '--no-scrape.adjust-timestamps'",
            ),
        ] {
            assert_silent(ID, &project("it", image, command));
        }
    }
}
