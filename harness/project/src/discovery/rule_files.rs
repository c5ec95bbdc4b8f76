//! The rule files that Prometheus loads.

use std::path::Path;

use alertdrill_core::{Error, LoadedRule, Result, TextFile, rules_of};
use serde_yaml_ng::Value;

use super::found::{Discovered, MountedFile};
use super::glob::has_wildcards;
use super::mounts::{Mounts, Seen, beside, is_not_there};
use super::written_yaml::read_yaml;

/// Who names rule files, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct NamedBy<'a> {
    /// What names them, for messages.
    pub(super) what: &'a str,
    /// The key or flag.
    pub(super) key: &'a str,
    /// The server that loads them.
    pub(super) server: &'a str,
    /// The file beside which relative paths start, in the container.
    pub(super) beside: &'a str,
}

/// The files that these patterns stand for.
///
/// # Errors
/// [`Error::BadDescription`] if there is none at all, and of one that is no rules file.
pub(super) fn find_rule_files(
    patterns: &[String],
    named_by: NamedBy,
    mounts: &Mounts,
    notes: &mut Vec<String>,
) -> Result<Vec<MountedFile>> {
    let what = named_by.what.to_owned();
    let key = named_by.key;
    if patterns.is_empty() {
        let reason = format!("it names no `{key}`, so there is no alert that could be drilled");
        return Err(Error::BadDescription { what, reason });
    }
    let mut found: Vec<MountedFile> = Vec::new();
    let mut in_vain = Vec::new();
    for pattern in patterns {
        let absolute = beside(named_by.beside, pattern);
        let paths = mounts.expand(&absolute);
        if paths.is_empty() {
            in_vain.push(why_nothing(pattern, &absolute, named_by, mounts));
        }
        for path in paths {
            if let Seen::Mounted(file) | Seen::Copied(file) = mounts.look_at(&path)
                && !found.contains(&file)
            {
                found.push(file);
            }
        }
    }
    if found.is_empty() {
        let reason = format!("{}; mount the rules into the container", in_vain.join("; "));
        return Err(Error::BadDescription { what, reason });
    }
    notes.extend(in_vain);
    for file in &found {
        check_is_a_rules_file(file, named_by)?;
    }
    Ok(found)
}

fn why_nothing(pattern: &str, absolute: &str, named_by: NamedBy, mounts: &Mounts) -> String {
    let why = match mounts.look_at(absolute) {
        _ if has_wildcards(pattern) => {
            let places = mounts.places().join(", ");
            format!("no file is there (mounted are {places})")
        }
        Seen::Missing(host) => is_not_there(&host),
        Seen::Folder(host) => format!("{} is a folder; write `{pattern}/*.yml`", host.display()),
        Seen::NoFile(why) => why,
        _ => format!("nothing is mounted at {absolute}"),
    };
    let NamedBy { key, server, .. } = named_by;
    format!("`{key}` names {pattern}, and {server} loads nothing by it: {why}")
}

fn check_is_a_rules_file(file: &MountedFile, named_by: NamedBy) -> Result<()> {
    let written: Value = read_yaml(&file.on_host)?;
    let is_one = match &written {
        Value::Null => true,
        Value::Mapping(mapping) => mapping.keys().all(|key| key == "groups"),
        _ => false,
    };
    if is_one {
        return Ok(());
    }
    Err(Error::BadDescription {
        what: file.on_host.display().to_string(),
        reason: format!(
            "it is no rules file, for it has something besides `groups`; {}, which `{}` makes \
             load it as {}, would not start",
            named_by.server, named_by.key, file.in_container
        ),
    })
}

/// The alerting rules of every rules file, with the waits that Prometheus's configuration gives
/// them.
///
/// # Errors
/// [`Error::File`], or that of [`rules_of`] for a file that is not understood.
pub fn loaded_rules(discovered: &Discovered) -> Result<Vec<LoadedRule>> {
    let read = |path: &Path| {
        let text = std::fs::read_to_string(path).map_err(Error::file("read", path))?;
        Ok(TextFile::new(path, text))
    };
    let rules = discovered.rules.iter().map(|file| read(&file.on_host));
    let rules = rules.collect::<Result<Vec<_>>>()?;
    let configuration = read(&discovered.prometheus_configuration.on_host)?;
    let configuration = match discovered.evaluation_delays {
        Some(delays) => delays.in_place_of_those_in(&configuration)?,
        None => configuration,
    };
    rules_of(&configuration, &rules)
}
