//! Texts as YAML has them.

/// What YAML takes for something else than a text.
const NO_TEXT: [&str; 12] = [
    "true", "false", "yes", "no", "on", "off", "null", "~", "y", "n", ".nan", ".inf",
];

/// `text` as a scalar that stands in a flow (`[…]`, `{…}`): plain where that is safe.
pub(super) fn scalar(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    let begins_well = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '/');
    let means_something = NO_TEXT.contains(&text.to_ascii_lowercase().as_str());
    if begins_well && text.chars().all(is_plain) && !means_something {
        return text.to_owned();
    }
    quoted(text)
}

/// `text` as a scalar in double quotes.
pub(super) fn quoted(text: &str) -> String {
    let escaped = |c: char| match c {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\n' => "\\n".to_owned(),
        c if c.is_control() || ['\u{feff}', '\u{2028}', '\u{2029}'].contains(&c) => {
            format!("\\U{:08x}", u32::from(c))
        }
        c => c.to_string(),
    };
    let escaped: String = text.chars().map(escaped).collect();
    format!("\"{escaped}\"")
}

/// `text` as lines of a comment, after `indent`.
pub(super) fn comment(indent: &str, text: &str) -> String {
    /// How wide the file is.
    const WIDTH: usize = 100;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("{indent}# {word}")),
        }
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn scalar_is_read_as_the_text_that_it_was(text in "\\PC{0,20}|[a-z0-9:#.~-]{0,6}") {
            let yaml = format!("{{a: {}}}", scalar(&text));
            let read: std::collections::BTreeMap<String, String> =
                serde_yaml_ng::from_str(&yaml).unwrap();
            prop_assert_eq!(&read["a"], &text);
        }
    }

    #[test]
    fn comment_has_a_mark_on_each_line() {
        let text = comment("  ", &"word ".repeat(30));
        assert!(
            text.lines()
                .all(|line| line.starts_with("  # ") && line.len() <= 100)
        );
        assert_eq!(text.lines().count(), 2);
    }
}
