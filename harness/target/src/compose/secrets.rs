//! Hides the secrets of containers: their logs go into errors, and errors go into reports.

/// The text that replaces a secret.
const HIDDEN: &str = "(hidden)";
/// A variable with one of these words in its name holds a secret.
const WORDS: [&str; 6] = [
    "PASSWORD",
    "PASSWD",
    "SECRET",
    "TOKEN",
    "CREDENTIAL",
    "API_KEY",
];
/// A shorter value could be part of any text.
const SHORTEST: usize = 4;

/// `text` without the secrets of a container with this environment (`NAME=value`).
pub(super) fn hide(text: &str, environment: &[String]) -> String {
    let is_secret = |name: &str| WORDS.iter().any(|word| name.to_uppercase().contains(word));
    let variables = environment
        .iter()
        .filter_map(|variable| variable.split_once('='));
    let secrets = variables.filter(|(name, value)| is_secret(name) && value.len() >= SHORTEST);
    secrets.fold(text.to_owned(), |text, (_, secret)| {
        text.replace(secret, HIDDEN)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_the_environment_are_hidden_and_the_rest_is_shown() {
        let environment = [
            "MINIO_ROOT_USER=k2-test",
            "MINIO_ROOT_PASSWORD=hunter2",
            "PIN_TOKEN=1",
        ]
        .map(str::to_owned);
        let log = "k2-test logs in with hunter2, 1 try";
        assert_eq!(
            hide(log, &environment),
            "k2-test logs in with (hidden), 1 try"
        );
    }
}
