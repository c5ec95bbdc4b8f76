//! Published ports.

use crate::Port;
use crate::yaml_tree::Node;

/// The longest range of ports that is read.
const LONGEST_RANGE: u16 = 1_000;

/// The ports that an item of `ports` publishes.
pub(super) fn ports_of(item: &Node) -> Vec<Port> {
    match item.text() {
        Some(text) => short(text),
        None => long(item).into_iter().collect(),
    }
}

fn long(item: &Node) -> Option<Port> {
    let text = |key: &str| item.text_at(&[key]).map(str::to_owned);
    let target = text("target")?.parse().ok()?;
    Some(Port {
        target,
        published: text("published").filter(|port| !port.is_empty()),
        host_ip: text("host_ip"),
        protocol: Some(text("protocol").unwrap_or_else(|| "tcp".to_owned())),
    })
}

/// `[ADDRESS:][PORT:]PORT[/PROTOCOL]`, each port a number or a range.
fn short(text: &str) -> Vec<Port> {
    let (ports, protocol) = text.rsplit_once('/').unwrap_or((text, "tcp"));
    let (outside, inside) = match ports.rsplit_once(':') {
        Some((outside, inside)) => (Some(outside), inside),
        None => (None, ports),
    };
    let (address, published) = match outside.and_then(|outside| outside.rsplit_once(':')) {
        Some((address, published)) => (Some(address), Some(published)),
        None => (None, outside),
    };
    let Some((first, last)) = range(inside) else {
        return Vec::new();
    };
    let published = published.filter(|published| !published.is_empty());
    let published_range = published.and_then(range);
    let count = last - first;
    let pairs = published_range.filter(|(from, to)| to - from == count);
    (0..=count.min(LONGEST_RANGE))
        .map(|step| Port {
            target: first + step,
            published: match pairs {
                Some((from, _)) => Some((from + step).to_string()),
                None => published.map(str::to_owned),
            },
            host_ip: address.map(|address| address.trim_matches(['[', ']']).to_owned()),
            protocol: Some(protocol.to_owned()),
        })
        .collect()
}

fn range(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first > 0 && first <= last).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_are_what_compose_takes_them_for() {
        let read = |text: &str| {
            let ports = short(text).into_iter().map(|port| {
                let published = port.published.unwrap_or_default();
                let (ip, protocol) = (port.host_ip.unwrap_or_default(), port.protocol.unwrap());
                format!("{ip}|{published}|{}|{protocol}", port.target)
            });
            ports.collect::<Vec<_>>()
        };
        for (text, expected) in [
            ("80", &["||80|tcp"][..]),
            ("8080:80", &["|8080|80|tcp"]),
            ("127.0.0.1:8080:80/udp", &["127.0.0.1|8080|80|udp"]),
            ("127.0.0.1::80", &["127.0.0.1||80|tcp"]),
            ("[::1]:8080:80", &["::1|8080|80|tcp"]),
            ("90-91:80-81", &["|90|80|tcp", "|91|81|tcp"]),
            ("90-99:80", &["|90-99|80|tcp"]),
            (":80", &["||80|tcp"]),
            ("8080:", &[]),
            ("a:b", &[]),
            ("65535-1", &[]),
            ("1-65535:65535", &["|1-65535|65535|tcp"]),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }
}
