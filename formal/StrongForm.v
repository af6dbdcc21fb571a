(** * Linear algebra of the strong form of Theorem 3.3 (steps V3 to V6).

    Given the matching of groups of units that the independence lemma provides (steps V1 and
    V2, not proved here), U maps lifts to lifts, so W preserves weighted norms and its powers
    cannot decay. *)
From mathcomp Require Import all_ssreflect all_algebra.
From URNN Require Import Setting Norms.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Strong.
Variables (R : realFieldType) (N n : nat) (U : 'M[R]_N) (W : 'M[R]_n).
(** V k : reachable space (rows); Pi k : coordinates of the matched groups;
    J k : the lift e_i |-> (indicator of the group of i) / ... , orthogonal to ker Pi. *)
Variables (V : nat -> 'M[R]_N) (Pi : nat -> 'M[R]_(n, N)) (J : nat -> 'M[R]_(N, n)).
Hypothesis oU : U^T *m U = 1%:M.
Hypothesis VU : forall k, (V k *m U^T :=: V k.+1)%MS.
Hypothesis JV : forall k, ((J k)^T <= V k)%MS.
Hypothesis PJ : forall k, Pi k *m J k = 1%:M.
Hypothesis JK : forall k (v : 'rV_N), (v <= V k)%MS -> v *m (Pi k)^T = 0 -> v *m J k = 0.
Hypothesis inter : forall k, V k *m U^T *m (Pi k.+1)^T = V k *m (Pi k)^T *m W^T.

Let JP k : (J k)^T *m (Pi k)^T = 1%:M. Proof. by rewrite -trmx_mul PJ trmx1. Qed.
Let uU : U^T \in unitmx. Proof. by case/mulmx1_unit: oU. Qed.

Lemma kernel_step k (a : 'rV_N) : (a <= V k.+1)%MS -> a *m (Pi k.+1)^T = 0 ->
  exists2 u : 'rV_N, a = u *m U^T & (u <= V k)%MS /\ u *m (Pi k)^T = 0.
Proof.
move=> aV aP.
pose Ker j := (V j :&: kermx (Pi j)^T)%MS.
have rK j : (\rank (Ker j) + n = \rank (V j))%N.
  have <- : \rank (V j *m (Pi j)^T) = n; last by rewrite addnC mxrank_mul_ker.
  apply/eqP; rewrite eqn_leq rank_leq_col /= -{1}(mxrank1 R n) -(JP j).
  by apply: mxrankS; apply: submxMr.
have KP : Ker k *m (Pi k)^T = 0 by apply/sub_kermxP; exact: capmxSr.
have sub : (Ker k *m U^T <= Ker k.+1)%MS.
  rewrite sub_capmx -(VU k) submxMr ?capmxSl //=; apply/sub_kermxP.
  have /submxP[B KE] : (Ker k <= V k)%MS := capmxSl _ _.
  have -> : Ker k *m U^T *m (Pi k.+1)^T = B *m (V k *m U^T *m (Pi k.+1)^T).
    by rewrite {1}KE !mulmxA.
  rewrite inter; have -> : B *m (V k *m (Pi k)^T *m W^T) = Ker k *m (Pi k)^T *m W^T.
    by rewrite {1}KE !mulmxA.
  by rewrite KP mul0mx.
have rU m (A : 'M[R]_(m, N)) : \rank (A *m U^T) = \rank A.
  by rewrite mxrankMfree // row_free_unit.
have sup : (Ker k.+1 <= Ker k *m U^T)%MS.
  rewrite -(mxrank_leqif_sup sub).2 rU -(eqn_add2r n) !rK.
  by rewrite -(VU k) rU.
have aK : (a <= Ker k.+1)%MS by rewrite sub_capmx aV /=; apply/sub_kermxP.
have /submxP[x aE] := submx_trans aK sup.
exists (x *m Ker k); first by rewrite aE mulmxA.
split; first by rewrite (submx_trans (submxMl _ _)) // capmxSl.
by rewrite -mulmxA KP mulmx0.
Qed.

(** U maps lifts to lifts. *)
Lemma UJ k : U *m J k = J k.+1 *m W.
Proof.
pose A := (J k)^T *m U^T - W^T *m (J k.+1)^T.
have AV : (A <= V k.+1)%MS.
  by rewrite addmx_sub ?eqmx_opp // -?(VU k) ?submxMr // (submx_trans (submxMl _ _)) // VU JV.
have AP : A *m (Pi k.+1)^T = 0.
  have /submxP[B JB] := JV k.
  rewrite /A mulmxBl -(mulmxA W^T) JP mulmx1.
  have -> : (J k)^T *m U^T *m (Pi k.+1)^T = B *m (V k *m U^T *m (Pi k.+1)^T).
    by rewrite {1}JB !mulmxA.
  rewrite inter; have -> : B *m (V k *m (Pi k)^T *m W^T) = (J k)^T *m (Pi k)^T *m W^T.
    by rewrite {1}JB !mulmxA.
  by rewrite JP mul1mx subrr.
have AA : A *m A^T = 0.
  have -> : A^T = U *m J k - J k.+1 *m W.
    by rewrite /A linearB /= !trmx_mul !trmxK.
  apply/row_matrixP=> i; rewrite row0 row_mul mulmxBr.
  have aV : (row i A <= V k.+1)%MS by rewrite (submx_trans (row_sub _ _)).
  have aP : row i A *m (Pi k.+1)^T = 0 by rewrite -row_mul AP row0.
  rewrite [row i A *m (J _ *m W)]mulmxA JK // mul0mx subr0.
  have [u -> [uV uP]] := kernel_step aV aP.
  by rewrite mulmxA -(mulmxA u) oU mulmx1 JK.
have A0 : A = 0.
  apply/row_matrixP=> i; rewrite row0; apply: trmx_inj; rewrite trmx0.
  apply: sqnorm_eq0; rewrite sqnormE trmxK.
  have -> : (row i A *m (row i A)^T) 0 0 = (A *m A^T) i i.
    by rewrite !mxE; apply: eq_bigr => j _; rewrite !mxE.
  by rewrite AA mxE.
apply: trmx_inj; rewrite !trmx_mul; apply/eqP; rewrite -subr_eq0; apply/eqP; exact: A0.
Qed.

(** ... hence W preserves the weighted norms: impossible if the powers of W decay. *)
Hypothesis lo : forall k c, sqnorm c <= sqnorm (J k *m c).
Hypothesis hi : forall k c, sqnorm (J k *m c) <= N%:R * sqnorm c.

Theorem no_decay L (c : 'cV[R]_n) :
  sqnorm c <= N%:R * sqnorm (iter L (mulmx W) c).
Proof.
have step k c' : sqnorm (J k.+1 *m (W *m c')) = sqnorm (J k *m c').
  by rewrite mulmxA -UJ -mulmxA sqnorm_orth.
have it : sqnorm (J L *m iter L (mulmx W) c) = sqnorm (J 0 *m c).
  by elim: L => [|L IH] //=; rewrite step.
by rewrite (le_trans (lo 0 c)) // -it hi.
Qed.
End Strong.
