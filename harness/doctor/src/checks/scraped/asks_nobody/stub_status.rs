//! A web server whose configuration has no page for its exporter.

use std::path::Path;

use alertdrill_project::discovery::short_name;
use alertdrill_project::{ComposeModel, Service};

use super::exporters::Exporter;
use crate::checkout::Checkout;
use crate::checks::check::Said;
use crate::network::ServiceTexts;

/// What the configuration says of the page.
const PAGE: &str = "stub_status";
const IMAGES: [&str; 2] = ["nginx", "nginx-unprivileged"];
const FOLDER: &str = "/etc/nginx";

/// That the NGINX which an exporter asks has no page for it.
pub(super) fn missing(
    checkout: &Checkout,
    kind: &Exporter,
    compose: &ComposeModel,
    exporter: &str,
    server: &str,
) -> Option<Said> {
    if kind.server != "NGINX" {
        return None;
    }
    let service = compose.services.get(server)?;
    let texts = ServiceTexts::of(checkout, service);
    let is_known = is_plain(service) && is_read(checkout, service);
    (is_known && !texts.mention(PAGE)).then(|| {
        Said::error(
            format!(
                "`{}` is always 0: `{exporter}` asks `{server}`, and nothing in its configuration \
                 says `{PAGE}`",
                kind.up
            ),
            "add `location /stub_status { stub_status; }` to the server that it asks",
        )
    })
}

/// Whether it is the image as it is published, with files mounted into it at most.
fn is_plain(service: &Service) -> bool {
    let image = service.image.as_deref().unwrap_or_default();
    let has_program = !service.command.is_empty() || !service.entrypoint.is_empty();
    IMAGES.contains(&short_name(image))
        && service.build.is_none()
        && service.configs.is_empty()
        && !has_program
}

/// Whether everything that is mounted into its configuration was read.
fn is_read(checkout: &Checkout, service: &Service) -> bool {
    let of_configuration = service
        .volumes
        .iter()
        .filter(|volume| Path::new(&volume.target).starts_with(FOLDER));
    of_configuration.into_iter().all(|volume| {
        let source = volume.source.as_deref().map(Path::new);
        let Some(source) = source.and_then(|it| it.strip_prefix(&checkout.root).ok()) else {
            return false;
        };
        let mut mounted = checkout
            .files
            .iter()
            .filter(|path| path.starts_with(source))
            .peekable();
        let is_there = mounted.peek().is_some();
        let is_read = |path: &Path| checkout.sources.iter().any(|file| file.path == path);
        is_there && mounted.all(|path| is_read(path))
    })
}

#[cfg(test)]
mod tests {
    use crate::checks::scraped::asks_nobody::tests::project;
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "scraped/asks-nobody";

    fn web(more: &str, configuration: &str) -> String {
        let exporter = "    image: nginx/nginx-prometheus-exporter\n    \
                        command: ['-nginx.scrape-uri=http://web/status']";
        let web = format!("  web:\n    image: nginx:1.27\n{more}");
        format!(
            "{}--- web.conf\n{configuration}\n",
            project(exporter, 9113, &web)
        )
    }

    #[test]
    fn server_without_the_page_is_found() {
        let mounted = "    volumes: ['./web.conf:/etc/nginx/conf.d/default.conf']\n";
        let expected = "docker-compose.yml:4:5 error: `nginx_up` is always 0: `exporter` asks `web`, and nothing";
        assert_finds(ID, &web(mounted, "server { listen 80; }"), &[expected]);
        assert_finds(ID, &web("", ""), &[expected]);
    }

    #[test]
    fn server_that_has_it_or_may_is_silent() {
        let mounted = "    volumes: ['./web.conf:/etc/nginx/conf.d/default.conf']\n";
        assert_silent(ID, &web(mounted, "location /status { stub_status; }"));
        let elsewhere = "    volumes: ['/srv/web.conf:/etc/nginx/conf.d/default.conf']\n";
        assert_silent(ID, &web(elsewhere, ""));
        assert_silent(ID, &web("    build: ./web\n", ""));
    }
}
