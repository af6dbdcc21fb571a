(** * A linear activation: the zero network cannot be beaten.

    With a linear activation no orthogonal network of any size approximates y^k = x^k better
    than the zero network. Recurrence of the powers of U by a pigeonhole argument; any
    Archimedean ordered field. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From URNN Require Import Setting Norms Theorems_3_2_and_3_3.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Recurrence.
Variable R : archiFieldType.
Implicit Types (n m p N k : nat).

(** Cell number of x in [0, q]: the least c <= q with x <= c. *)
Definition cell (q : nat) (x : R) : nat := find (fun c : nat => x <= c%:R) (iota 0 q.+1).

Lemma cell_lt q x : x <= q%:R -> (cell q x < q.+1)%N.
Proof.
move=> xq; rewrite -[X in (_ < X)%N](size_iota 0 q.+1) -has_find; apply/hasP.
by exists q; rewrite // mem_iota /= add0n.
Qed.

Lemma cell_bounds q x : 0 <= x <= q%:R -> (cell q x)%:R - 1 <= x <= (cell q x)%:R.
Proof.
move=> /andP[x0 xq]; have lt := cell_lt xq.
have hc : has (fun c : nat => x <= c%:R) (iota 0 q.+1) by rewrite has_find size_iota.
apply/andP; split; last first.
  by have := nth_find 0%N hc; rewrite -/(cell q x) nth_iota.
case E: (cell q x) => [|c]; first by rewrite sub0r (le_trans _ x0) // oppr_le0 ler01.
have cl : (c < find (fun c : nat => (x <= c%:R)%R) (iota 0 q.+1))%N by rewrite -/(cell q x) E.
have := before_find 0%N cl; rewrite nth_iota ?add0n; last by rewrite E in lt; apply: ltnW.
by move/negbT; rewrite -ltNge => /ltW; rewrite -addn1 natrD addrK.
Qed.

Lemma cell_eq q x y : 0 <= x <= q%:R -> 0 <= y <= q%:R -> cell q x = cell q y -> `|x - y| <= 1.
Proof.
move=> /cell_bounds/andP[a b] /cell_bounds/andP[c d] e; rewrite e in a b.
have one : (cell q y)%:R - ((cell q y)%:R - 1) = 1 :> R by rewrite opprB addrCA subrr addr0.
by rewrite ler_norml ler_oppl opprB -[in X in X && _]one -[in X in _ && X]one !ler_sub.
Qed.

(** Among the powers of U^L two have entries within 1/q of each other. *)
Lemma orth_entry n (U : 'M[R]_n) i j : orthogonal U -> -1 <= U i j <= 1.
Proof.
case=> o _; rewrite -ler_norml -(@expr_le1 _ 2) // real_normK ?num_real //.
have : (U^T *m U) j j = 1 by rewrite o mxE eqxx.
rewrite mxE (bigD1 i) //= mxE -expr2 => <-; rewrite ler_addl.
by apply: sumr_ge0 => k _; rewrite mxE -expr2 sqr_ge0.
Qed.

Lemma orth_exp n (U : 'M[R]_n.+1) k : orthogonal U -> orthogonal (U ^+ k).
Proof.
move=> [o o']; elim: k => [|k [IH IH']]; first by split; rewrite expr0 trmx1 mulmx1.
split; first by rewrite exprS trmx_mul mulmxA -(mulmxA _ U^T) o mulmx1.
by rewrite exprSr trmx_mul mulmxA -(mulmxA _ U) o' mulmx1.
Qed.

Lemma pigeon_powers n (U : 'M[R]_n.+1) (q L : nat) : orthogonal U -> (0 < L)%N ->
  exists i j, (i + L <= j)%N /\ forall a b, q%:R * `|(U ^+ j - U ^+ i) a b| <= 2%:R.
Proof.
move=> oU L0.
pose Q := (q + q)%N.
have bd k a b : 0 <= q%:R * ((U ^+ k) a b + 1) <= Q%:R.
  have /andP[l u] := orth_entry a b (orth_exp k oU).
  have l' : 0 <= (U ^+ k) a b + 1 by rewrite -ler_subl_addr sub0r.
  rewrite mulr_ge0 ?ler0n //= /Q natrD -[leRHS]mulr2n -[leRHS]mulr_natr; apply: ler_wpmul2l; first exact: ler0n.
  by rewrite -[2%:R]/(1 + 1) ler_add2r.
pose f (k : 'I_(#|{ffun 'I_n.+1 * 'I_n.+1 -> 'I_Q.+1}|).+1) : {ffun 'I_n.+1 * 'I_n.+1 -> 'I_Q.+1} :=
  [ffun ab => inord (cell Q (q%:R * ((U ^+ (k * L)) ab.1 ab.2 + 1)))].
have /injectivePn[k [l kl fE]] : ~~ injectiveb f.
  apply/injectiveP => inj; have := leq_card f inj; by rewrite card_ord ltnn.
wlog lt : k l kl fE / (k < l)%N.
  move=> h; move: (kl); rewrite neq_ltn => /orP[]; first exact: h.
  by apply: h; rewrite // eq_sym.
exists (k * L)%N, (l * L)%N; split; first by rewrite -mulSnr leq_mul2r lt orbT.
move=> a b; have /(congr1 val) := congr1 (fun g : {ffun _} => g (a, b)) fE.
rewrite !ffunE /= !inordK; last 2 first.
- by apply: cell_lt; have /andP[] := bd (l * L)%N a b.
- by apply: cell_lt; have /andP[] := bd (k * L)%N a b.
move=> /esym/(cell_eq (bd _ _ _) (bd _ _ _)).
rewrite -mulrBr opprD addrACA subrr addr0 normrM (ger0_norm (ler0n _ _)) => h.
by rewrite mxE [X in _ + X]mxE; apply: le_trans h _; rewrite ler1n.
Qed.
End Recurrence.

Section Linear.
Variable R : archiFieldType.
Implicit Types (n m p N k : nat).

Definition lin_act : R -> R := id.

Lemma map_id_mx n m (A : 'M[R]_(n, m)) : map_mx lin_act A = A.
Proof. by apply/matrixP=> i j; rewrite mxE. Qed.

(** Difference of the states of two runs. *)
Lemma lin_diff N m p (T : rnn R N.+1 m p) x x' K :
  state lin_act T x K - state lin_act T x' K
  = \sum_(j < K.+1) trans T ^+ j *m inw T *m (x (K - j)%N - x' (K - j)%N).
Proof.
have stS h h' u u' : map_mx lin_act (trans T *m h + inw T *m u + bias T)
     - map_mx lin_act (trans T *m h' + inw T *m u' + bias T)
   = trans T *m (h - h') + inw T *m (u - u').
  by rewrite !map_id_mx opprD addrACA subrr addr0 opprD addrACA !mulmxBr.
elim: K => [|K IH].
  by rewrite [LHS]stS subrr mulmx0 add0r big_ord1 expr0 mul1mx.
rewrite [LHS]stS IH [in RHS]big_ord_recl expr0 mul1mx subn0 addrC; congr (_ + _).
by rewrite mulmx_sumr; apply: eq_bigr => j _; rewrite lift0 exprS subSS !mulmxA.
Qed.

(** The impulse response returns to each of its values. *)
Lemma response_returns N m p (T : rnn R N.+1 m p) (i : 'I_p) (b : 'I_m) j0 :
  let g j := (outw T *m trans T ^+ j *m inw T) i b in
  orthogonal (trans T) -> g j0 != 0 ->
  forall L, exists2 j, (L <= j)%N & `|g j0| <= 2%:R * `|g j|.
Proof.
set U := trans T; move=> g oU gn0 L.
pose ga := `|g j0|; have ga0 : 0 < ga by rewrite normr_gt0.
pose c := \sum_l `|(outw T *m U ^+ j0) i l|; pose f := \sum_l `|inw T l b|.
have c0 : 0 <= c by apply: sumr_ge0.
have f0 : 0 <= f by apply: sumr_ge0.
pose K := N.+1%:R * c * f.
have K0 : 0 <= K by rewrite !mulr_ge0 ?ler0n.
pose q := Num.bound (4%:R * K / ga).
have q0 : 4%:R * K / ga < q%:R by rewrite archi_boundP // divr_ge0 ?mulr_ge0 ?ler0n // ltW.
have [i0 [j1 [le near]]] := pigeon_powers q oU (ltn0Sn L).
have le' : (i0 <= j1)%N by apply: leq_trans le; rewrite leq_addr.
exists (j0 + (j1 - i0))%N.
  by apply: leq_trans (leq_addl _ _); rewrite leq_subRL // (leq_trans _ le) // leq_add2l.
pose D := U ^+ j1 - U ^+ i0; pose P := outw T *m U ^+ j0 *m (U ^+ i0)^T.
have gE : g (j0 + (j1 - i0))%N - g j0 = (P *m D *m inw T) i b.
  have oi := orth_exp i0 oU.
  have -> : P *m D = outw T *m U ^+ (j0 + (j1 - i0)) - outw T *m U ^+ j0.
    rewrite /P /D mulmxBr -[U ^+ j1](_ : U ^+ i0 *m U ^+ (j1 - i0) = _); last first.
      by rewrite -[LHS]/(U ^+ i0 * U ^+ (j1 - i0)) -exprD subnKC.
    by rewrite !mulmxA -!(mulmxA _ (U ^+ i0)^T) oi.1 mulmx1 exprD mulmxA.
  by rewrite mulmxBl [RHS]mxE [X in _ = _ + X]mxE.
have Pb l : `|P i l| <= c.
  rewrite mxE; apply: le_trans (ler_norm_sum _ _ _) _; apply: ler_sum => a _.
  by rewrite normrM ler_pimulr // mxE ler_norml (orth_entry _ _ (orth_exp i0 oU)).
have small : q%:R * `|g (j0 + (j1 - i0))%N - g j0| <= 2%:R * K.
  rewrite gE -mulmxA mxE -[q%:R in leLHS](ger0_norm (ler0n _ _)) -normrM mulr_sumr.
  apply: le_trans (ler_norm_sum _ _ _) _.
  apply: (@le_trans _ _ (\sum_(l < N.+1) 2%:R * (c * f))); last first.
    by rewrite sumr_const card_ord -mulr_natl /K mulrCA !mulrA.
  apply: ler_sum => l _; rewrite mulrCA normrM.
  apply: (@le_trans _ _ (c * (2%:R * f))); last by rewrite mulrCA.
  apply: ler_pmul => //; rewrite mxE mulr_sumr; apply: le_trans (ler_norm_sum _ _ _) _.
  rewrite /f mulr_sumr; apply: ler_sum => a _.
  rewrite mulrA normrM; apply: ler_wpmul2r => //.
  by rewrite normrM (ger0_norm (ler0n _ _)); apply: near.
have qp : 0 < q%:R :> R by apply: le_lt_trans q0; rewrite divr_ge0 ?mulr_ge0 ?ler0n // ltW.
have {}small : 2%:R * `|g (j0 + (j1 - i0))%N - g j0| <= ga.
  rewrite -(ler_pmul2l qp) mulrCA; apply: le_trans (ler_wpmul2l (ler0n _ _) small) _.
  by move: (ltW q0); rewrite ler_pdivr_mulr // mulrA -natrM.
have tri : ga <= `|g (j0 + (j1 - i0))%N| + `|g (j0 + (j1 - i0))%N - g j0|.
  by rewrite /ga -[in leLHS](subKr (g (j0 + (j1 - i0))%N) (g j0)) ler_norm_sub.
have d2 : ga + ga = 2%:R * ga by rewrite mulr2n mulrDl mul1r.
rewrite -/ga -(ler_add2r ga) d2; apply: le_trans (ler_wpmul2l (ler0n _ 2) tri) _.
by rewrite mulrDr ler_add2l.
Qed.

(** ** If the response to bounded inputs is bounded, it vanishes. *)
Theorem bounded_response_zero (M S : R) N m p (T : rnn R N m p) : 0 < M ->
  orthogonal (trans T) ->
  (forall x x', admissible M x -> admissible M x' -> forall k i,
     `|(output lin_act T x k - output lin_act T x' k) i 0| <= S) ->
  forall x x' k, output lin_act T x k = output lin_act T x' k.
Proof.
case: N T => [|N] T M0 oU bd x x' K.
  by rewrite /output (thinmx0 (outw T)) !mul0mx.
pose g j := outw T *m trans T ^+ j *m inw T.
have outE y y' k : output lin_act T y k - output lin_act T y' k
    = \sum_(j < k.+1) g j *m (y (k - j)%N - y' (k - j)%N).
  rewrite /output -mulmxBr lin_diff mulmx_sumr; apply: eq_bigr => j _.
  by rewrite !mulmxA.
suff g0 j : g j = 0.
  by apply/eqP; rewrite -subr_eq0 outE big1 // => j _; rewrite g0 mul0mx.
apply/matrixP=> i b; rewrite [in RHS]mxE; apply/eqP; apply: contraT => gn0.
have z_adm : admissible M (fun=> 0 : 'cV[R]_m).
  by move=> k; rewrite sqnorm0 exprn_ge0 // ltW.
have sum_bd (J : nat) : M * (\sum_(l < J.+1) `|g l i b|) <= S.
  pose y : inputs R m := fun k => (M * Num.sg (g (J - k)%N i b)) *: delta_mx b 0.
  have y_adm : admissible M y.
    move=> k; rewrite /y sqnormZ.
    have -> : sqnorm (delta_mx b 0 : 'cV[R]_m) = 1.
      rewrite /sqnorm (bigD1 b) //= mxE !eqxx expr1n big1 ?addr0 // => l lb.
      by rewrite mxE (negPf lb) expr0n.
    rewrite mulr1 exprMn ler_pimulr ?exprn_ge0 ?(ltW M0) // sqr_sg.
    by case: (_ != 0); rewrite ?lexx ?ler01.
  apply: le_trans (bd _ _ y_adm z_adm J i); rewrite outE summxE.
  apply: le_trans (ler_norm _); rewrite mulr_sumr; apply: ler_sum => l _.
  rewrite subr0 /y subKn; last by rewrite -ltnS.
  rewrite -scalemxAr [leRHS]mxE -colE [col _ _ _ _]mxE -mulrA.
  by rewrite (normrEsg (g l i b)).
have grow (t : nat) : exists J : nat, t%:R * `|g j i b| <= 2%:R * \sum_(l < J.+1) `|g l i b|.
  elim: t => [|t [J IH]].
    by exists 0%N; rewrite mul0r mulr_ge0 ?ler0n // sumr_ge0.
  have [l lJ gl] := response_returns oU gn0 J.+1; exists l.
  rewrite big_ord_recr /= mulrDr -addn1 natrD mulrDl mul1r; apply: ler_add => //.
  apply: le_trans IH _; apply: ler_wpmul2l; first exact: ler0n.
  rewrite -(subnKC lJ) big_split_ord /= ler_addl.
  by apply: sumr_ge0.
have ga0 : 0 < `|g j i b| by rewrite normr_gt0.
have S0 : 0 <= S by apply: le_trans (sum_bd 0%N); rewrite mulr_ge0 ?(ltW M0) // sumr_ge0.
pose t := Num.bound (2%:R * S / (M * `|g j i b|)).
have [J hJ] := grow t.
have : 2%:R * S / (M * `|g j i b|) < t%:R.
  by rewrite archi_boundP // divr_ge0 ?mulr_ge0 ?ler0n // ltW.
rewrite ltr_pdivr_mulr ?mulr_gt0 // mulrCA ltNge => /negP; case.
apply: le_trans (ler_wpmul2l (ltW M0) hJ) _; rewrite mulrCA.
by apply: ler_wpmul2l; rewrite ?ler0n.
Qed.

(** ** Theorem D, general form: T any network (any activation) with bounded outputs. If an
    orthogonal linear network of any size stays within any finite distance of T, it does
    not listen to its input. *)
Theorem linear_deaf phi (M B eps : R) n N m p (T : rnn R n m p) (T' : rnn R N m p) :
  0 < M -> 0 <= eps ->
  (forall x, admissible M x -> forall k i, `|output phi T x k i 0| <= B) ->
  orthogonal (trans T') ->
  (forall x, admissible M x -> forall k,
     sqnorm (output phi T x k - output lin_act T' x k) <= eps ^+ 2) ->
  forall x x' k, output lin_act T' x k = output lin_act T' x' k.
Proof.
move=> M0 e0 bT oU cl; apply: (@bounded_response_zero M ((B + eps) + (B + eps))) => //.
have bd x k i : admissible M x -> `|output lin_act T' x k i 0| <= B + eps.
  move=> adm; rewrite -[output _ T' x k](subKr (output phi T x k)) mxE [X in _ + X]mxE.
  apply: le_trans (ler_norm_sub _ _) _; apply: ler_add; first exact: bT.
  rewrite -(@ler_pexpn2r _ 2) ?nnegrE // real_normK ?num_real //.
  by apply: le_trans (cl x adm k); apply: sqnorm_ge_coord.
move=> x x' ax ax' k i; rewrite mxE [X in _ + X]mxE.
by apply: le_trans (ler_norm_sub _ _) _; apply: ler_add; apply: bd.
Qed.

(** ** Theorem D: for y^k = x^k the error is at least M, whatever the size; the zero
    network attains M. *)
Theorem theorem_D (M eps : R) n N (T' : rnn R N n n) : (0 < n)%N -> 0 < M -> 0 <= eps ->
  orthogonal (trans T') -> close lin_act M eps (witness R n) T' -> M <= eps.
Proof.
case: n T' => // n T' _ M0 e0 oU cl.
have oW x k : output lin_act (witness R n.+1) x k = x k by rewrite witness_output map_id_mx.
have sd : sqnorm (delta_mx 0 0 : 'cV[R]_n.+1) = 1.
  rewrite /sqnorm (bigD1 0) //= mxE !eqxx expr1n big1 ?addr0 // => l lb.
  by rewrite mxE (negPf lb) expr0n.
have adm s : `|s| = 1 -> admissible M (fun=> (M * s) *: delta_mx 0 0 : 'cV[R]_n.+1).
  by move=> s1 k; rewrite sqnormZ sd mulr1 exprMn -[s ^+ 2]real_normK ?num_real // s1 expr1n mulr1.
have deaf := @linear_deaf lin_act M M eps _ _ _ _ (witness R n.+1) T' M0 e0 _ oU cl.
have {deaf}-/(_ _ _ 0%N) deaf : forall x x' k, output lin_act T' x k = output lin_act T' x' k.
  apply: deaf => x ax k i; rewrite oW -(@ler_pexpn2r _ 2) ?nnegrE ?(ltW M0) //.
  by rewrite real_normK ?num_real // (le_trans (sqnorm_ge_coord _ i)).
pose y := output lin_act T' (fun=> 0) 0%N.
have near s : `|s| = 1 -> `|M * s - y 0 0| <= eps.
  move=> s1; have := cl _ (adm s s1) 0%N; rewrite oW (deaf _ (fun=> 0)) -/y => h.
  rewrite -(@ler_pexpn2r _ 2) ?nnegrE // real_normK ?num_real //.
  apply: le_trans (le_trans (sqnorm_ge_coord _ 0) h).
  by rewrite !mxE eqxx mulr1.
have a := near 1 (normr1 _).
have b : `|M * -1 - y 0 0| <= eps by apply: near; rewrite normrN normr1.
rewrite -(@ler_pmul2l _ 2%:R) ?ltr0n //.
apply: le_trans _ (_ : eps + eps <= _); last by rewrite mulr2n mulrDl mul1r.
apply: le_trans _ (ler_add a b); apply: le_trans _ (ler_norm_sub _ _).
move: (y 0 0 : R) => z; have -> : M * 1 - z - (M * -1 - z) = 2%:R * M by ring.
exact: ler_norm.
Qed.

Theorem zero_network_error_M (M : R) n : 0 < M ->
  close lin_act M M (witness R n) (Rnn (1%:M : 'M[R]_0) 0 0 0 0 : rnn R 0 n n).
Proof.
move=> M0 x adm k; rewrite witness_output map_id_mx /output mul0mx subr0.
exact: adm.
Qed.
End Linear.
