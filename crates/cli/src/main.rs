//! The binary `postern`: reads the command line, runs one verb, shows what it says, picks the exit code.
//!
//! Anything a browser would need too belongs in `postern`, not here.

mod arguments;
mod ask;
mod check;
mod demo;
mod diff;
mod doors;
mod eval;
mod exit;
mod layout;
mod oracle;
mod plan;
mod prove;
mod snapshot;
mod who;

use std::io::Write as _;
use std::process::ExitCode;

use arguments::{Arguments, Verb};
use ask::Detail;
use clap::{CommandFactory, Parser};
use exit::Ended;
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match &arguments.verb {
        Verb::Demo(demo) => demo::run(demo),
        Verb::Can(ask) => ask::run(ask, Detail::Verdict),
        Verb::Why(ask) => ask::run(ask, Detail::Chain),
        Verb::Doors(doors) => doors::run(doors),
        Verb::Plan(plan) => plan::run(plan),
        Verb::Prove(prove) => prove::run(prove),
        Verb::Diff(diff) => diff::run(diff),
        Verb::Init(init) => plan::init(init),
        Verb::Fmt(layout) => layout::run(layout),
        Verb::Check(check) => check::run(check),
        Verb::Who(who) => who::run(who),
        Verb::Snapshot(snapshot) => snapshot::run(snapshot),
        Verb::Eval(eval) => eval::run(eval),
        Verb::Compare(compare) => eval::compare(compare),
        Verb::Oracle(oracle) => oracle::run(oracle),
        Verb::Completions(completions) => {
            let mut command = Arguments::command();
            let mut text = Vec::new();
            clap_complete::generate(completions.shell, &mut command, "postern", &mut text);
            exit::written(std::io::stdout().write_all(&text)).map(|()| Ended::Fine)
        }
    };
    exit::code(outcome)
}
