(** * Linear algebra of the strong form of Theorem 3.3 (steps V3 to V6).

    Given the matching of groups of units (steps V1 and V2, in Theorem_3_3_Strong), U maps
    lifts to lifts, so W preserves weighted norms and its powers cannot decay. *)
From mathcomp Require Import all_ssreflect all_algebra.
From URNN Require Import Setting Norms.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** ** One step: U maps lifts to lifts. *)
Section Step.
Variables (R : realFieldType) (N n : nat) (U : 'M[R]_N) (W : 'M[R]_n).
(** V : reachable space (rows); Pi : coordinates of the matched groups; J : the lift
    e_i |-> signed indicator of the group of i, orthogonal to ker Pi. Primed: one step later. *)
Variables (V V' : 'M[R]_N) (Pi Pi' : 'M[R]_(n, N)) (J J' : 'M[R]_(N, n)).
Hypothesis oU : U^T *m U = 1%:M.
Hypothesis VU : (V *m U^T :=: V')%MS.
Hypotheses (JV : (J^T <= V)%MS) (JV' : (J'^T <= V')%MS).
Hypotheses (PJ : Pi *m J = 1%:M) (PJ' : Pi' *m J' = 1%:M).
Hypothesis JK : forall v : 'rV_N, (v <= V)%MS -> v *m Pi^T = 0 -> v *m J = 0.
Hypothesis JK' : forall v : 'rV_N, (v <= V')%MS -> v *m Pi'^T = 0 -> v *m J' = 0.
Hypothesis inter : V *m U^T *m Pi'^T = V *m Pi^T *m W^T.

Let JP : J^T *m Pi^T = 1%:M. Proof. by rewrite -trmx_mul PJ trmx1. Qed.
Let JP' : J'^T *m Pi'^T = 1%:M. Proof. by rewrite -trmx_mul PJ' trmx1. Qed.
Let uU : U^T \in unitmx. Proof. by case/mulmx1_unit: oU. Qed.

Lemma kernel_step (a : 'rV_N) : (a <= V')%MS -> a *m Pi'^T = 0 ->
  exists2 u : 'rV_N, a = u *m U^T & (u <= V)%MS /\ u *m Pi^T = 0.
Proof.
move=> aV aP.
pose Ker (A : 'M[R]_N) (B : 'M[R]_(n, N)) := (A :&: kermx B^T)%MS.
have rK (A : 'M[R]_N) (B : 'M[R]_(n, N)) (L : 'M[R]_(N, n)) : (L^T <= A)%MS -> L^T *m B^T = 1%:M ->
    (\rank (Ker A B) + n = \rank A)%N.
  move=> LA LB; have <- : \rank (A *m B^T) = n; last by rewrite addnC mxrank_mul_ker.
  apply/eqP; rewrite eqn_leq rank_leq_col /= -{1}(mxrank1 R n) -LB.
  by apply: mxrankS; apply: submxMr.
have KP : Ker V Pi *m Pi^T = 0 by apply/sub_kermxP; exact: capmxSr.
have sub : (Ker V Pi *m U^T <= Ker V' Pi')%MS.
  rewrite sub_capmx -VU submxMr ?capmxSl //=; apply/sub_kermxP.
  have /submxP[B KE] : (Ker V Pi <= V)%MS := capmxSl _ _.
  have -> : Ker V Pi *m U^T *m Pi'^T = B *m (V *m U^T *m Pi'^T).
    by rewrite {1}KE !mulmxA.
  rewrite inter; have -> : B *m (V *m Pi^T *m W^T) = Ker V Pi *m Pi^T *m W^T.
    by rewrite {1}KE !mulmxA.
  by rewrite KP mul0mx.
have rU m (A : 'M[R]_(m, N)) : \rank (A *m U^T) = \rank A.
  by rewrite mxrankMfree // row_free_unit.
have sup : (Ker V' Pi' <= Ker V Pi *m U^T)%MS.
  rewrite -(mxrank_leqif_sup sub).2 rU -(eqn_add2r n) (rK _ _ _ JV JP) (rK _ _ _ JV' JP').
  by rewrite -VU rU.
have aK : (a <= Ker V' Pi')%MS by rewrite sub_capmx aV /=; apply/sub_kermxP.
have /submxP[x aE] := submx_trans aK sup.
exists (x *m Ker V Pi); first by rewrite aE mulmxA.
split; first by rewrite (submx_trans (submxMl _ _)) // capmxSl.
by rewrite -mulmxA KP mulmx0.
Qed.

Lemma lift_step : U *m J = J' *m W.
Proof.
pose A := J^T *m U^T - W^T *m J'^T.
have AV : (A <= V')%MS.
  by rewrite addmx_sub ?eqmx_opp // -?VU ?submxMr // (submx_trans (submxMl _ _)) // VU JV'.
have AP : A *m Pi'^T = 0.
  have /submxP[B JB] := JV.
  rewrite /A mulmxBl -(mulmxA W^T) JP' mulmx1.
  have -> : J^T *m U^T *m Pi'^T = B *m (V *m U^T *m Pi'^T).
    by rewrite {1}JB !mulmxA.
  rewrite inter; have -> : B *m (V *m Pi^T *m W^T) = J^T *m Pi^T *m W^T.
    by rewrite {1}JB !mulmxA.
  by rewrite JP mul1mx subrr.
have AA : A *m A^T = 0.
  have -> : A^T = U *m J - J' *m W.
    by rewrite /A linearB /= !trmx_mul !trmxK.
  apply/row_matrixP=> i; rewrite row0 row_mul mulmxBr.
  have aV : (row i A <= V')%MS by rewrite (submx_trans (row_sub _ _)).
  have aP : row i A *m Pi'^T = 0 by rewrite -row_mul AP row0.
  rewrite [row i A *m (J' *m W)]mulmxA JK' // mul0mx subr0.
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
End Step.

(** ** Many steps: W preserves the weighted norms, so its powers do not decay. *)
Section Strong.
Variables (R : realFieldType) (N n : nat) (U : 'M[R]_N) (W : 'M[R]_n).
Implicit Type J : nat -> 'M[R]_(N, n).

Lemma no_decay_lifts L J (c : 'cV[R]_n) : U^T *m U = 1%:M ->
  (forall k, (k < L)%N -> U *m J k = J k.+1 *m W) ->
  (forall k c, (k <= L)%N -> sqnorm c <= sqnorm (J k *m c) <= N%:R * sqnorm c) ->
  sqnorm c <= N%:R * sqnorm (iter L (mulmx W) c).
Proof.
move=> oU UJ lohi.
have step k c' : (k < L)%N -> sqnorm (J k.+1 *m (W *m c')) = sqnorm (J k *m c').
  by move=> kL; rewrite mulmxA -UJ // -mulmxA sqnorm_orth.
have it k : (k <= L)%N -> sqnorm (J k *m iter k (mulmx W) c) = sqnorm (J 0%N *m c).
  by elim: k => [|k IH] //= kL; rewrite step // IH // ltnW.
have /andP[_ h] := lohi L (iter L (mulmx W) c) (leqnn L).
by apply: le_trans h; rewrite it //; case/andP: (lohi 0%N c (leq0n L)).
Qed.

Variables (V : nat -> 'M[R]_N) (Pi : nat -> 'M[R]_(n, N)) (J : nat -> 'M[R]_(N, n)).
Hypothesis oU : U^T *m U = 1%:M.
Hypothesis VU : forall k, (V k *m U^T :=: V k.+1)%MS.
Hypothesis JV : forall k, ((J k)^T <= V k)%MS.
Hypothesis PJ : forall k, Pi k *m J k = 1%:M.
Hypothesis JK : forall k (v : 'rV_N), (v <= V k)%MS -> v *m (Pi k)^T = 0 -> v *m J k = 0.
Hypothesis inter : forall k, V k *m U^T *m (Pi k.+1)^T = V k *m (Pi k)^T *m W^T.
Hypothesis lo : forall k c, sqnorm c <= sqnorm (J k *m c).
Hypothesis hi : forall k c, sqnorm (J k *m c) <= N%:R * sqnorm c.

Theorem no_decay L (c : 'cV[R]_n) :
  sqnorm c <= N%:R * sqnorm (iter L (mulmx W) c).
Proof.
apply: (@no_decay_lifts L J) => // [k _|k c' _]; last by rewrite lo hi.
exact: lift_step oU (VU k) (JV k) (JV k.+1) (PJ k) (PJ k.+1) (JK (k := k)) (JK (k := k.+1)) (inter k).
Qed.
End Strong.
