//! Spring Security, which lets who has logged in at the metrics only, unless it is told otherwise.

use crate::checks::check::Said;
use crate::network::ServiceTexts;

/// What a program says that has rules of its own on who may ask what.
const HAS_RULES: [&str; 3] = [
    "SecurityFilterChain",
    "WebSecurityConfigurerAdapter",
    "SecurityWebFilterChain",
];
/// What may let everybody at the metrics.
const LETS_IN: [&str; 8] = [
    "actuator",
    "EndpointRequest",
    "prometheus",
    "\"/**\"",
    "anyRequest().permitAll",
    "anyExchange().permitAll",
    "WebSecurityCustomizer",
    "@Value",
];
/// What guards all that no other rule names.
const GUARDS_THE_REST: [&str; 4] = [
    "anyRequest().authenticated",
    "anyRequest().hasRole",
    "anyRequest().hasAuthority",
    "anyExchange().authenticated",
];

/// That a program's own rules guard the metrics at `path`.
pub(super) fn guards(name: &str, path: &str, texts: &ServiceTexts<'_>) -> Option<Said> {
    if !path.contains("actuator") || !texts.is_built_here() {
        return None;
    }
    let mut guarded = false;
    for file in texts.files() {
        let end = file.path.extension().and_then(|end| end.to_str());
        let is_program = end.is_some_and(|end| ["java", "kt"].contains(&end));
        let is_setting = end.is_some_and(|end| ["properties", "yml", "yaml"].contains(&end));
        // A port of its own for management has rules of its own.
        if is_setting && file.text.contains("management.server.port") {
            return None;
        }
        if !is_program || !HAS_RULES.iter().any(|word| file.text.contains(word)) {
            continue;
        }
        let code = code_of(&file.text);
        if LETS_IN.iter().any(|word| code.contains(word)) {
            return None;
        }
        guarded |= GUARDS_THE_REST.iter().any(|word| code.contains(word));
    }
    guarded.then(|| {
        Said::warning(
            format!(
                "`{name}` may give its metrics at `{path}` to who has logged in only: its Spring \
                 Security guards each path that it does not name, and the job has no credentials"
            ),
            "permit the path (`requestMatchers(\"/actuator/prometheus\").permitAll()`), or give the \
             job `basic_auth` or a token",
        )
    })
}

/// A program's code without blanks, and without the names of packages.
fn code_of(text: &str) -> String {
    let lines = text.lines().map(str::trim_start);
    let code = lines.filter(|line| !line.starts_with("import ") && !line.starts_with("package "));
    code.flat_map(str::split_whitespace).collect()
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "scraped/needs-token";

    fn project(rules: &str, job: &str) -> String {
        format!(
            "--- docker-compose.yml
services:
  prometheus:
    image: prom/prometheus
    volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml']
  shop: {{build: shop}}
--- prometheus.yml
scrape_configs:
  - job_name: shop
    metrics_path: /actuator/prometheus
    static_configs: [{{targets: ['shop:8080']}}]
{job}--- shop/Dockerfile
FROM eclipse-temurin
--- shop/src/Security.java
package shop.actuator;
SecurityFilterChain chain(HttpSecurity http) {{
  http.authorizeHttpRequests(it -> it{rules});
}}
"
        )
    }

    const GUARDED: &str = ".requestMatchers(\"/login\").permitAll()\n    .anyRequest()\n    \
                           .authenticated()";

    #[test]
    fn metrics_that_are_for_who_has_logged_in_are_found() {
        assert_finds(
            ID,
            &project(GUARDED, ""),
            &[
                "prometheus.yml:4:33 warning: `shop` may give its metrics at \
                 `/actuator/prometheus` to who has logged in only",
            ],
        );
    }

    #[test]
    fn metrics_that_are_permitted_and_jobs_that_log_in_are_silent() {
        for rules in [
            ".requestMatchers(\"/actuator/**\").permitAll().anyRequest().authenticated()",
            ".requestMatchers(EndpointRequest.toAnyEndpoint()).permitAll()\
             .anyRequest().authenticated()",
            ".anyRequest().permitAll()",
        ] {
            assert_silent(ID, &project(rules, ""));
        }
        let login = "    basic_auth: {username: a, password: b}\n";
        assert_silent(ID, &project(GUARDED, login));
    }
}
