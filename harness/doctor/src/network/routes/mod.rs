//! Which paths a program serves, by the routes that its source declares.
//!
//! A prefix may be put before a route anywhere (`include_router`, `app.use`, a group), so a path is
//! refused only if the source has one of its parts nowhere, or declares its end for other methods.

mod declared;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::checkout::SourceFile;
use declared::{Declared, Method, all_in};

/// What a program does with a `POST` to a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Posted {
    /// It has no such path; those that it declares for `POST`.
    NoSuchPath(Vec<String>),
    /// It has the path, and takes other methods only.
    OtherMethod {
        /// The path as it is declared.
        path: String,
        /// The method that it takes.
        takes: &'static str,
    },
}

/// A path that is served by whatever the rest of the program does.
static CATCHES_ALL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let python = r#"<path:|:path\}|\.mount\(\s*["']/["']|WSGIApplication|GraphQL"#;
    let javascript = r#"["'`](?:/?\*|\(\.\*\))|createProxy|http-proxy|serverless"#;
    let go = r#"Handle(?:Func)?\(\s*"/"|NoRoute\(|ReverseProxy|/\*\w*"|\) ServeHTTP\("#;
    let java = r#"/\*\*"|HttpServlet|RouterFunction"#;
    Regex::new(&format!("{python}|{javascript}|{go}|{java}")).ok()
});
/// A server that looks at a request's path by itself, and what it compares that with.
static BY_HAND: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let javascript = r"createServer\(\s*(?:async\s*)?(?:\(|function)";
    Regex::new(&format!(
        "BaseHTTPRequestHandler|SimpleHTTPRequestHandler|socketserver|{javascript}"
    ))
    .ok()
});

/// What of a `POST` to the path of `address` a program made of these files refuses; `None` if it
/// takes it, or if that cannot be told.
pub(crate) fn refused_post(files: &[&SourceFile], address: &str) -> Option<Posted> {
    let path = path_of(address)?;
    let programs: Vec<_> = files.iter().filter(|file| is_program(file)).collect();
    let texts: Vec<_> = programs.iter().map(|file| &*file.text).collect();
    let any = |pattern: &LazyLock<Option<Regex>>| {
        let is_in = |text: &&str| pattern.as_ref().is_none_or(|it| it.is_match(text));
        texts.iter().any(is_in)
    };
    let declared: Vec<_> = programs.iter().flat_map(|file| all_in(file)).collect();
    let is_by_hand = any(&BY_HAND);
    if declared.is_empty() && is_by_hand && takes_no_post(&texts) {
        return Some(Posted::OtherMethod {
            path: path.to_owned(),
            takes: "GET",
        });
    }
    if declared.is_empty() || any(&CATCHES_ALL) || is_by_hand && !compares_paths(&texts) {
        return None;
    }
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
    let Some(last) = parts.last() else {
        return at_the_root(&declared, &texts);
    };
    if declared.iter().any(|it| it.may_be_any(&parts)) {
        return None;
    }
    let is_missing = |part: &&str| !texts.iter().any(|text| has_part(text, part));
    if parts.iter().any(is_missing) {
        return Some(Posted::NoSuchPath(posted(&declared)));
    }
    let meant: Vec<_> = declared.iter().filter(|it| it.ends_with(last)).collect();
    let first = meant.first()?;
    let below_a_prefix = declared.iter().filter(|it| it.is_root());
    let mut taking = meant.iter().copied().chain(below_a_prefix);
    let takes_post = taking.any(|it| it.method.may_be_post());
    (!takes_post).then(|| Posted::OtherMethod {
        path: first.path.clone(),
        takes: first.method.shown(),
    })
}

/// Of a path without a part. A route without one may have a prefix instead.
fn at_the_root(declared: &[Declared], texts: &[&str]) -> Option<Posted> {
    const PREFIXES: [&str; 6] = [
        "prefix",
        ".use(",
        "Group(",
        "@RequestMapping",
        "@Controller",
        "Mount",
    ];
    let at_root: Vec<_> = declared.iter().filter(|it| it.is_root()).collect();
    if at_root.iter().any(|it| it.method.may_be_post()) {
        return None;
    }
    let has_prefixes = |text: &&str| PREFIXES.iter().any(|it| text.contains(it));
    if let Some(first) = at_root.first() {
        return Some(Posted::OtherMethod {
            path: "/".to_owned(),
            takes: first.method.shown(),
        });
    }
    let posted = posted(declared);
    (!posted.is_empty() && !texts.iter().any(has_prefixes)).then_some(Posted::NoSuchPath(posted))
}

/// The paths that are declared for `POST`, in their order.
fn posted(declared: &[Declared]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let posted = declared.iter().filter(|it| it.method == Method::Post);
    let posted = posted.filter(|it| seen.insert(it.path.as_str()));
    posted.map(|it| it.path.clone()).collect()
}

/// `/alerts` of `http://bridge:5000/alerts?to=me`; `None` if it is filled in later.
fn path_of(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once("://")?;
    let begins = rest.find('/').unwrap_or(rest.len());
    let path = rest.get(begins..).unwrap_or_default();
    let path = path.split(['?', '#']).next().unwrap_or_default();
    (!path.contains(['{', '$', '<', '%'])).then_some(path)
}

fn is_program(file: &SourceFile) -> bool {
    const ENDINGS: [&str; 9] = ["py", "js", "mjs", "cjs", "ts", "go", "java", "kt", "rb"];
    let end = file.path.extension().and_then(|end| end.to_str());
    let name = file.path.to_string_lossy();
    let is_test = ["test", "spec", "node_modules"]
        .iter()
        .any(|it| name.contains(it));
    end.is_some_and(|end| ENDINGS.contains(&end)) && !is_test
}

/// Whether a text has a part of a path: after a slash, or at the start of what stands in quotes.
fn has_part(text: &str, part: &str) -> bool {
    let is_of_a_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    text.match_indices(part).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let rest = text.get(at + part.len()..).unwrap_or_default();
        let after = rest.chars().next();
        before.is_some_and(|c| "/\"'`^".contains(c)) && !after.is_some_and(is_of_a_word)
    })
}

/// Whether a server that looks at requests by itself compares their paths with texts.
fn compares_paths(texts: &[&str]) -> bool {
    let words = ["self.path", "req.url", "request.url", "pathname"];
    texts
        .iter()
        .any(|text| words.iter().any(|it| text.contains(it)))
}

/// Whether a server that looks at requests by itself takes some by `GET`, and none by `POST`.
fn takes_no_post(texts: &[&str]) -> bool {
    let has = |word: &str| texts.iter().any(|text| text.contains(word));
    has("def do_GET") && !has("do_POST")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(file: &str, text: &str, path: &str) -> Option<Posted> {
        let file = SourceFile::new(file, text);
        refused_post(&[&file], &format!("http://hook:5000{path}"))
    }

    fn none() -> Posted {
        Posted::NoSuchPath(vec!["/alerts".to_owned()])
    }

    #[test]
    fn path_that_no_route_has_is_refused() {
        for (file, text) in [
            ("a.py", "@app.post('/alerts')\ndef f(): pass\n"),
            ("a.py", "@app.route(\"/alerts\", methods=[\"POST\"])\n"),
            ("a.js", "app.get('/health', f)\napp.post('/alerts', f)\n"),
            ("a.go", "r.POST(\"/alerts\", f)\n"),
            ("a.go", "mux.HandleFunc(\"POST /alerts\", f)\n"),
            ("A.java", "@PostMapping(\"/alerts\")\n"),
        ] {
            assert_eq!(refused(file, text, "/alert"), Some(none()), "{text}");
            assert_eq!(refused(file, text, "/alerts"), None, "{text}");
        }
        let with_variable = "@app.post('/users/{name}')\n";
        let users = Posted::NoSuchPath(vec!["/users/{name}".to_owned()]);
        assert_eq!(refused("a.py", with_variable, "/alert"), Some(users));
        assert_eq!(refused("a.py", "@app.post('/alerts')\n", "/"), Some(none()));
        assert_eq!(refused("a.py", "@app.post('/alerts')\n", ""), Some(none()));
    }

    #[test]
    fn path_that_takes_other_methods_only_is_refused() {
        for (file, text) in [
            ("a.py", "@app.get('/alerts')\n"),
            ("a.py", "@app.route('/alerts')\ndef f(): pass\n"),
            ("a.js", "router.get('/alerts', f)\n"),
            ("a.go", "r.GET(\"/alerts\", f)\n"),
            (
                "a.py",
                "class H(BaseHTTPRequestHandler):\n  def do_GET(self): pass\n",
            ),
        ] {
            let expected = Posted::OtherMethod {
                path: "/alerts".to_owned(),
                takes: "GET",
            };
            assert_eq!(refused(file, text, "/alerts"), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_may_take_the_path_is_not_refused() {
        for (file, text) in [
            (
                "a.py",
                "router = APIRouter(prefix='/alert')\n@router.post('')\n",
            ),
            ("a.py", "@app.post('/{name}')\n"),
            ("a.py", "@app.api_route('/{all:path}', methods=['POST'])\n"),
            (
                "a.py",
                "class H(BaseHTTPRequestHandler):\n  def do_POST(self): pass\n",
            ),
            ("a.js", "app.use('/alert', hooks)\nhooks.post('/', f)\n"),
            ("a.js", "app.post('*', f)\n"),
            ("a.js", "http.createServer((req, res) => res.end())\n"),
            ("a.go", "http.HandleFunc(\"/\", f)\n"),
            ("a.go", "http.HandleFunc(\"/alert\", f)\n"),
            ("a.txt", "@app.post('/alerts')\n"),
            ("a.py", "print('no routes')\n"),
        ] {
            assert_eq!(refused(file, text, "/alert"), None, "{text}");
        }
        assert_eq!(refused("a.py", "@app.post('/alerts')\n", "/${PATH}"), None);
    }
}
