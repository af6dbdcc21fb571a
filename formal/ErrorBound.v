(** * Equivalence within epsilon, with an explicit bound.

    phi Lipschitz with constant L, |W v| <= omega |v|, omega <= 1, q = L omega < 1,
    |phi z - kappa| <= delta for z <= - B. One orthogonal U serves for all delta; the error is
    ||C|| L sqrt r delta / (1 - q). *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From URNN Require Import Setting Norms Dilation Theorem_3_1.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** |phi s - phi t| <= L |s - t| *)
Definition lipschitz (R : realFieldType) (L : R) (phi : R -> R) : Prop :=
  forall s t, `|phi s - phi t| <= L * `|s - t|.

Section EpsExplicit.
Variable R : rcfType.
Implicit Types (n m p r N : nat) (phi : R -> R).

Lemma norm_lipschitz n L phi (v w : 'cV[R]_n) : 0 <= L -> lipschitz L phi ->
  norm (map_mx phi v - map_mx phi w) <= L * norm (v - w).
Proof.
move=> L0 lp; rewrite -norm_le // -sqnormZ; apply: sqnorm_le => i; rewrite !mxE.
by rewrite normrM (ger0_norm L0); apply: lp.
Qed.

(** State bound, L ||W|| < 1. *)
Lemma lipschitz_bound phi M L omega n m p (T : rnn R n m p) :
  0 <= L -> lipschitz L phi -> 0 <= omega ->
  (forall v, norm (trans T *m v) <= omega * norm v) -> L * omega < 1 ->
  state_bound phi M T (norm (init T) +
    (L * (Num.sqrt (frob (inw T)) * `|M| + norm (bias T)) + Num.sqrt n%:R * `|phi 0|)
    / (1 - L * omega)).
Proof.
move=> L0 lp o0 Wr q1; set c := L * _ + _; set q := L * omega in q1 *.
have q0 : 0 <= q by rewrite mulr_ge0.
have c0 : 0 <= c by rewrite addr_ge0 ?mulr_ge0 ?addr_ge0 ?norm_ge0 ?mulr_ge0 ?sqrtr_ge0.
have d0 : 0 < 1 - q by rewrite subr_gt0.
pose H := norm (init T) + c / (1 - q); rewrite -/H.
have iH : norm (init T) <= H by rewrite ler_addl divr_ge0 // ltW.
have Hc : q * H + c <= H.
  rewrite -ler_subr_addl -[X in X - _]mul1r -mulrBl mulrC -ler_pdivr_mulr //.
  by rewrite ler_addr norm_ge0.
split=> // x adm.
have step h k : norm h <= H ->
    norm (map_mx phi (trans T *m h + inw T *m x k + bias T)) <= H.
  move=> hH; apply: le_trans _ Hc.
  set z := _ + bias T.
  rewrite -[map_mx phi z](subrK (map_mx phi (0 : 'cV_n))).
  apply: le_trans (normvD _ _) _; rewrite /c addrA; apply: ler_add; last first.
    rewrite -norm_const le_eqVlt; apply/orP; left; apply/eqP; congr norm.
    by apply/matrixP=> i j; rewrite !mxE.
  apply: le_trans (norm_lipschitz _ _ L0 lp) _; rewrite subr0 /q -mulrA -mulrDr.
  apply: ler_wpmul2l => //; rewrite /z.
  apply: le_trans (normvD _ _) _; rewrite addrA ler_add2r.
  apply: le_trans (normvD _ _) _; apply: ler_add.
    by apply: le_trans (Wr _) _; apply: ler_wpmul2l.
  apply: le_trans (norm_mulmx _ _) _; apply: ler_wpmul2l; first exact: sqrtr_ge0.
  by rewrite -norm_leb // real_normK ?num_real // adm.
by elim=> [|k IH]; apply: step.
Qed.

(** [shadow] of Theorem_3_1.v for Lipschitz activations. *)
Lemma shadow_lipschitz phi M L omega n m p r (T : rnn R n m p) W2 W3 (W4 : 'M_r)
    H kappa delta E B x :
  0 <= L -> lipschitz L phi ->
  orthogonal (block_mx (trans T) W2 W3 W4) ->
  0 <= omega -> (forall v, norm (trans T *m v) <= omega * norm v) ->
  state_bound phi M T H ->
  0 <= delta -> (forall z, z <= - B -> `|phi z - kappa| <= delta) ->
  0 <= E -> L * omega * E + L * Num.sqrt r%:R * delta <= E ->
  let H' := H + E + Num.sqrt r%:R * (`|kappa| + delta) + B in
  admissible M x ->
  forall k, norm (usubmx (state phi (dilate T W2 W3 W4 kappa H') x k)
                  - state phi T x k) <= E.
Proof.
move=> L0 lp o om0 Wr [Hi Hs] d0 tail E0 Er H' adm.
set T' := dilate _ _ _ _ _ _.
pose prev k := if k is k'.+1 then state phi T x k' else init T.
pose prev' k := if k is k'.+1 then state phi T' x k' else init T'.
have Hp k : norm (prev k) <= H by case: k => [|k] //=; apply: Hs.
have sT k : state phi T x k = map_mx phi (trans T *m prev k + inw T *m x k + bias T).
  by case: k.
have step k : norm (usubmx (prev' k) - prev k) <= E ->
    (forall i, `|dsubmx (prev' k) i 0 - kappa| <= delta) ->
    norm (usubmx (state phi T' x k) - state phi T x k) <= E /\
    (forall i, `|dsubmx (state phi T' x k) i 0 - kappa| <= delta).
  set h' := usubmx _; set l' := dsubmx _ => IHu IHl.
  have nl : norm (l' - const_mx kappa) <= Num.sqrt r%:R * delta.
    by apply: norm_le_const => // i; rewrite !mxE; have := IHl i; rewrite !mxE.
  rewrite state_dilate -/(prev' k) -/h' -/l' col_mxKu; split.
    rewrite sT; apply: le_trans (norm_lipschitz _ _ L0 lp) _.
    rewrite -[X in norm X](_ : trans T *m (h' - prev k) + W2 *m (l' - const_mx kappa) = _).
      apply: le_trans _ Er; rewrite -!mulrA -mulrDr; apply: ler_wpmul2l => //.
      apply: le_trans (normvD _ _) _.
      apply: ler_add; last exact: le_trans (orth_corner _ o) nl.
      by apply: le_trans (Wr _) _; apply: ler_wpmul2l.
    by rewrite mulmxBr; apply: zmod_id2.
  move=> i; rewrite col_mxKd mxE; apply: tail.
  set z := W3 *m _ + W4 *m _; rewrite mxE [X in _ + X]mxE.
  have zn : z i 0 <= norm h' + norm l'.
    apply: le_trans (ler_norm _) _; apply: le_trans (norm_coord _ _) _.
    exact: orth_lower o.
  have hn : norm h' <= E + H.
    rewrite -(subrK (prev k) h'); apply: le_trans (normvD _ _) _.
    exact: ler_add.
  have ln : norm l' <= Num.sqrt r%:R * (`|kappa| + delta).
    rewrite -(subrK (const_mx kappa) l'); apply: le_trans (normvD _ _) _.
    by rewrite norm_const mulrDr addrC ler_add2l.
  rewrite -ler_subr_addr opprK; apply: le_trans zn _.
  have -> : - B + H' = (E + H) + Num.sqrt r%:R * (`|kappa| + delta) by rewrite /H'; ring.
  exact: ler_add.
have init_ok : norm (usubmx (prev' 0%N) - prev 0%N) <= E /\
   (forall i, `|dsubmx (prev' 0%N) i 0 - kappa| <= delta).
  rewrite /= col_mxKu subrr norm0; split=> // i.
  by rewrite col_mxKd mxE subrr normr0.
move=> k; suff: norm (usubmx (state phi T' x k) - state phi T x k) <= E /\
   (forall i, `|dsubmx (state phi T' x k) i 0 - kappa| <= delta) by case.
elim: k => [|k [IHu IHl]]; first by case: init_ok; exact: (step 0%N).
exact: (step k.+1).
Qed.

(** ** Theorem C with its constants. *)
Theorem eps_explicit phi kappa L omega c (M : R) n m p (T : rnn R n m p) :
  0 <= L -> lipschitz L phi ->
  0 <= omega <= 1 -> (forall v, norm (trans T *m v) <= omega * norm v) -> L * omega < 1 ->
  0 <= c -> (forall v, norm (outw T *m v) <= c * norm v) ->
  let r := \rank (1%:M - (trans T)^T *m trans T) in
  exists U : 'M[R]_(n + r), orthogonal U /\
  forall B delta, 0 <= delta -> (forall z, z <= - B -> `|phi z - kappa| <= delta) ->
  exists T' : rnn R (n + r) m p, trans T' = U /\
  forall x, admissible M x -> forall k,
    norm (output phi T x k - output phi T' x k)
    <= c * L * Num.sqrt r%:R * delta / (1 - L * omega).
Proof.
move=> L0 lp /andP[om0 om1] Wr q1 c0 Cc r.
have W1 v : sqnorm (trans T *m v) <= sqnorm v.
  by rewrite -ler_norm_norm; apply: le_trans (Wr v) _; rewrite ler_pimull ?norm_ge0.
have [W2 [W3 [W4 o]]] := dilation W1; rewrite -/r in W2 W3 W4 o.
exists (block_mx (trans T) W2 W3 W4); split=> // B delta d0 tail.
have bH := lipschitz_bound M L0 lp om0 Wr q1; set H := _ + _ in bH.
have q0 : 0 < 1 - L * omega by rewrite subr_gt0.
pose E := L * Num.sqrt r%:R * delta / (1 - L * omega).
have E0 : 0 <= E by rewrite divr_ge0 ?(ltW q0) // !mulr_ge0 ?sqrtr_ge0.
have Er : L * omega * E + L * Num.sqrt r%:R * delta <= E.
  by rewrite le_eqVlt; apply/orP; left; apply/eqP; rewrite /E; field; rewrite gt_eqF.
exists (dilate T W2 W3 W4 kappa (H + E + Num.sqrt r%:R * (`|kappa| + delta) + B)); split=> // x adm k.
have := shadow_lipschitz L0 lp o om0 Wr bH d0 tail E0 Er adm k.
set T' := dilate _ _ _ _ _ _ => sh.
have -> : output phi T x k - output phi T' x k
     = - (outw T *m (usubmx (state phi T' x k) - state phi T x k)).
  rewrite /output -[in LHS](vsubmxK (state _ T' _ _)) mul_row_col mul0mx addr0.
  by rewrite mulmxBr opprB.
rewrite normvN; apply: le_trans (Cc _) _.
have -> : c * L * Num.sqrt r%:R * delta / (1 - L * omega) = c * E by rewrite /E !mulrA.
exact: ler_wpmul2l.
Qed.

(** ** Within every epsilon if L ||W|| < 1, ||W|| <= 1; one U for all of them. *)
Theorem eps_lipschitz phi kappa L omega (M : R) n m p (T : rnn R n m p) :
  0 <= L -> lipschitz L phi ->
  0 <= omega <= 1 -> (forall v, norm (trans T *m v) <= omega * norm v) -> L * omega < 1 ->
  (forall delta, 0 < delta -> exists B, forall z, z <= B -> `|phi z - kappa| <= delta) ->
  exists U : 'M[R]_(n + \rank (1%:M - (trans T)^T *m trans T)), orthogonal U /\
  forall eps, 0 < eps -> exists T', trans T' = U /\ close phi M eps T T'.
Proof.
move=> L0 lp om Wr q1 tail; pose c := Num.sqrt (frob (outw T)).
have c0 : 0 <= c := sqrtr_ge0 _.
have [U [oU h]] := eps_explicit kappa M L0 lp om Wr q1 c0 (norm_mulmx _).
exists U; split=> // eps eps0; set s := Num.sqrt _ in h.
have q0 : 0 < 1 - L * omega by rewrite subr_gt0.
have a0 : 0 <= c * L * s by rewrite !mulr_ge0 ?sqrtr_ge0.
have a1 : 0 < c * L * s + 1 by rewrite ltr_paddl ?ltr01.
pose delta := eps * (1 - L * omega) / (c * L * s + 1).
have d0 : 0 < delta by rewrite divr_gt0 // mulr_gt0.
have [B hB] := tail delta d0.
have [|T' [TU hT]] := h (- B) delta (ltW d0); first by rewrite opprK.
exists T'; split=> // x adm k; rewrite (norm_leb _ (ltW eps0)); apply: le_trans (hT x adm k) _.
have -> : c * L * s * delta / (1 - L * omega) = eps * (c * L * s / (c * L * s + 1)).
  by rewrite /delta; field; rewrite !gt_eqF.
by rewrite ler_pimulr ?(ltW eps0) // ler_pdivr_mulr // mul1r ler_addl ler01.
Qed.

(** ** The same for a limit at +infinity: turn every sign. *)
Theorem eps_lipschitz_right phi kappa L omega (M : R) n m p (T : rnn R n m p) :
  0 <= L -> lipschitz L phi ->
  0 <= omega <= 1 -> (forall v, norm (trans T *m v) <= omega * norm v) -> L * omega < 1 ->
  (forall delta, 0 < delta -> exists B, forall z, B <= z -> `|phi z - kappa| <= delta) ->
  exists U : 'M[R]_(n + \rank (1%:M - (trans T)^T *m trans T)), orthogonal U /\
  forall eps, 0 < eps -> exists T', trans T' = U /\ close phi M eps T T'.
Proof.
move=> L0 lp om Wr q1 tail; pose psi z := - phi (- z).
have lpsi : lipschitz L psi.
  by move=> s t; rewrite /psi -opprD normrN; apply: le_trans (lp _ _) _; rewrite -opprD normrN.
have tpsi d : 0 < d -> exists B, forall z, z <= B -> `|psi z - - kappa| <= d.
  move=> /tail[B hB]; exists (- B) => z zB; rewrite /psi -opprD normrN; apply: hB.
  by rewrite ler_oppr.
have [U [oU h]] := eps_lipschitz M (T := opposite T) L0 lpsi om Wr q1 tpsi.
exists U; split=> // eps /h[T' [TU cl]]; exists (opposite T'); split=> // x adm k.
have unfold n' (S : rnn R n' m p) : output phi (opposite S) x k = output psi S x k.
  by rewrite -(output_opposite phi); congr output; case: S => *; rewrite /opposite /= !opprK.
by have := cl x adm k; rewrite output_opposite unfold.
Qed.

(** ** [eps_equivalence] of Theorem_3_1.v, with the limit at +infinity. *)
Corollary eps_equivalence_right phi kappa (M : R) n m p (T : rnn R n m p) :
  nonexpansive phi ->
  (forall delta, 0 < delta -> exists B, forall z, B <= z -> `|phi z - kappa| <= delta) ->
  contraction (trans T) ->
  forall eps, 0 < eps ->
  exists N (T' : rnn R N m p),
    [/\ (N <= 2 * n)%N, orthogonal (trans T') & close phi M eps T T'].
Proof.
move=> ne tail /contraction_norm[rho /andP[r0 r1] Wr] eps eps0.
have lp : lipschitz 1 phi by move=> s t; rewrite mul1r.
have r01 : 0 <= rho <= 1 by rewrite r0 ltW.
have q1 : 1 * rho < 1 by rewrite mul1r.
have [U [oU /(_ eps eps0)[T' [TU cl]]]] := eps_lipschitz_right M ler01 lp r01 Wr q1 tail.
by eexists; exists T'; rewrite TU; split=> //; rewrite mul2n -addnn leq_add2l rank_leq_row.
Qed.
End EpsExplicit.
