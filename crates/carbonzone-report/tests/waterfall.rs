//! The waterfall of a scenario as a drawing, and what the page says of a unit under a plan.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test panics with the reason")]

use crate::common;
use carbonzone_report::figure::{Fonts, draw};
use carbonzone_report::style::{Figure, FigureContent, Waterfall};
use carbonzone_report::{Label, Lang};

#[test]
fn every_step_is_drawn_with_its_name_and_amount() {
    let mut data = common::city(60);
    data.manifest.years = vec![2020];
    let step = |en: &str, zh: &str, t: f64| (Label::new(en, zh), t);
    let chart = Waterfall {
        before: step("Base run", "基准", 24_000e4),
        steps: vec![step("Structure", "结构", -300e4), step("Activity", "活动水平", 800e4)],
        after: step("Green plan", "绿色规划情景", 24_500e4),
        quantity: Label::new("net emission, 10⁴ t", "净碳排放（万吨）"),
        note: Label::new("The steps add up.", "各项之和等于总变化。"),
    };
    let title = Label::new("What makes the difference", "变化的来源");
    let figure = Figure {
        name: "scenario_green_waterfall".to_owned(),
        title: title.clone(),
        short: title,
        year: None,
        content: FigureContent::Waterfall(Box::new(chart)),
    };
    let fonts = Fonts::shipped();
    for (lang, words) in [
        (Lang::En, ["Base run", "Structure", "−300.00", "+800.00", "Green plan", "does not begin at 0"]),
        (Lang::Zh, ["基准", "结构", "−300.00", "+800.00", "绿色规划情景", "坐标轴不从 0 开始"]),
    ] {
        let drawing = draw(&data, &figure, lang, &fonts).unwrap().svg().to_owned();
        for word in words {
            assert!(drawing.contains(word), "{word}: {drawing}");
        }
        // Two totals, two steps.
        assert_eq!(drawing.matches("stroke=\"#333333\" stroke-width=\"0.5\"").count(), 4);
    }
}
