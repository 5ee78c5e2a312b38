//! Proofs beside Z3: whether one policy allows what another does not, both ways, on pairs that are kept in
//! `xtask/data/policy-pairs.jsonl`.
//!
//! The pairs are generated from seeds, in four kinds: the same in other words, narrowed, one pattern widened, one
//! statement more. Z3 is given the same question by a translation of its own, written against the policy language and not
//! against ours (`xtask/src/bench/z3_pairs.py`): action and resource type by number, the ARN and each key a string with a
//! regular expression. Ten seconds each; what is not answered then counts as ten. It needs Python, which `POSTERN_PYTHON`
//! may name; without one the row says so.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use iam::policy::{Policy, PolicyType, read};
use prover::difference::{Difference, Side, difference};
use reference::Piece;
use serde_json::{Value, json};

use super::plan::python;
use super::report::Row;

/// The other program, with its version.
const Z3: &str = "z3-solver==4.15.3.0";

/// How long Z3 may take for one question.
const SECONDS: u64 = 10;

/// Only these rows, shown and not written to BENCHMARKS.md.
pub const ALONE: &str = "proofs";

/// Asks Z3 and the prover random questions: how many.
pub const RANDOM: &str = "--z3";

/// Writes the pairs anew.
pub const WRITE: &str = "--pairs";

const SIZES: [usize; 5] = [5, 10, 20, 40, 80];

/// Measures and shows the rows.
pub fn alone() -> Result<(), String> {
    let scratch = super::target_folder()?.join("bench");
    super::doors::write_large(&scratch)?;
    for row in super::properties::rows(&scratch)?.into_iter().chain(rows(&scratch)?) {
        println!("{}", row.text());
    }
    Ok(())
}

/// Writes the pairs.
pub fn write() -> Result<(), String> {
    let of = SIZES.into_iter().flat_map(|size| {
        (0..4).flat_map(move |kind| {
            (0..2_u64).map(move |round| {
                let mut dice = Dice::new(size as u64 * 1_000 + kind * 10 + round);
                (format!("{size}-{}-{round}", KINDS[kind as usize]), pair(&mut dice, size, kind))
            })
        })
    });
    write_file(&pairs_file(), &lines(of))
}

/// Pairs by id, a line each.
fn lines(pairs: impl Iterator<Item = (String, (Vec<Value>, Vec<Value>))>) -> String {
    let document = |statements: &[Value]| json!({ "Version": "2012-10-17", "Statement": statements });
    let line = |(id, (first, second)): (String, (Vec<Value>, Vec<Value>))| {
        let line = json!({ "id": id, "type": "identity", "reference": document(&first), "candidate": document(&second) });
        format!("{line}\n")
    };
    pairs.map(line).collect()
}

const KINDS: [&str; 4] = ["same", "narrowed", "widened", "more"];

fn pairs_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/policy-pairs.jsonl")
}

fn write_file(path: &Path, text: &str) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(path, text).map_err(failed)
}

struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % sides
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }
}

const ACTIONS: [&str; 24] = [
    "bedrock:InvokeModel",
    "bedrock:InvokeModelWithResponseStream",
    "bedrock:CreateModelInvocationJob",
    "bedrock:CreateModelImportJob",
    "bedrock:CreateModelCustomizationJob",
    "bedrock:CreateGuardrail",
    "bedrock:DeleteGuardrail",
    "bedrock:GetFoundationModel",
    "bedrock:ApplyGuardrail",
    "bedrock:CreateInferenceProfile",
    "sagemaker:CreateModel",
    "sagemaker:CreateEndpoint",
    "sagemaker:InvokeEndpoint",
    "sagemaker:DescribeEndpoint",
    "sagemaker:CreateTrainingJob",
    "s3:GetObject",
    "s3:PutObject",
    "s3:ListBucket",
    "s3:DeleteObject",
    "lambda:InvokeFunction",
    "lambda:GetFunction",
    "iam:PassRole",
    "iam:GetRole",
    "sts:AssumeRole",
];

const GLOBS: [&str; 8] = [
    "bedrock:*",
    "sagemaker:*",
    "s3:*",
    "bedrock:Create*",
    "bedrock:Invoke*",
    "s3:*Object",
    "lambda:*",
    "sagemaker:Create*",
];

const RESOURCES: [&str; 21] = [
    "*",
    "arn:aws:bedrock:*::foundation-model/*",
    "arn:aws:bedrock:*::foundation-model/anthropic.*",
    "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-*",
    "arn:aws:bedrock:*::foundation-model/amazon.nova-*",
    "arn:aws:bedrock:*::foundation-model/*sonnet*",
    "arn:aws:bedrock:*:*:inference-profile/us.*",
    "arn:aws:bedrock:*:111122223333:inference-profile/*",
    "arn:aws:bedrock:*:*:guardrail/*",
    "arn:aws:bedrock:eu-*:*:guardrail/abc*",
    "arn:aws:sagemaker:*:*:endpoint/*",
    "arn:aws:sagemaker:*:*:endpoint/risk-*",
    "arn:aws:sagemaker:us-west-2:*:model/*",
    "arn:aws:sagemaker:*:*:training-job/*",
    "arn:aws:s3:::weights/*",
    "arn:aws:s3:::weights-*/*",
    "arn:aws:s3:::weights/prod/*.bin",
    "arn:aws:s3:::weights*",
    "arn:aws:lambda:*:*:function:agent-*",
    "arn:aws:iam::*:role/app-*",
    "arn:aws:iam::111122223333:role/*",
];

fn condition(dice: &mut Dice) -> (&'static str, &'static str, Value) {
    match dice.roll(10) {
        0 => ("StringEquals", "aws:RequestedRegion", json!(["us-east-1", "us-west-2"])),
        1 => ("StringNotEquals", "aws:RequestedRegion", json!(["us-east-1", "eu-central-1"])),
        2 => ("ArnLike", "aws:PrincipalArn", json!(["arn:aws:iam::*:role/app-*"])),
        3 => ("ArnNotLike", "aws:PrincipalArn", json!(["arn:aws:iam::*:role/break-glass"])),
        4 => ("StringEquals", "aws:PrincipalOrgID", json!(["o-abc1234567"])),
        5 => ("StringEquals", "aws:PrincipalTag/team", json!([dice.one(&["ml", "web", "data"])])),
        6 => ("StringNotLike", "aws:PrincipalTag/team", json!([dice.one(&["ml*", "*a*", "web"])])),
        7 => ("Bool", "aws:ViaAWSMCPService", json!(["true"])),
        8 => ("StringEquals", "aws:SourceVpce", json!([dice.one(&["vpce-1", "vpce-2"])])),
        _ => ("Null", "aws:PrincipalTag/team", json!([dice.one(&["true", "false"])])),
    }
}

fn statement(dice: &mut Dice) -> Value {
    let is_deny = dice.roll(100) < 35;
    let actions: Vec<&str> = match dice.roll(8) {
        0 => vec![dice.one(&GLOBS)],
        1 => vec![dice.one(&GLOBS), dice.one(&ACTIONS)],
        _ => (0..=dice.roll(4)).map(|_| dice.one(&ACTIONS)).collect(),
    };
    let resources: Vec<&str> = (0..=dice.roll(4)).map(|_| dice.one(&RESOURCES)).collect();
    let name = if is_deny && dice.roll(5) == 0 { "NotResource" } else { "Resource" };
    let mut statement =
        json!({ "Effect": if is_deny { "Deny" } else { "Allow" }, "Action": actions, name: resources });
    if dice.roll(2) == 0 {
        let mut block = serde_json::Map::new();
        for _ in 0..=dice.roll(3) {
            let (operator, key, values) = condition(dice);
            block.insert(operator.to_owned(), json!({ key: values }));
        }
        statement["Condition"] = Value::Object(block);
    }
    statement
}

/// Two policies: the second made from the first.
fn pair(dice: &mut Dice, size: usize, kind: u64) -> (Vec<Value>, Vec<Value>) {
    let first: Vec<Value> = (0..size).map(|_| statement(dice)).collect();
    let mut second: Vec<Value> = Vec::new();
    match kind {
        0 => {
            for one in &first {
                // Lists divided, and a pattern of actions as what is one letter longer and as itself.
                let name = if one.get("NotResource").is_some() { "NotResource" } else { "Resource" };
                let resources = one[name].as_array().cloned().unwrap_or_default();
                let parts: Vec<Vec<Value>> = match name {
                    "Resource" => resources.into_iter().map(|one| vec![one]).collect(),
                    _ => vec![resources],
                };
                for action in one["Action"].as_array().cloned().unwrap_or_default() {
                    let text = action.as_str().unwrap_or_default();
                    let spelled = match text.strip_suffix('*').filter(|front| !front.ends_with(':')) {
                        Some(front) => json!([front, format!("{front}?*")]),
                        None => json!([text]),
                    };
                    for part in &parts {
                        let mut other = one.clone();
                        other["Action"] = spelled.clone();
                        other[name] = json!(part);
                        second.push(other);
                    }
                }
            }
            for at in (1..second.len()).rev() {
                second.swap(at, dice.roll(at + 1));
            }
        }
        1 => {
            second.clone_from(&first);
            second.push(json!({ "Effect": "Deny", "Action": dice.one(&ACTIONS), "Resource": "*" }));
        }
        2 => {
            second.clone_from(&first);
            let at = dice.roll(second.len());
            second[at]["Action"] = json!(dice.one(&GLOBS));
        }
        _ => {
            second.clone_from(&first);
            second.push(statement(dice));
        }
    }
    (first, second)
}

/// The actions that the pairs are about, with the ARNs that they are on and the keys that they carry.
fn world() -> Value {
    let mut keys: Vec<String> = Vec::new();
    let mut dice = Dice::new(7);
    for _ in 0..200 {
        let (_, key, _) = condition(&mut dice);
        if !keys.iter().any(|known| known == key) {
            keys.push(key.to_owned());
        }
    }
    let services = ["bedrock", "sagemaker", "s3", "lambda", "iam", "sts"];
    let all = services.iter().flat_map(|service| reference::actions(service));
    let actions: Vec<Value> = all
        .map(|action| {
            let templates: Vec<Value> = action
                .resource_types()
                .filter_map(|kind| reference::resource_type(action.service, kind.name))
                .flat_map(|kind| kind.templates().map(template).collect::<Vec<_>>())
                .collect();
            let carried: Vec<&String> =
                keys.iter().filter(|key| reference::action_carries(action.service, action.name, key)).collect();
            json!({ "action": format!("{}:{}", action.service, action.name), "templates": templates, "keys": carried })
        })
        .collect();
    json!({ "actions": actions })
}

fn template(template: reference::Template) -> Value {
    let piece = |piece: Piece| match piece {
        Piece::Literal(text) => json!({ "text": text }),
        Piece::Placeholder { name: "Partition", .. } => json!({ "text": "aws" }),
        Piece::Placeholder { ids, .. } => {
            let letters: String =
                (b' '..0x7f).map(char::from).filter(|letter| ids.characters.contains(*letter)).collect();
            json!({ "letters": letters, "least": ids.length_min, "most": ids.length_max, "or": ids.literals })
        }
    };
    Value::Array(template.pieces().map(piece).collect())
}

/// A question about a pair, and what became of it.
struct Asked {
    id: String,
    /// Whether the first allows more; none where that hangs on a reading.
    differs: Option<bool>,
    seconds: f64,
}

/// Asks both ways of each pair of a file.
fn ask(pairs: &Path) -> Result<Vec<Asked>, String> {
    let text = std::fs::read_to_string(pairs).map_err(|error| format!("{}: {error}", pairs.display()))?;
    let policy = |document: &Value| -> Result<Arc<Policy>, String> {
        let read = read(document.to_string().as_bytes(), PolicyType::Identity);
        read.policy.map(Arc::new).ok_or_else(|| format!("{:?}", read.problems))
    };
    let mut asked = Vec::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let [first, second] = [policy(&line["reference"])?, policy(&line["candidate"])?];
        for (way, [one, other]) in ["forth", "back"].into_iter().zip([[&second, &first], [&first, &second]]) {
            let start = Instant::now();
            let found = difference(one, other, Side::Identity);
            let seconds = start.elapsed().as_secs_f64();
            let id = format!("{} {way}", line["id"].as_str().unwrap_or_default());
            let differs = match found {
                Difference::Empty => Some(false),
                Difference::Request(_) => Some(true),
                // A refactoring has to be proved.
                Difference::Unknown(why) if id.contains("-same-") => {
                    return Err(format!("{id}: unknown, {why:?}"));
                }
                Difference::Unknown(_) => None,
            };
            asked.push(Asked { id, differs, seconds });
        }
    }
    Ok(asked)
}

/// What Z3 needs for the same, in seconds.
#[derive(Default)]
struct Theirs {
    whole: f64,
    /// Questions that it did not answer in time.
    out: usize,
    /// What those that both answer take us and it.
    both: (f64, f64),
}

/// Puts verdicts beside those of Z3; one that is another is an error.
fn beside(ours: &[Asked], theirs: &HashMap<String, Value>) -> Result<Theirs, String> {
    let mut sum = Theirs::default();
    for Asked { id, differs, seconds } in ours {
        let Some(found) = theirs.get(id) else { return Err(format!("Z3 was not asked {id}")) };
        match found["verdict"].as_str() {
            Some("out") => {
                sum.out += 1;
                sum.whole += SECONDS as f64;
            }
            Some(verdict) => {
                if differs.is_some_and(|differs| (verdict == "sat") != differs) {
                    return Err(format!("{id}: Z3 says {verdict}, ours {differs:?}"));
                }
                let their = found["seconds"].as_f64().unwrap_or_default();
                sum.whole += their;
                sum.both = (sum.both.0 + seconds, sum.both.1 + their);
            }
            None => return Err(format!("{id}: {found}")),
        }
    }
    Ok(sum)
}

/// Asks Z3 and the prover this many random questions: a long run, of which nothing is written.
pub fn random(count: &str) -> Result<(), String> {
    let count: usize = count.parse().map_err(|error| format!("`{count}`: {error}"))?;
    let scratch = super::target_folder()?.join("bench");
    let file = scratch.join("random-pairs.jsonl");
    let pairs = (0..count.div_ceil(2) as u64).map(|seed| {
        let mut dice = Dice::new(1_000_003 + seed);
        let size = 1 + dice.roll(8);
        (format!("{seed}"), pair(&mut dice, size, seed % 4))
    });
    write_file(&file, &lines(pairs))?;
    let ours = ask(&file)?;
    let found = beside(&ours, &z3(&scratch, &file)?)?;
    let [differ, same] =
        [Some(true), Some(false)].map(|of| ours.iter().filter(|one| one.differs == of).count());
    println!(
        "{} questions: {differ} differ, {same} do not, {} are unknown for a reading; Z3 did not answer {}; no verdict differs",
        ours.len(),
        ours.len() - differ - same,
        found.out
    );
    Ok(())
}

/// The rows.
pub fn rows(scratch: &Path) -> Result<Vec<Row>, String> {
    let ours = ask(&pairs_file())?;
    let mut large: Vec<f64> =
        ours.iter().filter(|one| one.id.starts_with("80-")).map(|one| one.seconds).collect();
    large.sort_by(f64::total_cmp);
    let p95 = large[large.len() * 95 / 100];
    let total: f64 = ours.iter().map(|one| one.seconds).sum();
    let mut rows = vec![Row {
        work: format!("two policies of 80 statements compared, one way, {} of them: p95", large.len()),
        ours: format!("{:.0} ms", p95 * 1_000.0),
        peer: "–".to_owned(),
        ratio: None,
        reach: "≤ 50 ms".to_owned(),
        met: Some(p95 <= 0.05),
    }];
    rows.push(refactored()?);
    let unknown = ours.iter().filter(|one| one.differs.is_none()).count();
    let work = format!(
        "{} questions about pairs of policies, {unknown} of them unknown for a reading, time-outs counted at {SECONDS} s",
        ours.len()
    );
    let reach = "≥ 100 ×".to_owned();
    match z3(scratch, &pairs_file()) {
        Err(why) => {
            rows.push(Row { work, ours: format!("{total:.2} s"), peer: why, ratio: None, reach, met: None })
        }
        Ok(theirs) => {
            let Theirs { whole: peer, out, both } = beside(&ours, &theirs)?;
            rows.push(Row {
                work,
                ours: format!("{total:.2} s"),
                peer: format!("{peer:.0} s, {out} not answered (Z3)"),
                ratio: Some(peer / total),
                reach,
                met: Some(peer / total >= 100.0),
            });
            rows.push(Row {
                work: format!("the {} that Z3 answers too; no verdict differs", ours.len() - out),
                ours: format!("{:.2} s", both.0),
                peer: format!("{:.1} s (Z3)", both.1),
                ratio: Some(both.1 / both.0),
                reach: "–".to_owned(),
                met: None,
            });
        }
    }
    Ok(rows)
}

/// A policy of 7,500 statements beside itself in other words.
fn refactored() -> Result<Row, String> {
    let mut dice = Dice::new(75);
    let (first, second) = pair(&mut dice, 1_190, 0);
    let of = |statements: &[Value]| -> Result<Arc<Policy>, String> {
        let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        let read = read(text.as_bytes(), PolicyType::Identity);
        read.policy.map(Arc::new).ok_or_else(|| format!("{:?}", read.problems))
    };
    let (one, other) = (of(&first)?, of(&second)?);
    let start = Instant::now();
    let found = [difference(&one, &other, Side::Identity), difference(&other, &one, Side::Identity)];
    let took = start.elapsed().as_secs_f64();
    if let Some(wrong) = found.iter().find(|found| !matches!(found, Difference::Empty)) {
        return Err(format!("a refactoring is not the same: {wrong:?}"));
    }
    Ok(Row {
        work: format!(
            "{} statements beside the same in other words, both ways",
            one.statements.len() + other.statements.len()
        ),
        ours: format!("{took:.2} s"),
        peer: "–".to_owned(),
        ratio: None,
        reach: "≤ 5 s".to_owned(),
        met: Some(took <= 5.0),
    })
}

/// What Z3 says, by question.
fn z3(scratch: &Path, pairs: &Path) -> Result<HashMap<String, Value>, String> {
    let python = python().ok_or("no Python 3.12 or newer; name one with POSTERN_PYTHON")?;
    let folder = scratch.join("z3");
    let own = folder.join("bin/python");
    if !own.exists() {
        run(Command::new(python).args(["-m", "venv"]).arg(&folder))?;
        run(Command::new(&own).args(["-m", "pip", "install", "--quiet", Z3]))?;
    }
    let world_file = scratch.join("world.json");
    write_file(&world_file, &world().to_string())?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bench/z3_pairs.py");
    let output = Command::new(&own)
        .arg(script)
        .arg(&world_file)
        .arg(pairs)
        .arg(SECONDS.to_string())
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let mut found = HashMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let value: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
        found.insert(value["id"].as_str().unwrap_or_default().to_owned(), value);
    }
    Ok(found)
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned()),
    }
}
