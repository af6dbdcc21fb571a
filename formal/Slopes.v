(** * Slopes on the real numbers, and functions with isolated zeros.

    The mean value theorem of MathComp Analysis for [has_slope]; slopes that bound a function,
    and zeros that are isolated because a slope is not zero, or has isolated zeros itself. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp.classical Require Import boolp classical_sets functions mathcomp_extra.
From mathcomp.analysis Require Import reals ereal nsatz_realtype signed topology normedtype landau
  sequences derive realfun exp.
Import numFieldNormedType.Exports.
From URNN Require Import Setting FirstOrder DifferentiablePoints Theorems_3_2_and_3_3
  TanhAndLogistic RealNumbers ErrorBound.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Field.
Variable R : realFieldType.
Implicit Types (f g : R -> R) (a b d e s t : R).

Lemma slope0_sqr f a d : slope0 f a d -> slope0 (fun t => f t ^+ 2) (a ^+ 2) (2%:R * a * d).
Proof.
move=> h; have sq s : has_slope (fun z => z ^+ 2) s (2%:R * s).
  move=> eps eps0; exists eps => // t te.
  have -> : (s + t) ^+ 2 - s ^+ 2 - 2%:R * s * t = t * t by ring.
  by rewrite normrM; apply: ler_wpmul2r.
exact: slope0_comp h (sq a).
Qed.

(** The product rule, from squares. *)
Lemma slope0M f g a b d e : slope0 f a d -> slope0 g b e ->
  slope0 (fun t => f t * g t) (a * b) (d * b + a * e).
Proof.
move=> hf hg; pose q := 4%:R^-1 : R.
have c := slope0D (slope0Z q (slope0_sqr (slope0D hf hg)))
                  (slope0Z (- q) (slope0_sqr (slope0D hf (slope0Z (-1) hg)))).
by apply: slope0_eq c => [t||]; rewrite /q; field.
Qed.

Lemma slope_eq f s d e : d = e -> has_slope f s d -> has_slope f s e.
Proof. by move=> ->. Qed.

Lemma slope_ext f g s d : f =1 g -> has_slope f s d -> has_slope g s d.
Proof.
move=> fg h eps e0; have [u u0 hu] := h eps e0; exists u => // t tu.
by rewrite -!fg; apply: hu.
Qed.

Lemma slope_id s : has_slope (fun z => z) s 1.
Proof.
move=> eps e0; exists 1 => // t _; have -> : s + t - s - 1 * t = 0 by ring.
by rewrite normr0 mulr_ge0 // ltW.
Qed.

Lemma slope_const a s : has_slope (fun=> a) s 0.
Proof.
by move=> eps e0; exists 1 => // t _; rewrite mul0r subrr subr0 normr0 mulr_ge0 // ltW.
Qed.

Lemma slopeD f g s d e : has_slope f s d -> has_slope g s e ->
  has_slope (fun z => f z + g z) s (d + e).
Proof. exact: slope0D. Qed.

Lemma slopeZ c f s d : has_slope f s d -> has_slope (fun z => c * f z) s (c * d).
Proof. exact: slope0Z. Qed.

Lemma slopeM f g s d e : has_slope f s d -> has_slope g s e ->
  has_slope (fun z => f z * g z) s (d * g s + f s * e).
Proof. exact: slope0M. Qed.

Lemma slope_comp f g s d e : has_slope g s d -> has_slope f (g s) e ->
  has_slope (fun z => f (g z)) s (e * d).
Proof. exact: slope0_comp. Qed.

Lemma slope_sqr s : has_slope (fun z => z ^+ 2) s (2%:R * s).
Proof. by have := slope0_sqr (slope_id s); rewrite mulr1; apply. Qed.

Lemma slope_exp n s : has_slope (fun z => z ^+ n.+1) s (n.+1%:R * s ^+ n).
Proof.
elim: n => [|n IH]; first by apply: slope_eq (slope_id s); rewrite expr0 mulr1.
apply: slope_ext (slope_eq _ (slopeM (slope_id s) IH)) => [z|]; first by rewrite /= -exprS.
by rewrite mul1r mulrCA -exprS -{1}[s ^+ n.+1]mul1r -mulrDl -mulrS.
Qed.

(** [reg] holds at all points near s, except perhaps at s. *)
Definition around (reg : pred R) s : Prop :=
  exists2 g, 0 < g & forall t, `|t| <= g -> t != 0 -> reg (s + t).

Lemma around_imp (reg reg' : pred R) s : (forall z, reg z -> reg' z) ->
  around reg s -> around reg' s.
Proof. by move=> h [g g0 hg]; exists g => // t tg t0; apply/h/hg. Qed.

(** A zero at which the slope is not zero is isolated. *)
Lemma around_simple f s d : has_slope f s d -> (f s != 0) || (d != 0) ->
  around (fun z => f z != 0) s.
Proof.
move=> h; have [f0 /= dn0|fn0 _] := eqVneq (f s) 0.
  have d2 : 0 < `|d| / 2%:R by rewrite divr_gt0 ?normr_gt0 ?ltr0n.
  have [g g0 hg] := h _ d2; exists g => // t tg tn0; apply/negP => /eqP ft.
  have := hg t tg; rewrite f0 ft subr0 sub0r normrN normrM mulrAC ler_pdivl_mulr ?ltr0n //.
  by rewrite ger_pmulr ?mulr_gt0 ?normr_gt0 // leNgt ltr1n.
have f2 : 0 < `|f s| / 2%:R by rewrite divr_gt0 ?normr_gt0 ?ltr0n.
have [g g0 hg] := slope0_cont h f2; exists g => // t tg _; apply/negP => /eqP ft.
have := hg t tg; rewrite ft sub0r normrN ler_pdivl_mulr ?ltr0n //.
by rewrite ger_pmulr ?normr_gt0 // leNgt ltr1n.
Qed.

(** Theorem 3.3 for a slope with isolated zeros. *)
Theorem theorem_3_3_isolated (phi slope : R -> R) :
  (forall s, has_slope phi s (slope s)) ->
  (forall s, around (fun z => slope z != 0) s) ->
  exists T : rnn R 1 1 1, contraction (trans T) /\
  forall M : R, 0 < M -> forall N (T' : rnn R N 1 1), trans T' \in unitmx ->
    ~ equivalent phi M T T'.
Proof.
move=> hs iso; apply: (@theorem_3_3_gen _ phi slope (fun z => slope z != 0)) => //.
by move=> s; have := slope0_cont (hs s); apply.
Qed.
End Field.

Section Reals.
Variable R : realType.
Implicit Types (f df : R -> R) (s t d : R).

Lemma derive_has_slope f s d : is_derive s 1 f d -> has_slope f s d.
Proof.
move=> /(is_derive1_caratheodory f s d)[g [fE cg gs]] eps e0.
have /nbhs_ballP[eta /= eta0 h] : nbhs s (g @^-1` ball (g s) eps)%classic.
  exact: cg (nbhsx_ballx (g s) (PosNum e0)).
have e2 : 0 < eta / 2%:R by rewrite divr_gt0 ?ltr0n.
exists (eta / 2%:R) => // t te.
have -> : f (s + t) - f s - d * t = - ((g s - g (s + t)) * t).
  by rewrite fE gs [s + t - s]addrAC subrr add0r; ring.
rewrite normrN normrM; apply: ler_wpmul2r => //; apply/ltW/h.
rewrite /ball /= opprD addrA subrr sub0r normrN; apply: le_lt_trans te _.
by rewrite ltr_pdivr_mulr ?ltr0n // ltr_pmulr // ltr1n.
Qed.

Lemma slope_mvt f df a b : (forall s, has_slope f s (df s)) -> a < b ->
  exists2 c, a < c < b & f b - f a = df c * (b - a).
Proof.
move=> hs ab; have [|c cI ->] := @MVT R f df a b ab (fun x _ => has_slope_derive (hs x)).
  apply/continuous_subspaceT => x; have h := has_slope_derive (hs x).
  by apply: differentiable_continuous; apply/derivable1_diffP.
by exists c.
Qed.

(** Only slopes strictly between a and b count. *)
Lemma slope_mono f df a b : (forall s, has_slope f s (df s)) -> a <= b ->
  (forall c, a < c < b -> 0 <= df c) -> f a <= f b.
Proof.
move=> hs; rewrite le_eqVlt => /predU1P[->//|ab] pos.
have [c cI e] := slope_mvt hs ab; rewrite -subr_ge0 e mulr_ge0 ?pos // subr_ge0 ltW //.
Qed.

Lemma slope_lipschitz L f df : (forall s, has_slope f s (df s)) ->
  (forall s, `|df s| <= L) -> lipschitz L f.
Proof.
move=> hs leL s t; wlog ts : s t / t < s.
  move=> h; have [/h//|/h|->] := ltgtP t s; last by rewrite !subrr normr0 mulr0.
  by rewrite distrC [`|t - s|]distrC.
by have [c _ ->] := slope_mvt hs ts; rewrite normrM ler_wpmul2r.
Qed.

(** A zero is isolated where the zeros of the slope are. *)
Lemma around_slope f df s : (forall s, has_slope f s (df s)) ->
  around (fun z => df z != 0) s -> around (fun z => f z != 0) s.
Proof.
move=> hs [g g0 hg]; have [fs|fs] := eqVneq (f s) 0; last first.
  by apply: (around_simple (hs s)); rewrite fs.
exists g => // t tg tn0; apply/negP => /eqP ft.
have near c : c != s -> `|c - s| <= `|t| -> df c = 0 -> False.
  move=> cs le e; have := hg (c - s) (le_trans le tg).
  by rewrite subr_eq0 cs addrC subrK e eqxx => /(_ isT).
have [t0|t0|t0] := ltgtP t 0; last by rewrite t0 eqxx in tn0.
  have lt : s + t < s by rewrite gtr_addl.
  have [c /andP[c1 c2] e] := slope_mvt hs lt.
  move: e; rewrite fs ft subrr => /esym/eqP; rewrite mulf_eq0 subr_eq0 (gt_eqF lt) orbF => /eqP.
  apply: near; first by rewrite lt_eqF.
  by rewrite ltr0_norm ?subr_lt0 // ltr0_norm // ler_opp2 ler_subr_addl ltW.
have lt : s < s + t by rewrite ltr_addl.
have [c /andP[c1 c2] e] := slope_mvt hs lt.
move: e; rewrite fs ft subrr => /esym/eqP; rewrite mulf_eq0 subr_eq0 (gt_eqF lt) orbF => /eqP.
apply: near; first by rewrite gt_eqF.
by rewrite !gtr0_norm ?subr_gt0 // ler_subl_addl ltW.
Qed.
End Reals.
