//! Documents are found in the shapes in which people have them, with their places.
