(** * Exact numbers of states: 3 for two coupled units, 2 for one unit.

    And the scalar expansive network over the reals. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.analysis Require Import reals.
From URNN Require Import Setting Norms Theorem_3_1 DifferentiablePoints Theorems_3_2_and_3_3
  TwoNMinusOne AllInputs AtLeastNPlusOne Expansive.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Exact3.
Variable R : rcfType.

(** Two units, W a contraction that is not diagonal, F and C of rank 2, an open box of
    admissible inputs with both units active for two steps: the least number is 3. *)
Theorem exactly_3 (M : R) m p (T : rnn R 2 m p) (i j : 'I_2) lo hi x0 :
  contraction (trans T) -> i != j -> trans T i j != 0 ->
  box lo hi x0 ->
  (forall x, box lo hi x -> admissible M x /\
     forall k i, (k <= 1)%N -> 0 < pre (@relu R) T x k i 0) ->
  \rank (inw T) = 2%N -> \rank (outw T) = 2%N ->
  (exists T' : rnn R 3 m p, orthogonal (trans T') /\ equivalent (@relu R) M T T') /\
  (forall N (T' : rnn R N m p), orthogonal (trans T') ->
     equivalent (@relu R) M T T' -> (3 <= N)%N).
Proof.
move=> cT ij Wij b0 act rF rC.
have lb N (T' : rnn R N m p) : orthogonal (trans T') -> equivalent (@relu R) M T T' -> (3 <= N)%N.
  by move=> oT' eqv; apply: (at_least_n_plus_1 (n := 2) isT b0 act rF rC cT oT' eqv).
split=> //; have [N [T' [N3 oT' eqv]]] := theorem_2n_minus_1 M cT ij Wij.
have NE : N = 3%N by apply/eqP; rewrite eqn_leq N3 (lb N T').
by subst N; exists T'.
Qed.

(** One unit, |w| < 1: exactly 2 (and the upper bound for all inputs). *)
Theorem exactly_2 (M : R) m p (T : rnn R 1 m p) lo hi x0 :
  contraction (trans T) -> box lo hi x0 ->
  (forall x, box lo hi x -> admissible M x /\
     forall k i, (k <= 1)%N -> 0 < pre (@relu R) T x k i 0) ->
  \rank (inw T) = 1%N -> \rank (outw T) = 1%N ->
  (exists T' : rnn R 2 m p, orthogonal (trans T') /\ equivalent_all (@relu R) T T') /\
  (forall N (T' : rnn R N m p), orthogonal (trans T') ->
     equivalent (@relu R) M T T' -> (2 <= N)%N).
Proof.
move=> cT b0 act rF rC; split.
  apply: no_bound_scalar; have := det_contraction (isT : 0 < 1)%N cT.
  by rewrite det_mx11 => /ltW.
by move=> N T' oT' eqv; apply: (at_least_n_plus_1 (n := 1) isT b0 act rF rC cT oT' eqv).
Qed.

(** Half a shift, F = C = I, b = 0: exactly 3 states (Theorem 3.2 needs 4 for W = 0). *)
Definition half_shift : rnn R 2 2 2 := Rnn (2%:R^-1 *: delta_mx 0 1) 1%:M 0 1%:M 0.

Corollary half_shift_exactly_3 (M : R) : 0 < M ->
  (exists T' : rnn R 3 2 2, orthogonal (trans T') /\ equivalent (@relu R) M half_shift T') /\
  (forall N (T' : rnn R N 2 2), orthogonal (trans T') ->
     equivalent (@relu R) M half_shift T' -> (3 <= N)%N).
Proof.
move=> M0; have h0 : 0 < 2%:R^-1 :> R by rewrite invr_gt0 ltr0n.
have [mu0 muM] := box_size_ok 2 M0.
have WE (v : 'cV[R]_2) : half_shift.(trans) *m v = (2%:R^-1 * v 1 0) *: delta_mx 0 0.
  apply/matrixP=> i j; rewrite ord1 -scalemxAl !mxE (bigD1 1) //= big1 ?addr0 => [|l l1].
    by rewrite !mxE eqxx andbT mulrA mulrAC.
  by rewrite mxE (negPf l1) andbF mul0r.
apply: (@exactly_3 M 2 2 half_shift 0 1 (fun _ _ => 0) (fun _ _ => box_size M 2)
  (fun=> const_mx (box_size M 2 / 2%:R))) => //.
- exists 2%:R^-1; split; first by rewrite (ltW h0) invf_lt1 ?ltr0n // ltr1n.
  move=> v; rewrite WE sqnorm_delta exprMn; apply: ler_wpmul2l; first exact: sqr_ge0.
  exact: sqnorm_ge_coord.
- by rewrite !mxE mulr1 gt_eqF.
- move=> k j; rewrite mxE divr_gt0 ?ltr0n //= ltr_pdivr_mulr ?ltr0n //.
  by rewrite ltr_pmulr // ltr1n.
- move=> x bx; split; first exact: (box_admissible mu0 muM).
  move=> k i _; have /andP[xk _] := bx k i.
  rewrite preE WE mul1mx [X in _ + X]mxE addr0 ltr_paddl // !mxE.
  rewrite mulr_ge0 ?ler0n // mulr_ge0 ?(ltW h0) //.
  case: (k) => [|k']; rewrite /prev; first by rewrite [init _]/(0 : 'cV[R]_2) mxE.
  by case: k' => [|k']; rewrite [state _ _ _ _]/= mxE /relu le_maxr lexx.
- by rewrite mxrank1.
by rewrite mxrank1.
Qed.
End Exact3.

(** h = relu (w h + f x + b), y = c h, w > 1, f > 0, b >= 0, c <> 0 over the reals: no
    orthogonal ReLU network of any size stays within any finite distance. *)
Theorem expansive_scalar_real (R : realType) (M : R) (T : rnn R 1 1 1) : 0 < M ->
  1 < trans T 0 0 -> 0 < inw T 0 0 -> 0 <= bias T 0 0 -> outw T 0 0 != 0 ->
  forall N (T' : rnn R N 1 1), orthogonal (trans T') ->
  ~ equivalent (@relu R) M T T' /\ forall eps, 0 <= eps -> ~ close (@relu R) M eps T T'.
Proof.
move=> M0 w1 f0 b0 c0 N T' oT'.
have no eps : 0 <= eps -> ~ close (@relu R) M eps T T'.
  apply: expansive_scalar => //; first exact: (@powers_unbounded R _ w1).
  by rewrite ltW // (lt_trans ltr01).
split=> // eqv; apply: (no 0) => // x adm k.
by rewrite eqv // subrr sqnorm0 expr0n.
Qed.
