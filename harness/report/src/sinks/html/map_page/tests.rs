use super::*;
use crate::sinks::html::map_cell::GraphLine;
use crate::sinks::map_examples::example_map;

fn page() -> String {
    let line = GraphLine {
        name: "up{job=\"worker</script>\"}".to_owned(),
        steady: Some([1.0, 1.0]),
        points: vec![(1_763_876_590.0, Some(1.0)), (1_763_876_600.0, None)],
    };
    let graphs = CellGraphs([("worker:hung".to_owned(), vec![line])].into());
    map_page(&example_map(), &graphs).unwrap()
}

#[test]
fn each_cell_has_a_word_and_a_sign_and_leads_to_what_happened() {
    let page = page();
    for shown in [
        "class=\"cell pages\" href=\"#drill=worker:stopped\"",
        "<b aria-hidden=\"true\">●</b>pages 14 s",
        "class=\"cell blind\"",
        "<span class=\"cell not-applicable\" title=\"out of memory: it has no memory limit\">–</span>",
        "data-name=\"worker:hung\" open",
        "pager is told of WorkerDown",
        "redis: 3 of its series moved",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
}

#[test]
fn nothing_that_a_label_says_becomes_markup() {
    let page = page();
    assert!(!page.contains("worker\"<b>") && !page.contains("worker</script>"));
}

#[test]
fn map_without_a_single_fault_is_a_page_too() {
    let mut map = example_map();
    map.cells.clear();
    assert!(
        map_page(&map, &CellGraphs::default())
            .unwrap()
            .contains("The map")
    );
}
