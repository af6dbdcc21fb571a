(** * tanh and the logistic function from an abstract exponential.

    Of the exponential only e (s + t) = e s e t and 1 + t <= e t are used: no calculus, any
    ordered field. [RealNumbers.v] puts the true exponential in. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From URNN Require Import Setting FirstOrder DimensionCount DifferentiablePoints
  Theorems_3_2_and_3_3.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Smooth.
Variable R : realFieldType.
Implicit Types (s t a b d : R).

Definition expo (e : R -> R) : Prop :=
  (forall s t, e (s + t) = e s * e t) /\ (forall t, 1 + t <= e t).

Variable e : R -> R.
Definition logistic s : R := (1 + e (- s))^-1.
Definition tanh s : R := (e s - e (- s)) / (e s + e (- s)).

Hypothesis he : expo e.
Let eD s t : e (s + t) = e s * e t. Proof. exact: he.1. Qed.
Let e_ge t : 1 + t <= e t. Proof. exact: he.2. Qed.

Lemma e_gt0 s : 0 < e s.
Proof.
have e00 : e 0 != 0.
  by rewrite gt_eqF // (lt_le_trans _ (e_ge 0)) // addr0 ltr01.
have e01 : e 0 = 1 by apply: (mulfI e00); rewrite -eD addr0 mulr1.
have esn0 u : e u != 0.
  apply/eqP => eu; have := eD u (- u); rewrite subrr e01 eu mul0r => /eqP.
  by rewrite oner_eq0.
have h : s = s / 2%:R + s / 2%:R by field.
by rewrite h eD -expr2 lt_neqAle sqr_ge0 eq_sym sqrf_eq0 esn0.
Qed.

Lemma e0 : e 0 = 1.
Proof. by apply: (mulfI (lt0r_neq0 (e_gt0 0))); rewrite -eD addr0 mulr1. Qed.

Lemma eN s : e (- s) = (e s)^-1.
Proof.
apply: (mulfI (lt0r_neq0 (e_gt0 s))).
by rewrite -eD subrr e0 divff // lt0r_neq0 // e_gt0.
Qed.

Lemma e_slope0 : has_slope e 0 1.
Proof.
move=> eps eps0; pose g := Num.min (1 / 2%:R) (eps / 2%:R).
exists g; first by rewrite lt_minr !divr_gt0 ?ltr01 ?ltr0n.
move=> t; rewrite le_minr => /andP[t1 t2]; rewrite add0r e0 mul1r.
have lo : 0 <= e t - 1 - t by rewrite -addrA -opprD subr_ge0.
rewrite ger0_norm //.
have tl : 1 / 2%:R <= 1 - t.
  have th : t <= 1 / 2%:R := le_trans (ler_norm _) t1.
  have hE : 1 / 2%:R = 1 - 1 / 2%:R :> R by field.
  by rewrite hE ler_add2l ler_opp2.
have p : 0 < 1 - t by apply: lt_le_trans tl; rewrite divr_gt0 ?ltr01 ?ltr0n.
have up : e t <= (1 - t)^-1.
  rewrite -[e t]invrK -eN lef_pinv ?posrE ?e_gt0 //; exact: e_ge.
have : e t - 1 - t <= t ^+ 2 / (1 - t).
  have -> : t ^+ 2 / (1 - t) = (1 - t)^-1 - 1 - t by field; rewrite gt_eqF.
  by rewrite !ler_add2r.
move/le_trans; apply; rewrite -real_normK ?num_real // ler_pdivr_mulr //.
apply: (@le_trans _ _ (eps * `|t| * (1 / 2%:R))); last first.
  by apply: ler_wpmul2l => //; rewrite mulr_ge0 // ltW.
have -> : eps * `|t| * (1 / 2%:R) = `|t| * (eps / 2%:R) by field.
by rewrite expr2; apply: ler_wpmul2l.
Qed.

Lemma e_slope s : has_slope e s (e s).
Proof.
have h := slope0Z (e s) e_slope0.
have : slope0 (fun t => e (s + t)) (e s) (e s).
  by apply: slope0_eq h => [t||]; rewrite ?add0r ?eD ?e0 ?mulr1.
exact.
Qed.

Lemma inv_slope a : a != 0 -> has_slope (fun u => u^-1) a (- a ^- 2).
Proof.
move=> a0 eps eps0.
pose A := `|a|; have A0 : 0 < A by rewrite normr_gt0.
exists (Num.min (A / 2%:R) (eps * A ^+ 3 / 2%:R)).
  by rewrite lt_minr !divr_gt0 ?mulr_gt0 ?exprn_gt0 ?ltr0n.
move=> t; rewrite le_minr => /andP[t1 t2].
have big : A / 2%:R <= `|a + t|.
  have -> : A / 2%:R = A - A / 2%:R by field.
  rewrite ler_subl_addr; apply: (@le_trans _ _ (`|a + t| + `|t|)); last by rewrite ler_add2l.
  by rewrite /A -{1}(addrK t a) ler_norm_sub.
have at0 : a + t != 0.
  by rewrite -normr_gt0 (lt_le_trans _ big) // divr_gt0 ?ltr0n.
have -> : (a + t)^-1 - a^-1 - - a ^- 2 * t = t ^+ 2 / (a ^+ 2 * (a + t)).
  by field; rewrite a0 at0.
rewrite (normrM (t ^+ 2)) normfV (normrM (a ^+ 2)) !normrX -/A.
have den : 0 < A ^+ 2 * `|a + t| by rewrite mulr_gt0 ?exprn_gt0 ?normr_gt0.
rewrite ler_pdivr_mulr //.
apply: (@le_trans _ _ (eps * `|t| * (A ^+ 2 * (A / 2%:R)))); last first.
  apply: ler_wpmul2l; first by rewrite mulr_ge0 // ltW.
  by apply: ler_wpmul2l => //; rewrite exprn_ge0 // ltW.
have -> : eps * `|t| * (A ^+ 2 * (A / 2%:R)) = `|t| * (eps * A ^+ 3 / 2%:R) by field.
by rewrite expr2; apply: ler_wpmul2l.
Qed.

Lemma logistic_slope s : has_slope logistic s (logistic s * (1 - logistic s)).
Proof.
have p : 0 < 1 + e (- s) by rewrite addr_gt0 ?ltr01 ?e_gt0.
have c1 : slope0 (fun t => - (s + t)) (- s) (-1).
  by apply: slope0_eq (slope0_lin (- s) (-1)) => // t; rewrite mulrN1 opprD.
have c2 := slope0D (slope0_const 1) (slope0_comp c1 (e_slope (- s))).
have c3 := slope0_comp c2 (inv_slope (lt0r_neq0 p)).
have : slope0 (fun t => logistic (s + t)) (logistic s) (logistic s * (1 - logistic s)).
  by apply: slope0_eq c3 => //; rewrite /logistic; field; rewrite gt_eqF.
exact.
Qed.

Lemma logistic_gt0 s : 0 < logistic s.
Proof. by rewrite invr_gt0 addr_gt0 ?ltr01 ?e_gt0. Qed.

Lemma logistic_lt1 s : logistic s < 1.
Proof. by rewrite invf_lt1 ?ltr_addl ?e_gt0 // addr_gt0 ?ltr01 ?e_gt0. Qed.

Lemma logistic_slope_neq0 s : logistic s * (1 - logistic s) != 0.
Proof.
by rewrite mulf_neq0 // gt_eqF ?logistic_gt0 // subr_gt0 logistic_lt1.
Qed.

Lemma tanhE s : tanh s = 2%:R * logistic (s + s) - 1.
Proof.
rewrite /tanh /logistic opprD eD !eN.
have p := e_gt0 s; have q : 0 < 1 + e s * e s by rewrite addr_gt0 ?ltr01 ?mulr_gt0.
by field; rewrite [_ * _ + 1]addrC !gt_eqF.
Qed.

Definition tanh_deriv s := 4%:R * (logistic (s + s) * (1 - logistic (s + s))).

Lemma tanh_slope s : tanh_deriv s != 0 /\ has_slope tanh s (tanh_deriv s).
Proof.
split; first by rewrite mulf_neq0 ?pnatr_eq0 ?logistic_slope_neq0.
have c1 : slope0 (fun t => (s + t) + (s + t)) (s + s) 2%:R.
  by apply: slope0_eq (slope0_lin (s + s) 2%:R) => // t; ring.
have c2 := slope0D (slope0Z 2%:R (slope0_comp c1 (logistic_slope (s + s))))
                   (slope0_const (- 1)).
have : slope0 (fun t => tanh (s + t)) (tanh s) (tanh_deriv s).
  by apply: slope0_eq c2 => [t||]; rewrite ?tanhE // /tanh_deriv; ring.
exact.
Qed.

(** ** Theorem 3.3 for the logistic function and for tanh. *)
Theorem theorem_3_3_logistic :
  exists T : rnn R 1 1 1, contraction (trans T) /\
  forall M : R, 0 < M -> forall N (T' : rnn R N 1 1), trans T' \in unitmx ->
    ~ equivalent logistic M T T'.
Proof.
apply: (theorem_3_3 (slope := fun s => logistic s * (1 - logistic s))) => s.
by split; [exact: logistic_slope_neq0 | exact: logistic_slope].
Qed.

Theorem theorem_3_3_tanh :
  exists T : rnn R 1 1 1, contraction (trans T) /\
  forall M : R, 0 < M -> forall N (T' : rnn R N 1 1), trans T' \in unitmx ->
    ~ equivalent tanh M T T'.
Proof. exact: (theorem_3_3 tanh_slope). Qed.

(** ELU: s for s >= 0, e^s - 1 for s < 0. *)
Definition elu s : R := if 0 <= s then s else e s - 1.
Definition elu_deriv s : R := if 0 <= s then 1 else e s.

Lemma elu_slope s : elu_deriv s != 0 /\ has_slope elu s (elu_deriv s).
Proof.
split; first by rewrite /elu_deriv; case: ifP => _; rewrite ?oner_eq0 // gt_eqF ?e_gt0.
move=> eps eps0; rewrite /elu_deriv /elu.
have [s0|s0] := leP 0 s; last first.
  have [g g0 h] := e_slope s eps0; exists (Num.min g (- s / 2%:R)).
    by rewrite lt_minr g0 divr_gt0 ?ltr0n // oppr_gt0.
  move=> t; rewrite le_minr => /andP[t1 t2].
  have st : s + t < 0.
    rewrite -ltr_subr_addl sub0r; apply: le_lt_trans (ler_norm _) _; apply: le_lt_trans t2 _.
    by rewrite ltr_pdivr_mulr ?ltr0n // ltr_pmulr ?oppr_gt0 // ltr1n.
  have /negbTE -> : ~~ (0 <= s + t) by rewrite -ltNge.
  apply: le_trans (h t t1); rewrite le_eqVlt; apply/orP; left; apply/eqP.
  by congr `|_|; ring.
have [g g0 h] := e_slope0 eps0; rewrite /= in h.
have [s1|] := ltP 0 s.
  exists s => // t ts; have st : 0 <= s + t.
    by rewrite -ler_subl_addl sub0r; move: ts; rewrite ler_norml => /andP[].
  by rewrite st mul1r (_ : s + t - s - t = 0) ?normr0 ?mulr_ge0 ?(ltW eps0) //; ring.
move=> s1; have -> : s = 0 by apply/eqP; rewrite eq_le s0 s1.
exists g => // t tg; rewrite add0r mul1r subr0; have [t0|t0] := leP 0 t.
  by rewrite subrr normr0 mulr_ge0 // ltW.
by have := h t tg; rewrite add0r e0 mul1r.
Qed.

Theorem theorem_3_3_elu :
  exists T : rnn R 1 1 1, contraction (trans T) /\
  forall M : R, 0 < M -> forall N (T' : rnn R N 1 1), trans T' \in unitmx ->
    ~ equivalent elu M T T'.
Proof. exact: (theorem_3_3 elu_slope). Qed.

(** The logistic function is non-expansive and saturates at -infinity
    (hypotheses of [eps_equivalence]). *)
Lemma logistic_mono_bound s t : t <= s -> 0 <= logistic s - logistic t <= s - t.
Proof.
move=> ts.
have ps : 0 < 1 + e (- s) by rewrite addr_gt0 ?ltr01 ?e_gt0.
have pt : 0 < 1 + e (- t) by rewrite addr_gt0 ?ltr01 ?e_gt0.
have -> : logistic s - logistic t
   = (1 - e (t - s)) * (e (- t) / ((1 + e (- s)) * (1 + e (- t)))).
  have es : e (- s) = e (- t) * e (t - s) by rewrite -eD addKr.
  rewrite /logistic; move: ps pt; rewrite es; move: (e (- t)) (e (t - s)) => u v ps pt.
  by field; rewrite !gt_eqF.
have q0 : 0 <= e (- t) / ((1 + e (- s)) * (1 + e (- t))).
  by rewrite divr_ge0 ?mulr_ge0 // ltW // e_gt0.
have q1 : e (- t) / ((1 + e (- s)) * (1 + e (- t))) <= 1.
  rewrite ler_pdivr_mulr ?mulr_gt0 // mul1r.
  apply: (@le_trans _ _ (1 + e (- t))); first by rewrite ler_addr ler01.
  by rewrite ler_pemull ?ltW // ltr_addl e_gt0.
have d1 : 1 - e (t - s) <= s - t.
  by rewrite ler_subl_addr addrC -ler_subl_addr opprB e_ge.
have d0 : 0 <= 1 - e (t - s).
  rewrite subr_ge0 -opprB eN invf_le1 ?e_gt0 // (le_trans _ (e_ge _)) //.
  by rewrite ler_addl subr_ge0.
rewrite mulr_ge0 //=; apply: le_trans d1.
by rewrite ler_pimulr.
Qed.

Lemma logistic_nonexp : nonexpansive logistic.
Proof.
move=> s t; wlog ts : s t / t <= s.
  by move=> h; have [|/ltW] := leP t s => [/h//|/h]; rewrite distrC [leRHS]distrC.
have /andP[l0 l1] := logistic_mono_bound ts.
by rewrite ger0_norm // ger0_norm // subr_ge0.
Qed.

Lemma logistic_tail delta : 0 < delta ->
  exists B, forall z, z <= B -> `|logistic z - 0| <= delta.
Proof.
move=> d0; exists (- delta^-1) => z zB; rewrite subr0 gtr0_norm ?logistic_gt0 //.
rewrite -[leRHS]invrK lef_pinv ?posrE ?invr_gt0 ?addr_gt0 ?ltr01 ?e_gt0 //.
apply: (@le_trans _ _ (e (- z))); last by rewrite ler_addr ler01.
apply: le_trans (e_ge _); rewrite ler_oppr in zB.
by apply: le_trans zB _; rewrite ler_addr ler01.
Qed.
End Smooth.
