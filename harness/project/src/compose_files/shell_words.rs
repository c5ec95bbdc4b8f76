//! A command that is written as one text, in the words of a shell.

/// The words of `text`: quotes keep blanks together, a backslash takes the next character as it is.
pub(super) fn shell_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = None::<String>;
    let mut quote = None;
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => {
                if let Some(next) = characters.next()
                    && next != '\n'
                {
                    word.get_or_insert_default().push(next);
                }
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_keep_words_together() {
        for (text, expected) in [
            ("a  b\nc", &["a", "b", "c"][..]),
            ("sh -c 'a b' \"c d\"e", &["sh", "-c", "a b", "c de"]),
            ("a\\ b \"\\\"\" ''", &["a b", "\"", ""]),
            ("--x='y z", &["--x=y z"]),
            ("", &[]),
        ] {
            assert_eq!(shell_words(text), expected, "{text}");
        }
    }
}
