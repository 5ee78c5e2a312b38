#[path = "../tests/common/mod.rs"]
mod common;
fn main() {
    let text = std::fs::read_to_string(std::env::args().nth(1).unwrap()).unwrap();
    let model = common::model(&text).unwrap_or_else(|e| panic!("{e:#?}"));
    let t = std::time::Instant::now();
    for fence in charter::compile(&model).unwrap() {
        println!("== {}", fence.name);
        for s in fence.statements {
            println!("{}", s.text());
        }
    }
    eprintln!("{:?}", t.elapsed());
}
