(** * Theorem A after a diagonal scaling: W may be expansive if E W E^-1 is a contraction. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp.classical Require Import boolp classical_sets functions mathcomp_extra.
From mathcomp.analysis Require Import reals signed topology.
From URNN Require Import Setting Norms Theorem_3_1 TheoremA.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Theorem theorem_A_scaled (R : realType) (M : R) n m p N (T : rnn R n m p) (T' : rnn R N m p)
    (e : 'rV[R]_n) (xbar : 'cV[R]_m) (hstar : 'cV[R]_n) (lam : R) :
  (forall i, 0 < e 0 i) -> contraction (trans (rescale e T)) ->
  minimal T -> sqnorm xbar < M ^+ 2 ->
  hstar = trans T *m hstar + inw T *m xbar + bias T -> (forall i, 0 < hstar i 0) ->
  orthogonal (trans T') -> equivalent (@relu R) M T T' ->
  (n + (n - \rank (trans T - lam%:M)%R) <= N)%N.
Proof.
move=> e0 cW [re ob] xM rest act oU eqv; pose E := diag_mx e.
pose E' := diag_mx (\row_i (e 0 i)^-1); have EE : E' *m E = 1%:M := diag_mxVK e0.
have EE' : E *m E' = 1%:M := mulmx1C EE.
have [uE' uE] := mulmx1_unit EE.
have <- : \rank (trans (rescale e T) - lam%:M) = \rank (trans T - lam%:M).
  have -> : trans (rescale e T) - lam%:M = E *m (trans T - lam%:M) *m E'.
    rewrite mulmxBr mulmxBl; congr (_ - _).
    by rewrite mul_mx_scalar -scalemxAl EE' scalemx1.
  by rewrite mxrankMfree ?row_free_unit // eqmxMfull // row_full_unit.
apply: (theorem_A (T := rescale e T) (xbar := xbar) (hstar := E *m hstar)) cW _ xM _ _ oU _.
- have itF q (A : 'M[R]_(n, q)) j : iter j (mulmx (E *m trans T *m E')) (E *m A)
      = E *m iter j (mulmx (trans T)) A.
    elim: j => [|j IH] //=; rewrite IH !mulmxA -(mulmxA _ E' E) EE mulmx1 //.
  split=> [v h|h oh].
    suff : v *m E = 0 by move/(congr1 (mulmxr E')); rewrite /mulmxr -mulmxA EE' mulmx1 mul0mx.
    by apply: re => j; rewrite -(h j) /= itF mulmxA.
  suff : E' *m h = 0 by move/(congr1 (mulmx E)); rewrite mulmxA EE' mul1mx mulmx0.
  have hE : h = E *m (E' *m h) by rewrite mulmxA EE' mul1mx.
  apply: ob => j; rewrite -(oh j) /= [in RHS]hE itF.
  by rewrite [in RHS]mulmxA -(mulmxA _ E' E) EE mulmx1.
- rewrite /= {1}rest !mulmxDr !mulmxA -(mulmxA _ E' E) -/E -/E'.
  by rewrite EE mulmx1.
- by move=> i; rewrite mul_diag_mx mxE mulr_gt0.
by move=> x adm k; rewrite -(rescale_equivalent T e0 adm) eqv.
Qed.
