//! A mount of Prometheus or Alertmanager whose file is not in the checkout, and a configuration that
//! they look for where nothing is.

use alertdrill_core::Finding;

use crate::checkout::MissingConfiguration;
use crate::checks::check::{Case, Check, Said};

pub(in crate::checks) const CONFIGURATION_NOT_MOUNTED: Check = Check {
    id: "loaded/configuration-not-mounted",
    title: "a mounted configuration is not where the compose file says",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    let missing = case.checkout.missing_mounts.iter();
    let missing = missing.filter(|mount| mount.is_a_configuration());
    let findings = missing.map(|mount| {
        let (source, service) = (mount.source.display(), &mount.service);
        let said = match &mount.nearest {
            Some(nearest) => Said::error(
                format!(
                    "`{service}` mounts {source}, which is not there; the nearest is {}",
                    nearest.display()
                ),
                format!(
                    "mount {}: the engine makes an empty folder of what is not there",
                    nearest.display()
                ),
            ),
            None if mount.source.extension().is_some() => Said::warning(
                format!(
                    "`{service}` may not start: it mounts {source}, which is not in the checkout, \
                     and the engine makes an empty folder in its place"
                ),
                "add the file, or name it in .gitignore if something makes it",
            ),
            None => Said::note(
                format!(
                    "`{service}` mounts {source}, which is not in the checkout: what it configures \
                     may be wrong and is not examined"
                ),
                "add the file, or name it in .gitignore if something makes it",
            ),
        };
        said.about(
            service,
            CONFIGURATION_NOT_MOUNTED.id,
            &mount.at.file,
            mount.at.place,
        )
    });
    let missing = case.checkout.missing_configurations.iter();
    findings.chain(missing.map(not_there)).collect()
}

/// A configuration that a server looks for, and that its container does not have.
fn not_there(missing: &MissingConfiguration) -> Finding {
    let (service, path) = (&missing.service, &missing.path);
    let hidden = if missing.is_hidden {
        " (the mount hides the image's own)"
    } else {
        ""
    };
    let said = match &missing.meant {
        Some((file, in_container)) => Said::error(
            format!(
                "`{service}` does not start: its configuration is to be {path}, which is not in \
                 its container{hidden}; {} is there as {in_container}",
                file.display()
            ),
            format!("write `--config.file={in_container}`, or mount the file as {path}"),
        ),
        None => Said::warning(
            format!(
                "`{service}` may not start: its configuration is to be {path}, and nothing of the \
                 checkout is there in its container{hidden}"
            ),
            format!("mount the configuration as {path}, or name in .gitignore what makes it"),
        ),
    };
    let at = &missing.at;
    said.about(service, CONFIGURATION_NOT_MOUNTED.id, &at.file, at.place)
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    fn project(mounts: &str, files: &str) -> String {
        format!(
            "--- docker-compose.yml\nservices:\n  prometheus:\n    image: prom/prometheus\n    \
             volumes:\n{mounts}\n{files}\n--- rules.yml\ngroups: []\n"
        )
    }

    #[test]
    fn mount_of_a_file_that_lies_elsewhere_is_found() {
        assert_finds(
            "loaded/configuration-not-mounted",
            &project(
                "    - ./prometheus.yml:/etc/prometheus/prometheus.yml",
                "--- prometheus/prometheus.yml\nscrape_configs: []",
            ),
            &[
                "docker-compose.yml:5:7 error: `prometheus` mounts prometheus.yml, which is not \
               there; the nearest is prometheus/prometheus.yml",
            ],
        );
    }

    #[test]
    fn exporters_configuration_that_lies_elsewhere_is_found() {
        let exporter = |files: &str| {
            format!(
                "{}{files}",
                project(
                    "    - ./rules.yml:/etc/prometheus/rules.yml\n  probe:\n    image: \
                     prom/blackbox-exporter\n    volumes:\n    - \
                     ./probe/blackbox.yml:/etc/blackbox_exporter/config.yml",
                    ""
                )
            )
        };
        assert_finds(
            "loaded/configuration-not-mounted",
            &exporter("--- blackbox/blackbox.yml\nmodules: {}\n"),
            &[
                "docker-compose.yml:9:7 error: `probe` mounts probe/blackbox.yml, which is not \
               there; the nearest is blackbox/blackbox.yml",
            ],
        );
        assert_silent("loaded/configuration-not-mounted", &exporter(""));
    }

    #[test]
    fn mount_of_a_file_that_is_nowhere_is_told() {
        assert_finds(
            "loaded/configuration-not-mounted",
            &project("    - ./p/secret.yml:/etc/prometheus/prometheus.yml", ""),
            &[
                "docker-compose.yml:5:7 warning: `prometheus` may not start: it mounts \
               p/secret.yml",
            ],
        );
    }

    #[test]
    fn configuration_that_is_not_where_the_server_looks_is_found() {
        let there = "--- prometheus/prometheus.yaml\nscrape_configs: []";
        let mounts = "    - ./prometheus:/etc/prometheus";
        let flag = "    command: ['--config.file=/etc/prometheus/x/prometheus.yaml']";
        for (mounts, place, path) in [
            (
                mounts.to_owned(),
                "4:5",
                "prometheus.yml, which is not in its container (the mount",
            ),
            (
                format!("{mounts}\n{flag}"),
                "6:5",
                "x/prometheus.yaml, which is not in its container;",
            ),
        ] {
            let expected = format!(
                "docker-compose.yml:{place} error: `prometheus` does not start: its configuration \
                 is to be /etc/prometheus/{path}"
            );
            let id = "loaded/configuration-not-mounted";
            assert_finds(id, &project(&mounts, there), &[&expected]);
            let elsewhere = project(&mounts, "--- prometheus/a.txt\nx");
            let expected = format!(
                "docker-compose.yml:{place} warning: `prometheus` may not start: its configuration"
            );
            assert_finds(id, &elsewhere, &[&expected]);
        }
    }

    #[test]
    fn file_that_is_meant_is_examined() {
        let text = "--- prometheus/prometheus.yaml\nrule_files: [rules/a.yml]\n--- \
                    prometheus/a.rules.yml\ngroup: [{name: g, rules: [{alert: A, expr: up == 0}]}]";
        let project = project("    - ./prometheus:/etc/prometheus", text);
        for (id, expected) in [
            (
                "loaded/pattern-matches-nothing",
                "prometheus/prometheus.yaml:1:14 error: `rules/a.yml` matches no file",
            ),
            (
                "loaded/not-rules",
                "prometheus/a.rules.yml:1:1 error: it has `group:` instead of `groups:`",
            ),
        ] {
            assert_finds(id, &project, &[expected]);
        }
    }

    #[test]
    fn configuration_that_is_made_or_may_be_there_is_fine() {
        let mounts = "    - ./prometheus:/etc/prometheus";
        let template = "--- prometheus/prometheus.yml.tmpl\nscrape_configs: []\n";
        for (mounts, files) in [
            (mounts, "--- .gitignore\nprometheus/prometheus.yml\n"),
            (
                mounts,
                "--- up.sh\nenvsubst < a.tmpl > prometheus/prometheus.yml\n",
            ),
            ("    - data:/etc/prometheus\nvolumes: {data: }", ""),
            ("    - ./rules.yml:/etc/prometheus/rules.yml", ""),
            (
                "    - ./prometheus:/etc/prometheus\n    entrypoint: /start.sh",
                "",
            ),
            (
                "    - ./prometheus:/etc/prometheus\n    \
                 command: ['--config.file=${CONFIGURATION}']",
                "",
            ),
        ] {
            let id = "loaded/configuration-not-mounted";
            assert_silent(id, &project(mounts, &format!("{template}{files}")));
        }
    }

    #[test]
    fn what_is_there_is_made_or_is_not_known_is_fine() {
        let there = "--- prometheus.yml\nscrape_configs: []";
        for (mounts, files) in [
            (
                "    - ./prometheus.yml:/etc/prometheus/prometheus.yml",
                there,
            ),
            ("    - ./data:/prometheus", there),
            (
                "    - /etc/prometheus.yml:/etc/prometheus/prometheus.yml",
                there,
            ),
            (
                "    - ${CONFIG}/prometheus.yml:/etc/prometheus/prometheus.yml",
                there,
            ),
            (
                "    - ~/prometheus.yml:/etc/prometheus/prometheus.yml",
                there,
            ),
            (
                "    - ./made.yml:/etc/prometheus/prometheus.yml",
                "--- .gitignore\n# made\nmade.yml",
            ),
            ("    - /var/run/docker.sock:/var/run/docker.sock", there),
        ] {
            let id = "loaded/configuration-not-mounted";
            assert_silent(id, &project(mounts, files));
        }
    }
}
