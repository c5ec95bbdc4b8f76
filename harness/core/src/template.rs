//! The templates of annotations and labels, as far as a judge of what they printed has to know
//! them: <https://prometheus.io/docs/prometheus/latest/configuration/template_reference/>.

/// A piece of a template. What stands within a block is not looked at: it may be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// It is printed as it is.
    Text(&'a str),
    /// It prints a value: what stands between its braces, without trim markers.
    Action(&'a str),
    /// It may print nothing: a block, an assignment, a comment.
    MayBeEmpty,
}

/// A label that an action prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PrintedLabel<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// Whether its value is printed as it is, except for the case of its letters.
    pub(crate) as_it_is: bool,
}

/// What holds the labels of the expression's result.
const OBJECTS: [&str; 3] = ["$labels", ".Labels", "$.Labels"];
/// Functions that leave a value as it is, except for the case of its letters.
const CASE_ONLY: [&str; 4] = ["title", "toUpper", "toLower", "safeHtml"];

/// The pieces of `template` outside of its blocks, in their order; each block is one piece.
pub(crate) fn pieces(template: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut open_blocks, mut rest) = (Vec::new(), 0_usize, template);
    let mut trims_next = false;
    loop {
        let action = next_action(rest);
        let mut text = action.as_ref().map_or(rest, |action| action.before);
        if trims_next {
            text = text.trim_start();
        }
        if action.as_ref().is_some_and(|action| action.trims_before) {
            text = text.trim_end();
        }
        if open_blocks == 0 && !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        let Some(action) = action else { break };
        let word = action.body.split_whitespace().next().unwrap_or_default();
        match word {
            "if" | "range" | "with" | "define" | "block" => {
                if open_blocks == 0 {
                    pieces.push(Piece::MayBeEmpty);
                }
                open_blocks += 1;
            }
            "end" => open_blocks = open_blocks.saturating_sub(1),
            _ if open_blocks > 0 => {}
            _ if action.body.starts_with("/*") || assigns(action.body) => {
                pieces.push(Piece::MayBeEmpty);
            }
            _ => pieces.push(Piece::Action(action.body)),
        }
        (trims_next, rest) = (action.trims_after, action.after);
    }
    pieces
}

/// The label that the action with this body prints, if that is all that it prints.
pub(crate) fn printed_label(action: &str) -> Option<PrintedLabel<'_>> {
    let (name, rest) = label_at_its_beginning(action)?;
    let mut functions = rest.split('|').map(str::trim);
    if functions.next() != Some("") {
        return None;
    }
    Some(PrintedLabel {
        name,
        as_it_is: functions.all(|function| CASE_ONLY.contains(&function)),
    })
}

/// The name of the label that `action` begins with, and what comes after it.
fn label_at_its_beginning<'a>(action: &'a str) -> Option<(&'a str, &'a str)> {
    let object_before = |text: &'a str| OBJECTS.iter().find_map(|it| text.strip_prefix(it));
    if let Some(named) = object_before(action).and_then(|field| field.strip_prefix('.')) {
        let is_in_a_name = |char: char| char.is_ascii_alphanumeric() || char == '_';
        let end = named.find(|char| !is_in_a_name(char));
        return Some(named.split_at(end.unwrap_or(named.len())));
    }
    let quoted = object_before(action.strip_prefix("index")?.trim_start())?;
    quoted.trim_start().strip_prefix('"')?.split_once('"')
}

/// Whether an action gives a variable a value, and so prints nothing.
fn assigns(body: &str) -> bool {
    body.starts_with('$')
        && body.split_once('=').is_some_and(|(variable, _)| {
            let variable = variable.trim_end_matches(':').trim_end();
            !variable.contains(|char: char| char.is_whitespace() || "|(\"".contains(char))
        })
}

/// An action and what stands around it.
struct NextAction<'a> {
    before: &'a str,
    body: &'a str,
    after: &'a str,
    trims_before: bool,
    trims_after: bool,
}

fn next_action(template: &str) -> Option<NextAction<'_>> {
    let (before, opened) = template.split_once("{{")?;
    let (trims_before, opened) = match opened.strip_prefix('-') {
        Some(trimmed) if trimmed.starts_with(char::is_whitespace) => (true, trimmed),
        _ => (false, opened),
    };
    let (body, after) = opened.split_at(end_of_action(opened)?);
    let after = after.strip_prefix("}}").unwrap_or_default();
    let (trims_after, body) = match body.strip_suffix('-') {
        Some(trimmed) if trimmed.ends_with(char::is_whitespace) => (true, trimmed),
        _ => (false, body),
    };
    Some(NextAction {
        before,
        body: body.trim(),
        after,
        trims_before,
        trims_after,
    })
}

/// Where the braces stand that end the action which `opened` begins with: not those within a
/// comment or within quotes.
fn end_of_action(opened: &str) -> Option<usize> {
    if opened.trim_start().starts_with("/*") {
        let comment = opened.find("*/")?;
        return Some(comment + opened[comment..].find("}}")?);
    }
    let (mut quoted_by, mut is_escaped) = (None, false);
    for (place, char) in opened.char_indices() {
        match quoted_by {
            Some(_) if is_escaped => is_escaped = false,
            Some('"' | '\'') if char == '\\' => is_escaped = true,
            Some(quote) if char == quote => quoted_by = None,
            None if "\"'`".contains(char) => quoted_by = Some(char),
            None if opened[place..].starts_with("}}") => return Some(place),
            Some(_) | None => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::Piece::{Action, MayBeEmpty, Text};
    use super::*;

    #[test]
    fn pieces_are_texts_and_actions_and_each_block_is_one() {
        let template = "{{ $labels.a }} is {{ if eq $labels.b \"}}\" }}x{{ if true }}y{{ end }}\
                        {{ else }}z{{ end }} down{{/* don't */}}{{ $v := 5 }}.";
        assert_eq!(
            pieces(template),
            [
                Action("$labels.a"),
                Text(" is "),
                MayBeEmpty,
                Text(" down"),
                MayBeEmpty,
                MayBeEmpty,
                Text("."),
            ]
        );
    }

    #[test]
    fn trim_markers_take_the_space_around_an_action() {
        assert_eq!(
            pieces("a {{- $value -}} b{{ -3 }}c"),
            [
                Text("a"),
                Action("$value"),
                Text("b"),
                Action("-3"),
                Text("c")
            ]
        );
    }

    #[test]
    fn braces_that_nothing_closes_are_text() {
        assert_eq!(pieces("a {{ b"), [Text("a {{ b")]);
    }

    #[test]
    fn label_that_an_action_prints_is_known_in_each_way_to_write_it() {
        for action in [
            "$labels.exchange",
            ".Labels.exchange",
            "$.Labels.exchange",
            "index $labels \"exchange\"",
            "$labels.exchange | toUpper",
        ] {
            let printed = printed_label(action);
            let exchange = PrintedLabel {
                name: "exchange",
                as_it_is: true,
            };
            assert_eq!(printed, Some(exchange), "{action}");
        }
        let changed = printed_label("$labels.instance | reReplaceAll \":.*\" \"\"").unwrap();
        assert_eq!((changed.name, changed.as_it_is), ("instance", false));
        for action in ["$value", "printf \"%s\" $labels.x", "$labels.a b"] {
            assert_eq!(printed_label(action), None, "{action}");
        }
    }

    #[test]
    fn comparison_is_no_assignment() {
        assert!(assigns("$x := 1") && assigns("$x = 1"));
        assert!(!assigns("$value | printf \"a=%v\"") && !assigns("$labels.x"));
    }
}
