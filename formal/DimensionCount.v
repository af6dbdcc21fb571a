(** * The dimension count of Theorems 3.2 and 3.3 (steps T1 to T4).

    A linear time-varying system d^k = P_k (U d^(k-1) + F u^k) with invertible U cannot
    forget its past unless some gain P_k has a large kernel. Any field. *)
From mathcomp Require Import all_ssreflect all_algebra.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory.
Local Open Scope ring_scope.

Section Forget.
Variables (K : fieldType) (N n p : nat).
Variables (U : 'M[K]_N) (F : 'M[K]_(N, n)) (C : 'M[K]_(p, N)).
Variables (P : nat -> 'M[K]_N) (S : nat -> 'M[K]_(p, n)).
Implicit Types (d : nat -> 'cV[K]_n) (k : nat).

(** Response of the linearised network to the perturbation [d] of the inputs. *)
Fixpoint lin d k : 'cV[K]_N :=
  P k *m (U *m (if k is k'.+1 then lin d k' else 0) + F *m d k).

Lemma lin_ext d d' k : (forall j, (j <= k)%N -> d j = d' j) -> lin d k = lin d' k.
Proof.
elim: k => [|k IH] e /=; first by rewrite e.
by rewrite e // IH // => j jk; apply: e; apply: leqW.
Qed.

Lemma lin_0 k : lin (fun=> 0) k = 0.
Proof. by elim: k => [|k IH] /=; rewrite ?IH !mulmx0 addr0 mulmx0. Qed.

Hypothesis unitU : U \in unitmx.
Hypothesis rankS : forall k, (k <= N)%N -> \rank (S k) = n.
(** The output at time k answers the input of time k, and nothing older. *)
Hypothesis memoryless :
  forall d k, (k <= N)%N -> (forall j, (N < j)%N -> d j = 0) -> C *m lin d k = S k *m d k.

Definition single (u : 'cV[K]_n) k : nat -> 'cV[K]_n := fun j => if j == k then u else 0.

Lemma lin_single u k : lin (single u k) k = P k *m (F *m u).
Proof.
case: k => [|k] /=; rewrite /single eqxx; first by rewrite mulmx0 add0r.
rewrite (@lin_ext _ (fun=> 0)) => [|j jk]; last by rewrite ltn_eqF.
by rewrite lin_0 mulmx0 add0r.
Qed.

(** T1, first half *)
Lemma CPF k : (k <= N)%N -> C *m P k *m F = S k.
Proof.
move=> kN; apply/matrixP=> i j.
have : C *m lin (single (delta_mx j 0) k) k = S k *m single (delta_mx j 0) k k.
  apply: memoryless => // l Nl; rewrite /single gtn_eqF //.
  exact: leq_ltn_trans kN Nl.
rewrite lin_single /single eqxx !mulmxA -!colE.
by move/(congr1 (fun A : 'cV_p => A i 0)); rewrite !mxE.
Qed.

(** T4 *)
Lemma rankP_ge k : (k <= N)%N -> (n <= \rank (P k))%N.
Proof.
move=> kN; rewrite -(rankS kN) -(CPF kN).
by apply: leq_trans (mxrankM_maxl _ _) (mxrankM_maxr _ _).
Qed.

(** Reachable spaces (as row spaces) *)
Fixpoint X k : 'M[K]_N :=
  ((if k is k'.+1 then X k' else 0) *m U^T *m (P k)^T + (P k *m F)^T)%MS.

Lemma reach k (v : 'rV[K]_N) : (v <= X k)%MS ->
  exists2 d, forall j, (k < j)%N -> d j = 0 & v = (lin d k)^T.
Proof.
elim: k v => [|k IH] v /=.
  rewrite !mul0mx adds0mx => /submxP[u ->].
  exists (single u^T 0%N) => [[]//|].
  by rewrite /single /= mulmx0 add0r mulmxA [in RHS]trmx_mul trmxK.
case/sub_addsmxP=> -[u1 u2] /= ->.
have [d d0 dE] := IH (u1 *m X k) (submxMl _ _).
exists (fun j => if j == k.+1 then u2^T else d j) => [j kj|].
  by rewrite gtn_eqF // d0 // ltnW.
rewrite eqxx (@lin_ext _ d) => [|j jk]; last by rewrite ltn_eqF.
rewrite mulmxDr linearD /= !mulmxA dE; congr (_ + _).
  by rewrite !trmx_mul !mulmxA.
by rewrite [in RHS]trmx_mul trmxK.
Qed.

(** T1, second half *)
Lemma EC k : (k < N)%N -> X k *m U^T *m (P k.+1)^T *m C^T = 0.
Proof.
move=> kN; apply/row_matrixP => i; rewrite row0 !row_mul.
have [d d0 ->] := reach (row_sub i (X k)).
have -> : (lin d k)^T *m U^T *m (P k.+1)^T = (lin d k.+1)^T.
  by rewrite /= d0 // mulmx0 addr0 -trmx_mul -trmx_mul.
rewrite -trmx_mul memoryless // => [|j Nj]; last by rewrite d0 // (ltn_trans kN).
by rewrite d0 // mulmx0 trmx0.
Qed.

Hypothesis n_gt0 : (0 < n)%N.
Hypothesis small_kernel : forall k, (k <= N)%N -> (N < \rank (P k) + n)%N.

Lemma rankG k : (k <= N)%N -> \rank (P k *m F)^T = n.
Proof.
move=> kN; rewrite mxrank_tr; apply/eqP; rewrite eqn_leq rank_leq_col /=.
by rewrite -{1}(rankS kN) -(CPF kN) -mulmxA mxrankM_maxr.
Qed.

(** T2, T3 *)
Lemma rankX k : (k <= N)%N -> (n + k <= \rank (X k))%N.
Proof.
elim: k => [|k IH] kN.
  rewrite addn0 -(rankG kN) mxrankS //=; exact: addsmxSr.
rewrite /=; set E := X k *m _ *m _; set G := (_ *m F)^T.
have disj : (E :&: G)%MS = 0.
  set Z := (E :&: G)%MS.
  have /submxP[A ZA] : (Z <= E)%MS by exact: capmxSl.
  have /submxP[B ZB] : (Z <= G)%MS by exact: capmxSr.
  have : Z *m C^T = 0 by rewrite ZA -mulmxA EC // mulmx0.
  rewrite ZB -mulmxA -trmx_mul mulmxA CPF // => BS.
  have /row_freeP[I SI] : row_free (S k.+1)^T by rewrite /row_free mxrank_tr rankS.
  by rewrite -[B]mulmx1 -SI mulmxA BS !mul0mx.
rewrite (mxrank_disjoint_sum disj) rankG // addnC leq_add2r.
have := mxrank_mul_ker (X k *m U^T) (P k.+1)^T; rewrite -/E.
rewrite mxrankMfree; last by rewrite row_free_unit unitmx_tr.
move=> rE.
have le : (\rank (X k *m U^T :&: kermx (P k.+1)^T)%MS <= N - \rank (P k.+1))%N.
  by rewrite -(mxrank_tr (P _)) -mxrank_ker mxrankS // capmxSr.
have lt : (N - \rank (P k.+1) < n)%N.
  by rewrite ltn_subLR ?rank_leq_row // small_kernel.
have := IH (ltnW kN); rewrite -rE => h.
move: (leq_trans h (leq_add (leqnn _) le)); move: lt; set s := (N - _)%N.
rewrite addnC => sn /leq_trans h2.
have : (k + n <= \rank E + n.-1)%N.
  by apply: h2; rewrite leq_add2l -ltnS prednK.
by rewrite -{1}(prednK n_gt0) -addSnnS leq_add2r.
Qed.

Theorem forget_False : False.
Proof.
have := leq_trans (rankX (leqnn N)) (rank_leq_row _).
by rewrite -{2}[N]add0n leq_add2r leqNgt n_gt0.
Qed.
End Forget.
