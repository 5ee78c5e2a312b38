//! Nothing has to be set up: the first call of a look-up answers, whichever it is.
//!
//! A file of its own with one test, so that no other test has touched a table before.

use reference::*;

#[test]
fn the_first_call_of_every_look_up_answers() {
    assert!(managed_policy("arn:aws:iam::aws:policy/AdministratorAccess").is_some());
    assert!(action("bedrock", "InvokeModel").is_some());
    assert!(action_carries("bedrock", "InvokeModel", "bedrock:ServiceTier"));
    assert!(condition_key("bedrock", "bedrock:ServiceTier").is_some());
    assert!(global_key("aws:PrincipalArn").is_some());
    assert!(key_anywhere("bedrock:ServiceTier").is_some());
    assert!(resource_type("bedrock", "foundation-model").is_some());
    assert!(service("bedrock").is_some());
    assert!(model("anthropic.claude-opus-5-5").is_some());
    assert!(profile("us.anthropic.claude-opus-5-5").is_some());
    assert!(matches!(destinations("us.anthropic.claude-opus-5-5", "us-east-1"), Destinations::Known(_)));
    assert!(geography("us").is_some());
    assert!(region("us-east-1").is_some());
    assert!(quota("scp-characters-api").is_some());
    assert!(denial_sentence(DenialLayer::SessionPolicy, true).is_some());
    assert_eq!(denial_form("no-such", "Action").service, "*");
    assert!(!refusals().is_empty());
    assert!(!packages().is_empty());
    assert_eq!(content_hash().len(), 64);
}
