(** * The same dimension count when the target network has memory.

    The outputs may now depend on the past through a singular W: what has to be forgotten is
    the kernel of W. *)
From mathcomp Require Import all_ssreflect all_algebra.
From URNN Require Import DimensionCount.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory.
Local Open Scope ring_scope.

Section ForgetW.
Variables (K : fieldType) (N n m p : nat).
Variables (U : 'M[K]_N) (Fu : 'M[K]_(N, m)) (Cu : 'M[K]_(p, N)) (P : nat -> 'M[K]_N).
Variables (W : 'M[K]_n) (F : 'M[K]_(n, m)) (C : 'M[K]_(p, n)) (Q : nat -> 'M[K]_n).
Implicit Types (d : nat -> 'cV[K]_m) (k : nat).

Hypothesis unitU : U \in unitmx.
Hypothesis unitQ : forall k, (k <= N)%N -> Q k \in unitmx.
Hypothesis rankF : \rank F = n.
Hypothesis rankC : \rank C = n.
Hypothesis same :
  forall d k, (k <= N)%N -> (forall j, (N < j)%N -> d j = 0) ->
  Cu *m lin U Fu P d k = C *m lin W F Q d k.

Lemma decode : exists D : 'M[K]_(n, N),
  forall d k, (k <= N)%N -> (forall j, (N < j)%N -> d j = 0) ->
  D *m lin U Fu P d k = lin W F Q d k.
Proof.
have /row_freeP[B CB] : row_free C^T by rewrite /row_free mxrank_tr rankC.
exists (B^T *m Cu) => d k kN sd; rewrite -mulmxA same // mulmxA.
have -> : B^T *m C = 1%:M by rewrite -[C]trmxK -trmx_mul CB trmx1.
by rewrite mul1mx.
Qed.

Section WithD.
Variable D : 'M[K]_(n, N).
Hypothesis hD : forall d k, (k <= N)%N -> (forall j, (N < j)%N -> d j = 0) ->
  D *m lin U Fu P d k = lin W F Q d k.

Lemma DPF k : (k <= N)%N -> D *m P k *m Fu = Q k *m F.
Proof.
move=> kN; apply/matrixP=> i j.
have : D *m lin U Fu P (single (delta_mx j 0) k) k = lin W F Q (single (delta_mx j 0) k) k.
  apply: hD => // l Nl; rewrite /single gtn_eqF //.
  exact: leq_ltn_trans kN Nl.
rewrite !lin_single !mulmxA -!colE.
by move/(congr1 (fun A : 'cV_n => A i 0)); rewrite !mxE.
Qed.

Lemma rank_gain k : (k <= N)%N -> (n <= \rank (P k))%N.
Proof.
move=> kN; have <- : \rank (D *m P k *m Fu) = n.
  by rewrite (DPF kN) eqmxMfull ?rankF // row_full_unit unitQ.
by apply: leq_trans (mxrankM_maxl _ _) (mxrankM_maxr _ _).
Qed.

Lemma intertwine k : (k < N)%N ->
  X U Fu P k *m U^T *m (P k.+1)^T *m D^T = X U Fu P k *m D^T *m W^T *m (Q k.+1)^T.
Proof.
move=> kN; apply/row_matrixP => i; rewrite !row_mul.
have [d d0 ->] := reach (row_sub i (X U Fu P k)).
have sd j : (N < j)%N -> d j = 0 by move=> Nj; rewrite d0 // (ltn_trans kN).
have := hD kN sd; rewrite /= d0 // !mulmx0 !addr0 -(hD (ltnW kN) sd).
by move/(congr1 trmx); rewrite !trmx_mul.
Qed.

Hypothesis n_gt0 : (0 < n)%N.
Hypothesis small : forall k, (k <= N)%N -> (N + \rank W < \rank (P k) + n)%N.

Lemma rankXW k : (k <= N)%N -> (n + k <= \rank (X U Fu P k))%N.
Proof.
have /row_freeP[Fr FFr] : row_free F by rewrite /row_free rankF.
pose G k := (P k *m Fu *m Fr)^T.
have GD j : (j <= N)%N -> G j *m D^T = (Q j)^T.
  by move=> jN; rewrite /G -trmx_mul !mulmxA DPF // -mulmxA FFr mulmx1.
have rG j : (j <= N)%N -> \rank (G j) = n.
  move=> jN; apply/eqP; rewrite eqn_leq rank_leq_row /=.
  have {1}<- : \rank (Q j)^T = n by apply: mxrank_unit; rewrite unitmx_tr unitQ.
  by rewrite -(GD _ jN) mxrankM_maxl.
have GX j : (G j <= (P j *m Fu)^T)%MS by rewrite /G trmx_mul submxMl.
elim: k => [|k IH] kN.
  rewrite addn0 -{1}(rG _ kN) mxrankS //=; apply: submx_trans (GX _) _; exact: addsmxSr.
set Xk := X U Fu P k; pose Z := (Xk :&: kermx (D^T *m W^T))%MS.
pose E := Z *m U^T *m (P k.+1)^T.
have ZX : (Z <= Xk)%MS := capmxSl _ _.
have EX : (E <= Xk *m U^T *m (P k.+1)^T)%MS by rewrite /E !submxMr.
have ED : E *m D^T = 0.
  have /submxP[A ZA] := ZX.
  have /sub_kermxP ZK : (Z <= kermx (D^T *m W^T))%MS := capmxSr _ _.
  have -> : E *m D^T = A *m (Xk *m U^T *m (P k.+1)^T *m D^T) by rewrite /E ZA !mulmxA.
  rewrite (intertwine kN) -/Xk.
  have -> : A *m (Xk *m D^T *m W^T *m (Q k.+1)^T) = Z *m (D^T *m W^T) *m (Q k.+1)^T.
    by rewrite ZA !mulmxA.
  by rewrite ZK mul0mx.
have disj : (E :&: G k.+1)%MS = 0.
  set Y := (E :&: _)%MS.
  have /submxP[A YA] : (Y <= E)%MS := capmxSl _ _.
  have /submxP[B YB] : (Y <= G k.+1)%MS := capmxSr _ _.
  have : Y *m D^T = 0 by rewrite YA -mulmxA ED mulmx0.
  rewrite YB -mulmxA GD // => BQ.
  have uQ : (Q k.+1)^T \in unitmx by rewrite unitmx_tr unitQ.
  by rewrite -[B]mulmx1 -(mulmxV uQ) mulmxA BQ !mul0mx.
have le1 : (\rank E + n <= \rank (X U Fu P k.+1))%N.
  rewrite -{1}(rG _ kN) -(mxrank_disjoint_sum disj) mxrankS //=.
  by apply: addsmxS.
have rZ : (\rank Xk <= \rank Z + \rank W)%N.
  rewrite -(mxrank_mul_ker Xk (D^T *m W^T)) addnC leq_add2l.
  by rewrite mulmxA -[\rank W]mxrank_tr mxrankM_maxr.
have rE : (\rank Z <= \rank E + (N - \rank (P k.+1)))%N.
  have := mxrank_mul_ker (Z *m U^T) (P k.+1)^T; rewrite -/E.
  rewrite [\rank (Z *m _)]mxrankMfree; last by rewrite row_free_unit unitmx_tr.
  move=> <-; rewrite leq_add2l -(mxrank_tr (P _)) -mxrank_ker.
  by rewrite mxrankS // capmxSr.
have lt : (N - \rank (P k.+1) + \rank W < n)%N.
  rewrite addnBAC ?rank_leq_row // ltn_subLR ?small //.
  by rewrite (leq_trans (rank_leq_row _)) // leq_addr.
have IHk := IH (ltnW kN).
apply: leq_trans le1; rewrite addnS.
have h1 : (n + k <= \rank E + (N - \rank (P k.+1) + \rank W))%N.
  by rewrite addnA (leq_trans IHk) // (leq_trans rZ) // leq_add2r.
by apply: leq_ltn_trans h1 _; rewrite ltn_add2l.
Qed.

Lemma forgetW_False_D : False.
Proof.
have := leq_trans (rankXW (leqnn N)) (rank_leq_row _).
by rewrite -{2}[N]add0n leq_add2r leqNgt n_gt0.
Qed.
End WithD.
End ForgetW.
