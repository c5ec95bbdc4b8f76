//! A server of several worker processes, each of which counts for itself.

use std::sync::LazyLock;

use alertdrill_project::Service;
use regex::Regex;

use crate::checkout::Checkout;
use crate::checks::check::Said;
use crate::checks::scraped::scraped_targets::Asked;
use crate::network::{ServiceTexts, Started};

/// Servers of Python programs that start workers.
const SERVERS: [&str; 3] = ["gunicorn", "uvicorn", "hypercorn"];
/// What their configuration says of workers.
static CONFIGURED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?m)^workers\s*=\s*(\d+)\s*$").ok());
/// What makes one of the counts of all.
const TOGETHER: &str = "multiproc";
const LIBRARY: &str = "prometheus";
/// A server of its own, on a port that one worker only can have.
const ON_ITS_OWN_PORT: &str = "start_http_server";

/// That several workers answer at a target.
pub(super) fn several(
    checkout: &Checkout,
    name: &str,
    service: &Service,
    it: &Asked<'_>,
) -> Option<Said> {
    let texts = ServiceTexts::of(checkout, service);
    let started = Started::of(name, service, &texts)?;
    let is_python = started
        .entry
        .path
        .extension()
        .is_some_and(|end| end == "py");
    let server = server(&started.words)?;
    let counts_alone = is_python
        && texts.mention(LIBRARY)
        && !texts.mention(TOGETHER)
        && !texts.mention(ON_ITS_OWN_PORT);
    let count = workers(&started.words, service).or_else(|| configured(&texts, server))?;
    (counts_alone && count > 1).then(|| {
        Said::warning(
            format!(
                "{server} runs {count} workers of `{name}`, and each scrape of `{}` is answered by \
                 one, which counts for itself: counters fall and rise",
                it.address
            ),
            "run one worker, or let them count together: `PROMETHEUS_MULTIPROC_DIR` and \
             `multiprocess.MultiProcessCollector`",
        )
    })
}

fn server(words: &[String]) -> Option<&'static str> {
    let program = |word: &String| word.rsplit('/').next().unwrap_or_default().to_owned();
    let programs: Vec<_> = words.iter().map(program).collect();
    SERVERS
        .into_iter()
        .find(|server| programs.iter().any(|program| program == server))
}

/// `-w 4`, `-w4`, `--workers 4`, `--workers=4`, `WEB_CONCURRENCY: 4`
fn workers(words: &[String], service: &Service) -> Option<u32> {
    let mut following = words.iter();
    while let Some(word) = following.next() {
        let value = match word.as_str() {
            "-w" | "--workers" => following.next()?.as_str(),
            other => match other
                .strip_prefix("--workers=")
                .or_else(|| other.strip_prefix("-w"))
            {
                Some(value) => value,
                None => continue,
            },
        };
        return value.parse().ok();
    }
    let of_all = service.environment.get("WEB_CONCURRENCY")?;
    of_all.as_deref()?.parse().ok()
}

fn configured(texts: &ServiceTexts<'_>, server: &str) -> Option<u32> {
    let pattern = CONFIGURED.as_ref()?;
    let mut files = texts.files().filter(|file| {
        let name = file.path.file_name().and_then(|name| name.to_str());
        let is_python = file.path.extension().is_some_and(|end| end == "py");
        is_python && name.is_some_and(|name| name.starts_with(server))
    });
    let found = files.find_map(|file| pattern.captures(&file.text))?;
    found.get(1)?.as_str().parse().ok()
}

#[cfg(test)]
mod tests {
    use crate::checks::scraped::one_of_several::tests::{STATIC, project};
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "scraped/one-of-several";

    fn served(command: &str, more: &str, files: &str) -> String {
        let files = format!(
            "--- api/Dockerfile
FROM python:3.12
COPY . .
CMD [{command}]
--- api/main.py
from flask import Flask, Response
from prometheus_client import Counter, generate_latest
app = Flask(__name__)
SEEN = Counter('seen', 'x')
@app.route('/metrics')
def metrics():
    SEEN.inc()
    return Response(generate_latest())
{files}"
        );
        project(&format!("build: ./api\n    {more}"), STATIC, &files)
    }

    #[test]
    fn workers_that_count_for_themselves_are_found() {
        let expected = "prometheus.yml:3:33 warning: gunicorn runs 4 workers of `api`";
        for command in [
            "'gunicorn', '-w', '4', '-b', '0.0.0.0:8000', 'main:app'",
            "'gunicorn', '--workers=4', '-b', '0.0.0.0:8000', 'main:app'",
        ] {
            assert_finds(ID, &served(command, "", ""), &[expected]);
        }
        let one = "'gunicorn', '-b', '0.0.0.0:8000', 'main:app'";
        assert_finds(
            ID,
            &served(one, "environment: {WEB_CONCURRENCY: '4'}", ""),
            &[expected],
        );
        let file = "--- api/gunicorn.conf.py\nworkers = 4\n";
        assert_finds(ID, &served(one, "", file), &[expected]);
    }

    #[test]
    fn one_worker_or_workers_that_count_together_are_silent() {
        let four = "'gunicorn', '-w', '4', '-b', '0.0.0.0:8000', 'main:app'";
        let together = "environment: {PROMETHEUS_MULTIPROC_DIR: /tmp}";
        assert_silent(ID, &served(four, together, ""));
        for command in [
            "'gunicorn', '-w', '1', '-b', '0.0.0.0:8000', 'main:app'",
            "'gunicorn', '-b', '0.0.0.0:8000', 'main:app'",
            "'python', 'main.py'",
        ] {
            assert_silent(ID, &served(command, "", ""));
        }
    }
}
