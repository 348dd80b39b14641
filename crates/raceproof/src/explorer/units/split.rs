//! Cutting a unit into smaller ones.
//!
//! The piece that is likely to be the largest is opened, again and again, until there are some for each of the units that
//! are wanted; then they are dealt out. How large a piece is, nothing tells but how many events its graph begins with:
//! the fewer, the larger.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;

use super::super::Explorer;
use super::super::run::Run;
use super::pieces::{Stop, Watch};
use super::{Unit, UnitError};
use crate::execution::Session;
use crate::execution::piece::{Extent, Piece};
use crate::exploration::{Graphs, Route};

/// How many pieces there should be for each unit.
const EACH: usize = 4;

/// How many pieces are opened for each unit at most.
const OPENED: usize = 32;

/// How much smaller a piece is taken for with each event of its graph; a logarithm. As of
/// [walks](crate::exploration::Graphs::walking).
const SHRINKS: f64 = 0.3;

impl Explorer {
    pub(super) fn split_into(
        &self,
        unit: &Unit,
        units: usize,
        model: &dyn Fn(),
    ) -> Result<Vec<Unit>, Stop> {
        let limits = self.limits_of(unit, model)?;
        let route = Rc::new(RefCell::new(Route { opens: true, ..Route::default() }));
        let _installed = Session::install(Box::new(Graphs::on(Rc::clone(&route))), limits);
        let mut run = Run::new(self, limits, model, Instant::now(), &|_| true);
        let mut watch = Watch::new(unit);
        // Nothing is known of them, so they come first.
        let mut pieces = unit.pieces.iter().map(|piece| (piece.clone(), 0)).collect::<Vec<_>>();
        let divides = |piece: &Piece| !matches!(piece.extent, Extent::Node(_));
        for opened in 0..units.saturating_mul(OPENED) {
            let many = pieces.iter().filter(|(piece, _)| divides(piece)).count();
            if opened > 0 && (units == 1 || many >= units * EACH) {
                break;
            }
            let all = pieces.iter().enumerate().filter(|(_, (piece, _))| divides(piece));
            let Some((at, _)) = all.min_by_key(|(_, (_, len))| *len) else { break };
            let (piece, _) = pieces.remove(at);
            route.borrow_mut().pieces.push_back(piece);
            while route.borrow().opened.is_none() {
                if run.once(&mut None).is_err() {
                    let lesson = crate::execution::with(|session| session.way());
                    return Err(Stop::Learnt(lesson.expect("pieces are opened")));
                }
                watch.look(self, &route.borrow())?;
                self.check_unexplored()?;
            }
            pieces.extend(route.borrow_mut().opened.take().into_iter().flatten());
        }
        let program = watch.program;
        let known = Unit { program, ..unit.clone() };
        if units == 1 {
            return Ok(vec![known]);
        }
        Ok(known.parts(deal(pieces, units), false))
    }

    /// Has the execution come to something that is not explored under this memory model?
    fn check_unexplored(&self) -> Result<(), Stop> {
        match crate::execution::kernel(|kernel| kernel.limits.unexplored) {
            Some(what) => {
                let what = format!("not yet under Memory::C11: {what}");
                Err(Stop::Refused(UnitError::Indivisible(what)))
            }
            None => Ok(()),
        }
    }
}

/// Deals pieces out to so many units, or fewer if there are fewer, that are about as large as each other.
fn deal(mut pieces: Vec<(Piece, usize)>, units: usize) -> Vec<Vec<Piece>> {
    pieces.sort_by(|one, other| (one.1, &one.0.way).cmp(&(other.1, &other.0.way)));
    let least = pieces.first().map_or(0, |(_, len)| *len);
    let mut dealt = vec![(0.0_f64, Vec::new()); units.min(pieces.len())];
    for (piece, len) in pieces {
        let smallest = dealt
            .iter_mut()
            .min_by(|one, other| one.0.total_cmp(&other.0).then(one.1.len().cmp(&other.1.len())));
        let (size, all) = smallest.expect("there is a unit for each piece or for several");
        // No piece is smaller than one execution.
        *size += f64::exp(-SHRINKS * (len - least).min(1_000) as f64).max(1e-9);
        all.push(piece);
    }
    dealt.into_iter().map(|(_, pieces)| pieces).collect()
}
