(** * What the toolkit knows of its smooth activations: slope bounds, and limits at -infinity.

    [eps_box] of GatedUnits.v asks for nothing else. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp.analysis Require Import reals sequences normedtype derive exp trigo.
From URNN Require Import Setting TanhAndLogistic RealNumbers ErrorBound ErrorBoundTanhLogistic
  Slopes SmoothActivations NormalDistribution GELU.
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
  [/\ lipschitz (11%:R / 10%:R) (@siluR R), lipschitz (113%:R / 100%:R) (@geluR R)
    & lipschitz 1 (@sinR R)].
Proof.
split; split.
- exact/nonexp_lipschitz/tanhR_nonexp.
- exact: logisticR_lipschitz.
- exact/nonexp_lipschitz/softplusR_nonexp.
- exact/nonexp_lipschitz/eluR_nonexp.
- exact: siluR_lipschitz.
- exact: geluR_lipschitz.
apply: (slope_lipschitz (fun s => derive_has_slope (is_derive_sin s))) => s.
exact: cos_max.
Qed.

Theorem tails (B z : R) : z <= - B ->
  [/\ `|tanhR z - (-1)| <= 2%:R * expR (- (B + B)), `|logisticR z - 0| <= expR (- B)
    & `|softplusR z - 0| <= expR (- B)] /\
  [/\ 0 <= B -> `|eluR z - (-1)| <= expR (- B),
      1 <= B -> `|siluR z - 0| <= B * expR (- B)
    & 0 <= B -> `|geluR z - 0| <= 2%:R / 5%:R * expR (- (B ^+ 2 / 2%:R))].
Proof.
move=> zB; split; split.
- exact: tanhR_tail_exp.
- exact: logisticR_tail.
- exact: softplusR_tail.
- by move=> B0; apply: eluR_tail.
- by move=> B1; apply: siluR_tail.
- by move=> B0; apply: geluR_tail.
Qed.
End ActivationFacts.
