mod bad_input;
mod prometheus;
mod variants;

use alertdrill_core::Result;
use tempfile::TempDir;

use super::{Checkout, Prometheus, Wishes};

/// The variants of a project that is written as files in one text.
fn read(project: &str) -> Result<Vec<Checkout>> {
    wished(project, |_| Wishes::default())
}

fn wished(project: &str, wishes: impl Fn(&TempDir) -> Wishes) -> Result<Vec<Checkout>> {
    let folder = tempfile::tempdir().unwrap();
    crate::test_projects::write(project, folder.path());
    Checkout::read(folder.path(), &wishes(&folder))
}

/// The only variant.
#[track_caller]
fn one(project: &str) -> Checkout {
    let mut variants = read(project).unwrap();
    assert_eq!(variants.len(), 1);
    variants.remove(0)
}

/// The Prometheus of the only variant.
#[track_caller]
fn prometheus(project: &str) -> Prometheus {
    one(project).prometheus.unwrap()
}

fn loaded(checkout: &Checkout) -> Vec<String> {
    let files = checkout.rules_files.iter();
    files
        .map(|file| file.file.path.display().to_string())
        .collect()
}

const RULES: &str = "groups: [{name: g, rules: [{alert: A, expr: up == 0}]}]\n";
