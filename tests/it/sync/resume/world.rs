//! Other conditions for a resumed sync: vanished objects, a pipe in place of files, a full disk.

use super::*;

/// Long, because it is one story.
#[test]
fn what_has_vanished_since_is_still_written() {
    let site = slow();
    killed_after(&site, 20, &[]);
    let kept = {
        let mut sync = site.command("sync");
        // This run works on a copy of the checkpoint.
        let copy = site.folder.path().join("copy");
        std::fs::create_dir(&copy).unwrap();
        std::fs::copy(checkpoint(&site).join("pages"), copy.join("pages")).unwrap();
        let pages = site.folder.path().join("pages.jsonl");
        sync.args(["--output", "-", "--checkpoint"])
            .arg(&copy)
            .arg("--record")
            .arg(&pages);
        run(&mut sync).with(0);
        site.folder.path().join("copy")
    };
    assert_eq!(names_in(&kept), ["lock"]);
    // The same endpoint, with a third of the clusters, services and tasks.
    let Site { simulator, folder } = site;
    let url = simulator.url().to_owned();
    let port = url.rsplit_once(':').unwrap().1.parse().unwrap();
    drop(simulator);
    let fewer = Shape {
        clusters: 1,
        services: 13,
        running_tasks: 50,
        ..shape()
    };
    let simulator = restarted(port, World::single(7, fewer.clone()));
    let output = folder.path().join("ecs");
    let mut sync = portolan_at(&url);
    sync.arg("sync")
        .args(SLOWLY)
        .arg("--checkpoint")
        .arg(folder.path().join("checkpoint"))
        .arg("--output")
        .arg(&output);
    run(&mut sync).with(0);
    let site = Site { simulator, folder };
    let report = site.report();
    let resumed = report["resumed"]["objects"].as_u64().unwrap();
    let own = own_lines(&site);
    let (before, after) = (
        undisturbed(World::single(7, shape()), &[]),
        undisturbed(World::single(7, fewer), &[]),
    );
    assert!(own.len() > after.len(), "nothing of before is left");
    let only_before = own.iter().filter(|line| !after.contains(line)).count();
    assert!(only_before as u64 <= resumed);
    // Each record is the earlier or the present one, and no present object is missing.
    assert!(
        own.iter()
            .all(|line| before.contains(line) || after.contains(line))
    );
    let uids: std::collections::BTreeSet<&str> = own.iter().map(|line| uid(line)).collect();
    assert_eq!(uids.len(), own.len(), "written twice");
    assert!(after.iter().all(|line| uids.contains(uid(line))));
    let scopes = report["scopes"].as_array().unwrap();
    let gone = |scope: &&serde_json::Value| scope["tombstones"] == 1;
    assert!(
        scopes.iter().any(|scope| gone(&scope)),
        "no cluster is said to be gone"
    );
}

fn uid(line: &str) -> &str {
    line.split('"').nth(3).unwrap()
}

/// A simulator on the port of an earlier one.
fn restarted(port: u16, world: World) -> Simulator {
    let start = Instant::now();
    loop {
        match Simulator::start_on(port, world.clone(), Rules::default()) {
            Ok(simulator) => return simulator,
            Err(error) => assert!(start.elapsed() < Duration::from_secs(20), "{error:#}"),
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_pipe_gets_everything_again() {
    let site = slow();
    killed_after(&site, 20, &[]);
    let mut sync = site.command("sync");
    sync.args(["--output", "-", "--checkpoint"])
        .arg(checkpoint(&site));
    let ended = run(&mut sync).with(0);
    let expected = undisturbed(World::single(7, shape()), &[]);
    assert_eq!(ended.stdout.lines().count(), expected.len());
}

#[test]
fn a_full_disk_costs_a_warning_only() {
    let site = Site::new(World::single(7, shape()), Rules::default());
    // Compiles the modules into the cache before the limit applies.
    site.sync(&[]).with(0);
    let mut sync = site.command("sync");
    sync.args(["--output", "-", "--checkpoint"])
        .arg(checkpoint(&site));
    let ended = run(&mut super::super::disk::limited(&sync, 8 * 1024)).with(0);
    let told = ended.stderr.matches("cannot write the checkpoint").count();
    assert_eq!(told, 1, "{}", ended.stderr);
    let expected = undisturbed(World::single(7, shape()), &[]);
    assert_eq!(ended.stdout.lines().count(), expected.len());
    assert_eq!(names_in(&checkpoint(&site)), ["lock"]);
}

#[test]
fn a_folder_that_cannot_be_used_is_told_before_any_call() {
    let site = Site::small();
    let ended = site.sync(&["--checkpoint", "/dev/null/checkpoint"]).with(1);
    assert!(
        ended
            .stderr
            .contains("cannot use the checkpoint /dev/null/checkpoint"),
        "{}",
        ended.stderr
    );
    assert_eq!((site.files(), site.simulator.counts()), (vec![], vec![]));
}
