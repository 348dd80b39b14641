//! Atomics.

use super::*;

#[test]
fn atomics_compute_as_std_s() {
    prove(|| {
        let x = AtomicU8::new(250);
        assert_eq!((x.fetch_add(10, SeqCst), x.load(SeqCst)), (250, 4));
        assert_eq!((x.fetch_max(9, SeqCst), x.fetch_min(3, SeqCst), x.swap(6, SeqCst)), (4, 9, 3));
        assert_eq!(
            (x.fetch_and(3, SeqCst), x.fetch_or(8, SeqCst), x.fetch_xor(1, SeqCst)),
            (6, 2, 10)
        );
        assert_eq!((x.fetch_nand(1, SeqCst), x.load(SeqCst)), (11, 254));
        assert_eq!(x.fetch_update(SeqCst, SeqCst, |value| value.checked_add(1)), Ok(254));
        assert_eq!(x.fetch_update(SeqCst, SeqCst, |value| value.checked_add(1)), Err(255));
        assert_eq!(x.compare_exchange(255, 1, SeqCst, SeqCst), Ok(255));
        assert_eq!(x.into_inner(), 1);
        let flag = AtomicBool::new(true);
        assert!(flag.fetch_nand(true, SeqCst) && !flag.fetch_not(SeqCst) && flag.load(SeqCst));
        let mut target = 5;
        let pointer = AtomicPtr::new(std::ptr::null_mut());
        pointer.store(&raw mut target, SeqCst);
        assert_eq!(pointer.load(SeqCst), &raw mut target);
    });
}

#[test]
#[allow(unsafe_code)]
fn pointers_compute_as_std_s() {
    prove(|| {
        let mut targets = [1_u32, 2, 3, 4];
        let first = targets.as_mut_ptr();
        let pointer = AtomicPtr::from(first);
        assert_eq!(pointer.fetch_ptr_add(3, SeqCst), first);
        assert_eq!(pointer.fetch_ptr_sub(1, SeqCst), first.wrapping_add(3));
        assert_eq!(pointer.fetch_byte_add(4, SeqCst), first.wrapping_add(2));
        assert_eq!(pointer.fetch_byte_sub(12, SeqCst), first.wrapping_add(3));
        assert_eq!(pointer.fetch_or(1, SeqCst), first);
        assert_eq!(pointer.fetch_and(!1, SeqCst), first.wrapping_byte_add(1));
        assert_eq!(pointer.fetch_xor(2, SeqCst), first);
        assert_eq!(pointer.load(SeqCst), first.wrapping_byte_add(2));
        assert_eq!(format!("{pointer:p}"), format!("{:p}", first.wrapping_byte_add(2)));
        assert!(AtomicPtr::<u32>::default().load(SeqCst).is_null());
        let number = AtomicU8::new(5);
        // SAFETY: no other thread uses the atomic.
        assert_eq!(unsafe { *number.as_ptr() }, 5);
    });
}
