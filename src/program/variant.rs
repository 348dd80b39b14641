//! A program with its expected result.

use super::{AnyProgram, Claim, Expect, FailureKind, Sweep};
use crate::backend::{Capability, Engine, MemoryModel};

/// One form of a scenario's program, with its expected result.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// Its name within the scenario, in kebab-case.
    pub id: &'static str,
    /// The program at the smallest sizes that show the lesson.
    pub program: &'static dyn AnyProgram,
    /// The same program at other sizes, for engines that need or allow them.
    pub sizes: &'static [(Engine, &'static dyn AnyProgram)],
    /// The same program at a size at which real threads usually show the failure within a second; a sample of
    /// its outcomes is not compared.
    pub native: Option<&'static dyn AnyProgram>,
    /// Further sizes, at each of which it is checked by a sweep.
    pub sweep: Option<Sweep>,
    /// The expected result, under either memory model unless `c11` says otherwise.
    pub claim: Claim,
    /// The expected result under [`MemoryModel::C11`], if it is different.
    pub c11: Option<Claim>,
    /// The engines that are known to miss the failure, and why.
    pub missed_by: &'static [(Engine, &'static str)],
    /// The engine that is known to report a failure that cannot happen, which one, and why.
    pub imagined: Option<(Engine, Claim, &'static str)>,
    /// The engine that does not explore the program yet, and what of it, in the engine's words.
    pub refused: Option<(Engine, &'static str)>,
    /// The outcomes that an engine is known not to find, and why.
    pub outcomes_missed: Option<(Engine, &'static [&'static str], &'static str)>,
    /// The capabilities that an engine must have for this variant to be meaningful.
    pub needs: &'static [Capability],
    /// What this form does, and why it fails or holds: a sentence or two.
    pub why: &'static str,
}

impl Variant {
    /// A variant that holds, unless another method says otherwise.
    #[must_use]
    pub const fn new(
        id: &'static str,
        program: &'static dyn AnyProgram,
        why: &'static str,
    ) -> Self {
        let claim = Claim { expect: Expect::Holds, outcomes: &[] };
        Self {
            id,
            program,
            sizes: &[],
            native: None,
            sweep: None,
            claim,
            c11: None,
            missed_by: &[],
            imagined: None,
            refused: None,
            outcomes_missed: None,
            needs: &[],
            why,
        }
    }

    /// It fails in this way, like [`Claim::fails`].
    #[must_use]
    pub const fn fails(mut self, kind: FailureKind, message: &'static str) -> Self {
        self.claim.expect = Claim::fails(kind, message).expect;
        self
    }

    /// It deadlocks, and the line that says which thread waits for what contains `message`. (Real
    /// threads only hang, so there is no such line to compare.)
    #[must_use]
    pub const fn deadlocks(self, message: &'static str) -> Self {
        self.fails(FailureKind::Deadlock, message)
    }

    /// It refuses a misuse with this error, in every interleaving.
    #[must_use]
    pub const fn refuses(mut self, error: &'static str) -> Self {
        self.claim.expect = Expect::Refuses { error };
        self
    }

    /// Some interleaving reaches this point, and none fails.
    #[must_use]
    pub const fn reaches(mut self, point: &'static str) -> Self {
        self.claim.expect = Expect::Reaches { point };
        self
    }

    /// No interleaving reaches this point, and none fails.
    #[must_use]
    pub const fn never_reaches(mut self, point: &'static str) -> Self {
        self.claim.expect = Expect::NeverReaches { point };
        self
    }

    /// The expected result under C11, if it is different.
    #[must_use]
    pub const fn under_c11(mut self, claim: Claim) -> Self {
        self.c11 = Some(claim);
        self
    }

    /// These engines do not find the failure, for these reasons.
    #[must_use]
    pub const fn missed_by(mut self, engines: &'static [(Engine, &'static str)]) -> Self {
        self.missed_by = engines;
        self
    }

    /// This engine reports this failure, which cannot happen, for this reason.
    #[must_use]
    pub const fn imagined_by(mut self, engine: Engine, claim: Claim, why: &'static str) -> Self {
        self.imagined = Some((engine, claim, why));
        self
    }

    /// This engine does not explore yet what the program does, which it calls so.
    #[must_use]
    pub const fn refused_by(mut self, engine: Engine, what: &'static str) -> Self {
        self.refused = Some((engine, what));
        self
    }

    /// This engine does not find these outcomes, for this reason.
    #[must_use]
    pub const fn outcomes_missed_by(
        mut self,
        engine: Engine,
        outcomes: &'static [&'static str],
        why: &'static str,
    ) -> Self {
        self.outcomes_missed = Some((engine, outcomes, why));
        self
    }

    /// Its outcomes are exactly these.
    #[must_use]
    pub const fn outcomes(mut self, outcomes: &'static [&'static str]) -> Self {
        self.claim.outcomes = outcomes;
        self
    }

    /// The same, with any outcomes.
    #[must_use]
    pub const fn without_outcomes(mut self) -> Self {
        self.claim.outcomes = &[];
        if let Some(claim) = &mut self.c11 {
            claim.outcomes = &[];
        }
        if let Some((_, claim, _)) = &mut self.imagined {
            claim.outcomes = &[];
        }
        self
    }

    /// It is meaningful only where the engine has these capabilities.
    #[must_use]
    pub const fn needs(mut self, needs: &'static [Capability]) -> Self {
        self.needs = needs;
        self
    }

    /// These engines get the program at other sizes.
    #[must_use]
    pub const fn sized(mut self, sizes: &'static [(Engine, &'static dyn AnyProgram)]) -> Self {
        self.sizes = sizes;
        self
    }

    /// Real threads get the program at this size, at which luck usually finds its failure within a second. At
    /// its smallest size most runs end before their threads meet.
    #[must_use]
    pub const fn natively(mut self, program: &'static dyn AnyProgram) -> Self {
        self.native = Some(program);
        self
    }

    /// The program at the sizes for `engine`.
    #[must_use]
    pub fn program_for(&self, engine: Engine) -> &'static dyn AnyProgram {
        match self.native {
            Some(program) if engine.is_native() => program,
            _ => self.program_to_watch(engine),
        }
    }

    /// The program at the sizes for `engine` at which a person can follow its steps.
    #[must_use]
    pub fn program_to_watch(&self, engine: Engine) -> &'static dyn AnyProgram {
        self.sizes
            .iter()
            .find_map(|&(sized_for, program)| (sized_for == engine).then_some(program))
            .unwrap_or(self.program)
    }

    /// Whether the declared outcomes are those of the program for `engine`: they belong to the declared sizes.
    #[must_use]
    pub fn outcomes_are_for(&self, engine: Engine) -> bool {
        format!("{:?}", self.program_for(engine)) == format!("{:?}", self.program)
    }

    /// The expected result on `engine`: under its memory model, unless it is known to imagine another.
    #[must_use]
    pub fn claim_on(&self, engine: Engine) -> Claim {
        match (self.imagined, self.c11) {
            (Some((mistaken, claim, _)), _) if mistaken == engine => claim,
            (_, Some(claim)) if engine.memory_model() == MemoryModel::C11 => claim,
            _ => self.claim,
        }
    }

    /// Why `engine` reports a failure that cannot happen, if it is known to.
    #[must_use]
    pub fn why_imagined_on(&self, engine: Engine) -> Option<&'static str> {
        let (mistaken, _, why) = self.imagined?;
        (mistaken == engine).then_some(why)
    }

    /// Why `engine` misses the failure, if it is known to miss it.
    #[must_use]
    pub fn why_missed_on(&self, engine: Engine) -> Option<&'static str> {
        self.missed_by.iter().find_map(|&(missing, why)| (missing == engine).then_some(why))
    }

    /// What `engine` is known not to explore yet of the program.
    #[must_use]
    pub fn refused_on(&self, engine: Engine) -> Option<&'static str> {
        let (refusing, what) = self.refused?;
        (refusing == engine).then_some(what)
    }

    /// The outcomes that `engine` is known not to find, and why.
    #[must_use]
    pub fn outcomes_missed_on(
        &self,
        engine: Engine,
    ) -> Option<(&'static [&'static str], &'static str)> {
        let (missing, outcomes, why) = self.outcomes_missed?;
        (missing == engine).then_some((outcomes, why))
    }

    /// The expected result, in words.
    #[must_use]
    pub fn expected(&self) -> String {
        let expect = self.claim.expect;
        match self.c11 {
            Some(claim) => format!("{expect}; under {}: {}", MemoryModel::C11, claim.expect),
            None => expect.to_string(),
        }
    }

    /// Whether it fails under some memory model.
    #[must_use]
    pub fn goes_wrong(&self) -> bool {
        self.claim.expect.is_failure() || self.c11.is_some_and(|claim| claim.expect.is_failure())
    }

    /// The first capability it needs that `engine` lacks; `None` where this build lacks the engine.
    #[must_use]
    pub fn missing_on(&self, engine: Engine) -> Option<Capability> {
        let capabilities = engine.capabilities()?;
        self.needs.iter().copied().find(|need| !capabilities.contains(need))
    }
}
