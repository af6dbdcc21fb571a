(** * The same statement with complex networks proper.

    Unitary transition over R[i], split ReLU, n complex states for a real network with n
    states. *)
From mathcomp Require Import all_ssreflect all_algebra complex.
From URNN Require Import Setting Norms Theorem_3_1 ComplexStates.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section ComplexNet.
Variable R : rcfType.
Implicit Types (n m p : nat).
Notation Re := (@complex.Re R).
Notation Im := (@complex.Im R).

(** ReLU on real and imaginary part. *)
Definition split_relu (z : R[i]) : R[i] := Complex (relu (Re z)) (relu (Im z)).

Record cnet n m p := CNet {
  ctrans : 'M[R[i]]_n; cinw : 'M[R[i]]_(n, m); cbias : 'cV[R[i]]_n;
  coutw : 'M[R[i]]_(p, n); cinit : 'cV[R[i]]_n }.

Fixpoint cstate n m p (T : cnet n m p) (x : nat -> 'cV[R[i]]_m) (k : nat) : 'cV[R[i]]_n :=
  map_mx split_relu (ctrans T *m (if k is k'.+1 then cstate T x k' else cinit T)
                     + cinw T *m x k + cbias T).
Definition coutput n m p (T : cnet n m p) x k := coutw T *m cstate T x k.

Definition adjoint n m (A : 'M[R[i]]_(n, m)) : 'M[R[i]]_(m, n) := (map_mx (@conjc R) A)^T.
Definition unitary n (U : 'M[R[i]]_n) : Prop :=
  adjoint U *m U = 1%:M /\ U *m adjoint U = 1%:M.

(** A real matrix as a complex one. *)
Definition to_complex n m (A : 'M[R]_(n, m)) : 'M[R[i]]_(n, m) := map_mx (real_complex R) A.

Definition cx n m (A B : 'M[R]_(n, m)) : 'M[R[i]]_(n, m) := \matrix_(i, j) Complex (A i j) (B i j).

Lemma cx_real n m (A : 'M[R]_(n, m)) : to_complex A = cx A 0.
Proof. by apply/matrixP=> i j; rewrite !mxE. Qed.

Lemma cx_add n m (A B A' B' : 'M[R]_(n, m)) : cx A B + cx A' B' = cx (A + A') (B + B').
Proof. by apply/matrixP=> i j; rewrite !mxE. Qed.

Lemma cx_mul n m p (A B : 'M[R]_(n, m)) (A' B' : 'M[R]_(m, p)) :
  cx A B *m cx A' B' = cx (A *m A' - B *m B') (A *m B' + B *m A').
Proof.
have ReD (u w : R[i]) : Re (u + w) = Re u + Re w by case: u; case: w.
have ImD (u w : R[i]) : Im (u + w) = Im u + Im w by case: u; case: w.
apply/matrixP=> i j; apply/eqP; rewrite eq_complex; apply/andP; split; apply/eqP.
  rewrite mxE (big_morph _ ReD (erefl : Re (0 : R[i]) = 0)) !mxE /= -sumrB.
  by apply: eq_bigr => k _; rewrite !mxE.
rewrite mxE (big_morph _ ImD (erefl : Im (0 : R[i]) = 0)) !mxE /= -big_split /=.
by apply: eq_bigr => k _; rewrite !mxE.
Qed.

Lemma cx_relu n m (A B : 'M[R]_(n, m)) :
  map_mx split_relu (cx A B) = cx (map_mx (@relu R) A) (map_mx (@relu R) B).
Proof. by apply/matrixP=> i j; rewrite !mxE. Qed.

Lemma cx_adjoint n m (A B : 'M[R]_(n, m)) : adjoint (cx A B) = cx A^T (- B^T).
Proof. by apply/matrixP=> i j; rewrite !mxE. Qed.

Lemma cx_1 n : cx 1%:M 0 = 1%:M :> 'M[R[i]]_n.
Proof. by apply/matrixP=> i j; rewrite !mxE; case: (i == j). Qed.

Lemma unitary_cx n (W V : 'M[R]_n) : orthogonal (block_mx W (- V) V W) -> unitary (cx W V).
Proof.
case=> + _; rewrite tr_block_mx mulmx_block scalar_mx_block => /eq_block_mx[a _ c _].
have c' : (- V)^T *m W + W^T *m V = 0 by exact: c.
have o : adjoint (cx W V) *m cx W V = 1%:M.
  rewrite cx_adjoint cx_mul mulNmx opprK a mulNmx -cx_1; congr cx.
  by rewrite -c' [(- V)^T]linearN /= mulNmx addrC.
by split=> //; apply: mulmx1C.
Qed.

(** ** n complex states. *)
Theorem complex_urnn (M : R) n m p (T : rnn R n m p) : contraction (trans T) ->
  exists T' : cnet n m p, unitary (ctrans T') /\
  forall x, admissible M x -> forall k,
    coutput T' (fun j => to_complex (x j)) k = to_complex (output (@relu R) T x k).
Proof.
case/contraction_norm=> rho r01 Wr.
have [H [Hi Hs]] := contraction_bound M (@relu_nonexp R) r01 Wr.
have W1 v : sqnorm (trans T *m v) <= sqnorm v.
  rewrite -ler_norm_norm; apply: le_trans (Wr v) _.
  by rewrite ler_pimull ?norm_ge0 // ltW //; case/andP: r01.
have [V o] := unitary_completion W1.
exists (CNet (cx (trans T) V) (cx (inw T) 0) (cx (bias T) (const_mx (- H))) (cx (outw T) 0)
             (cx (init T) 0)).
set T' := CNet _ _ _ _ _; split; first exact: unitary_cx.
move=> x adm.
have step h k : norm h <= H ->
    map_mx split_relu (ctrans T' *m cx h 0 + cinw T' *m to_complex (x k) + cbias T')
    = cx (map_mx (@relu R) (trans T *m h + inw T *m x k + bias T)) 0.
  move=> hH; rewrite cx_real /= !cx_mul !cx_add cx_relu !mulmx0 !mul0mx !subr0 !addr0 !add0r.
  congr cx; apply/matrixP=> i j; rewrite ord1 [LHS]mxE [RHS]mxE; apply: relu_flat.
  rewrite mxE [X in _ + X]mxE subr_le0; apply: le_trans (ler_norm _) _.
  apply: le_trans (norm_coord _ _) _; apply: le_trans _ hH.
  by have := orth_lower h 0 o; rewrite mulmx0 addr0 norm0 addr0.
have st k : cstate T' (fun j => to_complex (x j)) k = cx (state (@relu R) T x k) 0.
  by elim: k => [|k IH] /=; rewrite ?IH step //; apply: Hs.
by move=> k; rewrite /coutput st /= cx_mul !mulmx0 mul0mx subr0 addr0 cx_real.
Qed.
End ComplexNet.
