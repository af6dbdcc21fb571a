(** * n complex states are enough.

    A real network with n states has an equivalent one with n complex states and split ReLU,
    i.e. a real orthogonal transition of the form [[A, -B], [B, A]] (multiplication by the
    unitary A + iB). [eigen_sym], [svd] : spectral theorem and singular values over a real
    closed field. *)
From mathcomp Require Import all_ssreflect all_algebra complex.
From URNN Require Import Setting Norms Dilation Theorem_3_1.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section SVD.
Variable R : rcfType.
Implicit Types (n m p : nat).
Notation Re := (@complex.Re R).
Notation Im := (@complex.Im R).

(** A symmetric matrix has a real eigenvector. *)
Lemma eigen_sym n (S : 'M[R]_n.+1) : S^T = S ->
  exists a, exists2 q : 'cV[R]_n.+1, q^T *m q = 1%:M & S *m q = a *: q.
Proof.
move=> sS; pose SC := map_mx (real_complex R) S.
have [a /eigenvalueP[v vS vn0]] := Theorem7' SC (ltn0Sn n).
pose x : 'rV[R]_n.+1 := map_mx Re v; pose y : 'rV[R]_n.+1 := map_mx Im v.
have ReD (u w : R[i]) : Re (u + w) = Re u + Re w by case: u; case: w.
have ImD (u w : R[i]) : Im (u + w) = Im u + Im w by case: u; case: w.
have ReM (u : R[i]) r : Re (u * real_complex R r) = Re u * r.
  by case: u => c d /=; rewrite mulr0 subr0.
have ImM (u : R[i]) r : Im (u * real_complex R r) = Im u * r.
  by case: u => c d /=; rewrite mulr0 add0r.
have xS : x *m S = Re a *: x - Im a *: y.
  apply/rowP=> k; move/rowP/(_ k): vS; rewrite !mxE => /(congr1 Re).
  rewrite (big_morph _ ReD (erefl : Re (0 : R[i]) = 0)).
  rewrite (eq_bigr (fun j => x 0 j * S j k)) => [->|j _]; last by rewrite !mxE ReM.
  by case: (v 0 k) => c d; case: (a) => e f.
have yS : y *m S = Im a *: x + Re a *: y.
  apply/rowP=> k; move/rowP/(_ k): vS; rewrite !mxE => /(congr1 Im).
  rewrite (big_morph _ ImD (erefl : Im (0 : R[i]) = 0)).
  rewrite (eq_bigr (fun j => y 0 j * S j k)) => [->|j _]; last by rewrite !mxE ImM.
  by case: (v 0 k) => c d; case: (a) => e f /=; rewrite addrC.
have tr1 (A : 'M[R]_1) : A^T = A by apply/matrixP=> i j; rewrite mxE !ord1.
have yx : y *m x^T = x *m y^T by rewrite -[LHS]tr1 trmx_mul trmxK.
have im0 : Im a *: (x *m x^T + y *m y^T) = 0.
  have : x *m S *m y^T = y *m S *m x^T.
    by rewrite -[LHS]tr1 !trmx_mul trmxK sS mulmxA.
  rewrite xS yS mulmxBl mulmxDl -!scalemxAl yx => e.
  rewrite scalerDr -[RHS](subrr (Re a *: (x *m y^T) - Im a *: (y *m y^T))) [X in _ = X - _]e.
  by rewrite opprB addrACA subrr addr0.
have sq (u : 'rV[R]_n.+1) : u != 0 -> 0 < (u *m u^T) 0 0.
  move=> un0; have := sqnorm_ge0 u^T; rewrite sqnormE trmxK le_eqVlt => /predU1P[e|//].
  case/eqP: un0; apply: trmx_inj; rewrite trmx0; apply: sqnorm_eq0.
  by rewrite sqnormE trmxK -e.
have sq0 (u : 'rV[R]_n.+1) : 0 <= (u *m u^T) 0 0 by have := sqnorm_ge0 u^T; rewrite sqnormE trmxK.
have xy : (x != 0) || (y != 0).
  rewrite -negb_and; apply: contraNN vn0 => /andP[/eqP x0 /eqP y0]; apply/eqP/rowP=> k.
  move/rowP/(_ k): x0; move/rowP/(_ k): y0; rewrite !mxE.
  by case: (v 0 k) => c d /= -> ->.
have ia : Im a = 0.
  have : Im a * ((x *m x^T) 0 0 + (y *m y^T) 0 0) = 0.
    by move/matrixP/(_ 0 0): im0; rewrite !mxE.
  move/eqP; rewrite mulf_eq0 => /predU1P[//|]; rewrite gt_eqF //.
  by case/orP: xy => /sq h; [rewrite ltr_spaddl | rewrite ltr_paddl].
have [u un0 uS] : exists2 u : 'rV[R]_n.+1, u != 0 & u *m S = Re a *: u.
  case/orP: xy => h; [exists x | exists y] => //.
    by rewrite xS ia scale0r subr0.
  by rewrite yS ia scale0r add0r.
pose r := Num.sqrt ((u *m u^T) 0 0).
have r0 : 0 < r by rewrite sqrtr_gt0 sq.
exists (Re a), (r^-1 *: u^T).
  rewrite [(_ *: _)^T]linearZ /= trmxK -scalemxAl -scalemxAr scalerA [u *m u^T]mx11_scalar.
  rewrite scale_scalar_mx; congr (_%:M).
  have -> : (u *m u^T) 0 0 = r * r by rewrite -expr2 sqr_sqrtr.
  by rewrite -mulrA mulKf ?mulVf // gt_eqF.
rewrite -scalemxAr scalerA [Re a * _]mulrC -scalerA; congr (_ *: _).
by apply: trmx_inj; rewrite trmx_mul trmxK sS uS linearZ /= trmxK.
Qed.

(** ** Singular values: W = P diag(d) Q^T with P, Q orthogonal. *)
Lemma orthogonal_mul n (A B : 'M[R]_n) : orthogonal A -> orthogonal B -> orthogonal (A *m B).
Proof.
move=> [a a'] [b b']; split; rewrite trmx_mul.
  by rewrite mulmxA -(mulmxA B^T) a mulmx1.
by rewrite mulmxA -(mulmxA A) b' mulmx1.
Qed.

Lemma orthogonal_diag_block n (A : 'M[R]_n) : orthogonal A ->
  orthogonal (block_mx 1%:M 0 0 A : 'M_(1 + n)).
Proof.
by move=> [a a']; split; rewrite tr_block_mx mulmx_block !trmx0 trmx1 !mulmx0 !mul0mx
  !addr0 !add0r mulmx1 ?a ?a' -scalar_mx_block.
Qed.

Lemma complete_unit n (q : 'cV[R]_(1 + n)) : q^T *m q = 1%:M ->
  exists V : 'M[R]_(1 + n, n), orthogonal (row_mx q V).
Proof.
move=> qq; have [V VE] := complete_cols qq; exists V.
suff o : row_mx q V *m (row_mx q V)^T = 1%:M by split=> //; apply: mulmx1C.
by rewrite tr_row_mx mul_row_col.
Qed.

Lemma singular_pair n (W : 'M[R]_n.+1) : exists s, exists p : 'cV[R]_n.+1, exists q : 'cV[R]_n.+1,
  [/\ p^T *m p = 1%:M, q^T *m q = 1%:M, W *m q = s *: p & p^T *m W = s *: q^T].
Proof.
have [|a [q qq Wq]] := @eigen_sym n (W^T *m W); first by rewrite trmx_mul trmxK.
have aE : a = sqnorm (W *m q).
  rewrite sqnormE trmx_mul -mulmxA (mulmxA W^T) Wq -scalemxAr qq.
  by rewrite !mxE mulr1.
have [Wq0|Wqn0] := eqVneq (W *m q) 0.
  (* W is singular: a left kernel vector *)
  have uW : W \notin unitmx.
    apply/negP => uW; have q0 : q = 0 by rewrite -(mulKmx uW q) Wq0 mulmx0.
    by move/matrixP/(_ 0 0): qq; rewrite q0 mulmx0 !mxE => /eqP; rewrite eq_sym oner_eq0.
  have [u un0 uW0] : exists2 u : 'rV[R]_n.+1, u != 0 & u *m W = 0.
    move: uW; rewrite -row_free_unit -kermx_eq0 => /rowV0Pn[u /sub_kermxP uW un0].
    by exists u.
  pose r := Num.sqrt (sqnorm u^T).
  have r0 : 0 < r.
    rewrite sqrtr_gt0 lt_neqAle sqnorm_ge0 andbT eq_sym; apply: contraNN un0 => /eqP/sqnorm_eq0 h.
    by apply/eqP; apply: trmx_inj; rewrite h trmx0.
  exists 0, (r^-1 *: u^T), q; split=> //.
  - rewrite [(_ *: _)^T]linearZ /= trmxK -scalemxAl -scalemxAr scalerA.
    have -> : u *m u^T = (r * r)%:M.
      rewrite -expr2 sqr_sqrtr ?sqnorm_ge0 // sqnormE trmxK; exact: mx11_scalar.
    rewrite scale_scalar_mx; congr (_%:M).
    by rewrite -mulrA mulKf ?mulVf // gt_eqF.
  - by rewrite Wq0 scale0r.
  by rewrite [(_ *: _)^T]linearZ /= trmxK -scalemxAl uW0 scaler0 scale0r.
pose s := Num.sqrt a.
have a0 : 0 < a.
  rewrite aE lt_neqAle sqnorm_ge0 andbT eq_sym; apply: contraNN Wqn0 => /eqP/sqnorm_eq0 ->.
  exact: eqxx.
have s0 : 0 < s by rewrite sqrtr_gt0.
have ss : s * s = a by rewrite -expr2 sqr_sqrtr // ltW.
have sn0 : s != 0 by rewrite gt_eqF.
exists s, (s^-1 *: (W *m q)), q; split=> //.
- rewrite [(_ *: _)^T]linearZ /= trmx_mul -scalemxAl -scalemxAr scalerA.
  rewrite -mulmxA (mulmxA W^T) Wq -scalemxAr qq scalerA -ss scalemx1; congr (_%:M).
  by rewrite -mulrA mulKf ?mulVf.
- by rewrite scalerA divff // scale1r.
rewrite [(_ *: _)^T]linearZ /= trmx_mul -scalemxAl -mulmxA.
have -> : q^T *m (W^T *m W) = a *: q^T.
  by apply: trmx_inj; rewrite trmx_mul trmxK [(W^T *m W)^T]trmx_mul !trmxK Wq linearZ /= trmxK.
by rewrite scalerA -ss mulKf.
Qed.

Theorem svd n (W : 'M[R]_n) : exists P Q : 'M[R]_n, exists d : 'rV[R]_n,
  [/\ orthogonal P, orthogonal Q & W = P *m diag_mx d *m Q^T].
Proof.
elim: n W => [|n IH] W.
  exists 1%:M, 1%:M, 0; split; try by split; rewrite trmx1 mulmx1.
  by apply/matrixP=> [[]].
have [s [p [q [pp qq Wq pW]]]] := singular_pair W.
move: W p q pp qq Wq pW; rewrite -[n.+1]/(1 + n)%N => W p q pp qq Wq pW.
have [P' oP] := complete_unit pp; have [Q' oQ] := complete_unit qq.
have [P2 [Q2 [d [oP2 oQ2 BE]]]] := IH (P'^T *m W *m Q').
have Pp : P'^T *m p = 0.
  case: oP => + _; rewrite tr_row_mx mul_col_row scalar_mx_block => /eq_block_mx[_ _ h _].
  exact: h.
have qQ : q^T *m Q' = 0.
  case: oQ => + _; rewrite tr_row_mx mul_col_row scalar_mx_block => /eq_block_mx[_ h _ _].
  exact: h.
set P1 := row_mx p P' in oP; set Q1 := row_mx q Q' in oQ.
have core : P1^T *m W *m Q1 = block_mx s%:M 0 0 (P'^T *m W *m Q').
  rewrite /P1 /Q1 tr_row_mx mul_col_mx mul_col_row; congr block_mx.
  - by rewrite -mulmxA Wq -scalemxAr pp scalemx1.
  - by rewrite pW -scalemxAl qQ scaler0.
  by rewrite -mulmxA Wq -scalemxAr Pp scaler0.
exists (P1 *m block_mx 1%:M 0 0 P2), (Q1 *m block_mx 1%:M 0 0 Q2), (row_mx s%:M d); split.
- exact/orthogonal_mul/orthogonal_diag_block.
- exact/orthogonal_mul/orthogonal_diag_block.
have -> : W = P1 *m (P1^T *m W *m Q1) *m Q1^T.
  by rewrite !mulmxA oP.2 mul1mx -mulmxA oQ.2 mulmx1.
rewrite core BE trmx_mul !mulmxA; congr (_ *m _); rewrite -!mulmxA; congr (_ *m _).
have -> : diag_mx (row_mx s%:M d) = block_mx s%:M 0 0 (diag_mx d) :> 'M_(1 + n).
  by rewrite diag_mx_row; congr block_mx; apply/matrixP=> i j; rewrite !mxE !ord1.
rewrite tr_block_mx !trmx0 trmx1 !mulmx_block !mulmx0 !mul0mx !mulmx1 !mul1mx !addr0 !add0r.
by rewrite !mulmx0 mulmxA.
Qed.

(** ** The unitary completion W + iV of a contraction. *)
Theorem unitary_completion n (W : 'M[R]_n) :
  (forall v : 'cV[R]_n, sqnorm (W *m v) <= sqnorm v) ->
  exists V : 'M[R]_n, orthogonal (block_mx W (- V) V W).
Proof.
move=> W1; have [P [Q [d [[oP oP'] [oQ oQ'] WE]]]] := svd W.
have d1 i : d 0 i ^+ 2 <= 1.
  have := W1 (Q *m delta_mx i 0).
  rewrite (sqnorm_orth _ oQ) WE -!mulmxA (mulmxA Q^T) oQ mul1mx (sqnorm_orth _ oP).
  have sd a : sqnorm (a *: delta_mx i 0 : 'cV[R]_n) = a ^+ 2.
    rewrite sqnormZ /sqnorm (bigD1 i) //= mxE !eqxx expr1n big1 ?addr0 ?mulr1 // => l li.
    by rewrite mxE (negPf li) expr0n.
  have -> : diag_mx d *m (delta_mx i 0 : 'cV[R]_n) = d 0 i *: delta_mx i 0.
    apply/matrixP=> k l; rewrite mul_diag_mx !mxE.
    by have [->|_] := eqVneq k i; rewrite // !mulr0.
  by rewrite sd -[delta_mx i 0]scale1r sd expr1n.
pose e : 'rV[R]_n := \row_i Num.sqrt (1 - d 0 i ^+ 2).
pose V := P *m diag_mx e *m Q^T; exists V.
have tr (a : 'rV[R]_n) : (P *m diag_mx a *m Q^T)^T = Q *m diag_mx a *m P^T.
  by rewrite !trmx_mul trmxK tr_diag_mx mulmxA.
have prod (a b : 'rV[R]_n) : (P *m diag_mx a *m Q^T)^T *m (P *m diag_mx b *m Q^T)
   = Q *m diag_mx (\row_i (a 0 i * b 0 i)) *m Q^T.
  by rewrite tr !mulmxA -(mulmxA (Q *m diag_mx a)) oP mulmx1 -(mulmxA Q) mulmx_diag.
have one : W^T *m W + V^T *m V = 1%:M.
  rewrite /V WE !prod -mulmxDl -mulmxDr -linearD /=.
  have -> : (\row_i (d 0 i * d 0 i)) + (\row_i (e 0 i * e 0 i)) = const_mx 1 :> 'rV[R]_n.
    by apply/rowP=> i; rewrite !mxE -!expr2 sqr_sqrtr ?subr_ge0 // addrC subrK.
  by rewrite diag_const_mx mulmx1.
have sym : W^T *m V = V^T *m W.
  by rewrite /V WE !prod; congr (_ *m diag_mx _ *m _); apply/rowP=> i; rewrite !mxE mulrC.
suff o : (block_mx W (- V) V W)^T *m block_mx W (- V) V W = 1%:M.
  by split=> //; apply: mulmx1C.
rewrite tr_block_mx mulmx_block scalar_mx_block; congr block_mx => //.
- by rewrite mulmxN sym addNr.
- by rewrite [(- V)^T]linearN /= mulNmx -sym addNr.
by rewrite [(- V)^T]linearN /= mulNmx mulmxN opprK addrC.
Qed.

(** ** n complex states (2n real ones, complex linear transition), split ReLU. *)
Theorem complex_n_states (M : R) n m p (T : rnn R n m p) H :
  (forall v, sqnorm (trans T *m v) <= sqnorm v) -> state_bound (@relu R) M T H ->
  exists (V : 'M[R]_n) (T' : rnn R (n + n) m p),
    [/\ trans T' = block_mx (trans T) (- V) V (trans T), orthogonal (trans T') &
        equivalent (@relu R) M T T'].
Proof.
move=> W1 bH; have [V o] := unitary_completion W1; exists V.
have Wr v : norm (trans T *m v) <= 1 * norm v by rewrite mul1r ler_norm_norm.
have flat' z : z <= 0 -> `|relu z - 0| <= 0 :> R by move/relu_flat->; rewrite subrr normr0.
pose H' := H + 0 + Num.sqrt n%:R * (`|0 : R| + 0) - 0.
exists (dilate T (- V) V (trans T) 0 H'); split=> // x adm k.
have := shadow (@relu_nonexp R) o ler01 Wr bH (lexx 0) flat' (lexx 0) _ adm k.
rewrite -/H' !mulr0 addr0 => /(_ (lexx 0)) le0.
rewrite /output -[state _ (dilate _ _ _ _ _ _) x k]vsubmxK mul_row_col mul0mx addr0.
set T' := dilate _ _ _ _ _ _ in le0 *.
suff /eqP -> : usubmx (state (@relu R) T' x k) == state (@relu R) T x k by [].
rewrite -subr_eq0; apply/eqP/sqnorm_eq0.
by rewrite -sqr_norm; apply/eqP; rewrite sqrf_eq0 eq_le le0 norm_ge0.
Qed.

Corollary complex_contraction (M : R) n m p (T : rnn R n m p) : contraction (trans T) ->
  exists (V : 'M[R]_n) (T' : rnn R (n + n) m p),
    [/\ trans T' = block_mx (trans T) (- V) V (trans T), orthogonal (trans T') &
        equivalent (@relu R) M T T'].
Proof.
case/contraction_norm=> rho r01 Wr.
have [H bH] := contraction_bound M (@relu_nonexp R) r01 Wr.
apply: complex_n_states bH => v.
rewrite -ler_norm_norm; apply: le_trans (Wr v) _.
by rewrite ler_pimull ?norm_ge0 // ltW //; case/andP: r01.
Qed.
End SVD.
