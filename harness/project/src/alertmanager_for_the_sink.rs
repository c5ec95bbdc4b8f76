//! Alertmanager's configuration with the notification sink in the place of everybody whom it tells.
//!
//! What decides who is told, how soon, and what keeps them from being told stays as it is written.
//! Each receiver stays under its name, and its integrations become one webhook of the sink. So no
//! page of a drill leaves the machine, and each is known by the receiver that it was meant for.
//!
//! The sections of a receiver stay too, empty (`slack_configs: []`), and so do top-level keys that
//! are not known here, without their values: an Alertmanager that would refuse the original for
//! their names refuses the copy as well. What it would say of the content of an integration is lost.

mod structure;

use std::collections::BTreeSet;
use std::path::Path;

use alertdrill_core::{Error, Receiver, Result, Routes, routes_of};
use serde_yaml_ng::{Mapping, Value};

use structure::{no_placeholders, parsed};

/// How the sections of a receiver are named that hold its integrations.
const INTEGRATIONS: &str = "_configs";
const WEBHOOKS: &str = "webhook_configs";
/// What is kept of the section `global`: it says when an alert that is heard of no more has ended.
/// All else are addresses and credentials, of which some lie in files.
const RESOLVE_TIMEOUT: &str = "resolve_timeout";
/// Top-level sections that are copied as they are.
const KEPT: [&str; 5] = [
    "route",
    "inhibit_rules",
    "mute_time_intervals",
    "time_intervals",
    "templates",
];

const HEAD: &str = "\
# Made by alertdrill: the project's own configuration of Alertmanager, in which the notification
# sink is told in place of each receiver.
";

/// A configuration of Alertmanager (its path, for errors, and its text) in which each receiver that
/// tells somebody tells the notification sink at `sink` (`http://alertdrill-sink:8080`) instead: at
/// `/webhook/RECEIVER`, its name percent-encoded. The end of an alert is told if one of the
/// receiver's integrations tells it. A receiver that tells nobody still tells nobody.
///
/// Nothing secret is copied: no address of a receiver, and of `global` only `resolve_timeout`.
///
/// # Errors
/// [`Error::BadDescription`] of a configuration that is no YAML, has no routes or no receivers, two
/// receivers of one name, placeholders that something else would fill in, or words that cannot be
/// copied as they are meant.
pub fn alertmanager_for_the_sink(path: &Path, text: &str, sink: &str) -> Result<String> {
    let bad = |reason: String| Error::BadDescription {
        what: format!("Alertmanager's configuration {}", path.display()),
        reason,
    };
    rewritten(text, sink.trim_end_matches('/')).map_err(bad)
}

fn rewritten(text: &str, sink: &str) -> Result<String, String> {
    let written = parsed(text)?;
    no_placeholders(&written)?;
    // YAML's merge keys are known to the parser of values alone.
    let merged = print(&written)?;
    let meant = if text.contains("<<") {
        read(&merged)
    } else {
        read(text)
    }?;
    let mut seen = BTreeSet::new();
    for receiver in &meant.receivers {
        if receiver.name.is_empty() {
            return Err("a receiver has no name".to_owned());
        }
        if !seen.insert(&receiver.name) {
            return Err(format!(
                "two receivers are called `{}`; rename one",
                receiver.name
            ));
        }
    }
    let mut copy = Mapping::new();
    for (key, value) in written {
        let kept = match key.as_str().unwrap_or_default() {
            "receivers" => for_the_sink(value, &meant, sink),
            "global" => match value.get(RESOLVE_TIMEOUT) {
                Some(timeout) => Mapping::from_iter([(RESOLVE_TIMEOUT.into(), timeout.clone())]),
                None => continue,
            }
            .into(),
            known if KEPT.contains(&known) => value,
            _ => Value::Null,
        };
        copy.insert(key, kept);
    }
    let copy = print(&copy)?;
    if !tells_the_same(&meant, &read(&copy)?) {
        return Err(
            "its copy would route otherwise than it does; put quotes around numbers \
                    (such as 1.10) in its matchers"
                .to_owned(),
        );
    }
    Ok(format!("{HEAD}{copy}"))
}

fn print(mapping: &Mapping) -> Result<String, String> {
    serde_yaml_ng::to_string(mapping).map_err(|error| error.to_string())
}

fn read(text: &str) -> Result<Routes, String> {
    routes_of(text).map_err(|error| match error {
        Error::BadAnswer { reason, .. } => reason,
        other => other.to_string(),
    })
}

fn for_the_sink(receivers: Value, meant: &Routes, sink: &str) -> Value {
    let Value::Sequence(receivers) = receivers else {
        return receivers;
    };
    let receivers = receivers.into_iter().map(|receiver| {
        let Value::Mapping(receiver) = receiver else {
            return receiver;
        };
        let mut copy = Mapping::new();
        for (key, value) in receiver {
            let kept = match key.as_str().unwrap_or_default() {
                "name" => value,
                section if section.ends_with(INTEGRATIONS) => Value::Sequence(Vec::new()),
                _ => Value::Null,
            };
            copy.insert(key, kept);
        }
        let name = copy.get("name").and_then(Value::as_str);
        if let Some(meant) = name.and_then(|name| meant.receiver(name))
            && !meant.integrations.is_empty()
        {
            copy.insert(WEBHOOKS.into(), Value::Sequence(vec![webhook(meant, sink)]));
        }
        copy.into()
    });
    Value::Sequence(receivers.collect())
}

fn webhook(receiver: &Receiver, sink: &str) -> Value {
    let url = format!("{sink}/webhook/{}", percent_encoded(&receiver.name));
    let webhook = [
        ("url".into(), url.into()),
        ("send_resolved".into(), sends_resolved(receiver).into()),
    ];
    Mapping::from_iter(webhook).into()
}

fn sends_resolved(receiver: &Receiver) -> bool {
    let mut integrations = receiver.integrations.iter();
    integrations.any(|integration| integration.sends_resolved)
}

/// A text as one segment of a URL's path (RFC 3986, section 2.3).
fn percent_encoded(text: &str) -> String {
    let bytes = text.bytes().map(|byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    });
    bytes.collect()
}

/// Whether two configurations tell the same receivers, of the same alerts, at the same time.
fn tells_the_same(one: &Routes, other: &Routes) -> bool {
    let told = |routes: &Routes| -> Vec<_> {
        let receivers = routes.receivers.iter();
        receivers
            .map(|it| {
                (
                    it.name.clone(),
                    !it.integrations.is_empty(),
                    sends_resolved(it),
                )
            })
            .collect()
    };
    one.root == other.root && one.inhibitions == other.inhibitions && told(one) == told(other)
}

#[cfg(test)]
mod tests;
