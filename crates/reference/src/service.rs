//! AWS services as IAM knows them: by the prefix of their actions.
//!
//! Does not map endpoints or API models to prefixes. Follows the Service Authorization Reference, and for resource
//! control policies the AWS Organizations User Guide, "Resource control policies (RCPs)", services that support RCPs.

use crate::table::{Table, columns};

static SERVICES: Table = Table::new(include_str!("../data/services.tsv"));

/// One service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service {
    /// What stands before the colon of its actions, e.g. `bedrock-mantle`.
    pub prefix: &'static str,
    /// What AWS calls it, e.g. `Amazon Bedrock`.
    pub name: &'static str,
    /// Whether a resource control policy reaches its actions.
    pub supports_rcp: bool,
}

/// The service with this prefix, letters compared without case as IAM does.
pub fn service(prefix: &str) -> Option<Service> {
    SERVICES.find(&[prefix]).map(read)
}

/// All services, by prefix.
pub fn services() -> impl Iterator<Item = Service> + Clone {
    SERVICES.lines().iter().copied().map(read)
}

/// Whether a resource control policy reaches the actions of this prefix; false for an unknown prefix.
pub fn supports_rcp(prefix: &str) -> bool {
    service(prefix).is_some_and(|service| service.supports_rcp)
}

fn read(line: &'static str) -> Service {
    let [prefix, name, rcp] = columns(line);
    Service { prefix, name, supports_rcp: rcp == "rcp" }
}
