//! The words of an alert's or a metric's name.

/// The words of a name, in small letters: `HighDiskUsage` and `high_disk_usage` have three.
pub(super) fn words_of(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let letters: Vec<char> = name.chars().collect();
    for (at, c) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let after = letters.get(at + 1);
        let was_small = before.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        // `CPUUsage`: a word of capitals ends before the next one's capital.
        let ends_capitals = before.is_some_and(char::is_ascii_uppercase)
            && after.is_some_and(char::is_ascii_lowercase);
        let begins = c.is_ascii_uppercase() && (was_small || ends_capitals);
        if (begins || !c.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Whether one of the words is in the list.
pub(super) fn has_any(words: &[String], list: &[&str]) -> bool {
    words.iter().any(|word| list.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::words_of;

    #[test]
    fn names_are_taken_apart_however_they_are_written() {
        for (name, words) in [
            ("HighCPUUsage", "high cpu usage"),
            ("host_out-of memory", "host out of memory"),
            ("API5xxDown", "api5xx down"),
            ("RedisDown", "redis down"),
            ("", ""),
        ] {
            assert_eq!(words_of(name).join(" "), words);
        }
    }
}
