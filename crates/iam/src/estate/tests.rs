//! The values of an estate, and what stands in for what is missing.
