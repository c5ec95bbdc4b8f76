//! The routes that a file declares.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::checkout::SourceFile;

/// The method of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
    /// Neither of them.
    Other,
    /// Several, or what is not known.
    Any,
}

impl Method {
    pub(super) fn may_be_post(self) -> bool {
        matches!(self, Self::Post | Self::Any)
    }

    pub(super) fn shown(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Other | Self::Any => "other methods",
        }
    }

    fn named(name: &str) -> Self {
        match name.to_lowercase().as_str() {
            "get" | "head" => Self::Get,
            "post" => Self::Post,
            "put" | "delete" | "patch" | "options" => Self::Other,
            _ => Self::Any,
        }
    }
}

/// A route as it is written, without the prefixes that it may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Declared {
    pub(super) path: String,
    pub(super) method: Method,
}

impl Declared {
    pub(super) fn is_root(&self) -> bool {
        self.path.trim_matches('/').is_empty()
    }

    fn last(&self) -> &str {
        let path = self.path.trim_end_matches('/');
        path.rsplit('/').next().unwrap_or_default()
    }

    /// Whether it ends with this part of a path.
    pub(super) fn ends_with(&self, part: &str) -> bool {
        !self.is_root() && self.last() == part
    }

    /// Whether it takes a `POST` to these parts by a variable in it, below whatever prefix.
    pub(super) fn may_be_any(&self, parts: &[&str]) -> bool {
        let own: Vec<_> = self
            .path
            .split('/')
            .filter(|part| !part.is_empty())
            .collect();
        let is_variable = |part: &str| part.contains(['{', '<', ':', '*', '(']);
        let fits = |(own, asked): (&&str, &&str)| own == asked || is_variable(own);
        self.method.may_be_post()
            && own.last().is_some_and(|last| is_variable(last))
            && own.len() <= parts.len()
            && own.iter().rev().zip(parts.iter().rev()).all(fits)
    }
}

/// `@app.post("/alerts")`, `@app.route("/alerts", methods=["POST"])`.
static PYTHON: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let decorated = r"@[\w.]+\.(get|post|put|patch|delete|route|api_route)";
    let added = r"\.(add_url_rule|add_route|add_api_route|add_post|add_get)";
    let path = r#"\(\s*(?:path\s*=\s*)?[rf]?["']([^"'\n]*)["']"#;
    Regex::new(&format!("(?:{decorated}|{added}){path}([^)]*)")).ok()
});
/// `path("alerts/", …)` of Django, `web.post("/alerts", …)` of aiohttp, `Route("/alerts", …)`.
static PYTHON_TABLES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let what = r"\bre_path|\bpath|\burl|\bweb\.(?:post|get|route)|\bRoute";
    Regex::new(&format!(r#"(?:{what})\(\s*r?["']([^"'\n]*)["']"#)).ok()
});
/// `app.post('/alerts', …)`, `@Post('alerts')`.
static JAVASCRIPT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let methods = "get|post|put|patch|delete|all|use|route|head|options";
    let call = format!(r"\.({methods})\s*(?:<[^>\n]*>)?\(");
    let decorated = "@(Get|Post|Put|Patch|Delete|All|Controller)\\(";
    Regex::new(&format!(
        r#"(?:{call}|{decorated})\s*["'`]([^"'`\n]*)["'`]"#
    ))
    .ok()
});
/// `r.POST("/alerts", …)`, `http.HandleFunc("/alerts", …)`.
static GO: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let methods = "GET|POST|PUT|PATCH|DELETE|HEAD|Get|Post|Put|Patch|Delete";
    let others = "Any|All|Group|Route|Mount|PathPrefix|HandleFunc|Handle|Method|Add";
    Regex::new(&format!(r#"\.({methods}|{others})\(\s*"([^"\n]*)""#)).ok()
});
/// `@PostMapping("/alerts")`.
static JVM: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let methods = "Get|Post|Put|Patch|Delete|Request";
    Regex::new(&format!(
        r#"@({methods})Mapping\(([^)"]*)"([^"\n]*)"([^)]*)"#
    ))
    .ok()
});
/// `post "/alerts"` of Sinatra and Rails.
static RUBY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?m)^\s*(get|post|put|patch|delete|match|namespace|scope)\s*\(?\s*["']([^"'\n]*)["']"#,
    )
    .ok()
});

/// `if self.path == "/alerts"` of a server that looks at requests by itself.
static COMPARED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let what = r"self\.path|req\.url|request\.url|pathname";
    Regex::new(&format!(r#"(?:{what})\s*[!=]==?\s*["'`]([^"'`\n]*)["'`]"#)).ok()
});

/// All routes of a file.
pub(super) fn all_in(file: &SourceFile) -> Vec<Declared> {
    let end = file.path.extension().and_then(|end| end.to_str());
    let text = &*file.text;
    let mut found = by_end(end.unwrap_or_default(), text);
    found.extend(each(COMPARED.as_ref(), text, |it| {
        declared(it.get(1)?.as_str(), Method::Any)
    }));
    found
}

fn by_end(end: &str, text: &str) -> Vec<Declared> {
    match end {
        "py" => {
            let mut found = each(PYTHON.as_ref(), text, of_python);
            found.extend(each(PYTHON_TABLES.as_ref(), text, |it| {
                declared(it.get(1)?.as_str().trim_matches(['^', '$']), Method::Any)
            }));
            found
        }
        "go" => each(GO.as_ref(), text, of_go),
        "java" | "kt" => each(JVM.as_ref(), text, of_jvm),
        "rb" => each(RUBY.as_ref(), text, |it| {
            declared(it.get(2)?.as_str(), Method::named(it.get(1)?.as_str()))
        }),
        _ => each(JAVASCRIPT.as_ref(), text, |it| {
            let method = it.get(1).or_else(|| it.get(2))?.as_str();
            let path = it.get(3)?.as_str();
            // `map.get('name')` is no route, and `@Post('alerts')` is one.
            let is_route = path.starts_with('/') || path == "*" || it.get(2).is_some();
            is_route.then(|| declared(path, Method::named(method)))?
        }),
    }
}

fn each(
    pattern: Option<&Regex>,
    text: &str,
    of: impl Fn(&Captures<'_>) -> Option<Declared>,
) -> Vec<Declared> {
    let found = pattern.into_iter().flat_map(|it| it.captures_iter(text));
    found.filter_map(|it| of(&it)).collect()
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "each route is read by a function that may find none"
)]
fn declared(path: &str, method: Method) -> Option<Declared> {
    Some(Declared {
        path: path.to_owned(),
        method,
    })
}

fn of_python(it: &Captures<'_>) -> Option<Declared> {
    let call = it.get(1).or_else(|| it.get(2))?.as_str();
    let rest = it.get(4).map_or("", |rest| rest.as_str());
    let method = match call {
        "add_post" => Method::Post,
        "add_get" => Method::Get,
        // Flask's routes take GET alone unless they say more.
        "add_url_rule" if rest.contains("as_view") => Method::Any,
        "route" | "add_url_rule" if !rest.contains("methods") => Method::Get,
        "route" | "add_url_rule" | "api_route" | "add_route" | "add_api_route" => {
            let written = rest.to_uppercase();
            match (written.contains("POST"), written.contains("METHODS")) {
                (true, _) => Method::Post,
                (false, true) if written.contains('[') => Method::Get,
                _ => Method::Any,
            }
        }
        named => Method::named(named),
    };
    declared(it.get(3)?.as_str(), method)
}

fn of_go(it: &Captures<'_>) -> Option<Declared> {
    let (call, path) = (it.get(1)?.as_str(), it.get(2)?.as_str());
    // Since Go 1.22 a pattern may begin with its method.
    match path.split_once(' ') {
        Some((method, path)) => declared(path.trim(), Method::named(method)),
        None if !path.starts_with('/') && !path.is_empty() => None,
        None => declared(path, Method::named(call)),
    }
}

fn of_jvm(it: &Captures<'_>) -> Option<Declared> {
    let call = it.get(1)?.as_str();
    let around = format!("{}{}", it.get(2)?.as_str(), it.get(4)?.as_str());
    let method = match call {
        "Request" if around.contains("RequestMethod.GET") => Method::Get,
        named => Method::named(named),
    };
    declared(it.get(3)?.as_str(), method)
}
