use super::*;

/// A folder of its own for each test, gone afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let folder = format!("smalto-images-{}-{name}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        let _ = fs::remove_dir_all(&folder);
        Self(folder)
    }

    fn cache(&self) -> ImageCache {
        ImageCache::new(Some(self.0.clone()))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn key<'a>(source: &'a str, options: &'a [String], compiler: &'a str) -> Key<'a> {
    Key {
        name: "rows.cu-sm_90a",
        source,
        options,
        compiler,
    }
}

#[test]
fn the_fingerprint_is_the_published_one() {
    let of = |text: &str| {
        let mut fingerprint = Fingerprint::default();
        text.bytes().for_each(|byte| fingerprint.byte(byte));
        format!("{:032x}", fingerprint.0)
    };
    assert_eq!(of("a"), "d228cb696f1a8caf78912b704e4a8964");
    assert_eq!(of("foobar"), "343e1662793c64bf6f0d3597ba446f18");
}

#[test]
fn what_is_put_comes_back_for_the_same_key_alone() {
    let scratch = Scratch::new("key");
    let cache = scratch.cache();
    let (one, other) = (["-a".to_owned()], ["-a".to_owned(), "-b".to_owned()]);
    cache.put(&key("text", &one, "13.0"), b"image");

    assert_eq!(
        cache.get(&key("text", &one, "13.0")).as_deref(),
        Some(&b"image"[..])
    );
    for different in [
        key("text ", &one, "13.0"),
        key("text", &other, "13.0"),
        key("text", &one, "13.1"),
    ] {
        assert_eq!(cache.get(&different), None, "{different:?}");
    }
    let files = fs::read_dir(&scratch.0).expect("the folder was made");
    assert_eq!(files.count(), 1, "nothing unfinished is left behind");
}

#[test]
fn a_damaged_image_is_made_anew() {
    let scratch = Scratch::new("damaged");
    let cache = scratch.cache();
    let key = key("text", &[], "13.0");
    let file = scratch.0.join(key.file());
    cache.put(&key, b"image");
    let whole = fs::read(&file).expect("it was just written");

    let mut flipped = whole.clone();
    *flipped.last_mut().expect("it is not empty") ^= 1;
    for damaged in [&flipped[..], &whole[..whole.len() - 1], &whole[..5], b""] {
        fs::write(&file, damaged).expect("there is room");
        assert_eq!(cache.get(&key), None, "{damaged:?}");
    }
    cache.put(&key, b"image");
    assert_eq!(cache.get(&key).as_deref(), Some(&b"image"[..]));
}

#[test]
fn a_cache_that_cannot_be_written_is_no_error() {
    let scratch = Scratch::new("unwritable");
    fs::write(&scratch.0, "a file where the folder should be").expect("there is room");
    let key = key("text", &[], "13.0");
    for cache in [scratch.cache(), ImageCache::new(None)] {
        cache.put(&key, b"image");
        assert_eq!(cache.get(&key), None);
    }
    let _ = fs::remove_file(&scratch.0);
}

#[test]
fn images_lie_in_the_users_folder_of_caches() {
    let check = |given: &[(&str, &str)], expected: Option<&str>| {
        let found = folder(|name| {
            let value = given.iter().find(|(given, _)| *given == name);
            value.map(|(_, value)| value.into())
        });
        assert_eq!(found, expected.map(PathBuf::from), "{given:?}");
    };
    let home = ("HOME", "/home/ann");
    check(&[home], Some("/home/ann/.cache/smalto/kernels"));
    check(&[home, ("XDG_CACHE_HOME", "/c")], Some("/c/smalto/kernels"));
    check(
        &[home, ("XDG_CACHE_HOME", "relative")],
        Some("/home/ann/.cache/smalto/kernels"),
    );
    check(&[], None);
}
