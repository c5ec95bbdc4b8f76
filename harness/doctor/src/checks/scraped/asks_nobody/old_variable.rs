//! The exporter of `MySQL` reads no `DATA_SOURCE_NAME` since its version 0.15.

use alertdrill_project::Service;
use alertdrill_project::compose_files::FilePlace;
use alertdrill_project::discovery::short_name;

use crate::checkout::Checkout;
use crate::checks::check::Said;
use crate::network::{flag, is_since};

/// Where a service gives the variable to an exporter that does not read it and has nothing else.
pub(super) fn ignored<'a>(
    checkout: &'a Checkout,
    name: &str,
    service: &Service,
    image: &str,
) -> Option<(Said, &'a FilePlace)> {
    let is_it = ["mysqld-exporter", "mysqld_exporter"].contains(&short_name(image));
    let is_told_otherwise = flag(service, "config.my-cnf").is_some()
        || flag(service, "mysqld.username").is_some()
        || service.environment.contains_key("MYSQLD_EXPORTER_PASSWORD")
        || !service.volumes.is_empty()
        || !service.configs.is_empty();
    if !is_it
        || is_told_otherwise
        || !service.environment.contains_key("DATA_SOURCE_NAME")
        || !is_since(image, 15)
    {
        return None;
    }
    let places = checkout.compose_places.services.get(name)?;
    let said = Said::error(
        format!(
            "`{name}` does not start: since its version 0.15 it reads no `DATA_SOURCE_NAME`, and it is told \
             nothing else"
        ),
        "mount a `my.cnf` with `[client]`, `user` and `password` and name it by `--config.my-cnf`, \
         and the server by `--mysqld.address`; or take version 0.14",
    );
    Some((said, places.keys.get("environment").unwrap_or(&places.name)))
}

#[cfg(test)]
mod tests {
    use crate::checks::scraped::asks_nobody::tests::project;
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "scraped/asks-nobody";

    fn exporter(tag: &str, more: &str) -> String {
        let exporter = format!(
            "    image: prom/mysqld-exporter{tag}\n    environment: {{DATA_SOURCE_NAME: \
             'me:pass@(db:3306)/'}}\n{more}"
        );
        project(&exporter, 9104, "")
    }

    #[test]
    fn variable_that_is_not_read_is_found() {
        for tag in ["", ":latest", ":v0.15.1", ":v0.17.2"] {
            let expected = "docker-compose.yml:4:5 error: `exporter` does not start";
            assert_finds(ID, &exporter(tag, ""), &[expected]);
        }
    }

    #[test]
    fn older_ones_and_those_that_are_told_otherwise_are_silent() {
        assert_silent(ID, &exporter(":v0.14.0", ""));
        let file = "    command: ['--config.my-cnf=/my.cnf']\n    volumes: ['./my.cnf:/my.cnf']\n";
        assert_silent(ID, &exporter("", file));
    }
}
