//! Shapes of the details, and what their faults make unknown.
