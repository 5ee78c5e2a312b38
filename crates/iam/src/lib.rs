//! What AWS would answer to one authorisation, and why.
//!
//! The rule is [`authorize()`]: a [`Request`] and the [`Layers`] of policies that apply to it give an
//! [`Answer`]. Everything else here is what that takes: documents, ARNs, patterns, conditions, principals.
//!
//! Deliberately absent: files, network, clock, randomness, and any notion of what an organisation wants.

pub mod action;
pub mod answer;
pub mod arn;
pub mod assumption;
pub mod authorize;
pub mod case;
pub mod condition;
pub mod context;
pub mod denial;
pub mod estate;
pub mod explain;
pub mod glob;
pub mod json;
pub mod layers;
pub mod lint;
pub mod operation;
mod packed;
pub mod policy;
pub mod principal;
pub mod print;
pub mod request;
pub mod resource;
pub mod size;
pub mod truth;
pub mod variable;

pub use action::Action;
pub use answer::{Answer, Decision, Doubt, Outcome};
pub use authorize::authorize;
pub use context::Context;
pub use layers::{Layer, Layers, Level, ResourceSide, StatementRef};
pub use policy::{Policy, PolicyType};
pub use principal::Principal;
pub use request::{Completeness, Request, RequestParts};
