//! Metrics that a program writes by a function of its own, which is given name, kind and value:
//! `formatMetric('shop_up', 'gauge', 'help', 1)`.

use std::sync::LazyLock;

use regex::Regex;

use super::text::{Language, Pattern, all, arguments, line_of};
use crate::checkout::SourceFile;
use crate::knowledge::{Domain, Family, MetricKind};

static FUNCTION: Pattern = LazyLock::new(|| {
    Regex::new(r"\b(?:function|func|def|const|fn)\s+(\w+)\s*(?:=\s*(?:async\s*)?)?\(").ok()
});
static NUMBER: Pattern = LazyLock::new(|| Regex::new(r"^-?\d+(?:\.\d+)?$").ok());
/// `$isThere ? 1 : 0`
static ONE_OF_TWO: Pattern =
    LazyLock::new(|| Regex::new(r"\?\s*(-?\d+(?:\.\d+)?)\s*:\s*(-?\d+(?:\.\d+)?)$").ok());

/// So many bytes behind its head a function writes the kind.
const BODY_BYTES: usize = 800;

/// What the calls of such functions in a file write.
pub(super) fn families(file: &SourceFile) -> Vec<Family> {
    let text = &*file.text;
    let mut found = Vec::new();
    for function in all(&FUNCTION, text) {
        let (Some(head), Some(name)) = (function.get(0), function.get(1)) else {
            continue;
        };
        let open = head.end() - 1;
        let Some((parameters, end)) = arguments(text, open, Language::Curly) else {
            continue;
        };
        let body = text.get(end..).unwrap_or_default();
        let body = body
            .get(..body.ceil_char_boundary(BODY_BYTES))
            .unwrap_or(body);
        if !body.contains("# TYPE ") {
            continue;
        }
        let value_at = parameters.iter().position(|it| it.contains("value"));
        let calls = Regex::new(&format!(r"\b{}\s*\(", regex::escape(name.as_str())));
        for call in calls.iter().flat_map(|it| it.find_iter(text)) {
            if call.end() - 1 != open {
                found.extend(family(file, call.end() - 1, value_at));
            }
        }
    }
    found
}

/// What the call whose arguments begin at `open` writes; `None` if that is made at run time.
fn family(file: &SourceFile, open: usize, value_at: Option<usize>) -> Option<Family> {
    let (given, _) = arguments(&file.text, open, Language::Curly)?;
    let name = in_quotes(given.first()?)?;
    let kind = MetricKind::of_word(in_quotes(given.get(1)?)?)?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    if name.is_empty() || !name.chars().all(is_name) {
        return None;
    }
    let place = format!("{}:{}", file.path.display(), line_of(&file.text, open));
    let mut family = Family::new(name, kind, &place);
    family.has_quantiles = kind == MetricKind::Summary;
    if kind == MetricKind::Gauge {
        family.domain = value_at
            .and_then(|at| given.get(at))
            .and_then(|it| values(it));
    }
    Some(family)
}

fn in_quotes(written: &str) -> Option<&str> {
    let bare = |quote| written.strip_prefix(quote)?.strip_suffix(quote);
    bare('\'').or_else(|| bare('"'))
}

/// Which numbers an argument can be, where it names them.
fn values(written: &str) -> Option<Domain> {
    if all(&NUMBER, written).next().is_some() {
        let number = written.parse().ok()?;
        return Some(Domain::Between(number, number));
    }
    let two = all(&ONE_OF_TWO, written).next()?;
    let number = |at: usize| two.get(at)?.as_str().parse::<f64>().ok();
    let (one, other) = (number(1)?, number(2)?);
    Some(Domain::Between(one.min(other), one.max(other)))
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    fn project(calls: &str, expr: &str) -> String {
        format!(
            "--- prometheus.yml\nrule_files: [rules.yml]\nscrape_configs:\n- job_name: shop\n  \
             static_configs: [{{targets: ['shop.internal:80']}}]\n--- app/Metrics.php\n<?php\n\
             function all() {{\n{calls}\n}}\n\
             function formatMetric(string $name, string $type, string $help, $value): string {{\n\
             $out = \"# TYPE {{$name}} {{$type}}\\n\";\nreturn $out . \"{{$name}} {{$value}}\\n\";\n}}\n\
             --- rules.yml\ngroups:\n- name: g\n  rules:\n  - alert: A\n    expr: {expr}\n"
        )
    }

    const CALLS: &str = "$m[] = formatMetric('shop_up', 'gauge', 'it runs', 1);\n\
        $m[] = formatMetric('shop_db_up', 'gauge', 'it answers', $db ? 1 : 0);\n\
        $m[] = formatMetric('shop_orders_today', 'gauge', 'orders', $orders);";

    #[test]
    fn value_that_is_always_the_same_is_never_another() {
        let id = "expression/threshold-outside-domain";
        let expected = "rules.yml:5:11 error: `shop_up` is 1, so it is never `== 0`";
        assert_finds(id, &project(CALLS, "shop_up == 0"), &[expected]);
        let sum = project(CALLS, "(shop_up + shop_db_up) == 0");
        assert_finds(
            id,
            &sum,
            &["rules.yml:5:12 error: `(shop_up + shop_db_up)` is 1 to 2"],
        );
        for expr in ["shop_db_up == 0", "shop_orders_today == 0"] {
            assert_silent(id, &project(CALLS, expr));
        }
        let twice = format!("{CALLS}\n$m[] = formatMetric('shop_up', 'gauge', 'it runs', 0);");
        assert_silent(id, &project(&twice, "shop_up == 0"));
    }

    #[test]
    fn gauge_that_is_taken_for_a_counter_is_found() {
        let id = "expression/rate-of-gauge";
        let expected = "rules.yml:5:20 warning: `shop_orders_today` may be a gauge";
        assert_finds(
            id,
            &project(CALLS, "increase(shop_orders_today[1d]) == 0"),
            &[expected],
        );
        assert_silent(id, &project(CALLS, "shop_orders_today == 0"));
    }
}
