(** * Both extremes occur for every n.

    W = 0 needs exactly 2n states (Theorem 3.2), half a shift exactly n + 1
    (F = C = 1, b = 0). *)
From mathcomp Require Import all_ssreflect all_algebra.
From URNN Require Import Setting Norms Theorem_3_1 DifferentiablePoints Theorems_3_2_and_3_3
  TwoNMinusOne AtLeastNPlusOne WithinEpsilon.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Shift.
Variables (R : rcfType) (n : nat).

Definition shift_mx (a : R) : 'M[R]_n.+1 := \matrix_(i, j) (a *+ (i == j.+1 :> nat)).
Definition shift_rnn (a : R) : rnn R n.+1 n.+1 n.+1 := Rnn (shift_mx a) 1%:M 0 1%:M 0.

Lemma shift_mul a (v : 'cV[R]_n.+1) :
  shift_mx a *m v = \col_i (if unlift ord0 i is Some j then a * v (widen_ord (leqnSn n) j) 0 else 0).
Proof.
apply/matrixP=> i j; rewrite ord1 !mxE; case: unliftP => [l|] ->.
  rewrite (bigD1 (widen_ord (leqnSn n) l)) //= big1 ?addr0 => [|k kl].
    by rewrite mxE lift0 eqxx mulr1n.
  rewrite mxE lift0 eqSS; case: eqP => [e|_]; last by rewrite mulr0n mul0r.
  by case/eqP: kl; apply: val_inj.
by rewrite big1 // => k _; rewrite mxE mulr0n mul0r.
Qed.

Lemma sqnorm_shift a (v : 'cV[R]_n.+1) :
  sqnorm (shift_mx a *m v) = a ^+ 2 * (sqnorm v - v ord_max 0 ^+ 2).
Proof.
rewrite shift_mul /sqnorm big_ord_recl [in RHS]big_ord_recr /= addrK mxE unlift_none expr0n add0r.
by rewrite mulr_sumr; apply: eq_bigr => i _; rewrite mxE liftK exprMn.
Qed.

Lemma shift_le a (v : 'cV[R]_n.+1) : sqnorm (shift_mx a *m v) <= a ^+ 2 * sqnorm v.
Proof. by rewrite sqnorm_shift ler_wpmul2l ?sqr_ge0 // ger_addl oppr_le0 sqr_ge0. Qed.

Lemma shift_defect : \rank (1%:M - (shift_mx 1)^T *m shift_mx 1) = 1%N.
Proof.
rewrite -(mxrank_delta R (@ord_max n) (@ord_max n)); congr mxrank.
apply/matrixP=> i j; rewrite !mxE.
have -> : \sum_k (shift_mx 1)^T i k * shift_mx 1 k j = ((i == j) && (i != ord_max))%:R.
  have [->|im] := eqVneq i ord_max.
    rewrite andbF big1 // => k _; rewrite !mxE /=; case: eqP => [e|_]; last by rewrite mul0r.
    by have := ltn_ord k; rewrite e ltnn.
  have il : (i < n)%N by rewrite ltn_neqAle -ltnS ltn_ord andbT; apply: contraNN im => /eqP e; apply/eqP/val_inj.
  rewrite andbT (bigD1 (Ordinal (il : i.+1 < n.+1)%N)) //= big1 ?addr0 => [|k kl].
    by rewrite !mxE /= eqxx mul1r eqSS.
  rewrite !mxE; case: eqP => [e|_]; last by rewrite mul0r.
  by case/eqP: kl; apply: val_inj.
have [->|ij] := eqVneq i j; last first.
  rewrite subrr; case: eqP => [e|//]; case: eqP => [e'|//].
  by case/eqP: ij; rewrite e e'.
by case: (j =P ord_max) => _; rewrite /= ?subr0 ?subrr.
Qed.

Theorem shift_exactly_n_plus_1 (M : R) : 0 < M ->
  let T := shift_rnn 2%:R^-1 in
  [/\ contraction (trans T),
      exists T' : rnn R (n.+1 + 1) n.+1 n.+1, orthogonal (trans T') /\ equivalent (@relu R) M T T' &
      forall N (T' : rnn R N n.+1 n.+1), orthogonal (trans T') ->
        equivalent (@relu R) M T T' -> (n.+1 + 1 <= N)%N].
Proof.
move=> M0 T; have h0 : 0 < 2%:R^-1 :> R by rewrite invr_gt0 ltr0n.
have cT : contraction (trans T).
  exists 2%:R^-1; split; first by rewrite (ltW h0) invf_lt1 ?ltr0n // ltr1n.
  exact: shift_le.
have [mu0 muM] := box_size_ok n.+1 M0.
split=> //.
  have [rho r01 Wr] := contraction_norm cT.
  have [H bH] := contraction_bound M (@relu_nonexp R) r01 Wr.
  pose e := powers n.+1 (2%:R : R).
  have e0 i : 0 < e 0 i by rewrite mxE exprn_gt0 ?ltr0n.
  have AE : trans (rescale e T) = shift_mx 1.
    apply/matrixP=> i j; rewrite /= mul_mx_diag mul_diag_mx !mxE.
    case: eqP => [->|_]; last by rewrite !mulr0n mulr0 mul0r.
    by rewrite !mulr1n exprS [2%:R * _ in LHS]mulrC mulfK ?pnatr_eq0 // mulfV ?expf_neq0 ?pnatr_eq0.
  have A1 v : sqnorm (trans (rescale e T) *m v) <= sqnorm v.
    by rewrite AE; have := shift_le 1 v; rewrite expr1n mul1r.
  by have := scaled_equivalence e0 A1 bH; cbv zeta; rewrite AE shift_defect.
move=> N T' oT' eqv.
apply: (@at_least_n_plus_1 R M n.+1 n.+1 n.+1 N T T' (fun _ _ => 0) (fun _ _ => box_size M n.+1)
  (fun=> const_mx (box_size M n.+1 / 2%:R))) => //; rewrite ?mxrank1 //.
- move=> k j; rewrite mxE divr_gt0 ?ltr0n //= ltr_pdivr_mulr ?ltr0n //.
  by rewrite ltr_pmulr // ltr1n.
- move=> x bx; split; first exact: (box_admissible mu0 muM).
  move=> k i _; have /andP[xk _] := bx k i.
  rewrite preE /= shift_mul mul1mx [X in _ + X]mxE addr0 ltr_paddl // mxE.
  case: unliftP => [l _|//]; rewrite mulr_ge0 ?(ltW h0) //.
  case: (k) => [|k']; rewrite /prev; first by rewrite [init _]/(0 : 'cV[R]_n.+1) mxE.
  by case: k' => [|k']; rewrite [state _ _ _ _]/= mxE /relu le_maxr lexx.
Qed.
End Shift.
