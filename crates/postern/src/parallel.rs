//! Work on many things at once, with the results in the order of the things.

use rayon::iter::{IndexedParallelIterator as _, IntoParallelRefIterator as _, ParallelIterator as _};

/// What `work` makes of each item, in their order: one after the other on one thread, else on all there are.
pub fn map<T: Sync, R: Send>(items: &[T], threads: usize, work: impl Fn(&T) -> R + Sync + Send) -> Vec<R> {
    match threads {
        0 | 1 => items.iter().map(work).collect(),
        _ => items.par_iter().with_max_len(1).map(work).collect(),
    }
}
