//! What there is to do, as lists of steps.

use std::path::Path;
use std::process::ExitStatus;

use alertdrill::RunOutcome;
use alertdrill::child::Launch;

/// The test target that holds this repository's drills.
pub(crate) const SUITE: &str = "alerts";

/// What runs a program with little claim to the processors.
const GENTLY: [&str; 3] = ["nice", "-n", "10"];

/// One thing to do.
#[derive(Clone, Debug)]
pub(crate) struct WorkStep {
    /// In words.
    pub(crate) what: &'static str,
    pub(crate) runs: Runs,
    pub(crate) when: When,
}

/// When a step is carried out, from what is done before to what is done after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum When {
    /// Before all others, with nothing beside it: it takes the whole machine, or seconds.
    First,
    /// While the steps on the stack go on beside it: it leaves them the machine.
    BesideTheStack,
    /// While the stack is up.
    OnTheStack,
}

/// What a step runs.
#[derive(Clone, Debug)]
pub(crate) enum Runs {
    Program(Launch),
    /// The drills, by the suite's own program. Ctrl-C would end `cargo test` at once, and nobody
    /// would tell how the drills ended.
    Drills,
}

impl WorkStep {
    fn program(what: &'static str, program: &str, arguments: &[&str]) -> Self {
        Self {
            what,
            runs: Runs::Program(Launch::new(program).arguments(arguments)),
            when: When::First,
        }
    }

    fn cargo(what: &'static str, arguments: &[&str]) -> Self {
        Self::program(what, "cargo", arguments)
    }

    fn drills(what: &'static str) -> Self {
        Self {
            what,
            runs: Runs::Drills,
            when: When::OnTheStack,
        }
    }

    fn beside_the_stack(mut self) -> Self {
        self.when = When::BesideTheStack;
        self
    }

    /// The same, which leaves the processors to whoever else wants them.
    fn gently(mut self) -> Self {
        if let Runs::Program(launch) = &self.runs {
            let command = launch.command();
            let gentle = Launch::new(GENTLY[0])
                .arguments(&GENTLY[1..])
                .arguments([launch.program()])
                .arguments(command.get_args());
            self.runs = Runs::Program(gentle);
        }
        self
    }

    fn on_the_stack(mut self) -> Self {
        self.when = When::OnTheStack;
        self
    }

    /// The same with a variable of the environment.
    fn with(mut self, name: &str, value: &str) -> Self {
        if let Runs::Program(launch) = self.runs {
            self.runs = Runs::Program(launch.variable(name, value));
        }
        self
    }

    /// The same with a variable of the environment, unless the user has set it.
    fn with_default(self, name: &str, value: &str) -> Self {
        if std::env::var_os(name).is_some() {
            return self;
        }
        self.with(name, value)
    }

    /// What it came to. Only the drills can say that an alert failed: any other check that fails is
    /// a defect of this repository.
    pub(crate) fn outcome(&self, status: ExitStatus) -> RunOutcome {
        match (&self.runs, status.code()) {
            (Runs::Drills, code) => RunOutcome::of_exit_code(code),
            (Runs::Program(_), Some(0)) => RunOutcome::Passed,
            (Runs::Program(_), Some(_)) => RunOutcome::Bug,
            (Runs::Program(_), None) => RunOutcome::NotTested,
        }
    }
}

/// What needs no stack: a pull request is held against it. `root` is the repository's folder.
pub(crate) fn check(root: &Path) -> Vec<WorkStep> {
    let mut steps = form();
    steps.push(lints());
    steps.push(tests_of_the_harness());
    steps.extend(tests_without_a_stack(root));
    steps
}

/// What takes seconds.
fn form() -> Vec<WorkStep> {
    vec![
        WorkStep::cargo("formatting", &["fmt", "--all", "--check"]),
        // A macro declares their modules, so `cargo fmt` does not find them.
        WorkStep::program(
            "formatting of the kinds of faults",
            "sh",
            &[
                "-c",
                "rustfmt --check --edition 2024 harness/core/src/fault/*.rs",
            ],
        ),
        WorkStep::program(
            "dependencies",
            "cargo-deny",
            &words("--locked --log-level error check licenses bans sources"),
        ),
    ]
}

fn lints() -> WorkStep {
    WorkStep::cargo(
        "lints",
        &words("clippy --quiet --locked --workspace --all-targets -- -D warnings"),
    )
}

fn tests_of_the_harness() -> WorkStep {
    WorkStep::cargo(
        "tests of the harness",
        &words("test --locked --workspace --exclude k2-drills"),
    )
}

fn tests_without_a_stack(root: &Path) -> Vec<WorkStep> {
    let steps = [
        WorkStep::cargo(
            "tests of the fixtures, the documents and the script",
            &words("test --locked --bin k2-fixtures --test documentation --test script"),
        ),
        WorkStep::program(
            "tests of the replayer",
            "harness/replayer/build",
            &["--test"],
        ),
        WorkStep::cargo(
            "rules judged by the recording",
            &words("test --locked --test replay"),
        ),
        // Not run by compose: it would make the stack's networks.
        WorkStep::program(
            "the image that reads workflows and scripts",
            "docker",
            &words(
                "compose --file docker-compose.test.yml --profile tools build --quiet \
                 workflow-check",
            ),
        ),
        read_workflows_and_scripts(root),
    ];
    steps.map(WorkStep::beside_the_stack).into()
}

fn read_workflows_and_scripts(root: &Path) -> WorkStep {
    let root = root.display();
    let volumes = [".github", ".ci", "docker", "drill"]
        .map(|part| format!("--volume={root}/{part}:/checked/{part}:ro"));
    let mut arguments = words("run --rm --network none");
    arguments.extend(volumes.iter().map(String::as_str));
    arguments.push("alertdrill/workflow-check");
    WorkStep::program("workflows and scripts", "docker", &arguments)
}

/// Every check and test that CI runs.
pub(crate) fn test(root: &Path) -> Vec<WorkStep> {
    let test_of = |what, target| {
        WorkStep::cargo(what, &["test", "--locked", "--test", target]).on_the_stack()
    };
    let on_the_stack = [
        test_of("tests of the configuration", "configuration"),
        test_of("tests of candidates before a release", "candidates"),
        test_of("tests of the contract with cargo", "libtest_contract"),
        test_of("tests of a broken environment", "environment"),
        test_of("tests of the pipeline", "pipeline"),
        WorkStep::drills("the drills"),
        test_of(
            "the drills, judged again by their recording",
            "recorded_run",
        ),
        test_of(
            "tests of alerts that are out of reach or not sent",
            "safety",
        ),
        // These look back on the drills, and show their report.
        test_of("tests of the dashboard", "dashboards"),
        test_of("tests of the report in a browser", "report_page"),
        killed_runs(),
    ];
    let beside_the_stack = [
        // What leaves the machine to the drills comes first: they begin with many faults at once.
        WorkStep::cargo(
            "a map of what pages nobody",
            &words("test --locked --test exploration -- --test-threads 1"),
        ),
        WorkStep::cargo(
            "a project of others",
            &words("test --locked --test web_shop -- --test-threads 2"),
        ),
        // While cargo builds, it keeps all others from the folder that it builds in. So it builds
        // while the drills go on, which need no cargo.
        lints().gently(),
        WorkStep::cargo(
            "a build of the harness's tests",
            &words("test --quiet --locked --workspace --exclude k2-drills --no-run"),
        )
        .gently(),
        // A stack of its own loads one candidate after the other.
        WorkStep::cargo(
            "tests with wrong rules",
            &words("test --locked --test wrong_rules"),
        )
        .with("COMPOSE_PROJECT_NAME", "alertdrill-wrong-rules"),
        tests_of_the_harness().gently(),
    ];
    let mut steps = form();
    steps.push(WorkStep::cargo(
        "a build of the tests on the stack",
        &words("test --quiet --locked --no-run"),
    ));
    steps.extend(tests_without_a_stack(root));
    steps.extend(beside_the_stack.map(WorkStep::beside_the_stack));
    steps.extend(on_the_stack);
    steps
}

/// What a run costs and how true it is.
pub(crate) fn bench() -> Vec<WorkStep> {
    let bench = words("bench --locked --profile dev --bench drills");
    let replay = words("bench --locked --profile dev --bench replay");
    let scale = words("bench --locked --profile dev --bench scale");
    let edits = words("bench --locked --profile dev --bench edits");
    vec![
        WorkStep::cargo("rules judged by a recording, measured", &replay),
        WorkStep::cargo("larger suites, simulated", &scale),
        WorkStep::cargo("edits of alertdrill, measured", &edits),
        WorkStep::cargo("a run of the drills, measured", &bench).on_the_stack(),
    ]
}

/// Whether each wrong rule set, route and configuration is caught, and each right one passes.
pub(crate) fn truth() -> Vec<WorkStep> {
    let test = words("test --locked --test wrong_rules -- --ignored written_otherwise");
    vec![WorkStep::cargo(
        "rule sets that are wrong, and right ones that are written otherwise",
        &test,
    )]
}

/// What [`test`] does a little of, far more often.
pub(crate) fn torture() -> Vec<WorkStep> {
    vec![
        WorkStep::cargo(
            "spoiled answers, drills, records, journals",
            &words("test --locked --package alertdrill --test decoders"),
        )
        .with_default("PROPTEST_CASES", "20000"),
        WorkStep::cargo(
            "spoiled answers of the engine",
            &words("test --locked --bin k2-fixtures spoiled"),
        )
        .with_default("PROPTEST_CASES", "20000"),
        WorkStep::cargo(
            "harnesses that are killed",
            &words("test --locked --package alertdrill --test killed -- --nocapture"),
        )
        .with_default("ALERTDRILL_KILLS", "100"),
        WorkStep::cargo(
            "an engine that is killed",
            &words(
                "test --locked --package alertdrill --test engine_killed -- --ignored --exact \
                 fault_is_healed_after_the_engine_was_killed_in_mid_drill",
            ),
        ),
        killed_runs().with_default("ALERTDRILL_STACK_KILLS", "12"),
    ]
}

fn killed_runs() -> WorkStep {
    let test = words("test --locked --test killed_run -- --nocapture");
    WorkStep::cargo("runs that are killed", &test).on_the_stack()
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::Command;

    use serde_json::Value;

    use super::*;

    /// The package in the root of the repository: cargo's commands are about it if they name none.
    const ROOT_PACKAGE: &str = "k2-drills";

    fn all_lists() -> Vec<Vec<WorkStep>> {
        let root = Path::new("/repository");
        vec![check(root), test(root), bench(), truth(), torture()]
    }

    /// What the steps run, word by word, gently or not.
    fn commands(steps: &[WorkStep]) -> impl Iterator<Item = Vec<String>> {
        let launches = steps.iter().filter_map(|step| match &step.runs {
            Runs::Program(launch) => Some(launch),
            Runs::Drills => None,
        });
        launches.map(|launch| {
            let command = launch.command();
            let words = std::iter::once(command.get_program()).chain(command.get_args());
            let words: Vec<_> = words
                .map(|word| word.to_str().unwrap().to_owned())
                .collect();
            let gently = GENTLY.map(str::to_owned);
            words.strip_prefix(&gently).unwrap_or(&words).to_vec()
        })
    }

    /// The arguments of the steps that run cargo.
    fn cargo_commands(steps: &[WorkStep]) -> Vec<Vec<String>> {
        commands(steps)
            .filter(|words| words[0] == "cargo")
            .map(|words| words[1..].to_vec())
            .collect()
    }

    /// What follows `option`, each time that it stands before `--`.
    fn values<'a>(arguments: &'a [String], option: &str) -> Vec<&'a str> {
        let cargos = arguments.split(|argument| argument == "--").next().unwrap();
        cargos
            .windows(2)
            .filter(|pair| pair[0] == option)
            .map(|pair| pair[1].as_str())
            .collect()
    }

    fn cargo(arguments: &[&str]) -> String {
        let output = Command::new(env!("CARGO"))
            .args(arguments)
            .args(["--locked", "--offline"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{complaint}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Per package of the workspace, its targets, as `--test NAME`.
    fn targets() -> BTreeMap<String, BTreeSet<String>> {
        let metadata = cargo(&["metadata", "--no-deps", "--format-version", "1"]);
        let metadata: Value = serde_json::from_str(&metadata).unwrap();
        let packages = metadata["packages"].as_array().unwrap().iter();
        let named = |value: &Value| value["name"].as_str().unwrap().to_owned();
        packages
            .map(|package| {
                let targets = package["targets"].as_array().unwrap().iter();
                let targets = targets.map(|target| {
                    let kind = target["kind"][0].as_str().unwrap();
                    format!("--{kind} {}", named(target))
                });
                (named(package), targets.collect())
            })
            .collect()
    }

    #[test]
    fn every_package_and_target_that_a_step_names_exists() {
        let targets = targets();
        let mut checked = 0;
        for arguments in all_lists().iter().flat_map(|steps| cargo_commands(steps)) {
            assert!(["fmt", "clippy", "test", "bench"].contains(&arguments[0].as_str()));
            for excluded in values(&arguments, "--exclude") {
                assert!(targets.contains_key(excluded), "{arguments:?}");
            }
            let package = values(&arguments, "--package");
            let package = package.first().unwrap_or(&ROOT_PACKAGE);
            for kind in ["--test", "--bin", "--bench"] {
                for name in values(&arguments, kind) {
                    let target = format!("{kind} {name}");
                    assert!(targets[*package].contains(&target), "{arguments:?}");
                    checked += 1;
                }
            }
        }
        assert!(checked > 15, "{checked}");
    }

    #[test]
    fn test_runs_each_test_target_of_the_root_package_once() {
        let steps = test(Path::new("/repository"));
        let commands = cargo_commands(&steps);
        let of_root = commands
            .iter()
            .filter(|arguments| values(arguments, "--package").is_empty());
        let mut run: Vec<_> = of_root
            .flat_map(|arguments| values(arguments, "--test"))
            .map(|name| format!("--test {name}"))
            .collect();
        let drills = steps
            .iter()
            .filter(|step| matches!(step.runs, Runs::Drills));
        run.extend(drills.map(|_| format!("--test {SUITE}")));
        run.sort();
        let mut wanted = targets().remove(ROOT_PACKAGE).unwrap();
        wanted.retain(|target| target.starts_with("--test "));
        assert_eq!(run, wanted.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn steps_stand_in_the_order_in_which_they_are_carried_out() {
        for steps in all_lists() {
            assert!(steps.is_sorted_by_key(|step| step.when));
        }
    }

    #[test]
    fn only_the_drills_can_say_that_an_alert_failed() {
        let program = WorkStep::cargo("", &[]);
        let drills = WorkStep::drills("");
        for (code, of_program, of_drills) in [
            (0, RunOutcome::Passed, RunOutcome::Passed),
            (1, RunOutcome::Bug, RunOutcome::Failed),
            (2, RunOutcome::Bug, RunOutcome::NotTested),
            (101, RunOutcome::Bug, RunOutcome::Bug),
        ] {
            let status = ExitStatus::from_raw(code << 8);
            assert_eq!(program.outcome(status), of_program, "{code}");
            assert_eq!(drills.outcome(status), of_drills, "{code}");
        }
        let interrupted = ExitStatus::from_raw(2);
        assert_eq!(program.outcome(interrupted), RunOutcome::NotTested);
    }

    /// The features with which each package is compiled.
    fn features(selected: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
        let format = ["--prefix", "none", "--format", "{p}|{f}"];
        let tree = cargo(&[&["tree"], selected, &format].concat());
        let mut features = BTreeMap::<_, BTreeSet<_>>::new();
        for line in tree.lines().filter(|line| !line.is_empty()) {
            // Cargo marks what it has shown before.
            let line = line.trim_end_matches(" (*)");
            let (package, its_features) = line.split_once('|').unwrap();
            let of_package = features.entry(package.to_owned()).or_default();
            of_package.insert(its_features.to_owned());
        }
        features
    }

    /// Else `./drill` would compile most of them twice, and the image of the stack's own program
    /// would change between `./drill up` and `cargo test --test alerts`.
    #[test]
    fn programs_and_drills_are_compiled_with_the_same_features_of_each_dependency() {
        let programs = features(&["--workspace", "--edges", "normal,build"]);
        let drills = features(&["--package", ROOT_PACKAGE, "--edges", "normal,build,dev"]);
        let mut shared = 0;
        for (package, wanted) in &drills {
            if let Some(found) = programs.get(package) {
                assert_eq!(found, wanted, "{package}");
                shared += 1;
            }
        }
        assert!(shared > 100, "{shared}");
    }
}
