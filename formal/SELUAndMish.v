(** * SELU and Mish over the real numbers. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp.analysis Require Import reals sequences normedtype derive exp.
From URNN Require Import Setting FirstOrder Norms Theorem_3_1 DifferentiablePoints
  Theorems_3_2_and_3_3 TanhAndLogistic LeakyReLU RealNumbers ErrorBound ErrorBoundTanhLogistic
  Slopes SmoothActivations.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section SELU.
Variable R : realType.
Let he := @expR_expo R.
Implicit Types (s t z B : R).

(** SELU with any parameters. *)
Variables lambda alpha : R.
Definition seluR z : R := if 0 <= z then lambda * z else lambda * (alpha * (expR z - 1)).

Lemma seluRE z : seluR z = lambda * (alpha * eluR z + (1 - alpha) * relu z).
Proof.
rewrite /seluR /eluR /elu /relu; have [z0|z0] := leP 0 z; last by rewrite mulr0 addr0.
by ring.
Qed.

Definition seluR_deriv s : R :=
  lambda * (alpha * elu_deriv (@expR R) s + (1 - alpha) * (0 < s)%R%:R).

Theorem theorem_3_3_seluR : lambda != 0 -> alpha != 0 ->
  exists T : rnn R 1 1 1, contraction (trans T) /\
  forall M : R, 0 < M -> forall N (T' : rnn R N 1 1), trans T' \in unitmx ->
    ~ equivalent seluR M T T'.
Proof.
move=> l0 a0.
apply: (@theorem_3_3_gen _ seluR seluR_deriv (fun s => s != 0)).
- move=> s; have c := cont0Z lambda (cont0D (cont0Z alpha (slope0_cont (elu_slope he s).2))
    (cont0Z (1 - alpha) (cont0_comp (slope0_cont (id_slope s)) (@relu_cont R s)))).
  by apply: (cont0_eq _ _ c) => [t|]; rewrite seluRE.
- move=> s s0; split; last first.
    have c := slopeZ lambda (slopeD (slopeZ alpha (elu_slope he s).2)
      (slopeZ (1 - alpha) (relu_slope s0))).
    by apply: slope_ext c => t; rewrite seluRE.
  rewrite /seluR_deriv mulf_neq0 //; have [sl|sg] := ltP 0 s.
    by rewrite /elu_deriv ltW // !mulr1 addrC subrK oner_eq0.
  rewrite mulr0 addr0 mulf_neq0 // /elu_deriv; case: (leP 0 s) => _; first exact: oner_neq0.
  by rewrite gt_eqF ?expR_gt0.
exact: relu_isolated.
Qed.

Lemma eluR_mono : {homo @eluR R : s t / s <= t}.
Proof.
move=> s t st; apply: (slope_mono (fun s => (elu_slope he s).2) st) => c _.
by rewrite /elu_deriv; case: (leP 0 c) => _; rewrite ?ler01 // ltW ?expR_gt0.
Qed.

Lemma relu_mono : {homo @relu R : s t / s <= t}.
Proof. by move=> s t st; rewrite /relu le_maxl !le_maxr lexx st orbT. Qed.

Lemma seluR_lipschitz : 0 <= lambda -> 1 <= alpha -> lipschitz (lambda * alpha) seluR.
Proof.
move=> l0 a1 s t; wlog ts : s t / t <= s.
  move=> h; have [|/ltW] := leP t s => [/h//|/h].
  by rewrite distrC [`|t - s|]distrC.
rewrite !seluRE -mulrBr normrM (ger0_norm l0) -mulrA; apply: ler_wpmul2l => //.
have d0 : 0 <= s - t by rewrite subr_ge0.
have e0 : 0 <= eluR s - eluR t by rewrite subr_ge0 eluR_mono.
have e1 : eluR s - eluR t <= s - t.
  by apply: le_trans (ler_norm _) _; apply: le_trans (eluR_nonexp _ _) _; rewrite ger0_norm.
have r0 : 0 <= relu s - relu t by rewrite subr_ge0 relu_mono.
have r1 : relu s - relu t <= s - t.
  by apply: le_trans (ler_norm _) _; apply: le_trans (relu_nonexp _ _) _; rewrite ger0_norm.
have -> : alpha * eluR s + (1 - alpha) * relu s - (alpha * eluR t + (1 - alpha) * relu t)
   = alpha * (eluR s - eluR t) - (alpha - 1) * (relu s - relu t) by ring.
have a0 : 0 <= alpha by rewrite (le_trans ler01).
have b0 : 0 <= alpha - 1 by rewrite subr_ge0.
rewrite (ger0_norm d0) ler_norml; apply/andP; split.
  rewrite ler_oppl opprB; apply: le_trans (_ : (alpha - 1) * (relu s - relu t) <= _).
    by rewrite ger_addl oppr_le0 mulr_ge0.
  by apply: ler_pmul => //; rewrite ler_subl_addl ler_addr ler01.
apply: le_trans (_ : alpha * (eluR s - eluR t) <= _); last exact: ler_wpmul2l.
by rewrite ger_addl oppr_le0 mulr_ge0.
Qed.

Lemma seluR_tail B z : 0 <= lambda -> 0 <= alpha -> 0 <= B -> z <= - B ->
  `|seluR z - - (lambda * alpha)| <= lambda * alpha * expR (- B).
Proof.
move=> l0 a0 B0 zB; have z0 : z <= 0 by apply: le_trans zB _; rewrite oppr_le0.
have -> : seluR z - - (lambda * alpha) = lambda * alpha * (eluR z - -1).
  by rewrite seluRE /relu; have /max_idPl -> := z0; ring.
rewrite normrM ger0_norm ?mulr_ge0 //; apply: ler_wpmul2l; first by rewrite mulr_ge0.
exact: eluR_tail.
Qed.
End SELU.

Section Mish.
Variable R : realType.
Let he := @expR_expo R.
Implicit Types (s t z B : R).

Definition mishR z : R := z * tanhR (softplusR z).

(** tanh (log (1 + y)) is a fraction in y = e^z. *)
Let q z : R := expR z ^+ 2 + 2%:R * expR z + 2%:R.
Let w z : R := 1 + - 2%:R * (q z)^-1.

Let q_gt0 z : 0 < q z.
Proof.
apply: addr_gt0; last by rewrite ltr0n.
by apply: addr_gt0; [rewrite exprn_gt0 ?expR_gt0 | rewrite mulr_gt0 ?ltr0n ?expR_gt0].
Qed.

Lemma mishRE z : mishR z = z * (1 - 2%:R / (expR z ^+ 2 + 2%:R * expR z + 2%:R)).
Proof.
rewrite /mishR /tanhR /tanh; congr (_ * _); rewrite expRN /softplusR lnK ?posrE ?exp1_gt0 //.
have := q_gt0 z; have := exp1_gt0 z; have := expR_gt0 z; rewrite /q; move: (expR z) => y y0 y1 q0.
by field; rewrite !gt_eqF.
Qed.

Definition mishR_deriv z : R :=
  w z + z * (4%:R * expR z * (expR z + 1) / q z ^+ 2).

Lemma mishR_slope z : has_slope mishR z (mishR_deriv z).
Proof.
have e := e_slope he z; have q0 := q_gt0 z.
have hq : has_slope q z (2%:R * expR z * (expR z + 1)).
  apply: slope_eq (slopeD (slopeD (slope_comp e (slope_sqr _)) (slopeZ 2%:R e))
    (slope_const 2%:R z)).
  by move: (expR z) => y; ring.
have hw : has_slope w z (4%:R * expR z * (expR z + 1) / q z ^+ 2).
  apply: slope_eq (slopeD (slope_const 1 z) (slopeZ (- 2%:R)
    (slope_comp hq (inv_slope (lt0r_neq0 q0))))).
  by move: q0; move: (q z) (expR z) => u y u0; field; rewrite gt_eqF.
apply: slope_ext (slope_eq _ (slopeM (slope_id z) hw)) => [t|]; last by rewrite mul1r.
by rewrite mishRE /w mulNr.
Qed.

(** z e^z > -1 *)
Lemma zexp_gt z : -1 < z * expR z.
Proof.
have := expR_ge (- z); rewrite expRN => h; have y0 := expR_gt0 z.
rewrite -(ltr_pdivr_mulr _ _ y0) mulN1r ltr_oppl; apply: lt_le_trans h.
by rewrite ltr_addr ltr01.
Qed.

Lemma mishR_deriv_around s : around (fun z => mishR_deriv z != 0) s.
Proof.
pose u z : R := (expR z + 2%:R) * q z + 4%:R * (z * (expR z + 1)).
apply: (@around_imp _ (fun z => u z != 0)) => [z|].
  apply: contra_neq => e; have q0 := q_gt0 z; have y0 := expR_gt0 z.
  have : expR z * u z = q z ^+ 2 * mishR_deriv z.
    rewrite /u /mishR_deriv /w; move: q0; rewrite /q; move: (expR z) => y q0.
    by field; rewrite gt_eqF.
  by rewrite e mulr0 => /eqP; rewrite mulf_eq0 gt_eqF //= => /eqP.
have e := e_slope he s.
have hq : has_slope q s (2%:R * expR s * (expR s + 1)).
  apply: slope_eq (slopeD (slopeD (slope_comp e (slope_sqr _)) (slopeZ 2%:R e))
    (slope_const 2%:R s)).
  by move: (expR s) => y; ring.
have h := slopeD (slopeM (slopeD e (slope_const 2%:R s)) hq)
  (slopeZ 4%:R (slopeM (slope_id s) (slopeD e (slope_const 1 s)))).
apply: (around_simple h); rewrite orbC gt_eqF // /q.
have := zexp_gt s; have := expR_gt0 s; move: (expR s) => y y0 zy.
have -> : (y + 0) * (y ^+ 2 + 2%:R * y + 2%:R) + (y + 2%:R) * (2%:R * y * (y + 1))
    + 4%:R * (1 * (y + 1) + s * (y + 0))
  = y * (3%:R * y ^+ 2 + 8%:R * y + 10%:R) + 4%:R * (s * y - -1) by ring.
apply: addr_gt0; last by rewrite mulr_gt0 ?ltr0n // subr_gt0.
apply: mulr_gt0 => //; apply: addr_gt0; last by rewrite ltr0n.
by apply: addr_gt0; rewrite mulr_gt0 ?ltr0n ?exprn_gt0.
Qed.

Theorem theorem_3_3_mishR :
  exists T : rnn R 1 1 1, contraction (trans T) /\
  forall M : R, 0 < M -> forall N (T' : rnn R N 1 1), trans T' \in unitmx ->
    ~ equivalent mishR M T T'.
Proof. exact: (theorem_3_3_isolated mishR_slope mishR_deriv_around). Qed.

(** z <= 1/2 + 5/22 e^z, as e^(3/2) >= 22/5. *)
Lemma z_le z : z <= 1 / 2%:R + 5%:R / 22%:R * expR z.
Proof.
pose a : R := 3%:R / 4%:R; have a0 : 0 <= a by rewrite divr_ge0 ?ler0n.
have ea : 21%:R / 10%:R <= expR a.
  apply: le_trans (expR_ge4 a0); rewrite -subr_ge0.
  have -> : 1 + a + a ^+ 2 / 2%:R + a ^+ 3 / 6%:R + a ^+ 4 / 24%:R - 21%:R / 10%:R
      = 151%:R / (10%:R * 1024%:R) by rewrite /a; field.
  by rewrite divr_ge0 ?mulr_ge0 ?ler0n.
have e3 : 22%:R / 5%:R <= expR (a + a).
  rewrite expRD; apply: (@le_trans _ _ (21%:R / 10%:R * (21%:R / 10%:R))).
    rewrite -subr_ge0.
    have -> : 21%:R / 10%:R * (21%:R / 10%:R) - 22%:R / 5%:R = 1 / 100%:R :> R by field.
    by rewrite divr_ge0 ?ler01 ?ler0n.
  by apply: ler_pmul => //; rewrite divr_ge0 ?ler0n.
have h := expR_ge (z - (a + a)); have p := expR_gt0 (z - (a + a)).
have zE : expR z = expR (a + a) * expR (z - (a + a)) by rewrite -expRD addrCA subrr addr0.
have le : expR (z - (a + a)) <= 5%:R / 22%:R * expR z.
  rewrite zE mulrA ler_pemull ?(ltW p) //.
  apply: (@le_trans _ _ (5%:R / 22%:R * (22%:R / 5%:R))).
    by rewrite le_eqVlt; apply/orP; left; apply/eqP; field.
  by apply: ler_wpmul2l; rewrite ?divr_ge0 ?ler0n.
have := le_trans h le; rewrite -subr_ge0 => h2; rewrite -subr_ge0; apply: le_trans h2 _.
rewrite le_eqVlt; apply/orP; left; apply/eqP; rewrite /a.
by move: (expR z) => y; field.
Qed.

Lemma mishR_deriv_le z : mishR_deriv z <= 11%:R / 10%:R.
Proof.
have zy := z_le z; have y0 := expR_gt0 z; have q0 := q_gt0 z.
rewrite -subr_ge0 /mishR_deriv /w; move: zy y0 q0; rewrite /q; move: (expR z) => y zy y0 q0.
set u := y ^+ 2 + 2%:R * y + 2%:R in q0 *.
have -> : 11%:R / 10%:R - (1 + - 2%:R * u^-1 + z * (4%:R * y * (y + 1) / u ^+ 2))
  = (4%:R * y * (y + 1) * (1 / 2%:R + 5%:R / 22%:R * y - z)
     + ((y ^+ 2 - 28%:R / 11%:R * y - 5%:R) ^+ 2 / 10%:R
        + (147%:R / 605%:R * y ^+ 2 + (14%:R / 55%:R * y + 19%:R / 10%:R)))) / u ^+ 2.
  by move: q0; rewrite /u => q0; field; rewrite gt_eqF.
have c0 (i j : nat) : 0 <= i%:R / j%:R :> R by rewrite divr_ge0 ?ler0n.
apply: divr_ge0; last by rewrite exprn_ge0 // ltW.
apply: addr_ge0.
  by rewrite mulr_ge0 ?subr_ge0 // mulr_ge0 ?addr_ge0 ?ler01 ?mulr_ge0 ?ler0n ?ltW.
apply: addr_ge0; first by rewrite divr_ge0 ?sqr_ge0 ?ler0n.
apply: addr_ge0; first by rewrite mulr_ge0 ?sqr_ge0.
by apply: addr_ge0; rewrite ?c0 // mulr_ge0 ?c0 // ltW.
Qed.

Lemma mish_factor z : 0 <= w z <= expR z.
Proof.
have y0 := expR_gt0 z; have q0 := q_gt0 z; rewrite /w; move: y0 q0; rewrite /q.
move: (expR z) => y y0 q0; set u := y ^+ 2 + 2%:R * y + 2%:R in q0 *.
have -> : 1 + - 2%:R * u^-1 = (y ^+ 2 + 2%:R * y) / u.
  by move: q0; rewrite /u => q0; field; rewrite gt_eqF.
apply/andP; split; first by rewrite divr_ge0 ?(ltW q0) // addr_ge0 ?sqr_ge0 // mulr_ge0 ?ler0n ?ltW.
rewrite ler_pdivr_mulr // -subr_ge0 /u.
have -> : y * (y ^+ 2 + 2%:R * y + 2%:R) - (y ^+ 2 + 2%:R * y) = y * y ^+ 2 + y ^+ 2 by ring.
by rewrite addr_ge0 ?sqr_ge0 // mulr_ge0 ?sqr_ge0 // ltW.
Qed.

Lemma mishR_deriv_ge z : - (11%:R / 10%:R) <= mishR_deriv z.
Proof.
have q0 := q_gt0 z; have y0 := expR_gt0 z; have /andP[w0 _] := mish_factor z.
rewrite /mishR_deriv; set d := 4%:R * _ * _ / _.
have dy : 0 <= d <= expR z.
  rewrite /d; move: q0 y0; rewrite /q; move: (expR z) => y q0 y0.
  apply/andP; split.
    apply: divr_ge0; last exact: sqr_ge0.
    apply: mulr_ge0; first by rewrite mulr_ge0 ?ler0n // ltW.
    by rewrite addr_ge0 ?ler01 // ltW.
  rewrite ler_pdivr_mulr ?exprn_gt0 // -subr_ge0.
  have -> : y * (y ^+ 2 + 2%:R * y + 2%:R) ^+ 2 - 4%:R * y * (y + 1)
     = y * (y ^+ 2 * (y + 2%:R) ^+ 2 + 4%:R * (y ^+ 2 + y)) by ring.
  apply: mulr_ge0; first exact: ltW.
  apply: addr_ge0; first by rewrite mulr_ge0 ?sqr_ge0.
  by apply: mulr_ge0; rewrite ?ler0n // addr_ge0 ?sqr_ge0 // ltW.
have zd : -1 <= z * d.
  case/andP: dy => d0 d1; have [z0|z0] := leP 0 z.
    by apply: (@le_trans _ _ 0); [rewrite oppr_le0 ler01 | rewrite mulr_ge0].
  apply: le_trans (ltW (zexp_gt z)) _.
  by rewrite ler_nmul2l.
apply: (@le_trans _ _ (-1)).
  by rewrite ler_opp2 ler_pdivl_mulr ?ltr0n // mul1r ler_nat.
by apply: ler_paddl zd.
Qed.

Lemma mishR_lipschitz : lipschitz (11%:R / 10%:R) mishR.
Proof.
by apply: (slope_lipschitz mishR_slope) => s; rewrite ler_norml mishR_deriv_le mishR_deriv_ge.
Qed.

(** |Mish z| <= B e^-B for z <= -B, B >= 1. *)
Lemma mishR_tail B z : 1 <= B -> z <= - B -> `|mishR z - 0| <= B * expR (- B).
Proof.
move=> B1 zB; apply: le_trans (exp_tail B1 zB); have /andP[w0 w1] := mish_factor z.
have z0 : 0 <= - z by rewrite (le_trans ler01) // (le_trans B1) // ler_oppr.
have -> : mishR z = z * w z by rewrite mishRE /w mulNr.
rewrite subr0 normrM (ger0_norm w0) -[`|z|]normrN ger0_norm //.
exact: ler_wpmul2l.
Qed.
End Mish.
