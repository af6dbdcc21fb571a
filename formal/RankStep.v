(** * A network with one activity pattern: the last step of Theorem A.

    Units A are active (the identity), units Z are off, units [beta] never react. The linear
    network that is left has the outputs of the linear network (W, F, C). Then N is at least n plus
    the dimension of every real eigenspace of W, because U is orthogonal: what the units of
    Z do not receive keeps its length. Any ordered field. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From URNN Require Import Setting Norms.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Rank.
Variables (R : realFieldType) (N n m p : nat).
Variables (U : 'M[R]_N) (Fu : 'M[R]_(N, m)) (Cu : 'M[R]_(p, N)).
Variables (W : 'M[R]_n) (F : 'M[R]_(n, m)) (C : 'M[R]_(p, n)).
Variables (A Z : {set 'I_N}).
Hypothesis disj : [disjoint A & Z].
Hypothesis oU : U^T *m U = 1%:M.
Hypothesis rankF : \rank F = n.
Hypothesis rankC : \rank C = n.

(** Projection onto the coordinates of S. *)
Definition keep (S : {set 'I_N}) : 'M[R]_N := diag_mx (\row_i (i \in S)%:R).

Lemma keepE S q (v : 'M[R]_(N, q)) i j : (keep S *m v) i j = (i \in S)%:R * v i j.
Proof. by rewrite mul_diag_mx !mxE. Qed.

Lemma rank_keep S : (\rank (keep S) <= #|S|)%N.
Proof.
have -> : keep S = \sum_(i in S) delta_mx i i.
  apply/matrixP=> i j; rewrite summxE !mxE.
  have [iS|iS] := boolP (i \in S).
    rewrite (bigD1 i) //= big1 => [|l /andP[_ li]]; last by rewrite mxE eq_sym (negPf li).
    by rewrite mxE eqxx /= addr0 eq_sym.
  rewrite mul0rn big1 // => l lS; rewrite mxE; case: eqP => // il.
  by rewrite il lS in iS.
rewrite -sum1_card; elim/big_rec2: _ => [|i r E _ le]; first by rewrite mxrank0.
by apply: leq_trans (mxrank_add _ _) _; rewrite mxrank_delta leq_add2l.
Qed.

Let B := keep A *m U.
Let G := keep A *m Fu.
Fixpoint markov (j : nat) : 'M[R]_(N, m) := if j is j'.+1 then B *m markov j' else G.
Fixpoint target (j : nat) : 'M[R]_(n, m) := if j is j'.+1 then W *m target j' else F.
Hypothesis same : forall j, Cu *m markov j = C *m target j.
(** Units outside A and Z never react. *)
Hypothesis still : forall j i, i \notin A -> i \notin Z -> row i (U *m markov j) = 0.

(** Reachable space (rows). *)
Fixpoint span (J : nat) : 'M[R]_N := if J is J'.+1 then (span J' + (markov J')^T)%MS else 0.
Let X := span N.+1.

Lemma span_sub J q (K : 'M[R]_(q, N)) :
  (forall j, (j < J)%N -> ((markov j)^T <= K)%MS) -> (span J <= K)%MS.
Proof.
elim: J => [|J IH] h; first exact: sub0mx.
by rewrite /= addsmx_sub h // IH // => j jJ; apply/h/ltnW.
Qed.

Lemma sub_span J j : (j < J)%N -> ((markov j)^T <= span J)%MS.
Proof.
elim: J => // J IH; rewrite ltnS leq_eqVlt => /predU1P[->|/IH h]; first exact: addsmxSr.
exact: submx_trans h (addsmxSl _ _).
Qed.

(** What holds on all markov j holds on X. *)
Lemma X_first q (K : 'M[R]_(N, q)) : (forall j, (markov j)^T *m K = 0) -> X *m K = 0.
Proof. by move=> h; apply/sub_kermxP/span_sub => j _; apply/sub_kermxP. Qed.

Lemma chain_stop : exists2 J, (J <= N)%N & ((markov J)^T <= span J)%MS.
Proof.
have [/existsP[J h]|] := boolP [exists J : 'I_N.+1, ((markov J)^T <= span J)%MS].
  by exists J => //; rewrite -ltnS.
rewrite negb_exists => /forallP no; exfalso.
have grow J : (J <= N.+1)%N -> (J <= \rank (span J))%N.
  elim: J => // J IH JN; apply: leq_ltn_trans (IH (ltnW JN)) _.
  have YY : (span J <= span J.+1)%MS by rewrite /= addsmxSl.
  rewrite ltn_neqAle mxrankS // andbT; apply/negP => /eqP e.
  have := no (Ordinal JN); rewrite /= => /negP; apply.
  have : (span J.+1 <= span J)%MS by rewrite -(mxrank_leqif_sup YY).2 e.
  by apply: submx_trans; rewrite /= addsmxSr.
by have := leq_trans (grow _ (leqnn _)) (rank_leq_row _); rewrite ltnn.
Qed.

Lemma markov_X j : ((markov j)^T <= X)%MS.
Proof.
have [J JN stop] := chain_stop.
have YX : (span J <= X)%MS.
  by apply: span_sub => i iJ; apply: sub_span; rewrite (leq_trans iJ) // ltnW.
apply: submx_trans YX; elim: j => [|j IH].
  by case: (J) stop => // J' _; exact: sub_span.
rewrite /= trmx_mul; apply: submx_trans (submxMr _ IH) _.
have step K : (K <= J)%N -> (span K *m B^T <= span J)%MS.
  elim: K => [|K IHK] KJ; first by rewrite mul0mx sub0mx.
  rewrite /= addsmxMr addsmx_sub IHK ?(ltnW KJ) //= -trmx_mul -/(markov K.+1).
  move: KJ; rewrite leq_eqVlt => /predU1P[->|]; first exact: stop.
  exact: sub_span.
exact: step.
Qed.

Lemma X_B : (X *m B^T <= X)%MS.
Proof.
have step K : (span K *m B^T <= X)%MS.
  elim: K => [|K IH]; first by rewrite mul0mx sub0mx.
  by rewrite /= addsmxMr addsmx_sub IH -trmx_mul; exact: (markov_X K.+1).
exact: step.
Qed.

Lemma X_A : (\rank X <= #|A|)%N.
Proof.
apply: leq_trans (rank_keep A); rewrite -(mxrank_tr (keep A)); apply: mxrankS.
apply: span_sub => -[|j] _ /=; rewrite /G /B !trmx_mul; first exact: submxMl.
by rewrite mulmxA submxMl.
Qed.

(** ** N >= n + dim ker (W - lam) for every real lam, |lam| < 1. *)
Theorem rank_step lam : `|lam| < 1 -> (n + (n - \rank (W - lam%:M)%R) <= N)%N.
Proof.
move=> lam1.
have /row_freeP[L CL] : row_free C^T by rewrite /row_free mxrank_tr rankC.
pose D := L^T *m Cu.
have Dm j : D *m markov j = target j.
  by rewrite /D -mulmxA same mulmxA -[C]trmxK -trmx_mul CL trmx1 mul1mx.
have XD : \rank (X *m D^T) = n.
  apply/eqP; rewrite eqn_leq rank_leq_col -{1}rankF -mxrank_tr.
  rewrite -[F]/(target 0) -Dm trmx_mul; apply/mxrankS/submxMr; exact: markov_X.
have XB : X *m B^T *m D^T = X *m D^T *m W^T.
  apply/eqP; rewrite -subr_eq0 -!mulmxA -mulmxBr; apply/eqP/X_first => j.
  by rewrite mulmxBr !mulmxA -!trmx_mul (Dm j.+1) Dm subrr.
pose Y := X *m (B - lam%:M)^T.
pose d := (n - \rank (W - lam%:M)%R)%N.
have dn : (\rank (W - lam%:M)%R + d = n)%N by rewrite subnKC ?rank_leq_row.
have YX : (Y <= X)%MS.
  rewrite /Y linearB /= mulmxBr tr_scalar_mx addmx_sub ?X_B // eqmx_opp mul_mx_scalar.
  exact: scalemx_sub.
have YD : (\rank (Y *m D^T) <= \rank (W - lam%:M)%R)%N.
  have -> : Y *m D^T = X *m D^T *m (W - lam%:M)^T.
    rewrite /Y ![(_ - _)^T]linearB /= !mulmxBr !mulmxBl XB !tr_scalar_mx.
    by rewrite -[X *m lam%:M *m _]mulmxA mul_scalar_mx mul_mx_scalar -scalemxAr.
  by rewrite -[\rank (W - _)]mxrank_tr mxrankM_maxr.
have rY : (\rank Y + d <= \rank X)%N.
  have YDd : (\rank (Y *m D^T) + d <= n)%N by rewrite -[X in (_ <= X)%N]dn leq_add2r.
  rewrite -(mxrank_mul_ker Y D^T) -(mxrank_mul_ker X D^T) XD addnAC leq_add //.
  by apply: mxrankS; apply: capmxS.
pose Q := (X :&: kermx Y^T)%MS.
have rQ : (d <= \rank Q)%N.
  have := mxrank_mul_ker X Y^T; rewrite -/Q => e.
  rewrite -(leq_add2l (\rank Y)); apply: leq_trans rY _; rewrite -e leq_add2r.
  by rewrite -[\rank Y]mxrank_tr mxrankM_maxr.
pose V := (X :&: kermx (U^T *m keep Z))%MS.
have rV : (\rank X <= \rank V + #|Z|)%N.
  rewrite -(mxrank_mul_ker X (U^T *m keep Z)) addnC leq_add2l.
  by rewrite mulmxA; apply: leq_trans (mxrankM_maxr _ _) (rank_keep Z).
have nX : (n <= \rank X)%N by rewrite -{1}XD mxrankM_maxl.
(* rows of V keep their length under B *)
have iso (x : 'rV[R]_N) : (x <= V)%MS -> B *m x^T = U *m x^T.
  rewrite sub_capmx => /andP[xX /sub_kermxP xZ].
  apply/colP=> i; rewrite /B -mulmxA keepE.
  have [_|iA] := boolP (i \in A); first by rewrite mul1r.
  rewrite mul0r; apply/esym; have [iZ|iZ] := boolP (i \in Z).
    have := congr1 trmx xZ; rewrite mulmxA !trmx_mul trmxK trmx0 tr_diag_mx.
    by move/colP/(_ i); rewrite keepE iZ mul1r !mxE.
  have /submxP[a ->] := xX.
  have z : X *m (row i U)^T = 0.
    apply: X_first => j; rewrite -trmx_mul -row_mul still ?trmx0 //.
  have : a *m X *m (row i U)^T = 0 by rewrite -mulmxA z mulmx0.
  move/(congr1 trmx); rewrite trmx0 trmx_mul trmxK -row_mul.
  by move/rowP/(_ 0); rewrite !mxE.
have VB : V *m B^T = V *m U^T.
  apply/row_matrixP=> j; rewrite !row_mul; apply: trmx_inj; rewrite !trmx_mul !trmxK.
  exact: iso (row_sub j V).
have le : (d <= #|Z|)%N.
  rewrite leqNgt; apply/negP => lt.
  have VBX : (V *m B^T <= X)%MS by apply: submx_trans X_B; apply: submxMr; exact: capmxSl.
  have cap : (V *m B^T :&: Q)%MS != 0.
    rewrite -mxrank_eq0 -lt0n; have := mxrank_sum_cap (V *m B^T) Q.
    have -> : \rank (V *m B^T) = \rank V.
      by rewrite VB mxrankMfree // row_free_unit unitmx_tr; case: (mulmx1_unit oU).
    have sX : (\rank (V *m B^T + Q)%MS <= \rank X)%N.
      by apply: mxrankS; rewrite addsmx_sub VBX capmxSl.
    move=> e; rewrite -(ltn_add2l (\rank (V *m B^T + Q)%MS)) addn0 e.
    apply: leq_ltn_trans sX _; apply: leq_ltn_trans rV _; rewrite ltn_add2l.
    exact: leq_trans lt rQ.
  have /rowV0Pn[l lVQ l0] := cap.
  move: lVQ; rewrite sub_capmx => /andP[/submxP[a lE] lQ].
  pose x := a *m V; have xV : (x <= V)%MS by exact: submxMl.
  have lx : l^T = B *m x^T by rewrite lE mulmxA trmx_mul trmxK.
  have norm : sqnorm l^T = sqnorm x^T by rewrite lx (iso x xV) sqnorm_orth.
  move: lQ; rewrite sub_capmx => /andP[lX /sub_kermxP lY].
  have xX : (x <= X)%MS := submx_trans xV (capmxSl _ _).
  have /submxP[b xE] := xX.
  have e : sqnorm l^T = lam * dot l^T x^T.
    have : l *m (B - lam%:M) *m x^T = 0.
      rewrite xE trmx_mul mulmxA; move: lY; rewrite /Y trmx_mul trmxK !mulmxA => ->.
      by rewrite mul0mx.
    rewrite mulmxBr mulmxBl -mulmxA -lx mul_mx_scalar -scalemxAl => /eqP.
    rewrite subr_eq0 => /eqP/matrixP/(_ 0 0); rewrite [RHS]mxE.
    by rewrite sqnormE dotE trmxK.
  have l2 : 0 < sqnorm l^T.
    rewrite lt_neqAle sqnorm_ge0 andbT eq_sym; apply: contraNneq l0 => /sqnorm_eq0 l0.
    by rewrite -[l]trmxK l0 trmx0.
  have cs := cauchy_schwarz l^T x^T; rewrite -norm in cs.
  have : sqnorm l^T * sqnorm l^T < sqnorm l^T * sqnorm l^T; last by rewrite ltxx.
  rewrite {1}e {1}e mulrACA -!expr2 -[lam ^+ 2]real_normK ?num_real //.
  have lam2 : `|lam| ^+ 2 < 1 by rewrite expr_lt1.
  have q0 : 0 < sqnorm l^T ^+ 2 by rewrite exprn_gt0.
  apply: le_lt_trans (_ : `|lam| ^+ 2 * sqnorm l^T ^+ 2 < _); first by rewrite ler_wpmul2l ?exprn_ge0 // expr2.
  by rewrite gtr_pmull.
apply: leq_trans (leq_add (leq_trans nX X_A) le) _.
rewrite -cardsUI; have /eqP -> : #|A :&: Z| == 0%N by rewrite cards_eq0 setI_eq0.
by rewrite addn0 -[N in (_ <= N)%N]card_ord max_card.
Qed.
End Rank.
