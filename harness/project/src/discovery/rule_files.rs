//! The rule files that Prometheus loads.

use std::path::Path;

use alertdrill_core::{Error, LoadedRule, Result, TextFile, rules_of};
use serde_yaml_ng::Value;

use super::found::{Discovered, MountedFile};
use super::glob::has_wildcards;
use super::mounts::{Mounts, Seen, beside, is_not_there};
use super::written_yaml::read_yaml;

/// The files that `patterns` of the configuration at `configuration` stand for.
///
/// # Errors
/// [`Error::BadDescription`] if there is none at all, and of one that is no rules file.
pub(super) fn find_rule_files(
    patterns: &[String],
    configuration: &MountedFile,
    mounts: &Mounts,
    notes: &mut Vec<String>,
) -> Result<Vec<MountedFile>> {
    let what = configuration.on_host.display().to_string();
    if patterns.is_empty() {
        let reason = "it names no `rule_files`, so there is no alert that could be drilled";
        return Err(Error::BadDescription {
            what,
            reason: reason.to_owned(),
        });
    }
    let mut found: Vec<MountedFile> = Vec::new();
    let mut in_vain = Vec::new();
    for pattern in patterns {
        let absolute = beside(&configuration.in_container, pattern);
        let paths = mounts.expand(&absolute);
        if paths.is_empty() {
            in_vain.push(why_nothing(pattern, &absolute, mounts));
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
        check_is_a_rules_file(file)?;
    }
    Ok(found)
}

fn why_nothing(pattern: &str, absolute: &str, mounts: &Mounts) -> String {
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
    format!("`rule_files` names {pattern}, and Prometheus loads nothing by it: {why}")
}

fn check_is_a_rules_file(file: &MountedFile) -> Result<()> {
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
            "it is no rules file, for it has something besides `groups`; Prometheus, which \
             `rule_files` makes load it as {}, would not start",
            file.in_container
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
    rules_of(&read(&discovered.prometheus_configuration.on_host)?, &rules)
}
