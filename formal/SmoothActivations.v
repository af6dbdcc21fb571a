(** * Softplus, SiLU and sin over the real numbers.

    softplus z = log (1 + e^z) has the logistic function as its slope; SiLU z = z logistic z and
    sin have slopes with isolated zeros. Theorem 3.3 holds for all three. Softplus, SiLU and ELU
    have a limit at -infinity, with the explicit tails that equivalence within epsilon needs. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp.analysis Require Import reals sequences normedtype derive exp trigo.
From URNN Require Import Setting Norms Theorem_3_1 DifferentiablePoints Theorems_3_2_and_3_3
  TanhAndLogistic RealNumbers ErrorBound ErrorBoundTanhLogistic Slopes.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section SmoothActivations.
Variable R : realType.
Let he := @expR_expo R.
Implicit Types (s t z B : R).

Definition softplusR z : R := ln (1 + expR z).
Definition siluR z : R := z * logisticR z.
Definition sinR : R -> R := @sin R.

Lemma exp1_gt0 z : 0 < 1 + expR z.
Proof. by rewrite addr_gt0 ?ltr01 ?expR_gt0. Qed.

Lemma logisticRE z : logisticR z = expR z / (1 + expR z).
Proof.
rewrite /logisticR /logistic expRN; have := expR_gt0 z; have := exp1_gt0 z.
by move: (expR z) => u p q; field; rewrite !gt_eqF.
Qed.

Lemma logisticR_slope s : has_slope (@logisticR R) s (logisticR s * (1 - logisticR s)).
Proof. exact: (logistic_slope he). Qed.

(** ** Softplus *)
Lemma softplusR_slope s : has_slope softplusR s (logisticR s).
Proof.
have c := slope_comp (slopeD (slope_const 1 s) (e_slope he s))
  (derive_has_slope (is_derive1_ln (exp1_gt0 s))).
by apply: slope_eq c; rewrite add0r logisticRE mulrC.
Qed.

Theorem theorem_3_3_softplusR :
  exists T : rnn R 1 1 1, contraction (trans T) /\
  forall M : R, 0 < M -> forall N (T' : rnn R N 1 1), trans T' \in unitmx ->
    ~ equivalent softplusR M T T'.
Proof.
apply: (theorem_3_3 (slope := @logisticR R)) => s; split; last exact: softplusR_slope.
by rewrite gt_eqF // (logistic_gt0 he).
Qed.

Lemma softplusR_nonexp : nonexpansive softplusR.
Proof.
apply: (slope_le1_nonexp softplusR_slope) => s.
by rewrite ger0_norm ltW // ?(logistic_lt1 he) ?(logistic_gt0 he).
Qed.

(** 0 <= softplus z <= e^z *)
Lemma softplusR_tail B z : z <= - B -> `|softplusR z - 0| <= expR (- B).
Proof.
move=> zB; rewrite subr0 /softplusR ger0_norm; last first.
  by rewrite ln_ge0 // ler_addl ltW ?expR_gt0.
by apply: le_trans (le_ln1Dx (ltW (expR_gt0 _))) _; rewrite ler_expR.
Qed.

(** ** SiLU *)
Definition siluR_deriv s : R := logisticR s * (1 + s * (1 - logisticR s)).

Lemma siluR_slope s : has_slope siluR s (siluR_deriv s).
Proof.
apply: slope_eq (slopeM (slope_id s) (logisticR_slope s)).
by rewrite /siluR_deriv; ring.
Qed.

Lemma siluR_deriv_around s : around (fun z => siluR_deriv z != 0) s.
Proof.
apply: (@around_imp _ (fun z => expR z + 1 + z != 0)) => [z|].
  apply: contra_neq => /eqP; rewrite /siluR_deriv mulf_eq0 gt_eqF ?(logistic_gt0 he) //= => /eqP.
  rewrite logisticRE; have := exp1_gt0 z; move: (expR z) => u p e.
  have -> : u + 1 + z = (1 + u) * (1 + z * (1 - u / (1 + u))).
    by field; rewrite gt_eqF.
  by rewrite e mulr0.
have h := slopeD (slopeD (e_slope he s) (slope_const 1 s)) (slope_id s).
by apply: (around_simple h); rewrite addr0 orbC gt_eqF // addrC exp1_gt0.
Qed.

Theorem theorem_3_3_siluR :
  exists T : rnn R 1 1 1, contraction (trans T) /\
  forall M : R, 0 < M -> forall N (T' : rnn R N 1 1), trans T' \in unitmx ->
    ~ equivalent siluR M T T'.
Proof. exact: (theorem_3_3_isolated siluR_slope siluR_deriv_around). Qed.

(** ** sin *)
Theorem theorem_3_3_sinR :
  exists T : rnn R 1 1 1, contraction (trans T) /\
  forall M : R, 0 < M -> forall N (T' : rnn R N 1 1), trans T' \in unitmx ->
    ~ equivalent sinR M T T'.
Proof.
apply: (@theorem_3_3_isolated _ sinR (@cos R)) => s.
  exact: derive_has_slope (is_derive_sin s).
apply: (around_simple (derive_has_slope (is_derive_cos s))).
rewrite oppr_eq0 -negb_and; apply/negP => /andP[/eqP c0 /eqP s0].
by have := cos2Dsin2 s; rewrite c0 s0 expr0n addr0 => /eqP; rewrite eq_sym oner_eq0.
Qed.

(** ** The Lipschitz constant of SiLU: 11/10, as e^(12/5) >= 11. *)
Lemma expR_ge4 t : 0 <= t ->
  1 + t + t ^+ 2 / 2%:R + t ^+ 3 / 6%:R + t ^+ 4 / 24%:R <= expR t.
Proof.
pose q0 z : R := 1; pose q1 z : R := 1 + z; pose q2 z : R := q1 z + z ^+ 2 / 2%:R.
pose q3 z : R := q2 z + z ^+ 3 / 6%:R; pose q4 z : R := q3 z + z ^+ 4 / 24%:R.
have up (q dq : R -> R) : (forall s, has_slope q s (dq s)) -> q 0 = 1 ->
    (forall z, 0 <= z -> dq z <= expR z) -> forall z, 0 <= z -> q z <= expR z.
  move=> hq q1' le z z0.
  have h s : has_slope (fun z => expR z + -1 * q z) s (expR s + -1 * dq s).
    exact: slopeD (e_slope he s) (slopeZ _ (hq s)).
  have := slope_mono h z0; rewrite expR0 q1' mulr1 subrr mulN1r subr_ge0; apply.
  by move=> c /andP[c0 _]; rewrite mulN1r subr_ge0 le // ltW.
have Z s n c d : n.+1%:R * c = d -> has_slope (fun z => z ^+ n.+1 * c) s (s ^+ n * d).
  move=> <-.
  apply: slope_ext (slope_eq _ (slopeZ c (slope_exp n s))) => [z|]; first by rewrite mulrC.
  by move: (n.+1%:R) (s ^+ n) => k v; ring.
have l1 : forall z, 0 <= z -> q1 z <= expR z by move=> z _; apply: expR_ge.
have l2 : forall z, 0 <= z -> q2 z <= expR z.
  apply: (up q2 q1) => // [s|]; last by rewrite /q2 /q1 expr0n mul0r !addr0.
  apply: slope_eq (slopeD (slopeD (slope_const 1 s) (slope_id s)) (Z s 1%N _ 1 _)).
    by rewrite /q1 expr1 mulr1 add0r.
  by field.
have l3 : forall z, 0 <= z -> q3 z <= expR z.
  apply: (up q3 q2) => // [s|]; last by rewrite /q3 /q2 /q1 !expr0n !mul0r !addr0.
  apply: slope_eq (slopeD (slopeD (slopeD (slope_const 1 s) (slope_id s)) (Z s 1%N _ 1 _))
    (Z s 2%N _ 2%:R^-1 _)).
  - by rewrite /q2 /q1 expr1 mulr1 add0r.
  - by field.
  - by field.
apply: (up q4 q3) => // [s|]; last by rewrite /q4 /q3 /q2 /q1 !expr0n !mul0r !addr0.
apply: slope_eq (slopeD (slopeD (slopeD (slopeD (slope_const 1 s) (slope_id s)) (Z s 1%N _ 1 _))
  (Z s 2%N _ 2%:R^-1 _)) (Z s 3%N _ 6%:R^-1 _)).
- by rewrite /q3 /q2 /q1 expr1 mulr1 add0r.
- by field.
- by field.
- by field.
Qed.

Lemma expR_12_5 : 11%:R <= expR (12%:R / 5%:R) :> R.
Proof.
pose a : R := 3%:R / 5%:R; have a0 : 0 <= a by rewrite divr_ge0 ?ler0n.
have e1 : 275%:R / 151%:R <= expR a.
  apply: le_trans (expR_ge4 a0); rewrite -subr_ge0.
  have -> : 1 + a + a ^+ 2 / 2%:R + a ^+ 3 / 6%:R + a ^+ 4 / 24%:R - 275%:R / 151%:R
      = 157%:R / (151%:R * 5%:R * 10%:R ^+ 3) by rewrite /a; field.
  by rewrite !(divr_ge0, mulr_ge0, exprn_ge0, ler0n).
have e2 : 199%:R / 60%:R <= expR (a + a).
  rewrite expRD; apply: (@le_trans _ _ (275%:R / 151%:R * (275%:R / 151%:R))).
    rewrite -subr_ge0.
    have -> : 275%:R / 151%:R * (275%:R / 151%:R) - 199%:R / 60%:R
        = 101%:R / (60%:R * 151%:R ^+ 2) :> R by field.
    by rewrite !(divr_ge0, mulr_ge0, exprn_ge0, ler0n).
  by apply: ler_pmul => //; rewrite divr_ge0 ?ler0n.
have -> : 12%:R / 5%:R = (a + a) + (a + a) by rewrite /a; field.
rewrite expRD; apply: (@le_trans _ _ (199%:R / 60%:R * (199%:R / 60%:R))).
  rewrite -subr_ge0.
  have -> : 199%:R / 60%:R * (199%:R / 60%:R) - 11%:R = 1 / 60%:R ^+ 2 :> R by field.
  by rewrite !(divr_ge0, exprn_ge0, ler0n, ler01).
by apply: ler_pmul => //; rewrite divr_ge0 ?ler0n.
Qed.

Lemma logisticRN s : logisticR (- s) = 1 - logisticR s.
Proof.
rewrite !logisticRE expRN; have := expR_gt0 s; have := exp1_gt0 s.
by move: (expR s) => u p q; field; rewrite !gt_eqF.
Qed.

Lemma siluR_deriv_le s : siluR_deriv s <= 11%:R / 10%:R.
Proof.
(* with a = log 11 <= 12/5:  e^s / 11 >= 1 + (s - a),  11 / e^s >= 1 - (s - a) *)
pose a : R := ln 11%:R; have ea : expR a = 11%:R by rewrite lnK // posrE ltr0n.
have a12 : a <= 12%:R / 5%:R by rewrite -ler_expR ea expR_12_5.
have u0 := expR_gt0 s; have u1 := exp1_gt0 s.
have up : 11%:R * (1 + (s - a)) <= expR s.
  by rewrite -{2}(subrK a s) expRD ea mulrC ler_pmul2r ?ltr0n //; apply: expR_ge.
have dn : 1 - (s - a) <= 11%:R / expR s.
  have -> : 11%:R / expR s = expR (a - s) by rewrite expRD ea expRN.
  by apply: le_trans (expR_ge _); rewrite opprB.
rewrite -subr_ge0 /siluR_deriv logisticRE.
have -> : 11%:R / 10%:R - expR s / (1 + expR s) * (1 + s * (1 - expR s / (1 + expR s)))
  = expR s / (1 + expR s) ^+ 2 *
    ((expR s - 11%:R * (1 + (s - a))) / 10%:R + (11%:R / expR s - (1 - (s - a))) / 10%:R
     + (12%:R / 5%:R - a)).
  by move: u0 u1; move: (expR s) => u u0 u1; field; rewrite !gt_eqF.
apply: mulr_ge0; first by rewrite divr_ge0 ?exprn_ge0 ?ltW.
apply: addr_ge0; last by rewrite subr_ge0.
by apply: addr_ge0; rewrite divr_ge0 ?subr_ge0 ?ler0n.
Qed.

Lemma siluR_derivN s : siluR_deriv (- s) = 1 - siluR_deriv s.
Proof. by rewrite /siluR_deriv logisticRN; ring. Qed.

Lemma siluR_lipschitz : lipschitz (11%:R / 10%:R) siluR.
Proof.
apply: (slope_lipschitz siluR_slope) => s; rewrite ler_norml siluR_deriv_le andbT.
have := siluR_deriv_le (- s); rewrite siluR_derivN ler_subl_addr -ler_subl_addl => h.
apply: le_trans h; rewrite -subr_ge0.
have -> : 1 - 11%:R / 10%:R - - (11%:R / 10%:R) = 1 :> R by field.
exact: ler01.
Qed.

(** t e^-t falls for t >= 1. *)
Lemma exp_tail B z : 1 <= B -> z <= - B -> - z * expR z <= B * expR (- B).
Proof.
move=> B1 zB; have B0 : 0 < B by apply: lt_le_trans B1.
have xB : B <= - z by rewrite ler_oppr.
have -> : expR z = expR (- B) * expR (z + B) by rewrite -expRD addrCA addNr addr0.
rewrite mulrCA mulrC; apply: ler_wpmul2r; first by rewrite ltW ?expR_gt0.
rewrite -[z + B]opprK expRN ler_pdivr_mulr ?expR_gt0 //.
apply: le_trans (ler_wpmul2l (ltW B0) (expR_ge _)); rewrite -subr_ge0.
have -> : B * (1 - (z + B)) - - z = (B - 1) * (- z - B) by ring.
by rewrite mulr_ge0 ?subr_ge0.
Qed.

(** |SiLU z| <= B e^-B for z <= -B, B >= 1. *)
Lemma siluR_tail B z : 1 <= B -> z <= - B -> `|siluR z - 0| <= B * expR (- B).
Proof.
move=> B1 zB; apply: le_trans (exp_tail B1 zB).
have z0 : 0 <= - z by rewrite (le_trans ler01) // (le_trans B1) // ler_oppr.
have l0 : 0 < logisticR z := logistic_gt0 he z.
rewrite subr0 /siluR normrM (gtr0_norm l0) -[`|z|]normrN ger0_norm //.
apply: ler_wpmul2l => //; rewrite logisticRE ler_pdivr_mulr ?exp1_gt0 //.
by rewrite ler_pemulr ?ltW ?expR_gt0 // ltr_addl expR_gt0.
Qed.

(** ** ELU *)
Lemma eluR_nonexp : nonexpansive (@eluR R).
Proof.
apply: (slope_le1_nonexp (fun s => (elu_slope he s).2)) => s; rewrite /elu_deriv.
have [s0|s0] := leP 0 s; first by rewrite normr1.
by rewrite ger0_norm ?(ltW (expR_gt0 _)) // -expR0 ler_expR ltW.
Qed.

Lemma eluR_tail B z : 0 <= B -> z <= - B -> `|eluR z - (-1)| <= expR (- B).
Proof.
move=> B0 zB; have z0 : z <= 0 by apply: le_trans zB _; rewrite oppr_le0.
have -> : eluR z = expR z - 1.
  rewrite /eluR /elu; have [z1|//] := leP 0 z.
  have -> : z = 0 by apply/eqP; rewrite eq_le z0.
  by rewrite expR0 subrr.
by rewrite opprK subrK ger0_norm ?(ltW (expR_gt0 _)) // ler_expR.
Qed.

(** ** Within every epsilon *)
Lemma expR_small (delta : R) : 0 < delta -> expR (- delta^-1) <= delta.
Proof.
move=> d0; rewrite expRN -[leRHS]invrK lef_pinv ?posrE ?invr_gt0 ?expR_gt0 //.
by apply: le_trans (expR_ge _); rewrite ler_addr ler01.
Qed.

Theorem eps_softplusR (M : R) n m p (T : rnn R n m p) : contraction (trans T) ->
  forall eps, 0 < eps ->
  exists N (T' : rnn R N m p),
    [/\ (N <= 2 * n)%N, orthogonal (trans T') & close softplusR M eps T T'].
Proof.
apply: (@eps_equivalence R softplusR 0 M n m p T softplusR_nonexp) => delta d0.
by exists (- delta^-1) => z /softplusR_tail h; apply: le_trans h (expR_small d0).
Qed.

Theorem eps_eluR (M : R) n m p (T : rnn R n m p) : contraction (trans T) ->
  forall eps, 0 < eps ->
  exists N (T' : rnn R N m p),
    [/\ (N <= 2 * n)%N, orthogonal (trans T') & close (@eluR R) M eps T T'].
Proof.
apply: (@eps_equivalence R (@eluR R) (-1) M n m p T eluR_nonexp) => delta d0.
have i0 : 0 <= delta^-1 by rewrite invr_ge0 ltW.
by exists (- delta^-1) => z /(eluR_tail i0) h; apply: le_trans h (expR_small d0).
Qed.

(** SiLU has slopes up to 11/10: 11/10 ||W|| < 1 is asked for. *)
Theorem eps_siluR omega (M : R) n m p (T : rnn R n m p) :
  0 <= omega -> (forall v, norm (trans T *m v) <= omega * norm v) ->
  11%:R / 10%:R * omega < 1 ->
  forall eps, 0 < eps ->
  exists N (T' : rnn R N m p),
    [/\ (N <= 2 * n)%N, orthogonal (trans T') & close siluR M eps T T'].
Proof.
move=> o0 Wo q1 eps eps0; have L0 : 0 <= 11%:R / 10%:R :> R by rewrite divr_ge0 ?ler0n.
have L1 : 1 <= 11%:R / 10%:R :> R by rewrite ler_pdivl_mulr ?ltr0n // mul1r ler_nat.
have o1 : 0 <= omega <= 1 by rewrite o0; apply: le_trans (ltW q1); apply: ler_pemull.
have [|U [oU /(_ eps eps0)[T' [TU cl]]]] :=
    @eps_lipschitz R siluR 0 _ omega M n m p T L0 siluR_lipschitz o1 Wo q1 _.
  move=> delta d0; pose B : R := Num.max 1 (4%:R / delta).
  have B1 : 1 <= B by rewrite le_maxr lexx.
  have B0 : 0 < B by apply: lt_le_trans B1.
  exists (- B) => z /(siluR_tail B1) h; apply: le_trans h _.
  have e2 : (B / 2%:R) ^+ 2 <= expR B.
    have -> : B = B / 2%:R + B / 2%:R by field.
    rewrite expRD -expr2 -[in leLHS]mulr2n -mulr_natr mulfVK ?pnatr_eq0 //.
    have b0 : 0 <= B / 2%:R by rewrite divr_ge0 ?ler0n // ltW.
    rewrite ler_pexpn2r ?nnegrE ?(ltW (expR_gt0 _)) //.
    by apply: le_trans (expR_ge _); rewrite ler_addr ler01.
  rewrite expRN ler_pdivr_mulr ?expR_gt0 //.
  apply: le_trans (ler_wpmul2l (ltW d0) e2).
  have -> : delta * (B / 2%:R) ^+ 2 = B * (delta * B / 4%:R) by field.
  rewrite ler_pemulr ?(ltW B0) // ler_pdivl_mulr ?ltr0n // mul1r mulrC -ler_pdivr_mulr //.
  by rewrite le_maxr lexx orbT.
by eexists; exists T'; rewrite TU; split=> //; rewrite mul2n -addnn leq_add2l rank_leq_row.
Qed.

(** ** ... with the error written out *)
Theorem eps_explicit_softplus omega c (M : R) n m p (T : rnn R n m p) :
  0 <= omega < 1 -> (forall v, norm (trans T *m v) <= omega * norm v) ->
  0 <= c -> (forall v, norm (outw T *m v) <= c * norm v) ->
  let r := \rank (1%:M - (trans T)^T *m trans T) in
  exists U : 'M[R]_(n + r), orthogonal U /\
  forall B, exists T' : rnn R (n + r) m p, trans T' = U /\
  forall x, admissible M x -> forall k,
    norm (output softplusR T x k - output softplusR T' x k)
    <= c * Num.sqrt r%:R * expR (- B) / (1 - omega).
Proof.
move=> /andP[o0 o1] Wr c0 Cc r; have i1 : 0 <= omega <= 1 by rewrite o0 ltW.
have q1 : 1 * omega < 1 by rewrite mul1r.
have [U [oU h]] := eps_explicit 0 M ler01 (nonexp_lipschitz softplusR_nonexp) i1 Wr q1 c0 Cc.
exists U; split=> // B; have [|T' [TU hT]] := h B (expR (- B)) (ltW (expR_gt0 _)).
  exact: softplusR_tail.
by exists T'; split=> // x adm k; have := hT x adm k; rewrite mulr1 mul1r.
Qed.

Theorem eps_explicit_elu omega c (M : R) n m p (T : rnn R n m p) :
  0 <= omega < 1 -> (forall v, norm (trans T *m v) <= omega * norm v) ->
  0 <= c -> (forall v, norm (outw T *m v) <= c * norm v) ->
  let r := \rank (1%:M - (trans T)^T *m trans T) in
  exists U : 'M[R]_(n + r), orthogonal U /\
  forall B, 0 <= B -> exists T' : rnn R (n + r) m p, trans T' = U /\
  forall x, admissible M x -> forall k,
    norm (output (@eluR R) T x k - output (@eluR R) T' x k)
    <= c * Num.sqrt r%:R * expR (- B) / (1 - omega).
Proof.
move=> /andP[o0 o1] Wr c0 Cc r; have i1 : 0 <= omega <= 1 by rewrite o0 ltW.
have q1 : 1 * omega < 1 by rewrite mul1r.
have [U [oU h]] := eps_explicit (-1) M ler01 (nonexp_lipschitz eluR_nonexp) i1 Wr q1 c0 Cc.
exists U; split=> // B B0; have [|T' [TU hT]] := h B (expR (- B)) (ltW (expR_gt0 _)).
  by move=> z; apply: eluR_tail.
by exists T'; split=> // x adm k; have := hT x adm k; rewrite mulr1 mul1r.
Qed.

Theorem eps_explicit_silu omega c (M : R) n m p (T : rnn R n m p) :
  0 <= omega <= 1 -> (forall v, norm (trans T *m v) <= omega * norm v) ->
  11%:R / 10%:R * omega < 1 ->
  0 <= c -> (forall v, norm (outw T *m v) <= c * norm v) ->
  let r := \rank (1%:M - (trans T)^T *m trans T) in
  exists U : 'M[R]_(n + r), orthogonal U /\
  forall B, 1 <= B -> exists T' : rnn R (n + r) m p, trans T' = U /\
  forall x, admissible M x -> forall k,
    norm (output siluR T x k - output siluR T' x k)
    <= c * (11%:R / 10%:R) * Num.sqrt r%:R * (B * expR (- B)) / (1 - 11%:R / 10%:R * omega).
Proof.
move=> i1 Wr q1 c0 Cc r; have L0 : 0 <= 11%:R / 10%:R :> R by rewrite divr_ge0 ?ler0n.
have [U [oU h]] := eps_explicit 0 M L0 siluR_lipschitz i1 Wr q1 c0 Cc.
exists U; split=> // B B1; apply: h; last by move=> z; apply: siluR_tail.
by rewrite mulr_ge0 ?(ltW (expR_gt0 _)) // (le_trans ler01).
Qed.
End SmoothActivations.
