//! A copy of `examples/web-shop` that git watches, and the program that drills it.

#![allow(dead_code, reason = "each test takes what it needs of it")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A copy of the shop.
pub(crate) struct Shop {
    pub(crate) folder: PathBuf,
    pub(crate) project: String,
}

/// The program, where `./drill` has cargo build it.
pub(crate) fn program() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_k2-fixtures")).with_file_name("alertdrill")
}

/// How a program ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) said: String,
}

impl Shop {
    /// A copy for the test `name`, with this `alertdrill.yml` in place of its own if there is one.
    pub(crate) fn copied_for(name: &str, project_file: Option<&str>) -> Self {
        let shop = Self {
            folder: Path::new(env!("CARGO_TARGET_TMPDIR"))
                .join("web_shop")
                .join(name),
            project: format!("shop-{name}"),
        };
        if shop.folder.exists() {
            std::fs::remove_dir_all(&shop.folder).unwrap();
        }
        std::fs::create_dir_all(&shop.folder).unwrap();
        let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/web-shop");
        let tracked = ended(Command::new("git").arg("ls-files").current_dir(&committed));
        for file in tracked.said.lines() {
            let copy = shop.folder.join(file);
            std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
            std::fs::copy(committed.join(file), copy).unwrap();
        }
        if let Some(text) = project_file {
            std::fs::write(shop.folder.join("alertdrill.yml"), text).unwrap();
        }
        for arguments in [
            &["init", "--quiet"][..],
            &["add", "."],
            &[
                "-c",
                "user.name=a",
                "-c",
                "user.email=a@example.org",
                "commit",
                "-qm",
                "shop",
            ],
        ] {
            assert_eq!(ended(shop.command("git").args(arguments)).code, Some(0));
        }
        shop
    }

    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.folder)
            .env("COMPOSE_PROJECT_NAME", &self.project)
            .env_remove("KEEP_STACK")
            .env_remove("CARGO_TARGET_DIR");
        command
    }

    pub(crate) fn alertdrill(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(program());
        command.args(arguments);
        command
    }

    /// Per drill of its last run, the verdict; and the report.
    pub(crate) fn verdicts(&self) -> (Vec<(String, String)>, Value) {
        let report = self.folder.join(".alertdrill/drills/latest/report.json");
        let report: Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let drills = report["drills"].as_array().unwrap().iter();
        let verdicts = drills.map(|drill| (text(&drill["name"]), text(&drill["verdict"])));
        (verdicts.collect(), report.clone())
    }

    /// The containers whose compose project has this name, with their ids.
    pub(crate) fn containers(&self, project: &str) -> String {
        let label = format!("label=com.docker.compose.project={project}");
        let format = "{{.Label \"com.docker.compose.service\"}} {{.ID}} {{.State}}";
        let list = [
            "ps",
            "--all",
            "--no-trunc",
            "--filter",
            &label,
            "--format",
            format,
        ];
        let mut lines: Vec<_> = ended(self.command("docker").args(list))
            .said
            .lines()
            .map(str::to_owned)
            .collect();
        lines.sort();
        lines.join("\n")
    }

    #[track_caller]
    pub(crate) fn nothing_is_left(&self) {
        let drilled = format!("{}-drill", self.project);
        assert_eq!(self.containers(&drilled), "");
        for kind in ["network", "volume"] {
            let filter = format!("name={drilled}");
            let list = [kind, "ls", "--quiet", "--filter", &filter];
            assert_eq!(ended(self.command("docker").args(list)).said, "", "{kind}");
        }
        self.git_sees_nothing();
    }

    #[track_caller]
    pub(crate) fn git_sees_nothing(&self) {
        let status = ended(self.command("git").args(["status", "--porcelain"]));
        assert_eq!(status.said, "");
    }
}

pub(crate) fn ended(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    Ended {
        code: output.status.code(),
        said: String::from_utf8_lossy(&said).into_owned(),
    }
}
