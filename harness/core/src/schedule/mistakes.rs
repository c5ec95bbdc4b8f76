//! Mistakes in a drill that can be seen before anything is broken.

use std::collections::BTreeSet;

use super::Holdings;
use crate::promql::metrics_of;
use crate::{Drill, Placement, Settings, nearest};

/// What is wrong with `drill`, which was placed and holds `holdings`; `None` if nothing is.
pub(super) fn mistake_in(
    drill: &Drill,
    holdings: &Holdings,
    settings: &Settings,
) -> Option<String> {
    open_placeholder(drill, settings)
        .or_else(|| unknown_holding(holdings, settings))
        .or_else(|| impossible_label(drill))
        .or_else(|| unreadable_condition(drill))
        .or_else(|| missing_runbook(drill, settings))
}

/// A name in braces that is left in a text of a placed drill.
fn open_placeholder(drill: &Drill, settings: &Settings) -> Option<String> {
    let mut drill = drill.clone();
    let instants = Placement::on([("injected_at", ""), ("reverted_at", "")]);
    for check in &mut drill.afterwards {
        instants.fill_all(&mut check.command);
    }
    let texts = match serde_json::to_string(&drill) {
        Ok(texts) => texts,
        Err(error) => return Some(format!("it cannot be written as JSON: {error}")),
    };
    let mut open = names_in_braces(&texts).into_iter();
    let open = open.find(|name| is_to_fill(name, &drill, &texts, settings))?;
    let paths = settings.paths.iter().filter(|path| !path.lanes.is_empty());
    let names: Vec<_> = paths.map(|path| path.name.as_str()).collect();
    if names.contains(&open.as_str()) {
        return Some(format!(
            "a text of it names `{{{open}}}`, and it breaks and holds nothing on a lane of `{open}`"
        ));
    }
    let there_is = there_is(&format!("path `{open}` that has lanes"), &open, names);
    Some(format!("a text of it names `{{{open}}}`, and {there_is}"))
}

/// Whether `name`, which stands in braces in `texts`, would be filled if it were a path's. What is
/// sent as it is (a message, a JSON body) is not filled, and so not meant.
fn is_to_fill(name: &str, drill: &Drill, texts: &str, settings: &Settings) -> bool {
    let filled = drill.clone().placed(&Placement::on([(name, "")]), settings);
    let occurrences = |text: &str| text.matches(&format!("{{{name}}}")).count();
    let left = serde_json::to_string(&filled).map(|left| occurrences(&left));
    left.is_ok_and(|left| left < occurrences(texts))
}

/// The names that stand in braces. What a shell or a template reads (`${name}`, `{{name}}`) is left
/// out.
fn names_in_braces(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (begin, _) in text.match_indices('{') {
        let (before, after) = (&text[..begin], &text[begin + 1..]);
        let is_in_a_name = |char: char| char.is_ascii_alphanumeric() || "_-".contains(char);
        if let Some((name, _)) = after.split_once('}')
            && name.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_')
            && name.chars().all(is_in_a_name)
            && !before.ends_with(['$', '{'])
        {
            names.insert(name.to_owned());
        }
    }
    names
}

/// A name that the drill holds or disturbs, and that the project does not have.
fn unknown_holding(holdings: &Holdings, settings: &Settings) -> Option<String> {
    let paths = settings.paths.iter();
    let paths = paths.flat_map(|path| path.lanes.iter().chain([&path.name]));
    let names = settings.services.iter().chain(paths);
    let names: BTreeSet<_> = names.map(String::as_str).collect();
    let unknown = holdings
        .keys()
        .find(|name| !names.contains(name.as_str()))?;
    let there_is = there_is("service, path or lane of that name", unknown, names);
    Some(format!("it holds or disturbs `{unknown}`, and {there_is}"))
}

/// That there is none of these, and the nearest name that there is.
fn there_is<'a>(what: &str, name: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    match nearest(name, names) {
        Some(nearest) => format!("there is no {what}; the nearest is `{nearest}`"),
        None => format!("there is no {what}"),
    }
}

/// A label that no alert can carry (<https://prometheus.io/docs/concepts/data_model/>).
fn impossible_label(drill: &Drill) -> Option<String> {
    let claims = drill.claims();
    let is_possible = |name: &str| {
        let is_in_a_name = |char: char| char.is_ascii_alphanumeric() || char == '_';
        name.chars().all(is_in_a_name) && name.starts_with(|char: char| !char.is_ascii_digit())
    };
    claims.iter().find_map(|claim| {
        let name = claim.labels.keys().find(|name| !is_possible(name))?;
        Some(format!(
            "no alert {} can have the label `{name}`: a label's name is made of letters, digits \
             and underscores, and does not begin with a digit",
            claim.alert
        ))
    })
}

fn unreadable_condition(drill: &Drill) -> Option<String> {
    drill.conditions().find_map(|condition| {
        let reason = metrics_of(condition).err()?;
        Some(format!(
            "its condition `{condition}` is no PromQL: {reason}"
        ))
    })
}

/// An alert that must lead to a runbook that the project does not have.
fn missing_runbook(drill: &Drill, settings: &Settings) -> Option<String> {
    drill.expect.iter().find_map(|expected| {
        let runbook = settings.runbook_of(&expected.alert)?;
        let file = runbook.split('#').next().unwrap_or(&runbook);
        let is_missing = !settings.runbooks.contains(file);
        is_missing.then(|| {
            let there = settings.runbooks.iter().map(String::as_str);
            let there_is = there_is("such file", file, there);
            format!(
                "the runbook of {} must be {file}, and {there_is}",
                expected.alert
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::places;
    use super::*;
    use crate::{Check, ExpectedAlert, Fault, Moment, SilentAlert};

    fn on_lane() -> Drill {
        Drill::new("x", Fault::stop("handler-{lane}"))
    }

    fn alert() -> ExpectedAlert {
        ExpectedAlert::new("Down", "critical", Duration::from_secs(60))
    }

    fn check(command: &str) -> Check {
        Check {
            what: "nothing is lost".into(),
            service: "kafka".into(),
            command: vec![command.into()],
            within: Duration::from_secs(1),
        }
    }

    fn refused(drill: &Drill) -> String {
        places(drill, &Settings::example()).unwrap_err().to_string()
    }

    #[test]
    fn lease_on_what_the_project_does_not_have_is_refused_with_the_nearest_name() {
        let error = refused(&Drill::new("x", Fault::stop("kafak")));
        assert!(
            error.contains("`kafak`") && error.contains("the nearest is `kafka`"),
            "{error}"
        );
        let error = refused(&on_lane().shared("offlaod"));
        assert!(error.contains("the nearest is `offload`"), "{error}");
    }

    #[test]
    fn unknown_placeholder_in_any_text_is_refused_with_the_nearest_path() {
        let moment = Moment {
            what: "{lain} is idle".into(),
            service: "kafka".into(),
            command: vec![],
        };
        let command = vec!["break".to_owned(), "{lain}".to_owned()];
        let drills = [
            Drill::new("x", Fault::stop("handler-{lain}")),
            on_lane().fault(Fault::run_command("kafka", command, vec![])),
            on_lane().shared("{lain}"),
            on_lane().at(moment),
            on_lane().expect_alert(alert().label("exchange", "{lain}")),
            on_lane().expect_alert(alert().when("up{exchange=\"{lain}\"}")),
            on_lane().silent(SilentAlert::new("Down").label("exchange", "{lain}")),
            on_lane().tolerate("Late", &[("exchange", "{lain}")], "it waits"),
            on_lane().afterwards(check("--lane={lain}")),
        ];
        for drill in drills {
            let error = refused(&drill);
            assert!(error.contains("no path `lain`"), "{error}");
            assert!(error.ends_with("the nearest is `lane`"), "{error}");
        }
    }

    #[test]
    fn lane_in_the_texts_of_a_drill_that_is_on_none_is_refused() {
        let drill = Drill::new("x", Fault::stop("kafka"));
        let error = refused(&drill.expect_alert(alert().label("exchange", "{lane}")));
        assert!(
            error.contains("holds nothing on a lane of `lane`"),
            "{error}"
        );
    }

    #[test]
    fn braces_that_are_not_for_a_lane_are_left_alone() {
        let command = ["${HOME}", "{{ name }}{{name}}", "{ print }"].map(str::to_owned);
        let drill = on_lane()
            .fault(Fault::run_command("kafka", command.to_vec(), vec![]))
            .fault(Fault::poison("trades", "{payload}", "group", "kafka"))
            .afterwards(check("{injected_at} {reverted_at}"));
        assert!(places(&drill, &Settings::example()).is_ok());
        let error = refused(&on_lane().tolerate("{injected_at}", &[], "it waits"));
        assert!(
            error.contains("`{injected_at}`"),
            "only a check's command knows it: {error}"
        );
    }

    #[test]
    fn label_that_no_alert_can_have_is_refused() {
        for name in ["exchange-name", "2nd", "", "é"] {
            let error = refused(&on_lane().expect_alert(alert().label(name, "okx")));
            assert!(error.contains(&format!("the label `{name}`")), "{error}");
        }
        let error = refused(&on_lane().tolerate("Late", &[("a b", "okx")], "it waits"));
        assert!(
            error.contains("no alert Late can have the label `a b`"),
            "{error}"
        );
        assert!(
            places(
                &on_lane().expect_alert(alert().label("_a1", "")),
                &Settings::example()
            )
            .is_ok()
        );
    }

    #[test]
    fn condition_that_is_no_promql_is_refused_in_the_parsers_words() {
        let reason = metrics_of("up ==").unwrap_err();
        let near = SilentAlert::new("Down").near("up ==", Duration::from_secs(1));
        for drill in [
            on_lane().expect_alert(alert().when("up ==")),
            on_lane().silent(near),
        ] {
            let error = refused(&drill);
            assert!(
                error.contains("`up ==` is no PromQL") && error.contains(&reason),
                "{error}"
            );
        }
    }

    #[test]
    fn alert_whose_runbook_is_not_there_is_refused_with_the_path_and_the_nearest_one() {
        let settings = |runbook: &str| Settings {
            runbook: Some("docs/{alert}.md#now".to_owned()),
            runbooks: [runbook.to_owned()].into(),
            ..Settings::example()
        };
        let drill = on_lane().expect_alert(alert());
        assert!(places(&drill, &settings("docs/Down.md")).is_ok());
        let error = places(&drill, &settings("docs/Dwon.md"))
            .unwrap_err()
            .to_string();
        let said = "the runbook of Down must be docs/Down.md, and there is no such file; the \
                    nearest is `docs/Dwon.md`";
        assert!(error.contains(said), "{error}");
    }
}
