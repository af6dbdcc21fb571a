(** * Lumping: copies of units, for every activation and all inputs.

    If W^T E W = E for a positive integer diagonal E, then duplicating unit i E_i times gives
    an equivalent orthogonal network with trace E states. *)
From mathcomp Require Import all_ssreflect all_algebra.
From URNN Require Import Setting Norms Dilation AllInputs.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Lumping.
Variable R : rcfType.
Implicit Types (n m p r N : nat).

(** Two matrices with the same Gram matrix differ by an orthogonal matrix. *)
Lemma orthonormal_extend n r (Q1 Q2 : 'M[R]_(n + r, n)) :
  Q1^T *m Q1 = 1%:M -> Q2^T *m Q2 = 1%:M ->
  exists U, orthogonal U /\ U *m Q1 = Q2.
Proof.
move=> o1 o2; have [V1 VE1] := complete_cols o1; have [V2 VE2] := complete_cols o2.
have sq (Q V : 'M[R]_(n + r, _)) : Q *m Q^T + V *m V^T = 1%:M ->
    row_mx Q V *m (row_mx Q V)^T = 1%:M by rewrite tr_row_mx mul_row_col.
pose A1 := row_mx Q1 V1; pose A2 := row_mx Q2 V2.
have a1 : A1 *m A1^T = 1%:M by exact: sq VE1. have a2 : A2 *m A2^T = 1%:M by exact: sq VE2.
have b1 : A1^T *m A1 = 1%:M := mulmx1C a1; have b2 : A2^T *m A2 = 1%:M := mulmx1C a2.
exists (A2 *m A1^T); split.
  split; rewrite trmx_mul trmxK; first by rewrite mulmxA -(mulmxA A1) b2 mulmx1.
  by rewrite mulmxA -(mulmxA A2) b1 mulmx1.
move: b1; rewrite /A1 tr_row_mx mul_col_row scalar_mx_block => /eq_block_mx[_ _ v1 _].
by rewrite /A2 -mulmxA mul_col_mx o1 v1 mul_row_col mulmx1 mulmx0 addr0.
Qed.

Lemma gram_extend n N (J K : 'M[R]_(N, n)) (d : 'rV[R]_n) :
  (forall i, 0 < d 0 i) -> J^T *m J = diag_mx d -> K^T *m K = diag_mx d ->
  exists U, orthogonal U /\ U *m J = K.
Proof.
move=> d0 JJ KK.
pose s : 'rV[R]_n := \row_i (Num.sqrt (d 0 i))^-1.
pose s' : 'rV[R]_n := \row_i Num.sqrt (d 0 i).
have sn0 i : Num.sqrt (d 0 i) != 0 by rewrite gt_eqF // sqrtr_gt0.
have ss' : diag_mx s *m diag_mx s' = 1%:M.
  by rewrite mulmx_diag; apply/matrixP=> i j; rewrite !mxE mulVf.
have sds : (diag_mx s)^T *m diag_mx d *m diag_mx s = 1%:M.
  rewrite tr_diag_mx !mulmx_diag; apply/matrixP=> i j; rewrite !mxE; congr (_ *+ _).
  have d2 : d 0 i = Num.sqrt (d 0 i) * Num.sqrt (d 0 i).
    by rewrite -expr2 sqr_sqrtr // ltW.
  by rewrite {2}d2 mulKf // divff.
have orth (A : 'M[R]_(N, n)) : A^T *m A = diag_mx d ->
    (A *m diag_mx s)^T *m (A *m diag_mx s) = 1%:M.
  by move=> AA; rewrite trmx_mul mulmxA -(mulmxA _ A^T) AA.
have := orth _ JJ; have := orth _ KK.
have nN : (n <= N)%N.
  rewrite -(mxrank1 R n) -(orth _ JJ).
  by apply: leq_trans (mxrankM_maxr _ _) (rank_leq_row _).
move: {orth} J K JJ KK; rewrite -(subnKC nN) => J K JJ KK oK oJ.
have [U [oU UE]] := orthonormal_extend oJ oK; exists U; split=> //.
move: (congr1 (mulmxr (diag_mx s')) UE); rewrite /mulmxr /= -!mulmxA.
by rewrite ss' !mulmx1.
Qed.

(** [dup g] copies coordinate [g a] of a vector to coordinate [a]. *)
Definition dup n N (g : 'I_N -> 'I_n) : 'M[R]_(N, n) := \matrix_(a, i) (i == g a)%:R.

Lemma dupE n N (g : 'I_N -> 'I_n) q (v : 'M[R]_(n, q)) : dup g *m v = \matrix_(a, j) v (g a) j.
Proof.
apply/matrixP=> a j; rewrite !mxE (bigD1 (g a)) //= mxE eqxx mul1r big1 ?addr0 // => i ne.
by rewrite mxE (negPf ne) mul0r.
Qed.

Lemma dup_gram n N (g : 'I_N -> 'I_n) :
  (dup g)^T *m dup g = diag_mx (\row_i #|[pred a | g a == i]|%:R).
Proof.
apply/matrixP=> i j; rewrite !mxE; under eq_bigr do rewrite !mxE.
have [->|ij] := eqVneq i j.
  rewrite mulr1n -sum1_card natr_sum [RHS]big_mkcond /=; apply: eq_bigr => a _.
  by rewrite inE eq_sym; case: eqP; rewrite ?mulr1 ?mulr0.
rewrite mulr0n big1 // => a _; case: (i =P g a) => [<-|_]; last by rewrite mul0r.
by rewrite eq_sym (negPf ij) mulr0.
Qed.

(** A map 'I_N -> 'I_n with prescribed fibre sizes. *)
Lemma fibres n (e : 'I_n -> nat) :
  exists g : 'I_(\sum_i e i) -> 'I_n, forall i, #|[pred a | g a == i]| = e i.
Proof.
pose P := {i : 'I_n & 'I_(e i)}.
have cP : #|{: P}| = (\sum_i e i)%N.
  by rewrite card_tagged sumnE big_map big_enum; apply: eq_bigr => i _; rewrite card_ord.
rewrite -cP; exists (fun a => tag (enum_val a : P)) => i.
rewrite -[RHS]card_ord -(card_image (f := fun b : 'I_(e i) => enum_rank (Tagged (fun j => 'I_(e j)) b : P))).
  apply: eq_card => a; rewrite inE; apply/eqP/imageP => [ai|[b _ ->]]; last by rewrite enum_rankK.
  have [b bE] : exists b : 'I_(e i), enum_val a = Tagged (fun j => 'I_(e j)) b.
    by move: ai; case: (enum_val a) => j b /= ji; move: b; rewrite ji => b; exists b.
  by exists b => //; rewrite -bE enum_valK.
move=> b c /enum_rank_inj/eqP; rewrite eq_Tagged /= => /eqP; exact.
Qed.

(** ** Lumping. T' does not depend on the activation. *)
Theorem lumping n m p (T : rnn R n m p) (e : 'I_n -> nat) :
  let E := diag_mx (\row_i (e i)%:R) in
  (forall i, 0 < e i)%N -> (trans T)^T *m E *m trans T = E ->
  exists T' : rnn R (\sum_i e i) m p,
    orthogonal (trans T') /\ forall phi, equivalent_all phi T T'.
Proof.
move=> E e0 WE; have [g gE] := fibres e; set N := (\sum_i e i)%N in g gE *.
pose J := dup g.
have JJ : J^T *m J = E.
  by rewrite dup_gram; congr diag_mx; apply/rowP=> i; rewrite !mxE gE.
have KK : (J *m trans T)^T *m (J *m trans T) = E.
  by rewrite trmx_mul mulmxA -(mulmxA _ J^T) JJ.
have [|U [oU UJ]] := gram_extend _ JJ KK; first by move=> i; rewrite mxE ltr0n.
pose E' := diag_mx (\row_i (e i)%:R^-1 : 'rV[R]_n).
have EE : E' *m E = 1%:M.
  rewrite mulmx_diag; apply/matrixP=> i j; rewrite !mxE mulVf //.
  by rewrite pnatr_eq0 -lt0n.
exists (Rnn U (J *m inw T) (J *m bias T) (outw T *m E' *m J^T) (J *m init T)); split=> // phi x k.
have mJ (v : 'cV[R]_n) : map_mx phi (J *m v) = J *m map_mx phi v.
  by rewrite !dupE; apply/matrixP=> a j; rewrite !mxE.
set T' := Rnn _ _ _ _ _.
have st : state phi T' x k = J *m state phi T x k.
  elim: k => [|k IH] /=; rewrite -mJ !mulmxDr !mulmxA -?UJ //.
  by rewrite IH mulmxA UJ.
by rewrite /output st /= -!mulmxA (mulmxA J^T) JJ (mulmxA E') EE mul1mx.
Qed.

(** ** From the matching V5 of the strong form (group sizes e_k in [1, N] with
    W^T E_(k+1) W = E_k) to one E: sum over a period. W need not be invertible. *)
Theorem periodic_lumping n (W : 'M[R]_n) N (e : nat -> 'I_n -> nat) :
  (forall k i, 0 < e k i <= N)%N ->
  (forall k, W^T *m diag_mx (\row_i (e k.+1 i)%:R) *m W = diag_mx (\row_i (e k i)%:R)) ->
  exists E : 'I_n -> nat, (forall i, 0 < E i)%N /\
    W^T *m diag_mx (\row_i (E i)%:R) *m W = diag_mx (\row_i (E i)%:R).
Proof.
move=> eN eW; pose D k : 'M[R]_n := diag_mx (\row_i (e k i)%:R).
pose f (k : 'I_(#|{ffun 'I_n -> 'I_N.+1}|).+1) : {ffun 'I_n -> 'I_N.+1} :=
  [ffun i => inord (e k i)].
have /injectivePn[a [b ab fE]] : ~~ injectiveb f.
  by apply/injectiveP => inj; have := leq_card f inj; rewrite card_ord ltnn.
wlog lt : a b ab fE / (a < b)%N.
  move=> h; move: (ab); rewrite neq_ltn => /orP[]; first exact: h.
  by apply: h; rewrite // eq_sym.
have eab i : e a i = e b i.
  move/ffunP/(_ i): fE; rewrite !ffunE => /(congr1 val); rewrite /= !inordK //.
    by rewrite ltnS; have /andP[] := eN b i.
  by rewrite ltnS; have /andP[] := eN a i.
exists (fun i => \sum_(a <= k < b) e k.+1 i)%N; split=> [i|].
  by rewrite big_ltn // addn_gt0; have /andP[-> _] := eN a.+1 i.
have sumE (h : nat -> nat) : diag_mx (\row_i (\sum_(a <= k < b) e (h k) i)%N%:R)
   = \sum_(a <= k < b) D (h k).
  rewrite -linear_sum; congr diag_mx; apply/rowP=> i; rewrite summxE mxE natr_sum.
  by apply: eq_bigr => k _; rewrite mxE.
rewrite (sumE succn) mulmx_sumr mulmx_suml (eq_bigr (fun k => D k)) => [|k _]; last exact: eW.
have lt' : (a <= b)%N := ltnW lt.
have Dab : D b = D a by rewrite /D; congr diag_mx; apply/rowP=> i; rewrite !mxE eab.
by apply: (addrI (D b)); rewrite [LHS]addrC -big_nat_recr // big_nat_recl //= Dab.
Qed.
End Lumping.
