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

(** ** The space spanned by G, B G, B^2 G, ... *)
Section Krylov.
Variables (R : realFieldType) (N m : nat) (B : 'M[R]_N) (G : 'M[R]_(N, m)).

Fixpoint krylov (j : nat) : 'M[R]_(N, m) := if j is j'.+1 then B *m krylov j' else G.
Fixpoint span (J : nat) : 'M[R]_N := if J is J'.+1 then (span J' + (krylov J')^T)%MS else 0.

Lemma span_sub J q (K : 'M[R]_(q, N)) :
  (forall j, (j < J)%N -> ((krylov j)^T <= K)%MS) -> (span J <= K)%MS.
Proof.
elim: J => [|J IH] h; first exact: sub0mx.
by rewrite /= addsmx_sub h // IH // => j jJ; apply/h/ltnW.
Qed.

Lemma sub_span J j : (j < J)%N -> ((krylov j)^T <= span J)%MS.
Proof.
elim: J => // J IH; rewrite ltnS leq_eqVlt => /predU1P[->|/IH h]; first exact: addsmxSr.
exact: submx_trans h (addsmxSl _ _).
Qed.

Lemma chain_stop : exists2 J, (J <= N)%N & ((krylov J)^T <= span J)%MS.
Proof.
have [/existsP[J h]|] := boolP [exists J : 'I_N.+1, ((krylov J)^T <= span J)%MS].
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

(** N + 1 steps give everything. *)
Lemma krylov_span j : ((krylov j)^T <= span N.+1)%MS.
Proof.
have [J JN stop] := chain_stop.
have YX : (span J <= span N.+1)%MS.
  by apply: span_sub => i iJ; apply: sub_span; rewrite (leq_trans iJ) // ltnW.
apply: submx_trans YX; elim: j => [|j IH].
  by case: (J) stop => // J' _; exact: sub_span.
rewrite /= trmx_mul; apply: submx_trans (submxMr _ IH) _.
have step K : (K <= J)%N -> (span K *m B^T <= span J)%MS.
  elim: K => [|K IHK] KJ; first by rewrite mul0mx sub0mx.
  rewrite /= addsmxMr addsmx_sub IHK ?(ltnW KJ) //= -trmx_mul -/(krylov K.+1).
  move: KJ; rewrite leq_eqVlt => /predU1P[->|]; first exact: stop.
  exact: sub_span.
exact: step.
Qed.

Lemma span_comb J q (Y : 'M[R]_(q, N)) : (Y <= span J)%MS ->
  exists K : nat -> 'M[R]_(q, m), Y = \sum_(j < J) K j *m (krylov j)^T.
Proof.
elim: J Y => [|J IH] Y /=.
  by rewrite submx0 => /eqP->; exists (fun=> 0); rewrite big_ord0.
case/sub_addsmxP=> -[u1 u2] /= ->.
have [K ->] := IH (u1 *m span J) (submxMl _ _).
exists (fun j => if j == J then u2 else K j); rewrite big_ord_recr /= eqxx; congr (_ + _).
by apply: eq_bigr => j _; rewrite ltn_eqF.
Qed.
End Krylov.

Section Rank.
Variables (R : realFieldType) (N n m p : nat).
Variables (U : 'M[R]_N) (Fu : 'M[R]_(N, m)) (Cu : 'M[R]_(p, N)).
Variables (W : 'M[R]_n) (F : 'M[R]_(n, m)) (C : 'M[R]_(p, n)).
Variables (A Z : {set 'I_N}).
Hypothesis disj : [disjoint A & Z].
Hypothesis oU : U^T *m U = 1%:M.
Hypothesis reach : forall v : 'rV[R]_n, (forall j, v *m krylov W F j = 0) -> v = 0.
Hypothesis observ : forall h : 'cV[R]_n, (forall j, (krylov W^T C^T j)^T *m h = 0) -> h = 0.

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
Definition markov : nat -> 'M[R]_(N, m) := krylov B G.
Definition target : nat -> 'M[R]_(n, m) := krylov W F.
Hypothesis same : forall j, Cu *m markov j = C *m target j.
(** Units outside A and Z never react. *)
Hypothesis still : forall j i, i \notin A -> i \notin Z -> row i (U *m markov j) = 0.

(** Reachable space (rows). *)
Let X := span B G N.+1.

(** What holds on all markov j holds on X. *)
Lemma X_first q (K : 'M[R]_(N, q)) : (forall j, (markov j)^T *m K = 0) -> X *m K = 0.
Proof. by move=> h; apply/sub_kermxP/span_sub => j _; apply/sub_kermxP. Qed.

Lemma markov_X j : ((markov j)^T <= X)%MS. Proof. exact: krylov_span. Qed.

Lemma X_B : (X *m B^T <= X)%MS.
Proof.
have step K : (span B G K *m B^T <= X)%MS.
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

(** The state of (W, F, C) is a linear function of the reachable state. *)
Lemma decoder : exists D : 'M[R]_(n, N), forall j, D *m markov j = target j.
Proof.
have full : (1%:M <= span W^T C^T n.+1)%MS.
  apply: submx_full; rewrite /row_full -mxrank_tr.
  rewrite -[_ == _]/(row_free _) -kermx_eq0; apply/rowV0P => v /sub_kermxP h.
  apply: trmx_inj; rewrite trmx0; apply: observ => j.
  have /submxP[K ->] := krylov_span W^T C^T j.
  move/(congr1 trmx): h; rewrite trmx_mul trmxK trmx0 -mulmxA => ->.
  by rewrite mulmx0.
have [K KE] := span_comb full.
exists (\sum_(j < n.+1) K j *m (Cu *m iter j (mulmx B) 1%:M)) => l.
have mk j : iter j (mulmx B) 1%:M *m markov l = markov (j + l).
  by elim: j => [|j IH]; rewrite ?mul1mx //= -mulmxA IH.
have tg j : (krylov W^T C^T j)^T *m target l = C *m target (j + l).
  elim: j l {mk} => [|j IH] l; first by rewrite /= trmxK.
  by rewrite /= trmx_mul trmxK -mulmxA -[W *m target l]/(target l.+1) IH addnS.
rewrite mulmx_suml -[target l]mul1mx KE mulmx_suml; apply: eq_bigr => j _.
by rewrite -!mulmxA mk same tg.
Qed.

(** Lx on R^N and Ln on R^n act on the two systems alike; Lx^T shrinks lengths. With
    Lx = lam, Ln = lam this is an eigenvalue; a complex one takes two copies of the system. *)
Theorem rank_step_gen (Lx : 'M[R]_N) (Ln : 'M[R]_n) (K : 'M[R]_m) kappa :
  (forall j, Lx *m markov j = markov j *m K) -> (forall j, Ln *m target j = target j *m K) ->
  kappa < 1 -> (forall l, sqnorm (Lx^T *m l) <= kappa * sqnorm l) ->
  (n + (n - \rank (W - Ln)%R) <= N)%N.
Proof.
move=> LK LK' kappa1 Lnorm.
have [D Dm] := decoder.
have XD : \rank (X *m D^T) = n.
  rewrite -mxrank_tr; apply/eqP; rewrite -[_ == _]/(row_free _) -kermx_eq0.
  apply/rowV0P => v /sub_kermxP h; apply: reach => j; rewrite -/(target j) -Dm.
  have /submxP[K' KE] := markov_X j.
  apply: trmx_inj; rewrite trmx0 trmx_mul trmx_mul KE -!mulmxA.
  move/(congr1 trmx): h; rewrite trmx_mul trmxK trmx0 -mulmxA => ->.
  by rewrite mulmx0.
have XB : X *m B^T *m D^T = X *m D^T *m W^T.
  apply/eqP; rewrite -subr_eq0 -!mulmxA -mulmxBr; apply/eqP/X_first => j.
  by rewrite mulmxBr !mulmxA -!trmx_mul (Dm j.+1) Dm subrr.
pose Y := X *m (B - Lx)^T.
pose d := (n - \rank (W - Ln)%R)%N.
have dn : (\rank (W - Ln)%R + d = n)%N by rewrite subnKC ?rank_leq_row.
have YX : (Y <= X)%MS.
  rewrite /Y linearB /= mulmxBr addmx_sub ?X_B // eqmx_opp.
  have st J : (span B G J *m Lx^T <= X)%MS.
    elim: J => [|J IHJ]; first by rewrite mul0mx sub0mx.
    rewrite /= addsmxMr addsmx_sub IHJ -trmx_mul -/(markov J) LK trmx_mul.
    exact: submx_trans (submxMl _ _) (markov_X J).
  exact: st.
have YD : (\rank (Y *m D^T) <= \rank (W - Ln)%R)%N.
  have XL : X *m Lx^T *m D^T = X *m D^T *m Ln^T.
    apply/eqP; rewrite -subr_eq0 -!mulmxA -mulmxBr; apply/eqP/X_first => j.
    by rewrite mulmxBr !mulmxA -!trmx_mul LK (mulmxA D) Dm LK' subrr.
  have -> : Y *m D^T = X *m D^T *m (W - Ln)^T.
    by rewrite /Y ![(_ - _)^T]linearB /= !mulmxBr !mulmxBl XB XL.
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
  have e : sqnorm l^T = dot (Lx^T *m l^T) x^T.
    have : l *m (B - Lx) *m x^T = 0.
      rewrite xE trmx_mul mulmxA; move: lY; rewrite /Y trmx_mul trmxK !mulmxA => ->.
      by rewrite mul0mx.
    rewrite mulmxBr mulmxBl -mulmxA -lx => /eqP.
    rewrite subr_eq0 => /eqP/matrixP/(_ 0 0) E.
    have LlE : (Lx^T *m l^T)^T = l *m Lx by rewrite trmx_mul !trmxK.
    by rewrite sqnormE dotE LlE trmxK.
  have l2 : 0 < sqnorm l^T.
    rewrite lt_neqAle sqnorm_ge0 andbT eq_sym; apply: contraNneq l0 => /sqnorm_eq0 l0.
    by rewrite -[l]trmxK l0 trmx0.
  have cs := cauchy_schwarz (Lx^T *m l^T) x^T; rewrite -norm -e in cs.
  have := le_trans cs (ler_wpmul2r (ltW l2) (Lnorm l^T)).
  rewrite -mulrA -expr2 leNgt => /negP; apply.
  by rewrite gtr_pmull // exprn_gt0.
apply: leq_trans (leq_add (leq_trans nX X_A) le) _.
rewrite -cardsUI; have /eqP -> : #|A :&: Z| == 0%N by rewrite cards_eq0 setI_eq0.
by rewrite addn0 -[N in (_ <= N)%N]card_ord max_card.
Qed.

(** ** N >= n + dim ker (W - lam) for every real lam, |lam| < 1. *)
Theorem rank_step lam : `|lam| < 1 -> (n + (n - \rank (W - lam%:M)%R) <= N)%N.
Proof.
move=> lam1; apply: (@rank_step_gen lam%:M lam%:M lam%:M (`|lam| ^+ 2)).
- by move=> j; rewrite mul_scalar_mx mul_mx_scalar.
- by move=> j; rewrite mul_scalar_mx mul_mx_scalar.
- by rewrite expr_lt1.
by move=> l; rewrite tr_scalar_mx mul_scalar_mx sqnormZ real_normK ?num_real.
Qed.
End Rank.

(** ** The same for complex eigenvalues, in real terms: two copies of the system. *)
Section Complex.
Variables (R : realFieldType) (N n m p : nat).
Variables (U : 'M[R]_N) (Fu : 'M[R]_(N, m)) (Cu : 'M[R]_(p, N)).
Variables (W : 'M[R]_n) (F : 'M[R]_(n, m)) (C : 'M[R]_(p, n)).
Variables (A Z : {set 'I_N}).
Hypothesis disj : [disjoint A & Z].
Hypothesis oU : U^T *m U = 1%:M.
Hypothesis reach : forall v : 'rV[R]_n, (forall j, v *m krylov W F j = 0) -> v = 0.
Hypothesis observ : forall h : 'cV[R]_n, (forall j, (krylov W^T C^T j)^T *m h = 0) -> h = 0.
Hypothesis same : forall j, Cu *m markov U Fu A j = C *m target W F j.
Hypothesis still :
  forall j i, i \notin A -> i \notin Z -> row i (U *m markov U Fu A j) = 0.

Definition twice a b (M : 'M[R]_(a, b)) : 'M[R]_(a + a, b + b) := block_mx M 0 0 M.
Definition rot a (al be : R) : 'M[R]_(a + a) := block_mx al%:M (- be)%:M be%:M al%:M.
Definition both_sets (S : {set 'I_N}) : {set 'I_(N + N)} :=
  [set i | match split i with inl j => j \in S | inr j => j \in S end].

Lemma twiceM a b c (M : 'M[R]_(a, b)) (M' : 'M[R]_(b, c)) :
  twice M *m twice M' = twice (M *m M').
Proof. by rewrite /twice mulmx_block !mulmx0 !mul0mx !addr0 !add0r. Qed.

Lemma in_both_l S j : (lshift N j \in both_sets S) = (j \in S).
Proof. by rewrite inE (unsplitK (inl j)). Qed.
Lemma in_both_r S j : (rshift N j \in both_sets S) = (j \in S).
Proof. by rewrite inE (unsplitK (inr j)). Qed.

Lemma keep_both S : keep R (both_sets S) = twice (keep R S).
Proof.
have kE q (S' : {set 'I_q}) i j : keep R S' i j = (i \in S')%:R *+ (i == j) by rewrite !mxE.
apply/matrixP=> i j; rewrite kE /twice.
case: (split_ordP i) => i' ->; case: (split_ordP j) => j' ->.
- by rewrite block_mxEul kE in_both_l eq_lshift.
- by rewrite block_mxEur mxE eq_lrshift.
- by rewrite block_mxEdl mxE eq_rlshift.
by rewrite block_mxEdr kE in_both_r eq_rshift.
Qed.

Lemma twice_tr a b (M : 'M[R]_(a, b)) : (twice M)^T = twice M^T.
Proof. by rewrite /twice tr_block_mx !trmx0. Qed.

Lemma krylov_twice a b (B : 'M[R]_a) (G : 'M[R]_(a, b)) j :
  krylov (twice B) (twice G) j = twice (krylov B G j).
Proof. by elim: j => [|j IH] //=; rewrite IH twiceM. Qed.

Lemma markov_twice j : markov (twice U) (twice Fu) (both_sets A) j = twice (markov U Fu A j).
Proof. by rewrite /markov keep_both !twiceM krylov_twice. Qed.
Lemma target_twice j : target (twice W) (twice F) j = twice (target W F j).
Proof. exact: krylov_twice. Qed.

Lemma rot_twice a b al be (M : 'M[R]_(a, b)) : rot a al be *m twice M = twice M *m rot b al be.
Proof.
rewrite /rot /twice !mulmx_block !mulmx0 !mul0mx !addr0 !add0r.
by rewrite !mul_scalar_mx !mul_mx_scalar.
Qed.

Theorem rank_step_complex al be : al ^+ 2 + be ^+ 2 < 1 ->
  ((n + n) + ((n + n) - \rank (twice W - rot n al be)%R) <= N + N)%N.
Proof.
move=> lt1; apply: (@rank_step_gen _ _ _ _ _ (twice U) (twice Fu) (twice Cu) (twice W) (twice F)
  (twice C) (both_sets A) (both_sets Z) _ _ _ _ _ _ (rot N al be) (rot n al be) (rot m al be)
  (al ^+ 2 + be ^+ 2)) => //.
- rewrite -setI_eq0; apply/eqP/setP => i; rewrite inE !in_set0.
  move: disj; rewrite -setI_eq0 => /eqP/setP dd.
  case: (split_ordP i) => i' ->; rewrite ?in_both_l ?in_both_r.
    by have := dd i'; rewrite !inE.
  by have := dd i'; rewrite !inE.
- by rewrite /twice tr_block_mx !trmx0 mulmx_block !mulmx0 !mul0mx !addr0 !add0r oU -scalar_mx_block.
- move=> v h; have h' j : lsubmx v *m krylov W F j = 0 /\ rsubmx v *m krylov W F j = 0.
    have := h j; rewrite krylov_twice -{1}[v]hsubmxK /twice mul_row_block !mulmx0 addr0 add0r.
    by rewrite -row_mx0 => /eq_row_mx.
  rewrite -[v]hsubmxK (reach (fun j => (h' j).1)) (reach (fun j => (h' j).2)) row_mx0 //.
- move=> v h; have h' j : (krylov W^T C^T j)^T *m usubmx v = 0 /\ (krylov W^T C^T j)^T *m dsubmx v = 0.
    have := h j; rewrite !twice_tr krylov_twice twice_tr -{1}[v]vsubmxK /twice mul_block_col.
    by rewrite !mul0mx addr0 add0r -col_mx0 => /eq_col_mx.
  rewrite -[v]vsubmxK (observ (fun j => (h' j).1)) (observ (fun j => (h' j).2)) col_mx0 //.
- by move=> j; rewrite markov_twice target_twice !twiceM same.
- move=> j i; rewrite markov_twice twiceM.
  case: (split_ordP i) => i' ->; rewrite ?in_both_l ?in_both_r => iA iZ.
    rewrite /twice; apply/rowP=> l; rewrite [LHS]mxE [RHS]mxE; case: (split_ordP l) => l' ->.
      rewrite block_mxEul; have /rowP/(_ l') := still j iA iZ; by rewrite [LHS]mxE [RHS]mxE.
    by rewrite block_mxEur mxE.
  rewrite /twice; apply/rowP=> l; rewrite [LHS]mxE [RHS]mxE; case: (split_ordP l) => l' ->.
    by rewrite block_mxEdl mxE.
  rewrite block_mxEdr; have /rowP/(_ l') := still j iA iZ; by rewrite [LHS]mxE [RHS]mxE.
- by move=> j; rewrite markov_twice rot_twice.
- by move=> j; rewrite target_twice rot_twice.
move=> l; rewrite -[l]vsubmxK /rot tr_block_mx !tr_scalar_mx mul_block_col !mul_scalar_mx.
rewrite !sqnorm_col_mx !sqnorm_comb le_eqVlt; apply/orP; left; apply/eqP.
move: (dot _ _) (sqnorm _) (sqnorm _) => d s1 s2; ring.
Qed.
End Complex.
