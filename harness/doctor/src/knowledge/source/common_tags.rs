//! Labels that Micrometer adds to all meters: Spring Boot's settings name them, or code does.
//! Source: Spring Boot's reference, "Common Tags" and "Observability" (`key-values`).

use std::sync::LazyLock;

use regex::Regex;

use super::text::{Language, Pattern, all, arguments};

/// `management.metrics.tags.application=shop`
static PROPERTY: Pattern = LazyLock::new(|| {
    let key = r"management\.(?:metrics\.tags|observations\.key-?[vV]alues)\.([\w.-]+)";
    Regex::new(&format!(r"(?m)^\s*{key}\s*[=:]")).ok()
});
/// `tags:`, with its entries below it or in braces.
static MAPPING: Pattern =
    LazyLock::new(|| Regex::new(r"(?m)^([ \t]+)(?:tags|key-?[vV]alues):[ \t]*(.*)$").ok());
/// `registry.config().commonTags("application", "shop")`
static CALL: Pattern = LazyLock::new(|| Regex::new(r"\bcommonTags\s*\(").ok());

/// The names of these labels, by a file of settings or of code.
pub(super) fn common_tags(text: &str) -> Vec<String> {
    let mut tags = Vec::new();
    let properties = all(&PROPERTY, text);
    tags.extend(properties.filter_map(|found| Some(found.get(1)?.as_str().to_owned())));
    if text.contains("management:") {
        tags.extend(all(&MAPPING, text).flat_map(|found| {
            let part = |number: usize| found.get(number).map_or("", |it| it.as_str());
            let below = found.get(0).map_or(text.len(), |it| it.end());
            mapping_keys(
                part(1).len(),
                part(2),
                text.get(below..).unwrap_or_default(),
            )
        }));
    }
    for found in all(&CALL, text) {
        let open = found.get(0).map_or(0, |whole| whole.end() - 1);
        let Some((parts, _)) = arguments(text, open, Language::Curly) else {
            continue;
        };
        let names = parts.iter().step_by(2);
        let names = names.filter_map(|part| part.strip_prefix('"')?.strip_suffix('"'));
        tags.extend(names.map(str::to_owned));
    }
    let as_a_label = |tag: String| tag.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    tags.into_iter().map(as_a_label).collect()
}

/// The keys of a mapping of YAML: those `beside` its own key, in braces, else those in the lines
/// `below`, which are indented deeper.
fn mapping_keys(indent: usize, beside: &str, below: &str) -> Vec<String> {
    let key_of = |entry: &str| {
        let (key, _) = entry.split_once(':')?;
        let key = key.trim().trim_matches(['"', '\'', '[', ']']);
        (!key.is_empty() && !key.starts_with('#')).then(|| key.to_owned())
    };
    if let Some(inner) = beside.trim().strip_prefix('{') {
        return inner.split(',').filter_map(key_of).collect();
    }
    let lines = below.lines().filter(|line| !line.trim().is_empty());
    let indent_of = |line: &str| line.len() - line.trim_start().len();
    let deeper = lines.take_while(|line| indent_of(line) > indent);
    deeper.filter_map(key_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_settings_and_of_code_are_labels_of_all_meters() {
        let yaml = "management:\n  metrics:\n    tags:\n      application: shop\n\n      \
                    data-center: x\n    export:\n      y: z\n";
        assert_eq!(common_tags(yaml), ["application", "data_center"]);
        let braces = "management:\n  observations:\n    key-values: {region: eu, 'zone': a}\n";
        assert_eq!(common_tags(braces), ["region", "zone"]);
        let property = "management.metrics.tags.application=shop\nspring.x=y\n";
        assert_eq!(common_tags(property), ["application"]);
        let code = "registry.config().commonTags(\"app\", name, \"stack\", \"prod\");";
        assert_eq!(common_tags(code), ["app", "stack"]);
        assert!(common_tags("openapi:\n  tags:\n    - name: x\n").is_empty());
    }
}
