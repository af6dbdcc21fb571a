(** * GELU over the real numbers: z times the normal distribution function.

    Its slope has isolated zeros, since the slope of that is a multiple of e^(-z^2/2) (2 - z^2):
    Theorem 3.3 holds. It tends to 0 at -infinity, |GELU z| <= 2/5 e^(-B^2/2) for z <= -B. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp.analysis Require Import reals sequences normedtype derive exp.
From URNN Require Import Setting Norms Theorem_3_1 DifferentiablePoints Theorems_3_2_and_3_3
  TanhAndLogistic RealNumbers ErrorBound Slopes NormalDistribution.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section GELU.
Variable R : realType.
Implicit Types (s t z B : R).
Let K : R := gauss_half R.
Let K0 : 0 < 2%:R * K := two_half_gt0 R.

Definition geluR z : R := z * normal_cdf z.

Definition geluR_deriv z : R := normal_cdf z + z * (gauss z / (2%:R * K)).

Lemma geluR_slope z : has_slope geluR z (geluR_deriv z).
Proof. by apply: slope_eq (slopeM (slope_id z) (normal_cdf_slope z)); rewrite mul1r. Qed.

Lemma geluR_deriv_around s : around (fun z => geluR_deriv z != 0) s.
Proof.
pose dd z := gauss z / (2%:R * K) * (2%:R - z ^+ 2).
have h z : has_slope geluR_deriv z (dd z).
  apply: slope_ext (slope_eq _ (slopeD (normal_cdf_slope z) (slopeZ (2%:R * K)^-1
    (slopeM (slope_id z) (gauss_slope z))))) => [t|].
    by rewrite /geluR_deriv; congr (_ + _); rewrite [LHS]mulrC mulrA.
  by rewrite /dd -/K; move: (gauss z) ((2%:R * K)^-1) => g q; ring.
apply: (around_slope h); apply: (@around_imp _ (fun z => 2%:R - z ^+ 2 != 0)) => [z n0|].
  by rewrite mulf_neq0 // mulf_neq0 ?invr_eq0 ?gt_eqF // gauss_gt0.
have q := slopeD (slope_const 2%:R s) (slopeZ (-1) (slope_sqr s)).
apply: (around_imp _ (around_simple q _)) => [z|]; first by rewrite mulN1r.
have [->|s0] := eqVneq s 0; first by rewrite expr0n mulr0 addr0 pnatr_eq0.
by rewrite orbC add0r mulN1r oppr_eq0 mulf_neq0 ?pnatr_eq0.
Qed.

Theorem theorem_3_3_geluR :
  exists T : rnn R 1 1 1, contraction (trans T) /\
  forall M : R, 0 < M -> forall N (T' : rnn R N 1 1), trans T' \in unitmx ->
    ~ equivalent geluR M T T'.
Proof. exact: (theorem_3_3_isolated geluR_slope geluR_deriv_around). Qed.

Lemma geluR_derivN z : geluR_deriv (- z) = 1 - geluR_deriv z.
Proof. by rewrite /geluR_deriv normal_cdfN gaussN; ring. Qed.

(** G z + z e^(-z^2/2) is largest at sqrt 2. *)
Lemma geluR_peak z : 0 <= z -> gauss_int z + z * gauss z <= 63%:R / 50%:R * K.
Proof.
move=> z0; pose u t := gauss_int t + t * gauss t.
have h t : has_slope u t (gauss t * (2%:R - t ^+ 2)).
  apply: slope_eq (slopeD (gauss_int_slope t) (slopeM (slope_id t) (gauss_slope t))).
  by move: (gauss t) => g; ring.
pose w : R := Num.sqrt 2%:R; have w0 : 0 <= w := sqrtr_ge0 _.
have w2 : w ^+ 2 = 2%:R by rewrite sqr_sqrtr ?ler0n.
have w99 : w <= 99%:R / 70%:R.
  have q0 : 0 <= 99%:R / 70%:R :> R by rewrite divr_ge0 ?ler0n.
  rewrite -(@ler_pexpn2r _ 2) ?nnegrE // w2 -subr_ge0.
  have -> : (99%:R / 70%:R) ^+ 2 - 2%:R = 1 / (70%:R ^+ 2) :> R by field.
  by rewrite divr_ge0 ?ler01 ?exprn_ge0 ?ler0n.
have uw : u z <= u w.
  have [zw|/ltW wz] := leP z w.
    apply: (slope_mono h zw) => c /andP[zc cw]; rewrite mulr_ge0 ?(ltW (gauss_gt0 _)) //.
    have c0 : 0 <= c := le_trans z0 (ltW zc).
    by rewrite subr_ge0 -w2 ler_pexpn2r ?nnegrE // ltW.
  have hN t : has_slope (fun x => -1 * u x) t (-1 * (gauss t * (2%:R - t ^+ 2))).
    exact: slopeZ.
  have := slope_mono hN wz; rewrite !mulN1r ler_opp2; apply=> c /andP[wc _].
  rewrite mulN1r -mulrN mulr_ge0 ?(ltW (gauss_gt0 _)) // opprB subr_ge0 -w2.
  have c0 : 0 <= c := le_trans w0 (ltW wc).
  by rewrite ler_pexpn2r ?nnegrE // ltW.
apply: le_trans uw _; rewrite /u.
have g1 : gauss w <= 53%:R / 144%:R.
  have -> : gauss w = expR (- 1) by rewrite /gauss w2 divff ?pnatr_eq0.
  by case/andP: (expR_N1 R).
have G1 : gauss_int w <= w * ((1614%:R * 1000%:R + 779%:R) / (2162%:R * 1000%:R + 160%:R)).
  have := gauss_int_le 7 w0; rewrite w2 divff ?pnatr_eq0 // -signr_odd expr1 mulN1r.
  rewrite oppr_ge0 subr_le0.
  move/le_trans; apply; rewrite le_eqVlt; apply/orP; left; apply/eqP; congr (w * _).
  by rewrite /= /double /=; field.
apply: (@le_trans _ _ (w * ((1614%:R * 1000%:R + 779%:R) / (2162%:R * 1000%:R + 160%:R)
    + 53%:R / 144%:R))).
  by rewrite mulrDr; apply: ler_add => //; apply: ler_wpmul2l.
have k0 : 0 <= 63%:R / 50%:R :> R by rewrite divr_ge0 ?ler0n.
apply: le_trans (ler_wpmul2l k0 (gauss_half_ge_value R)).
apply: (@le_trans _ _ (99%:R / 70%:R * ((1614%:R * 1000%:R + 779%:R)
    / (2162%:R * 1000%:R + 160%:R) + 53%:R / 144%:R))).
  apply: ler_wpmul2r w99; apply: addr_ge0; apply: divr_ge0; rewrite ?ler0n //.
    by rewrite addr_ge0 ?mulr_ge0 ?ler0n.
  by rewrite addr_ge0 ?mulr_ge0 ?ler0n.
rewrite -subr_ge0; set q := _ - _.
have -> : q = (115%:R * 1000%:R + 19%:R) / (477%:R * 10%:R ^+ 6 + 750%:R * 10%:R ^+ 3).
  by rewrite /q; field.
apply: divr_ge0; first by rewrite addr_ge0 ?mulr_ge0 ?ler0n.
by apply: addr_ge0; apply: mulr_ge0; rewrite ?exprn_ge0 ?ler0n.
Qed.

Lemma geluR_deriv_le z : geluR_deriv z <= 113%:R / 100%:R.
Proof.
have k0 : 0 < K := gauss_half_gt0 R.
have [z0|/ltW z0] := leP 0 z.
  have -> : geluR_deriv z = 2%:R^-1 + (gauss_int z + z * gauss z) / (2%:R * K).
    by rewrite /geluR_deriv /normal_cdf -/K; field; rewrite gt_eqF.
  have -> : 113%:R / 100%:R = 2%:R^-1 + 63%:R / 50%:R * K / (2%:R * K).
    by field; rewrite gt_eqF.
  rewrite ler_add2l; apply: ler_wpmul2r (geluR_peak z0).
  by rewrite invr_ge0 ltW.
apply: (@le_trans _ _ (1 + 0)).
  apply: ler_add; first exact: normal_cdf_le1.
  by rewrite mulr_le0_ge0 // divr_ge0 ?(ltW K0) // ltW ?gauss_gt0.
by rewrite addr0 ler_pdivl_mulr ?ltr0n // mul1r ler_nat.
Qed.

Lemma geluR_lipschitz : lipschitz (113%:R / 100%:R) geluR.
Proof.
apply: (slope_lipschitz geluR_slope) => s; rewrite ler_norml geluR_deriv_le andbT.
have := geluR_deriv_le (- s); rewrite geluR_derivN ler_subl_addr -ler_subl_addl => h.
apply: le_trans h; rewrite -subr_ge0.
have -> : 1 - 113%:R / 100%:R - - (113%:R / 100%:R) = 1 :> R by field.
exact: ler01.
Qed.

Lemma geluR_tail B z : 0 <= B -> z <= - B ->
  `|geluR z - 0| <= 2%:R / 5%:R * expR (- (B ^+ 2 / 2%:R)).
Proof.
move=> B0; rewrite ler_oppr subr0 => Bz; have z0 : 0 <= - z := le_trans B0 Bz.
apply: (@le_trans _ _ (gauss z / (2%:R * K))).
  rewrite normrM -normrN !ger0_norm ?normal_cdf_ge0 //.
  move: z0; rewrite le_eqVlt => /predU1P[<-|z0].
    by rewrite mul0r divr_ge0 ?(ltW K0) // ltW ?gauss_gt0.
  by have := normal_cdf_tail z0; rewrite opprK gaussN.
rewrite mulrC; apply: ler_pmul.
- by rewrite invr_ge0 ltW.
- by rewrite ltW ?gauss_gt0.
- have -> : 2%:R / 5%:R = (2%:R * (5%:R / 4%:R))^-1 :> R by field.
  rewrite lef_pinv ?posrE //; last by rewrite mulr_gt0 ?ltr0n // divr_gt0 ?ltr0n.
  by apply: ler_wpmul2l; [rewrite ler0n | apply: gauss_half_ge54].
rewrite /gauss ler_expR ler_opp2; apply: ler_wpmul2r; first by rewrite invr_ge0 ler0n.
by rewrite -[z ^+ 2]sqrrN ler_pexpn2r ?nnegrE // (le_trans B0).
Qed.

(** GELU has slopes above 1: 113/100 ||W|| < 1 is asked for. *)
Theorem eps_explicit_gelu omega c (M : R) n m p (T : rnn R n m p) :
  0 <= omega <= 1 -> (forall v, norm (trans T *m v) <= omega * norm v) ->
  113%:R / 100%:R * omega < 1 ->
  0 <= c -> (forall v, norm (outw T *m v) <= c * norm v) ->
  let r := \rank (1%:M - (trans T)^T *m trans T) in
  exists U : 'M[R]_(n + r), orthogonal U /\
  forall B, 0 <= B -> exists T' : rnn R (n + r) m p, trans T' = U /\
  forall x, admissible M x -> forall k,
    norm (output geluR T x k - output geluR T' x k)
    <= c * (113%:R / 100%:R) * Num.sqrt r%:R * (2%:R / 5%:R * expR (- (B ^+ 2 / 2%:R)))
       / (1 - 113%:R / 100%:R * omega).
Proof.
move=> i1 Wr q1 c0 Cc r; have L0 : 0 <= 113%:R / 100%:R :> R by rewrite divr_ge0 ?ler0n.
have [U [oU h]] := eps_explicit 0 M L0 geluR_lipschitz i1 Wr q1 c0 Cc.
exists U; split=> // B B0; apply: h; last by move=> z; apply: geluR_tail.
by rewrite mulr_ge0 ?divr_ge0 ?ler0n // ltW ?expR_gt0.
Qed.

Theorem eps_geluR omega (M : R) n m p (T : rnn R n m p) :
  0 <= omega -> (forall v, norm (trans T *m v) <= omega * norm v) ->
  113%:R / 100%:R * omega < 1 ->
  forall eps, 0 < eps ->
  exists N (T' : rnn R N m p),
    [/\ (N <= 2 * n)%N, orthogonal (trans T') & close geluR M eps T T'].
Proof.
move=> o0 Wo q1 eps eps0; have L0 : 0 <= 113%:R / 100%:R :> R by rewrite divr_ge0 ?ler0n.
have L1 : 1 <= 113%:R / 100%:R :> R by rewrite ler_pdivl_mulr ?ltr0n // mul1r ler_nat.
have o1 : 0 <= omega <= 1 by rewrite o0; apply: le_trans (ltW q1); apply: ler_pemull.
have [|U [oU /(_ eps eps0)[T' [TU cl]]]] :=
    @eps_lipschitz R geluR 0 _ omega M n m p T L0 geluR_lipschitz o1 Wo q1 _.
  move=> delta d0; have [B B1 hB] := gauss_small d0.
  have B0 : 0 <= B := le_trans ler01 B1.
  exists (- B) => z /(geluR_tail B0) h; apply: le_trans h _.
  apply: le_trans (hB B (lexx B)); rewrite ler_pimull ?(ltW (expR_gt0 _)) //.
  by rewrite ler_pdivr_mulr ?ltr0n // mul1r ler_nat.
by eexists; exists T'; rewrite TU; split=> //; rewrite mul2n -addnn leq_add2l rank_leq_row.
Qed.
End GELU.
