//! The command line that a service's container is started with.

use super::mounts::{Mounts, Seen};
use crate::Service;

/// The longest script that is looked into.
const LONGEST_SCRIPT_BYTES: u64 = 100_000;

/// The words that a container is started with: those of its entry point and its command, those in
/// texts for a shell (`sh -c "…"`), and those of a script of the project that is its entry point.
#[derive(Debug, Default)]
pub struct CommandLine {
    words: Vec<String>,
}

impl CommandLine {
    /// What a container of `service`, which sees these `mounts`, is started with.
    #[must_use]
    pub fn of(service: &Service, mounts: &Mounts) -> Self {
        let written: Vec<_> = [&service.entrypoint, &service.command]
            .into_iter()
            .flatten()
            .cloned()
            .collect();
        let mut words: Vec<String> = Vec::new();
        for text in &written {
            if let Some(script) = script(text, mounts) {
                words.extend(shell_words(&script));
            }
            words.extend(shell_words(text));
        }
        Self { words }
    }

    /// The value of the flag `name`: `--name=value` or `--name value`.
    #[must_use]
    pub fn flag(&self, name: &str) -> Option<&str> {
        self.flags(name).into_iter().next()
    }

    /// The values of the flag `name`, which may be given several times.
    #[must_use]
    pub fn flags(&self, name: &str) -> Vec<&str> {
        flag_values(&self.words, name)
    }

    /// Whether a flag begins like this.
    pub(super) fn has_flag_like(&self, beginning: &str) -> bool {
        let flags = self.words.iter().map(|word| word.trim_start_matches('-'));
        flags.into_iter().any(|flag| flag.starts_with(beginning))
    }

    /// Whether a shell writes `path` before the server starts: behind `>`, `tee`, `-o`, or as the
    /// last word of `cp`, `mv`, `sed -i`.
    #[must_use]
    pub fn writes(&self, path: &str) -> bool {
        let is_meant = |word: &String| word == path || word == &format!(">{path}");
        let mut positions = self.words.iter().enumerate();
        positions.any(|(at, word)| {
            let before = at.checked_sub(1).and_then(|at| self.words.get(at));
            let opens = ["tee", "-o", ">", ">>"];
            is_meant(word)
                && (word.starts_with('>')
                    || before.is_some_and(|before| opens.contains(&before.as_str()))
                    || self.is_copied_to(at))
        })
    }

    fn is_copied_to(&self, at: usize) -> bool {
        let ends = [";", "&&", "||", "|"];
        let before = self.words.iter().take(at).rev();
        let mut statement = before.take_while(|word| !ends.contains(&word.as_str()));
        statement.any(|word| ["cp", "mv", "sed"].contains(&word.as_str()))
    }
}

/// The values of the flag `name` in these words, as [`CommandLine::flags`] gives those of a service.
#[must_use]
pub fn flag_values<'a>(words: impl IntoIterator<Item = &'a String>, name: &str) -> Vec<&'a str> {
    let mut values = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let Some(flag) = word.strip_prefix('-') else {
            continue;
        };
        let flag = flag.strip_prefix('-').unwrap_or(flag);
        if flag == name {
            let value = words.next().map(String::as_str);
            let value = value.filter(|value| !value.starts_with('-'));
            values.extend(value.map(unquoted));
            continue;
        }
        let value = flag.strip_prefix(name);
        let value = value.and_then(|rest| rest.strip_prefix('='));
        values.extend(value.map(unquoted));
    }
    values
}

fn unquoted(value: &str) -> &str {
    value.trim_matches(['"', '\''])
}

/// The text of `word` if it is a script of the project.
fn script(word: &str, mounts: &Mounts) -> Option<String> {
    if !word.starts_with('/') || word.contains(char::is_whitespace) {
        return None;
    }
    let (Seen::Mounted(file) | Seen::Copied(file)) = mounts.look_at(word) else {
        return None;
    };
    let size = std::fs::metadata(&file.on_host).ok()?.len();
    if size > LONGEST_SCRIPT_BYTES {
        return None;
    }
    let text = std::fs::read_to_string(&file.on_host).ok()?;
    text.starts_with("#!").then_some(text)
}

/// The words of a shell's text. What stands in quotes with blanks in it comes apart: only flags and
/// paths are looked for.
fn shell_words(text: &str) -> Vec<String> {
    // Compose prints `$` twice, for it reads it once.
    let text = text.replace("$$", "$").replace("\\\n", " ");
    let words = text.split_whitespace().flat_map(|word| {
        let word = word.trim_matches(|c| "\"'".contains(c));
        match word.strip_suffix(';') {
            Some(word) => vec![word, ";"],
            None => vec![word],
        }
    });
    let words = words.filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ComposeModel;

    fn command_line(command: &[&str]) -> CommandLine {
        let service = Service {
            command: command.iter().map(|word| (*word).to_owned()).collect(),
            ..Service::default()
        };
        let mounts = Mounts::of(&ComposeModel::default(), &service);
        CommandLine::of(&service, &mounts)
    }

    #[test]
    fn flag_is_found_as_one_word_as_two_and_in_a_text_for_a_shell() {
        for command in [
            &["--config.file=/a.yml"][..],
            &["--config.file", "/a.yml"],
            &["-config.file=/a.yml"],
            &[
                "sh",
                "-c",
                "x > /y; exec prometheus --config.file=\"/a.yml\"",
            ],
            &["prometheus --config.file='/a.yml' --x"],
        ] {
            let value = command_line(command);
            assert_eq!(value.flag("config.file"), Some("/a.yml"), "{command:?}");
        }
        assert_eq!(
            command_line(&["--config.file.x=/a"]).flag("config.file"),
            None
        );
        assert_eq!(command_line(&["--config.file"]).flag("config.file"), None);
    }

    #[test]
    fn file_that_a_shell_writes_first_is_known() {
        let writes = |text: &str| command_line(&["sh", "-c", text]).writes("/c.yml");
        assert!(writes("envsubst < /t.yml > /c.yml && exec alertmanager"));
        assert!(writes("echo x >/c.yml; alertmanager --config.file=/c.yml"));
        assert!(writes("sed -e s/A/B/ /t | tee /c.yml"));
        assert!(writes("cp /t.yml /c.yml && alertmanager"));
        assert!(!writes(
            "cp /t.yml /d.yml && alertmanager --config.file /c.yml"
        ));
        assert!(!writes("alertmanager --config.file=/c.yml"));
    }
}
