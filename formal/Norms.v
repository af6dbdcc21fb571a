(** * The Euclidean norm over a real closed field.

    Cauchy-Schwarz, the triangle inequality, coordinates, the Frobenius bound of a matrix,
    and what a non-expansive activation does to distances. Steps S3 and S4 of Theorem 3.1
    use nothing else. *)
From mathcomp Require Import all_ssreflect all_algebra.
From URNN Require Import Setting.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section SqNorm.
Variable R : realFieldType.
Implicit Types n m : nat.

Definition dot n (v w : 'cV[R]_n) : R := \sum_i v i 0 * w i 0.

Lemma dotE n (v w : 'cV[R]_n) : dot v w = (v^T *m w) 0 0.
Proof. by rewrite mxE; apply: eq_bigr => i _; rewrite mxE. Qed.

Lemma sqnormE n (v : 'cV[R]_n) : sqnorm v = (v^T *m v) 0 0.
Proof. by rewrite mxE; apply: eq_bigr => i _; rewrite mxE expr2. Qed.

Lemma sqnorm_ge0 n (v : 'cV[R]_n) : 0 <= sqnorm v.
Proof. by apply: sumr_ge0 => i _; rewrite sqr_ge0. Qed.

Lemma sqnorm0 n : sqnorm (0 : 'cV[R]_n) = 0.
Proof. by rewrite /sqnorm big1 // => i _; rewrite mxE expr0n. Qed.

Lemma sqnorm_eq0 n (v : 'cV[R]_n) : sqnorm v = 0 -> v = 0.
Proof.
move/eqP; rewrite psumr_eq0 => [/allP h|i _]; last by rewrite sqr_ge0.
apply/matrixP => i j; rewrite ord1 mxE; apply/eqP.
by have := h i (mem_index_enum _); rewrite sqrf_eq0.
Qed.

Lemma sqnorm_ge_coord n (v : 'cV[R]_n) i : v i 0 ^+ 2 <= sqnorm v.
Proof.
rewrite /sqnorm (bigD1 i) //= ler_addl.
by apply: sumr_ge0 => j _; rewrite sqr_ge0.
Qed.

Lemma dotC n (v w : 'cV[R]_n) : dot v w = dot w v.
Proof. by apply: eq_bigr => i _; rewrite mulrC. Qed.

Lemma sqnorm_comb n (a b : R) (v w : 'cV[R]_n) :
  sqnorm (a *: v + b *: w)
  = a ^+ 2 * sqnorm v + a * b * dot v w *+ 2 + b ^+ 2 * sqnorm w.
Proof.
rewrite /sqnorm /dot !mulr_sumr -sumrMnl -!big_split /=.
apply: eq_bigr => i _; by rewrite !mxE sqrrD !exprMn (mulrACA a _ b).
Qed.

Lemma sqnormD n (v w : 'cV[R]_n) :
  sqnorm (v + w) = sqnorm v + dot v w *+ 2 + sqnorm w.
Proof. by have := sqnorm_comb 1 1 v w; rewrite !scale1r expr1n !mul1r. Qed.

Lemma sqnormZ n a (v : 'cV[R]_n) : sqnorm (a *: v) = a ^+ 2 * sqnorm v.
Proof.
by rewrite /sqnorm mulr_sumr; apply: eq_bigr => i _; rewrite mxE exprMn.
Qed.

Lemma sqnormN n (v : 'cV[R]_n) : sqnorm (- v) = sqnorm v.
Proof. by rewrite -scaleN1r sqnormZ sqrrN expr1n mul1r. Qed.

Lemma cauchy_schwarz n (v w : 'cV[R]_n) :
  dot v w ^+ 2 <= sqnorm v * sqnorm w.
Proof.
have [w0|wn0] := eqVneq (sqnorm w) 0.
  rewrite (sqnorm_eq0 w0) sqnorm0 mulr0 /dot big1 ?expr0n // => i _.
  by rewrite mxE mulr0.
have wgt0 : 0 < sqnorm w by rewrite lt_neqAle eq_sym wn0 sqnorm_ge0.
have := sqnorm_ge0 (sqnorm w *: v + (- dot v w) *: w).
rewrite sqnorm_comb sqrrN mulrN -[_ ^+ 2 * sqnorm w]mulrC mulNr.
rewrite -mulrA -expr2 mulNrn mulr2n opprD addrA subrK.
by rewrite expr2 -mulrA -mulrBr pmulr_rge0 // subr_ge0 mulrC.
Qed.

Lemma sqnorm_col_mx n m (v : 'cV[R]_n) (w : 'cV[R]_m) :
  sqnorm (col_mx v w) = sqnorm v + sqnorm w.
Proof.
rewrite /sqnorm big_split_ord /=.
by congr (_ + _); apply: eq_bigr => i _; rewrite ?col_mxEu ?col_mxEd.
Qed.

Lemma sqnorm_const n a : sqnorm (const_mx a : 'cV[R]_n) = n%:R * a ^+ 2.
Proof.
rewrite /sqnorm (eq_bigr (fun=> a ^+ 2)); last by move=> i _; rewrite mxE.
by rewrite sumr_const card_ord mulr_natl.
Qed.

Lemma sqnorm_orth n (U : 'M[R]_n) (v : 'cV[R]_n) :
  U^T *m U = 1%:M -> sqnorm (U *m v) = sqnorm v.
Proof. by move=> o; rewrite !sqnormE trmx_mul -mulmxA (mulmxA _ U) o mul1mx. Qed.

Lemma sqnorm_le n (v w : 'cV[R]_n) :
  (forall i, `|v i 0| <= `|w i 0|) -> sqnorm v <= sqnorm w.
Proof.
move=> le; apply: ler_sum => i _.
by rewrite -real_normK ?num_real // -[in leRHS]real_normK ?num_real // ler_pexpn2r
   ?nnegrE.
Qed.

(** Frobenius bound *)
Definition frob n m (A : 'M[R]_(n, m)) : R := \sum_i \sum_j A i j ^+ 2.

Lemma frob_ge0 n m (A : 'M[R]_(n, m)) : 0 <= frob A.
Proof. by do 2 apply: sumr_ge0 => ? _; rewrite sqr_ge0. Qed.

Lemma sqnorm_mulmx n m (A : 'M[R]_(n, m)) v : sqnorm (A *m v) <= frob A * sqnorm v.
Proof.
rewrite /sqnorm /frob mulr_suml; apply: ler_sum => i _.
have := cauchy_schwarz (row i A)^T v.
rewrite /sqnorm /dot mxE; congr (_ <= _); last congr (_ * _).
  by congr (_ ^+ 2); apply: eq_bigr => j _; rewrite !mxE.
by apply: eq_bigr => j _; rewrite !mxE.
Qed.
End SqNorm.

Section Norm.
Variable R : rcfType.
Implicit Types n m : nat.

Definition norm n (v : 'cV[R]_n) : R := Num.sqrt (sqnorm v).

Lemma norm_ge0 n (v : 'cV[R]_n) : 0 <= norm v. Proof. exact: sqrtr_ge0. Qed.

Lemma sqr_norm n (v : 'cV[R]_n) : norm v ^+ 2 = sqnorm v.
Proof. by rewrite sqr_sqrtr ?sqnorm_ge0. Qed.

Lemma norm_le n m (v : 'cV[R]_n) (w : 'cV[R]_m) c : 0 <= c ->
  (sqnorm v <= c ^+ 2 * sqnorm w) = (norm v <= c * norm w).
Proof.
move=> c0; rewrite -!sqr_norm -exprMn ler_pexpn2r ?nnegrE ?norm_ge0 //.
by rewrite mulr_ge0 ?norm_ge0.
Qed.

Lemma norm_leb n (v : 'cV[R]_n) c : 0 <= c -> (sqnorm v <= c ^+ 2) = (norm v <= c).
Proof. by move=> c0; rewrite -sqr_norm ler_pexpn2r ?nnegrE ?norm_ge0. Qed.

Lemma ler_norm_norm n m (v : 'cV[R]_n) (w : 'cV[R]_m) :
  (norm v <= norm w) = (sqnorm v <= sqnorm w).
Proof. by rewrite -!sqr_norm ler_pexpn2r ?nnegrE ?norm_ge0. Qed.

Lemma norm0 n : norm (0 : 'cV[R]_n) = 0.
Proof. by rewrite /norm sqnorm0 sqrtr0. Qed.

Lemma normvN n (v : 'cV[R]_n) : norm (- v) = norm v.
Proof. by rewrite /norm sqnormN. Qed.

Lemma normvD n (v w : 'cV[R]_n) : norm (v + w) <= norm v + norm w.
Proof.
rewrite -(@ler_pexpn2r _ 2) ?nnegrE ?addr_ge0 ?norm_ge0 //.
rewrite sqr_norm sqnormD sqrrD !sqr_norm ler_add2r ler_add2l ler_pmuln2r //.
apply: le_trans (ler_norm _) _.
rewrite -(@ler_pexpn2r _ 2) ?nnegrE ?mulr_ge0 ?norm_ge0 //.
by rewrite real_normK ?num_real // exprMn !sqr_norm cauchy_schwarz.
Qed.

Lemma norm_coord n (v : 'cV[R]_n) i : `|v i 0| <= norm v.
Proof.
rewrite -(@ler_pexpn2r _ 2) ?nnegrE ?norm_ge0 //.
by rewrite real_normK ?num_real // sqr_norm sqnorm_ge_coord.
Qed.

Lemma norm_const n a : norm (const_mx a : 'cV[R]_n) = Num.sqrt n%:R * `|a|.
Proof. by rewrite /norm sqnorm_const sqrtrM ?ler0n // sqrtr_sqr. Qed.

Lemma norm_le_const n (v : 'cV[R]_n) a : 0 <= a ->
  (forall i, `|v i 0| <= a) -> norm v <= Num.sqrt n%:R * a.
Proof.
move=> a0 le; rewrite -[in leRHS](ger0_norm a0) -norm_const ler_norm_norm.
by apply: sqnorm_le => i; rewrite mxE [in leRHS]ger0_norm.
Qed.

Lemma norm_mulmx n m (A : 'M[R]_(n, m)) v : norm (A *m v) <= Num.sqrt (frob A) * norm v.
Proof.
by rewrite -norm_le ?sqrtr_ge0 // sqr_sqrtr ?frob_ge0 // sqnorm_mulmx.
Qed.

Lemma norm_nonexp n phi (v w : 'cV[R]_n) : nonexpansive phi ->
  norm (map_mx phi v - map_mx phi w) <= norm (v - w).
Proof.
by move=> ne; rewrite ler_norm_norm; apply: sqnorm_le => i; rewrite !mxE.
Qed.
End Norm.
