//! What stands between `{{` and `}}`.

/// What stands between `{{` and `}}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Action<'a> {
    /// Its text, without trim marks.
    pub(crate) body: &'a str,
    /// Where that begins in the template, in bytes.
    pub(crate) offset: usize,
    /// The openings (`if …`, `with …`, `range …`) of the blocks in which it stands.
    pub(crate) within: Vec<&'a str>,
}

/// Why a template cannot be read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unfinished {
    pub(crate) offset: usize,
    pub(crate) why: &'static str,
}

/// The actions of `template`, without comments.
///
/// # Errors
/// [`Unfinished`] of an action or a block that is not closed.
pub(crate) fn actions_of(template: &str) -> Result<Vec<Action<'_>>, Unfinished> {
    let mut actions: Vec<Action<'_>> = Vec::new();
    let mut within: Vec<&str> = Vec::new();
    let mut at = 0;
    while let Some(found) = template.get(at..).and_then(|rest| rest.find("{{")) {
        let begins = at + found + 2;
        let opened = template.get(begins..).unwrap_or_default();
        let Some(length) = length_of_action(opened) else {
            let why = "an action that begins with `{{` is not closed by `}}`";
            let offset = begins - 2;
            return Err(Unfinished { offset, why });
        };
        at = begins + length + 2;
        let (body, offset) = trimmed(opened.get(..length).unwrap_or_default(), begins);
        if body.starts_with("/*") {
            continue;
        }
        let word = body.split_whitespace().next().unwrap_or_default();
        if word == "end" && within.pop().is_none() {
            let why = "`{{ end }}` closes no block";
            return Err(Unfinished { offset, why });
        }
        actions.push(Action {
            body,
            offset,
            within: within.clone(),
        });
        if ["if", "range", "with", "define", "block"].contains(&word) {
            within.push(body);
        }
    }
    if within.is_empty() {
        Ok(actions)
    } else {
        let why = "a block (`if`, `range`, `with`) is not closed by `{{ end }}`";
        Err(Unfinished { offset: 0, why })
    }
}

/// Without blanks and trim marks, and where the rest begins.
fn trimmed(body: &str, begins: usize) -> (&str, usize) {
    let without_mark = body
        .strip_prefix('-')
        .filter(|rest| rest.starts_with(char::is_whitespace));
    let rest = without_mark.unwrap_or(body).trim_start();
    let offset = begins + body.len() - rest.len();
    let rest = rest.trim_end();
    let without_mark = rest
        .strip_suffix('-')
        .filter(|rest| rest.ends_with(char::is_whitespace));
    (without_mark.unwrap_or(rest).trim_end(), offset)
}

/// How far it is to the braces that end the action which `opened` begins with: not those within a
/// comment or within quotes.
fn length_of_action(opened: &str) -> Option<usize> {
    let inner = opened.trim_start_matches(['-', ' ', '\n', '\t']);
    if inner.starts_with("/*") {
        let comment = opened.find("*/")?;
        return Some(comment + opened.get(comment..)?.find("}}")?);
    }
    let (mut quoted_by, mut is_escaped) = (None, false);
    for (place, letter) in opened.char_indices() {
        match quoted_by {
            Some(_) if is_escaped => is_escaped = false,
            Some('"' | '\'') if letter == '\\' => is_escaped = true,
            Some(quote) if letter == quote => quoted_by = None,
            None if "\"'`".contains(letter) => quoted_by = Some(letter),
            None if opened.get(place..)?.starts_with("}}") => return Some(place),
            Some(_) | None => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_found_with_their_blocks_and_places() {
        let template = "a {{ $x }}{{- if .y -}}{{/* c }} */}}{{ printf \"}}\" }}{{ end }}";
        let shown: Vec<_> = actions_of(template)
            .unwrap()
            .into_iter()
            .map(|it| format!("{}@{}<{}", it.body, it.offset, it.within.len()))
            .collect();
        let expected = ["$x@5<0", "if .y@14<0", "printf \"}}\"@40<1", "end@57<0"];
        assert_eq!(shown, expected);
    }

    #[test]
    fn what_is_not_closed_is_said_with_its_place() {
        assert_eq!(actions_of("a {{ $x").unwrap_err().offset, 2);
        assert!(actions_of("{{ if $x }}a").is_err());
        assert!(actions_of("a {{ end }}").is_err());
    }
}
