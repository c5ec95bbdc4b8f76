//! A target that serves no metrics, or serves them at another path.

mod of_images;
mod of_programs;

use std::collections::BTreeMap;

use alertdrill_core::Finding;

use super::scraped_targets::asked;
use crate::checks::check::{Case, Check};
use crate::network::{Answers, Names, ServiceTexts, image_facts};
use of_images::{of_image, runs};
use of_programs::of_programs;

pub(in crate::checks) const WRONG_PATH: Check = Check {
    id: "scraped/wrong-path",
    title: "a target serves no metrics at its path",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(names) = Names::of(case.checkout) else {
        return Vec::new();
    };
    let targets = asked(case.checkout, &names);
    let mut texts = BTreeMap::new();
    let findings = targets.iter().filter(|it| !it.is_probed).filter_map(|it| {
        let Answers::Service(name) = it.answers else {
            return None;
        };
        let service = names.service(name)?;
        let texts = texts
            .entry(name)
            .or_insert_with(|| ServiceTexts::of(case.checkout, service));
        let image = service.image.as_deref().filter(|_| service.build.is_none());
        let facts = image.and_then(image_facts).or_else(|| runs(service));
        let said = match facts {
            Some(facts) => of_image(it, facts, texts, !service.volumes.is_empty())?,
            None => of_programs(it, name, service, texts)?,
        };
        Some(said.about(&it.job.name.text, WRONG_PATH.id, &it.file.path, it.place))
    });
    findings.collect()
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "scraped/wrong-path";

    fn project(target: &str, path: &str, service: &str, files: &str) -> String {
        format!(
            "--- docker-compose.yml
services:
  prometheus:
    image: prom/prometheus
    volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml']
  it:
{service}--- prometheus.yml
scrape_configs:
  - job_name: a
    metrics_path: {path}
    static_configs: [{{targets: ['{target}']}}]
{files}"
        )
    }

    #[test]
    fn image_that_serves_no_metrics_is_found() {
        for (target, image, expected) in [
            (
                "it:5432",
                "postgres:16",
                "`it:5432` serves no metrics: it is the image `postgres`",
            ),
            (
                "it:80",
                "nginx:latest",
                "`it:80` serves no metrics: it is the image `nginx`",
            ),
        ] {
            let expected = format!("prometheus.yml:4:33 error: {expected}");
            let service = format!("    image: {image}\n");
            assert_finds(ID, &project(target, "/metrics", &service, ""), &[&expected]);
        }
        let rabbitmq = "    image: rabbitmq:3-management\n";
        assert_finds(
            ID,
            &project("it:15672", "/metrics", rabbitmq, ""),
            &[
                "prometheus.yml:4:33 error: `it:15672` serves no metrics on that port: the image \
               `rabbitmq` has them on 15692",
            ],
        );
        let nginx = "    image: nginx\n    volumes: ['./nginx.conf:/etc/nginx/nginx.conf']\n";
        let conf = "--- nginx.conf\nserver { listen 80; location / { return 200 \"up\"; } }\n";
        assert_finds(
            ID,
            &project("it:80", "/metrics", nginx, conf),
            &["prometheus.yml:4:33 error: `it:80` serves no metrics"],
        );
    }

    #[test]
    fn other_path_of_an_image_and_of_spring_boot_is_found() {
        assert_finds(
            ID,
            &project("it:9000", "/metrics", "    image: minio/minio\n", ""),
            &[
                "prometheus.yml:4:33 error: `it:9000` serves no metrics at `/metrics`: the image \
               `minio` has them at `/minio/v2/metrics/cluster`",
            ],
        );
        let files = "--- app/pom.xml\n<a>spring-boot-starter-actuator micrometer-registry-prometheus</a>\n--- app/A.java\nclass A {}\n";
        assert_finds(
            ID,
            &project("it:8080", "/metrics", "    build: app\n", files),
            &["prometheus.yml:4:33 error: `it:8080` serves no metrics at `/metrics`: Spring Boot"],
        );
    }

    #[test]
    fn program_that_speaks_of_no_metrics_or_of_another_path_is_found() {
        let files = "--- app/app.py\n@app.route('/health')\n--- app/Dockerfile\nFROM python\n";
        assert_finds(
            ID,
            &project("it:8000", "/metrics", "    build: app\n", files),
            &[
                "prometheus.yml:4:33 warning: `it:8000` may serve no metrics: nothing in the source of `it`",
            ],
        );
        let files = "--- app/app.js\napp.get('/internal/metrics', show)\n";
        assert_finds(
            ID,
            &project("it:8000", "/metrics", "    build: app\n", files),
            &[
                "prometheus.yml:4:33 warning: `it:8000` may serve no metrics at `/metrics`: the \
               source of `it` speaks of `/internal/metrics`",
            ],
        );
    }

    #[test]
    fn server_that_is_written_by_hand_and_answers_every_path_is_silent() {
        let python = "--- app/app.py\nfrom http.server import BaseHTTPRequestHandler, HTTPServer\n\
             class H(BaseHTTPRequestHandler):\n    def do_GET(self):\n        \
             self.wfile.write(f'jobs_done {jobs}\\n'.encode())\n\
             HTTPServer(('', 8000), H).serve_forever()\n--- app/Dockerfile\nFROM python\n";
        let go = "--- app/main.go\npackage main\nfunc main() {\n\thttp.HandleFunc(\"/\", func(w \
             http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, \"jobs_done %d\\n\", jobs) \
             })\n}\n--- app/Dockerfile\nFROM golang\n";
        for files in [python, go] {
            assert_silent(
                ID,
                &project("it:8000", "/metrics", "    build: app\n", files),
            );
            let started = "    build: app\n    command: python app.py\n";
            assert_silent(ID, &project("it:8000", "/metrics", started, files));
        }
    }

    /// A service that runs `command` in a folder with `files`.
    fn running(target: &str, path: &str, command: &str, files: &str) -> String {
        let service = format!(
            "    build: app\n    command: {command}\n    environment: {{API_PORT: '8002'}}\n"
        );
        project(target, path, &service, files)
    }

    const TWO_PROGRAMS: &str = "--- app/worker.py\nfrom prometheus_client import Counter, start_http_server\nstart_http_server(9200)\n\
         --- app/main.py\nfrom fastapi import FastAPI\nfrom shop import orders\napp = FastAPI()\n\
         --- app/shop/__init__.py\n# a package\n--- app/shop/orders.py\nx = 1\n\
         --- app/api.py\nfrom fastapi import FastAPI\nfrom prometheus_client import make_asgi_app\n\
         app = FastAPI()\napp.mount('/metrics', make_asgi_app())\nuvicorn.run(app, port=settings.api_port)\n\
         --- app/idle.py\nfrom prometheus_client import Counter\nC = Counter('a', 'b')\n";

    #[test]
    fn program_that_runs_without_serving_metrics_is_found() {
        for (target, path, command, expected) in [
            (
                "it:8000",
                "/metrics",
                "uvicorn main:app --port 8000",
                "`it:8000` may serve no metrics: nothing that app/main.py runs serves any",
            ),
            (
                "it:8000",
                "/metrics",
                "python -m idle",
                "`it:8000` may serve no metrics: nothing that app/idle.py runs serves any",
            ),
            (
                "it:9100",
                "/metrics",
                "python worker.py",
                "`it:9100` may serve no metrics: app/worker.py serves them on port 9200 only",
            ),
            (
                "it:9100",
                "/metrics",
                "python api.py",
                "`it:9100` may serve no metrics: app/api.py serves them on port 8002 only",
            ),
            (
                "it:8000",
                "/actuator/prometheus",
                "uvicorn api:app --port 8000",
                "`it:8000` may serve no metrics at `/actuator/prometheus`: app/api.py serves them at `/metrics`",
            ),
        ] {
            let expected = format!("prometheus.yml:4:33 warning: {expected}");
            let project = running(target, path, command, TWO_PROGRAMS);
            assert_finds(ID, &project, &[&expected]);
        }
        let node = "--- app/server.js\nconst r = require('./routes')\n--- app/routes.js\nmodule.exports = 1\n\
             --- app/other.js\napp.get('/metrics', x)\n";
        assert_finds(
            ID,
            &running("it:8000", "/metrics", "node server.js", node),
            &[
                "prometheus.yml:4:33 warning: `it:8000` may serve no metrics: nothing that app/server.js",
            ],
        );
        let go = "--- app/consumer.go\npackage main\nfunc main() {}\n--- app/main.go\npackage main\nfunc main() { promhttp.Handler() }\n";
        assert_finds(
            ID,
            &running("it:8000", "/metrics", "./consumer", go),
            &[
                "prometheus.yml:4:33 warning: `it:8000` may serve no metrics: nothing that app/consumer.go",
            ],
        );
    }

    #[test]
    fn program_that_serves_metrics_is_silent() {
        for (target, path, command) in [
            ("it:9200", "/metrics", "python worker.py"),
            ("it:8002", "/metrics", "python api.py"),
            ("it:8000", "/metrics", "uvicorn api:app --port 8000"),
            ("it:8000", "/metrics/", "uvicorn api:app --port 8000"),
            ("it:8000", "/api/metrics", "uvicorn api:app --port 8000"),
            (
                "it:8000",
                "/metrics",
                "opentelemetry-instrument uvicorn main:app",
            ),
            ("it:8000", "/metrics", "./start"),
        ] {
            assert_silent(ID, &running(target, path, command, TWO_PROGRAMS));
        }
        let app = |text: &str| {
            format!("--- app/main.py\n{text}\n--- app/lib/shop/web.py\n@app.get('/metrics')\n")
        };
        for text in [
            "from shop.web import app",
            "from shop import web",
            "import importlib\nload()",
            "app.include('shop.web')",
            "from .metrics import app\n",
            "from lib.metrics import app\n",
            "from django_prometheus import x",
            "from prometheus_flask_exporter import PrometheusMetrics",
        ] {
            assert_silent(
                ID,
                &running("it:8000", "/metrics", "uvicorn main:app", &app(text)),
            );
        }
    }

    #[test]
    fn exporters_port_of_a_server_is_found() {
        let nginx = "    image: nginx\n    volumes: ['./conf:/etc/nginx']\n";
        assert_finds(
            ID,
            &project("it:9113", "/metrics", nginx, ""),
            &[
                "prometheus.yml:4:33 warning: `it:9113` may serve no metrics: 9113 is the port of \
               `nginx-prometheus-exporter`, and this is the image `nginx`",
            ],
        );
        let conf = "--- conf/a.conf\nserver { listen 9113; location /metrics { vhost_traffic_status_display; } }\n";
        assert_silent(ID, &project("it:9113", "/metrics", nginx, conf));
    }

    #[test]
    fn airflow_and_mlflow_serve_none() {
        for service in [
            "    image: apache/airflow\n    environment: {AIRFLOW__METRICS__STATSD_ON: 'true'}\n",
            "    build: .\n    command: mlflow server --port 8000\n",
        ] {
            let files = "--- app/main.py\nimport prometheus_client\n";
            assert_finds(
                ID,
                &project("it:8000", "/metrics", service, files),
                &["prometheus.yml:4:33 error: `it:8000` serves no metrics"],
            );
        }
        let mlflow = "    build: .\n    command: mlflow server --expose-prometheus /x\n";
        assert_silent(ID, &project("it:5000", "/metrics", mlflow, ""));
    }

    #[test]
    fn look_alikes_are_silent() {
        let app = |text: &str| format!("--- app/app.py\n{text}\n");
        for (target, path, service, files) in [
            (
                "it:9187",
                "/metrics",
                "    image: prometheuscommunity/postgres-exporter\n",
                String::new(),
            ),
            (
                "it:9187",
                "/probe",
                "    image: prometheuscommunity/postgres-exporter\n",
                String::new(),
            ),
            (
                "it:15692",
                "/metrics",
                "    image: rabbitmq:3\n",
                String::new(),
            ),
            (
                "it:3000",
                "/metrics",
                "    image: grafana/grafana\n",
                String::new(),
            ),
            ("it:80", "/metrics", "    image: me/thing\n", String::new()),
            (
                "it:8000",
                "/metrics",
                "    build: app\n",
                app("prometheus_client.start_http_server(8000)"),
            ),
            (
                "it:8000",
                "/api/metrics",
                "    build: app\n",
                app("router.get('/metrics')"),
            ),
            (
                "it:8000",
                "/metrics",
                "    build: app\n",
                app("get('/metrics')"),
            ),
            ("it:8000", "/metrics", "    build: elsewhere\n", app("x")),
            (
                "it:80",
                "/metrics",
                "    image: nginx\n    volumes: ['./a.conf:/etc/nginx/nginx.conf']\n",
                "--- a.conf\nserver { listen 80; location /metrics { proxy_pass http://a; } }\n"
                    .to_owned(),
            ),
            (
                "it:8080",
                "/metrics",
                "    image: keycloak\n    environment: {KC_METRICS_ENABLED: 'true'}\n",
                String::new(),
            ),
            (
                "it:8080",
                "/metrics",
                "    image: traefik\n    command: [--metrics.prometheus=true]\n",
                String::new(),
            ),
        ] {
            assert_silent(ID, &project(target, path, service, &files));
        }
    }
}
