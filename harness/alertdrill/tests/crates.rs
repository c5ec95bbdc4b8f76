//! The walls between the crates, read from what cargo itself resolves.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is how it fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Each crate of `harness/` and the crates of `harness/` that it may use. Data flows one way: what
/// is known (core), what files say (project) and what of that cannot work (doctor), what observes and breaks (engine, target, kafka), what shows (progress,
/// report), what puts them together (alertdrill), and what this repository's developers run.
const MAY_USE: [(&str, &[&str]); 10] = [
    ("alertdrill-core", &[]),
    (
        "alertdrill-doctor",
        &["alertdrill-core", "alertdrill-project"],
    ),
    ("alertdrill-engine", &["alertdrill-core"]),
    ("alertdrill-kafka", &["alertdrill-core"]),
    ("alertdrill-progress", &["alertdrill-core"]),
    ("alertdrill-project", &["alertdrill-core"]),
    ("alertdrill-report", &["alertdrill-core"]),
    (
        "alertdrill-target",
        &[
            "alertdrill-core",
            "alertdrill-progress",
            "alertdrill-project",
        ],
    ),
    (
        "alertdrill",
        &[
            "alertdrill-core",
            "alertdrill-doctor",
            "alertdrill-engine",
            "alertdrill-kafka",
            "alertdrill-progress",
            "alertdrill-project",
            "alertdrill-report",
            "alertdrill-target",
        ],
    ),
    (
        "alertdrill-workbench",
        &["alertdrill", "alertdrill-core", "alertdrill-progress"],
    ),
];

/// What does I/O or needs a runtime, and the crates of `harness/` that may need it, themselves or
/// through others. The core and the reports are in none of these lists.
const EDGES: [(&str, &[&str]); 4] = [
    ("bollard", &["alertdrill-target"]),
    ("rdkafka", &["alertdrill-kafka"]),
    ("reqwest", &["alertdrill-engine", "alertdrill-target"]),
    (
        "tokio",
        &["alertdrill-engine", "alertdrill-kafka", "alertdrill-target"],
    ),
];

/// The crates that put everything together may need anything.
const TOGETHER: [&str; 2] = ["alertdrill", "alertdrill-workbench"];

/// The packages that `cargo metadata` names, by id: their names, and the ids of what each needs in
/// a program (tests and build scripts may need more).
struct Resolved {
    names: BTreeMap<String, String>,
    needs: BTreeMap<String, Vec<String>>,
    members: Vec<String>,
}

impl Resolved {
    fn of_the_workspace() -> Self {
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--locked"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "cargo metadata failed: {said}");
        let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let packages = metadata["packages"].as_array().unwrap();
        let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
        let in_a_program = |needed: &&Value| {
            let kinds = needed["dep_kinds"].as_array().unwrap();
            kinds.iter().any(|kind| kind["kind"].is_null())
        };
        let needs_of = |node: &Value| {
            let needed = node["deps"].as_array().unwrap().iter();
            let needed = needed.filter(in_a_program);
            needed.map(|needed| text(&needed["pkg"])).collect()
        };
        Self {
            names: packages
                .iter()
                .map(|package| (text(&package["id"]), text(&package["name"])))
                .collect(),
            needs: nodes
                .iter()
                .map(|node| (text(&node["id"]), needs_of(node)))
                .collect(),
            members: metadata["workspace_members"]
                .as_array()
                .unwrap()
                .iter()
                .map(text)
                .collect(),
        }
    }

    /// The names of the crates of `harness/`, with their ids.
    fn harness_crates(&self) -> BTreeMap<&str, &str> {
        let members = self.members.iter();
        let named = members.map(|id| (self.names[id].as_str(), id.as_str()));
        named
            .filter(|(name, _)| name.starts_with("alertdrill"))
            .collect()
    }

    fn needs(&self, id: &str) -> BTreeSet<&str> {
        let needed = self.needs[id].iter();
        needed.map(|id| self.names[id].as_str()).collect()
    }

    /// The names of everything below `id`.
    fn reaches(&self, id: &str) -> BTreeSet<&str> {
        let mut seen = BTreeSet::from([id]);
        let mut to_visit = vec![id];
        while let Some(next) = to_visit.pop() {
            for needed in &self.needs[next] {
                if seen.insert(needed) {
                    to_visit.push(needed);
                }
            }
        }
        seen.remove(id);
        seen.into_iter().map(|id| self.names[id].as_str()).collect()
    }
}

#[test]
fn crates_of_the_harness_need_each_other_in_one_direction() {
    let resolved = Resolved::of_the_workspace();
    let allowed = BTreeMap::from(MAY_USE);
    let crates = resolved.harness_crates();
    let listed: BTreeSet<_> = allowed.keys().copied().collect();
    let there: BTreeSet<_> = crates.keys().copied().collect();
    assert_eq!(there, listed, "each crate of harness/ stands in MAY_USE");
    for (name, id) in &crates {
        let used = resolved.needs(id);
        let of_the_harness = used.iter().filter(|used| crates.contains_key(*used));
        for used in of_the_harness {
            assert!(
                allowed[name].contains(used),
                "{name} uses {used}, which MAY_USE does not allow"
            );
        }
    }
}

#[test]
fn io_stays_in_the_crates_at_the_edges() {
    let resolved = Resolved::of_the_workspace();
    let crates = resolved.harness_crates();
    let pure = crates.iter().filter(|(name, _)| !TOGETHER.contains(*name));
    for (name, id) in pure {
        let reached = resolved.reaches(id);
        for (library, may_need) in EDGES {
            assert!(
                !reached.contains(library) || may_need.contains(name),
                "{name} needs {library}, which only {may_need:?} may"
            );
        }
    }
    for (library, may_need) in EDGES {
        for name in may_need {
            assert!(
                resolved.reaches(crates[name]).contains(library),
                "{name} no longer needs {library}: EDGES must not list it"
            );
        }
    }
}

/// The systems that releases are built for, and that of most who build it themselves.
const SYSTEMS: [&str; 5] = [
    "x86_64-unknown-linux-gnu",
    "x86_64-unknown-linux-musl",
    "aarch64-unknown-linux-musl",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
];

/// The packages of the program on `system`, with what builds them.
fn packages_of_the_program(system: &str, features: &str) -> BTreeSet<String> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--package", "alertdrill"])
        .args(["--edges", "normal,build", "--prefix", "none"])
        .args(["--target", system, "--features", features])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&tree.stderr);
    assert!(tree.status.success(), "{said}");
    let tree = String::from_utf8(tree.stdout).unwrap();
    let names = tree.lines().filter_map(|line| line.split(' ').next());
    names.map(str::to_owned).collect()
}

#[test]
fn kafka_is_only_in_a_program_that_asks_for_it() {
    for system in SYSTEMS {
        let packages = packages_of_the_program(system, "");
        assert!(packages.contains("alertdrill-engine"), "{packages:?}");
        assert!(!packages.contains("rdkafka"), "{system}");
        assert!(packages_of_the_program(system, "kafka").contains("rdkafka"));
    }
}

/// Rust's compiler has `cc` link, which needs no compiler. What compiles C while a package is
/// built is one of these.
#[test]
fn program_with_its_usual_features_is_built_without_a_compiler_for_c() {
    let compiling = ["bindgen", "cc", "cmake", "nasm-rs", "pkg-config", "vcpkg"];
    for system in SYSTEMS {
        let packages = packages_of_the_program(system, "");
        for package in compiling {
            assert!(!packages.contains(package), "{system}: {package}");
        }
    }
    let with_kafka = packages_of_the_program(SYSTEMS[0], "kafka");
    assert!(with_kafka.contains("cc"), "{with_kafka:?}");
}
