//! The words of an action.

/// A word of an action, and where it begins in the action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Word<'a> {
    /// `$labels.instance`: the variable without its `$`, and the fields after it.
    Variable {
        name: &'a str,
        fields: Vec<&'a str>,
        at: usize,
    },
    /// `.Labels.instance`: the fields.
    Field { fields: Vec<&'a str>, at: usize },
    /// `humanize`, `if`; and the fields after it, which no function has.
    Name {
        name: &'a str,
        fields: Vec<&'a str>,
        at: usize,
    },
    /// A text in quotes, without them.
    Text(&'a str),
    /// A number, a bracket, `|`, `:=`, …
    Other(&'a str),
}

/// The words of an action.
pub(crate) fn words_of(body: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(rest) = body.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(first) = rest.chars().next() else {
            break;
        };
        let length = if first.is_whitespace() {
            first.len_utf8()
        } else if "\"'`".contains(first) {
            let length = length_of_text(rest, first);
            let inner = rest.get(1..length.saturating_sub(1)).unwrap_or_default();
            words.push(Word::Text(inner));
            length
        } else if first == '$' || first == '.' || first == '_' || first.is_alphabetic() {
            let (word, length) = name_in(rest, first, at);
            words.push(word);
            length
        } else if first.is_ascii_digit() {
            let length = rest
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '.')
                .unwrap_or(rest.len());
            words.push(Word::Other(rest.get(..length).unwrap_or_default()));
            length
        } else {
            words.push(Word::Other(
                rest.get(..first.len_utf8()).unwrap_or_default(),
            ));
            first.len_utf8()
        };
        at += length;
    }
    words
}

fn length_of_text(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (place, letter) in rest.char_indices().skip(1) {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' if quote != '`' => is_escaped = true,
            _ if letter == quote => return place + letter.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

fn name_in(rest: &str, first: char, at: usize) -> (Word<'_>, usize) {
    let is_in_a_name = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let begins = usize::from(first == '$');
    let named = rest.get(begins..).unwrap_or_default();
    let length = named
        .find(|c: char| !is_in_a_name(c))
        .unwrap_or(named.len());
    let mut parts = named.get(..length).unwrap_or_default().split('.');
    let name = parts.next().unwrap_or_default();
    let fields = parts.filter(|part| !part.is_empty()).collect();
    let word = match first {
        '$' => Word::Variable { name, fields, at },
        '.' => Word::Field { fields, at },
        _ => Word::Name { name, fields, at },
    };
    (word, begins + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_apart() {
        let words = words_of(r#"printf "a.%d" ($labels.x | len) .Value 1.5 $"#);
        assert_eq!(
            words,
            [
                Word::Name {
                    name: "printf",
                    fields: vec![],
                    at: 0
                },
                Word::Text("a.%d"),
                Word::Other("("),
                Word::Variable {
                    name: "labels",
                    fields: vec!["x"],
                    at: 15
                },
                Word::Other("|"),
                Word::Name {
                    name: "len",
                    fields: vec![],
                    at: 27
                },
                Word::Other(")"),
                Word::Field {
                    fields: vec!["Value"],
                    at: 32
                },
                Word::Other("1.5"),
                Word::Variable {
                    name: "",
                    fields: vec![],
                    at: 43
                },
            ]
        );
    }
}
