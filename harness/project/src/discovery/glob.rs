//! File names with wildcards, as Prometheus takes them (Go's `filepath.Match`).

/// Whether `pattern` has wildcards.
#[must_use]
pub fn has_wildcards(pattern: &str) -> bool {
    pattern.contains(['*', '?', '['])
}

/// Whether the file name `name` is meant by `pattern`, which is one part of a path.
#[must_use]
pub fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut read) = (0, 0);
    // Where the last `*` stands, and what was read when it was met: it takes one more character
    // whenever the rest does not fit.
    let mut star = None;
    while read < name.len() {
        if pattern.get(at) == Some(&'*') {
            at += 1;
            star = Some((at, read));
        } else if let Some(length) = one_fits(pattern.get(at..).unwrap_or_default(), name[read]) {
            at += length;
            read += 1;
        } else if let Some((after_star, taken)) = star {
            star = Some((after_star, taken + 1));
            (at, read) = (after_star, taken + 1);
        } else {
            return false;
        }
    }
    pattern.iter().skip(at).all(|rest| *rest == '*')
}

/// The length of the beginning of `pattern` that stands for one character, if that may be `char`.
fn one_fits(pattern: &[char], char: char) -> Option<usize> {
    match pattern {
        ['?', ..] => Some(1),
        ['\\', escaped, ..] => (*escaped == char).then_some(2),
        ['[', class @ ..] => {
            let (negated, class) = match class {
                ['^', rest @ ..] => (true, rest),
                _ => (false, class),
            };
            let end = class.iter().position(|c| *c == ']')?;
            let length = 1 + usize::from(negated) + end + 1;
            (in_class(&class[..end], char) != negated).then_some(length)
        }
        [plain, ..] => (*plain == char).then_some(1),
        [] => None,
    }
}

fn in_class(class: &[char], char: char) -> bool {
    match class {
        [from, '-', to, rest @ ..] => (*from..=*to).contains(&char) || in_class(rest, char),
        [one, rest @ ..] => *one == char || in_class(rest, char),
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wildcards_stand_for_what_prometheus_takes_them_for() {
        for (pattern, name, expected) in [
            ("*.yml", "a.yml", true),
            ("*.yml", "a.yaml", false),
            ("*.y*ml", "a.yaml", true),
            ("*_rules.yml", "x_y_rules.yml", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("[a-c]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("*", "", true),
            ("[", "[", false),
            ("rules", "rules", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    proptest! {
        #[test]
        fn no_pattern_panics_or_takes_long(
            pattern in "[*?a\\[\\]\\\\^-]{0,60}",
            name in "a{0,60}",
        ) {
            let _ = matches(&pattern, &name);
        }
    }
}
