(** * 2n is not robust: within every epsilon, n + 1 states do for a diagonal W.

    [allpass] : a lower triangular contraction with prescribed diagonal and defect rank 1
    (the upper left block of an orthogonal matrix of size n + 1). *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From URNN Require Import Setting Norms Dilation Theorem_3_1 TwoNMinusOne Theorems_3_2_and_3_3.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section AllPass.
Variable R : rcfType.
Implicit Types (n m p : nat).

(** Lower triangular with diagonal w. *)
Definition lower_with n (w : 'rV[R]_n) (A : 'M[R]_n) : Prop :=
  (forall i, A i i = w 0 i) /\ (forall i j : 'I_n, (i < j)%N -> A i j = 0).

(** [A p; u d] has orthonormal columns. *)
Lemma allpass_dilated n (w : 'rV[R]_n) : (forall i, `|w 0 i| <= 1) ->
  exists (A : 'M[R]_n) (p : 'cV[R]_n) (u : 'rV[R]_n) (d : 'M[R]_1),
  [/\ lower_with w A, A^T *m A + u^T *m u = 1%:M,
      A^T *m p + u^T *m d = 0 & p^T *m p + d^T *m d = 1%:M].
Proof.
elim: n w => [|n IH] w w1.
  exists 0, 0, 0, 1%:M; split; first by split=> [[]|[]].
  - by apply/matrixP=> [[]].
  - by apply/matrixP=> [[]].
  - by rewrite mulmx0 add0r trmx1 mulmx1.
move: w w1; rewrite -[n.+1]/(1 + n)%N => w w1.
pose c := w 0 (lshift n 0); pose w' := rsubmx w.
have c1 : `|c| <= 1 := w1 _.
pose s := Num.sqrt (1 - c ^+ 2).
have s2 : s * s = 1 - c * c.
  rewrite -!expr2 sqr_sqrtr // subr_ge0 -real_normK ?num_real //.
  by rewrite expr_le1.
have [A [p [u [d [[Ad Al] AA Ap pp]]]]] : exists (A : 'M[R]_n) (p : 'cV[R]_n) (u : 'rV[R]_n) (d : 'M[R]_1),
  [/\ lower_with w' A, A^T *m A + u^T *m u = 1%:M,
      A^T *m p + u^T *m d = 0 & p^T *m p + d^T *m d = 1%:M].
  by apply: IH => i; rewrite mxE.
have pA : p^T *m A + d^T *m u = 0.
  by apply: trmx_inj; rewrite linearD /= !trmx_mul !trmxK trmx0.
have zz a b : (a *: p)^T *m (b *: p) + (a *: d)^T *m (b *: d) = (a * b)%:M.
  rewrite ![(a *: _)^T]linearZ /= -!scalemxAl -!scalemxAr !scalerA -scalerDr pp.
  by rewrite scalemx1.
have zA a : (a *: p)^T *m A + (a *: d)^T *m u = 0.
  by rewrite ![(a *: _)^T]linearZ /= -!scalemxAl -scalerDr pA scaler0.
have Az a : A^T *m (a *: p) + u^T *m (a *: d) = 0.
  by rewrite -!scalemxAr -scalerDr Ap scaler0.
exists (block_mx c%:M 0 (s *: p) A : 'M_(1 + n)), (col_mx (- s)%:M (c *: p) : 'M_(1 + n, 1)),
  (row_mx (s *: d) u : 'M_(1, 1 + n)), (c *: d); split; first split.
- move=> i; rewrite -[i](splitK); case: (split i) => j /=.
    by rewrite block_mxEul mxE ord1 eqxx.
  by rewrite block_mxEdr Ad mxE.
- move=> i j; rewrite -[i](splitK) -[j](splitK).
  case: (split i) => i'; case: (split j) => j' /=.
  + by rewrite !ord1.
  + by rewrite block_mxEur mxE.
  + by move=> lt; exfalso; move: lt; rewrite ltnNge ord1.
  + by rewrite block_mxEdr ltn_add2l; apply: Al.
- rewrite tr_block_mx tr_row_mx mulmx_block mul_col_row add_block_mx scalar_mx_block.
  rewrite !trmx0 !mul0mx !mulmx0 !add0r tr_scalar_mx -scalar_mxM -addrA zz zA Az AA.
  by rewrite s2 -raddfD /= addrC subrK.
- rewrite tr_block_mx tr_row_mx mul_block_col mul_col_mx add_col_mx.
  rewrite !trmx0 !mul0mx !add0r tr_scalar_mx -scalar_mxM -addrA zz Az.
  by rewrite -raddfD /= mulrN [c * s]mulrC addNr raddf0 col_mx0.
rewrite tr_col_mx mul_row_col tr_scalar_mx -scalar_mxM -addrA zz.
by rewrite -raddfD /= mulrNN s2 subrK.
Qed.

Theorem allpass n (w : 'rV[R]_n) : (forall i, `|w 0 i| <= 1) ->
  exists A : 'M[R]_n, [/\ lower_with w A,
    forall v, sqnorm (A *m v) <= sqnorm v & (\rank (1%:M - A^T *m A)%R <= 1)%N].
Proof.
move=> /allpass_dilated[A [p [u [d [low AA _ _]]]]]; exists A.
have E : 1%:M - A^T *m A = u^T *m u by rewrite -AA addrC addKr.
split=> // [v|]; last by rewrite E (leq_trans (mxrankM_maxr _ _)) ?rank_leq_row.
have -> : sqnorm v = sqnorm (A *m v) + sqnorm (u *m v).
  by rewrite !sqnormE !trmx_mul -{2}(mul1mx v) -AA mulmxDl mulmxDr mxE !mulmxA.
by rewrite ler_addl sqnorm_ge0.
Qed.

(** ** Perturbation of the transition of a contractive network. *)
Lemma perturb phi M n m p (T : rnn R n m p) (W' : 'M[R]_n) rho eta H E :
  nonexpansive phi -> 0 <= rho -> 0 <= eta ->
  (forall v, norm (trans T *m v) <= rho * norm v) ->
  (forall v, norm ((W' - trans T) *m v) <= eta * norm v) ->
  state_bound phi M T H -> 0 <= E -> (rho + eta) * E + eta * H <= E ->
  forall x, admissible M x -> forall k,
  norm (state phi (Rnn W' (inw T) (bias T) (outw T) (init T)) x k - state phi T x k) <= E.
Proof.
move=> ne r0 e0 Wr We [Hi Hs] E0 hE x adm; set T' := Rnn _ _ _ _ _.
have step h h' k : norm h <= H -> norm (h' - h) <= E ->
    norm (map_mx phi (trans T' *m h' + inw T' *m x k + bias T')
          - map_mx phi (trans T *m h + inw T *m x k + bias T)) <= E.
  move=> hH hE'; apply: le_trans (norm_nonexp _ _ ne) _; apply: le_trans _ hE.
  have -> : trans T' *m h' + inw T' *m x k + bias T' - (trans T *m h + inw T *m x k + bias T)
     = (trans T *m (h' - h) + (W' - trans T) *m (h' - h)) + (W' - trans T) *m h.
    rewrite /= opprD addrACA subrr addr0 opprD addrACA subrr addr0.
    by rewrite -mulmxDl [trans T + _]addrC subrK mulmxBr mulmxBl addrA subrK.
  apply: le_trans (normvD _ _) _; apply: ler_add; last first.
    by apply: le_trans (We _) _; apply: ler_wpmul2l.
  apply: le_trans (normvD _ _) _; rewrite mulrDl; apply: ler_add.
    by apply: le_trans (Wr _) _; apply: ler_wpmul2l.
  by apply: le_trans (We _) _; apply: ler_wpmul2l.
elim=> [|k IH]; apply: step => //; first by rewrite subrr norm0.
exact: Hs.
Qed.

(** diag (1, a, .., a^(n-1)) *)
Definition powers n (a : R) : 'rV[R]_n := \row_i a ^+ i.

Lemma frob_Z n (a : R) (A B : 'M[R]_n) :
  (forall i j, `|A i j| <= a * `|B i j|) -> frob A <= a ^+ 2 * frob B.
Proof.
move=> h; rewrite /frob mulr_sumr; apply: ler_sum => i _; rewrite mulr_sumr; apply: ler_sum => j _.
rewrite -real_normK ?num_real // -[B i j ^+ 2]real_normK ?num_real // -exprMn.
by rewrite ler_pexpn2r ?nnegrE // (le_trans _ (h i j)).
Qed.

(** ** n + 1 states for every eps. *)
Theorem diagonal_eps (M : R) n m p (T : rnn R n m p) (w : 'rV[R]_n) :
  trans T = diag_mx w -> (forall i, `|w 0 i| < 1) ->
  forall eps, 0 < eps ->
  exists N (T' : rnn R N m p),
    [/\ (N <= n + 1)%N, orthogonal (trans T') & close (@relu R) M eps T T'].
Proof.
move=> TE w1 eps eps0.
have cT : contraction (trans T).
  pose rho := \big[Num.max/0]_i `|w 0 i|.
  have r0 : 0 <= rho by rewrite /rho; elim/big_rec: _ => // i y _ y0; rewrite le_maxr y0 orbT.
  exists rho; split.
    rewrite r0 /= /rho; elim/big_rec: _ => [|i y _ y1]; first exact: ltr01.
    by rewrite lt_maxl w1.
  move=> v; rewrite TE /sqnorm mulr_sumr; apply: ler_sum => i _.
  rewrite mul_diag_mx mxE exprMn; apply: ler_wpmul2r; first exact: sqr_ge0.
  rewrite -real_normK ?num_real // ler_pexpn2r ?nnegrE //.
  rewrite /rho; elim: (index_enum _) (mem_index_enum i) => //= l s IHs.
  by rewrite in_cons big_cons le_maxr => /predU1P[<-|/IHs->]; rewrite ?lexx ?orbT.
have [rho /andP[r0 r1] Wr] := contraction_norm cT.
have [H0 bH0] := contraction_bound M (@relu_nonexp R) (introT andP (conj r0 r1)) Wr.
have H00 : 0 <= H0 := le_trans (norm_ge0 _) bH0.1.
have [A [[Ad Al] A1 Ar]] := allpass (fun i => ltW (w1 i)).
pose c := Num.sqrt (frob (outw T)); have c0 : 0 <= c := sqrtr_ge0 _.
have c1 : 0 < c + 1 by rewrite ltr_paddl ?ltr01.
pose E := eps / (c + 1); have E0 : 0 < E by rewrite divr_gt0.
pose eta := (1 - rho) * E / (E + H0 + 1).
have d0 : 0 < E + H0 + 1 by rewrite ltr_paddl ?ltr01 // addr_ge0 // ltW.
have eta0 : 0 < eta by rewrite divr_gt0 // mulr_gt0 // subr_gt0.
have hE : (rho + eta) * E + eta * H0 <= E.
  have -> : (rho + eta) * E + eta * H0 = rho * E + eta * (E + H0) by ring.
  rewrite -ler_subr_addl -[X in _ <= X - _]mul1r -mulrBl /eta mulrAC.
  rewrite ler_pdivr_mulr // ler_wpmul2l ?ler_addl ?ler01 //.
  by rewrite mulr_ge0 ?subr_ge0 // ltW.
have r1' : rho + eta < 1.
  rewrite -ltr_subr_addl /eta -mulrA gtr_pmulr ?subr_gt0 // ltr_pdivr_mulr // mul1r.
  by rewrite -addrA ltr_addl ltr_paddl ?ltr01.
pose fA := Num.sqrt (frob A); have fA0 : 0 <= fA := sqrtr_ge0 _.
pose a := Num.min 1 (eta / (fA + 1)).
have f1 : 0 < fA + 1 by rewrite ltr_paddl ?ltr01.
have a0 : 0 < a by rewrite lt_minr ltr01 divr_gt0.
have a1 : a <= 1 by rewrite le_minl lexx.
have aeta : a * fA <= eta.
  apply: (@le_trans _ _ (eta / (fA + 1) * fA)).
    by apply: ler_wpmul2r; rewrite // le_minl lexx orbT.
  by rewrite mulrAC ler_pdivr_mulr // ler_wpmul2l ?ler_addl ?ler01 // ltW.
pose e := powers n a^-1.
have e0 i : 0 < e 0 i by rewrite mxE exprn_gt0 ?invr_gt0.
pose W' : 'M[R]_n := \matrix_(i, j) (a ^+ i * A i j * a ^- j).
pose T1 := Rnn W' (inw T) (bias T) (outw T) (init T).
have WW : trans (rescale e T1) = A.
  apply/matrixP=> i j; rewrite /= mul_mx_diag mul_diag_mx !mxE.
  rewrite !exprVn invrK; have an k : a ^+ k != 0 by rewrite expf_neq0 // gt_eqF.
  by rewrite !mulrA mulVf ?an // mul1r mulfVK ?an.
have We v : norm ((W' - trans T) *m v) <= eta * norm v.
  apply: le_trans (norm_mulmx _ _) _; apply: ler_wpmul2r; first exact: norm_ge0.
  apply: le_trans aeta; rewrite -[a]ger0_norm ?(ltW a0) // -sqrtr_sqr -sqrtrM ?sqr_ge0 //.
  apply: ler_wsqrtr; apply: frob_Z => i j; rewrite TE !mxE.
  have [->|ij] := eqVneq i j.
    rewrite mulr1n Ad mulrAC divff ?mul1r ?subrr ?normr0; last by rewrite expf_neq0 // gt_eqF.
    by rewrite mulr_ge0 // ltW.
  rewrite mulr0n subr0; have [lt|lt|/val_inj eq] := ltngtP i j; last by rewrite eq eqxx in ij.
    by rewrite Al // mulr0 mul0r normr0 mulr0.
  rewrite mulrAC normrM; apply: ler_wpmul2r; first exact: normr_ge0.
  rewrite -(subnK (ltnW lt)) exprD mulfK ?expf_neq0 ?gt_eqF //.
  rewrite ger0_norm ?exprn_ge0 ?(ltW a0) //.
  have : (0 < i - j)%N by rewrite subn_gt0.
  case: (i - j)%N => // k _; rewrite exprS ler_pimulr ?(ltW a0) //.
  by rewrite exprn_ile1 // ltW.
have [H1 bH1] : exists H1, state_bound (@relu R) M T1 H1.
  apply: (@contraction_bound _ _ _ _ _ _ T1 (rho + eta)); first exact: relu_nonexp.
    by rewrite r1' addr_ge0 // ltW.
  move=> v; rewrite /= -[W'](subrK (trans T)) mulmxDl addrC mulrDl.
  by apply: le_trans (normvD _ _) _; apply: ler_add.
have A1' v : sqnorm (trans (rescale e T1) *m v) <= sqnorm v by rewrite WW.
have [T' [o eqv]] := scaled_equivalence e0 A1' bH1.
eexists; exists T'; split=> //; first by rewrite leq_add2l WW.
move=> x adm k; rewrite -(eqv x adm) (norm_leb _ (ltW eps0)) /output /= -mulmxBr.
apply: le_trans (norm_mulmx _ _) _; rewrite -/c.
have := perturb (@relu_nonexp R) r0 (ltW eta0) Wr We bH0 (ltW E0) hE adm k.
rewrite -/T1 -normvN opprB => h.
apply: (@le_trans _ _ (c * E)); first exact: ler_wpmul2l.
by rewrite /E mulrCA ler_pimulr ?(ltW eps0) // ler_pdivr_mulr // mul1r ler_addl ler01.
Qed.

(** ** The witness of Theorem 3.2: 2n states exactly, n + 1 for every eps. *)
Corollary witness_exact_vs_eps (M : R) n : 0 < M ->
  (forall N (T' : rnn R N n n), orthogonal (trans T') ->
     equivalent (@relu R) M (witness R n) T' -> (2 * n <= N)%N) /\
  (forall eps, 0 < eps -> exists N (T' : rnn R N n n),
    [/\ (N <= n + 1)%N, orthogonal (trans T') & close (@relu R) M eps (witness R n) T']).
Proof.
move=> M0; split.
  move=> N T' /orthogonal_unit uT' eqv; rewrite leqNgt; apply/negP => lt.
  have [mu0 muM] := box_size_ok n M0.
  apply: (core_False (@relu_cont R) (@relu_slope R) (@relu_isolated R) mu0 muM _ uT' eqv).
  - by move=> s /andP[s0 _]; rewrite gt_eqF // s0 oner_eq0.
  - by case: n lt {T' uT' eqv muM mu0}.
  - by move=> x k le; apply: leq_trans lt _; rewrite mul2n -addnn leq_add2r.
apply: (@diagonal_eps M n n n (witness R n) 0).
  by apply/matrixP=> i j; rewrite !mxE mul0rn.
by move=> i; rewrite mxE normr0 ltr01.
Qed.

(** ** Every contractive network with n >= 2: 2n - 1 states for every eps (exactly, unless W is
    diagonal; n + 1 if it is). *)
Theorem eps_2n_minus_1 (M : R) n m p (T : rnn R n m p) : (2 <= n)%N ->
  contraction (trans T) -> forall eps, 0 < eps ->
  exists N (T' : rnn R N m p),
    [/\ (N <= 2 * n - 1)%N, orthogonal (trans T') & close (@relu R) M eps T T'].
Proof.
move=> n2 cT eps eps0.
have [/existsP[[i j] /= /andP[ij Wij]]|diag] :=
    boolP [exists ij : 'I_n * 'I_n, (ij.1 != ij.2) && (trans T ij.1 ij.2 != 0)].
  have [N [T' [NN oT' eqv]]] := theorem_2n_minus_1 M cT ij Wij.
  exists N, T'; split=> // x adm k.
  by rewrite eqv // subrr sqnorm0 exprn_ge0 // ltW.
pose w : 'rV[R]_n := \row_i trans T i i.
have TE : trans T = diag_mx w.
  apply/matrixP=> i j; rewrite !mxE; have [->|ij] := eqVneq i j; first by rewrite mulr1n.
  rewrite mulr0n; apply/eqP; apply: contraNT diag => Wij.
  by apply/existsP; exists (i, j); rewrite /= ij.
have w1 i : `|w 0 i| < 1.
  case: cT => rho [/andP[r0 r1] Wr]; apply: le_lt_trans (r1).
  rewrite -(@ler_pexpn2r _ 2) ?nnegrE // real_normK ?num_real //.
  have := Wr (delta_mx i 0); have -> : sqnorm (delta_mx i 0 : 'cV[R]_n) = 1.
    rewrite /sqnorm (bigD1 i) //= mxE !eqxx expr1n big1 ?addr0 // => l li.
    by rewrite mxE (negPf li) expr0n.
  rewrite mulr1 -colE; apply: le_trans; apply: le_trans (sqnorm_ge_coord _ i).
  by rewrite !mxE.
have [N [T' [NN oT' cl]]] := diagonal_eps M TE w1 eps0.
exists N, T'; split=> //; apply: leq_trans NN _.
by rewrite leq_subRL ?muln_gt0 ?(ltnW n2) // addnCA addnA mul2n -addnn -addnA leq_add2l.
Qed.
End AllPass.
