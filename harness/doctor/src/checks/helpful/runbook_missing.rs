//! A runbook that is not there, or a part of one.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use alertdrill_core::{Finding, nearest};
use alertdrill_project::yaml_tree::Place;

use crate::checkout::{Checkout, Rule};
use crate::checks::check::{Case, Check, Said};

pub(in crate::checks) const RUNBOOK_MISSING: Check = Check {
    id: "helpful/runbook-missing",
    title: "an alert's runbook is not there",
    run,
};

const HELP: &str = "write it, or let the annotation lead to one that is there";

/// How the names of texts end.
const TEXTS: [&str; 7] = [".md", ".mdx", ".rst", ".adoc", ".txt", ".html", ".markdown"];

fn run(case: &Case<'_>) -> Vec<Finding> {
    let files = FileNames::of(case.checkout);
    let mut findings = Vec::new();
    let mut made_up: Vec<(&Rule, Place, &str)> = Vec::new();
    for rule in case.checkout.alerts() {
        for (name, value) in &rule.annotations {
            let link = value.text.trim();
            let is_a_link = !link.contains(char::is_whitespace) && !link.contains("{{");
            if !is_a_link || !is_about_a_runbook(&name.text, link) {
                continue;
            }
            if is_made_up(link) {
                made_up.push((rule, value.place, link));
            } else if let Some(said) = said(case.checkout, &files, link) {
                findings.push(said.of_rule(RUNBOOK_MISSING.id, rule, value.place));
            }
        }
    }
    if let Some((rule, place, link)) = made_up.first() {
        let others = match made_up.len() - 1 {
            0 => String::new(),
            others => format!(" (and {others} more)"),
        };
        let message = format!("the runbook `{link}` may be a placeholder{others}");
        let said = Said::note(message, HELP);
        findings.push(said.of_rule(RUNBOOK_MISSING.id, rule, *place));
    }
    findings
}

fn is_about_a_runbook(name: &str, link: &str) -> bool {
    let marks = ["runbook", "playbook", "documentation", "docs"];
    let (name, link) = (name.to_lowercase(), link.to_lowercase());
    marks.iter().any(|mark| name.contains(mark)) || link.contains("runbook") && link.contains('/')
}

/// Whether it leads to a host that exists for examples only, or to one that is yet to be named. The
/// domain `.example` is for projects that are examples themselves.
fn is_made_up(link: &str) -> bool {
    let Some((_, rest)) = link.split_once("://") else {
        return false;
    };
    let host = rest.split(['/', ':', '?', '#']).next().unwrap_or_default();
    let host = host.to_lowercase();
    let hosts = ["example.com", "example.org", "example.net"];
    let is_of = |known: &&str| host == **known || host.ends_with(&format!(".{known}"));
    hosts.iter().any(is_of)
        || [
            "/your-org/",
            "/your_org/",
            "/yourorg/",
            "/your-repo/",
            "/your-username/",
        ]
        .iter()
        .any(|mark| rest.to_lowercase().contains(mark))
        || host.starts_with("your-")
        || host.starts_with("your.")
}

/// That a file of this checkout is not there.
fn said(checkout: &Checkout, files: &FileNames<'_>, link: &str) -> Option<Said> {
    let without_anchor = link.split(['#', '?']).next().unwrap_or(link);
    let is_a_text = TEXTS.iter().any(|end| without_anchor.ends_with(end));
    let (path, repository) = match without_anchor.split_once("://") {
        Some((_, rest)) => {
            let (repository, path) = in_a_repository(rest)?;
            (path, Some(repository))
        }
        None if is_a_text && without_anchor.contains('/') => (without_anchor, None),
        None => return None,
    };
    let path = PathBuf::from(path.trim_start_matches("./").trim_start_matches('/'));
    if path.as_os_str().is_empty() {
        return None;
    }
    if files.have(&path) {
        return no_such_part(checkout, &path, link, repository.is_some());
    }
    let shown = path.display();
    let Some(repository) = repository else {
        return Some(Said::warning(
            format!("the runbook `{shown}` is not in the checkout"),
            HELP,
        ));
    };
    let folder = checkout.root.file_name().and_then(|name| name.to_str());
    if folder.is_some_and(|folder| folder.eq_ignore_ascii_case(repository)) {
        return Some(Said::warning(
            format!("the runbook `{shown}` is not in the checkout"),
            HELP,
        ));
    }
    // The link may lead into another repository; if the folder is here, it hardly does.
    let beside = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())?;
    files.have_folder(beside).then(|| {
        let message = format!(
            "the runbook `{shown}` may be missing: `{}` is here, and the file is not",
            beside.display()
        );
        Said::warning(message, HELP)
    })
}

/// That the text is there and has no heading to which the link leads.
fn no_such_part(checkout: &Checkout, path: &Path, link: &str, is_elsewhere: bool) -> Option<Said> {
    let (_, part) = link.split_once('#')?;
    let part = part.to_lowercase();
    let is_of_lines = part
        .strip_prefix('l')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    // A file of the same name may lie in the other repository, too.
    let is_unsure = is_elsewhere && path.components().count() < 2;
    if part.is_empty() || is_of_lines || is_unsure || part.contains(['~', '=', '%', '$']) {
        return None;
    }
    let texts = checkout.anchors.iter();
    let texts: Vec<_> = texts.filter(|(file, _)| file.ends_with(path)).collect();
    // Other ways to write pages make hyphens otherwise.
    let plain =
        |anchor: &str| -> String { anchor.chars().filter(|c| c.is_alphanumeric()).collect() };
    let wanted = plain(&part);
    let mut all = texts.iter().flat_map(|(_, anchors)| anchors.iter());
    if texts.is_empty() || all.any(|anchor| plain(anchor) == wanted) {
        return None;
    }
    let all = texts.iter().flat_map(|(_, anchors)| anchors.iter());
    let nearest = nearest(&part, all.map(String::as_str));
    let nearest = nearest.map_or_else(String::new, |it| format!("; the nearest is `#{it}`"));
    Some(Said::warning(
        format!(
            "the runbook `{}` is there, and has no heading `#{part}`{nearest}",
            path.display()
        ),
        "write the part, or name a heading as the page's own links do",
    ))
}

/// The repository and the path in `host/owner/repository/blob/branch/path`.
fn in_a_repository(rest: &str) -> Option<(&str, &str)> {
    let (before, after) = ["/blob/", "/tree/", "/raw/"]
        .iter()
        .find_map(|mark| rest.split_once(mark))?;
    let before = before.trim_end_matches("/-");
    let repository = before.rsplit('/').next()?;
    let (_, path) = after.split_once('/')?;
    Some((repository, path))
}

/// The files of a checkout, also by their own names.
struct FileNames<'a> {
    all: &'a BTreeSet<PathBuf>,
    by_name: BTreeMap<&'a OsStr, Vec<&'a Path>>,
}

impl<'a> FileNames<'a> {
    fn of(checkout: &'a Checkout) -> Self {
        let mut by_name: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for path in &*checkout.files {
            let name = path.file_name().unwrap_or_default();
            by_name.entry(name).or_default().push(path.as_path());
        }
        Self {
            all: &checkout.files,
            by_name,
        }
    }

    /// Whether the file or folder is there, from the checkout's folder or from one inside.
    fn have(&self, path: &Path) -> bool {
        let name = path.file_name().unwrap_or_default();
        let mut alike = self.by_name.get(name).into_iter().flatten();
        self.have_folder(path) || alike.any(|file| file.ends_with(path))
    }

    /// Whether the path is there, or something below it.
    fn have_folder(&self, path: &Path) -> bool {
        let mut from = self.all.range(path.to_owned()..);
        from.next().is_some_and(|first| first.starts_with(path))
    }
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "helpful/runbook-missing";

    fn project(name: &str, link: &str) -> String {
        format!(
            "--- docs/runbooks/down.md\n# Down\n## The cause\n--- rules.yml\ngroups:\n  - name: g\n    \
             rules:\n      - alert: A\n        expr: up == 0\n        annotations:\n          \
             {name}: '{link}'\n"
        )
    }

    #[test]
    fn file_that_is_not_in_the_checkout_is_found() {
        for (link, expected) in [
            (
                "docs/runbooks/slow.md#a",
                "the runbook `docs/runbooks/slow.md` is not in the checkout",
            ),
            (
                "https://github.com/me/shop/blob/main/docs/runbooks/slow.md",
                "the runbook `docs/runbooks/slow.md` may be missing: `docs/runbooks` is here",
            ),
        ] {
            let expected = format!("rules.yml:7:24 warning: {expected}");
            assert_finds(ID, &project("runbook_url", link), &[&expected]);
        }
        assert_finds(
            ID,
            &project("runbook_url", "https://wiki.example.com/slow"),
            &[
                "rules.yml:7:24 note: the runbook `https://wiki.example.com/slow` may be a \
                 placeholder",
            ],
        );
    }

    #[test]
    fn look_alikes_are_silent() {
        for (name, link) in [
            ("runbook_url", "docs/runbooks/down.md"),
            ("runbook_url", "./runbooks/down.md#the-cause"),
            ("runbook_url", "docs/runbooks/down.md#L12"),
            (
                "runbook_url",
                "https://github.com/me/shop/blob/main/docs/runbooks/down.md#down",
            ),
            (
                "runbook_url",
                "https://github.com/me/shop/blob/main/docs/runbooks/down.md",
            ),
            (
                "runbook_url",
                "https://github.com/others/else/blob/main/books/slow.md",
            ),
            ("runbook_url", "https://wiki.shop.io/runbooks/slow.md"),
            ("runbook_url", "docs/runbooks/{{ $labels.job }}.md"),
            ("runbook_url", "https://shop.example/runbooks/slow.md"),
            ("runbook", "restart it, see docs/x.md"),
            ("summary", "a/b.md"),
        ] {
            assert_silent(ID, &project(name, link));
        }
    }
}
