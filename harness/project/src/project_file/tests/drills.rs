//! The drills of a file are those that the Rust builders give.

use std::path::Path;
use std::time::Duration;

use alertdrill_core::{Drill, ExpectedAlert, Fault};

use crate::project_file::parse_project_file;

fn drills(text: &str) -> Vec<Drill> {
    match parse_project_file(Path::new("alertdrill.yml"), text) {
        Ok(file) => file.plan.drills,
        Err(error) => panic!("{}", error.explained()),
    }
}

#[test]
fn drill_that_a_person_says_is_the_one_that_the_builders_give() {
    let text = "
drills:
  - name: api_stopped
    break: {stop: api}
    fires: {alert: ApiDown, labels: {job: api}, severity: critical, within: 2m}
";
    let alert = ExpectedAlert::new("ApiDown", "critical", Duration::from_secs(120));
    let drill = Drill::new("api_stopped", Fault::stop("api"));
    assert_eq!(
        drills(text),
        [drill.expect_alert(alert.label("job", "api"))]
    );
}
