//! Files of rules that no Prometheus of a checkout loads.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use alertdrill_project::ComposeModel;
use alertdrill_project::discovery::matches_pattern;

use super::files::{Files, name_in_its_folder};
use super::lone_files::{is_kept_apart, is_template};
use super::{
    Checkout, NotLoaded, Prometheus, RuleFilesPattern, RulesFile, SourceFile, UnloadedFile,
};

/// Notes them in the variant that should load them.
pub(super) fn find_unloaded(files: &Files, variants: &mut [Checkout]) {
    if variants.iter().any(|variant| variant.prometheus.is_none()) {
        return;
    }
    let loaded: BTreeSet<PathBuf> = variants
        .iter()
        .flat_map(|variant| &variant.rules_files)
        .map(|file| file.file.path.clone())
        .collect();
    for path in files.yaml() {
        if loaded.contains(path) || is_kept_apart(path) {
            continue;
        }
        let Some(file) = files.read(path) else {
            continue;
        };
        if !is_template(&file) && RulesFile::looks_like_rules(&file) {
            note(files, variants, &file);
        }
    }
}

fn note(files: &Files, variants: &mut [Checkout], file: &SourceFile) {
    let host = files.root().join(&file.path);
    let models = variants
        .iter()
        .filter_map(|variant| variant.compose.as_ref());
    if models
        .into_iter()
        .any(|model| is_somebody_elses(model, variants, files.root(), &host))
    {
        return;
    }
    let mut best: Option<(usize, usize, NotLoaded)> = None;
    for (number, variant) in variants.iter().enumerate() {
        let Some(prometheus) = &variant.prometheus else {
            continue;
        };
        if prometheus
            .rule_files
            .iter()
            .any(|named| named.matches.is_none())
        {
            // It may be loaded by a pattern that nobody can look behind.
            return;
        }
        let in_container = path_in_container(variant, &host);
        let in_container = in_container.or_else(|| variant.in_container.get(&file.path).cloned());
        let folder = prometheus.file.path.parent().unwrap_or(Path::new(""));
        let why = match in_container {
            Some(path) => NotLoaded::NotMatched(path),
            None if variant.compose.is_some() => NotLoaded::NotMounted,
            None if file.path.starts_with(folder) => {
                NotLoaded::NotMatched(file.path.to_string_lossy().into_owned())
            }
            None => continue,
        };
        let is_matched_only = usize::from(matches!(why, NotLoaded::NotMatched(_)));
        let both = file.path.components().zip(folder.components());
        let shared = both.take_while(|(one, other)| one == other).count();
        let rank = is_matched_only * 1_000 + shared;
        if best.as_ref().is_none_or(|(known, ..)| rank > *known) {
            best = Some((rank, number, why));
        }
    }
    let Some((_, number, why)) = best else { return };
    if let Some(variant) = variants.get_mut(number) {
        let is_meant = variant.prometheus.as_ref().is_some_and(|prometheus| {
            matches!(why, NotLoaded::NotMatched(_))
                || prometheus.pattern_for(&file.path).is_some()
                || prometheus.rule_files.is_empty() && prometheus.lies_near(&file.path)
        });
        if is_meant {
            // Its rules are to be loaded once that is mended: they are judged as if they were.
            variant.rules_files.push(RulesFile::read(file));
        }
        variant.unloaded.push(UnloadedFile {
            file: file.clone(),
            why,
        });
    }
}

/// Where Prometheus's container sees the file at `host`.
fn path_in_container(variant: &Checkout, host: &Path) -> Option<String> {
    let service = variant.prometheus.as_ref()?.service.as_ref()?;
    let service = variant.compose.as_ref()?.services.get(service)?;
    let binds = service
        .volumes
        .iter()
        .filter(|volume| volume.kind == "bind");
    let mut paths = binds.filter_map(|volume| {
        let rest = host.strip_prefix(volume.source.as_deref()?).ok()?;
        let target = volume.target.trim_end_matches('/');
        if rest.as_os_str().is_empty() {
            return Some(target.to_owned());
        }
        Some(format!("{target}/{}", rest.to_string_lossy()))
    });
    paths.next()
}

/// Whether another service than a Prometheus mounts the file: its rules are that one's.
fn is_somebody_elses(
    model: &ComposeModel,
    variants: &[Checkout],
    root: &Path,
    host: &Path,
) -> bool {
    let prometheuses: BTreeSet<_> = variants
        .iter()
        .filter_map(|variant| variant.prometheus.as_ref()?.service.as_deref())
        .collect();
    let others = model
        .services
        .iter()
        .filter(|(name, _)| !prometheuses.contains(name.as_str()));
    let mut binds = others.flat_map(|(_, service)| &service.volumes);
    binds.any(|volume| {
        let source = volume.source.as_deref().filter(|_| volume.kind == "bind");
        // Who mounts everything means nothing of it.
        source.is_some_and(|source| {
            host.starts_with(source)
                && Path::new(source) != root
                && Path::new(source).starts_with(root)
        })
    })
}

impl Prometheus {
    /// Whether a file lies where its configuration lies, or below.
    pub(crate) fn lies_near(&self, path: &Path) -> bool {
        let folder = self.file.path.parent().unwrap_or(Path::new(""));
        path.starts_with(folder)
    }

    /// The pattern that is meant for the file `path` though it does not match it: it has the
    /// file's name and matches nothing.
    pub(crate) fn pattern_for(&self, path: &Path) -> Option<&RuleFilesPattern> {
        let name = name_in_its_folder(path);
        self.rule_files.iter().find(|named| {
            let last = named.pattern.text.rsplit('/').next().unwrap_or_default();
            named.matches == Some(0) && matches_pattern(last, name)
        })
    }
}
