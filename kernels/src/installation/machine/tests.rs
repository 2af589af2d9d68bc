use super::*;

const fn version(major: u32, minor: u32) -> Version {
    Version { major, minor }
}

/// A machine with all that is needed and one H100.
fn whole() -> Machine {
    Machine {
        library_path: Some("/opt/libraries".into()),
        driver: Some(Driver {
            version: version(13, 0),
            cards: Ok(vec![90]),
        }),
        nvrtc: Some(Nvrtc {
            version: version(13, 0),
            knows: vec![75, 80, 90, 120],
        }),
        cublaslt: Some(version(13, 1)),
        cuda_path: None,
        exists: |path| path.starts_with("/usr/local/cuda"),
    }
}

/// What is said of a machine that is whole but for one thing.
fn told(spoil: impl FnOnce(&mut Machine)) -> String {
    let mut machine = whole();
    spoil(&mut machine);
    let error = machine.check(0).expect_err("something is missing");
    error.to_string()
}

#[test]
fn a_whole_machine_will_do() {
    assert_eq!(whole().check(0), Ok(()));
    let mut newer = whole();
    newer.driver = Some(Driver {
        version: version(13, 2),
        cards: Ok(vec![80, 120]),
    });
    assert_eq!(newer.check(1), Ok(()));
}

#[test]
fn a_missing_driver_is_told_with_where_it_was_looked_for_and_what_brings_it() {
    assert_eq!(
        told(|machine| machine.driver = None),
        "cannot find the NVIDIA driver: looked for `libcuda.so` and `libcuda.so.1` in LD_LIBRARY_PATH \
         (`/opt/libraries`) and the system's folders of libraries; it comes with NVIDIA's driver, 580 or newer \
         (`nvidia-driver-580` of Debian and Ubuntu)"
    );
}

#[test]
fn where_nccl_is_looked_for_and_what_brings_it_is_told() {
    let error = missing_library(Part::Nccl, "`libnccl.so.2`", Some("/opt/libraries"));
    assert_eq!(
        error.to_string(),
        "cannot find NCCL, which sums up over several cards: looked for `libnccl.so.2` in LD_LIBRARY_PATH \
         (`/opt/libraries`) and the system's folders of libraries; it comes by itself (`libnccl2` of NVIDIA's \
         repository, `nvidia-nccl-cu13` of PyPI, whose folder `nvidia/nccl/lib` LD_LIBRARY_PATH must then name)"
    );
}

#[test]
fn a_missing_library_is_told_with_where_it_was_looked_for_and_what_brings_it() {
    assert_eq!(
        told(|machine| {
            machine.nvrtc = None;
            machine.library_path = None;
        }),
        "cannot find NVRTC, the compiler of kernels: looked for `libnvrtc.so` and `libnvrtc.so.13` in LD_LIBRARY_PATH \
         (not set) and the system's folders of libraries; it comes with CUDA 13 (`cuda-nvrtc-13-0` of NVIDIA's \
         repository, `nvidia-cuda-nvrtc` of PyPI)"
    );
    assert_eq!(
        told(|machine| machine.cublaslt = None),
        "cannot find cuBLASLt, which multiplies matrices: looked for `libcublasLt.so` and `libcublasLt.so.13` in \
         LD_LIBRARY_PATH (`/opt/libraries`) and the system's folders of libraries; it comes with CUDA 13 \
         (`libcublas-13-0` of NVIDIA's repository, `nvidia-cublas` of PyPI)"
    );
}

#[test]
fn missing_headers_are_told_with_where_they_were_looked_for_and_what_brings_them() {
    let nowhere = told(|machine| machine.exists = |_| false);
    assert_eq!(
        nowhere,
        "cannot find the headers of CUDA: looked for a folder of CUDA in CUDA_PATH (not set), `/usr/local/cuda` and \
         `/opt/cuda`, and for `/usr/bin/nvcc`; they come with CUDA 13 (`cuda-cudart-dev-13-0`, `cuda-crt-13-0` and \
         `cuda-cccl-13-0` of NVIDIA's repository, `nvidia-cuda-runtime`, `nvidia-cuda-crt` and `nvidia-cuda-cccl` of \
         PyPI)"
    );
    let elsewhere = told(|machine| machine.cuda_path = Some("/wheels/cu13".into()));
    assert!(
        elsewhere
            .contains("`cuda_fp16.h` in `/wheels/cu13/include` and `/wheels/cu13/include/cccl`"),
        "{elsewhere}"
    );
    let without_cccl = told(|machine| {
        machine.exists = |path| !path.ends_with("nv/target") && !path.ends_with("opt/cuda");
    });
    assert!(
        without_cccl.contains("`nv/target` in `/usr/local/cuda/include`"),
        "{without_cccl}"
    );
}

#[test]
fn headers_are_looked_for_where_cubecl_looks() {
    let check = |cuda_path: Option<&str>, exists| {
        let mut machine = whole();
        machine.cuda_path = cuda_path.map(PathBuf::from);
        machine.exists = exists;
        assert_eq!(machine.check(0), Ok(()));
    };
    check(Some("/wheels"), |path| path.starts_with("/wheels/include"));
    check(None, |path| path.starts_with("/opt/cuda"));
    check(None, |path| {
        path.starts_with("/usr/include") || path == Path::new("/usr/bin/nvcc")
    });
}

#[test]
fn what_is_too_old_is_told_with_what_was_expected() {
    let old = version(12, 8);
    let driver = told(|machine| {
        machine.driver = Some(Driver {
            version: old,
            cards: Ok(vec![90]),
        });
    });
    assert!(
        driver.starts_with(
            "the NVIDIA driver is too old: found 12.8, expected 13.0 or newer; it comes"
        ),
        "{driver}"
    );
    let cublaslt = told(|machine| machine.cublaslt = Some(old));
    assert!(
        cublaslt.contains("is too old: found 12.8, expected 13.0 or newer"),
        "{cublaslt}"
    );
    let nvrtc = told(|machine| {
        machine.nvrtc = Some(Nvrtc {
            version: old,
            knows: vec![90],
        });
    });
    assert!(
        nvrtc.contains("is too old: found 12.8, expected 13.0 or newer"),
        "{nvrtc}"
    );
}

#[test]
fn a_compiler_that_does_not_fit_driver_or_card_is_told() {
    assert_eq!(
        told(|machine| {
            machine.nvrtc = Some(Nvrtc {
                version: version(13, 5),
                knows: vec![90],
            });
        }),
        "NVRTC 13.5 makes code that the driver does not take, which knows CUDA 13.0; install a newer driver, or NVRTC \
         13.0"
    );
    let card = told(|machine| {
        machine.driver = Some(Driver {
            version: version(13, 0),
            cards: Ok(vec![121]),
        });
    });
    assert!(
        card.starts_with(
            "NVRTC 13.0 makes no code for `cuda:0`, whose compute capability is 12.1;"
        ),
        "{card}"
    );
}

#[test]
fn a_card_that_is_not_there_is_told_before_the_libraries() {
    let mut machine = whole();
    machine.nvrtc = None;
    assert_eq!(
        machine.check(3).map_err(|error| error.to_string()),
        Err("there is no card `cuda:3`: the driver shows 1; see `nvidia-smi`".into())
    );
    machine.driver = Some(Driver {
        version: version(13, 0),
        cards: Err("CUDA_ERROR_NO_DEVICE".into()),
    });
    assert_eq!(
        machine.check(0),
        Err(CudaError::DriverRefuses("CUDA_ERROR_NO_DEVICE".into()))
    );
}
