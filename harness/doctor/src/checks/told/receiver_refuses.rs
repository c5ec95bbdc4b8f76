//! A receiver's service that does not take what Alertmanager sends to it.

use alertdrill_core::Finding;

use super::told_case::ToldCase;
use crate::checkout::SourceFile;
use crate::checks::check::{Case, Check, Said};
use crate::network::{Answers, Names, Posted, ServiceTexts, Started, host_and_port, refused_post};

pub(in crate::checks) const RECEIVER_REFUSES: Check = Check {
    id: "told/receiver-refuses",
    title: "a web hook's own service does not take its path",
    run,
};

/// The most paths that are shown.
const SHOWN: usize = 3;

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(told) = ToldCase::of(case) else {
        return Vec::new();
    };
    let file = &told.alertmanager.file;
    let asker = told.alertmanager.service.as_deref();
    let (Some(asker), Some(names)) = (asker, Names::of(case.checkout)) else {
        return Vec::new();
    };
    let used = told.routing.used_receivers();
    let configs = used.flat_map(|receiver| &receiver.configs);
    let hooks = configs.filter(|(kind, _)| kind == "webhook_configs");
    let findings = hooks.filter_map(|(_, hook)| {
        let url = hook.get("url")?;
        let address = url.text()?;
        let said = match names.answers(host_and_port(address).0, asker) {
            Answers::Service(name) => by_service(case, &names, name, address)?,
            Answers::TheMachine => by_the_machine(case, &names, address)?,
            _ => return None,
        };
        Some(said.at(RECEIVER_REFUSES.id, &file.path, url.place))
    });
    findings.collect()
}

/// Of a service whose programs are in the checkout.
fn by_service(case: &Case<'_>, names: &Names<'_>, name: &str, address: &str) -> Option<Said> {
    let service = names.service(name)?;
    let texts = ServiceTexts::of(case.checkout, service);
    let started = Started::of(name, service, &texts);
    let files: Vec<_> = match started {
        Some(started) => started.files,
        None => texts.files().collect(),
    };
    let refused = refused_post(&files, address)?;
    Some(said(&refused, address, &format!("the source of `{name}`")))
}

/// Of a program that runs on the machine itself: the one of the checkout that listens on the port.
fn by_the_machine(case: &Case<'_>, names: &Names<'_>, address: &str) -> Option<Said> {
    let port = host_and_port(address).1?;
    let published = port.to_string();
    let mut services = names.services();
    let by_a_service = services.find(|(_, service)| {
        let mut ports = service.ports.iter();
        ports.any(|it| it.published.as_deref() == Some(published.as_str()))
    });
    if let Some((name, _)) = by_a_service {
        return by_service(case, names, name, address);
    }
    let files: Vec<&SourceFile> = case.checkout.sources.iter().collect();
    let listens = format!(r"\b{port}\b");
    let listens = regex::Regex::new(&listens).ok()?;
    if !files.iter().any(|file| listens.is_match(&file.text)) {
        return None;
    }
    match refused_post(&files, address)? {
        Posted::OtherMethod { .. } => None,
        refused @ Posted::NoSuchPath(_) => {
            Some(said(&refused, address, "no program of the checkout"))
        }
    }
}

fn said(refused: &Posted, address: &str, whose: &str) -> Said {
    match refused {
        Posted::OtherMethod { path, takes } => Said::warning(
            format!(
                "`{address}` may refuse what Alertmanager sends: {whose} takes {takes} at \
                 `{path}`, and Alertmanager sends POST"
            ),
            "let the route take POST",
        ),
        Posted::NoSuchPath(posted) => {
            let has = if whose.starts_with("no ") {
                format!("{whose} serves such a path")
            } else {
                format!("{whose} has no such path")
            };
            let others: Vec<_> = posted.iter().take(SHOWN).collect();
            let others: Vec<_> = others.iter().map(|path| format!("`{path}`")).collect();
            let help = if others.is_empty() {
                "write the path that the service serves".to_owned()
            } else {
                format!("write a path that takes POST: {}", others.join(", "))
            };
            Said::warning(
                format!("`{address}` may lead nowhere: {has}, so nobody is told there"),
                help,
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "told/receiver-refuses";

    fn project(url: &str, file: &str) -> String {
        format!(
            "--- docker-compose.yml
services:
  prometheus:
    image: prom/prometheus
    volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml']
  alertmanager:
    image: prom/alertmanager
    volumes: ['./alertmanager.yml:/etc/alertmanager/alertmanager.yml']
  hook: {{build: hook, ports: ['5005:5000']}}
--- prometheus.yml
alerting: {{alertmanagers: [{{static_configs: [{{targets: ['alertmanager:9093']}}]}}]}}
scrape_configs: []
--- alertmanager.yml
route: {{receiver: a}}
receivers:
  - name: a
    webhook_configs: [{{url: '{url}'}}]
--- hook/Dockerfile
FROM python
CMD [\"python\", \"app.py\"]
--- hook/app.py
{file}
"
        )
    }

    const APP: &str = "app = Flask(__name__)\n@app.route('/alerts', methods=['POST'])\ndef f(): pass\n\
                       @app.route('/health')\ndef g(): pass\napp.run(port=5000)\n";

    #[test]
    fn path_that_the_own_service_does_not_serve_is_found() {
        for (url, expected) in [
            (
                "http://hook:5000/alert",
                "`http://hook:5000/alert` may lead nowhere: the source of `hook` has no such path",
            ),
            (
                "http://hook:5000",
                "`http://hook:5000` may lead nowhere: the source of `hook` has no such path",
            ),
            (
                "http://hook:5000/health",
                "`http://hook:5000/health` may refuse what Alertmanager sends: the source of \
                 `hook` takes GET at `/health`",
            ),
            (
                "http://host.docker.internal:5005/alert",
                "`http://host.docker.internal:5005/alert` may lead nowhere: the source of `hook`",
            ),
        ] {
            let expected = format!("alertmanager.yml:4:29 warning: {expected}");
            assert_finds(ID, &project(url, APP), &[&expected]);
        }
    }

    #[test]
    fn path_that_no_program_on_the_machine_serves_is_found() {
        let files =
            "x = 1\n--- api/main.go\nfunc main() { r.POST(\"/pay\", f); r.Run(\":8080\") }\n";
        assert_finds(
            ID,
            &project("http://host.docker.internal:8080/hooks/alerts", files),
            &[
                "alertmanager.yml:4:29 warning: `http://host.docker.internal:8080/hooks/alerts` may \
               lead nowhere: no program of the checkout serves such a path",
            ],
        );
        assert_silent(
            ID,
            &project("http://host.docker.internal:9999/hooks", files),
        );
    }

    #[test]
    fn path_that_it_takes_is_silent() {
        for url in [
            "http://hook:5000/alerts",
            "http://hook:5000/alerts?to=me",
            "http://other.example.org/alert",
        ] {
            assert_silent(ID, &project(url, APP));
        }
        for app in [
            "app = Flask(__name__)\n@app.route('/', defaults={'path': ''}, methods=['POST'])\n\
             @app.route('/<path:path>', methods=['POST'])\n",
            "bp = Blueprint('a', url_prefix='/alert')\n@bp.route('', methods=['POST'])\n",
            "class Hook(BaseHTTPRequestHandler):\n    def do_POST(self): self.send_response(200)\n",
        ] {
            assert_silent(ID, &project("http://hook:5000/alert", app));
        }
    }
}
