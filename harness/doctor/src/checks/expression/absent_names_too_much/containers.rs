//! `absent()` of containers, by patterns that take too many of them.

use alertdrill_project::Service;
use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::Expr;

use crate::checkout::{Checkout, names_in_project};
use crate::checks::check::Said;
use crate::expression::{name_of, selectors};

/// `absent(container_last_seen{name!=""})`: true only when there is no container at all.
pub(super) fn any_container(of: &Expr) -> Option<Said> {
    let selectors = selectors(of);
    let [selector] = selectors.as_slice() else {
        return None;
    };
    let name = name_of(selector)?;
    let takes_any = |matcher: &Matcher| match &matcher.op {
        MatchOp::NotEqual | MatchOp::NotRe(_) => true,
        MatchOp::Re(pattern) => ["x", "another"].iter().all(|name| pattern.is_match(name)),
        MatchOp::Equal => matcher.name == "job" || matcher.name == "instance",
    };
    let matchers = &selector.matchers.matchers;
    (name.starts_with("container_") && matchers.iter().all(takes_any)).then(|| {
        Said::warning(
            format!(
                "`absent` of `{name}` of any container is true only when there is none at all: \
                 one that is gone may go unseen"
            ),
            format!("name the container: `absent({name}{{name=\"…\"}})`"),
        )
    })
}

/// `absent(container_last_seen{name=~"shop.*"})` where all containers of the project are called so,
/// that of cAdvisor among them: while there are metrics, it is there.
pub(super) fn whole_stack(checkout: &Checkout, of: &Expr) -> Option<Said> {
    let selectors = selectors(of);
    let [selector] = selectors.as_slice() else {
        return None;
    };
    let name = name_of(selector).filter(|name| name.starts_with("container_"))?;
    let of_target = ["job", "instance"];
    let mut matchers = selector.matchers.matchers.iter();
    let matcher = matchers.find(|it| !of_target.contains(&it.name.as_str()))?;
    let is_alone = matchers.all(|it| of_target.contains(&it.name.as_str()));
    if !is_alone || matcher.name != "name" || !matches!(matcher.op, MatchOp::Re(_)) {
        return None;
    }
    let services = &checkout.compose.as_ref()?.services;
    let is_meant = |(service, it): &(&String, &Service)| {
        if let Some(own) = &it.container_name {
            return matcher.is_match(own);
        }
        let names = checkout.stack_names.iter();
        let mut names = names.flat_map(|stack| names_in_project(stack, service));
        names.any(|name| matcher.is_match(&name))
    };
    let taken: Vec<_> = services.iter().filter(is_meant).collect();
    let is_cadvisor = |(_, it): &&(&String, &Service)| {
        let image = it.image.as_deref();
        image.is_some_and(|image| image.contains("cadvisor"))
    };
    let itself = taken.iter().find(is_cadvisor).filter(|_| taken.len() > 1);
    let why = match itself {
        Some((itself, _)) => format!(
            "takes the container of `{itself}`, too, which is there as long as there are metrics: \
             it may never be true"
        ),
        None if taken.len() > 1 && taken.len() == services.len() => format!(
            "takes all {} containers of the project: it may be true only when all are gone",
            taken.len()
        ),
        None => return None,
    };
    Some(Said::warning(
        format!("`absent` of `{matcher}` {why}"),
        format!("name the container that is meant: `absent({name}{{name=~\"…\"}})`"),
    ))
}

#[cfg(test)]
mod tests {
    use crate::checks::expression::of_rules::tests::{alerts_on, assert_fine, assert_found};
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "expression/absent-names-too-much";

    #[test]
    fn absence_of_any_container_is_found() {
        for expr in [
            "absent(container_last_seen{name!=\"\"})",
            "absent(container_last_seen{name=~\".+\"}) == 1",
            "absent(container_memory_usage_bytes)",
        ] {
            assert_found(ID, "warning", &[expr]);
        }
        assert_fine(
            ID,
            &[
                "absent(container_last_seen{name=\"shop\"})",
                "absent(container_last_seen{name=~\"shop.*\"})",
            ],
        );
    }

    #[test]
    fn absence_of_a_whole_stack_is_found() {
        let project = |pattern: &str, text: &str| {
            format!(
                "{}--- docker-compose.yml\nservices:\n  app: {{image: 'shop/app'}}\n  cadvisor: \
                 {{image: 'registry.example/cadvisor:v1'}}\n{text}",
                alerts_on(&format!(
                    "absent(container_last_seen{{name=~\"{pattern}\"}})"
                ))
            )
        };
        let makefile = "--- Makefile\nup:\n\tdocker stack deploy -c docker-compose.yml demo\n";
        let found = "rules.yml:5:12 warning: `absent` of `name=~\".*demo.*\"` takes the container of \
                     `cadvisor`, too";
        assert_finds(ID, &project(".*demo.*", makefile), &[found]);
        assert_silent(ID, &project(".*demo.*", ""));
        assert_silent(ID, &project("demo_app.*", makefile));
    }
}
