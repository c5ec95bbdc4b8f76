//! Prints what the doctor finds in each folder, one finding a line: for who writes a check.

#![allow(clippy::print_stdout, reason = "it is what the program is for")]

use std::path::Path;

use alertdrill_doctor::{Checkout, Wishes, examine};

fn main() {
    for folder in std::env::args().skip(1) {
        println!("== {folder}");
        match Checkout::read(Path::new(&folder), &Wishes::default()) {
            Ok(variants) => {
                for finding in examine(&variants) {
                    let file = finding.file.display();
                    let (line, column, id) = (finding.line, finding.column, finding.id);
                    let about = finding.about.as_deref().unwrap_or("-");
                    let (severity, message) = (finding.severity.as_str(), &finding.message);
                    println!("{file}:{line}:{column} {severity} {id} [{about}] {message}");
                }
            }
            Err(error) => println!("not read: {}", error.explained()),
        }
    }
}
