//! The documents say what is true: what is generated in them is up to date, links lead somewhere,
//! examples are read by the program, and the table of contents lists every page.
//!
//! No program checks the links: a test over all Markdown files needs nothing that a machine may
//! lack, and sees the README as well, which is no page of the book. Links to other sites are not
//! followed, so that no site that is down fails a build.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in a test, a panic is how it fails"
)]

mod book;
mod drills;

use alertdrill::Drill;
use book::{examples, keys, links, outcomes, pages, read, variables};

const NOTHING: [&str; 0] = [];

#[test]
fn tables_of_the_drills_and_their_plan_are_what_the_suite_gives() {
    book::drills::hold_tables();
}

#[test]
fn pages_tell_as_many_drills_and_alerts_as_there_are() {
    assert_eq!(book::drills::miscounted(), NOTHING);
}

#[test]
fn tables_of_keys_are_those_of_the_schema() {
    keys::hold_tables();
}

#[test]
fn each_key_of_the_schema_stands_in_a_table() {
    assert_eq!(keys::forgotten_keys(), NOTHING);
}

#[test]
fn tables_of_exit_codes_reasons_and_report_fields_are_what_the_program_says() {
    outcomes::hold_tables();
}

#[test]
fn page_on_variables_names_each_that_the_program_reads() {
    assert_eq!(variables::forgotten(), NOTHING);
}

#[test]
fn each_link_between_the_documents_leads_somewhere() {
    let broken = links::broken_links();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn table_of_contents_lists_each_page_of_the_book_once() {
    let pages = pages();
    let of_the_doctor: Vec<_> = pages
        .iter()
        .filter_map(|page| page.strip_prefix("docs/doctor/")?.strip_suffix(".md"))
        .filter(|page| *page != "README")
        .map(|page| format!("  - [{page}](doctor/{page}.md)\n"))
        .collect();
    let of_the_doctor = format!(
        "- [What the doctor finds](doctor/README.md)\n{}",
        of_the_doctor.concat()
    );
    book::hold("docs/SUMMARY.md", "the doctor's pages", &of_the_doctor);
    let wanted: Vec<_> = pages
        .into_iter()
        .filter(|page| page.starts_with("docs/") && page != "docs/SUMMARY.md")
        .collect();
    assert_eq!(links::listed(), wanted);
}

#[test]
fn links_to_a_folder_s_readme_are_led_on_in_the_book() {
    let book = read("book.toml");
    for page in links::listed() {
        let Some(folder) = page.strip_prefix("docs").unwrap().strip_suffix("README.md") else {
            continue;
        };
        let redirect = format!("\"{folder}README.html\" = \"index.html\"");
        assert!(book.contains(&redirect), "book.toml has no {redirect}");
    }
}

#[test]
fn file_that_is_also_a_page_of_the_book_links_to_no_file() {
    // A path that is right in one of both places is wrong in the other.
    let included = links::included();
    assert!(included.len() >= 3, "{included:?}");
    for file in included {
        assert_eq!(links::file_links(&file), NOTHING, "{file}");
    }
}

#[test]
fn each_alertdrill_yml_of_the_documents_is_read() {
    let unread = examples::unread_files();
    assert!(unread.is_empty(), "{}", unread.join("\n"));
}

#[test]
fn excerpts_of_the_tutorial_stand_in_the_web_shop() {
    assert_eq!(examples::made_up_excerpts(), NOTHING);
}

#[test]
fn drill_that_the_book_shows_in_rust_stands_in_the_suite() {
    assert_eq!(examples::made_up_rust(), NOTHING);
}

#[test]
fn each_command_of_the_script_that_the_documents_name_exists() {
    assert_eq!(examples::unknown_script_commands(), NOTHING);
}

#[test]
fn readme_is_read_on_one_screen() {
    let readme = read("README.md");
    assert!(readme.lines().count() <= 150);
    let long: Vec<_> = readme
        .lines()
        .filter(|line| line.chars().count() > 120)
        .collect();
    assert_eq!(long, NOTHING);
}

#[test]
fn each_drill_has_a_name_of_its_own() {
    let mut names: Vec<_> = drills::all().into_iter().map(|drill| drill.name).collect();
    names.sort();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn each_drill_survives_a_round_trip_through_json() {
    for drill in drills::all() {
        let json = serde_json::to_string(&drill).unwrap();
        assert_eq!(serde_json::from_str::<Drill>(&json).unwrap(), drill);
    }
}
