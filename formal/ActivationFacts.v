(** * What the toolkit knows of its smooth activations: slope bounds, and limits at -infinity.

    [eps_within] and [eps_box] of GatedUnits.v ask for nothing else. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp.analysis Require Import reals sequences normedtype derive exp trigo.
From URNN Require Import Setting TanhAndLogistic RealNumbers ErrorBound ErrorBoundTanhLogistic
  Slopes SmoothActivations SELUAndMish NormalDistribution GELU.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section ActivationFacts.
Variable R : realType.

Theorem slope_bounds :
  [/\ lipschitz 1 (@tanhR R), lipschitz 4%:R^-1 (@logisticR R),
      lipschitz 1 (@softplusR R) & lipschitz 1 (@eluR R)] /\
  [/\ lipschitz (113%:R / 100%:R) (@geluR R), lipschitz (11%:R / 10%:R) (@siluR R),
      lipschitz (11%:R / 10%:R) (@mishR R), lipschitz 1 (@sinR R)
    & forall lambda alpha : R, 0 <= lambda -> 1 <= alpha ->
      lipschitz (lambda * alpha) (seluR lambda alpha)].
Proof.
split; split.
- exact/nonexp_lipschitz/tanhR_nonexp.
- exact: logisticR_lipschitz.
- exact/nonexp_lipschitz/softplusR_nonexp.
- exact/nonexp_lipschitz/eluR_nonexp.
- exact: geluR_lipschitz.
- exact: siluR_lipschitz.
- exact: mishR_lipschitz.
- apply: (slope_lipschitz (fun s => derive_has_slope (is_derive_sin s))) => s.
  exact: cos_max.
- by move=> lambda alpha; apply: seluR_lipschitz.
Qed.

Lemma logisticR_tail_sharp (B z : R) : z <= - B -> `|logisticR z - 0| <= 1 / (1 + expR B).
Proof.
have he := @expR_expo R; move=> zB; rewrite subr0 gtr0_norm ?(logistic_gt0 he) // div1r.
rewrite lef_pinv ?posrE ?addr_gt0 ?ltr01 ?expR_gt0 // ler_add2l ler_expR.
by rewrite ler_oppr.
Qed.

Theorem tails (B z : R) : z <= - B ->
  [/\ `|tanhR z - (-1)| <= 2%:R / (1 + expR (B + B)), `|logisticR z - 0| <= 1 / (1 + expR B)
    & `|softplusR z - 0| <= expR (- B)] /\
  [/\ 0 <= B -> `|eluR z - (-1)| <= expR (- B),
      0 <= B -> forall lambda alpha : R, 0 <= lambda -> 0 <= alpha ->
        `|seluR lambda alpha z - - (lambda * alpha)| <= lambda * alpha * expR (- B),
      0 <= B -> `|geluR z - 0| <= 2%:R / 5%:R * expR (- (B ^+ 2 / 2%:R)),
      1 <= B -> `|siluR z - 0| <= B * expR (- B)
    & 1 <= B -> `|mishR z - 0| <= B * expR (- B)].
Proof.
move=> zB; split; split.
- have zz : z + z <= - (B + B) by rewrite opprD ler_add.
  rewrite /tanhR (tanhE (@expR_expo R)) opprK subrK normrM ger0_norm ?ler0n // -[2%:R / _]mulr1.
  rewrite -mulrA; apply: ler_wpmul2l; first exact: ler0n.
  by have := logisticR_tail_sharp zz; rewrite subr0 div1r mulr1.
- exact: logisticR_tail_sharp.
- exact: softplusR_tail.
- by move=> B0; apply: eluR_tail.
- by move=> B0 lambda alpha l0 a0; apply: seluR_tail.
- by move=> B0; apply: geluR_tail.
- by move=> B1; apply: siluR_tail.
- by move=> B1; apply: mishR_tail.
Qed.
End ActivationFacts.
