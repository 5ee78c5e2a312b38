//! A digest that names the exact content of a data set: what a proof was about.

use std::io;
use std::path::{Path, PathBuf};

use reference::digest::hexadecimal;
use sha2::{Digest as _, Sha256};

use crate::parallel;

/// SHA-256, in lower-case hexadecimal: of a file, or over the names and the contents of all files of a folder, in the order
/// of their names.
///
/// # Errors
/// The first folder or file that cannot be read.
pub fn digest(path: &Path) -> io::Result<String> {
    if path.is_file() {
        return Ok(hexadecimal(&of_file(path)?));
    }
    let mut files = Vec::new();
    list(path, &mut files)?;
    files.sort();
    let chunks: Vec<&[PathBuf]> = files.chunks(FILES_AT_A_TIME).collect();
    let done = parallel::map(&chunks, |chunk| chunk.iter().map(|file| of_file(file)).collect());
    let digests: Vec<[u8; 32]> = done.into_iter().collect::<io::Result<Vec<Vec<_>>>>()?.concat();
    let mut all = Sha256::new();
    for (file, digest) in files.iter().zip(digests) {
        let name = file.strip_prefix(path).unwrap_or(file);
        for part in name {
            all.update(part.as_encoded_bytes());
            all.update([0]);
        }
        all.update(digest);
    }
    Ok(hexadecimal(&all.finalize()))
}

/// So many are read by one thread before it asks for more.
const FILES_AT_A_TIME: usize = 64;

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.path().is_dir() { list(&entry.path(), files)? } else { files.push(entry.path()) }
    }
    Ok(())
}

fn of_file(path: &Path) -> io::Result<[u8; 32]> {
    Ok(Sha256::digest(std::fs::read(path)?).into())
}

#[cfg(test)]
mod tests {
    //! Whatever changes changes the digest.

    use super::*;

    #[test]
    fn names_and_contents_count() {
        let folder = std::env::temp_dir().join(format!("postern-digest-{}", std::process::id()));
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("a/b.json", "1");
        write("c.json", "2");
        let first = digest(&folder).unwrap();
        assert_eq!(digest(&folder).unwrap(), first);
        write("c.json", "3");
        let changed = digest(&folder).unwrap();
        write("c.json", "2");
        std::fs::rename(folder.join("a/b.json"), folder.join("a/d.json")).unwrap();
        let renamed = digest(&folder).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(first != changed && first != renamed && changed != renamed);
        assert!(digest(&folder).is_err());
    }
}
