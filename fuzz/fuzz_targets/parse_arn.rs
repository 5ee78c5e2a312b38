//! ARNs, actions, principals and resources are read or refused, never half; what was read is what was written.

#![no_main]

use iam::arn::{self, AccountId, Arn};
use iam::resource::Resource;
use iam::{Action, Principal};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match Arn::parse(text) {
        Ok(arn) => {
            let Arn { partition, service, region, account, resource } = arn;
            assert_eq!(format!("arn:{partition}:{service}:{region}:{account}:{resource}"), text);
            assert_eq!(arn.account_id().is_some(), AccountId::new(account).is_ok());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    if let Some(parts) = arn::split(text) {
        assert_eq!(parts.join(":"), text);
    }
    match Action::parse(text) {
        Ok(action) => {
            assert_eq!(action.as_str(), text);
            assert_eq!(format!("{}:{}", action.service(), action.name()), text.to_lowercase());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    match Principal::parse(text) {
        Ok(principal) => {
            let account = principal.account().map(AccountId::as_str);
            assert_eq!(account, text.split(':').nth(4), "{principal:?}");
            assert!(principal.role_arn().is_none_or(|role| Principal::parse(&role).is_ok()), "{principal:?}");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    assert_eq!(Resource::new(text).as_str(), text);
});
