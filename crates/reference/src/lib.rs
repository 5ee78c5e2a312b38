//! What there is to know about AWS, as data with its sources.
//!
//! Services, actions, resource types and condition keys follow the Service Authorization Reference; models and
//! profiles follow a published price list; AWS managed policies, Regions, quotas, denial texts, refusals and doors each
//! carry where they come from ([`packages`], [`files`], and a `source` on every row kept by hand).
//!
//! Deliberately absent: decisions. The crate answers what is known and says so when something is not; whether a
//! request is allowed is the work of `iam`. It reads no file, clock, environment or network: every table is part of
//! the program and prepared when it is first asked, so start-up costs nothing.

mod action;
mod assumption;
mod compliance;
mod condition_key;
mod conflict;
mod denial;
pub mod digest;
mod door;
mod duty;
mod event;
mod fictional;
mod geography;
mod guardrail;
mod hand_kept;
mod managed_policy;
mod model;
mod model_note;
mod names;
mod operation;
mod profile;
mod quota;
mod refusal;
mod region;
mod resource_type;
mod service;
mod source;
mod step;
mod table;

pub use action::{AccessLevel, AccessLevels, Action, ActionResource, action, action_carries, actions};
pub use assumption::{Assumption, Concern, Reading, Settled, assumption, assumptions};
pub use compliance::{Programme, in_scope, programmes};
pub use condition_key::{
    ConditionKey, KeyType, condition_key, condition_keys, global_key, global_key_number, global_keys,
    key_anywhere,
};
pub use conflict::{Conflict, conflicts};
pub use denial::{
    Appears, DenialForm, DenialLayer, DenialSentence, denial_form, denial_forms, denial_sentence,
    denial_sentences,
};
pub use door::{
    BeyondDoors, CloudTrailEvent, Door, DoorAction, Gate, Scope, beyond_doors, door, doors, doors_of_action,
};
pub use duty::{Duty, DutyKind, Opens, duties, duty};
pub use event::{ControlEvents, DataEvents, Events, Seen, events};
pub use fictional::{
    FictionalAction, FictionalKey, FictionalKind, FictionalPrefix, fictional_action, fictional_actions,
    fictional_key, fictional_keys, fictional_prefix, fictional_prefixes,
};
pub use geography::{Geography, geographies, geography};
pub use guardrail::{ContentFilter, GuardrailLimits, GuardrailParts, PiiTypes, guardrail_parts};
pub use hand_kept::Basis;
pub use managed_policy::{ManagedPolicy, managed_policies, managed_policy};
pub use model::{Endpoint, Lifecycle, Listing, Model, ModelRegions, Price, model, model_at, models};
pub use model_note::{ModelNote, model_notes};
pub use names::Names;
pub use operation::{
    AddOnKind, AddOnRow, Api, Behind, BehindWhat, By, GuardrailDestinations, KeyRow, KeyValue, Run, RunOf,
    StepRegion, StepRow, TargetKind, TargetRow, Under, add_on, add_ons, api, apis, guardrail_destinations,
    guardrail_geographies, key_row, key_rows, target, targets,
};
pub use profile::{Destinations, Profile, destinations, profile, profiles, split_profile_id};
pub use quota::{Counting, Quota, Submission, quota, quotas};
pub use refusal::{Refusal, refusals};
pub use region::{Region, partition_of_region, partitions, region, regions};
pub use resource_type::{Characters, IdShape, Piece, ResourceType, Template, resource_type, resource_types};
pub use service::{Service, service, services, supports_rcp};
pub use source::{DataFile, Package, content_hash, files, packages, sources};
pub use step::{ReachKind, ReachStep, reach_steps};
