//! Which exporter it is, by an image, a name or a port.

use super::catalogue::{exporter, exporters};
use super::exporter::Exporter;

/// Ports that any program may have.
const COMMON_PORTS: [u16; 9] = [80, 443, 3000, 5000, 8000, 8001, 8080, 8081, 9090];

/// Those of one image that serve this path; all of them if none does.
fn at_path(found: Vec<&'static Exporter>, path: &str) -> Option<Vec<&'static Exporter>> {
    let at_path: Vec<_> = found.iter().copied().filter(|it| it.path == path).collect();
    let best = if at_path.is_empty() { found } else { at_path };
    (!best.is_empty()).then_some(best)
}

pub(super) fn by_image(image: &str, path: &str) -> Option<Vec<&'static Exporter>> {
    let has_it = |exporter: &&Exporter| exporter.images.iter().any(|it| it == image);
    at_path(exporters().iter().filter(has_it).collect(), path)
}

/// By a word in a name of somebody: `my-node-exporter-1`.
pub(super) fn by_name(name: &str, path: &str) -> Option<Vec<&'static Exporter>> {
    let name = plain(name);
    let mut found: Vec<(usize, &Exporter)> = Vec::new();
    for exporter in exporters() {
        let names = exporter
            .images
            .iter()
            .chain(Some(&exporter.name))
            .map(|it| plain(it));
        let longest = names
            .filter(|it| {
                let is_exporter = it.contains("exporter") || it == "cadvisor";
                // `prometheus` in a job's name is no more than a word.
                *it == name || (is_exporter && name.contains(it.as_str()))
            })
            .map(|it| it.len())
            .max();
        found.extend(longest.map(|length| (length, exporter)));
    }
    let usual: Option<&str> = match name.as_str() {
        "node" | "nodes" | "nodeexporter" | "linux" => Some("node_exporter"),
        "redis" | "redisexporter" => Some("redis_exporter"),
        "mysql" | "mysqlexporter" | "mysqldexporter" => Some("mysqld_exporter"),
        "postgres" | "postgresql" | "postgresexporter" | "pgexporter" => Some("postgres_exporter"),
        "blackboxexporter" => Some("blackbox_exporter"),
        _ => None,
    };
    if found.is_empty()
        && usual.is_some_and(|usual| name.ends_with("exporter") || usual == "node_exporter")
    {
        return usual.and_then(exporter).map(|it| vec![it]);
    }
    let longest = found.iter().map(|(length, _)| *length).max()?;
    let best = found.into_iter().filter(|(length, _)| *length == longest);
    at_path(best.map(|(_, exporter)| exporter).collect(), path)
}

/// A name without what people write in different ways.
pub(super) fn plain(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    name.chars().filter(char::is_ascii_alphanumeric).collect()
}

pub(super) fn by_port(port: u16, path: &str) -> Option<Vec<&'static Exporter>> {
    if COMMON_PORTS.contains(&port) {
        return None;
    }
    // A port alone tells little: another path is another program.
    let has_it = |exporter: &&Exporter| {
        (exporter.name.contains("exporter") || exporter.name == "docker-engine")
            && exporter.ports.contains(&port)
            && exporter.path == path
    };
    let found: Vec<_> = exporters().iter().filter(has_it).collect();
    (!found.is_empty()).then_some(found)
}
