//! An exporter that its server does not let in.

mod credentials;
mod servers;

use alertdrill_core::Finding;
use alertdrill_project::discovery::short_name;

use self::servers::refuses;
use super::asks_nobody::exporters::EXPORTERS;
use super::asks_nobody::{Asks, scraped_services};
use crate::checkout::Checkout;
use crate::checks::check::{Case, Check};
use crate::network::{Answers, Names, is_for_a_shell};

pub(in crate::checks) const CANNOT_LOG_IN: Check = Check {
    id: "scraped/cannot-log-in",
    title: "an exporter's server does not let it in",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    let checkout = case.checkout;
    let Some(names) = Names::of(checkout) else {
        return Vec::new();
    };
    let scraped = scraped_services(checkout, &names).into_iter();
    let findings = scraped.filter_map(|name| of_exporter(checkout, &names, name));
    findings.collect()
}

fn of_exporter(checkout: &Checkout, names: &Names<'_>, name: &str) -> Option<Finding> {
    let exporter = names.service(name)?;
    let image = exporter.image.as_deref()?;
    if exporter.build.is_some() || is_for_a_shell(exporter) {
        return None;
    }
    let mut kinds = EXPORTERS.iter();
    let kind = kinds.find(|kind| kind.images.contains(&short_name(image)))?;
    let asks = Asks::of(checkout, name, exporter, kind)?;
    let Answers::Service(server_name) = names.answers(&asks.host, name) else {
        return None;
    };
    let server = names.service(server_name)?;
    let places = &checkout.compose_places.services;
    let own = places.get(name)?;
    // What files of variables say may not be in the checkout.
    let may_be_told = |name: &str| {
        places
            .get(name)
            .is_none_or(|it| it.keys.contains_key("env_file"))
    };
    if server.build.is_some() || may_be_told(name) || may_be_told(server_name) {
        return None;
    }
    let makes_users = checkout.files.iter().any(|path| {
        let end = path.extension().and_then(|end| end.to_str());
        end == Some("sql")
    }) || server.volumes.iter().any(|it| it.target.contains("initdb"));
    let said = refuses(kind, (name, exporter), (server_name, server), makes_users)?;
    let at = own.keys.get(asks.key).unwrap_or(&own.name);
    Some(said.about(name, CANNOT_LOG_IN.id, &at.file, at.place))
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "scraped/cannot-log-in";

    fn project(server: &str, exporter: &str, port: u16) -> String {
        format!(
            "--- docker-compose.yml
services:
  db: {{{server}}}
  exporter: {{{exporter}}}
  prometheus:
    image: prom/prometheus
    volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml']
--- prometheus.yml
scrape_configs:
  - job_name: it
    static_configs: [{{targets: ['exporter:{port}']}}]
"
        )
    }

    const REDIS: &str = "image: redis, command: redis-server --requirepass secret";
    const ASKS_REDIS: &str = "image: oliver006/redis_exporter, environment: {REDIS_ADDR: 'db:6379'";

    #[test]
    fn exporter_without_the_password_of_redis_is_found() {
        assert_finds(
            ID,
            &project(REDIS, &format!("{ASKS_REDIS}}}"), 9121),
            &[
                "docker-compose.yml:3:47 error: `redis_up` is always 0: `db` asks for a password, and \
                 `exporter` has none",
            ],
        );
        let wrong = format!("{ASKS_REDIS}, REDIS_PASSWORD: other}}");
        let expected = "docker-compose.yml:3:47 error: `redis_up` is always 0: `exporter` has another \
                        password than `db`";
        assert_finds(ID, &project(REDIS, &wrong, 9121), &[expected]);
        for (server, exporter) in [
            (REDIS, ", REDIS_PASSWORD: secret}"),
            (REDIS, ", REDIS_PASSWORD_FILE: /a}"),
            (REDIS, ", REDIS_PASSWORD: '${NOT_THERE:-}'}"),
            (REDIS, "}, env_file: .env"),
            (REDIS, "}, command: ['--redis.password=secret']"),
            ("image: redis", "}"),
        ] {
            assert_silent(
                ID,
                &project(server, &format!("{ASKS_REDIS}{exporter}"), 9121),
            );
        }
    }

    #[test]
    fn exporter_with_another_password_than_its_database_is_found() {
        let postgres = "image: 'postgres:16', environment: {POSTGRES_PASSWORD: secret}";
        let asks = |login: &str| {
            format!(
                "image: prometheuscommunity/postgres-exporter, environment: {{DATA_SOURCE_NAME: \
                 'postgresql://{login}@db:5432/shop'}}"
            )
        };
        assert_finds(
            ID,
            &project(postgres, &asks("postgres:other"), 9187),
            &[
                "docker-compose.yml:3:60 error: `pg_up` is always 0: `exporter` logs in as \
                 `postgres` with another password than `db` has",
            ],
        );
        let expected = "docker-compose.yml:3:60 warning: `pg_up` may always be 0: `exporter` logs \
                        in as `watcher`, and nothing of the project makes that user";
        assert_finds(
            ID,
            &project(postgres, &asks("watcher:secret"), 9187),
            &[expected],
        );
        assert_silent(ID, &project(postgres, &asks("postgres:secret"), 9187));
        let made = format!(
            "{}--- init/users.sql\nCREATE USER watcher;\n",
            project(postgres, &asks("watcher:secret"), 9187)
        );
        assert_silent(ID, &made);
        let trusts = "image: postgres, environment: {POSTGRES_PASSWORD: secret, \
                      POSTGRES_HOST_AUTH_METHOD: trust}";
        assert_silent(ID, &project(trusts, &asks("postgres:other"), 9187));
        let mysql = "image: mysql, environment: {MYSQL_ROOT_PASSWORD: secret}";
        let asks = "image: 'prom/mysqld-exporter:v0.14.0', environment: {DATA_SOURCE_NAME: \
                    'root:other@(db:3306)/'}";
        let expected = "docker-compose.yml:3:53 error: `mysql_up` is always 0";
        assert_finds(ID, &project(mysql, asks, 9104), &[expected]);
    }

    #[test]
    fn search_server_that_lets_nobody_in_is_found() {
        let server = "image: 'elasticsearch:8.12.0'";
        let asks = "image: 'prometheuscommunity/elasticsearch-exporter', command: \
                    ['--es.uri=http://db:9200']";
        let expected =
            "docker-compose.yml:3:67 error: `elasticsearch_cluster_health_up` is always 0";
        assert_finds(ID, &project(server, asks, 9114), &[expected]);
        let open = "image: 'elasticsearch:8.12.0', environment: {xpack.security.enabled: 'false'}";
        assert_silent(ID, &project(open, asks, 9114));
        assert_silent(ID, &project("image: 'elasticsearch:7.17.0'", asks, 9114));
    }
}
