(** * Theorem 3.2 (2n states are needed) and Theorem 3.3 (no size is enough).

    The witness has no memory: h^k = phi(x^k), y^k = h^k. Of the orthogonal network only the
    invertibility of its transition is used. Both theorems are one argument,
    [core_False]: linearise at a differentiable point and count dimensions. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From URNN Require Import Setting FirstOrder DimensionCount DifferentiablePoints.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Tight.
Variable R : realFieldType.

(** W = 0, F = C = I, b = 0, h_init = 0. *)
Definition witness n : rnn R n n n := Rnn 0 1%:M 0 1%:M 0.

Lemma witness_output phi n (x : inputs R n) k :
  output phi (witness n) x k = map_mx phi (x k).
Proof.
by rewrite /output mul1mx; case: k => [|k] /=; rewrite mul0mx add0r mul1mx addr0.
Qed.

Lemma witness_contraction n : contraction (trans (witness n)).
Proof.
exists 0; rewrite lexx ltr01; split=> // v.
rewrite mul0mx expr0n mul0r /sqnorm big1 // => i _.
by rewrite mxE expr0n.
Qed.

Lemma orthogonal_unit n (U : 'M[R]_n) : orthogonal U -> U \in unitmx.
Proof. by case=> /mulmx1_unit[]. Qed.

Lemma rank_diag_mx n (v : 'rV[R]_n) : (forall i, v 0 i != 0) -> \rank (diag_mx v) = n.
Proof.
move=> vn0; apply: mxrank_unit; rewrite unitmxE det_diag unitfE.
by apply/prodf_neq0 => i _; apply: vn0.
Qed.

Section Core.
Variables (phi slope : R -> R) (reg : pred R).
Hypothesis phi_cont : forall s, continuous_at phi s.
Hypothesis reg_slope : forall s, reg s -> has_slope phi s (slope s).
Hypothesis isolated :
  forall s, exists2 g, 0 < g & forall t, `|t| <= g -> t != 0 -> reg (s + t).
Variables (M mu : R) (n N : nat) (T : rnn R N n n).
Hypothesis mu_gt0 : 0 < mu.
Hypothesis mu_M : n%:R * mu ^+ 2 <= M ^+ 2.
Hypothesis reg_box : forall s, 0 < s < mu -> reg s && (slope s != 0).
Hypothesis unitT : trans T \in unitmx.
Hypothesis eqvT : equivalent phi M (witness n) T.
Hypothesis n_gt0 : (0 < n)%N.
Hypothesis small_kernel : forall x k,
  (n <= \rank (gain phi slope reg T x k))%N ->
  (N < \rank (gain phi slope reg T x k) + n)%N.

Lemma box_admissible (x : inputs R n) : box (fun _ _ => 0) (fun _ _ => mu) x -> admissible M x.
Proof.
move=> bx k; apply: le_trans mu_M; rewrite /sqnorm.
rewrite -[n in n%:R]card_ord mulr_natl -sumr_const; apply: ler_sum => i _.
by have /andP[l u] := bx k i; rewrite ler_pexpn2r ?nnegrE ?ltW.
Qed.

Lemma core_False : False.
Proof.
have : box (fun _ _ => 0) (fun _ _ => mu) (fun=> const_mx (mu / 2%:R) : 'cV[R]_n).
  move=> k j; rewrite mxE divr_gt0 ?ltr0n //= ltr_pdivr_mulr ?ltr0n //.
  by rewrite ltr_pmulr // ltr1n.
apply: (stable_point phi_cont isolated (T := T) (K := N)) => x bx st.
pose S k : 'M[R]_n := diag_mx (\row_j slope (x k j 0)).
have rS k : (k <= N)%N -> \rank (S k) = n.
  move=> _; apply: rank_diag_mx => j; rewrite mxE.
  by have /andP[] := reg_box (bx k j).
pose P := gain phi slope reg T x.
have mem d k : (k <= N)%N -> (forall j, (N < j)%N -> d j = 0) ->
    outw T *m lin (trans T) (inw T) P d k = S k *m d k.
  move=> kN sd.
  have hs := state_slope phi_cont reg_slope isolated st sd kN.
  apply/matrixP=> i j; rewrite ord1 {j}.
  have h1 := mulmx_slope (outw T) hs i.
  have h2 : slope0 (fun t => (outw T *m state phi T (shift x d t) k) i 0)
                   (phi (x k i 0)) (slope (x k i 0) * d k i 0).
    have /andP[ri _] := reg_box (bx k i).
    apply: slope0_near (slope0_comp (shift_slope x d k i) (reg_slope ri)).
    apply: near0_imp (box_near bx sd) => t bt.
    have := eqvT (box_admissible bt) k; rewrite witness_output /output => <-.
    by rewrite [RHS]mxE.
  have [_ ->] := slope0_uniq h1 h2.
  by rewrite mul_diag_mx !mxE.
apply: (forget_False unitT rS mem n_gt0) => k kN.
exact/small_kernel/(rankP_ge rS mem kN).
Qed.
End Core.

Lemma relu_cont s : continuous_at (@relu R) s.
Proof.
move=> e e0; exists e => // t te; apply: le_trans te; rewrite /relu.
have [a|a] := leP 0 (s + t); have [b|b] := leP 0 s.
- by rewrite addrC addKr.
- by rewrite subr0 ger0_norm // (le_trans _ (ler_norm _)) // ger_addr ltW.
- rewrite sub0r normrN ger0_norm // -normrN (le_trans _ (ler_norm _)) //.
  by rewrite -subr_ge0 -opprD oppr_ge0 addrC ltW.
- by rewrite subrr normr0.
Qed.

Lemma relu_slope s : s != 0 -> has_slope (@relu R) s (0 < s)%R%:R.
Proof.
move=> sn0 e e0; exists (`|s| / 2%:R); first by rewrite divr_gt0 ?normr_gt0 ?ltr0n.
move=> t; rewrite ler_pdivl_mulr ?ltr0n // => ts.
suff -> : relu (s + t) - relu s - (0 < s)%R%:R * t = 0 by rewrite normr0 mulr_ge0 ?normr_ge0 ?(ltW e0).
have tt : `|t| <= `|t| * 2%:R by rewrite ler_pemulr ?ler1n.
have {}ts := le_trans tt ts.
rewrite /relu; move: sn0; rewrite neq_lt => /orP[sl|sg].
  have st : s + t <= 0.
    by rewrite -ler_subr_addl sub0r (le_trans (ler_norm _)) // (le_trans ts) // ltr0_norm.
  have /max_idPl -> := st; have /max_idPl -> := ltW sl.
  by rewrite ltNge (ltW sl) /= mul0r !subr0.
have st : 0 <= s + t.
  rewrite addrC -ler_subl_addr sub0r ler_oppl.
  by rewrite (le_trans (ler_norm _)) // normrN (le_trans ts) // gtr0_norm.
have /max_idPr -> := st; have /max_idPr -> := ltW sg.
by rewrite sg mul1r [s + t]addrC addrK subrr.
Qed.

Lemma relu_isolated (s : R) :
  exists2 g, 0 < g & forall t, `|t| <= g -> t != 0 -> s + t != 0.
Proof.
have [->|sn0] := eqVneq s 0; first by exists 1; rewrite ?ltr01 // => t _; rewrite add0r.
exists (`|s| / 2%:R); first by rewrite divr_gt0 ?normr_gt0 ?ltr0n.
move=> t; rewrite ler_pdivl_mulr ?ltr0n // => ts _.
apply: contraTneq ts => st; have -> : t = - s by apply/eqP; rewrite -addr_eq0 addrC st.
by rewrite normrN -ltNge ltr_pmulr ?normr_gt0 // ltr1n.
Qed.

Definition box_size (M : R) n : R := M / n.+1%:R.

Lemma box_size_ok M n : 0 < M ->
  0 < box_size M n /\ n%:R * box_size M n ^+ 2 <= M ^+ 2.
Proof.
move=> M0; split; first by rewrite divr_gt0 ?ltr0n.
rewrite /box_size expr_div_n mulrCA -[leRHS]mulr1 ler_wpmul2l ?exprn_ge0 ?(ltW M0) //.
rewrite ler_pdivr_mulr ?exprn_gt0 ?ltr0n // mul1r -natrX ler_nat.
by apply: leq_trans (leqnSn n) _; rewrite expnS leq_pmulr.
Qed.

(** ** Theorem 3.2: for every n there is a contractive ReLU network with n states such
    that every equivalent network with invertible (in particular orthogonal) transition
    has at least 2n states; one network for every input bound. *)
Theorem theorem_3_2 n :
  exists T : rnn R n n n, contraction (trans T) /\
  forall M : R, 0 < M -> forall N (T' : rnn R N n n), trans T' \in unitmx ->
    equivalent (@relu R) M T T' -> (2 * n <= N)%N.
Proof.
exists (witness n); split; first exact: witness_contraction.
move=> M M0 N T' uT' eqv; rewrite leqNgt; apply/negP => lt.
have [mu0 muM] := box_size_ok n M0.
apply: (core_False relu_cont relu_slope relu_isolated mu0 muM _ uT' eqv).
- by move=> s /andP[s0 _]; rewrite gt_eqF // s0 oner_eq0.
- by case: n lt {T' uT' eqv muM mu0}.
- by move=> x k le; apply: leq_trans lt _; rewrite mul2n -addnn leq_add2r.
Qed.

Corollary theorem_3_2_orthogonal n :
  exists T : rnn R n n n, contraction (trans T) /\
  forall M : R, 0 < M -> forall N (T' : rnn R N n n), orthogonal (trans T') ->
    equivalent (@relu R) M T T' -> (2 * n <= N)%N.
Proof.
have [T [c h]] := theorem_3_2 n; exists T; split=> // M M0 N T' o.
exact/(h M M0)/orthogonal_unit.
Qed.

(** ** Theorem 3.3, general form: phi continuous, with a nonzero derivative off isolated
    points (tanh, logistic, softplus, ELU, leaky ReLU, GELU, SiLU, sin). *)
Theorem theorem_3_3_gen (phi slope : R -> R) (reg : pred R) :
  (forall s, continuous_at phi s) ->
  (forall s, reg s -> slope s != 0 /\ has_slope phi s (slope s)) ->
  (forall s, exists2 g, 0 < g & forall t, `|t| <= g -> t != 0 -> reg (s + t)) ->
  exists T : rnn R 1 1 1, contraction (trans T) /\
  forall M : R, 0 < M -> forall N (T' : rnn R N 1 1), trans T' \in unitmx ->
    ~ equivalent phi M T T'.
Proof.
move=> pc ps iso; exists (witness 1); split; first exact: witness_contraction.
move=> M M0 N T' uT' eqv.
have [mu0 muM] := box_size_ok 1 M0; have [g g0 hg] := iso 0.
pose mu := Num.min (box_size M 1) g.
have mu_gt0 : 0 < mu by rewrite lt_minr mu0.
have mu_M : 1%:R * mu ^+ 2 <= M ^+ 2.
  apply: le_trans muM; rewrite ler_wpmul2l ?ler0n // ler_pexpn2r ?nnegrE ?(ltW mu_gt0) ?(ltW mu0) //.
  by rewrite le_minl lexx.
apply: (core_False pc (slope := slope) (reg := reg) _ iso mu_gt0 mu_M _ uT' eqv) => //.
- by move=> s /ps[].
- move=> s /andP[s0]; rewrite lt_minr => /andP[_ sg].
  have rs : reg s by rewrite -[s]add0r; apply: hg; rewrite ?gt_eqF ?gtr0_norm ?ltW.
  by rewrite rs (ps _ rs).1.
- move=> x k _; rewrite rank_diag_mx ?addn1 // => i; rewrite mxE.
  by case: ifP => [/ps[]|_] //; rewrite oner_eq0.
Qed.

(** ** Theorem 3.3: phi differentiable everywhere with nonzero derivative. *)
Theorem theorem_3_3 (phi slope : R -> R) :
  (forall s, slope s != 0 /\ has_slope phi s (slope s)) ->
  exists T : rnn R 1 1 1, contraction (trans T) /\
  forall M : R, 0 < M -> forall N (T' : rnn R N 1 1), trans T' \in unitmx ->
    ~ equivalent phi M T T'.
Proof.
move=> ps; apply: (theorem_3_3_gen (slope := slope) (reg := xpredT)) => //.
- move=> s; have := slope0_cont (ps s).2; apply.
- by move=> s; exists 1; rewrite ?ltr01.
Qed.
End Tight.
