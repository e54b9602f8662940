//! The system's allocator, told to give large blocks back.

#![cfg_attr(
    all(target_os = "linux", target_env = "gnu"),
    expect(unsafe_code, reason = "the only way to the settings of the C library's allocator")
)]

/// Blocks from this size on come from the system and go back to it, bytes.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE: i32 = 1 << 18;

/// Makes large blocks go back to the system when they are freed. Left alone, glibc raises its threshold to 32 MB with the first large
/// block that is freed, and then keeps the arrays of one layer while the next is read. Other systems' allocators stay as they are.
///
/// Call it once, before the first large allocation.
pub fn return_memory_early() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: `mallopt` takes two integers; a value it does not like it refuses, and then memory stays a little longer.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
    }
}

/// Gives the system what is free between small blocks: the small things of one stage are gone when the next one begins, but their
/// pages are not.
pub fn return_free_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: `malloc_trim` takes a number of bytes to keep and touches free memory only; it may be called at any time.
    unsafe {
        libc::malloc_trim(0);
    }
}
