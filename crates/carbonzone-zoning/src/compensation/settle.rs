//! From positions to money: whole fen that sum to 0, and who pays whom.

use crate::{Result, ZoningError};
use carbonzone_types::ExactSum;

/// Positions that sum to more than this share of what changes hands are no zero-sum game but a mistake.
const TOLERANCE: f64 = 1e-9;
/// Fen in a yuan.
const FEN: f64 = 100.0;
/// Largest amount of a unit, fen: floats hold every whole number up to it.
const LARGEST_FEN: f64 = 9.0e15;

/// Money of every unit in whole fen (0.01 CNY), which sum to exactly 0.
///
/// Each amount is rounded; the fen that are then left over or missing go, one each, to the units whose rounding was
/// farthest off, equal ones in their order.
///
/// # Units and shape
/// `settled_t` in t CO2e, above 0 for those who receive; `price` in CNY per tonne. Same order; `None` stays `None`.
///
/// # Errors
/// [`ZoningError::Parameter`] if the positions do not sum to 0 within 1e-9 of what changes hands, or an amount is no
/// number or beyond 9·10¹³ CNY.
pub fn in_fen(settled_t: &[Option<f64>], price: f64) -> Result<Vec<Option<i64>>> {
    let exact: Vec<Option<f64>> = settled_t.iter().map(|t| t.map(|t| t * price * FEN)).collect();
    if let Some(bad) = exact.iter().flatten().find(|v| v.is_nan() || v.abs() > LARGEST_FEN) {
        return Err(ZoningError::parameter("amount", bad / FEN, "at most 9e13 CNY per unit"));
    }
    let net: f64 = exact.iter().flatten().copied().collect::<ExactSum>().value();
    let moved: f64 = exact.iter().flatten().map(|v| v.abs()).collect::<ExactSum>().value();
    let units = exact.iter().flatten().count();
    if net.abs() > TOLERANCE * moved + 0.5 {
        let expected = "a sum of 0: what is paid is what is received";
        return Err(ZoningError::parameter("net of all units, CNY", net / FEN, expected));
    }
    let mut fen: Vec<Option<i64>> = exact.iter().map(|v| v.map(|v| v.round() as i64)).collect();
    let mut left: i64 = -fen.iter().flatten().sum::<i64>();
    let mut order: Vec<usize> = (0..fen.len()).filter(|i| fen[*i].is_some()).collect();
    // Millionths of a fen: what is equal but for the last bits of a product counts as equal.
    let short = |i: usize| exact[i].zip(fen[i]).map_or(0, |(v, f)| ((v - f as f64) * 1e6).round() as i64);
    let shortfall: Vec<i64> = (0..fen.len()).map(short).collect();
    order.sort_by(|a, b| shortfall[*b].cmp(&shortfall[*a]).then(a.cmp(b)));
    if left < 0 {
        order.reverse();
    }
    // Only a rounding of the positions beyond a fen per unit takes a second round.
    for at in (0..units.max(1)).cycle() {
        if left == 0 {
            break;
        }
        let step = left.signum();
        fen[order[at]] = fen[order[at]].map(|f| f + step);
        left -= step;
    }
    Ok(fen)
}

/// Money that one unit pays to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flow {
    /// Position of the unit that pays.
    pub payer: usize,
    /// Position of the unit that receives.
    pub receiver: usize,
    /// Amount in fen, > 0.
    pub fen: i64,
}

/// Who pays whom: at most one flow less than there are units with money, and the same list for the same amounts.
///
/// Units that owe each other exactly the same are paired first; then the largest payer pays the largest receiver until
/// all is settled. Each flow settles a unit and the last one two, so there are at most `n − 1`. Fewer are possible only
/// if some of the units balance among themselves to the fen; to find all such groups takes a search over every subset,
/// which is done for pairs only.
pub fn flows(fen: &[Option<i64>]) -> Vec<Flow> {
    let side = |sign: i64| -> Vec<(i64, usize)> {
        let of = fen.iter().enumerate().filter_map(|(i, f)| Some(((*f)? * sign, i)));
        let mut all: Vec<(i64, usize)> = of.filter(|(f, _)| *f > 0).collect();
        all.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        all
    };
    let (mut payers, mut receivers) = (side(-1), side(1));
    let mut out = Vec::new();
    let (mut p, mut r) = (0, 0);
    while let (Some(payer), Some(receiver)) = (payers.get(p).copied(), receivers.get(r).copied()) {
        match payer.0.cmp(&receiver.0) {
            std::cmp::Ordering::Greater => p += 1,
            std::cmp::Ordering::Less => r += 1,
            std::cmp::Ordering::Equal => {
                out.push(Flow { payer: payer.1, receiver: receiver.1, fen: payer.0 });
                (payers[p].0, receivers[r].0) = (0, 0);
                p += 1;
                r += 1;
            }
        }
    }
    let heap = |side: Vec<(i64, usize)>| -> std::collections::BinaryHeap<(i64, std::cmp::Reverse<usize>)> {
        side.into_iter().filter(|(f, _)| *f > 0).map(|(f, i)| (f, std::cmp::Reverse(i))).collect()
    };
    let (mut payers, mut receivers) = (heap(payers), heap(receivers));
    while let (Some((owed, payer)), Some((due, receiver))) = (payers.pop(), receivers.pop()) {
        let amount = owed.min(due);
        out.push(Flow { payer: payer.0, receiver: receiver.0, fen: amount });
        if owed > amount {
            payers.push((owed - amount, payer));
        }
        if due > amount {
            receivers.push((due - amount, receiver));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirds_of_a_fen_are_handed_out_so_that_nothing_is_left() {
        // 1/3 of a tonne at 1 CNY is 33.33 fen; two receive it, one pays 66.67.
        let t = [Some(1.0 / 3.0), Some(1.0 / 3.0), None, Some(-2.0 / 3.0)];
        assert_eq!(in_fen(&t, 1.0).unwrap(), [Some(34), Some(33), None, Some(-67)]);
        let half = [Some(0.005), Some(-0.005), Some(0.005), Some(-0.005)];
        assert_eq!(in_fen(&half, 1.0).unwrap().iter().flatten().sum::<i64>(), 0);
    }

    #[test]
    fn positions_that_do_not_sum_to_nothing_are_refused_with_the_sum() {
        let error = in_fen(&[Some(10.0), Some(-9.0)], 50.0).unwrap_err().to_string();
        assert!(error.contains("50") && error.contains("sum of 0"), "{error}");
        assert!(in_fen(&[Some(f64::NAN), Some(0.0)], 1.0).is_err());
        assert!(in_fen(&[Some(1e15), Some(-1e15)], 1.0).is_err());
    }

    #[test]
    fn pairs_that_balance_are_paired_and_the_rest_takes_one_flow_less_than_units() {
        let fen = [Some(-70), Some(50), Some(20), Some(-30), Some(30), None, Some(0)];
        let found = flows(&fen);
        let flow = |payer, receiver, fen| Flow { payer, receiver, fen };
        assert_eq!(found, [flow(3, 4, 30), flow(0, 1, 50), flow(0, 2, 20)]);
        assert_eq!(flows(&[Some(0), None]), []);
    }
}
