//! Plugins, from the command that writes one to a workflow that uses it.

use std::path::Path;
use std::process::Command;

use crate::program::{Ended, command};

/// Runs the program in `folder`, with everything that it knows of plugins below `home`.
pub fn smalto(home: &Path, folder: &Path, arguments: &[&str]) -> Ended {
    let mut command = command(folder, arguments);
    for variable in ["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"] {
        let _ = command.env(variable, home.join(variable));
    }
    let output = command.env("SMALTO_PLUGIN_PATH", home).output();
    Ended::from(output.expect("the program can be started"))
}

const WORKFLOW: &str = r#"(
    format: 1,
    about: "Brightens a picture.",
    plugins: {"org.example.soft_light": "^0.1"},
    nodes: {
        "picture": (kind: "input.image", version: 1, params: {"path": "picture.png"}),
        "bright": (kind: "soft_light.brighten", version: 1),
    },
    wires: [("picture.image", "bright.image")],
    interface: (params: {}, outputs: {"image": "bright.image"}),
)
"#;

#[test]
fn a_new_plugin_is_written_built_checked_trusted_and_used() {
    let home = tempfile::tempdir().expect("a folder can be made");
    let here = home.path();
    let _ = smalto(here, here, &["plugins", "new", "--c", "soft-light"]).expect(0);
    let plugin = here.join("soft-light");
    let compiled = Command::new("cc")
        .args([
            "-std=c11",
            "-O2",
            "-shared",
            "-fPIC",
            "soft_light.c",
            "-o",
            "libsoft_light.so",
        ])
        .current_dir(&plugin)
        .status();
    assert!(compiled.expect("there is a C compiler").success());
    let checked = smalto(here, &plugin, &["plugins", "check", "."])
        .expect(0)
        .stdout;
    assert!(checked.contains("nothing is wrong"), "{checked}");

    let picture = image::RgbImage::from_pixel(4, 3, image::Rgb([100, 50, 25]));
    picture
        .save(here.join("picture.png"))
        .expect("a file can be written");
    std::fs::write(here.join("w.ron"), WORKFLOW).expect("a file can be written");
    let _ = smalto(here, here, &["check", "w.ron"])
        .expect(2)
        .says(&["smalto plugins trust org.example.soft_light"]);

    let _ = smalto(here, here, &["plugins", "trust", "org.example.soft_light"]).expect(0);
    let listed = smalto(here, here, &["plugins", "list", "--json"])
        .expect(0)
        .stdout;
    assert!(listed.contains("\"ready\""), "{listed}");
    let explained = smalto(here, here, &["nodes", "soft_light.brighten"])
        .expect(0)
        .stdout;
    assert!(explained.contains("factor: a number from"), "{explained}");
    let _ = smalto(here, here, &["run", "w.ron", "--out", "out"]).expect(0);
    let result = image::open(here.join("out/image.png"))
        .expect("a picture was written")
        .to_rgb8();
    let pixel = result.get_pixel(0, 0).0;
    assert_eq!(pixel, [120, 60, 30]);

    let _ = smalto(
        here,
        here,
        &["plugins", "untrust", "org.example.soft_light"],
    )
    .expect(0);
    let _ = smalto(here, here, &["run", "w.ron"]).expect(2);
}

#[test]
fn what_crashes_ends_the_command_with_a_code_of_its_own() {
    let home = tempfile::tempdir().expect("a folder can be made");
    let here = home.path();
    let examples = crate::repository::root().join("plugins/examples/misbehave");
    let plugin = here.join("misbehave");
    std::fs::create_dir(&plugin).expect("a folder can be made");
    let manifest = examples.join("plugin.toml");
    let _ = std::fs::copy(manifest, plugin.join("plugin.toml")).expect("it can be copied");
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-I"])
        .arg(crate::repository::root().join("plugins/abi/include"))
        .arg(examples.join("misbehave.c"))
        .args(["-o", "libmisbehave.so"])
        .current_dir(&plugin)
        .status();
    assert!(compiled.expect("there is a C compiler").success());
    let _ = smalto(here, here, &["plugins", "trust", "org.smalto.misbehave"]).expect(0);
    let picture = image::RgbImage::from_pixel(4, 3, image::Rgb([100, 50, 25]));
    picture
        .save(here.join("picture.png"))
        .expect("a file can be written");
    let workflow = WORKFLOW
        .replace("\"org.example.soft_light\": \"^0.1\"", "")
        .replace(
            "soft_light.brighten\", version: 1",
            "example.misbehave\", version: 1, params: {\"how\": \"segfault\"}",
        );
    std::fs::write(here.join("w.ron"), workflow).expect("a file can be written");
    let _ = smalto(here, here, &["run", "w.ron", "--out", "out"])
        .expect(5)
        .says(&["node `bright` failed: the plugin crashed", "SIGSEGV"]);
}

#[test]
fn a_kind_that_is_built_in_is_found_before_anybody_uses_the_plugin() {
    let home = tempfile::tempdir().expect("a folder can be made");
    let here = home.path();
    let _ = smalto(here, here, &["plugins", "new", "--c", "text"]).expect(0);
    let plugin = here.join("text");
    for name in ["text.c", "plugin.toml"] {
        let path = plugin.join(name);
        let before = std::fs::read_to_string(&path).expect("it was written");
        let after = before.replace("text.brighten", "input.text");
        assert_ne!(before, after, "{name}");
        std::fs::write(path, after).expect("a file can be written");
    }
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "text.c", "-o", "libtext.so"])
        .current_dir(&plugin)
        .status();
    assert!(compiled.expect("there is a C compiler").success());
    let checked = smalto(here, &plugin, &["plugins", "check", "."]).expect(1);
    let said = "node `input.text`: this kind is built in";
    assert!(checked.stdout.contains(said), "{checked:#?}");
    let _ = checked.says(&["1 finding in"]);

    let _ = smalto(here, here, &["plugins", "trust", "org.example.text"]).expect(0);
    for command in ["list", "scan"] {
        let listed = smalto(here, here, &["plugins", command]).expect(0).stdout;
        let said = "it claims the kind `input.text`, which is built in";
        assert!(listed.contains(said), "{listed}");
    }
}
