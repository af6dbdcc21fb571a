(** * Step S1 of Theorem 3.1: a contraction is the corner of an orthogonal matrix.

    For |W v| <= |v| there are W2, W3, W4 such that U = [[W, W2], [W3, W4]] is orthogonal,
    with n + rank(1 - W^T W) rows: [1 - W^T W] is factored as W3^T W3 with W3 of full row
    rank (split off the first row and column, go on with the Schur complement), and the
    orthonormal columns [W; W3] are completed. Any n, any rank, any real closed field. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From URNN Require Import Setting Norms.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Dilation.
Variable R : rcfType.
Implicit Types n r : nat.

Definition psd n (A : 'M[R]_n) : Prop :=
  A^T = A /\ forall v : 'cV_n, 0 <= (v^T *m A *m v) 0 0.

Lemma qform_block n (a t : R) (u : 'rV[R]_n) (A : 'M[R]_n) (w : 'cV[R]_n) :
  ((col_mx t%:M w)^T *m block_mx a%:M u u^T A *m (col_mx t%:M w)) 0 0
  = t ^+ 2 * a + t * (u *m w) 0 0 *+ 2 + (w^T *m A *m w) 0 0.
Proof.
have e : w^T *m u^T = u *m w.
  by rewrite -trmx_mul [in RHS](mx11_scalar (u *m w)) -tr_scalar_mx -mx11_scalar.
rewrite tr_col_mx mul_row_block mul_row_col tr_scalar_mx !mul_scalar_mx e.
rewrite !mulmxDl !mul_mx_scalar -!scalemxAl !mxE eqxx mulr1n.
by rewrite mulr2n mulrA -expr2 !addrA.
Qed.

Lemma psd_factor n (A : 'M[R]_n) : psd A ->
  exists r, exists L : 'M[R]_(r, n), row_free L /\ L^T *m L = A.
Proof.
elim: n A => [|n IH] A.
  exists 0%N, 0; split; first by rewrite /row_free mxrank0.
  by rewrite mulmx0 [A]thinmx0.
move: A; rewrite -[n.+1]/(1 + n)%N => A [sA pA].
pose a := ulsubmx A 0 0; pose u := ursubmx A; pose A' := drsubmx A.
have dl : dlsubmx A = u^T by rewrite /u trmx_ursub sA.
have AE : A = block_mx a%:M u u^T A' by rewrite -dl -mx11_scalar submxK.
have sA' : A'^T = A' by rewrite /A' trmx_drsub sA.
have q t (w : 'cV[R]_n) : 0 <= t ^+ 2 * a + t * (u *m w) 0 0 *+ 2 + (w^T *m A' *m w) 0 0.
  by have := pA (col_mx t%:M w); rewrite AE qform_block.
have pA' : psd A'.
  by split=> // w; have := q 0 w; rewrite expr0n !mul0r mul0rn !add0r.
have a0 : 0 <= a.
  have := q 1 0; rewrite mulmx0 trmx0 !mul0mx !mxE mulr0 mul0rn !addr0.
  by rewrite expr1n mul1r.
move: a0; rewrite le_eqVlt => /orP[/eqP a0|agt0].
  (* zero pivot: the row vanishes *)
  have u0 : u = 0.
    apply/matrixP => i j; rewrite ord1 [in RHS]mxE; apply/eqP.
    set c := u 0 j; apply: contraT => cn0.
    pose w : 'cV[R]_n := delta_mx j 0.
    have uw : (u *m w) 0 0 = c by rewrite -colE mxE.
    pose d := (w^T *m A' *m w) 0 0.
    have := q (- (d + 1) / c) w; rewrite uw -a0 mulr0 add0r divfK // -/d.
    have d0 : 0 <= d by apply: pA'.2.
    have -> : - (d + 1) *+ 2 + d = - (d + 2%:R) by ring.
    by rewrite oppr_ge0 leNgt ltr_paddl ?ltr0n.
  have [r [L [fL LE]]] := IH A' pA'.
  exists r, (row_mx (0 : 'M_(r, 1)) L : 'M[R]_(r, 1 + n)); split.
    have /row_freeP[X LX] := fL; apply/row_freeP.
    by exists (col_mx (0 : 'M_(1, r)) X : 'M_(1 + n, r)); rewrite mul_row_col mul0mx add0r.
  rewrite tr_row_mx mul_col_row trmx0 !mul0mx !mulmx0 LE AE u0 trmx0 -a0.
  by congr block_mx; apply/matrixP => i j; rewrite !mxE mul0rn.
(* positive pivot: Schur complement *)
pose s := Num.sqrt a.
have sgt0 : 0 < s by rewrite sqrtr_gt0.
have sn0 : s != 0 by rewrite gt_eqF.
have ss : s * s = a by rewrite -expr2 sqr_sqrtr ?ltW.
pose z : 'rV[R]_n := s^-1 *: u; pose S : 'M[R]_n := A' - z^T *m z.
have pS : psd S.
  split; first by rewrite /S linearB /= trmx_mul trmxK sA'.
  move=> w; pose c := (u *m w) 0 0; have := q (- c / a) w; rewrite -/c.
  have -> : (w^T *m S *m w) 0 0 = (w^T *m A' *m w) 0 0 - c ^+ 2 / a.
    rewrite /S mulmxBr mulmxBl mxE [X in _ + X]mxE; congr (_ - _).
    have -> : w^T *m (z^T *m z) *m w = (z *m w)^T *m (z *m w).
      by rewrite trmx_mul !mulmxA.
    have -> : z *m w = (s^-1 * c)%:M.
      by rewrite -scalemxAl [u *m w]mx11_scalar scale_scalar_mx.
    rewrite tr_scalar_mx -scalar_mxM mxE eqxx mulr1n -ss; field.
    by rewrite sn0.
  suff -> : (- c / a) ^+ 2 * a + (- c / a) * c *+ 2 = - (c ^+ 2 / a) by rewrite addrC.
  by field; rewrite gt_eqF.
have [r [L [fL LE]]] := IH S pS.
exists (1 + r)%N, (block_mx s%:M z 0 L); split.
  have /row_freeP[X LX] := fL; apply/row_freeP.
  exists (block_mx s^-1%:M (- (s^-1 *: (z *m X))) 0 X : 'M_(1 + n, 1 + r)).
  rewrite mulmx_block !mul0mx !mulmx0 !add0r !addr0 LX.
  rewrite -scalar_mxM divff // mul_scalar_mx scalerN scalerA divff // scale1r.
  by rewrite addNr -scalar_mx_block.
rewrite tr_block_mx mulmx_block !trmx0 !mul0mx !mulmx0 !addr0 LE tr_scalar_mx.
rewrite -scalar_mxM ss mul_scalar_mx mul_mx_scalar /z scalerA divff // scale1r.
rewrite linearZ /= scalerA divff // scale1r AE; congr block_mx.
have zT : z^T = s^-1 *: u^T by rewrite /z linearZ.
by rewrite /S zT addrC subrK.
Qed.

Lemma gram_rank r n (L : 'M[R]_(r, n)) : row_free L -> \rank (L^T *m L) = r.
Proof. by move=> fL; rewrite mxrankMfree // mxrank_tr; exact: eqP. Qed.

Lemma psd_factor_rank n (A : 'M[R]_n) : psd A ->
  exists L : 'M[R]_(\rank A, n), L^T *m L = A.
Proof.
case/psd_factor=> r [L [fL LE]].
by have := gram_rank fL; rewrite LE => rE; rewrite rE; exists L.
Qed.

(** Orthonormal columns complete to an orthogonal matrix. *)
Lemma complete_cols n r (Q : 'M[R]_(n + r, n)) : Q^T *m Q = 1%:M ->
  exists V : 'M[R]_(n + r, r), Q *m Q^T + V *m V^T = 1%:M.
Proof.
move=> QQ; pose P := 1%:M - Q *m Q^T.
have sP : P^T = P by rewrite /P linearB /= trmx_mul trmxK trmx1.
have PP : P *m P = P.
  rewrite /P mulmxBl mul1mx mulmxBr mulmx1 mulmxA -(mulmxA Q) QQ mulmx1 subrr.
  by rewrite subr0.
have pP : psd P.
  split=> // v; rewrite -PP mulmxA -{1}sP -trmx_mul -mulmxA -sqnormE.
  exact: sqnorm_ge0.
have rQ : \rank (Q *m Q^T) = n.
  apply/eqP; rewrite eqn_leq; apply/andP; split.
    by apply: leq_trans (mxrankM_maxl _ _) (rank_leq_col _).
  have {1}<- : \rank (Q^T *m (Q *m Q^T) *m Q) = n.
    by rewrite mulmxA QQ mul1mx QQ mxrank1.
  by apply: leq_trans (mxrankM_maxl _ _) (mxrankM_maxr _ _).
have rP : \rank P = r.
  have kE : (P :=: kermx (Q *m Q^T))%MS.
    apply/eqmxP/andP; split.
      apply/sub_kermxP; rewrite /P mulmxBl mul1mx mulmxA -(mulmxA Q) QQ mulmx1.
      by rewrite subrr.
    have /sub_kermxP k := submx_refl (kermx (Q *m Q^T)).
    have <- : kermx (Q *m Q^T) *m P = kermx (Q *m Q^T).
      by rewrite /P mulmxBr mulmx1 k subr0.
    exact: submxMl.
  by rewrite kE mxrank_ker rQ addKn.
have [L LE] := psd_factor_rank pP; move: L LE; rewrite rP => L LE.
by exists L^T; rewrite trmxK LE addrC subrK.
Qed.

(** Main result of the file. *)
Theorem dilation n (W : 'M[R]_n) :
  (forall v : 'cV_n, sqnorm (W *m v) <= sqnorm v) ->
  let r := \rank (1%:M - W^T *m W) in
  exists (W2 : 'M[R]_(n, r)) (W3 : 'M[R]_(r, n)) (W4 : 'M[R]_r),
    orthogonal (block_mx W W2 W3 W4).
Proof.
move=> nW; set A := 1%:M - W^T *m W; move=> r.
have pA : psd A.
  split; first by rewrite /A linearB /= trmx_mul trmxK trmx1.
  move=> v; rewrite /A mulmxBr mulmx1 mulmxBl mxE [X in _ + X]mxE subr_ge0.
  by rewrite mulmxA -trmx_mul -mulmxA -!sqnormE nW.
have [L LE] := psd_factor_rank pA; rewrite -/r in L LE.
pose Q := col_mx W L.
have QQ : Q^T *m Q = 1%:M by rewrite tr_col_mx mul_row_col LE addrC subrK.
have [V VE] := complete_cols QQ.
exists (usubmx V), L, (dsubmx V).
suff o : block_mx W (usubmx V) L (dsubmx V) *m (block_mx W (usubmx V) L (dsubmx V))^T = 1%:M.
  by split=> //; apply: mulmx1C.
have -> : block_mx W (usubmx V) L (dsubmx V) = row_mx Q V.
  by rewrite block_mxEh vsubmxK.
by rewrite tr_row_mx mul_row_col.
Qed.
End Dilation.
