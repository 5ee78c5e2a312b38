//! Budgets of areas, for AWS Budgets. They tell; they stop nothing.
//!
//! A budget counts all that the accounts of an area cost: what models cost stands under the names of several services, those
//! of AWS Marketplace among them, and no list of them is complete. An account that is moved or made later is counted when
//! the plan is made again.

use charter::Model;
use iam::estate::Organization;
use serde_json::{Value, json};

use super::{NAME, Reached, name_of, reached};

/// A budget of an area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spending {
    pub name: String,
    pub area: String,
    /// Whole US dollars a month.
    pub usd: u32,
    pub accounts: usize,
    /// For `aws budgets create-budget`.
    pub budget: Value,
    pub notifications: Value,
}

/// The budgets of a charter.
pub fn budgets(model: &Model, organization: &Organization) -> Vec<Spending> {
    let of_area = |area: &charter::Area| {
        let said = area.budget.as_ref()?;
        let (reached, _) = reached(organization);
        let below = reached.iter().filter(|Reached { chain, .. }| chain.contains(&area.node.as_ref()));
        let accounts: Vec<&str> = below.map(|reached| reached.account).collect();
        let name = format!("{NAME}{}", name_of(&area.name, &area.node));
        let subscribers: Vec<Value> = said
            .notify
            .iter()
            .map(|address| {
                let kind = if address.starts_with("arn:") { "SNS" } else { "EMAIL" };
                json!({ "SubscriptionType": kind, "Address": address })
            })
            .collect();
        let notification = |kind: &str, percent: u8| {
            json!({
                "Notification": {
                    "NotificationType": kind, "ComparisonOperator": "GREATER_THAN", "Threshold": percent,
                    "ThresholdType": "PERCENTAGE",
                },
                "Subscribers": subscribers,
            })
        };
        Some(Spending {
            area: area.name.clone(),
            usd: said.usd,
            accounts: accounts.len(),
            budget: json!({
                "BudgetName": name,
                "BudgetType": "COST",
                "TimeUnit": "MONTHLY",
                "BudgetLimit": { "Amount": said.usd.to_string(), "Unit": "USD" },
                "CostFilters": { "LinkedAccount": accounts },
            }),
            notifications: json!([
                notification("ACTUAL", 80),
                notification("ACTUAL", 100),
                notification("FORECASTED", 100)
            ]),
            name,
        })
    };
    model.areas.iter().filter_map(of_area).collect()
}
