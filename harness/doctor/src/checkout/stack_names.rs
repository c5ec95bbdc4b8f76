//! The names under which a checkout's texts start its projects.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::files::{Files, name_in_its_folder};

/// The longest text that is read, in bytes.
const LONGEST_TEXT_BYTES: u64 = 200_000;

/// What names a project: the last word of `docker stack deploy`, a flag or a variable of compose.
static NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let stack = r"docker\s+stack\s+deploy\s+[^\n]*?\s([^\s;&|\\]+)\s*(?:$|;|&&|\|\||#)";
    let variable = r#"COMPOSE_PROJECT_NAME\s*[:?]?[=:]\s*["']?([^\s"']+)"#;
    let flag = r#"compose\s(?:[^\n]*?\s)?(?:-p|--project-name)[ =]["']?([^\s"']+)"#;
    Regex::new(&format!(r"(?m){stack}|{variable}|{flag}")).ok()
});

/// Names of stacks and projects, by scripts, Makefiles, pipelines and `.env`.
pub(super) fn stack_names(files: &Files) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let texts = files.sizes().filter(|(path, size)| {
        let name = name_in_its_folder(path).to_lowercase();
        let end = name.rsplit_once('.').map_or("", |(_, end)| end);
        let is_a_text = ["sh", "md", "mk", "ps1", "bat", "yml", "yaml", "env", "json"];
        let is_named = ["makefile", "justfile", "jenkinsfile"].contains(&&*name);
        let is_environment = name.starts_with(".env");
        *size <= LONGEST_TEXT_BYTES && (is_a_text.contains(&end) || is_named || is_environment)
    });
    for file in texts.filter_map(|(path, _)| files.read(path)) {
        let is_meant = ["stack deploy", "COMPOSE_PROJECT_NAME", "compose "];
        if !is_meant.iter().any(|word| file.text.contains(word)) {
            continue;
        }
        for found in NAMED.iter().flat_map(|it| it.captures_iter(&file.text)) {
            let mut groups = found.iter().skip(1).flatten();
            let written = groups.next().map_or("", |it| it.as_str());
            names.extend(value_of(written, &file.text));
        }
    }
    names
}

/// What the container of a service of a project is called: by compose, by older ones, by a swarm.
pub(crate) fn names_in_project(project: &str, service: &str) -> [String; 3] {
    [
        format!("{project}-{service}-1"),
        format!("{project}_{service}_1"),
        format!("{project}_{service}.1.x"),
    ]
}

/// What a word stands for: itself, or what the same text gives to a variable.
fn value_of(written: &str, text: &str) -> Option<String> {
    let written = written.trim_matches(['"', '\'']);
    let is_name = |name: &str| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
        !name.is_empty() && !name.starts_with('-') && name.chars().all(is_part)
    };
    if is_name(written) {
        return Some(written.to_owned());
    }
    let variable = written.strip_prefix('$')?;
    let variable = variable.trim_matches(['(', ')', '{', '}', '$']);
    if !is_name(variable) {
        return None;
    }
    let pattern = format!(r#"(?m)^\s*(?:export\s+)?{variable}\s*[:?]?=\s*["']?([\w-]+)"#);
    let found = Regex::new(&pattern).ok()?.captures(text)?;
    Some(found.get(1)?.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_stacks_and_projects_are_read_wherever_they_stand() {
        let folder = tempfile::tempdir().unwrap();
        let project = "--- Makefile\nSTACK := demo\nup:\n\tdocker stack deploy -c a.yml $(STACK)\n\
             --- up.sh\ndocker compose -f a.yml -p shop up -d\n--- .env\nCOMPOSE_PROJECT_NAME=desk\n\
             --- README.md\n`docker stack deploy --compose-file a.yml $OTHER`\ndocker compose up\n";
        crate::test_projects::write(project, folder.path());
        let names = stack_names(&Files::below(folder.path()).unwrap());
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        assert_eq!(names, ["demo", "desk", "shop"]);
    }
}
