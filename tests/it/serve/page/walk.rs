use portolan_tests::simulator::BASE_ACCESS_KEY;

use super::super::CANARY;
use super::super::walk::tomorrow;
use super::{Browser, Served, link};

// Long, because it is one walk, whose steps need those before.
#[test]
fn the_walk_without_javascript() {
    let served = Served::small();
    let browser = Browser::new(&served, "walk");
    let asked = browser.get("/findings?severity=high");
    assert_eq!(asked.location, "/login?to=/findings%3Fseverity%3Dhigh");
    assert_eq!(
        browser.post("/login", &[("token", "portolan_no")]).status,
        401
    );
    let fields = [
        ("token", served.token.as_str()),
        ("to", "/findings?severity=high"),
    ];
    assert_eq!(
        browser.post("/login", &fields).location,
        "/findings?severity=high"
    );
    assert!(browser.page("/").contains("Nothing is registered yet"));

    let wrong = [
        ("name", "keys"),
        ("access_key", "short"),
        ("access_secret", CANARY),
    ];
    let wrong = browser.post("/credentials/new", &wrong);
    assert_eq!(wrong.status, 400);
    assert!(wrong.body.contains("accessKey:") && !wrong.body.contains(CANARY));
    let keys = [
        ("name", "keys"),
        ("access_key", BASE_ACCESS_KEY),
        ("access_secret", CANARY),
    ];
    let stored = browser.post("/credentials/new", &keys).location;
    let credential = stored.rsplit('=').next().unwrap();
    assert!(
        browser
            .page(&stored)
            .contains(&format!("value=\"{credential}\" selected"))
    );
    let wishes = [
        ("name", "prod"),
        ("credential", credential),
        ("regions", "us-east-1"),
    ];
    assert_eq!(
        browser.post("/registrations/new", &wishes).location,
        "/scans"
    );
    let task = served.get("/v1/aws/ecs/tasks")["items"][0]["taskId"].clone();
    served.ended(task.as_str().unwrap());
    assert!(browser.page("/scans").contains("prod"));

    let live = browser.page("/?name=prod&region=us-east-1");
    let workload = browser.page(&link(&live, "/workloads/"));
    assert!(workload.contains("What runs"));
    assert!(
        browser
            .page("/?name=nobody")
            .contains("Without the filter there are")
    );
    let list = browser.page("/findings?result=FAIL&muted=false&region=us-east-1");
    let rows = list.split("row-link").nth(1).unwrap();
    let finding = link(rows, "/findings/");
    let shown = browser.page(&finding);
    assert!(shown.contains("What to do") && shown.contains("Mute until then"));
    let place = finding.split('?').next().unwrap();
    let subject = link(&shown, "arn:aws:ecs:");
    let mute = [
        ("reason", "known <b>"),
        ("subject", &subject),
        ("until", "2000-01-01"),
    ];
    let refused = browser.post(&format!("{place}/mute"), &mute);
    assert!(refused.status == 400 && refused.body.contains("known &#60;b&#62;"));
    let until = tomorrow();
    let mute = [
        ("reason", "known <b>"),
        ("subject", &subject),
        ("until", &until),
    ];
    assert_eq!(
        browser.post(&format!("{place}/mute"), &mute).location,
        place
    );
    let muted = browser.page(place);
    assert!(muted.contains("counted as muted"), "{muted}");
    assert!(browser.page("/findings?muted=true").contains(place));
    assert!(
        !browser
            .page("/findings?result=FAIL&muted=false")
            .contains(place)
    );
    let export = browser.get("/findings/export?muted=true");
    assert_eq!((export.status, export.body.lines().count()), (200, 1));
    let unmute = link(&muted, "/mutes/");
    assert_eq!(browser.post(&unmute, &[]).location, "/mutes");
    assert!(!browser.page(place).contains("counted as muted"));
    for path in [
        "/events",
        "/controls",
        "/controls/TD.4",
        "/mutes",
        "/tokens",
        "/audit",
    ] {
        browser.page(path);
    }
    let unknown = browser.get("/findings?colour=red");
    assert!(unknown.status == 400 && unknown.body.contains("colour"));
    assert_eq!(browser.get("/no-such-page").status, 404);

    assert_eq!(browser.post("/logout", &[]).location, "/login");
    assert_eq!(browser.get("/scans").location, "/login?to=/scans");
}
