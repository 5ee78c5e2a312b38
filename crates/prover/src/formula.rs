//! Formulas over what a request makes true, and a solver that proposes what would make one true.
//!
//! Equal formulas are one formula. The solver knows nothing of what the atoms mean: who asks it says which of them
//! cannot be together, and asks again.

use std::collections::BTreeSet;

use batsat::{BasicSolver, Lit, SolverInterface, lbool};
use rustc_hash::FxHashMap;

/// Something that a request makes true or false.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Atom {
    /// A pattern covers the resource.
    Resource(u32),
    /// A pattern covers the ARN of who asks.
    Principal(u32),
    /// A condition holds.
    Condition(u32),
    /// Something that is not understood.
    Open(u32),
}

/// An atom, and whether it holds.
pub type Literal = (Atom, bool);

/// A formula, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Formula(u32);

impl Formula {
    pub const TRUE: Self = Self(0);
    pub const FALSE: Self = Self(1);

    /// The formula that is always true, or never.
    pub fn constant(holds: bool) -> Self {
        if holds { Self::TRUE } else { Self::FALSE }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Shape {
    Constant(bool),
    Atom(Atom),
    Not(Formula),
    All(Box<[Formula]>),
    Any(Box<[Formula]>),
}

/// Formulas, each once.
#[derive(Debug)]
pub struct Formulas {
    shapes: Vec<Shape>,
    numbers: FxHashMap<Shape, Formula>,
}

impl Default for Formulas {
    fn default() -> Self {
        let mut new = Self { shapes: Vec::new(), numbers: FxHashMap::default() };
        new.add(Shape::Constant(true));
        new.add(Shape::Constant(false));
        new
    }
}

impl Formulas {
    fn add(&mut self, shape: Shape) -> Formula {
        if let Some(known) = self.numbers.get(&shape) {
            return *known;
        }
        let number = Formula(self.shapes.len() as u32);
        self.shapes.push(shape.clone());
        self.numbers.insert(shape, number);
        number
    }

    fn shape(&self, formula: Formula) -> &Shape {
        &self.shapes[formula.0 as usize]
    }

    pub fn atom(&mut self, atom: Atom) -> Formula {
        self.add(Shape::Atom(atom))
    }

    pub fn not(&mut self, formula: Formula) -> Formula {
        match self.shape(formula) {
            Shape::Constant(holds) => Formula::constant(!holds),
            Shape::Not(inner) => *inner,
            Shape::Atom(_) | Shape::All(_) | Shape::Any(_) => self.add(Shape::Not(formula)),
        }
    }

    pub fn all(&mut self, of: impl IntoIterator<Item = Formula>) -> Formula {
        self.join(of, Formula::TRUE, Formula::FALSE, Shape::All)
    }

    pub fn any(&mut self, of: impl IntoIterator<Item = Formula>) -> Formula {
        self.join(of, Formula::FALSE, Formula::TRUE, Shape::Any)
    }

    fn join(
        &mut self,
        of: impl IntoIterator<Item = Formula>,
        neutral: Formula,
        settles: Formula,
        shape: fn(Box<[Formula]>) -> Shape,
    ) -> Formula {
        let mut parts: Vec<Formula> = of.into_iter().filter(|part| *part != neutral).collect();
        if parts.contains(&settles) {
            return settles;
        }
        parts.sort_unstable();
        parts.dedup();
        let contradicts = |part: &Formula| match self.shape(*part) {
            Shape::Not(inner) => parts.binary_search(inner).is_ok(),
            Shape::Constant(_) | Shape::Atom(_) | Shape::All(_) | Shape::Any(_) => false,
        };
        if parts.iter().any(contradicts) {
            return settles;
        }
        match parts.as_slice() {
            [] => neutral,
            [only] => *only,
            _ => self.add(shape(parts.into())),
        }
    }

    /// What it is worth where some of its atoms have a value; none where that hangs on the others.
    pub fn value(&self, formula: Formula, of: &dyn Fn(Atom) -> Option<bool>) -> Option<bool> {
        let join = |parts: &[Formula], settles: bool| {
            let mut all_known = true;
            for part in parts {
                match self.value(*part, of) {
                    Some(value) if value == settles => return Some(settles),
                    Some(_) => {}
                    None => all_known = false,
                }
            }
            all_known.then_some(!settles)
        };
        match self.shape(formula) {
            Shape::Constant(holds) => Some(*holds),
            Shape::Atom(atom) => of(*atom),
            Shape::Not(inner) => self.value(*inner, of).map(|value| !value),
            Shape::All(parts) => join(parts, false),
            Shape::Any(parts) => join(parts, true),
        }
    }

    /// Whether some atom of it is not understood.
    pub fn has_open(&self, formula: Formula) -> bool {
        match self.shape(formula) {
            Shape::Atom(atom) => matches!(atom, Atom::Open(_)),
            Shape::Constant(_) => false,
            Shape::Not(inner) => self.has_open(*inner),
            Shape::All(parts) | Shape::Any(parts) => parts.iter().any(|part| self.has_open(*part)),
        }
    }
}

/// What would make one formula true.
pub struct Solver {
    solver: BasicSolver,
    /// The variables of the formulas that were met.
    vars: FxHashMap<Formula, Lit>,
    atoms: FxHashMap<Atom, Lit>,
    root: Formula,
}

impl Solver {
    pub fn new(formulas: &Formulas, root: Formula) -> Self {
        let mut new = Self {
            solver: BasicSolver::default(),
            vars: FxHashMap::default(),
            atoms: FxHashMap::default(),
            root,
        };
        let lit = new.lit(formulas, root);
        new.clause(vec![lit]);
        new
    }

    fn fresh(&mut self) -> Lit {
        Lit::new(self.solver.new_var_default(), true)
    }

    fn clause(&mut self, mut clause: Vec<Lit>) {
        self.solver.add_clause_reuse(&mut clause);
    }

    /// A literal that is true exactly where the formula is.
    fn lit(&mut self, formulas: &Formulas, formula: Formula) -> Lit {
        if let Some(known) = self.vars.get(&formula) {
            return *known;
        }
        let lit = match formulas.shape(formula) {
            Shape::Constant(holds) => {
                let lit = self.fresh();
                self.clause(vec![if *holds { lit } else { !lit }]);
                lit
            }
            Shape::Atom(atom) => self.atom(*atom),
            Shape::Not(inner) => !self.lit(formulas, *inner),
            Shape::All(parts) => {
                let parts: Vec<Lit> = parts.iter().map(|part| self.lit(formulas, *part)).collect();
                let own = self.fresh();
                parts.iter().for_each(|part| self.clause(vec![!own, *part]));
                self.clause(parts.iter().map(|part| !*part).chain([own]).collect());
                own
            }
            Shape::Any(parts) => {
                let parts: Vec<Lit> = parts.iter().map(|part| self.lit(formulas, *part)).collect();
                let own = self.fresh();
                parts.iter().for_each(|part| self.clause(vec![own, !*part]));
                self.clause(parts.iter().copied().chain([!own]).collect());
                own
            }
        };
        self.vars.insert(formula, lit);
        lit
    }

    fn atom(&mut self, atom: Atom) -> Lit {
        let solver = &mut self.solver;
        *self.atoms.entry(atom).or_insert_with(|| Lit::new(solver.new_var_default(), true))
    }

    /// These are never together.
    pub fn forbid(&mut self, literals: &[Literal]) {
        let clause = literals
            .iter()
            .map(|(atom, is)| {
                let lit = self.atom(*atom);
                if *is { !lit } else { lit }
            })
            .collect();
        self.clause(clause);
    }

    /// Enough of what holds in a solution to make the formula true; none where there is no solution.
    pub fn propose(&mut self, formulas: &Formulas) -> Option<Vec<Literal>> {
        if self.solver.solve_limited(&[]) != lbool::TRUE {
            return None;
        }
        let known: FxHashMap<Atom, bool> = self
            .atoms
            .iter()
            .map(|(atom, lit)| (*atom, self.solver.value_lit(*lit) == lbool::TRUE))
            .collect();
        let mut reasons = Reasons { formulas, known, values: FxHashMap::default(), needed: BTreeSet::new() };
        reasons.need(self.root, true);
        Some(reasons.needed.into_iter().collect())
    }
}

/// Why a formula has the value it has under a choice of its atoms.
struct Reasons<'a> {
    formulas: &'a Formulas,
    known: FxHashMap<Atom, bool>,
    values: FxHashMap<Formula, bool>,
    needed: BTreeSet<Literal>,
}

impl Reasons<'_> {
    fn value(&mut self, formula: Formula) -> bool {
        if let Some(known) = self.values.get(&formula) {
            return *known;
        }
        let value = match self.formulas.shape(formula) {
            Shape::Constant(holds) => *holds,
            Shape::Atom(atom) => self.known.get(atom).copied().unwrap_or(false),
            Shape::Not(inner) => !self.value(*inner),
            Shape::All(parts) => parts.iter().all(|part| self.value(*part)),
            Shape::Any(parts) => parts.iter().any(|part| self.value(*part)),
        };
        self.values.insert(formula, value);
        value
    }

    /// Adds what keeps a formula at a value that it has: all parts, or the one that takes least beside what is needed
    /// already.
    fn need(&mut self, formula: Formula, value: bool) {
        let formulas = self.formulas;
        match formulas.shape(formula) {
            Shape::Constant(_) => {}
            Shape::Atom(atom) => {
                self.needed.insert((*atom, value));
            }
            Shape::Not(inner) => self.need(*inner, !value),
            Shape::All(parts) if value => parts.iter().for_each(|part| self.need(*part, true)),
            Shape::Any(parts) if !value => parts.iter().for_each(|part| self.need(*part, false)),
            Shape::All(parts) | Shape::Any(parts) => {
                let fit: Vec<Formula> =
                    parts.iter().copied().filter(|part| self.value(*part) == value).collect();
                if let Some(least) = fit.into_iter().min_by_key(|part| self.cost(*part, value)) {
                    self.need(least, value);
                }
            }
        }
    }

    /// How many atoms it takes that are not needed yet, at a glance.
    fn cost(&mut self, formula: Formula, value: bool) -> usize {
        let formulas = self.formulas;
        match formulas.shape(formula) {
            Shape::Constant(_) => 0,
            // What is not understood only where nothing else does.
            Shape::Atom(Atom::Open(_)) => 1_000,
            Shape::Atom(atom) => usize::from(!self.needed.contains(&(*atom, value))),
            Shape::Not(inner) => self.cost(*inner, !value),
            Shape::All(parts) if value => parts.iter().map(|part| self.cost(*part, true)).sum(),
            Shape::Any(parts) if !value => parts.iter().map(|part| self.cost(*part, false)).sum(),
            Shape::All(parts) | Shape::Any(parts) => {
                let mut least = usize::MAX;
                for part in parts {
                    if self.value(*part) == value {
                        least = least.min(self.cost(*part, value));
                    }
                }
                least
            }
        }
    }
}

#[cfg(test)]
mod tests {
    //! Small formulas.

    use super::*;

    #[test]
    fn formulas_are_simplified_and_solved() {
        let mut all = Formulas::default();
        let [a, b] = [0, 1].map(|number| all.atom(Atom::Condition(number)));
        let not_a = all.not(a);
        assert_eq!(all.not(not_a), a);
        assert_eq!(all.all([a, Formula::TRUE, a]), a);
        assert_eq!(all.any([a, Formula::TRUE]), Formula::TRUE);
        assert_eq!(all.any([a, b, not_a]), Formula::TRUE);
        assert_eq!(all.all([a, b, not_a]), Formula::FALSE);
        let either = all.any([a, b]);
        let root = all.all([either, not_a]);
        let mut solver = Solver::new(&all, root);
        let needed = solver.propose(&all).unwrap();
        assert_eq!(needed, [(Atom::Condition(0), false), (Atom::Condition(1), true)]);
        solver.forbid(&needed);
        assert_eq!(solver.propose(&all), None);
    }
}
