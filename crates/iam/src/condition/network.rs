//! IP addresses and ranges in CIDR notation.
//!
//! A bare address is the range of itself; IPv4 and IPv6 never match each other (IAM User Guide, "IP address
//! condition operators").

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix_bits: u32,
}

impl Network {
    /// Reads `203.0.113.0/24`, `2001:db8::/32`, or one address.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix_bits = match prefix {
            None => bits,
            Some(prefix) if prefix.bytes().all(|byte| byte.is_ascii_digit()) => prefix.parse().ok()?,
            Some(_) => return None,
        };
        (prefix_bits <= bits).then_some(Self { address, prefix_bits })
    }

    /// Its first bits are fixed, so many of them.
    pub fn prefix_bits(&self) -> u32 {
        self.prefix_bits
    }

    /// Its address.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// Whether `text` is one address.
    pub fn is_address(text: &str) -> bool {
        text.parse::<IpAddr>().is_ok()
    }

    /// Whether `text` is an address in the range.
    pub fn contains(&self, text: &str) -> bool {
        match self.address {
            IpAddr::V4(own) => text.parse::<Ipv4Addr>().is_ok_and(|other| {
                let mask = u32::MAX.checked_shl(32 - self.prefix_bits).unwrap_or(0);
                (own.to_bits() ^ other.to_bits()) & mask == 0
            }),
            IpAddr::V6(own) => text.parse::<Ipv6Addr>().is_ok_and(|other| {
                let mask = u128::MAX.checked_shl(128 - self.prefix_bits).unwrap_or(0);
                (own.to_bits() ^ other.to_bits()) & mask == 0
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    //! Which addresses a range holds.

    use super::*;

    #[track_caller]
    fn check(network: &str, address: &str, expected: bool) {
        assert_eq!(Network::parse(network).unwrap().contains(address), expected, "{address} in {network}");
    }

    #[test]
    fn ranges_hold_their_addresses_and_no_neighbour() {
        check("203.0.113.0/24", "203.0.113.255", true);
        check("203.0.113.0/24", "203.0.114.0", false);
        check("203.0.113.77/24", "203.0.113.1", true);
        check("203.0.113.7", "203.0.113.7", true);
        check("203.0.113.7", "203.0.113.8", false);
        check("0.0.0.0/0", "255.255.255.255", true);
        check("2001:db8::/32", "2001:db8:ffff::1", true);
        check("2001:db8::/32", "2001:db9::1", false);
        check("::/0", "::1", true);
        check("0.0.0.0/0", "::1", false);
        check("::/0", "1.2.3.4", false);
        check("10.0.0.0/8", "somewhere", false);
    }

    #[test]
    fn other_texts_are_no_ranges() {
        for text in
            ["", "10.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "::/129", "10.0.0.0/", "10.0.0.0/8/8"]
        {
            assert_eq!(Network::parse(text), None, "{text:?}");
        }
    }
}
