//! Keys, signatures, locks and the policies that require them.

use std::path::{Path, PathBuf};

use crate::support::{Ended, Site, portolan, root, run};

/// The modules that a lock allows, and the commands that write it.
mod locks;
/// The scope of each policy, and its source.
mod policy;
/// The three states of a module.
mod signatures;

/// A folder with a key pair and modules, as an author of mappings has it.
pub(crate) struct Shop {
    pub(crate) site: Site,
}

impl Shop {
    pub(crate) fn new() -> Self {
        let shop = Self {
            site: Site::small(),
        };
        shop.keygen("acme.key");
        shop
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.site.folder.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Makes a key pair, and returns the signer.
    pub(crate) fn keygen(&self, name: &str) -> String {
        let ended = self.mapper(&["keygen", &self.text(name)]).with(0);
        ended.stdout.trim().split_once('\t').unwrap().1.to_owned()
    }

    /// `portolan mapper …`
    pub(crate) fn mapper(&self, arguments: &[&str]) -> Ended {
        run(portolan().arg("mapper").args(arguments))
    }

    /// Puts the stock mapping of tasks, which is a mapping like any other, into the mappers folder.
    pub(crate) fn mapping(&self) -> PathBuf {
        self.put("guest-mappers/built/task.wasm", "mappers/task.wasm")
    }

    /// Puts an overlay into a folder of overlays.
    pub(crate) fn overlay(&self) -> PathBuf {
        self.put("tests/guests/built/owner.wasm", "overlays/owner.wasm")
    }

    pub(crate) fn put(&self, from: &str, to: &str) -> PathBuf {
        let place = self.path(to);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::copy(root().join(from), &place).unwrap();
        place
    }

    pub(crate) fn sign(&self, file: &Path, key: &str) -> Ended {
        self.mapper(&["sign", file.to_str().unwrap(), "--key", &self.text(key)])
            .with(0)
    }

    pub(crate) fn pin(&self, place: &str) -> Ended {
        self.mapper(&["pin", &self.text(place)])
    }

    /// A sync with the modules of the folders.
    pub(crate) fn sync(&self, arguments: &[&str]) -> Ended {
        let mut sync = self.site.sync_command(arguments);
        if self.path("mappers").is_dir() {
            sync.arg("--mappers").arg(self.path("mappers"));
        }
        if self.path("overlays").is_dir() {
            sync.arg("--overlay").arg(self.path("overlays/owner.wasm"));
        }
        run(&mut sync)
    }

    /// Checks that a sync is refused before the first call, and writes nothing. Returns its messages.
    #[track_caller]
    pub(crate) fn refused(&self, arguments: &[&str], parts: &[&str]) -> String {
        let said = self.sync(arguments).with(2).stderr;
        for part in parts {
            assert!(said.contains(part), "no `{part}` in {said}");
        }
        let requests = self.site.simulator.requests();
        assert!(requests.is_empty(), "{requests:?}");
        assert!(!self.site.output().exists(), "something was written");
        said
    }

    /// The report's trust entry for the module of tasks of this kind.
    pub(crate) fn trust(&self, kind: &str) -> serde_json::Value {
        let report = self.site.report();
        let mappers = report["mappers"].as_array().unwrap();
        let used = mappers
            .iter()
            .find(|used| used["object"] == "EcsTask" && used["kind"] == kind);
        used.unwrap()["trust"].clone()
    }
}

/// Changes one byte of a file, in the middle.
pub(crate) fn alter(file: &Path) {
    let mut bytes = std::fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(file, bytes).unwrap();
}

/// Replaces text in a file; the text must occur in it.
#[track_caller]
pub(crate) fn replace(file: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "no `{from}` in {text}");
    std::fs::write(file, text.replace(from, to)).unwrap();
}
