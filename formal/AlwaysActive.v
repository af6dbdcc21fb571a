(** * Networks whose units are never clipped.

    The state may then be changed by any S that keeps it nonnegative, and
    n + rank (1 - A^T A) states are enough for A = S W S^-1. *)
From mathcomp Require Import all_ssreflect all_algebra.
From URNN Require Import Setting Norms Theorem_3_1 DifferentiablePoints.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Active.
Variable R : rcfType.
Implicit Types (n m p : nat).

Lemma relu_id n (v : 'cV[R]_n) : (forall i, 0 <= v i 0) -> map_mx (@relu R) v = v.
Proof. by move=> v0; apply/matrixP=> i j; rewrite mxE ord1 /relu; apply/max_idPr. Qed.

Theorem active_similar (M : R) n m p (T : rnn R n m p) (S : 'M[R]_n) H :
  let A := S *m trans T *m invmx S in
  S \in unitmx -> (forall v : 'cV[R]_n, sqnorm (A *m v) <= sqnorm v) ->
  state_bound (@relu R) M T H ->
  (forall x, admissible M x -> forall k i,
     0 <= pre (@relu R) T x k i 0 /\ 0 <= (S *m state (@relu R) T x k) i 0) ->
  exists T' : rnn R (n + \rank (1%:M - A^T *m A)) m p,
    orthogonal (trans T') /\ equivalent (@relu R) M T T'.
Proof.
move=> A uS A1 [Hi Hs] act.
pose T1 := Rnn A (S *m inw T) (S *m bias T) (outw T *m invmx S) (S *m init T).
have st x : admissible M x -> forall k, state (@relu R) T1 x k = S *m state (@relu R) T x k.
  move=> adm; have eq k : state (@relu R) T x k = pre (@relu R) T x k.
    by rewrite stateE relu_id // => i; have [] := act x adm k i.
  have AS h : A *m (S *m h) = S *m (trans T *m h) by rewrite /A !mulmxA mulmxKV.
  elim=> [|k IH]; rewrite [LHS]/= ?IH AS -!mulmxA -!mulmxDr.
    rewrite -[_ + bias T]/(pre (@relu R) T x 0) -eq relu_id // => i.
    by have [] := act x adm 0%N i.
  rewrite -[_ + bias T]/(pre (@relu R) T x k.+1) -eq relu_id // => i.
  by have [] := act x adm k.+1 i.
have bH : state_bound (@relu R) M T1 (Num.sqrt (frob S) * H).
  split=> [|x adm k]; rewrite ?st //=; apply: le_trans (norm_mulmx _ _) _;
  by apply: ler_wpmul2l; rewrite ?sqrtr_ge0 ?Hs.
have [T' [o eqv]] := @flat_equivalence R (@relu R) 0 0 M n m p T1 _
  (@relu_nonexp R) (@relu_flat R) A1 bH.
exists T'; split=> // x adm k; rewrite -eqv // /output st // mulmxA mulmxKV //.
Qed.
End Active.
