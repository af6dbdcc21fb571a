(** * Equivalence for all inputs, bounded or not.

    If 1 - W^T W = W3^T W3 with W3 <= 0 entrywise, the lower units are kept shut by the sign
    of the state, and no bound M is needed. *)
From mathcomp Require Import all_ssreflect all_algebra.
From URNN Require Import Setting Norms Dilation Theorem_3_1.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** Equal outputs for every input sequence, bounded or not. *)
Definition equivalent_all (R : realFieldType) (phi : R -> R) n n' m p
    (T : rnn R n m p) (T' : rnn R n' m p) : Prop :=
  forall x k, output phi T x k = output phi T' x k.

Section NoBound.
Variable R : rcfType.
Implicit Types (n m p r : nat).

Lemma dilation_with n r (W : 'M[R]_n) (W3 : 'M[R]_(r, n)) :
  W^T *m W + W3^T *m W3 = 1%:M ->
  exists (W2 : 'M[R]_(n, r)) (W4 : 'M[R]_r), orthogonal (block_mx W W2 W3 W4).
Proof.
move=> WW; pose Q := col_mx W W3.
have QQ : Q^T *m Q = 1%:M by rewrite tr_col_mx mul_row_col.
have [V VE] := complete_cols QQ; exists (usubmx V), (dsubmx V).
suff o : block_mx W (usubmx V) W3 (dsubmx V) *m (block_mx W (usubmx V) W3 (dsubmx V))^T = 1%:M.
  by split=> //; apply: mulmx1C.
have -> : block_mx W (usubmx V) W3 (dsubmx V) = row_mx Q V by rewrite block_mxEh vsubmxK.
by rewrite tr_row_mx mul_row_col.
Qed.

(** phi >= 0 everywhere and phi = 0 on a left half-line (ReLU: B = 0). *)
Theorem no_bound_gen phi B n m p r (T : rnn R n m p) (W3 : 'M[R]_(r, n)) :
  (forall z, 0 <= phi z) -> (forall z, z <= B -> phi z = 0) ->
  (trans T)^T *m trans T + W3^T *m W3 = 1%:M -> (forall i j, W3 i j <= 0) ->
  exists T' : rnn R (n + r) m p, orthogonal (trans T') /\ equivalent_all phi T T'.
Proof.
move=> pos flat WW neg; have [W2 [W4 o]] := dilation_with WW.
pose g := B - norm (init T).
exists (Rnn (block_mx (trans T) W2 W3 W4) (col_mx (inw T) 0)
  (col_mx (bias T) (const_mx g)) (row_mx (outw T) 0) (col_mx (init T) 0)).
set T' := Rnn _ _ _ _ _; split=> // x.
have gB : g <= B by rewrite ler_subl_addr ler_addl norm_ge0.
have step h k : (forall i, (W3 *m h) i 0 + g <= B) ->
    map_mx phi (trans T' *m col_mx h 0 + inw T' *m x k + bias T')
    = col_mx (map_mx phi (trans T *m h + inw T *m x k + bias T)) 0.
  move=> hB; rewrite /= mul_block_col mul_col_mx !mulmx0 !addr0 mul0mx !add_col_mx map_col_mx.
  congr col_mx; apply/matrixP=> i j; rewrite ord1 addr0 [LHS]mxE [RHS]mxE; apply: flat.
  by rewrite mxE [X in _ + X]mxE.
have nonneg k i : 0 <= state phi T x k i 0 by case: k => [|k] /=; rewrite mxE pos.
have st k : state phi T' x k = col_mx (state phi T x k) 0.
  elim: k => [|k IH]; rewrite [LHS]/= ?IH step // => i; last first.
    rewrite -[leRHS]add0r; apply: ler_add => //; rewrite mxE -oppr_ge0 -sumrN; apply: sumr_ge0 => j _.
    by rewrite -mulNr mulr_ge0 ?oppr_ge0.
  rewrite /g addrCA ger_addl subr_le0; apply: le_trans (ler_norm _) _.
  apply: le_trans (norm_coord _ _) _; have := orth_lower (init T) 0 o.
  by rewrite mulmx0 addr0 norm0 addr0.
by move=> k; rewrite /output st /= mul_row_col mul0mx addr0.
Qed.

Theorem no_bound n m p r (T : rnn R n m p) (W3 : 'M[R]_(r, n)) :
  (trans T)^T *m trans T + W3^T *m W3 = 1%:M -> (forall i j, W3 i j <= 0) ->
  exists T' : rnn R (n + r) m p,
    orthogonal (trans T') /\ equivalent_all (@relu R) T T'.
Proof.
apply: (no_bound_gen (B := 0)) => [z|]; first by rewrite /relu le_maxr lexx.
exact: relu_flat.
Qed.

(** Diagonal transition, |w_i| <= 1: 2n states, all inputs. *)
Corollary no_bound_diag n m p (T : rnn R n m p) (w : 'rV[R]_n) :
  trans T = diag_mx w -> (forall i, `|w 0 i| <= 1) ->
  exists T' : rnn R (n + n) m p,
    orthogonal (trans T') /\ equivalent_all (@relu R) T T'.
Proof.
move=> TE w1; apply: (no_bound (W3 := diag_mx (\row_i - Num.sqrt (1 - w 0 i ^+ 2)))).
  rewrite TE !tr_diag_mx !mulmx_diag -linearD /=; apply/matrixP=> i j; rewrite !mxE.
  congr (_ *+ _); rewrite mulrNN -!expr2 sqr_sqrtr ?subrKC //.
    by rewrite addrC subrK.
  by rewrite subr_ge0 -real_normK ?num_real // expr_le1.
move=> i j; rewrite !mxE; case: eqP => _; rewrite ?mulr1n ?mulr0n //.
by rewrite oppr_le0 sqrtr_ge0.
Qed.

(** One state: always. *)
Corollary no_bound_scalar m p (T : rnn R 1 m p) : `|trans T 0 0| <= 1 ->
  exists T' : rnn R 2 m p,
    orthogonal (trans T') /\ equivalent_all (@relu R) T T'.
Proof.
move=> w1; apply: (@no_bound_diag 1 m p T (const_mx (trans T 0 0))).
  by apply/matrixP=> i j; rewrite !mxE !ord1.
by move=> i; rewrite mxE.
Qed.
End NoBound.
