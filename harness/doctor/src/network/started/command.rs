//! The words of the command that a service's container runs.

use std::path::Path;

use alertdrill_project::Service;

use crate::network::ServiceTexts;

/// The words of a service's command, its image's own where it has none, and those of scripts that it
/// runs.
pub(super) fn words(service: &Service, texts: &ServiceTexts<'_>) -> Vec<String> {
    let of_service = service.entrypoint.iter().chain(&service.command);
    let mut words: Vec<String> = of_service.flat_map(|word| split(word)).collect();
    if service.command.is_empty() {
        let own = texts.dockerfile().map_or("", |file| &file.text);
        words.extend(of_dockerfile(own, service.entrypoint.is_empty()));
    }
    let scripts: Vec<_> = words
        .iter()
        .filter(|word| Path::new(word).extension().is_some_and(|it| it == "sh"))
        .filter_map(|word| Path::new(word).file_name())
        .collect();
    let texts = texts.files().filter(|file| {
        file.path
            .file_name()
            .is_some_and(|it| scripts.contains(&it))
    });
    let lines = texts.flat_map(|file| file.text.lines());
    let lines = lines.filter(|line| !line.trim_start().starts_with('#'));
    let more: Vec<String> = lines.flat_map(split).collect();
    words.extend(more);
    words
}

/// `CMD` and `ENTRYPOINT` of the last part.
fn of_dockerfile(text: &str, with_entrypoint: bool) -> Vec<String> {
    let joined = text.replace("\\\r\n", " ").replace("\\\n", " ");
    let (mut entrypoint, mut command) = (Vec::new(), Vec::new());
    for line in joined.lines().map(str::trim) {
        let (key, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        match key.to_ascii_lowercase().as_str() {
            "from" => {
                entrypoint.clear();
                command.clear();
            }
            "entrypoint" => entrypoint = split(rest),
            "cmd" => command = split(rest),
            _ => {}
        }
    }
    if !with_entrypoint {
        entrypoint.clear();
    }
    entrypoint.extend(command);
    entrypoint
}

fn split(text: &str) -> Vec<String> {
    let words = text.split(|c: char| c.is_whitespace() || "\"'[],;()".contains(c));
    let words = words.filter(|word| !word.is_empty() && *word != "&&");
    words.map(str::to_owned).collect()
}
