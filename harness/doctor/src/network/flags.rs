//! What a service's command line says, without the scripts that it may start.

use alertdrill_project::Service;
use alertdrill_project::discovery::flag_values;

/// The value of the flag `name`: `--name=value`, `-name=value` or `--name value`.
pub(crate) fn flag<'a>(service: &'a Service, name: &str) -> Option<&'a str> {
    let words = service.entrypoint.iter().chain(&service.command);
    flag_values(words, name).into_iter().next()
}

/// Whether a shell reads the command line first, so that its words are not what the program gets.
pub(crate) fn is_for_a_shell(service: &Service) -> bool {
    let mut words = service.entrypoint.iter().chain(&service.command);
    words.any(|word| {
        word.contains([' ', '\n'])
            || ["sh", "bash", "/bin/sh", "/bin/bash"].contains(&word.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(words: &[&str]) -> Service {
        Service {
            command: words.iter().map(|word| (*word).to_owned()).collect(),
            ..Service::default()
        }
    }

    #[test]
    fn flag_is_read_however_it_is_written() {
        for words in [
            &["--redis.addr=redis:6379"][..],
            &["-redis.addr='redis:6379'"],
            &["-redis.addr", "redis:6379"],
            &["--redis.addr-type=x", "--redis.addr", "redis:6379"],
        ] {
            assert_eq!(flag(&service(words), "redis.addr"), Some("redis:6379"));
        }
        assert_eq!(flag(&service(&["redis.addr"]), "redis.addr"), None);
    }
}
