//! Whom servers let in.

use alertdrill_project::Service;
use alertdrill_project::discovery::short_name;

use super::credentials::{Credentials, is_plain, variable};
use crate::checks::check::Said;
use crate::checks::scraped::asks_nobody::exporters::Exporter;
use crate::network::{flag, tag};

type Named<'a> = (&'a str, &'a Service);

const HELP: &str = "give the exporter what the server asks for";

/// Why a server does not let an exporter in; `None` if it may. `makes_users` tells whether something
/// of the project may make users.
pub(super) fn refuses(
    kind: &Exporter,
    exporter: Named<'_>,
    server: Named<'_>,
    makes_users: bool,
) -> Option<Said> {
    let image = short_name(server.1.image.as_deref()?);
    if !kind.servers.contains(&image) {
        return None;
    }
    match kind.server {
        "Redis" => redis(kind, exporter, server),
        "PostgreSQL" => {
            let trusts = variable(server.1, "POSTGRES_HOST_AUTH_METHOD") == Some("trust");
            let user = variable(server.1, "POSTGRES_USER").unwrap_or("postgres");
            let password = variable(server.1, "POSTGRES_PASSWORD")?;
            let users = [(user, password)];
            (!trusts).then(|| database(kind, exporter, server.0, &users, makes_users))?
        }
        "MySQL" => {
            let of = |name: &str| {
                let mut families = ["MYSQL", "MARIADB"].iter();
                families.find_map(|it| variable(server.1, &format!("{it}_{name}")))
            };
            let mut users = vec![("root", of("ROOT_PASSWORD")?)];
            users.extend(of("USER").zip(of("PASSWORD")));
            database(kind, exporter, server.0, &users, makes_users)
        }
        "Elasticsearch" if image == "elasticsearch" => elasticsearch(kind, exporter, server),
        _ => None,
    }
}

fn redis(kind: &Exporter, (name, exporter): Named<'_>, (server, it): Named<'_>) -> Option<Said> {
    let words = it.entrypoint.iter().chain(&it.command);
    let words: Vec<_> = words.flat_map(|word| word.split_whitespace()).collect();
    let at = words
        .iter()
        .position(|word| word.starts_with("--requirepass"))?;
    let value = match words.get(at)?.split_once('=') {
        Some((_, value)) => value,
        None => words.get(at + 1)?,
    };
    let value = value.trim_matches(['"', '\'']);
    if value.is_empty() || value.starts_with("--") {
        return None;
    }
    let told = exporter.environment.get("REDIS_PASSWORD");
    let in_other_ways = exporter.environment.contains_key("REDIS_PASSWORD_FILE")
        || flag(exporter, "redis.password").is_some()
        || flag(exporter, "redis.password-file").is_some()
        || Credentials::in_address(kind, exporter).is_some();
    if in_other_ways {
        return None;
    }
    let up = kind.up;
    match told.map(Option::as_deref) {
        None => Some(Said::error(
            format!("`{up}` is always 0: `{server}` asks for a password, and `{name}` has none"),
            format!("give `{name}` the same password by `REDIS_PASSWORD`"),
        )),
        Some(Some(told)) if is_plain(told) && is_plain(value) && told != value => {
            Some(Said::error(
                format!("`{up}` is always 0: `{name}` has another password than `{server}`"),
                HELP,
            ))
        }
        Some(_) => None,
    }
}

/// Of a database whose first users have these passwords.
fn database(
    kind: &Exporter,
    (name, exporter): Named<'_>,
    server: &str,
    users: &[(&str, &str)],
    makes_users: bool,
) -> Option<Said> {
    let own = Credentials::in_address(kind, exporter).or_else(|| {
        Some(Credentials {
            user: variable(exporter, "DATA_SOURCE_USER")?.to_owned(),
            password: variable(exporter, "DATA_SOURCE_PASS")?.to_owned(),
        })
    })?;
    let (user, up) = (&own.user, kind.up);
    let known = users
        .iter()
        .all(|(user, password)| is_plain(user) && is_plain(password));
    if !known || !is_plain(user) || !is_plain(&own.password) {
        return None;
    }
    match users.iter().find(|(known, _)| known == user) {
        Some((_, password)) => (*password != own.password).then(|| {
            Said::error(
                format!(
                    "`{up}` is always 0: `{name}` logs in as `{user}` with another password than \
                     `{server}` has"
                ),
                HELP,
            )
        }),
        None => (!makes_users).then(|| {
            Said::warning(
                format!(
                    "`{up}` may always be 0: `{name}` logs in as `{user}`, and nothing of the \
                     project makes that user in `{server}`"
                ),
                "make the user when the database is made (`/docker-entrypoint-initdb.d`), or log in \
                 as one that is there",
            )
        }),
    }
}

/// Since its version 8 it lets nobody in without a password, and takes no plain HTTP.
fn elasticsearch(
    kind: &Exporter,
    (name, exporter): Named<'_>,
    (server, it): Named<'_>,
) -> Option<Said> {
    let version = tag(it.image.as_deref()?);
    let version: u32 = version.split('.').next()?.parse().ok()?;
    let is_open = it.environment.contains_key("xpack.security.enabled");
    let is_configured = it
        .volumes
        .iter()
        .any(|volume| volume.target.contains("config"));
    let in_other_ways = ["ES_USERNAME", "ES_PASSWORD", "ES_API_KEY"]
        .iter()
        .any(|key| exporter.environment.contains_key(*key));
    if version < 8
        || is_open
        || is_configured
        || in_other_ways
        || Credentials::in_address(kind, exporter).is_some()
    {
        return None;
    }
    let up = kind.up;
    Some(Said::error(
        format!(
            "`{up}` is always 0: since its version 8 `{server}` asks for a password, and `{name}` has \
             none"
        ),
        "give the exporter a user by `ES_USERNAME` and `ES_PASSWORD`, or set \
         `xpack.security.enabled: false` where only the project reaches the server",
    ))
}
