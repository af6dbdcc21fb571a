(** * Equivalence for all inputs, bounded or not.

    If 1 - W^T W = W3^T W3 with W3 <= 0 entrywise, the lower units are kept shut by the sign
    of the state, and no bound M is needed. For any W of norm at most 1 more units do that. *)
From mathcomp Require Import all_ssreflect all_algebra zify.
From URNN Require Import Setting Norms Dilation Theorem_3_1 TwoNMinusOne.
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

(** Norm at most 1: n + 2 rank (1 - W^T W) states, all inputs. Units of preactivation W3 h take up
    what W loses, and lose it themselves one step later, with the sign that shuts a gate. *)
Theorem all_inputs n m p (T : rnn R n m p) :
  (forall v, sqnorm (trans T *m v) <= sqnorm v) ->
  let r := \rank (1%:M - (trans T)^T *m trans T) in
  exists T' : rnn R (n + r + r) m p,
    orthogonal (trans T') /\ equivalent_all (@relu R) T T'.
Proof.
move=> W1 r; have [W3 E3] : exists W3 : 'M[R]_(r, n), W3^T *m W3 = 1%:M - (trans T)^T *m trans T.
  apply: psd_factor_rank; split; first by rewrite linearB /= trmx_mul trmxK trmx1.
  move=> v; rewrite mulmxBr mulmx1 mulmxBl mxE [X in _ + X]mxE subr_ge0.
  by rewrite mulmxA -trmx_mul -mulmxA -!sqnormE W1.
pose S : rnn R (n + r) m p := Rnn (block_mx (trans T) 0 W3 0) (col_mx (inw T) 0)
  (col_mx (bias T) 0) (row_mx (outw T) 0) (col_mx (init T) 0).
have up x k : usubmx (state (@relu R) S x k) = state (@relu R) T x k.
  have step j h : usubmx (map_mx (@relu R) (trans S *m h + inw S *m x j + bias S))
      = map_mx (@relu R) (trans T *m usubmx h + inw T *m x j + bias T).
    by rewrite -{1}[h]vsubmxK /= mul_block_col mul_col_mx !mul0mx !addr0 !add_col_mx map_col_mx col_mxKu.
  by elim: k => [|k IH] /=; rewrite step ?IH ?col_mxKu.
have [|i j|T' [o eqv]] := @no_bound (n + r) m p r S (row_mx 0 (- 1%:M)).
- rewrite /= tr_block_mx mulmx_block !trmx0 !mul0mx !mulmx0 !addr0 tr_row_mx mul_col_row !trmx0.
  rewrite !mul0mx !mulmx0 linearN linearN /= trmx1 mulNmx mul1mx opprK E3 add_block_mx !addr0 !add0r.
  by rewrite addrCA subrr addr0 -scalar_mx_block.
- rewrite mxE; case: splitP => l _; rewrite !mxE // oppr_le0.
  by case: eqP => _; rewrite ?mulr1n ?mulr0n ?ler01.
exists T'; split=> // x k; rewrite -eqv /output -[state _ S x k]vsubmxK /= mul_row_col mul0mx addr0.
by rewrite up.
Qed.

(** A contraction that is not diagonal: scaled to norm 1, one of these pairs less. *)
Theorem all_inputs_3n_minus_2 n m p (T : rnn R n m p) (i j : 'I_n) :
  contraction (trans T) -> i != j -> trans T i j != 0 ->
  exists N (T' : rnn R N m p),
    [/\ (N <= 3 * n - 2)%N, orthogonal (trans T') & equivalent_all (@relu R) T T'].
Proof.
move=> cT ij Wij; have [t [t0 A1 [v vn0 Av]]] := scale_to_norm_one cT ij Wij.
have us k : 0 < unit_scale i t 0 k by rewrite mxE; case: ifP => _; rewrite ?ltr01.
have [T' [o eqv]] := all_inputs A1; eexists; exists T'; split=> // [|x k].
  have := rank_defect A1 vn0 Av; set r := \rank _ => rn.
  have [k ->] : exists k, n = (r + 1 + k)%N by exists (n - r.+1)%N; rewrite addn1 subnKC.
  by lia.
pose M := \sum_(l < k.+1) norm (x l).
pose x' l := if (l <= k)%N then x l else 0.
have adm : admissible M x'.
  move=> l; rewrite norm_leb ?sumr_ge0 // => [|? _]; last exact: norm_ge0.
  rewrite /x'; case: leqP => lk; last by rewrite norm0 sumr_ge0 // => ? _; exact: norm_ge0.
  rewrite /M (bigD1 (Ordinal (lk : (l < k.+1)%N))) //= ler_addl sumr_ge0 // => ? _; exact: norm_ge0.
have cut N (S : rnn R N m p) : output (@relu R) S x k = output (@relu R) S x' k.
  rewrite /output; congr (_ *m _).
  suff st l : (l <= k)%N -> state (@relu R) S x l = state (@relu R) S x' l by exact: st.
  elim: l => [|l IH] lk /=; rewrite /x' lk // IH // ltnW //.
by rewrite -eqv cut (rescale_equivalent T us adm) -cut.
Qed.

(** One or two states: 2n do, for all inputs. *)
Corollary all_inputs_2 n m p (T : rnn R n m p) : (n <= 2)%N -> contraction (trans T) ->
  exists N (T' : rnn R N m p),
    [/\ (N <= 2 * n)%N, orthogonal (trans T') & equivalent_all (@relu R) T T'].
Proof.
move=> n2 cT; have [/existsP[i /existsP[j /andP[ij Wij]]]|diag] :=
    boolP [exists i, exists j, (i != j) && (trans T i j != 0)].
  have [N [T' [NN o eqv]]] := all_inputs_3n_minus_2 cT ij Wij.
  exists N, T'; split=> //; apply: leq_trans NN _; case: n n2 {T cT i j ij Wij T' o eqv} => [|[|[|]]] //.
have TE : trans T = diag_mx (\row_i trans T i i).
  apply/matrixP=> i j; rewrite !mxE; have [<-|ij] := eqVneq i j; first by rewrite mulr1n.
  rewrite mulr0n; apply/eqP; apply: contraNT diag => Wij.
  by apply/existsP; exists i; apply/existsP; exists j; rewrite ij.
have [|T' [o eqv]] := no_bound_diag TE; last by exists (n + n)%N, T'; split=> //; rewrite mul2n addnn.
move=> i; rewrite mxE; have [rho [/andP[r0 r1] Wr]] := cT.
have := le_trans (sqnorm_ge_coord _ i) (Wr (delta_mx i 0)).
rewrite (_ : sqnorm (delta_mx i 0) = 1) ?mulr1; last first.
  by rewrite sqnormE trmx_delta mul_delta_mx mxE !eqxx.
rewrite -colE mxE => Wi; rewrite -(ler_pexpn2r (_ : 0 < 2)%N) ?nnegrE ?normr_ge0 ?ler01 //.
by rewrite real_normK ?num_real // expr1n (le_trans Wi) // expr_le1 // ltW.
Qed.
End NoBound.
